//! The envelope: what hub and enveloped members say to each other, as JSON texts of the subprotocol
//! `lan-broadcaster.1`. The specification is the section "Envelope" of `docs/protocol.md`. Decides
//! nothing about rooms or members.

use crate::hub::{Kind, MemberId, Mode};
use crate::payload::{Payload, base64, text};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use tungstenite::Utf8Bytes;

/// The subprotocol (RFC 6455 §1.9) whose text messages are envelopes.
pub const PROTOCOL: &str = "lan-broadcaster.1";

/// Hub → member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ToMember {
    /// Prove that you hold an invitation; answered by [`ToHub::Join`] or [`ToHub::Knock`]. Never sent in
    /// open mode.
    Challenge {
        /// What the proof is made over, in base64url.
        nonce: String,
    },
    /// First of all, once the member is in its room: who and where it is.
    Welcome {
        /// The member's own id.
        id: MemberId,
        /// The member's own address as others on the network can use it.
        address: IpAddr,
        /// The room.
        room: String,
        /// Who may join this hub.
        mode: Mode,
        /// The other members of the room, oldest first.
        members: Vec<Member>,
    },
    /// Another member came into the room.
    Joined {
        /// That member.
        member: Member,
    },
    /// Another member left the room.
    Left {
        /// That member.
        member: Member,
    },
    /// Another member sent a message, to all or to this member.
    Message {
        /// Who sent it; set by the hub.
        from: MemberId,
        /// The content: `data` or `binary`.
        #[serde(flatten, with = "Content")]
        payload: Payload,
    },
    /// What the member sent was not carried out; its connection goes on.
    Error {
        /// The reason, for programs.
        code: Code,
        /// The reason and what to do, for people.
        detail: String,
    },
}

/// Member → hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ToHub {
    /// Answers [`ToMember::Challenge`].
    Join {
        /// The invitation's id, in base64url.
        invitation: String,
        /// The proof, in base64url.
        proof: String,
    },
    /// Answers [`ToMember::Challenge`] without an invitation: let me wait in the lobby.
    Knock,
    /// Send a message to every other member of the room, or to one.
    Send {
        /// The one member of the room who gets it.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<MemberId>,
        /// The content: `data` or `binary`.
        #[serde(flatten, with = "Content")]
        payload: Payload,
    },
}

/// A member as others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Its address as others on the network can use it.
    pub address: IpAddr,
    /// How it takes part.
    pub kind: Kind,
}

/// Why an envelope was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The text is not one JSON object.
    NotJson,
    /// `kind` is missing, or none that a member may send.
    UnknownKind,
    /// A field is missing, of the wrong type, twice there, or contradicts another.
    Malformed,
    /// The message was a binary one.
    BinaryFrame,
    /// No receiver could take the message, however quick.
    TooLong,
    /// The member named by `to` is not in this room.
    NoSuchMember,
    /// The kind is known and makes no sense now.
    Unexpected,
}

/// Why a text is no envelope for the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not JSON, or not an object.
    #[error("the message is not one JSON object")]
    NotJson,
    /// `kind` is absent or not known.
    #[error("`kind` must be \"send\", \"join\" or \"knock\"")]
    UnknownKind,
    /// A known field has the wrong type, or is there twice.
    #[error("a field is there twice or has the wrong type")]
    WrongType,
    /// Neither or both of `data` and `binary` are there.
    #[error("`send` needs exactly one of `data` and `binary`, each a string")]
    NotOneContent,
    /// `binary` is not standard base64 with padding.
    #[error("`binary` is not standard base64 with padding")]
    NotBase64,
    /// `invitation` or `proof` is absent.
    #[error("`join` needs `invitation` and `proof`, each a string")]
    NoProof,
}

impl ToMember {
    /// The text of this envelope.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and addresses always serialise")
    }
}

impl ToHub {
    /// Reads a text that a member sent. Fields nobody knows are skipped without recursion, however
    /// deep they nest.
    ///
    /// # Errors
    ///
    /// When the text breaks a rule of the envelope: the member is told, and nothing else happens.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        if !text.trim_start().starts_with('{') {
            return Err(Error::NotJson);
        }
        let fields: Fields = serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                Error::WrongType
            } else {
                Error::NotJson
            }
        })?;
        match fields.kind.as_deref() {
            Some("send") => fields.into_send(),
            Some("join") => fields.into_join(),
            Some("knock") => Ok(Self::Knock),
            Some(_) | None => Err(Error::UnknownKind),
        }
    }

    /// The text of this envelope.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialise")
    }
}

impl Error {
    /// The code that tells a program.
    pub fn code(self) -> Code {
        match self {
            Self::NotJson => Code::NotJson,
            Self::UnknownKind => Code::UnknownKind,
            Self::WrongType | Self::NotOneContent | Self::NotBase64 | Self::NoProof => {
                Code::Malformed
            }
        }
    }
}

/// A payload's form in an envelope: `"data": "…"` or `"binary": "…"`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Payload", rename_all = "lowercase")]
enum Content {
    #[serde(rename = "data")]
    Text(#[serde(with = "text")] Utf8Bytes),
    Binary(#[serde(with = "base64")] Bytes),
}

/// Every field a member may send, so that each broken rule can be named; `null` is absent.
#[derive(Deserialize)]
struct Fields {
    kind: Option<String>,
    to: Option<MemberId>,
    data: Option<String>,
    binary: Option<String>,
    invitation: Option<String>,
    proof: Option<String>,
}

impl Fields {
    fn into_send(self) -> Result<ToHub, Error> {
        let payload = match (self.data, self.binary) {
            (Some(data), None) => Payload::Text(data.into()),
            (None, Some(binary)) => Payload::Binary(
                data_encoding::BASE64
                    .decode(binary.as_bytes())
                    .map_err(|_| Error::NotBase64)?
                    .into(),
            ),
            (Some(_), Some(_)) | (None, None) => return Err(Error::NotOneContent),
        };
        Ok(ToHub::Send {
            to: self.to,
            payload,
        })
    }

    fn into_join(self) -> Result<ToHub, Error> {
        match (self.invitation, self.proof) {
            (Some(invitation), Some(proof)) => Ok(ToHub::Join { invitation, proof }),
            (Some(_) | None, Some(_) | None) => Err(Error::NoProof),
        }
    }
}
