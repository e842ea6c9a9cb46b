//! The slave that holds an invitation: it proves that to the hub, and wants a proof of who answered before
//! anything else is said on the channel.

use super::connecting::{Connecting, Progress};
use super::machine::{Phase, Slave};
use super::output::Output;
use super::visiting::{Standing, Ticket};
use crate::signalling::message::PeerId;
use crate::signalling::room::Room;
use crate::signalling::rtc::{Command, SessionId};
use crate::time::Millis;
use trust::fingerprint::Fingerprint;
use trust::handshake::{self, Binding, Way};
use trust::proof::Nonce;

/// The certificates of a connection, as its descriptions name them.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    pub(super) own: Option<Fingerprint>,
    pub(super) theirs: Option<Fingerprint>,
}

/// A channel on which the master is to prove itself.
#[derive(Debug)]
pub(super) struct Proving {
    pub(super) master: PeerId,
    pub(super) protocol: String,
    /// There once the master has said that it is ready.
    pub(super) handshake: Option<handshake::Slave>,
}

/// What a message of the master came to.
enum Step {
    /// This is to be sent.
    Say(Vec<u8>),
    /// It is the one that invites.
    Proven,
}

impl Slave {
    /// The hub wants a proof. Who has none and may not ask a person is told so at once: nobody in here would be
    /// heard.
    pub(super) fn on_challenged(&mut self, nonce: Nonce) {
        let ticket = match &self.standing {
            Standing::Guest(ticket) => ticket,
            Standing::Visitor(_) => return self.push(Output::Send(Room::knock())),
            Standing::Stranger => {
                self.trial.tally.is_uninvited = true;
                return self.fail();
            }
        };
        let key = ticket.invitation.secret.to_join_key();
        let proof = key.prove(nonce, &ticket.host, &ticket.room);
        let text = Room::join(ticket.invitation.id, proof);
        self.push(Output::Send(text));
    }

    /// The channel is open; nothing is believed of it yet.
    pub(super) fn begin_proving(&mut self, protocol: String, now: Millis) {
        let Phase::Connecting(connecting) = &mut self.phase else {
            return;
        };
        let Some(master) = connecting.master().cloned() else {
            return self.doubt(now);
        };
        connecting.until = now + PROVING;
        connecting.progress = Progress::Proving(Box::new(Proving {
            master,
            protocol,
            handshake: None,
        }));
    }

    /// A message on a channel that is not proven.
    pub(super) fn on_proving_frame(&mut self, message: &[u8], now: Millis) {
        let (Phase::Connecting(connecting), Standing::Guest(ticket)) =
            (&mut self.phase, &mut self.standing)
        else {
            return;
        };
        let session = connecting.session;
        match connecting.hear(message, ticket) {
            Ok(Step::Say(message)) => {
                self.push(Output::Rtc(Command::Send { session, message }));
            }
            Ok(Step::Proven) => self.on_proven(session, now),
            Err(_) => self.doubt(now),
        }
    }

    fn on_proven(&mut self, session: SessionId, now: Millis) {
        let Phase::Connecting(connecting) = &self.phase else {
            return;
        };
        if let Progress::Proving(proving) = &connecting.progress {
            let (master, protocol) = (proving.master.clone(), proving.protocol.clone());
            self.on_channel_opened(session, Some(master), protocol, now);
        }
    }

    /// Who answered is not known to be the one that invites. The next try may meet that one.
    pub(super) fn doubt(&mut self, now: Millis) {
        self.trial.tally.is_unproven = true;
        self.pause(now);
    }
}

impl Connecting {
    fn hear(&mut self, message: &[u8], ticket: &mut Ticket) -> Result<Step, handshake::Error> {
        let Progress::Proving(proving) = &mut self.progress else {
            return Err(handshake::Error::Refused);
        };
        if let Some(handshake) = proving.handshake.take() {
            return handshake.finish(message).map(|_| Step::Proven);
        }
        handshake::check_ready(message)?;
        self.begin_handshake(ticket).map(Step::Say)
    }

    /// Makes the slave's first message.
    pub(super) fn begin_handshake(
        &mut self,
        ticket: &mut Ticket,
    ) -> Result<Vec<u8>, handshake::Error> {
        let Progress::Proving(proving) = &mut self.progress else {
            return Err(handshake::Error::Refused);
        };
        let Certificates {
            own: Some(slave),
            theirs: Some(master),
        } = self.certificates
        else {
            return Err(handshake::Error::Refused);
        };
        let room = ticket.room.clone();
        let binding = Binding {
            room,
            way: Way::Channel { slave, master },
        };
        let random = ticket.seed.next_bytes();
        let (slave, message) = handshake::Slave::new(&ticket.invitation, &binding, random)?;
        proving.handshake = Some(slave);
        Ok(message)
    }

    pub(super) fn is_proving(&self) -> bool {
        matches!(self.progress, Progress::Proving(_))
    }
}

/// From an open channel to the master's proof. On a LAN it takes milliseconds.
pub(super) const PROVING: Millis = Millis::from_secs(5);
