//! What a person or a program chooses about a replication.

use super::budget::Budget;
use crate::Millis;

/// What happens with a record that both sides changed, each otherwise. Numbers are those of jIO's option
/// `conflict_handling`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Conflicts {
    /// 0: it is listed, and stays as it is on each side until a person decides.
    #[default]
    Ask,
    /// 1: what was written here is sent over the server's.
    KeepLocal,
    /// 2: the server's takes the place of what was written here.
    KeepRemote,
    /// 3: it stays as it is on each side, and nobody is asked.
    Leave,
}

impl Conflicts {
    /// The mode of a number in jIO.
    pub fn from_number(number: u64) -> Option<Self> {
        let modes = [Self::Ask, Self::KeepLocal, Self::KeepRemote, Self::Leave];
        modes.get(usize::try_from(number).ok()?).copied()
    }
}

/// Which changes of one side are carried to the other; jIO's `check_local_*` and `check_remote_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// New records.
    pub creations: bool,
    /// Changes of records that both have.
    pub modifications: bool,
    /// Removals.
    pub deletions: bool,
    /// Attachments, of which the same are carried.
    pub attachments: bool,
}

impl Default for Carried {
    fn default() -> Self {
        Self {
            creations: true,
            modifications: true,
            deletions: true,
            attachments: true,
        }
    }
}

impl Carried {
    /// Whether a change is carried, by whether the record was there before and is there now.
    pub(super) fn has(self, was_there: bool, is_there: bool) -> bool {
        match (was_there, is_there) {
            (false, _) => self.creations,
            (true, true) => self.modifications,
            (true, false) => self.deletions,
        }
    }
}

/// What is chosen about a replication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which server and which database of it, in any words: what the journal knows of another is discarded.
    pub server: String,
    /// Which of its records and what of them, in any words: where it is another, all is read once more.
    pub scope: String,
    /// What happens with a record that both sides changed.
    pub conflicts: Conflicts,
    /// What is sent.
    pub sent: Carried,
    /// What is taken over.
    pub taken: Carried,
    /// What the line may cost.
    pub budget: Budget,
    /// How often the server is asked what changed.
    pub poll_every: Millis,
    /// How often the ids of all its records are asked for, where it tells of removals in no other way.
    pub list_every: Millis,
    /// How long a write waits for others that go with it.
    pub gather: Millis,
    /// Bytes of documents in one sending, but for a single longer one.
    pub batch_bytes: usize,
    /// Records in one sending.
    pub batch_records: usize,
    /// Bytes of an attachment that are asked for at once.
    pub part_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            server: String::new(),
            scope: String::new(),
            conflicts: Conflicts::default(),
            sent: Carried::default(),
            taken: Carried::default(),
            budget: Budget::default(),
            poll_every: Millis::from_minutes(15),
            list_every: Millis::from_minutes(24 * 60),
            gather: Millis::from_secs(1),
            // Seven seconds of a line of 10 kB/s, which a cut costs at most.
            batch_bytes: 64 * 1024,
            batch_records: 256,
            part_bytes: 64 * 1024,
        }
    }
}
