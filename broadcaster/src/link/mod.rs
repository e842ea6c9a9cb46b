//! The link between companion and hub: typed messages in JSON, batched, in parts where long, under
//! credit. The specification is `docs/protocol.md`. Knows nothing of what carries it.

mod companion;
mod copy;
mod duplex;
mod inbox;
mod message;
pub mod native;
mod outbox;
mod part;
mod version;

pub use companion::Companion;
pub use copy::{Kept, NoSet, Order, Outcome, SetId};
pub use duplex::{Carrier, Link, Message};
pub use message::{Command, ConnId, Counters, Failure, GroupId, Report};
pub use version::{VERSION, VersionMismatch, check_version};
