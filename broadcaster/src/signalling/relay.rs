//! One end of a session that goes through the broadcaster: frames in, sealed messages out, and back. Knows
//! no room and no machine.
//!
//! ```text
//! sealed    kind (1 byte) content (up to RELAY_PART_BYTES)
//! 0 more    a part of a frame; more of it follows
//! 1 text    the last part of a text frame
//! 2 binary  the last part of a binary frame
//! 3 taken   4 bytes, big-endian: so many bytes of frames have arrived here
//! 4 ask     are you there? Answered by `taken`
//! ```
//!
//! Order is the WebSocket's and is checked by the seal, whose nonces count (Noise §5.1): what was changed,
//! lost, repeated or exchanged on the way ends the session. They count to 2⁶⁴, so no key is renewed.

use crate::limits::{RELAY_FRAME_BYTES, RELAY_PART_BYTES, RELAY_WINDOW_BYTES};
use crate::payload::Payload;
use trust::handshake::{self, Sealed};

/// By which way a connected master and slave speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Over a data channel of their own.
    Direct,
    /// Through the broadcaster, which can neither read nor change it.
    Relayed,
}

/// One end, from the handshake on.
#[derive(Debug)]
pub(super) struct Relay {
    sealed: Sealed,
    /// Bytes of frames that were sent, and not taken as far as we know.
    under_way: usize,
    /// Bytes of frames that arrived, and the other end was not told.
    owed: usize,
    /// The parts of a frame that is not whole.
    joined: Vec<u8>,
}

/// What a sealed message was.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Opened {
    /// A frame is whole.
    pub(super) frame: Option<Payload>,
    /// This is to be sent back.
    pub(super) answer: Option<Vec<u8>>,
}

/// Why a session through the broadcaster ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    /// Not the next message of the other end.
    #[error("a message was changed on its way through the broadcaster")]
    Seal(#[from] handshake::Error),
    /// The other end breaks the rules of this protocol.
    #[error("the other side speaks another language")]
    Malformed,
    /// A frame is longer than allowed.
    #[error("a message is over the limit of {RELAY_FRAME_BYTES} bytes")]
    TooLong,
}

impl Relay {
    pub(super) fn new(sealed: Sealed) -> Self {
        Self {
            sealed,
            under_way: 0,
            owed: 0,
            joined: Vec::new(),
        }
    }

    /// Whether the next frame may be sent: the broadcaster is not to be filled with what nobody takes.
    pub(super) fn has_room(&self) -> bool {
        self.under_way < RELAY_WINDOW_BYTES
    }

    /// Seals a frame; gives the messages to send, in order.
    pub(super) fn seal(&mut self, frame: &Payload) -> Result<Vec<Vec<u8>>, Error> {
        let (last, content) = match frame {
            Payload::Text(text) => (TEXT, text.as_bytes()),
            Payload::Binary(bytes) => (BINARY, &bytes[..]),
        };
        if content.len() > RELAY_FRAME_BYTES {
            return Err(Error::TooLong);
        }
        self.under_way += content.len();
        let parts = content.len().div_ceil(RELAY_PART_BYTES).max(1);
        let part = |number: usize| {
            let begin = number * RELAY_PART_BYTES;
            let end = content.len().min(begin + RELAY_PART_BYTES);
            let kind = if number + 1 == parts { last } else { MORE };
            self.say(kind, &content[begin..end])
        };
        (0..parts).map(part).collect()
    }

    /// Asks whether the other end is there.
    pub(super) fn ask(&mut self) -> Result<Vec<u8>, Error> {
        self.say(ASK, &[])
    }

    /// Opens the other end's next message. After an error nothing more can be opened.
    pub(super) fn open(&mut self, message: &[u8]) -> Result<Opened, Error> {
        let message = self.sealed.open(message)?;
        let (kind, content) = message.split_first().ok_or(Error::Malformed)?;
        match *kind {
            MORE => self.join(content, |_| Ok(None)),
            TEXT => self.join(content, |joined| {
                let text = String::from_utf8(std::mem::take(joined));
                let text = text.map_err(|_| Error::Malformed)?;
                Ok(Some(Payload::Text(text.into())))
            }),
            BINARY => self.join(content, |joined| Ok(Some(std::mem::take(joined).into()))),
            TAKEN => self.on_taken(content),
            ASK => Ok(Opened {
                answer: Some(self.say_taken()?),
                ..Opened::default()
            }),
            _ => Err(Error::Malformed),
        }
    }

    /// Adds a part, makes of all of them what they are, and tells the other end of what has arrived, in
    /// portions.
    fn join(
        &mut self,
        content: &[u8],
        finish: impl FnOnce(&mut Vec<u8>) -> Result<Option<Payload>, Error>,
    ) -> Result<Opened, Error> {
        if self.joined.len() + content.len() > RELAY_FRAME_BYTES {
            return Err(Error::TooLong);
        }
        self.joined.extend_from_slice(content);
        self.owed += content.len();
        let frame = finish(&mut self.joined)?;
        let is_due = self.owed >= RELAY_WINDOW_BYTES / 2;
        let answer = is_due.then(|| self.say_taken()).transpose()?;
        Ok(Opened { frame, answer })
    }

    fn on_taken(&mut self, content: &[u8]) -> Result<Opened, Error> {
        let bytes = content.try_into().map_err(|_| Error::Malformed)?;
        let taken = usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| Error::Malformed)?;
        let left = self.under_way.checked_sub(taken);
        self.under_way = left.ok_or(Error::Malformed)?;
        Ok(Opened::default())
    }

    fn say_taken(&mut self) -> Result<Vec<u8>, Error> {
        let owed = std::mem::take(&mut self.owed);
        let bytes = u32::try_from(owed).map_err(|_| Error::TooLong)?;
        self.say(TAKEN, &bytes.to_be_bytes())
    }

    fn say(&mut self, kind: u8, content: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.sealed.seal(&[&[kind], content].concat())?)
    }
}

