//! Where the replication keeps what it knows of the far side: texts under keys, written in batches.

use jio::storage::Answer;
use std::collections::BTreeMap;

/// Texts to be written under keys; `None` removes the key.
pub type Batch = BTreeMap<String, Option<String>>;

/// Keeps texts by key beside the records, each at most some kilobytes and the document of a record longer.
///
/// Losing it costs no record, only that everything is read and compared again; keeping an older state of it
/// than was said to be safe may cost what the server's answers told since.
pub trait Journal {
    /// All texts, in any order.
    fn load(&self) -> Answer<'_, Vec<(String, String)>>;

    /// Writes a batch: completely or not at all, and safely before it answers. Batches become visible in
    /// the order in which they were given.
    fn commit<'a>(&'a self, batch: &'a Batch) -> Answer<'a, ()>;
}
