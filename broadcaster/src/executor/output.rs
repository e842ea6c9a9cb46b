//! What the executor asks of its driver.

use crate::link::{ConnId, Report};
use crate::time::Millis;
use std::net::{IpAddr, SocketAddr};

/// What to do next; asked for until [`Output::Wait`].
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Pass this on to the hub.
    Report(Report),
    /// Open the port and answer with `handle_listening` or `handle_failed`. Takes the place of a
    /// `Listen` that is not answered yet.
    Listen {
        /// The port; 0 lets the system choose.
        port: u16,
        /// Addresses to listen on; none means all interfaces.
        bind: Vec<IpAddr>,
    },
    /// Close the listening sockets, and forget a `Listen` that is not answered. Connections go on, and
    /// end by themselves.
    StopListening,
    /// Have UDP sockets open on exactly these addresses; what arrives goes to
    /// [`super::Executor::handle_datagram`]. One that cannot be opened is done without.
    Datagrams(Vec<SocketAddr>),
    /// Bytes are queued: write what [`super::Executor::queued`] gives, as much as the socket takes now,
    /// and the rest when it takes more. Comes after all reports, so that what was received together
    /// leaves together.
    Write(ConnId),
    /// Everything is written: shut down the sending half, and go on reading.
    Finish(ConnId),
    /// Close the socket and forget the connection.
    Drop(ConnId),
    /// Nothing more; call `handle_timeout` at that time at the latest.
    Wait(Option<Millis>),
}
