//! Attachments that may differ: which is looked at next, and what is to be done with the one that was.

use super::file::Place;
use crate::Millis;
use crate::replica::{Attached, Replica, Revision};
use crate::replication::budget::Moment;
use crate::replication::replicated::{Core, Replicated};
use jio::{Id, Name};
use std::collections::{BTreeMap, BTreeSet};

/// What the line is to be used for next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Take what is here to the server.
    Bring,
    /// Fetch this.
    Fetch(Attached),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) place: Place,
    pub(super) act: Act,
    /// Bytes that go at once.
    pub(super) length: u64,
}

/// Attachments that may differ.
#[derive(Debug, Default)]
pub(in crate::replication) struct Candidates {
    ready: BTreeMap<Id, BTreeSet<Name>>,
    /// A person waits for these.
    pub(super) urgent: BTreeSet<Place>,
    /// Too large for what is left of the day: until then.
    later: BTreeMap<Place, Millis>,
    /// These waited for a day; what else it needs may not keep them waiting for another.
    waited: BTreeSet<Place>,
    pub(super) plan: Option<Plan>,
}

/// What there is to do about attachments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::replication) enum Work {
    Look,
    Carry,
}

impl Candidates {
    pub(in crate::replication) fn len(&self) -> usize {
        self.ready.values().map(BTreeSet::len).sum()
    }

    pub(super) fn has(&self, place: &Place) -> bool {
        let names = self.ready.get(&place.id);
        names.is_some_and(|names| names.contains(&place.name))
    }

    /// A person waits for the attachments of a record.
    pub(in crate::replication) fn hurry(&mut self, id: &Id) {
        let names = self.ready.get(id).into_iter().flatten();
        let places = names.map(|name| Place::new(id, name));
        self.urgent.extend(places);
    }

    /// What is done next, of what a person waits for or of all; `fetching` is the one of which parts are here.
    fn work(&self, is_urgent: bool, fetching: Option<&Place>) -> Option<Work> {
        let first = self.first(is_urgent, fetching)?;
        let is_planned = self.plan.as_ref().is_some_and(|plan| plan.place == first);
        Some(if is_planned { Work::Carry } else { Work::Look })
    }

    /// The one that is looked at next; what a person waits for is first, then what is under way: there is room for
    /// the parts of one, and they would have to be fetched again.
    fn first(&self, is_urgent: bool, fetching: Option<&Place>) -> Option<Place> {
        let is_free = |place: &Place| self.has(place) && !self.later.contains_key(place);
        let urgent = self.urgent.iter().find(|place| is_free(place));
        if urgent.is_some() || is_urgent {
            return urgent.cloned();
        }
        let planned = self.plan.as_ref().map(|plan| &plan.place);
        let under_way = planned.into_iter().chain(fetching);
        if let Some(place) = under_way.into_iter().find(|place| is_free(place)) {
            return Some(place.clone());
        }
        let all = self
            .ready
            .iter()
            .flat_map(|(id, names)| names.iter().map(|name| Place::new(id, name)));
        all.into_iter().find(is_free)
    }

    /// Takes one out: nothing is to be done with it before something is known otherwise.
    pub(super) fn remove(&mut self, place: &Place) {
        if let Some(names) = self.ready.get_mut(&place.id) {
            names.remove(&place.name);
            if names.is_empty() {
                self.ready.remove(&place.id);
            }
        }
        self.urgent.remove(place);
        self.later.remove(place);
        self.waited.remove(place);
        self.plan.take_if(|plan| plan.place == *place);
    }

    /// Has the planned one wait.
    pub(in crate::replication) fn postpone(&mut self, until: Millis) {
        if let Some(plan) = self.plan.take() {
            self.later.insert(plan.place, until);
        }
    }

    /// When the first of those that wait goes on. A clock that was set back keeps nobody waiting.
    pub(in crate::replication) fn later(&mut self, now: Millis) -> Option<Millis> {
        const DAY: Millis = Millis::from_minutes(24 * 60 + 1);
        let waited = &mut self.waited;
        self.later.retain(|place, until| {
            let is_waiting = *until > now && *until - now <= DAY;
            if !is_waiting {
                waited.insert(place.clone());
            }
            is_waiting
        });
        self.later.values().min().copied()
    }

