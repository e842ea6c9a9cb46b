//! Where a master keeps its records: in IndexedDB, in memory, on a server, or where the page says.

pub(crate) mod face;
mod foreign;
mod indexed_db;
mod journal;
mod layout;
mod memory;
pub(crate) mod remote;
mod replicating;
mod replication;

pub(crate) use foreign::Foreign;
pub use indexed_db::{IndexedDb, Mode, Restored, Save, Standing};
pub use memory::Memory;
