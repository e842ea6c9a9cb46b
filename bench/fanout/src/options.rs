//! What is asked for on the command line.

use crate::check::HEADER;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

pub const USAGE: &str = "fanout --url ws://127.0.0.1:PORT/ --clients N --senders S --messages M --size BYTES
  --rate R          messages/s of each sender, by the clock (default: as --window allows)
  --window W        messages in flight per sender without --rate (default 32; 0: no limit)
  --subprotocol P   ask for P and require it in the answer
  --text            send text messages (default: binary)
  --among-others    what others say in the room is passed over
  --echo            the server also sends each message back to its sender
  --server-pid PID  report memory and CPU time of PID (or PID,PID,... summed)
  --settle-ms MS    pause between the last open and the first message (default 200)
  --timeout S       give up after S seconds without one delivery (default 10)
  --json            one JSON object instead of text
Exit status: 0 all delivered exactly once and in order; 1 not so; 2 could not run.";

pub struct Options {
    pub host: String,
    pub path: String,
    pub addr: SocketAddr,
    pub clients: usize,
    pub senders: usize,
    pub messages: u32,
    pub size: usize,
    pub rate: Option<f64>,
    pub window: u32,
    pub subprotocol: Option<String>,
    pub text: bool,
    pub echo: bool,
    pub among_others: bool,
    pub server: Vec<String>,
    pub settle: Duration,
    pub timeout: Duration,
    pub json: bool,
}

/// Reads the command line.
pub fn options() -> Result<Options, Box<dyn std::error::Error>> {
    use lexopt::prelude::*;
    let (mut url, mut clients, mut senders, mut messages, mut size) = (None, 10, 1, 1000, 200);
    let (mut rate, mut window, mut subprotocol) = (None, 32, None);
    let (mut text, mut echo, mut among_others, mut json, mut server) = (false, false, false, false, vec![]);
    let (mut settle, mut timeout) = (200u64, 10u64);
    let mut p = lexopt::Parser::from_env();
    while let Some(arg) = p.next()? {
        match arg {
            Long("url") => url = Some(p.value()?.string()?),
            Long("clients") => clients = p.value()?.parse()?,
            Long("senders") => senders = p.value()?.parse()?,
            Long("messages") => messages = p.value()?.parse()?,
            Long("size") => size = p.value()?.parse()?,
            Long("rate") => rate = Some(p.value()?.parse()?),
            Long("window") => window = p.value()?.parse()?,
            Long("subprotocol") => subprotocol = Some(p.value()?.string()?),
            Long("text") => text = true,
            Long("echo") => echo = true,
            Long("among-others") => among_others = true,
            Long("server-pid") => server = p.value()?.string()?.split(',').map(str::to_string).collect(),
            Long("settle-ms") => settle = p.value()?.parse()?,
            Long("timeout") => timeout = p.value()?.parse()?,
            Long("json") => json = true,
            Long("help") | Short('h') => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    let (host, path, addr) = target(&url.ok_or("--url is required")?)?;
    if clients < 1 || senders > clients || senders > 0xFFFF {
        return Err("need 1 <= senders <= clients".into());
    }
    if size < HEADER {
        return Err(format!("--size must be at least {HEADER}").into());
    }
    if rate.is_some_and(|r: f64| r <= 0.0) {
        return Err("--rate must be positive".into());
    }
    Ok(Options {
        host,
        path,
        addr,
        clients,
        senders,
        messages,
        size,
        rate,
        window: if window == 0 { u32::MAX } else { window },
        subprotocol,
        text,
        echo,
        among_others,
        server,
        settle: Duration::from_millis(settle),
        timeout: Duration::from_secs(timeout),
        json,
    })
}

/// Host, path and address of a URL.
fn target(url: &str) -> Result<(String, String, SocketAddr), Box<dyn std::error::Error>> {
    let rest = url.strip_prefix("ws://").ok_or("only ws:// URLs")?;
    let (host, path) = match rest.find('/') {
        Some(i) => (&rest[..i], &rest[i..]),
        None => (rest, "/"),
    };
    let addr = host.to_socket_addrs()?.next().ok_or("no such host")?;
    let is_near = addr.ip().is_loopback() || matches!(addr.ip(), IpAddr::V4(ip) if ip.is_private());
    if !is_near {
        return Err("only loopback and private addresses: this is a load generator".into());
    }
    Ok((host.to_string(), path.to_string(), addr))
}