    fn forget(&mut self, id: &Id) {
        self.ready.remove(id);
        self.later.retain(|place, _| place.id != *id);
        self.plan.take_if(|plan| plan.place.id == *id);
    }
}

impl Core {
    /// What there is to do about attachments, of what a person waits for or of all.
    pub(in crate::replication) fn work(&self, is_urgent: bool) -> Option<Work> {
        self.candidates.work(is_urgent, self.fetched_place())
    }

    /// The attachment that is looked at next.
    pub(super) fn first(&self, is_urgent: bool) -> Option<Place> {
        self.candidates.first(is_urgent, self.fetched_place())
    }

    fn fetched_place(&self) -> Option<&Place> {
        self.book.fetching().map(|fetching| &fetching.place)
    }

    /// What the server has of an attachment, in the state of its record that both sides know.
    pub(super) fn theirs(&self, remote: &dyn Replica, place: &Place) -> Option<Attached> {
        let all = self.all_theirs(remote, &place.id);
        all.into_iter().find(|theirs| theirs.name == place.name)
    }

    pub(in crate::replication) fn all_theirs(
        &self,
        remote: &dyn Replica,
        id: &Id,
    ) -> Vec<Attached> {
        let agreed = self.book.agreed(id);
        let revision = agreed.map(|agreed| Revision(agreed.revision.to_string()));
        revision
            .and_then(|revision| remote.attachments(&revision))
            .unwrap_or_default()
    }

    /// Whether the one that is planned has to wait for another day, and until when.
    pub(in crate::replication) fn is_too_much(&self, moment: Moment) -> Option<Millis> {
        let plan = self.candidates.plan.as_ref()?;
        if self.candidates.waited.contains(&plan.place) {
            return None;
        }
        let usage = self.book.facts().usage;
        match plan.act {
            Act::Bring => self.options.budget.waits(moment, usage, plan.length),
            // Comes part by part.
            Act::Fetch(_) => None,
        }
    }

    /// Whether what was being fetched is not wanted any more.
    pub(in crate::replication) fn is_fetch_over(&self) -> bool {
        self.book.fetching().is_some_and(|fetching| {
            let is_held = self.book.held(&fetching.place.id).is_some();
            !is_held && !self.candidates.has(&fetching.place)
        })
    }

    /// Finds the candidates among the attachments of a record.
    fn sort(&mut self, remote: &dyn Replica, id: &Id) {
        self.candidates.forget(id);
        if self.book.held(id).is_some() {
            return; // The record is first.
        }
        let theirs = self.all_theirs(remote, id);
        let kept = self.book.files(id).map(|(name, _)| name.clone());
        let names: BTreeSet<Name> = kept
            .chain(theirs.iter().map(|theirs| theirs.name.clone()))
            .collect();
        for name in names {
            let theirs = theirs.iter().find(|theirs| theirs.name == name);
            let digest = theirs.map(|theirs| &theirs.digest);
            let place = Place::new(id, &name);
            let file = self.book.file(&place);
            if file.held.is_some_and(|held| held.digest.as_ref() == digest) {
                continue;
            }
            if file.is_marked || file.digest.as_ref() != digest {
                self.candidates
                    .ready
                    .entry(id.clone())
                    .or_default()
                    .insert(name);
            }
        }
    }
}

impl Replicated {
    /// Whether the server has attachments that could be replicated at all.
    pub(in crate::replication) fn carries_attachments(&self) -> bool {
        self.remote.attachments(&Revision(String::new())).is_some()
    }

    /// Finds the candidates among the attachments of records of which something is known otherwise.
    pub(in crate::replication) fn sort(&self) {
        let core = &mut *self.core.borrow_mut();
        for id in core.book.take_touched() {
            core.sort(&*self.remote, &id);
        }
    }
}
