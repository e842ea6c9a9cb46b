//! Who may come in: origin, room, and the bounds on members. The remote prefix and `Host` were
//! checked by the companion; what invited mode asks besides stands in `guest` and `lobby`.

use super::config::Mode;
use super::machine::{Hub, Newcomer};
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
    /// A person does not want anybody from this address.
    Banned,
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
    /// It does not speak the envelope, in which alone it could prove to be invited.
    Plain,
    /// The address has all the open challenges it may have.
    Challenges,
    /// It did not answer its challenge in time.
    Late,
    /// It answered its challenge with something else.
    Unexpected,
    /// Its invitation is not in force, or its proof is none.
    Invitation,
    /// The lobby is full.
    LobbyFull,
    /// The address has all the members in the lobby that it may have.
    LobbyAddress,
    /// Nobody is in the room who could let it in from the lobby.
    LobbyAlone,
    /// A person has just refused this address in the lobby.
    LobbyRefused,
    /// The broadcaster became an open one before it had answered.
    Opened,
}

/// A connection that asks to be admitted.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) conn: ConnId,
    /// Who asks; an IPv4 address is never in its IPv6-mapped form.
    pub(super) remote: IpAddr,
    pub(super) path: String,
    /// What it takes this computer for; the companion found that it is that.
    pub(super) host: String,
    pub(super) origin: Option<String>,
    pub(super) protocols: Vec<String>,
}

impl Hub {
    pub(super) fn on_asked(&mut self, asked: Asked, now: Millis) {
        if self.conns.contains_key(&asked.conn) || self.guests.contains_key(&asked.conn) {
            return;
        }
        match (self.judge(&asked), self.config.mode) {
            (Ok(()), Mode::Open) => self.admit(&asked, now),
            (Ok(()), Mode::Invited) => self.challenge(asked, now),
            (Err(reason), _) => self.refuse(asked, reason),
        }
    }

    fn judge(&self, asked: &Asked) -> Result<(), Refusal> {
        let limits = &self.config.limits;
        let from_here = self.per_address.get(&asked.remote).copied().unwrap_or(0);
        if self.config.banned.contains(&asked.remote) {
            Err(Refusal::Banned)
        } else if !self.admits_origin(asked) {
            Err(Refusal::Origin)
        } else if name(&asked.path).len() > ROOM_BYTES {
            Err(Refusal::RoomName)
        } else if from_here >= limits.connections_per_address && !asked.remote.is_loopback() {
            Err(Refusal::Address)
        } else if self.conns.len() + self.guests.len() >= limits.connections as usize {
            Err(Refusal::Full)
        } else {
            self.judge_room(name(&asked.path))?;
            match self.config.mode {
                Mode::Open => Ok(()),
                Mode::Invited => self.judge_guest(asked),
            }
        }
    }

    /// Whether one more member may be in the room `name`.
    pub(super) fn judge_room(&self, name: &str) -> Result<(), Refusal> {
        if self.last_member >= LAST_STRANGER {
            Err(Refusal::Full)
        } else if !self.rooms.has_place_for(name) {
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
        let newcomer = Newcomer {
            address: asked.remote,
            route,
            invitation: None,
        };
        let (place, group) = self.seat(name(&asked.path), newcomer, now);
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
        self.on_refused(reason, asked.remote, asked.origin);
    }

    pub(super) fn on_refused(&mut self, reason: Refusal, remote: IpAddr, origin: Option<String>) {
        self.totals.refused += 1;
        self.push_event(Event::Refused {
            reason,
            remote,
            origin,
        });
    }
}

impl Asked {
    /// The subprotocol to choose (RFC 6455 §4.2.2): ours where it is offered, exactly so; otherwise
    /// none, and the member is a plain one.
    pub(super) fn protocol(&self) -> Option<String> {
        self.protocols
            .iter()
            .find(|&offered| offered == PROTOCOL)
            .cloned()
    }
}

impl Refusal {
    /// What the one who asked is told. A page cannot see an HTTP status; it sees a close code, which
    /// takes a completed upgrade.
    pub(super) fn answer(self) -> Answer {
        match self {
            Self::Banned => Answer::Close(4403, "you were asked to leave"),
            Self::Origin => Answer::Status(403),
            Self::RoomName => Answer::Status(414),
            Self::Address => Answer::Close(4409, "too many connections from this address"),
            Self::Full => Answer::Close(1013, "the broadcaster is full, try again later"),
            Self::Rooms => Answer::Close(1013, "too many rooms, join one that exists"),
            Self::Plain => Answer::Close(4401, "this broadcaster is for invited devices only"),
            Self::Challenges => Answer::Close(4409, "answer the challenges before this one first"),
            Self::Late => Answer::Close(4408, "the challenge was not answered in time"),
            Self::Unexpected => Answer::Close(4401, "answer the challenge with join or knock"),
            Self::Invitation => {
                Answer::Close(4401, "this invitation is not valid, ask for a new one")
            }
            Self::LobbyFull => Answer::Close(1013, "too many are waiting to be let in"),
            Self::LobbyAddress => Answer::Close(4409, "this device is waiting already"),
            Self::LobbyRefused => {
                Answer::Close(4403, "you were not let in a moment ago, wait half a minute")
            }
            Self::LobbyAlone => {
                Answer::Close(4401, "nobody is here to let you in, open an invitation")
            }
            Self::Opened => Answer::Close(1012, "anyone may join now, connect again"),
        }
    }
}

pub(super) enum Answer {
    Status(u16),
    Close(u16, &'static str),
}

/// The last id a connection may get, so that none is ever reused and a local member always gets one.
const LAST_STRANGER: u32 = u32::MAX / 2;
