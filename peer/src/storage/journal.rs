//! The journal of a replication in a database of its own, beside the records': jIO's layout has no place for it.

use super::indexed_db::failure;
use jio::endpoint::Failure;
use jio::storage::Answer;
use remote::replication::{Batch, Journal};
use serde::{Deserialize, Serialize};
use web::idb::{Database, Durability, StoreShape};

const STORE: &str = "journal";
const KEY: &str = "key";
const SHAPE: &[StoreShape] = &[StoreShape {
    name: STORE,
    key_path: KEY,
    indexes: &[],
}];
/// Entries that are read at once.
const PAGE: u32 = 10_000;

/// An entry as it is stored.
#[derive(Serialize, Deserialize)]
struct Entry {
    key: String,
    text: String,
}

/// A journal in IndexedDB. Who has the records open has it alone too.
pub(crate) struct IndexedJournal {
    database: Database,
}

impl IndexedJournal {
    /// Opens the journal that belongs to the records of a name.
    ///
    /// # Errors
    /// The browser keeps no databases here, or cannot read this one.
    pub(crate) async fn open(name: &str) -> Result<Self, Failure> {
        // Where the browser takes it away, the next batch fails and says so.
        let name = format!("lan-broadcaster:replication:{name}");
        let opened = Database::open(&name, SHAPE, || {});
        let database = opened.await.map_err(|error| failure(&error))?;
        Ok(Self { database })
    }

    async fn read(&self) -> Result<Vec<(String, String)>, web::Error> {
        let transaction = self.database.read(&[STORE])?;
        let store = transaction.store(STORE)?;
        let (mut entries, mut last) = (Vec::new(), None);
        loop {
            let page = store.page(last.as_ref(), PAGE).await?;
            let read = serde_json::from_str::<Vec<Entry>>(&page.text()?);
            // What nobody can read is as good as not there: it is found out anew.
            let read = read.unwrap_or_default().into_iter();
            entries.extend(read.map(|Entry { key, text }| (key, text)));
            if page.len() < PAGE as usize {
                return Ok(entries);
            }
            last = page.last_key(KEY);
        }
    }

    async fn write(&self, batch: &Batch) -> Result<(), web::Error> {
        let transaction = self.database.write(&[STORE], Durability::Strict)?;
        let store = transaction.store(STORE)?;
        for (key, text) in batch {
            match text {
                Some(text) => store.put(&entry(key, text))?,
                None => store.delete(key)?,
            }
        }
        drop(store);
        transaction.commit().await
    }
}

fn entry(key: &str, text: &str) -> String {
    let entry = Entry {
        key: key.to_owned(),
        text: text.to_owned(),
    };
    serde_json::to_string(&entry).expect("texts are JSON")
}

impl Journal for IndexedJournal {
    fn load(&self) -> Answer<'_, Vec<(String, String)>> {
        Box::pin(async { self.read().await.map_err(|error| failure(&error)) })
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> Answer<'a, ()> {
        Box::pin(async { self.write(batch).await.map_err(|error| failure(&error)) })
    }
}
