//! What masters and slaves say through the room, in JSON. Knows the forms, not their order: that is
//! the machines' part. `data` is a description or a candidate, and stays text here.

use crate::limits::{NAME_CHARS, PEER_ID_BYTES, PROTOCOLS, SIGNAL_BYTES};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use trust::invitation::InvitationId;
use trust::signs::{Commitment, Nonce};

/// One signalling message. Unknown fields are ignored, and so is a message of an unknown action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum Message {
    /// Master → room: it is here now. Who looks for a master asks it.
    Announce {
        /// The master.
        from: PeerId,
        /// Its name, for people.
        name: Name,
    },
    /// Slave → room: who is a master? Asked again with the same `id` while nobody answers.
    Request {
        /// The slave.
        from: PeerId,
        /// This attempt to connect.
        id: AttemptId,
        /// Protocols it speaks over the data channel, best first; none means the order of 2016.
        #[serde(default, deserialize_with = "some_protocols")]
        protocols: Vec<String>,
        /// The one master that is meant; without it all answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<PeerId>,
        /// The invitation that the slave holds: then it wants a handshake on the channel.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitation: Option<InvitationId>,
        /// In the lobby: what the slave commits itself to, so that two people can compare signs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commitment: Option<Commitment>,
    },
    /// Master → slave: a description. Without `to` it is a slave's, in the order of 2016; our own
    /// slave adds `id` and `protocols` to that, by which our master takes it for a request.
    Offer {
        /// Who offers.
        from: PeerId,
        /// The slave that asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<PeerId>,
        /// The attempt it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<AttemptId>,
        /// The master's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Name>,
        /// The slave's protocols, as in a request.
        #[serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            deserialize_with = "some_protocols"
        )]
        protocols: Vec<String>,
        /// For one in the lobby: the master's part of the signs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<Nonce>,
        /// The description.
        data: String,
    },
    /// Slave → master: its description; in the order of 2016 master → slave, without `from` and `id`.
    Answer {
        /// Who answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<PeerId>,
        /// Who offered.
        to: PeerId,
        /// The attempt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<AttemptId>,
        /// From one in the lobby: its part of the signs, to which it has committed itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<Nonce>,
        /// The description.
        data: String,
    },
    /// Both ways: one candidate of the sender.
    Candidate {
        /// Whose candidate it is.
        from: PeerId,
        /// The other side.
        to: PeerId,
        /// The attempt.
        id: AttemptId,
        /// The candidate; empty after the last one.
        data: String,
    },
    /// Both ways: the handshake of a session through the broadcaster, where no path was found. What
    /// follows it goes from member to member as bytes that only the two can read.
    Relay {
        /// Who says it.
        from: PeerId,
        /// The other side.
        to: PeerId,
        /// The attempt.
        id: AttemptId,
        /// The slave's protocols, as in a request; the one that the master takes.
        #[serde(default, deserialize_with = "some_protocols")]
        protocols: Vec<String>,
        /// The message of the handshake, in base64url.
        #[serde(with = "bytes")]
        data: Vec<u8>,
    },
    /// Master → slave: not now.
    Refuse {
        /// The master.
        from: PeerId,
        /// The slave.
        to: PeerId,
        /// The attempt that is refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<AttemptId>,
        /// Why.
        reason: Reason,
    },
}

impl Message {
    /// Reads a message from a room.
    ///
    /// # Errors
    /// The text is no signalling message: chat of others, or a newer action. Drop it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > SIGNAL_BYTES {
            return Err(Error::TooLong(text.len()));
        }
        serde_json::from_str(text).map_err(|error| Error::Malformed(error.to_string()))
    }

    /// The message as it goes through the room.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialise")
    }
}

/// A text that is no signalling message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too long to be read.
    #[error("message of {0} bytes is over the limit of {SIGNAL_BYTES}")]
    TooLong(usize),
    /// Not of the expected form.
    #[error("not a signalling message: {0}")]
    Malformed(String),
}

/// Why a master does not take a slave now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It has as many connections as its browser allows.
    Full,
    /// Too many slaves wait in its line.
    Busy,
    /// It does not know this attempt any more. A new one is welcome.
    Gone,
    /// It does not know the slave's invitation, or wants one where there is none.
    Invitation,
    /// Something a newer master says.
    #[serde(other)]
    Other,
}

/// The id of a master or slave: 1 to [`PEER_ID_BYTES`] bytes without control characters, chosen by
/// itself at random. A master keeps its id over restarts, so that its slaves find it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PeerId(String);

impl PeerId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PeerId {
    type Error = PeerIdError;

