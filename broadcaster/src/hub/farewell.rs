//! Who must go: members whose invitation was taken back, whom a person does not want, or who do not fit a
//! new mode. They are out of their room at once, whatever is still under way from them.

use super::entry::Refusal;
use super::guest::Guest;
use super::machine::Hub;
use super::member::{Member, MemberId, Route};
use crate::link::{Command, ConnId};
use crate::time::Millis;
use std::collections::BTreeMap;
use trust::invitation::InvitationId;
use trust::secret::JoinKey;

/// Why a member has to go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Farewell {
    /// Its invitation is not in force any more.
    Revoked,
    /// A person does not want it here.
    Dismissed,
    /// A person has not let it in from the lobby.
    Refused,
    /// Nobody has let it in from the lobby.
    NotLetIn,
    /// It said too much in the lobby.
    Talkative,
    /// It came without an invitation, before invited mode.
    NotInvited,
    /// It waits in the lobby of a broadcaster that is open now.
    Opened,
}

impl Hub {
    /// Tells the keys of all invitations in force. Members whose invitation is not among them any more, or
    /// has another key, are closed with 4401.
    pub fn handle_invitations(&mut self, keys: BTreeMap<InvitationId, JoinKey>, _now: Millis) {
        let before = std::mem::replace(&mut self.keys, keys);
        let keys = &self.keys;
        let is_revoked = |id: &InvitationId| before.get(id) != keys.get(id);
        let held = |member: &Member| member.invitation.as_ref().is_some_and(is_revoked);
        for conn in self.conns_that(held) {
            self.expel(conn, Farewell::Revoked);
        }
    }

    /// Tells that a person does not want this member here, or refuses it in the lobby: it is closed with
    /// 4403. With a valid invitation it may come again. A local member is not the hub's to send away.
    /// One from the address that was refused in the lobby is not heard there for [`KNOCK_AGAIN`](crate::limits::KNOCK_AGAIN).
    pub fn handle_dismissed(&mut self, member: MemberId, now: Millis) {
        let found = self.members().find(|one| one.id == member);
        let Some((route, address)) = found.map(|one| (one.route, one.address)) else {
            return;
        };
        match route {
            Route::Lobby(conn) => {
                self.remember_refused(address, now);
                self.expel(conn, Farewell::Refused);
            }
            Route::Plain(conn) | Route::Enveloped(conn) => self.expel(conn, Farewell::Dismissed),
            Route::Local => {}
        }
    }

    /// Invited mode begins: who was not invited has to go.
    pub(super) fn on_closed_to_strangers(&mut self) {
        for conn in self.conns_that(|member| member.invitation.is_none()) {
            self.expel(conn, Farewell::NotInvited);
        }
    }

    /// Open mode begins: who was kept waiting comes again, and finds an open door.
    pub(super) fn on_opened(&mut self) {
        for conn in self.guests_that(|guest| guest.deadline().is_some()) {
            self.turn_away(conn, Refusal::Opened);
        }
        for conn in self.lobby.keys().copied().collect::<Vec<_>>() {
            self.expel(conn, Farewell::Opened);
        }
    }

    /// Nobody from a banned address stays.
    pub(super) fn send_banned_away(&mut self) {
        let banned = &self.config.banned;
        let members = self.conns_that(|member| banned.contains(&member.address));
        let guests =
            self.guests_that(|guest| guest.deadline().is_some() && banned.contains(&guest.address));
        for conn in members {
            self.expel(conn, Farewell::Dismissed);
        }
        for conn in guests {
            self.turn_away(conn, Refusal::Banned);
        }
    }

    /// Takes a member out of its room at once, and closes its connection.
    pub(super) fn expel(&mut self, conn: ConnId, why: Farewell) {
        let Some(place) = self.conns.remove(&conn) else {
            return;
        };
        self.lobby.remove(&conn);
        let there = self.rooms.at(place.room);
        if let Some(group) = there.and_then(|room| room.group_of(place.route)) {
            self.push_command(Command::Leave { conn, group });
        }
        let Some(member) = self.rooms.leave(place.room, place.id) else {
            return;
        };
        self.guests.insert(conn, Guest::leaving(member.address));
        let (code, words) = why.answer();
        self.push_close(conn, code, words);
        self.on_left(place.room, &member, code);
    }

    pub(super) fn push_close(&mut self, conn: ConnId, code: u16, words: &str) {
        self.push_command(Command::Close {
            conn,
            code,
            reason: words.to_owned(),
        });
    }

    /// Connections of the members of whom something is true.
    fn conns_that(&self, which: impl Fn(&Member) -> bool) -> Vec<ConnId> {
        let members = self.members().filter(|member| which(member));
        let conns = members.filter_map(|member| match member.route {
            Route::Plain(conn) | Route::Enveloped(conn) | Route::Lobby(conn) => Some(conn),
            Route::Local => None,
        });
        conns.collect()
    }
}

impl Farewell {
    /// The close code, and words for people.
    fn answer(self) -> (u16, &'static str) {
        match self {
            Self::Revoked => (
                4401,
                "this invitation is no longer valid, ask for a new one",
            ),
            Self::Dismissed => (4403, "you were asked to leave"),
            Self::Refused => (4403, "the person there has not let you in"),
            Self::NotLetIn => (4408, "nobody there has let you in"),
            Self::Talkative => (1008, "too many messages from the lobby"),
            Self::NotInvited => (4401, "this broadcaster is for invited devices only now"),
            Self::Opened => (1012, "anyone may join now, connect again"),
        }
    }
}
