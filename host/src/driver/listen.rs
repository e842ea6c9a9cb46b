//! Opening the listening sockets: which addresses, which options, and what a refusal means.

use broadcaster::link::Failure;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// Opens the port on these addresses, on all of this computer's when there are none. Port 0 takes one
/// free port, the same for all addresses.
///
/// # Errors
///
/// When one address cannot be had; then none is kept.
pub(super) fn open(port: u16, bind: &[IpAddr]) -> Result<Vec<TcpListener>, Error> {
    if bind.is_empty() {
        return Ok(vec![
            open_all(port).map_err(|error| Error::new(port, &error))?,
        ]);
    }
    let mut port = port;
    let mut listeners = Vec::with_capacity(bind.len());
    for &ip in bind {
        let address = SocketAddr::new(ip, port);
        let listener =
            open_one(address, Stack::Single).map_err(|error| Error::new(port, &error))?;
        port = listener
            .local_addr()
            .map_err(|error| Error::new(port, &error))?
            .port();
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Why the port could not be opened.
#[derive(Debug)]
pub(super) struct Error {
    /// The kind of refusal.
    pub(super) code: Failure,
    /// The system's words.
    pub(super) detail: String,
}

impl Error {
    pub(super) fn new(port: u16, error: &io::Error) -> Self {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "std's kinds are many, and will be more"
        )]
        let code = match error.kind() {
            ErrorKind::AddrInUse => Failure::PortInUse,
            ErrorKind::PermissionDenied => Failure::PortForbidden,
            ErrorKind::AddrNotAvailable => Failure::NoSuchAddress,
            _ => Failure::Other,
        };
        Self {
            code,
            detail: format!("port {port}: {error}"),
        }
    }
}

/// One socket for both protocols, so that there is one port; IPv4 alone where the system has no IPv6.
fn open_all(port: u16) -> io::Result<TcpListener> {
    match open_one((Ipv6Addr::UNSPECIFIED, port).into(), Stack::Dual) {
        Err(error) if !is_about_the_port(&error) => {
            open_one((Ipv4Addr::UNSPECIFIED, port).into(), Stack::Single)
        }
        outcome => outcome,
    }
}

/// Whether IPv4 would be refused just the same.
fn is_about_the_port(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AddrInUse | ErrorKind::PermissionDenied
    )
}

/// Whether an IPv6 socket takes IPv4 connections too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stack {
    Single,
    Dual,
}

fn open_one(address: SocketAddr, stack: Stack) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(stack == Stack::Single)?;
    }
    // On Unix: take the port again at once while old connections on it are dying. On Windows the
    // same option would take it away from its owner.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Connections that the system keeps while we are busy; one more waits in its sender's retries.
const BACKLOG: i32 = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn all_addresses_are_one_port_for_both_protocols() {
        let listeners = open(0, &[]).expect("a free port");
        let port = listeners[0].local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("IPv4");
        if listeners[0].local_addr().unwrap().is_ipv6() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).expect("IPv6");
        }
    }

    #[test]
    fn a_refusal_is_told_by_its_kind() {
        let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
        let taken = open(0, &[loopback]).expect("a free port");
        let port = taken[0].local_addr().unwrap().port();
        assert_eq!(
            open(port, &[loopback]).unwrap_err().code,
            Failure::PortInUse
        );
        assert_eq!(open(port, &[]).unwrap_err().code, Failure::PortInUse);
        // RFC 5737: addresses for documentation are nobody's.
        let foreign = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(
            open(0, &[foreign]).unwrap_err().code,
            Failure::NoSuchAddress
        );
    }
}