    fn try_from(text: String) -> Result<Self, PeerIdError> {
        let fits = (1..=PEER_ID_BYTES).contains(&text.len());
        if fits && !text.contains(char::is_control) {
            Ok(Self(text))
        } else {
            Err(PeerIdError)
        }
    }
}

impl TryFrom<&str> for PeerId {
    type Error = PeerIdError;

    fn try_from(text: &str) -> Result<Self, PeerIdError> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to {PEER_ID_BYTES} bytes and no control characters")]
pub struct PeerIdError;

/// A master's name for people: cut at [`NAME_CHARS`] characters, without control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Name(String);

impl Name {
    /// The name as text; empty for a master without one.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(
            text.chars()
                .filter(|c| !c.is_control())
                .take(NAME_CHARS)
                .collect(),
        )
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One attempt of a slave to connect. Our slave counts; others may use any text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttemptId {
    /// A number that grows with each attempt of a slave.
    Number(u64),
    /// A text without an order.
    Text(PeerId),
}

impl AttemptId {
    /// Whether this attempt is known to have begun before the other: only numbers tell.
    pub fn is_before(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(this), Self::Number(other)) => this < other,
            (Self::Number(_) | Self::Text(_), Self::Text(_)) | (Self::Text(_), Self::Number(_)) => {
                false
            }
        }
    }
}

/// The first protocols of a list, those that are no longer than an id.
fn some_protocols<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<String>, D::Error> {
    let mut protocols = Vec::<String>::deserialize(from)?;
    protocols.retain(|protocol| protocol.len() <= PEER_ID_BYTES);
    protocols.truncate(PROTOCOLS);
    Ok(protocols)
}

