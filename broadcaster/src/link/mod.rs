//! The link between companion and hub: typed messages in JSON, batched, in parts where long, under
//! credit. The specification is `docs/protocol.md`. Knows nothing of what carries it.

mod message;

pub use message::{Command, ConnId, Counters, Failure, GroupId, Report};

/// The link's version: one integer, equal on both sides or refused.
pub const VERSION: u32 = 1;
