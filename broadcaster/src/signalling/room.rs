//! A machine's place in a room: outside, being let in, or inside, where texts are verbatim or in
//! envelopes. Reads and writes the envelope; knows nothing of what is in it.

use crate::envelope::{Member, PROTOCOL, ToHub, ToMember};
use crate::hub::{Kind, MemberId, Mode};
use crate::limits::{ENVELOPE_BYTES, KNOWN_MEMBERS};
use crate::payload::Payload;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::IpAddr;
use trust::invitation::InvitationId;
use trust::proof::{Nonce, Proof};

/// What the texts of a WebSocket are, by the subprotocol it has agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// No subprotocol: each text is what a member sent, unchanged. All that a broadcaster of 2016
    /// knows; members and addresses stay unknown.
    Plain,
    /// Each text is an envelope.
    Enveloped,
}

impl Framing {
    /// The framing that `WebSocket.protocol` stands for.
    pub fn of_protocol(protocol: &str) -> Self {
        if protocol == PROTOCOL {
            Self::Enveloped
        } else {
            Self::Plain
        }
    }
}

/// ```text
///            enter               handle_opened(Plain)
/// Outside ──────────▶ Entering ───────────────────────▶ Plain
///    ▲                   │ │ handle_opened(Enveloped), then `welcome`
///    │ leave, closed     │ ├──────────────────────────▶ Welcomed
///    │                   │ │`challenge`                    ▲ `welcome`
///    │                   │ └──▶ Challenged ────────────────┘
///    └───────────────────┴────────────────────────────────
/// ```
#[derive(Debug)]
pub(super) enum Room {
    /// There is no WebSocket.
    Outside,
    /// A WebSocket is being opened, or is open and has not heard `welcome`.
    Entering,
    /// The hub wants a proof of an invitation; asked once.
    Challenged,
    /// Inside, without envelopes.
    Plain,
    /// Inside, and known to the hub.
    Welcomed {
        /// Our own address as others can use it.
        own: IpAddr,
        /// Who may join.
        mode: Mode,
        /// The other members.
        members: BTreeMap<MemberId, Present>,
    },
}

/// What is known of another member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    /// Its address as others can use it.
    pub(super) address: IpAddr,
    /// How it takes part.
    pub(super) kind: Kind,
}

/// What a text was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// We are inside now.
    Entered,
    /// A member said something.
    Said {
        /// Who, where the room tells.
        member: Option<MemberId>,
        /// What.
        text: String,
    },
    /// A member sent bytes: of those, a relay is made.
    Sealed {
        /// Who.
        member: MemberId,
        /// What.
        message: Bytes,
    },
    /// A member left.
    Left(MemberId),
    /// The hub wants a proof over this. To be answered with [`Room::join`] or [`Room::knock`].
    Challenged(Nonce),
    /// Nothing of interest.
    Nothing,
}

impl Room {
    pub(super) fn handle_opened(&mut self, framing: Framing) -> Heard {
        match (&self, framing) {
            (Self::Entering, Framing::Plain) => {
                *self = Self::Plain;
                Heard::Entered
            }
            (Self::Entering, Framing::Enveloped)
            | (Self::Outside | Self::Challenged | Self::Plain | Self::Welcomed { .. }, _) => {
                Heard::Nothing
            }
        }
    }

    pub(super) fn handle_text(&mut self, text: &str) -> Heard {
        match self {
            Self::Outside => Heard::Nothing,
            Self::Plain => Heard::Said {
                member: None,
                text: text.to_owned(),
            },
            Self::Entering | Self::Challenged | Self::Welcomed { .. }
                if text.len() > ENVELOPE_BYTES =>
            {
                Heard::Nothing
            }
            Self::Entering | Self::Challenged | Self::Welcomed { .. } => {
                match serde_json::from_str(text) {
                    Ok(envelope) => self.on_envelope(envelope),
                    Err(_) => Heard::Nothing,
                }
            }
        }
    }

    fn on_envelope(&mut self, envelope: ToMember) -> Heard {
        match envelope {
            ToMember::Welcome {
                address,
                mode,
                members,
                ..
            } => {
                let members = members
                    .into_iter()
                    .take(KNOWN_MEMBERS)
                    .map(present)
                    .collect();
                *self = Self::Welcomed {
                    own: address,
                    mode,
                    members,
                };
                Heard::Entered
            }
            ToMember::Joined { member } => {
                self.on_joined(member);
                Heard::Nothing
            }
            ToMember::Left { member } => {
                self.on_left(member.id);
                Heard::Left(member.id)
            }
            ToMember::Message {
                from,
                payload: Payload::Text(text),
            } => Heard::Said {
                member: Some(from),
                text: text.as_str().to_owned(),
            },
            ToMember::Message {
                from: member,
                payload: Payload::Binary(message),
            } => Heard::Sealed { member, message },
            ToMember::Error { .. } => Heard::Nothing,
            ToMember::Challenge { nonce } => self.on_challenge(&nonce),
        }
    }

