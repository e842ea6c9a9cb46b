//! Who may come in: origin, room, and the bounds on members. The remote prefix and `Host` were
//! checked by the companion.

use super::machine::Hub;
use super::member::Route;
use super::output::Event;
use super::room::name;
use crate::envelope::PROTOCOL;
use crate::limits::ROOM_BYTES;
use crate::link::{Command, ConnId};
use crate::time::Millis;
use std::net::IpAddr;

/// Why someone who asked was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The page that asked is from an origin that is not allowed.
    Origin,
    /// The room's name is over [`ROOM_BYTES`].
    RoomName,
    /// The address has all the connections it may have.
    Address,
    /// The hub has all the members it may have.
    Full,
    /// The room would be one more than the hub may have.
    Rooms,
}

/// A connection that asks to be admitted.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) conn: ConnId,
    /// Who asks; an IPv4 address is never in its IPv6-mapped form.
    pub(super) remote: IpAddr,
    pub(super) path: String,
    pub(super) origin: Option<String>,
    pub(super) protocols: Vec<String>,
}

impl Hub {
    pub(super) fn on_asked(&mut self, asked: Asked, now: Millis) {
        if self.conns.contains_key(&asked.conn) {
            return;
        }
        match self.judge(&asked) {
            Ok(()) => self.admit(&asked, now),
            Err(reason) => self.refuse(asked, reason),
        }
    }

    fn judge(&self, asked: &Asked) -> Result<(), Refusal> {
        let limits = &self.config.limits;
        let from_here = self.per_address.get(&asked.remote).copied().unwrap_or(0);
        if !self.admits_origin(asked) {
            Err(Refusal::Origin)
        } else if name(&asked.path).len() > ROOM_BYTES {
            Err(Refusal::RoomName)
        } else if from_here >= limits.connections_per_address && !asked.remote.is_loopback() {
            Err(Refusal::Address)
        } else if self.conns.len() >= limits.connections as usize
            || self.last_member >= LAST_STRANGER
        {
            Err(Refusal::Full)
        } else if !self.rooms.has_place_for(name(&asked.path)) {
            Err(Refusal::Rooms)
        } else {
            Ok(())
        }
    }

    fn admits_origin(&self, asked: &Asked) -> bool {
        let port = self.port.unwrap_or(0); // before it is known no page of ours exists
        let origin = asked.origin.as_deref();
        self.origins
            .admits(origin, asked.remote, &self.addresses, port)
    }

    fn admit(&mut self, asked: &Asked, now: Millis) {
        let conn = asked.conn;
        let protocol = asked.protocol();
        let route = if protocol.is_some() {
            Route::Enveloped(conn)
        } else {
            Route::Plain(conn)
        };
        let (place, group) = self.seat(name(&asked.path), asked.remote, route, now);
        self.conns.insert(conn, place);
        *self.per_address.entry(asked.remote).or_default() += 1;
        let groups = group.into_iter().collect();
        self.push_command(Command::Admit {
            conn,
            protocol,
            groups,
        });
        self.on_joined(place);
    }

    fn refuse(&mut self, asked: Asked, reason: Refusal) {
        let conn = asked.conn;
        match reason.answer() {
            Answer::Status(status) => self.push_command(Command::Refuse { conn, status }),
            Answer::Close(code, words) => {
                let protocol = asked.protocol();
                self.push_command(Command::Admit {
                    conn,
                    protocol,
                    groups: Vec::new(),
                });
                self.push_command(Command::Close {
                    conn,
                    code,
                    reason: words.to_owned(),
                });
            }
        }
        self.totals.refused += 1;
        self.push_event(Event::Refused {
            reason,
            remote: asked.remote,
            origin: asked.origin,
        });
    }
}

impl Asked {
    /// The subprotocol to choose (RFC 6455 §4.2.2): ours where it is offered, exactly so; otherwise
    /// none, and the member is a plain one.
    fn protocol(&self) -> Option<String> {
        self.protocols
            .iter()
            .find(|&offered| offered == PROTOCOL)
            .cloned()
    }
}

impl Refusal {
    /// What the one who asked is told. A page cannot see an HTTP status; it sees a close code, which
    /// takes a completed upgrade.
    fn answer(self) -> Answer {
        match self {
            Self::Origin => Answer::Status(403),
            Self::RoomName => Answer::Status(414),
            Self::Address => Answer::Close(4409, "too many connections from this address"),
            Self::Full => Answer::Close(1013, "the broadcaster is full, try again later"),
            Self::Rooms => Answer::Close(1013, "too many rooms, join one that exists"),
        }
    }
}

enum Answer {
    Status(u16),
    Close(u16, &'static str),
}

/// The last id a connection may get, so that none is ever reused and a local member always gets one.
const LAST_STRANGER: u32 = u32::MAX / 2;