/// Bytes as base64url without padding.
mod bytes {
    use data_encoding::BASE64URL_NOPAD;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64URL_NOPAD.encode(bytes))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        bytes.map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(text: &str) -> PeerId {
        text.try_into().expect("an id")
    }

    #[test]
    fn the_forms_of_the_design_are_read_and_written() {
        let table = [
            (
                r#"{"action":"announce","from":"M","name":"Kitchen"}"#,
                Message::Announce {
                    from: id("M"),
                    name: "Kitchen".into(),
                },
            ),
            (
                r#"{"action":"request","from":"S","id":7,"protocols":["jio.2"]}"#,
                Message::Request {
                    from: id("S"),
                    id: AttemptId::Number(7),
                    protocols: vec!["jio.2".into()],
                    to: None,
                    invitation: None,
                    commitment: None,
                },
            ),
            (
                r#"{"action":"request","from":"S","id":7,"protocols":["jio.2"],"commitment":"LW20nO0809m_YwOPo-qVICde8d7vYyyJj0Dm4Q_dT5Q"}"#,
                Message::Request {
                    from: id("S"),
                    id: AttemptId::Number(7),
                    protocols: vec!["jio.2".into()],
                    to: None,
                    invitation: None,
                    commitment: "LW20nO0809m_YwOPo-qVICde8d7vYyyJj0Dm4Q_dT5Q".parse().ok(),
                },
            ),
            (
                r#"{"action":"answer","from":"S","to":"M","id":7,"nonce":"BAQEBAQEBAQEBAQEBAQEBA","data":"{}"}"#,
                Message::Answer {
                    from: Some(id("S")),
                    to: id("M"),
                    id: Some(AttemptId::Number(7)),
                    nonce: "BAQEBAQEBAQEBAQEBAQEBA".parse().ok(),
                    data: "{}".into(),
                },
            ),
            (
                r#"{"action":"request","from":"S","id":7,"protocols":["jio.2"],"invitation":"xk2u8Yx4nQg"}"#,
                Message::Request {
                    from: id("S"),
                    id: AttemptId::Number(7),
                    protocols: vec!["jio.2".into()],
                    to: None,
                    invitation: "xk2u8Yx4nQg".parse().ok(),
                    commitment: None,
                },
            ),
            (
                r#"{"action":"candidate","from":"M","to":"S","id":"r1","data":""}"#,
                Message::Candidate {
                    from: id("M"),
                    to: id("S"),
                    id: AttemptId::Text(id("r1")),
                    data: String::new(),
                },
            ),
            (
                r#"{"action":"relay","from":"S","to":"M","id":8,"protocols":["jio.2"],"data":"-_8"}"#,
                Message::Relay {
                    from: id("S"),
                    to: id("M"),
                    id: AttemptId::Number(8),
                    protocols: vec!["jio.2".into()],
                    data: vec![0xfb, 0xff],
                },
            ),
            (
                r#"{"action":"refuse","from":"M","to":"S","id":7,"reason":"full"}"#,
                Message::Refuse {
                    from: id("M"),
                    to: id("S"),
                    id: Some(AttemptId::Number(7)),
                    reason: Reason::Full,
                },
            ),
        ];
        for (text, message) in table {
            assert_eq!(Message::parse(text), Ok(message.clone()));
            assert_eq!(message.to_text(), text);
        }
    }

    #[test]
    fn the_forms_of_2016_are_read() {
        let offer = r#"{"from":"S","action":"offer","data":"{}"}"#;
        let Ok(Message::Offer {
            to: None,
            id: None,
            name: None,
            protocols,
            ..
        }) = Message::parse(offer)
        else {
            panic!("not read: {offer}");
        };
        assert!(protocols.is_empty());
        let answer = r#"{"to":"S","action":"answer","data":"{}"}"#;
        let read = Message::Answer {
            from: None,
            to: id("S"),
            id: None,
            nonce: None,
            data: "{}".into(),
        };
        assert_eq!(Message::parse(answer), Ok(read));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let long_id = "x".repeat(PEER_ID_BYTES + 1);
        let table = [
            "hello".to_owned(),
            "null".to_owned(),
            r#"{"action":"dance","from":"S"}"#.to_owned(),
            r#"{"action":"request","from":"","id":1}"#.to_owned(),
            r#"{"action":"request","from":"S","id":-1}"#.to_owned(),
            r#"{"action":"request","from":"S","id":1e400}"#.to_owned(),
            r#"{"action":"request","from":"S\u0000","id":1}"#.to_owned(),
            format!(r#"{{"action":"request","from":"{long_id}","id":1}}"#),
            r#"{"action":"answer","to":"S","data":{"type":"answer"}}"#.to_owned(),
            r#"{"action":"relay","from":"S","to":"M","id":1,"data":"-_8="}"#.to_owned(),
            "[".repeat(100_000),
        ];
        for text in table {
            assert!(
                matches!(Message::parse(&text), Err(Error::Malformed(_))),
                "{text:.40}"
            );
        }
    }

    #[test]
    fn a_message_is_read_up_to_its_limit() {
        let with = |bytes: usize| {
            let shell = r#"{"to":"S","action":"answer","data":""}"#;
            shell.replace(
                r#""""#,
                &format!(r#""{}""#, "x".repeat(bytes - shell.len())),
            )
        };
        assert!(Message::parse(&with(SIGNAL_BYTES)).is_ok());
        let error = Error::TooLong(SIGNAL_BYTES + 1);
        assert_eq!(Message::parse(&with(SIGNAL_BYTES + 1)), Err(error));
    }

    #[test]
    fn names_are_cut_and_ids_are_bounded() {
        assert_eq!(Name::from("a\u{7}\nb").as_str(), "ab");
        assert_eq!(
            Name::from("é".repeat(NAME_CHARS + 1)).as_str(),
            "é".repeat(NAME_CHARS)
        );
        assert!(PeerId::try_from("x".repeat(PEER_ID_BYTES)).is_ok());
        assert_eq!(
            PeerId::try_from("x".repeat(PEER_ID_BYTES + 1)),
            Err(PeerIdError)
        );
    }

    #[test]
    fn long_lists_of_protocols_are_cut() {
        let list = serde_json::to_string(&vec!["p"; PROTOCOLS + 1]).expect("strings");
        let text = format!(r#"{{"action":"request","from":"S","id":1,"protocols":{list}}}"#);
        let Ok(Message::Request { protocols, .. }) = Message::parse(&text) else {
            panic!("not read");
        };
        assert_eq!(protocols.len(), PROTOCOLS);
    }

    #[test]
    fn only_numbers_have_an_order() {
        let text = |t: &str| AttemptId::Text(id(t));
        assert!(AttemptId::Number(1).is_before(&AttemptId::Number(2)));
        assert!(!AttemptId::Number(2).is_before(&AttemptId::Number(2)));
        assert!(!text("1").is_before(&text("2")));
        assert!(!AttemptId::Number(1).is_before(&text("2")));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            assert!(Message::parse(&text).is_err());
        }

        #[test]
        fn a_message_survives_its_text(from in "[ -~]{1,64}", data: String, number: u64) {
            let message = Message::Candidate {
                from: id(&from),
                to: id("S"),
                id: AttemptId::Number(number),
                data,
            };
            prop_assert_eq!(Message::parse(&message.to_text()), Ok(message));
        }
    }
}