    /// One proof is enough for each way in, whatever a hub asks for.
    fn on_challenge(&mut self, nonce: &str) -> Heard {
        match (&self, nonce.parse()) {
            (Self::Entering, Ok(nonce)) => {
                *self = Self::Challenged;
                Heard::Challenged(nonce)
            }
            (Self::Entering, Err(_))
            | (Self::Outside | Self::Challenged | Self::Plain | Self::Welcomed { .. }, _) => {
                Heard::Nothing
            }
        }
    }

    /// The WebSocket text that answers a challenge.
    pub(super) fn join(invitation: InvitationId, proof: Proof) -> String {
        let (invitation, proof) = (invitation.to_string(), proof.to_string());
        ToHub::Join { invitation, proof }.to_text()
    }

    /// The WebSocket text that answers a challenge without an invitation: let me wait in the lobby.
    pub(super) fn knock() -> String {
        ToHub::Knock.to_text()
    }

    fn on_joined(&mut self, member: Member) {
        match self {
            Self::Welcomed { members, .. } if members.len() < KNOWN_MEMBERS => {
                members.extend([present(member)]);
            }
            Self::Welcomed { .. }
            | Self::Outside
            | Self::Entering
            | Self::Challenged
            | Self::Plain => {}
        }
    }

    fn on_left(&mut self, member: MemberId) {
        if let Self::Welcomed { members, .. } = self {
            members.remove(&member);
        }
    }

    /// Whether texts can be sent.
    pub(super) fn is_inside(&self) -> bool {
        match self {
            Self::Plain | Self::Welcomed { .. } => true,
            Self::Outside | Self::Entering | Self::Challenged => false,
        }
    }

    /// Whether the order of 2016 may be spoken: nobody has to show an invitation here.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Plain => true,
            Self::Welcomed { mode, .. } => *mode == Mode::Open,
            Self::Outside | Self::Entering | Self::Challenged => false,
        }
    }

    /// Our own address as others can use it, where the room tells.
    pub(super) fn own(&self) -> Option<IpAddr> {
        match self {
            Self::Welcomed { own, .. } => Some(*own),
            Self::Outside | Self::Entering | Self::Challenged | Self::Plain => None,
        }
    }

    /// A member's address, where the room tells.
    pub(super) fn address(&self, member: Option<MemberId>) -> Option<IpAddr> {
        self.members()?.get(&member?).map(|present| present.address)
    }

    /// The other members, where the room tells.
    pub(super) fn members(&self) -> Option<&BTreeMap<MemberId, Present>> {
        match self {
            Self::Welcomed { members, .. } => Some(members),
            Self::Outside | Self::Entering | Self::Challenged | Self::Plain => None,
        }
    }

    /// The WebSocket text that says `text` to one member or to all. Without envelopes all hear it.
    pub(super) fn address_to(&self, to: Option<MemberId>, text: String) -> String {
        match self {
            Self::Welcomed { .. } => ToHub::Send {
                to,
                payload: Payload::Text(text.into()),
            }
            .to_text(),
            Self::Outside | Self::Entering | Self::Challenged | Self::Plain => text,
        }
    }

    /// The WebSocket text that brings bytes to one member.
    pub(super) fn seal_to(to: MemberId, message: Vec<u8>) -> String {
        let (to, payload) = (Some(to), message.into());
        ToHub::Send { to, payload }.to_text()
    }
}

