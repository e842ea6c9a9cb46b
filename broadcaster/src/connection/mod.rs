//! One connection, from its first byte to its last: request head, HTTP answer or opening handshake,
//! WebSocket messages (RFC 6455 §5), closing (§7). Does not decide who is admitted, and has no socket.
//!
//! Frames of the peer are read by tungstenite; what it would answer is discarded. Frames to the peer
//! are ours ([`crate::frame`]), so that one encoding is shared by all receivers, and every queue has a
//! bound.

mod machine;
mod queue;
mod socket;

pub use machine::{Connection, End, Event};
pub use queue::ENTRY_BYTES;
