//! What all parts of one open database share.

use super::commits::Commits;
use super::downloads::Readers;
use super::failure;
use jio::Collection;
use jio::endpoint::Failure;
use jio::live::Watchers;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use web::idb::Database;
use web::locks::Lock;

/// An open database.
pub(super) struct State {
    pub(super) name: String,
    handle: RefCell<Handle>,
    /// The documents, as they are on the disk.
    pub(super) documents: RefCell<Collection>,
    /// How many records of the store of documents are none, and are left alone.
    pub(super) unreadable: Cell<usize>,
    pub(super) commits: Commits,
    pub(super) readers: Readers,
    /// Who is told which documents changed, once that is safe.
    pub(super) watchers: Watchers,
    /// How many attachments are coming in.
    pub(super) uploads: Cell<usize>,
}

/// The way to the disk.
enum Handle {
    Opening,
    Open {
        database: Rc<Database>,
        /// Keeps other windows from writing; released with the database.
        _lock: Option<Lock>,
    },
    /// Closed by us.
    Closed,
    /// The browser or another window took it away.
    Gone,
}

impl State {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            handle: RefCell::new(Handle::Opening),
            documents: RefCell::default(),
            unreadable: Cell::new(0),
            commits: Commits::default(),
            readers: Readers::default(),
            watchers: Watchers::default(),
            uploads: Cell::new(0),
        }
    }

    pub(super) fn on_open(&self, database: Database, lock: Option<Lock>) {
        *self.handle.borrow_mut() = Handle::Open {
            database: Rc::new(database),
            _lock: lock,
        };
    }

    pub(super) fn on_closed(&self) {
        *self.handle.borrow_mut() = Handle::Closed;
    }

    pub(super) fn on_gone(&self) {
        *self.handle.borrow_mut() = Handle::Gone;
    }

    /// The database, for one transaction.
    pub(super) fn database(&self) -> Result<Rc<Database>, Failure> {
        match &*self.handle.borrow() {
            Handle::Open { database, .. } => Ok(database.clone()),
            Handle::Opening => Err(Failure::new(503, "the database is being opened")),
            Handle::Closed => Err(Failure::new(503, "the database is closed")),
            Handle::Gone => Err(Failure::new(503, GONE)),
        }
    }

    /// Refuses when the database is not open.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.database().map(drop)
    }

    /// Runs what may fail in the browser with the database.
    pub(super) async fn attempt<T>(
        &self,
        run: impl AsyncFnOnce(&Database) -> Result<T, web::Error>,
    ) -> Result<T, Failure> {
        let database = self.database()?;
        run(&database).await.map_err(|error| failure(&error))
    }
}

const GONE: &str = "the database was closed by the browser or another window: reload this page";
