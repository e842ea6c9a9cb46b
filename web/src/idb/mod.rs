//! IndexedDB (W3C Indexed Database API 3.0): databases, transactions that fail whole, stores of JSON
//! records with at most one binary member each. Wraps `indexed_db_futures`.
//!
//! A transaction that is dropped before [`Transaction::commit`] is aborted, so that `?` undoes. Never
//! await anything but its own requests inside one: the browser would commit it meanwhile.

mod store;

pub use store::{Key, Records, Store};

use crate::Error;
use gloo_events::EventListener;
use indexed_db_futures as idb;
use indexed_db_futures::KeyPath;
use indexed_db_futures::internals::SystemRepr;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{TransactionDurability, TransactionMode, TransactionOptions};
use std::cell::RefCell;
use std::rc::Rc;

/// A store as it must be when it has to be made.
#[derive(Debug)]
pub struct StoreShape {
    /// Its name.
    pub name: &'static str,
    /// The member that holds a record's key.
    pub key_path: &'static str,
    /// Its indexes.
    pub indexes: &'static [IndexShape],
}

/// An index as it must be when its store has to be made.
#[derive(Debug)]
pub struct IndexShape {
    /// Its name.
    pub name: &'static str,
    /// The member, or the members together, that it is about.
    pub key_path: &'static [&'static str],
    /// Whether no two records may have the same.
    pub unique: bool,
}

/// How safe a transaction is once it is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Handed to the operating system.
    Relaxed,
    /// On the disk.
    Strict,
}

/// An open database; dropping it closes it, after the transactions under way.
#[must_use = "a database that is dropped closes"]
pub struct Database {
    raw: idb::database::Database,
    _listeners: [EventListener; 2],
}

impl Database {
    /// Opens a database in whatever version it has. Makes it, or the stores that it lacks; touches
    /// nothing that is there. `on_gone` is called when the browser or another window took it away:
    /// it is closed then.
    ///
    /// # Errors
    /// The browser keeps no databases for this page, or this one cannot be read.
    pub async fn open(
        name: &str,
        shape: &'static [StoreShape],
        on_gone: impl FnMut() + 'static,
    ) -> Result<Self, Error> {
        let mut raw = request(name, None, shape).await?;
        if missing(&raw, shape).next().is_some() {
            let version = raw.version() + 1.0;
            raw.close();
            raw = request(name, Some(version), shape).await?;
        }
        Ok(Self {
            _listeners: listen(&raw, on_gone),
            raw,
        })
    }

    /// Begins to read from some stores.
    ///
    /// # Errors
    /// The database is closed.
    pub fn read(&self, stores: &[&str]) -> Result<Transaction<'_>, Error> {
        let raw = self.raw.transaction(stores).build();
        raw.map(Transaction::new).map_err(failed(READING))
    }

    /// Begins to write to some stores.
    ///
    /// # Errors
    /// The database is closed.
    pub fn write(&self, stores: &[&str], safe: Durability) -> Result<Transaction<'_>, Error> {
        let durability = match safe {
            Durability::Relaxed => TransactionDurability::Relaxed,
            Durability::Strict => TransactionDurability::Strict,
        };
        let raw = self
            .raw
            .transaction(stores)
            .with_mode(TransactionMode::Readwrite)
            .with_options(TransactionOptions::new().with_durability(durability))
            .build();
        raw.map(Transaction::new).map_err(failed(WRITING))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.raw.as_sys().close();
    }
}

/// A transaction under way.
#[must_use = "a transaction that is dropped is aborted"]
pub struct Transaction<'a> {
    raw: idb::transaction::Transaction<'a>,
}

impl<'a> Transaction<'a> {
    fn new(raw: idb::transaction::Transaction<'a>) -> Self {
        Self { raw }
    }

    /// One of its stores.
    ///
    /// # Errors
    /// It is none of them, or the transaction has ended.
    pub fn store(&self, name: &str) -> Result<Store<'_>, Error> {
        let raw = self.raw.object_store(name).map_err(failed(READING))?;
        Ok(Store { raw })
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// Nothing was written: a request failed, or the disk is full (`QuotaExceededError`).
    pub async fn commit(self) -> Result<(), Error> {
        let sys = self.raw.as_sys().clone();
        // A transaction that fails as a whole says why only in its own member.
        self.raw.commit().await.map_err(|error| match sys.error() {
            Some(reason) => Error::new(WRITING, reason),
            None => failed(WRITING)(error),
        })
    }
}

const OPENING: &str = "opening the database";
const READING: &str = "reading the database";
const WRITING: &str = "writing to the database";

async fn request(
    name: &str,
    version: Option<f64>,
    shape: &'static [StoreShape],
) -> Result<idb::database::Database, Error> {
    let asked = idb::database::Database::open(name).with_on_upgrade_needed(
        move |_, raw: idb::database::Database| {
            missing(&raw, shape).try_for_each(|store| make(&raw, store))
        },
    );
    let opened = match version {
        None => asked.await,
        Some(version) => asked.with_version(version).await,
    };
    opened.map_err(|error| match error {
        idb::error::OpenDbError::Base(error) => failed(OPENING)(error),
        idb::error::OpenDbError::VersionZero
        | idb::error::OpenDbError::UnsupportedEnvironment
        | idb::error::OpenDbError::NullFactory => Error::new(OPENING, error.to_string()),
    })
}

fn missing<'a>(
    raw: &idb::database::Database,
    shape: &'a [StoreShape],
) -> impl Iterator<Item = &'a StoreShape> {
    let there: Vec<String> = raw.object_store_names().collect();
    shape
        .iter()
        .filter(move |store| !there.iter().any(|name| name == store.name))
}

fn make(raw: &idb::database::Database, shape: &StoreShape) -> idb::Result<()> {
    let store = raw
        .create_object_store(shape.name)
        .with_key_path(KeyPath::One(shape.key_path))
        .build()?;
    for index in shape.indexes {
        // A list of one path is not the path itself: its values are lists.
        let key_path = match index.key_path {
            [only] => KeyPath::One(*only),
            several => several.iter().copied().collect(),
        };
        store
            .create_index(index.name, key_path)
            .with_unique(index.unique)
            .build()?;
    }
    Ok(())
}

/// Another context that wants to delete or upgrade the database waits until all others have closed
/// it; the browser itself closes it when the person clears the site's data.
fn listen(raw: &idb::database::Database, on_gone: impl FnMut() + 'static) -> [EventListener; 2] {
    let on_gone = Rc::new(RefCell::new(on_gone));
    ["versionchange", "close"].map(|name| {
        let (closing, on_gone) = (raw.clone(), on_gone.clone());
        EventListener::new(raw.as_sys(), name, move |_| {
            closing.as_sys().close();
            (on_gone.borrow_mut())();
        })
    })
}

/// Keeps what JavaScript threw, and with it the name of a `DOMException`.
fn failed(doing: &'static str) -> impl Fn(idb::error::Error) -> Error {
    move |error| match error {
        idb::error::Error::DomException(exception) => Error::new(doing, exception),
        idb::error::Error::Unknown(thrown) => Error::new(doing, thrown),
        idb::error::Error::Serialisation(_) | idb::error::Error::MissingData(_) => {
            Error::new(doing, error.to_string())
        }
    }
}
