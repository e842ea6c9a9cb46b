//! Live queries without IO: who asked for what, and what each of them is to be told when records change.
//!
//! Subscribers that asked for the same share a *view*: a changed record is matched
//! against each view once, and what is told is written once, however many hear it. Nobody has a
//! queue: a view remembers which records changed at which of its versions, a subscriber only which
//! version it has heard. Whoever reads slowly is told later, each record once and as it is then; whoever
//! is too far behind is told everything anew.
//!
//! The driver says what changed ([`Live::handle_changed`]) and, whenever a subscriber can be told
//! something, asks what ([`Live::poll`]).

mod cache;
mod changed;
mod view;

use self::cache::Cache;
pub use self::changed::{Changed, Watched, Watcher, Watchers};
use self::view::View;
use crate::Collection;
use crate::endpoint::Failure;
use crate::options::AllDocs;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Subscriptions of one caller; one more fails with 429.
pub const SUBSCRIPTIONS: usize = 128;
/// Subscriptions in all; one more fails with 429.
pub const ALL_SUBSCRIPTIONS: usize = 8_192;
/// Different queries that are followed at once; one more fails with 429.
pub const VIEWS: usize = 1_024;
/// Rows of all views together when one more is added; where there would be more, it fails with 429.
pub const FOLLOWED: usize = 1_000_000;
/// Changed records that a view, or a burst, remembers one by one; of more it is told anew what there is.
pub const REMEMBERED: usize = 1_024;

/// Everybody who follows a query of one storage. `S` names a subscription.
#[derive(Debug)]
pub struct Live<S> {
    views: BTreeMap<u32, View>,
    /// The views, by what they were asked for.
    known: BTreeMap<String, u32>,
    subscribers: BTreeMap<S, Subscriber>,
    /// What has changed and was not looked at yet.
    changed: Changed,
    cache: Cache,
    next: u32,
    /// Grows whenever somebody may have something to hear.
    turn: u64,
    evaluations: u64,
}

#[derive(Debug)]
struct Subscriber {
    view: u32,
    /// The version of the view that it has heard.
    heard: u64,
}

impl<S> Default for Live<S> {
    fn default() -> Self {
        Self {
            views: BTreeMap::new(),
            known: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            changed: Changed::default(),
            cache: Cache::default(),
            next: 0,
            turn: 0,
            evaluations: 0,
        }
    }
}

impl<S: Ord + Clone> Live<S> {
    /// Nobody follows anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody follows a query from now on: what it finds now, as `allDocs` answers it.
    ///
    /// # Errors
    /// The query's own, as `allDocs` has them; 429 where there are too many.
    pub fn handle_subscribed(
        &mut self,
        who: S,
        options: &AllDocs,
        documents: &Collection,
    ) -> Result<Rc<str>, Failure> {
        self.look(documents);
        if self.subscribers.len() >= ALL_SUBSCRIPTIONS {
            return Err(full("too many queries are followed: wait for some to end"));
        }
        let key = options.to_json().to_string();
        let number = match self.known.get(&key) {
            Some(number) => *number,
            None => self.add(key, options, documents)?,
        };
        let Some(view) = self.views.get_mut(&number) else {
            return Err(Failure::new(500, "a query that is followed is gone"));
        };
        if let Some(failure) = view.failure() {
            return Err(failure.clone());
        }
        view.subscribers += 1;
        let heard = view.version();
        let subscriber = Subscriber {
            view: number,
            heard,
        };
        self.handle_gone(&who);
        self.subscribers.insert(who, subscriber);
        self.write(number, None, documents)
    }

    /// Somebody follows nothing more under this name.
    pub fn handle_gone(&mut self, who: &S) {
        let Some(Subscriber { view: number, .. }) = self.subscribers.remove(who) else {
            return;
        };
        if let Some(view) = self.views.get_mut(&number) {
            view.subscribers -= 1;
            if view.subscribers == 0 {
                self.views.remove(&number);
                self.known.retain(|_, known| *known != number);
            }
        }
    }

    /// Records have changed, and the change is safe.
    pub fn handle_changed(&mut self, changed: &Changed) {
        if !self.views.is_empty() && !changed.is_empty() {
            self.changed.merge(changed);
            self.turn += 1;
        }
    }

    /// What somebody is to be told now, if anything: changes since the last time, or everything anew. An
    /// error is the end of that subscription.
    pub fn poll(&mut self, who: &S, documents: &Collection) -> Option<Result<Rc<str>, Failure>> {
        self.look(documents);
        let subscriber = self.subscribers.get_mut(who)?;
        let (number, from) = (subscriber.view, subscriber.heard);
        let view = self.views.get(&number)?;
        if let Some(failure) = view.failure() {
            let failure = failure.clone();
            self.handle_gone(who);
            return Some(Err(failure));
        }
        if from == view.version() {
            return None;
        }
        subscriber.heard = view.version();
        let from = view.remembers(from).then_some(from);
        Some(self.write(number, from, documents))
    }

    /// A number that is another one whenever somebody may have something to hear.
    pub fn turn(&self) -> u64 {
        self.turn
    }

    /// How many follow.
    pub fn subscribers(&self) -> usize {
        self.subscribers.len()
    }

    /// How many different queries they follow.
    pub fn views(&self) -> usize {
        self.views.len()
    }

    /// How often a record was matched against a view because it had changed; where a view had to be
    /// made anew, once for each record there is.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    fn add(
        &mut self,
        key: String,
        options: &AllDocs,
        documents: &Collection,
    ) -> Result<u32, Failure> {
        let view = View::new(options, documents).map_err(refusal)?;
        self.evaluations += documents.len() as u64;
        let followed: usize = self.views.values().map(View::held).sum();
        if self.views.len() >= VIEWS || followed + view.held() > FOLLOWED {
            let why = "too many different queries are followed: ask for fewer rows, with limit, or wait for some to end";
            return Err(full(why));
        }
        self.next = self.next.wrapping_add(1);
        self.views.insert(self.next, view);
        self.known.insert(key, self.next);
        Ok(self.next)
    }

    /// Brings every view up to what there is.
    fn look(&mut self, documents: &Collection) {
        if self.changed.is_empty() {
            return;
        }
        let changed = std::mem::take(&mut self.changed);
        for view in self.views.values_mut() {
            self.evaluations += view.handle_changed(&changed, documents);
        }
    }

    /// What a view says to who has heard `from`, or to who has heard nothing.
    fn write(
        &mut self,
        number: u32,
        from: Option<u64>,
        documents: &Collection,
    ) -> Result<Rc<str>, Failure> {
        let Some(view) = self.views.get(&number) else {
            return Err(Failure::new(500, "a query that is followed is gone"));
        };
        let key = (number, from, view.version());
        Ok(self.cache.get(key, || match from {
            Some(from) => view.changes(from, documents),
            None => view.snapshot(documents),
        }))
    }
}

fn refusal(error: crate::Error) -> Failure {
    Failure::new(error.status_code(), error.to_string())
}

fn full(why: &str) -> Failure {
    Failure::new(429, why)
}
