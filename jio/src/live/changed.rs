//! What a storage says of itself: which records have changed, and whom it tells.

use super::REMEMBERED;
use crate::{Collection, Id};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::{Rc, Weak};

/// Which records have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// These, at most [`REMEMBERED`].
    Records(BTreeSet<Id>),
    /// Perhaps all.
    All,
}

impl Default for Changed {
    fn default() -> Self {
        Self::Records(BTreeSet::new())
    }
}

impl Changed {
    /// Whether nothing has.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Records(ids) if ids.is_empty())
    }

    /// This one has changed too.
    pub fn insert(&mut self, id: Id) {
        if let Self::Records(ids) = self {
            ids.insert(id);
            if ids.len() > REMEMBERED {
                *self = Self::All;
            }
        }
    }

    /// These have changed too.
    pub fn merge(&mut self, other: &Self) {
        match other {
            Self::All => *self = Self::All,
            Self::Records(ids) => ids.iter().for_each(|id| self.insert(id.clone())),
        }
    }
}

impl FromIterator<Id> for Changed {
    fn from_iter<T: IntoIterator<Item = Id>>(ids: T) -> Self {
        let mut changed = Self::default();
        ids.into_iter().for_each(|id| changed.insert(id));
        changed
    }
}

/// A storage that has its documents in memory and tells what changes.
pub trait Watched {
    /// Has a function called after each change, when that is safe and [`Watched::read`] shows it; as long as
    /// the function lives.
    fn watch(&self, watcher: Weak<Watcher>);

    /// Shows the documents as they are.
    fn read(&self, reader: &mut dyn FnMut(&Collection));
}

/// Who watches a storage.
#[derive(Default)]
pub struct Watchers(RefCell<Vec<Weak<Watcher>>>);

/// Who is told what has changed.
pub type Watcher = dyn Fn(&Changed);

impl Watchers {
    /// One more.
    pub fn add(&self, watcher: Weak<Watcher>) {
        self.0.borrow_mut().push(watcher);
    }

    /// Tells those who still watch.
    pub fn tell(&self, changed: &Changed) {
        let mut watchers = self.0.borrow_mut();
        watchers.retain(|watcher| watcher.strong_count() > 0);
        let live: Vec<Rc<Watcher>> = watchers.iter().filter_map(Weak::upgrade).collect();
        drop(watchers);
        live.iter().for_each(|watcher| watcher(changed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn so_many_are_remembered_one_by_one_and_one_more_is_all() {
        let id = |number: usize| Id::new(format!("{number}")).unwrap();
        let mut changed: Changed = (0..REMEMBERED).map(id).collect();
        assert!(matches!(&changed, Changed::Records(ids) if ids.len() == REMEMBERED));
        changed.insert(id(0));
        assert!(matches!(changed, Changed::Records(_)));
        changed.insert(id(REMEMBERED));
        assert_eq!(changed, Changed::All);
    }

    #[test]
    fn who_does_not_live_any_more_is_not_told() {
        let (watchers, count) = (Watchers::default(), Rc::new(Cell::new(0)));
        let watching = || {
            let count = count.clone();
            Rc::new(move |_: &Changed| count.set(count.get() + 1)) as Rc<Watcher>
        };
        let (first, second) = (watching(), watching());
        watchers.add(Rc::downgrade(&first));
        watchers.add(Rc::downgrade(&second));
        watchers.tell(&Changed::All);
        drop(first);
        watchers.tell(&Changed::All);
        assert_eq!(count.get(), 3);
        assert_eq!(watchers.0.borrow().len(), 1);
    }
}
