//! Who has a port that is taken, and which one is free.

use super::listen;
use serde::Deserialize;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Who listens on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A broadcaster of ours.
    Ours,
    /// Another program, or one that did not answer in time.
    Other,
}

/// Asks whoever listens on the port of this computer for `/health`, for 300 ms at most.
pub async fn holder(port: u16, bind: &[IpAddr]) -> Holder {
    let ip = bind.first().copied().filter(|ip| !ip.is_unspecified());
    let address = SocketAddr::new(ip.unwrap_or(Ipv4Addr::LOCALHOST.into()), port);
    match timeout(PATIENCE, health(address)).await {
        Ok(Ok(answer)) if is_ours(&answer) => Holder::Ours,
        Ok(_) | Err(_) => Holder::Other,
    }
}

/// The first port above `port` that could be opened on these addresses just now; tries a few.
pub(super) fn next_free(port: u16, bind: &[IpAddr]) -> Option<u16> {
    let above = port.checked_add(1)?..=port.saturating_add(PORTS_TRIED);
    above
        .into_iter()
        .find(|&port| listen::open(port, bind).is_ok())
}

/// Whether the port could be opened on all addresses just now.
pub fn is_free(port: u16) -> bool {
    listen::open(port, &[]).is_ok()
}

async fn health(address: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Whether this HTTP answer is a broadcaster's: its body has the fields that no other service has
/// together.
fn is_ours(answer: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Health {
        status: String,
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "version")]
        _version: String,
        protocol: u32,
    }
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    serde_json::from_slice::<Health>(&answer[end + 4..])
        .is_ok_and(|health| health.status == "ok" && health.protocol > 0)
}

/// How long a neighbour on this computer may take to say who it is.
const PATIENCE: Duration = Duration::from_millis(300);
/// How much of its answer is read.
const ANSWER_BYTES: u64 = 4096;
/// How many ports above a taken one are tried.
const PORTS_TRIED: u16 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_health_is_ours() {
        let ours = br#"{"status":"ok","name":"x","version":"0.1.0","protocol":1}"#;
        let answer = [b"HTTP/1.1 200 OK\r\n\r\n", &ours[..]].concat();
        assert!(is_ours(&answer));
        for other in [
            &ours[..],
            b"",
            b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}",
            b"SSH-2.0\r\n\r\n",
        ] {
            assert!(!is_ours(other));
        }
    }
}
