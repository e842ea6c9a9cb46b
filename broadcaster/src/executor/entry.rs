//! A connection with what the executor keeps about it.

use super::pace::Turn;
use crate::connection::Connection;
use crate::link::{ConnId, Counters, GroupId};
use crate::time::Millis;
use std::net::SocketAddr;

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) connection: Connection,
    pub(super) remote: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) groups: Vec<GroupId>,
    /// Counted among the waiting handshakes.
    pub(super) is_waiting: bool,
    /// Stands in the list of connections to write.
    pub(super) is_dirty: bool,
    /// Stands in the tally.
    pub(super) is_tallied: bool,
    /// The counters reported last.
    pub(super) told: Counters,
    /// Whether it is read at its address's rate: not if it is of this computer.
    pub(super) is_paced: bool,
    /// Its turn among those over their rate.
    pub(super) turn: Turn,
    /// The timer set for it.
    pub(super) timer: Option<Millis>,
}

impl Entry {
    pub(super) fn new(conn: ConnId, remote: SocketAddr, local: SocketAddr, now: Millis) -> Self {
        Self {
            connection: Connection::new(now),
            remote,
            local,
            groups: Vec::new(),
            is_waiting: false,
            is_dirty: false,
            is_tallied: false,
            told: Counters(conn, 0, 0, 0),
            is_paced: false,
            turn: None,
            timer: None,
        }
    }

    /// The connection's traffic so far.
    pub(super) fn counters(&self) -> Counters {
        let (Counters(conn, ..), connection) = (self.told, &self.connection);
        let queued = connection.queued_bytes() as u64;
        Counters(conn, connection.received(), connection.sent(), queued)
    }
}
