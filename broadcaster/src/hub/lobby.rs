//! The lobby of invited mode: members who came without an invitation and wait for a person's word. They
//! see the local members of their room, and may say to them what a slave says to a master; nobody else
//! sees or hears them.

use super::entry::Refusal;
use super::farewell::Farewell;
use super::machine::{Hub, Place};
use super::member::{MemberId, Route};
use super::room::RoomId;
use crate::envelope::{Code, ToHub, ToMember};
use crate::limits::{
    KNOCK_AGAIN, KNOCKS_REFUSED, LOBBY, LOBBY_FOR, LOBBY_MESSAGES, LOBBY_PER_ADDRESS,
};
use crate::link::ConnId;
use crate::payload::Payload;
use crate::signalling::Message;
use crate::time::Millis;
use std::net::IpAddr;

/// A member's stay in the lobby.
#[derive(Debug)]
pub(super) struct Stay {
    /// When it ends.
    pub(super) until: Millis,
    /// Messages it has sent.
    said: u32,
}

impl Hub {
    /// Whether one more may wait in the lobby for this room.
    pub(super) fn judge_knock(
        &self,
        room: &str,
        address: IpAddr,
        now: Millis,
    ) -> Result<(), Refusal> {
        self.judge_room(room)?;
        if self.refused.get(&address).is_some_and(|until| now < *until) {
            return Err(Refusal::LobbyRefused);
        }
        let waiting = self.members().filter(|member| match member.route {
            Route::Lobby(_) => member.address == address,
            Route::Plain(_) | Route::Enveloped(_) | Route::Local => false,
        });
        let is_host = |route: Route| route == Route::Local;
        if !self
            .members()
            .any(|member| is_host(member.route) && *member.room == *room)
        {
            Err(Refusal::LobbyAlone)
        } else if self.lobby.len() >= LOBBY {
            Err(Refusal::LobbyFull)
        } else if !address.is_loopback() && waiting.count() >= LOBBY_PER_ADDRESS {
            Err(Refusal::LobbyAddress)
        } else {
            Ok(())
        }
    }

    /// A person has refused who knocks from this address: it waits a moment before it is asked about again.
    pub(super) fn remember_refused(&mut self, address: IpAddr, now: Millis) {
        self.refused.retain(|_, until| now < *until);
        if self.refused.len() < KNOCKS_REFUSED {
            self.refused.insert(address, now + KNOCK_AGAIN);
        }
    }

    pub(super) fn begin_stay(&mut self, conn: ConnId, now: Millis) {
        let until = now + LOBBY_FOR;
        self.lobby.insert(conn, Stay { until, said: 0 });
    }

    /// Ends the stays whose time is over.
    pub(super) fn end_stays(&mut self, now: Millis) {
        let over = self.lobby.iter().filter(|(_, stay)| stay.until <= now);
        for conn in over.map(|(&conn, _)| conn).collect::<Vec<_>>() {
            self.expel(conn, Farewell::NotLetIn);
        }
    }

    /// Sends an envelope to those who wait for this room.
    pub(super) fn announce_to_lobby(&mut self, room: RoomId, envelope: &ToMember) {
        let waiting = self.lobby.keys().filter(|conn| {
            let place = self.conns.get(conn);
            place.is_some_and(|place| place.room == room)
        });
        for conn in waiting.copied().collect::<Vec<_>>() {
            self.send_to_conn(conn, Payload::Text(envelope.to_text().into()));
        }
    }

    /// A member in the lobby sent a text.
    pub(super) fn on_lobby_text(&mut self, conn: ConnId, from: Place, text: &str) {
        let Some(stay) = self.lobby.get_mut(&conn) else {
            return;
        };
        stay.said += 1;
        if stay.said > LOBBY_MESSAGES {
            return self.expel(conn, Farewell::Talkative);
        }
        match ToHub::from_text(text) {
            Ok(ToHub::Send { to, payload }) if is_of_slave(&payload) => {
                for to in self.hosts(from, to) {
                    self.direct(from, to, payload.clone());
                }
            }
            Ok(ToHub::Send { .. } | ToHub::Join { .. } | ToHub::Knock) => {
                self.complain(from, Code::Unexpected, ONLY_A_SLAVE);
            }
            Err(error) => self.complain(from, error.code(), &error.to_string()),
        }
    }

    /// Whom a message from the lobby is for: the one it names, or every local member of the room.
    fn hosts(&self, from: Place, to: Option<MemberId>) -> Vec<MemberId> {
        match to {
            Some(to) => vec![to],
            None => {
                let room = self.rooms.at(from.room);
                room.map(|room| room.locals_besides(None))
                    .unwrap_or_default()
            }
        }
    }
}

/// Whether a message is one that a slave says to its master.
fn is_of_slave(payload: &Payload) -> bool {
    let Payload::Text(text) = payload else {
        return false;
    };
    match Message::parse(text) {
        Ok(Message::Request { .. } | Message::Answer { .. } | Message::Candidate { .. }) => true,
        Ok(
            Message::Announce { .. }
            | Message::Offer { .. }
            | Message::Relay { .. }
            | Message::Refuse { .. },
        )
        | Err(_) => false,
    }
}

const ONLY_A_SLAVE: &str =
    "in the lobby, send only `request`, `answer` or `candidate`, until you are let in";
