//! Who gets which message: verbatim for plain members, in envelopes for the others. One command per
//! encoding, whatever the number of receivers, and none where nobody would receive.

use super::machine::{Hub, Place};
use super::member::{MemberId, Route};
use super::output::Output;
use super::room::RoomId;
use crate::envelope::{Code, ToHub, ToMember};
use crate::link::{Command, ConnId, GroupId};
use crate::payload::Payload;

impl Hub {
    /// A member with a connection sent a message.
    pub(super) fn on_message(&mut self, from: Place, payload: Payload) {
        match (from.route, payload) {
            (Route::Plain(_), payload) => self.broadcast(from, payload),
            (Route::Enveloped(_) | Route::Local, Payload::Text(text)) => {
                self.on_envelope(from, &text);
            }
            (Route::Lobby(conn), Payload::Text(text)) => self.on_lobby_text(conn, from, &text),
            (Route::Enveloped(_) | Route::Local | Route::Lobby(_), Payload::Binary(_)) => {
                self.complain(from, Code::BinaryFrame, BINARY_FRAME);
            }
        }
    }

    /// A member that speaks the envelope sent a text.
    pub(super) fn on_envelope(&mut self, from: Place, text: &str) {
        match ToHub::from_text(text) {
            Ok(ToHub::Send { to: None, payload }) => self.broadcast(from, payload),
            Ok(ToHub::Send {
                to: Some(to),
                payload,
            }) => self.direct(from, to, payload),
            Ok(ToHub::Join { .. } | ToHub::Knock) => {
                self.complain(from, Code::Unexpected, NO_CHALLENGE);
            }
            Err(error) => self.complain(from, error.code(), &error.to_string()),
        }
    }

    /// Sends an envelope to every member of a room that reads envelopes, but for `sender`, where it
    /// is in the room. The text is made only when somebody gets it.
    pub(super) fn announce(&mut self, room: RoomId, sender: Option<Place>, envelope: &ToMember) {
        if let Some(readers) = self.readers(room, sender) {
            self.send_to_readers(readers, envelope.to_text());
        }
    }

    /// Sends an envelope to the local members of a room.
    pub(super) fn announce_to_locals(&mut self, room: RoomId, envelope: &ToMember) {
        let there = self.rooms.at(room);
        let locals = there.map(|room| room.locals_besides(None));
        for local in locals.unwrap_or_default() {
            self.deliver(room, local, envelope.to_text());
        }
    }

    /// Sends an envelope to one member that reads envelopes.
    pub(super) fn reply(&mut self, to: Place, envelope: &ToMember) {
        self.tell(to, envelope.to_text());
    }

    fn tell(&mut self, to: Place, text: String) {
        match to.route {
            Route::Plain(conn) | Route::Enveloped(conn) | Route::Lobby(conn) => {
                self.send_to_conn(conn, Payload::Text(text.into()));
            }
            Route::Local => self.deliver(to.room, to.id, text),
        }
    }

    /// Sends a message to every other member of its sender's room.
    fn broadcast(&mut self, from: Place, payload: Payload) {
        let except = from.plain();
        let room = self.rooms.at(from.room);
        let plain = room.and_then(|room| room.plain.others(except));
        let enveloped = self.readers(from.room, Some(from)).map(|readers| {
            let (from, payload) = (from.id, payload.clone());
            (readers, ToMember::Message { from, payload }.to_text())
        });
        let fits = plain.is_none_or(|_| self.fits(payload.len()))
            && enveloped
                .as_ref()
                .is_none_or(|(_, text)| self.fits(text.len()));
        if !fits {
            return self.on_too_long(from);
        }
        if let Some(group) = plain {
            self.send_to_group(group, except, payload);
        }
        if let Some((readers, text)) = enveloped {
            self.send_to_readers(readers, text);
        }
    }

    /// Sends a message to one member of its sender's room; that may be the sender.
    pub(super) fn direct(&mut self, from: Place, to: MemberId, payload: Payload) {
        let room = self.rooms.at(from.room);
        let target = room.and_then(|room| room.members.get(&to));
        let Some(target) = target.filter(|target| from.route.sees(target.route)) else {
            return self.complain(from, Code::NoSuchMember, NO_SUCH_MEMBER);
        };
        let to = Place {
            id: to,
            route: target.route,
            ..from
        };
        match to.route {
            Route::Plain(_) if !self.fits(payload.len()) => self.on_too_long(from),
            Route::Plain(conn) => self.send_to_conn(conn, payload),
            Route::Enveloped(_) | Route::Local | Route::Lobby(_) => {
                let id = from.id;
                let text = ToMember::Message { from: id, payload }.to_text();
                if self.fits(text.len()) {
                    self.tell(to, text);
                } else {
                    self.on_too_long(from);
                }
            }
        }
    }