fn present(member: Member) -> (MemberId, Present) {
    (
        member.id,
        Present {
            address: member.address,
            kind: member.kind,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WELCOME: &str = r#"{"kind":"welcome","id":3,"address":"192.168.1.5","room":"/","mode":"open",
        "members":[{"id":1,"address":"192.168.1.2","kind":"local"}]}"#;

    fn welcomed() -> Room {
        let mut room = Room::Entering;
        assert_eq!(room.handle_opened(Framing::Enveloped), Heard::Nothing);
        assert!(!room.is_inside());
        assert_eq!(room.handle_text(WELCOME), Heard::Entered);
        room
    }

    #[test]
    fn a_plain_room_is_verbatim() {
        let mut room = Room::Entering;
        assert_eq!(room.handle_opened(Framing::Plain), Heard::Entered);
        let said = Heard::Said {
            member: None,
            text: WELCOME.into(),
        };
        assert_eq!(room.handle_text(WELCOME), said);
        assert_eq!(room.address_to(Some(MemberId(1)), "hi".into()), "hi");
        assert!(room.is_open());
    }

    #[test]
    fn a_text_is_read_up_to_its_bound_and_one_byte_longer_is_not() {
        let long = |bytes: usize| {
            let around = r#"{"kind":"message","from":1,"data":""}"#.len();
            let data = "x".repeat(bytes - around);
            format!(r#"{{"kind":"message","from":1,"data":"{data}"}}"#)
        };
        let mut room = welcomed();
        let at_the_bound = room.handle_text(&long(ENVELOPE_BYTES));
        assert!(matches!(at_the_bound, Heard::Said { .. }));
        assert_eq!(room.handle_text(&long(ENVELOPE_BYTES + 1)), Heard::Nothing);
    }

    #[test]
    fn an_enveloped_room_tells_who_is_there() {
        let mut room = welcomed();
        assert_eq!(room.own(), Some("192.168.1.5".parse().unwrap()));
        assert_eq!(
            room.address(Some(MemberId(1))),
            Some("192.168.1.2".parse().unwrap())
        );
        let joined =
            r#"{"kind":"joined","member":{"id":4,"address":"fd00::4","kind":"enveloped"}}"#;
        assert_eq!(room.handle_text(joined), Heard::Nothing);
        assert_eq!(room.members().unwrap().len(), 2);
        let left = joined.replace("joined", "left");
        assert_eq!(room.handle_text(&left), Heard::Left(MemberId(4)));
        assert_eq!(room.members().unwrap().len(), 1);
        let said = Heard::Said {
            member: Some(MemberId(1)),
            text: "hi".into(),
        };
        assert_eq!(
            room.handle_text(r#"{"kind":"message","from":1,"data":"hi"}"#),
            said
        );
        let sealed = Heard::Sealed {
            member: MemberId(1),
            message: Bytes::from_static(b"hi"),
        };
        let bytes = r#"{"kind":"message","from":1,"binary":"aGk="}"#;
        assert_eq!(room.handle_text(bytes), sealed);
        let sent = r#"{"kind":"send","to":1,"binary":"aGk="}"#;
        assert_eq!(Room::seal_to(MemberId(1), b"hi".to_vec()), sent);
        let sent = r#"{"kind":"send","to":1,"data":"hi"}"#;
        assert_eq!(room.address_to(Some(MemberId(1)), "hi".into()), sent);
    }

    #[test]
    fn an_invited_room_is_not_open() {
        let mut room = Room::Entering;
        room.handle_text(&WELCOME.replace("open", "invited"));
        assert!(room.is_inside() && !room.is_open());
    }

    #[test]
    fn a_challenge_is_heard_once_and_before_the_welcome_only() {
        let challenge = r#"{"kind":"challenge","nonce":"9dKuf0x2Tn6-7V5aP0Yk1w"}"#;
        let mut room = Room::Entering;
        assert_eq!(
            room.handle_text(&challenge.replace("9d", "")),
            Heard::Nothing
        );
        let nonce = "9dKuf0x2Tn6-7V5aP0Yk1w".parse().unwrap();
        assert_eq!(room.handle_text(challenge), Heard::Challenged(nonce));
        assert!(!room.is_inside() && !room.is_open());
        assert_eq!(room.handle_text(challenge), Heard::Nothing);
        assert_eq!(room.handle_text(WELCOME), Heard::Entered);
        assert_eq!(room.handle_text(challenge), Heard::Nothing);
    }

    #[test]
    fn nothing_is_heard_outside() {
        let mut room = Room::Outside;
        assert_eq!(room.handle_opened(Framing::Plain), Heard::Nothing);
        assert_eq!(room.handle_text(WELCOME), Heard::Nothing);
        assert!(!room.is_inside());
    }

    #[test]
    fn known_members_are_bounded() {
        let mut room = welcomed();
        for id in 10..10 + KNOWN_MEMBERS as u32 {
            room.on_joined(Member {
                id: MemberId(id),
                address: "10.0.0.1".parse().unwrap(),
                kind: Kind::Plain,
            });
        }
        assert_eq!(room.members().unwrap().len(), KNOWN_MEMBERS);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            prop_assert_eq!(welcomed().handle_text(&text), Heard::Nothing);
        }
    }
}
