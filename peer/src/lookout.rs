//! Who follows queries of one storage: `jio::live`, and what the storage tells it.

use jio::endpoint::Failure;
use jio::live::{Changed, Live, Watcher};
use jio::storage::Storage;
use jio::{AllDocs, Collection};
use std::cell::RefCell;
use std::rc::Rc;

/// A storage and those who follow queries of it; `S` names a subscription.
pub(crate) struct Lookout<S> {
    live: Live<S>,
    storage: Rc<dyn Storage>,
    /// What was told and has not been passed on.
    changed: Rc<RefCell<Changed>>,
    /// Lives as long as this, and so do its news. None before anybody follows anything.
    watcher: Option<Rc<Watcher>>,
    wake: Rc<dyn Fn()>,
}

impl<S: Ord + Clone> Lookout<S> {
    /// Nobody follows anything. `wake` is called when there may be something to tell: once, until
    /// [`Lookout::turn`] was asked.
    pub(crate) fn new(storage: Rc<dyn Storage>, wake: impl Fn() + 'static) -> Self {
        Self {
            live: Live::new(),
            storage,
            changed: Rc::default(),
            watcher: None,
            wake: Rc::new(wake),
        }
    }

    pub(crate) fn storage(&self) -> Rc<dyn Storage> {
        self.storage.clone()
    }

    /// Somebody follows a query: the answer of `allDocs`, as JSON.
    pub(crate) fn subscribe(&mut self, who: S, options: &AllDocs) -> Result<Rc<str>, Failure> {
        self.watch()?;
        self.turn();
        let begin = |live: &mut Live<S>, documents: &Collection| {
            live.handle_subscribed(who.clone(), options, documents)
        };
        self.look(begin).unwrap_or_else(|| Err(cannot()))
    }

    /// Somebody does not any more.
    pub(crate) fn unsubscribe(&mut self, who: &S) {
        self.live.handle_gone(who);
    }

    /// What somebody is to be told now; an error is the end of it.
    pub(crate) fn poll(&mut self, who: &S) -> Option<Result<Rc<str>, Failure>> {
        self.look(|live, documents| live.poll(who, documents))?
    }

    /// A number that is another one whenever somebody may have something to hear.
    pub(crate) fn turn(&mut self) -> u64 {
        let changed = self.changed.take();
        self.live.handle_changed(&changed);
        self.live.turn()
    }

    /// The state of it, as `Followed` of index.d.ts.
    pub(crate) fn describe(&self) -> String {
        let (subscriptions, queries) = (self.live.subscribers(), self.live.views());
        let evaluations = self.live.evaluations();
        serde_json::json!({
            "subscriptions": subscriptions, "queries": queries, "evaluations": evaluations,
        })
        .to_string()
    }

    fn look<T>(&mut self, see: impl FnOnce(&mut Live<S>, &Collection) -> T) -> Option<T> {
        let (live, mut see, mut seen) = (&mut self.live, Some(see), None);
        self.storage.watched()?.read(&mut |documents| {
            seen = see.take().map(|see| see(live, documents));
        });
        seen
    }

    fn watch(&mut self) -> Result<(), Failure> {
        if self.watcher.is_some() {
            return Ok(());
        }
        let watched = self.storage.watched().ok_or_else(cannot)?;
        let (noted, wake) = (self.changed.clone(), self.wake.clone());
        let watcher: Rc<Watcher> = Rc::new(move |changed: &Changed| {
            let is_first = noted.borrow().is_empty();
            noted.borrow_mut().merge(changed);
            if is_first {
                wake();
            }
        });
        watched.watch(Rc::downgrade(&watcher));
        self.watcher = Some(watcher);
        Ok(())
    }
}

fn cannot() -> Failure {
    let why = "this storage cannot tell what changes in it: ask again with allDocs";
    Failure::new(501, why)
}
