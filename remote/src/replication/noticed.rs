//! Which records a person seems to wait for: those that callers ask for one by one, while many others wait. Whoever
//! carries many records in or out asks for them faster than a line takes them.

use super::queue::Rank;
use super::replicated::{Core, Replicated};
use jio::Id;
use std::collections::BTreeSet;

/// Records between two steps of which each may be somebody's; more are a program's.
const FEW: usize = 8;

/// Records that callers read or wrote by itself since the last step; one more than [`FEW`] at most.
#[derive(Debug, Default)]
pub(super) struct Noticed(BTreeSet<Id>);

impl Replicated {
    /// A caller reads or writes this record by itself.
    pub(super) fn notice(&self, id: &Id) {
        let noticed = &mut self.core.borrow_mut().noticed.0;
        if noticed.len() <= FEW {
            noticed.insert(id.clone());
        }
    }
}

impl Core {
    /// What a person waits for goes first, where more waits than goes at once anyway.
    pub(super) fn put_people_first(&mut self) {
        let noticed = std::mem::take(&mut self.noticed.0);
        let is_long = self.queue.len() > self.options.batch_records + FEW;
        if !is_long || noticed.len() > FEW {
            return;
        }
        for id in noticed {
            self.queue.raise(&id, Rank::Urgent);
        }
    }
}
