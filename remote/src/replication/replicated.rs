//! The storage that callers see: records of this computer, and a replication that is told of each write.

use super::attachments::Candidates;
use super::book::Book;
use super::budget::Moment;
use super::journal::Journal;
use super::meter::Meter;
use super::noticed::Noticed;
use super::options::Options;
use super::queue::{Queue, Rank};
use super::standing::{Line, Patience, Standing};
use super::turns::{Gate, Turns};
use crate::Millis;
use crate::replica::Replica;
use jio::Id;
use jio::storage::Storage;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::task::Waker;

/// A storage of this computer that is replicated with a server.
///
/// Reads and writes are those of the local storage, and as fast; nothing of the line is waited for. All
/// writes must come through this one, or be told by `repair`. An attachment that the server has and that has
/// not come yet is fetched for who reads it, where the line is there.
pub struct Replicated {
    pub(super) local: Rc<dyn Storage>,
    pub(super) remote: Rc<dyn Replica>,
    pub(super) journal: Rc<dyn Journal>,
    meter: Rc<Meter>,
    pub(super) core: RefCell<Core>,
    pub(super) turns: Turns,
    /// One step, or one decision of a person, at a time.
    pub(super) gate: Gate,
    listener: RefCell<Option<Rc<dyn Fn()>>>,
    /// Who waits for an attachment to come.
    pub(super) arrivals: RefCell<Vec<Waker>>,
    /// This one, for who writes an attachment over a longer time.
    pub(super) this: Weak<Self>,
}

/// What of it is in memory.
pub(super) struct Core {
    pub(super) options: Options,
    pub(super) book: Book,
    pub(super) queue: Queue,
    /// What callers asked for by itself since the last step.
    pub(super) noticed: Noticed,
    pub(super) candidates: Candidates,
    /// Somebody may have written attachments past this storage.
    pub(super) is_relisted: bool,
    /// Steps done, or not to be done.
    pub(super) steps: u64,
    pub(super) opening: Opening,
    pub(super) patience: Patience,
    /// When the server is asked next what changed; at once where there is none.
    pub(super) next_pull: Option<Millis>,
    /// Until when writes are gathered.
    pub(super) gathering: Option<Millis>,
    /// Whether changes were read since something was sent: both take turns.
    pub(super) is_pull_first: bool,
    /// Somebody wants changes read that are later than those under way.
    pub(super) is_pull_asked: bool,
    pub(super) listing: Listing,
    /// What was sent lately, and when: the server's list of ids may not have it yet.
    pub(super) recent: BTreeMap<Id, Millis>,
    /// When that was looked through for what is old.
    pub(super) forgotten: Millis,
    /// Whether the server did anything since both sides were last known to have the same.
    pub(super) is_changed: bool,
    pub(super) line: Line,
    pub(super) moment: Moment,
}

/// How far the local records have been compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// The journal was not read.
    Unread,
    /// Somebody may have written past this storage: all has to be listed again.
    Unlisted,
    /// These were not compared yet.
    Comparing(Vec<Id>),
    /// All were.
    Open,
}

/// What is known about removals that the server does not tell.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// A person asked for the list.
    pub(super) is_asked: bool,
    /// How often one did.
    pub(super) asks: u64,
    /// A person said that whatever the list misses was removed.
    pub(super) is_trusted: bool,
    /// The server tells of removals, so it has no list.
    pub(super) is_needless: bool,
    /// Records that the list missed, too many to be believed.
    pub(super) missing: usize,
}

