//! The RPC over one ordered message channel, without IO: a [`Caller`] on the slave's side and a
//! [`Server`] on the master's.
//!
//! The driver tells either end what happened (`handle_*`) and polls it until `Wait`. Two protocols:
//!
//! - **2016** ([`Protocol::V2016`]): one JSON text a frame, no attachments, nothing over
//!   [`FRAME_BYTES`].
//! - **`jio.2`** ([`Protocol::Jio2`]): the same JSON, but what is waiting travels as one array; a
//!   message over [`PART_BYTES`] and the bytes of attachments travel as parts in binary frames, in
//!   turn with everything else, so that a short message overtakes a long one. Each attachment moves
//!   under credit ([`WINDOW_BYTES`]), so that neither end ever holds more of it than that, and a caller
//!   brings [`ATTACHMENTS`] at once.
//!
//! ```text
//! text frame    message | "[" message *( "," message ) "]"
//! binary frame  kind (1 byte: 1 part of a message, 2 part of an attachment)
//!               stream (4 bytes, big-endian) flags (1 byte: 1 = last part) content
//! message       {"type":"hello"}                                             server → caller
//!               {"id","type":"jio_query","method_name","argument_list"}       caller → server
//!               {"id","type":"cancel"}                                        caller → server
//!               {"id","type":"jio_response","result"}                         server → caller
//!               {"id","type":"error","result":{"status_code","message"}}      server → caller
//!               {"id","type":"changes","result"}                              server → caller
//!               {"type":"credit","stream","bytes"}                            both
//! attachment    {"stream","content_type","size"}, as third argument of putAttachment or as the
//!               result of getAttachment; its parts follow
//! ```
//!
//! `subscribe` takes the options of `allDocs` and is answered like it; the call then goes on until it is
//! cancelled or an error ends it. Each `changes` has as its result either such an answer again, to take the place of
//! all that was told, or
//!
//! ```text
//! changes       {"rows":[{"id","value","doc"?,"at"?}],"removed":[id]}
//! ```
//!
//! To apply that: take out the rows that are removed and those that are told again, then put in the ones that
//! are told, in their order, each at the place `at`; without it, where the order of ids has it. A row that is removed
//! need not be known. A server that has never heard of `subscribe` refuses it with 501.
//!
//! In `jio.2` the server, which made the channel, speaks first: `hello`, and the caller sends nothing before it has
//! heard that. Chromium 156 now and then loses what is sent to the maker of a channel (4 of 600 times
//! on a busy machine) before anything came from there; the other way round it loses nothing.

mod attachment;
mod caller;
mod frame;
mod inbox;
mod outbox;
mod server;

pub use attachment::Attachment;
pub use caller::{Caller, CallerOutput};
pub use frame::Frame;
pub use server::{Server, ServerOutput};

use serde::Serialize;
use serde_json::Value;

/// The dialect both ends speak; the data channel's `protocol` tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The tutorial's of 2016: no subprotocol.
    V2016,
    /// Ours, `jio.2`.
    Jio2,
}

/// Name of [`Protocol::Jio2`] on a data channel (RFC 8831 §6.6, RFC 8832 §5.1).
pub const JIO2: &str = "jio.2";

impl Protocol {
    /// The dialect of a channel's `protocol`.
    pub fn from_name(name: &str) -> Self {
        if name == JIO2 {
            Self::Jio2
        } else {
            Self::V2016
        }
    }
}

/// Why a call failed, as it crosses the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// jIO's status code; absent where a 2016 master sent none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// One sentence for people.
    pub message: String,
}

impl Failure {
    /// A failure with a status.
    pub fn new(status_code: u16, message: impl Into<String>) -> Self {
        Self {
            status_code: Some(status_code),
            message: message.into(),
        }
    }

    fn from_value(value: &Value) -> Self {
        let status_code = value["status_code"]
            .as_u64()
            .and_then(|code| u16::try_from(code).ok());
        let message = value["message"]
            .as_str()
            .unwrap_or("the master gave no reason");
        Self {
            status_code,
            message: message.to_owned(),
        }
    }
}

/// Bytes of one frame; Chromium's `maxMessageSize`. A longer 2016 message fails its call with 413.
pub const FRAME_BYTES: usize = 256 * 1024;
/// Bytes of a text frame, or of a part's content. Nothing is gained beyond 16 KiB, and shorter frames
/// let short messages overtake.
pub const PART_BYTES: usize = 64 * 1024;
/// Bytes of an attachment under way and not yet taken; the sender then waits for credit.
pub const WINDOW_BYTES: u64 = 4 << 20;
/// Bytes of one attachment that a caller brings; a longer one fails with 413, on the caller's side already.
pub const ATTACHMENT_BYTES: u64 = 2 << 30;
/// Attachments that a caller brings at once, each from its first byte to the reply. Further ones wait on the
/// caller's side; one more all the same fails with 429. So no more than as many [`WINDOW_BYTES`] of one
/// channel wait to be put away.
pub const ATTACHMENTS: usize = 8;
/// Bytes of one request; a longer one fails with 413, on the caller's side already.
pub const REQUEST_BYTES: usize = 16 << 20;
/// Bytes of one reply; a longer one fails with 413 and asks for `limit`.
pub const REPLY_BYTES: usize = 256 << 20;
/// Calls of one channel in flight; one more fails with 429.
pub const CALLS: usize = 1024;
/// Bytes of the requests of one channel in flight, as they came; one more fails with 429.
pub const CALLS_BYTES: usize = 32 << 20;
/// Bytes of messages that wait to be sent, over which a refusal is dropped instead: whoever sends what is
/// broken, and does not read what it is told, hears no more of it.
pub const REFUSALS_BYTES: usize = 1 << 20;
/// Messages of one channel joined from parts at once; a part of one more ends the channel's patience:
/// it is answered with 429 and dropped.
pub const JOINING: usize = 16;
