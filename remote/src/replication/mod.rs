//! Replication of a local storage with a server.

mod book;
mod budget;
mod hash;
mod join;
mod journal;
mod meter;
mod opening;
mod options;
mod pulling;
mod queue;
mod replicated;
mod resolving;
mod running;
mod sending;
mod standing;
mod taking;
mod turns;
mod verdict;

pub use budget::{Budget, Hours, Moment, Usage};
pub use hash::Content;
pub use journal::{Batch, Journal};
pub use meter::{Meter, Metered};
pub use options::{Carried, Conflicts, Options};
pub use replicated::Replicated;
pub use resolving::{Conflict, Keep, Side};
pub use running::Outcome;
pub use standing::{Line, Standing};
