//! Invited mode: the challenge, and who answers it how. A guest is a connection that is admitted and no
//! member: it has not answered yet, or is told why it is closed. Nothing it says reaches anybody.

use super::entry::{Answer, Asked, Refusal};
use super::machine::{Hub, Newcomer};
use super::member::Route;
use super::room::name;
use crate::envelope::{ToHub, ToMember};
use crate::limits::{JOIN_BYTES, JOIN_WITHIN, JOINS_PER_ADDRESS};
use crate::link::{Command, ConnId};
use crate::payload::Payload;
use crate::time::Millis;
use std::net::IpAddr;
use trust::invitation::InvitationId;
use trust::proof::{Nonce, Proof};

/// A connection that is admitted and no member.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) address: IpAddr,
    stage: Stage,
}

/// ```text
/// asked ──▶ Challenged ──join, knock──▶ member ──revoked, dismissed──▶ Leaving ──▶ closed
///               └───────────late, wrong─────────────────────────────────▲
/// ```
#[derive(Debug)]
enum Stage {
    /// It is to answer.
    Challenged(Challenge),
    /// It is being closed. What it says in the meantime is not read.
    Leaving,
}

/// What was asked, of whom, until when.
#[derive(Debug)]
pub(super) struct Challenge {
    nonce: Nonce,
    host: String,
    pub(super) room: String,
    until: Millis,
}

impl Guest {
    /// One that has to go, from this address.
    pub(super) fn leaving(address: IpAddr) -> Self {
        Self {
            address,
            stage: Stage::Leaving,
        }
    }

    /// When its challenge ends.
    pub(super) fn deadline(&self) -> Option<Millis> {
        match &self.stage {
            Stage::Challenged(challenge) => Some(challenge.until),
            Stage::Leaving => None,
        }
    }
}

impl Hub {
    /// Whether someone may be challenged, besides what holds in every mode.
    pub(super) fn judge_guest(&self, asked: &Asked) -> Result<(), Refusal> {
        let is_waiting =
            |guest: &&Guest| guest.address == asked.remote && guest.deadline().is_some();
        if asked.protocol().is_none() {
            Err(Refusal::Plain)
        } else if !asked.remote.is_loopback()
            && self.guests.values().filter(is_waiting).count() >= JOINS_PER_ADDRESS
        {
            Err(Refusal::Challenges)
        } else {
            Ok(())
        }
    }

    /// Admits a connection to no room, and asks it for a proof.
    pub(super) fn challenge(&mut self, asked: Asked, now: Millis) {
        let nonces = self.nonces.as_mut();
        let nonce = nonces
            .expect("a mode is checked before it is in force")
            .next_nonce();
        let conn = asked.conn;
        self.push_command(Command::Admit {
            conn,
            protocol: asked.protocol(),
            groups: Vec::new(),
        });
        let challenge = Challenge {
            nonce,
            room: name(&asked.path).to_owned(),
            host: asked.host,
            until: now + JOIN_WITHIN,
        };
        let guest = Guest {
            address: asked.remote,
            stage: Stage::Challenged(challenge),
        };
        self.guests.insert(conn, guest);
        *self.per_address.entry(asked.remote).or_default() += 1;
        let nonce = nonce.to_string();
        let text = ToMember::Challenge { nonce }.to_text();
        self.send_to_conn(conn, Payload::Text(text.into()));
    }

    /// A connection that is no member said something. It has one word: who does not use it to answer is
    /// not asked again.
    pub(super) fn on_guest_message(&mut self, conn: ConnId, payload: &Payload, now: Millis) {
        let Some(guest) = self.guests.get(&conn) else {
            return;
        };
        let Stage::Challenged(challenge) = &guest.stage else {
            return;
        };
        let (room, address) = (challenge.room.clone(), guest.address);
        let answered = match read_word(payload) {
            Some(ToHub::Join { invitation, proof }) => self
                .check(challenge, &invitation, &proof)
                .and_then(|invitation| {
                    self.judge_room(&room)?;
                    Ok((Route::Enveloped(conn), Some(invitation)))
                }),
            Some(ToHub::Knock) => self
                .judge_knock(&room, address, now)
                .map(|()| (Route::Lobby(conn), None)),
            Some(ToHub::Send { .. }) | None => Err(Refusal::Unexpected),
        };
        match answered {
            Ok((route, invitation)) => {
                let newcomer = Newcomer {
                    address,
                    route,
                    invitation,
                };
                self.enter(conn, &room, newcomer, now);
            }
            Err(reason) => self.turn_away(conn, reason),
        }
    }

    /// Ends the challenges whose time is over.
    pub(super) fn end_challenges(&mut self, now: Millis) {
        let is_late = |guest: &Guest| guest.deadline().is_some_and(|until| until <= now);
        for conn in self.guests_that(is_late) {
            self.turn_away(conn, Refusal::Late);
        }
    }

    fn enter(&mut self, conn: ConnId, room: &str, newcomer: Newcomer, now: Millis) {
        self.guests.remove(&conn);
        let (place, group) = self.seat(room, newcomer, now);
        self.conns.insert(conn, place);
        match group {
            Some(group) => self.push_command(Command::Join { conn, group }),
            None => self.begin_stay(conn, now),
        }
        self.on_joined(place);
    }

    /// Closes a guest. It is counted until it is gone, and not heard any more.
    pub(super) fn turn_away(&mut self, conn: ConnId, reason: Refusal) {
        let Some(guest) = self.guests.get_mut(&conn) else {
            return;
        };
        guest.stage = Stage::Leaving;
        let address = guest.address;
        match reason.answer() {
            Answer::Close(code, words) => self.push_close(conn, code, words),
            // The upgrade is complete, so a status comes too late; no reason of a guest has one.
            Answer::Status(_) => self.push_close(conn, 4401, "this request is refused"),
        }
        self.on_refused(reason, address, None);
    }

    /// The invitation in force that a proof is good for. Who guesses learns nothing of which part was
    /// wrong.
    fn check(
        &self,
        challenge: &Challenge,
        invitation: &str,
        proof: &str,
    ) -> Result<InvitationId, Refusal> {
        let wrong = |_| Refusal::Invitation;
        let id: InvitationId = invitation.parse().map_err(wrong)?;
        let proof: Proof = proof.parse().map_err(wrong)?;
        let key = self.keys.get(&id).ok_or(Refusal::Invitation)?;
        let Challenge {
            nonce, host, room, ..
        } = challenge;
        if key.check(&proof, *nonce, host, room) {
            Ok(id)
        } else {
            Err(Refusal::Invitation)
        }
    }

    pub(super) fn guests_that(&self, which: impl Fn(&Guest) -> bool) -> Vec<ConnId> {
        let guests = self.guests.iter().filter(|(_, guest)| which(guest));
        guests.map(|(&conn, _)| conn).collect()
    }
}

/// A guest's word; none where it is too long to be one.
fn read_word(payload: &Payload) -> Option<ToHub> {
    match payload {
        Payload::Text(text) if text.len() <= JOIN_BYTES => ToHub::from_text(text).ok(),
        Payload::Text(_) | Payload::Binary(_) => None,
    }
}
