//! What one side of the link receives: items of a batch, parts joined, and the bytes to be granted.

use super::duplex::Message;
use super::part::{self, Joiner, Part};
use crate::limits::{LINK_MESSAGE_BYTES, LINK_WINDOW_BYTES};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The receiving half of a link.
#[derive(Debug)]
pub(super) struct Inbox {
    joiner: Joiner,
    /// Bytes the other side may still send; the window without what it sent and was not granted again.
    room: usize,
}

/// What one carrier message held.
pub(super) struct Received<In> {
    /// Messages for the owner, in order.
    pub(super) messages: Vec<In>,
    /// Bytes the other side granted us.
    pub(super) credit: usize,
    /// What to answer as one `error`, if anything.
    pub(super) fault: Option<String>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            joiner: Joiner::default(),
            room: LINK_WINDOW_BYTES,
        }
    }

    /// Reads one carrier message: an array of items, or one item. A broken item spoils no other.
    pub(super) fn handle_text<In: Message>(&mut self, text: &str) -> Received<In> {
        let mut reading = Reading::new();
        match items(text) {
            Ok(items) => {
                for item in items {
                    self.handle_item(item.get(), &mut reading);
                }
            }
            Err(fault) => {
                reading.is_charged = true;
                reading.faults.add(fault);
            }
        }
        if reading.is_charged {
            self.charge(text.len(), &mut reading.faults);
        }
        Received {
            messages: reading.messages,
            credit: reading.credit,
            fault: reading.faults.into_detail(),
        }
    }

    /// The bytes to grant, once there are enough of them to be worth a message: everything given to the
    /// owner is handled.
    pub(super) fn grant(&mut self) -> Option<usize> {
        let owed = LINK_WINDOW_BYTES - self.room;
        if owed < LINK_WINDOW_BYTES / 4 {
            return None;
        }
        self.room = LINK_WINDOW_BYTES;
        Some(owed)
    }

    fn handle_item<In: Message>(&mut self, item: &str, reading: &mut Reading<In>) {
        let kind = match serde_json::from_str::<Head<'_>>(item) {
            Ok(head) => head.kind,
            Err(error) => {
                reading.is_charged = true;
                return reading.faults.add(Fault::NoKind(error));
            }
        };
        reading.is_charged |= !is_free(&kind);
        match &*kind {
            "credit" => match serde_json::from_str::<Credit>(item) {
                Ok(Credit { bytes }) => reading.credit = reading.credit.saturating_add(bytes),
                Err(error) => reading.faults.add(Fault::broken(&kind, error)),
            },
            "part" => match serde_json::from_str::<Part<'_>>(item) {
                Ok(part) => self.handle_part(&part, reading),
                Err(error) => reading.faults.add(Fault::broken(&kind, error)),
            },
            _ => reading.add_message(&kind, item),
        }
    }

    fn handle_part<In: Message>(&mut self, part: &Part<'_>, reading: &mut Reading<In>) {
        if let Err(error) = self.joiner.handle_start(part) {
            reading.faults.add(error.into());
        }
        match self.joiner.handle_part(part) {
            Ok(None) => {}
            Ok(Some(text)) => match serde_json::from_str::<Head<'_>>(&text) {
                Ok(head) => reading.add_message(&head.kind, &text),
                Err(error) => reading.faults.add(Fault::NoKind(error)),
            },
            Err(error) => reading.faults.add(error.into()),
        }
    }

    fn charge(&mut self, bytes: usize, faults: &mut Faults) {
        if bytes > self.room {
            faults.add(Fault::OverCredit {
                bytes,
                room: self.room,
            });
        }
        self.room = self.room.saturating_sub(bytes);
    }
}

/// The items of a carrier message, each checked to be JSON.
fn items(text: &str) -> Result<Vec<&RawValue>, Fault> {
    if text.len() > LINK_MESSAGE_BYTES {
        return Err(Fault::TooLong(text.len()));
    }
    if text.trim_ascii_start().starts_with('[') {
        return serde_json::from_str(text).map_err(Fault::NotJson);
    }
    serde_json::from_str(text)
        .map(|item| vec![item])
        .map_err(Fault::NotJson)
}

/// Whether messages of this kind travel without credit.
fn is_free(kind: &str) -> bool {
    matches!(kind, "credit" | "hello" | "error")
}

/// What of an item is read first.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// Bytes handled, given back to the sender.
#[derive(Deserialize)]
struct Credit {
    bytes: usize,
}

/// A carrier message being read.
struct Reading<In> {
    messages: Vec<In>,
    credit: usize,
    /// Whether anything in it needed credit; then all of it did.
    is_charged: bool,
    faults: Faults,
}

impl<In: Message> Reading<In> {
    fn new() -> Self {
        Self {
            messages: Vec::new(),
            credit: 0,
            is_charged: false,
            faults: Faults::default(),
        }
    }

    fn add_message(&mut self, kind: &str, text: &str) {
        match serde_json::from_str(text) {
            Ok(message) => self.messages.push(message),
            // An `error` is never answered with one: two sides could go on for ever.
            Err(_) if kind == "error" => {}
            Err(_) if !In::KINDS.contains(&kind) => self.faults.add(Fault::unknown(kind)),
            Err(error) => self.faults.add(Fault::broken(kind, error)),
        }
    }
}

/// What was wrong in a carrier message. The first is told in words, the others counted, so that an answer
/// is never larger than what it answers.
#[derive(Default)]
struct Faults {
    first: Option<Fault>,
    others: usize,
}

impl Faults {
    fn add(&mut self, fault: Fault) {
        match self.first {
            None => self.first = Some(fault),
            Some(_) => self.others += 1,
        }
    }

    fn into_detail(self) -> Option<String> {
        let mut detail = self.first?.to_string();
        if self.others > 0 {
            detail.push_str(&format!("; and {} more", self.others));
        }
        Some(detail)
    }
}

/// A rule of the link that the other side broke.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("a carrier message of {0} bytes is over the limit of {LINK_MESSAGE_BYTES}")]
    TooLong(usize),
    #[error("not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("an item without a kind: {}", shorten(&.0.to_string()))]
    NoKind(serde_json::Error),
    #[error("unknown kind `{kind}`")]
    Unknown { kind: String },
    #[error("broken `{kind}`: {}", shorten(&error.to_string()))]
    Broken {
        kind: String,
        error: serde_json::Error,
    },
    #[error(transparent)]
    Part(#[from] part::Error),
    #[error("a carrier message of {bytes} bytes where {room} were granted")]
    OverCredit { bytes: usize, room: usize },
}

impl Fault {
    fn unknown(kind: &str) -> Self {
        Self::Unknown {
            kind: shorten(kind).to_owned(),
        }
    }

    fn broken(kind: &str, error: serde_json::Error) -> Self {
        Self::Broken {
            kind: shorten(kind).to_owned(),
            error,
        }
    }
}

/// The start of words that the other side chose.
fn shorten(text: &str) -> &str {
    const BYTES: usize = 200;
    let mut end = text.len().min(BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