    /// Whether a receiver with nothing waiting can take a message of this length.
    fn fits(&self, bytes: usize) -> bool {
        bytes + FRAME_BYTES <= self.config.limits.queue_bytes
    }

    /// A message can reach no receiver, however quick: as an envelope, a text may grow sixfold. Its
    /// sender is told, in place of its receivers being closed for it.
    fn on_too_long(&mut self, from: Place) {
        match from.route {
            Route::Plain(conn) => self.push_command(Command::Close {
                conn,
                code: TOO_LONG_CODE,
                reason: TOO_LONG.to_owned(),
            }),
            Route::Enveloped(_) | Route::Local | Route::Lobby(_) => {
                self.complain(from, Code::TooLong, TOO_LONG);
            }
        }
    }

    /// Who reads envelopes in a room besides `sender`; none where nobody does.
    fn readers(&self, room: RoomId, sender: Option<Place>) -> Option<Readers> {
        let there = self.rooms.at(room)?;
        let except = sender.and_then(Place::enveloped);
        let group = there.enveloped.others(except);
        let locals = there.locals_besides(sender.map(|sender| sender.id));
        let is_somebody = group.is_some() || !locals.is_empty();
        is_somebody.then_some(Readers {
            room,
            group,
            except,
            locals,
        })
    }

    fn send_to_readers(&mut self, readers: Readers, text: String) {
        for local in readers.locals {
            self.deliver(readers.room, local, text.clone());
        }
        if let Some(group) = readers.group {
            self.send_to_group(group, readers.except, Payload::Text(text.into()));
        }
    }

    pub(super) fn complain(&mut self, to: Place, code: Code, detail: &str) {
        let detail = detail.to_owned();
        self.reply(to, &ToMember::Error { code, detail });
    }

    fn deliver(&mut self, room: RoomId, member: MemberId, text: String) {
        if let Some(member) = self.rooms.member_mut(room, member) {
            member.sent += 1;
        }
        self.outputs.push_back(Output::Deliver { member, text });
    }

    fn send_to_group(&mut self, group: GroupId, except: Option<ConnId>, payload: Payload) {
        self.push_command(Command::Send {
            group: Some(group),
            conn: None,
            except,
            payload,
        });
    }

    pub(super) fn send_to_conn(&mut self, conn: ConnId, payload: Payload) {
        self.push_command(Command::Send {
            group: None,
            conn: Some(conn),
            except: None,
            payload,
        });
    }
}

/// Members of one room that read envelopes.
struct Readers {
    room: RoomId,
    group: Option<GroupId>,
    /// The sender, where it is in the group.
    except: Option<ConnId>,
    locals: Vec<MemberId>,
}

impl Place {
    /// The connection of a plain member: the sender to leave out of the plain group.
    fn plain(self) -> Option<ConnId> {
        match self.route {
            Route::Plain(conn) => Some(conn),
            Route::Enveloped(_) | Route::Local | Route::Lobby(_) => None,
        }
    }

    /// The connection of an enveloped member: the sender to leave out of the enveloped group.
    fn enveloped(self) -> Option<ConnId> {
        match self.route {
            Route::Enveloped(conn) => Some(conn),
            Route::Plain(_) | Route::Local | Route::Lobby(_) => None,
        }
    }
}

const BINARY_FRAME: &str = "send binary data in base64, in the field `binary` of a text message";
const NO_CHALLENGE: &str = "no challenge is open: this member is in its room already";
const TOO_LONG: &str = "the message is too long for its receivers: send less at once";
const NO_SUCH_MEMBER: &str = "the member named by `to` is not in this room";

/// RFC 6455 §7.4.1: a message too big to process.
const TOO_LONG_CODE: u16 = 1009;

/// What a message costs a receiver's queue besides its bytes, and some more.
const FRAME_BYTES: usize = 64;
