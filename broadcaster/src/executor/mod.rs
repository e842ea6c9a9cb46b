//! The executor: what every companion does, without its sockets. It holds the connections, carries out
//! the hub's commands and reports what happens. It answers HTTP by itself; who becomes a member is the
//! hub's decision alone.
//!
//! What it can be made to hold, at most: for each of [`Limits::connections`] and
//! [`WAITING_HANDSHAKES`] more, a head or a read buffer of some KiB, twice [`Limits::message_bytes`]
//! (a frame under way, and the fragments before it) and [`Limits::queue_bytes`].
//!
//! [`Limits::connections`]: crate::limits::Limits::connections
//! [`Limits::message_bytes`]: crate::limits::Limits::message_bytes
//! [`Limits::queue_bytes`]: crate::limits::Limits::queue_bytes
//! [`WAITING_HANDSHAKES`]: crate::limits::WAITING_HANDSHAKES

mod commands;
mod datagrams;
mod entry;
mod groups;
mod machine;
mod output;
mod pace;
mod port;
mod tally;
mod timers;
mod waiting;

pub use machine::Executor;
pub use output::Output;
pub use pace::Allowance;
