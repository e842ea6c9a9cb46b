//! What one end has received of messages in parts and of attachments.

use super::frame::{Kind, Part};
use super::{Frame, JOINING, Protocol, WINDOW_BYTES};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a frame brought.
pub(super) enum Arrival {
    /// One message, and the bytes it came in.
    Message { message: Value, bytes: usize },
    /// Bytes of the attachment of a call.
    Part {
        call: u32,
        bytes: Vec<u8>,
        last: bool,
    },
    /// An attachment that is longer or shorter than announced, or came without credit.
    Spoiled { call: u32 },
    /// Something that breaks the protocol; the words are for the peer.
    Broken { status: u16, why: &'static str },
}

pub(super) struct Inbox {
    protocol: Protocol,
    max_message: usize,
    joining: BTreeMap<u32, Vec<u8>>,
    attachments: BTreeMap<u32, Incoming>,
}

struct Incoming {
    call: u32,
    left: u64,
    /// Bytes given out and not yet reported taken, and taken but not yet credited.
    held: u64,
    owed: u64,
}

impl Inbox {
    pub(super) fn new(protocol: Protocol, max_message: usize) -> Self {
        let (joining, attachments) = (BTreeMap::new(), BTreeMap::new());
        Self {
            protocol,
            max_message,
            joining,
            attachments,
        }
    }

    /// Expects the parts of an attachment. False where the stream is already in use.
    pub(super) fn expect(&mut self, stream: u32, call: u32, size: u64) -> bool {
        if self.attachments.contains_key(&stream) {
            return false;
        }
        self.attachments.insert(
            stream,
            Incoming {
                call,
                left: size,
                held: 0,
                owed: 0,
            },
        );
        true
    }

    /// Expects no more of a call's attachment; what is still under way is dropped.
    pub(super) fn abandon(&mut self, call: u32) {
        self.attachments.retain(|_, incoming| incoming.call != call);
    }

    /// `bytes` of a call's attachment were taken: the credit to send, if it is worth a message.
    pub(super) fn taken(&mut self, call: u32, bytes: u64) -> Option<(u32, u64)> {
        let (stream, incoming) = self.attachments.iter_mut().find(|(_, i)| i.call == call)?;
        incoming.held = incoming.held.saturating_sub(bytes);
        incoming.owed += bytes;
        let worth = incoming.owed >= WINDOW_BYTES / 4;
        worth.then(|| (*stream, std::mem::take(&mut incoming.owed)))
    }

    /// Reads one frame.
    pub(super) fn read(&mut self, frame: &Frame) -> Vec<Arrival> {
        match frame {
            Frame::Text(text) => self.messages(text.as_bytes()),
            Frame::Binary(_) if self.protocol == Protocol::V2016 => {
                broken(400, "this channel carries JSON texts only")
            }
            Frame::Binary(bytes) => match Part::read(bytes) {
                Some(part) if part.kind == Kind::Message => self.join(&part),
                Some(part) => self.attachment(&part).into_iter().collect(),
                None => broken(400, "a binary frame is no part"),
            },
        }
    }

    fn messages(&self, text: &[u8]) -> Vec<Arrival> {
        if text.len() > self.max_message {
            return broken(413, "the message is too long");
        }
        match serde_json::from_slice(text) {
            Ok(Value::Array(messages)) if self.protocol == Protocol::Jio2 => {
                let bytes = text.len() / messages.len().max(1);
                let arrival = |message| Arrival::Message { message, bytes };
                messages.into_iter().map(arrival).collect()
            }
            Ok(message) => vec![Arrival::Message {
                message,
                bytes: text.len(),
            }],
            Err(_) => broken(400, "the message is not JSON"),
        }
    }

    fn join(&mut self, part: &Part<'_>) -> Vec<Arrival> {
        if !self.joining.contains_key(&part.stream) && self.joining.len() == JOINING {
            return broken(429, "too many long messages at once");
        }
        let held: usize = self.joining.values().map(Vec::len).sum();
        if held + part.content.len() > self.max_message {
            self.joining.remove(&part.stream);
            return broken(413, "the message is too long");
        }
        self.joining
            .entry(part.stream)
            .or_default()
            .extend_from_slice(part.content);
        if !part.last {
            return Vec::new();
        }
        let whole = self.joining.remove(&part.stream).unwrap_or_default();
        self.messages(&whole)
    }

    /// A part of an attachment; parts of a stream nobody expects come late and are dropped.
    fn attachment(&mut self, part: &Part<'_>) -> Option<Arrival> {
        let incoming = self.attachments.get_mut(&part.stream)?;
        let (call, length) = (incoming.call, part.content.len() as u64);
        incoming.held += length;
        let short = part.last && length != incoming.left;
        if length > incoming.left || short || incoming.held > WINDOW_BYTES {
            self.attachments.remove(&part.stream);
            return Some(Arrival::Spoiled { call });
        }
        incoming.left -= length;
        if part.last {
            self.attachments.remove(&part.stream);
        }
        Some(Arrival::Part {
            call,
            bytes: part.content.to_vec(),
            last: part.last,
        })
    }
}

fn broken(status: u16, why: &'static str) -> Vec<Arrival> {
    vec![Arrival::Broken { status, why }]
}