const MORE: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const TAKEN: u8 = 3;
const ASK: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use trust::handshake::{Binding, Request, Slave, Way as Through};
    use trust::identity::Identity;
    use trust::invitation::{Invitation, InvitationId};
    use trust::secret::Secret;

    fn two_ends() -> (Relay, Relay) {
        let (identity, secret) = (Identity::from_random([1; 32]), Secret::from_random([2; 16]));
        let key = secret.to_channel_key();
        let invitation = Invitation {
            master: identity.public(),
            id: InvitationId::from_random([3; 8]),
            secret,
        };
        let binding = Binding {
            room: "/".to_owned(),
            way: Through::Relay,
        };
        let (slave, first) = Slave::new(&invitation, &binding, [4; 32]).unwrap();
        let request = Request::parse(&first).unwrap();
        let (master, second) = request.accept(&identity, &key, &binding, [5; 32]).unwrap();
        (
            Relay::new(slave.finish(&second).unwrap()),
            Relay::new(master),
        )
    }

    /// Carries a frame across, and what the other end says to that back.
    fn carry(from: &mut Relay, to: &mut Relay, frame: &Payload) -> Option<Payload> {
        let mut whole = None;
        for message in from.seal(frame).unwrap() {
            assert!(message.len() <= RELAY_PART_BYTES + 17);
            let opened = to.open(&message).unwrap();
            whole = opened.frame.or(whole);
            if let Some(answer) = opened.answer {
                assert_eq!(from.open(&answer), Ok(Opened::default()));
            }
        }
        whole
    }

    #[test]
    fn frames_of_any_length_arrive_up_to_the_limit() {
        let (mut slave, mut master) = two_ends();
        for bytes in [
            0,
            1,
            RELAY_PART_BYTES,
            RELAY_PART_BYTES + 1,
            RELAY_FRAME_BYTES,
        ] {
            for frame in [
                Payload::from(vec![7; bytes]),
                "é".repeat(bytes / 2).as_str().into(),
            ] {
                assert_eq!(carry(&mut slave, &mut master, &frame), Some(frame.clone()));
                assert_eq!(carry(&mut master, &mut slave, &frame), Some(frame.clone()));
            }
        }
        let past = Payload::from(vec![0; RELAY_FRAME_BYTES + 1]);
        assert_eq!(slave.seal(&past), Err(Error::TooLong));
    }

    #[test]
    fn parts_that_are_joined_are_bounded() {
        let (mut slave, mut master) = two_ends();
        let part = vec![0; RELAY_PART_BYTES];
        for _ in 0..RELAY_FRAME_BYTES / RELAY_PART_BYTES {
            let message = slave.say(MORE, &part).unwrap();
            assert!(master.open(&message).is_ok());
        }
        let message = slave.say(MORE, &[0]).unwrap();
        assert_eq!(master.open(&message), Err(Error::TooLong));
    }

    #[test]
    fn there_is_no_room_until_enough_was_taken() {
        let (mut slave, mut master) = two_ends();
        let frame = Payload::from(vec![0; RELAY_PART_BYTES]);
        let mut messages = Vec::new();
        while slave.has_room() {
            messages.extend(slave.seal(&frame).unwrap());
        }
        assert_eq!(messages.len(), RELAY_WINDOW_BYTES / RELAY_PART_BYTES);
        let opened = messages.iter().map(|message| master.open(message).unwrap());
        let answers: Vec<_> = opened.filter_map(|opened| opened.answer).collect();
        assert_eq!(answers.len(), 2, "each tells of half a window");
        assert!(!slave.has_room());
        assert_eq!(slave.open(&answers[0]), Ok(Opened::default()));
        assert!(slave.has_room());
    }

    #[test]
    fn who_is_asked_answers() {
        let (mut slave, mut master) = two_ends();
        let opened = master.open(&slave.ask().unwrap()).unwrap();
        assert!(slave.open(&opened.answer.unwrap()).is_ok());
    }

    #[test]
    fn what_was_changed_or_comes_again_or_too_late_is_refused() {
        let messages = |slave: &mut Relay| -> [Vec<u8>; 2] {
            ["one", "two"].map(|text| slave.seal(&text.into()).unwrap().remove(0))
        };
        let refused = Err(Error::Seal(handshake::Error::Refused));
        let (mut slave, mut master) = two_ends();
        let [one, two] = messages(&mut slave);
        let mut changed = one.clone();
        changed[0] ^= 1;
        assert_eq!(master.open(&changed), refused);
        assert_eq!(master.open(&two), refused, "out of order");
        assert!(master.open(&one).is_ok());
        assert_eq!(master.open(&one), refused, "again");
        assert_eq!(slave.open(&two), refused, "sent back");
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (kind, content) in [
            (5, &b""[..]),
            (TAKEN, b"123"),
            (TAKEN, b"\0\0\0\x01"),
            (TEXT, b"\xff"),
        ] {
            let (mut slave, mut master) = two_ends();
            let message = slave.say(kind, content).unwrap();
            assert_eq!(master.open(&message), Err(Error::Malformed), "{kind}");
        }
        let (mut slave, mut master) = two_ends();
        let nothing = slave.sealed.seal(&[]).unwrap();
        assert_eq!(master.open(&nothing), Err(Error::Malformed));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_message_panics(kind: u8, content in prop::collection::vec(any::<u8>(), 0..64)) {
            let (mut slave, mut master) = two_ends();
            let message = slave.say(kind, &content).unwrap();
            let _ = master.open(&message); // whatever it is
            prop_assert!(slave.open(&content).is_err());
        }
    }
}
