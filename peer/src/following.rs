//! The queries that one caller of a master follows. Keeps no changes for it: what it has no room to hear yet
//! it hears later, as it is then.

use crate::lookout::Lookout;
use crate::master::Caller;
use broadcaster::Millis;
use jio::AllDocs;
use jio::endpoint::{Failure, Server};
use jio::live::SUBSCRIPTIONS;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A lookout for all callers of a master, by the caller and the number of its call.
pub(crate) type Shared = Rc<RefCell<Lookout<(Caller, u32)>>>;

/// Bytes of messages that wait to be sent, over which a caller is not told what changed.
const AHEAD_BYTES: usize = 256 << 10;

/// What changes all the time is told this often: each message costs both sides more than what is in it.
const REST: Millis = Millis(50);

/// The calls of one caller that go on.
pub(crate) struct Following {
    lookout: Shared,
    caller: Caller,
    calls: BTreeSet<u32>,
    /// The turn of the lookout at which all of them had heard everything.
    heard: Option<u64>,
    /// It is told nothing before this.
    rests_until: Millis,
    /// Whether there is something to tell after that.
    waits: bool,
}

impl Following {
    pub(crate) fn new(lookout: Shared, caller: Caller) -> Self {
        Self {
            lookout,
            caller,
            calls: BTreeSet::new(),
            heard: None,
            rests_until: Millis(0),
            waits: false,
        }
    }

    /// A call that was checked and admitted goes on from now on.
    pub(crate) fn begin(&mut self, server: &mut Server, number: u32, options: &AllDocs) {
        if self.calls.len() >= SUBSCRIPTIONS {
            let why = "too many queries are followed from here: close some";
            return server.handle_text(number, Err(Failure::new(429, why)));
        }
        let who = (self.caller, number);
        let rows = self.lookout.borrow_mut().subscribe(who, options);
        match rows {
            Err(failure) => server.handle_text(number, Err(failure)),
            Ok(rows) if server.handle_snapshot(number, &rows) => {
                self.calls.insert(number);
                self.heard = None;
            }
            Ok(_) => self.lookout.borrow_mut().unsubscribe(&who),
        }
    }

    /// The caller gave a call up.
    pub(crate) fn end(&mut self, number: u32) {
        if self.calls.remove(&number) {
            let who = (self.caller, number);
            self.lookout.borrow_mut().unsubscribe(&who);
        }
    }

    /// When there is something to tell, if that has to wait.
    pub(crate) fn due(&self) -> Option<Millis> {
        self.waits.then_some(self.rests_until)
    }

    /// Tells what has changed, as far as the caller has room for it.
    pub(crate) fn tell(&mut self, server: &mut Server, now: Millis) {
        self.waits = false;
        if self.calls.is_empty() {
            return;
        }
        let turn = self.lookout.borrow_mut().turn();
        if self.heard == Some(turn) {
            return;
        }
        if now < self.rests_until {
            self.waits = true;
            return;
        }
        for number in self.calls.clone() {
            if server.queued() >= AHEAD_BYTES {
                return;
            }
            if self.tell_one(server, number) {
                self.rests_until = now + REST;
            }
        }
        self.heard = Some(turn);
    }

    /// Whether there was anything to tell.
    fn tell_one(&mut self, server: &mut Server, number: u32) -> bool {
        let told = self.lookout.borrow_mut().poll(&(self.caller, number));
        let goes_on = match told {
            Some(Ok(changes)) => server.handle_changes(number, &changes),
            Some(Err(failure)) => {
                server.handle_ended(number, &failure);
                false
            }
            None => return false,
        };
        if !goes_on {
            self.end(number);
        }
        true
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut lookout = self.lookout.borrow_mut();
        for number in &self.calls {
            lookout.unsubscribe(&(self.caller, *number));
        }
    }
}