impl Replicated {
    /// Joins a local storage and a server. Nothing is done before [`Replicated::run`] is called; records are
    /// read and written from now on.
    pub fn new(
        local: Rc<dyn Storage>,
        remote: Rc<dyn Replica>,
        journal: Rc<dyn Journal>,
        meter: Rc<Meter>,
        options: Options,
    ) -> Rc<Self> {
        let core = Core {
            options,
            book: Book::default(),
            queue: Queue::default(),
            noticed: Noticed::default(),
            candidates: Candidates::default(),
            is_relisted: false,
            steps: 0,
            opening: Opening::Unread,
            patience: Patience::default(),
            next_pull: None,
            gathering: None,
            is_pull_first: true,
            is_pull_asked: false,
            listing: Listing::default(),
            recent: BTreeMap::new(),
            forgotten: Millis(0),
            is_changed: false,
            line: Line::Syncing,
            moment: Moment {
                now: Millis(0),
                offset_minutes: 0,
                random: 0,
            },
        };
        Rc::new_cyclic(|this| Self {
            local,
            remote,
            journal,
            meter,
            core: RefCell::new(core),
            turns: Turns::default(),
            gate: Gate::default(),
            listener: RefCell::default(),
            arrivals: RefCell::default(),
            this: this.clone(),
        })
    }

    /// Sets who is called when there is something to do: whoever calls [`Replicated::run`] should do so then,
    /// without waiting for the time it was given.
    pub fn on_work(&self, listener: impl Fn() + 'static) {
        *self.listener.borrow_mut() = Some(Rc::new(listener));
    }

    /// Changes what was chosen; the server stays the same.
    pub fn set_options(&self, options: Options) {
        let mut core = self.core.borrow_mut();
        let server = core.options.server.clone();
        core.options = Options { server, ..options };
        drop(core);
        self.wake();
    }

    /// The line is back, or somebody logged in: it is tried at once.
    pub fn line_is_back(&self) {
        self.core.borrow_mut().patience.on_success();
        self.wake();
    }

    /// A person wants both sides to be compared now, removals included.
    pub fn sync_now(&self) {
        let mut core = self.core.borrow_mut();
        core.patience.on_success();
        core.next_pull = None;
        core.is_pull_asked = true;
        core.gathering = core.gathering.map(|_| Millis(0));
        core.listing.is_asked = true;
        core.listing.asks += 1;
        drop(core);
        self.wake();
    }

    /// A person says that the records which the server's list misses ([`Standing::missing`]) were removed.
    pub fn accept_removals(&self) {
        self.core.borrow_mut().listing.is_trusted = true;
        self.sync_now();
    }

    /// A person waits for this record to be sent, and for its attachments to be carried: that goes next, and does not
    /// wait for others. Where many wait, what callers read or write by itself goes ahead without being told.
    pub fn hurry(&self, id: &Id) {
        self.push(id, Rank::Urgent);
        self.sort();
        self.core.borrow_mut().candidates.hurry(id);
        self.wake();
    }

    /// Where the replication stands.
    pub fn standing(&self, moment: Moment) -> Standing {
        self.sort();
        let core = self.core.borrow();
        let facts = core.book.facts();
        let (bytes, calls) = self.meter.pending();
        Standing {
            line: core.line.clone(),
            waiting: core.queue.len(),
            attachments: core.candidates.len(),
            conflicts: core.asked(),
            missing: core.listing.missing,
            last_success: facts.last_success,
            today: facts.usage.add(moment, bytes, calls),
        }
    }

    pub(super) fn push(&self, id: &Id, rank: Rank) {
        self.core.borrow_mut().queue.push(id, rank);
    }

    pub(super) fn wake(&self) {
        let listener = self.listener.borrow().clone();
        if let Some(listener) = listener {
            listener();
        }
    }

    /// Books what went over the line since this was done last.
    pub(super) fn book_usage(&self) {
        let (bytes, calls) = self.meter.take();
        if calls > 0 {
            let mut core = self.core.borrow_mut();
            let moment = core.moment;
            core.book
                .set_facts(|facts| facts.usage = facts.usage.add(moment, bytes, calls));
        }
    }
}

impl Core {
    /// How much a person is asked about.
    fn asked(&self) -> usize {
        let records = self.book.all_held().filter(|(_, held)| held.is_asked());
        let attachments = self.book.held_files().filter(|(_, _, held)| !held.is_left);
        records.count() + attachments.count()
    }
}
