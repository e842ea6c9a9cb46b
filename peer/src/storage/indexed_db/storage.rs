//! The storage itself: a table from calls to its parts.

use super::documents;
use super::downloads::Outgoing;
use super::state::State;
use super::uploads::{self, Incoming};
use super::{Mode, Restored, Save, failure, refusal, removal, restore, unopened};
use crate::storage::layout;
use jio::endpoint::Failure;
use jio::live::{Changed, Watched, Watcher};
use jio::rpc::{Call, Content};
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{Collection, Id, Name};
use serde_json::{Value, json};
use std::ops::Range;
use std::rc::{Rc, Weak};
use web::blob::Blob;
use web::idb::Database;
use web::{locks, persistence};

/// Where a database stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Another window of this browser has it; it opens when that one is closed.
    Waiting,
    /// Being read.
    Loading,
    /// Open.
    Open,
    /// The browser or another window took it away; the page must be loaded again.
    Gone,
}

impl Standing {
    /// A sentence for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "waiting for another window that uses this database",
            Self::Loading => "reading the database",
            Self::Open => "the database is open",
            Self::Gone => {
                "the database was closed by the browser or another window: reload this page"
            }
        }
    }
}

/// A database in IndexedDB: `jio:NAME`, as jIO lays it out.
pub struct IndexedDb {
    state: Rc<State>,
}

impl IndexedDb {
    /// Opens or makes a database, and reads its documents.
    ///
    /// Where the browser has Web Locks, one context has it open at a time and the others wait. On
    /// pages of plain `http://` addresses there are none: two windows see each other's changes only
    /// with `repair`.
    ///
    /// # Errors
    /// The browser keeps no databases here, or cannot read this one.
    pub async fn open(
        name: &str,
        on_standing: impl Fn(Standing) + 'static,
    ) -> Result<Self, Failure> {
        let on_standing = Rc::new(on_standing);
        let database = layout::database(name);
        let lock = locks::acquire(&database, || on_standing(Standing::Waiting)).await;
        let lock = lock.map_err(|error| failure(&error))?;
        on_standing(Standing::Loading);
        let state = Rc::new(State::new(name));
        let gone = Rc::downgrade(&state);
        let on_gone = {
            let on_standing = on_standing.clone();
            move || {
                if let Some(state) = gone.upgrade() {
                    state.on_gone();
                    on_standing(Standing::Gone);
                }
            }
        };
        let opened = Database::open(&database, layout::SHAPE, on_gone).await;
        state.on_open(opened.map_err(|error| unopened(&error))?, lock);
        uploads::sweep(&state).await?;
        documents::load(&state).await?;
        persistence::ask();
        on_standing(Standing::Open);
        Ok(Self { state })
    }

    /// Name of the database.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// How many documents there are.
    pub fn document_count(&self) -> usize {
        self.state.documents.borrow().len()
    }

    /// How many records in the place of documents are none. They are never touched, but by a restore
    /// that replaces everything.
    pub fn unreadable_count(&self) -> usize {
        self.state.unreadable.get()
    }

    /// Begins to save a copy.
    ///
    /// # Errors
    /// The database is closed or cannot be read.
    pub async fn save(&self) -> Result<Save, Failure> {
        Save::new(self.state.clone()).await
    }

    /// Restores a saved copy, after all of it has been checked: completely, or not at all.
    ///
    /// # Errors
    /// 400 with words when it is not a copy, or damaged; 409 when attachments collide with others; 507
    /// when there is no room. Nothing has changed then.
    pub async fn restore(&self, copy: &Blob, mode: Mode) -> Result<Restored, Failure> {
        restore::restore(&self.state, copy, mode).await
    }

    /// Closes the database once what was asked for is written. What is asked for later fails.
    pub async fn close(&self) {
        let _turn = self.state.clone().turn().await;
        self.state.on_closed();
    }

    async fn execute(&self, call: Call) -> Result<Value, Failure> {
        let state = &self.state;
        state.check()?;
        match call {
            Call::Post(document) => {
                let id = documents::new_id()?;
                state.clone().put(id.clone(), document).await?;
                Ok(id.as_str().into())
            }
            Call::Put(id, document) => {
                state.clone().put(id.clone(), document).await?;
                Ok(id.as_str().into())
            }
            Call::Get(id) => documents::get(state, &id),
            Call::Remove(id) => {
                state.clone().remove(id.clone()).await?;
                Ok(id.as_str().into())
            }
            Call::AllDocs(options) => documents::all_docs(state, &options),
            Call::PutAttachment(id, name, content) => self.put_text(id, name, content).await,
            Call::GetAttachment { .. } => Err(Failure::new(501, "attachments are read in parts")),
            Call::RemoveAttachment(id, name) => removal::attachment(state, id, name).await,
            Call::AllAttachments(id) => documents::attachments(state, &id).await,
            Call::Repair => {
                let _turn = state.clone().turn().await;
                documents::load(state).await?;
                state.watchers.tell(&Changed::All);
                Ok(Value::Null)
            }
        }
    }

    async fn put_text(&self, id: Id, name: Name, content: Content) -> Result<Value, Failure> {
        let Content::Text { text, content_type } = content else {
            return Err(Failure::new(501, "attachments are written in parts"));
        };
        let size = text.len() as u64;
        let upload = Upload {
            id,
            name,
            content_type,
            size,
        };
        let mut incoming = Incoming::begin(self.state.clone(), upload).await?;
        incoming.take(text.as_bytes()).await?;
        incoming.store().await?;
        Ok(json!({}))
    }
}

impl Storage for IndexedDb {
    fn execute(&self, call: Call) -> Answer<'_, Value> {
        Box::pin(self.execute(call))
    }

    fn execute_to_text(&self, call: Call) -> Answer<'_, String> {
        Box::pin(async move {
            // Rows are written where they are, without being copied first.
            if let Call::AllDocs(options) = &call {
                self.state.check()?;
                let documents = self.state.documents.borrow();
                let rows = documents.all_docs(options).map_err(refusal)?;
                return Ok(serde_json::to_string(&rows).expect("rows are JSON"));
            }
            Ok(self.execute(call).await?.to_string())
        })
    }

    fn watched(&self) -> Option<&dyn Watched> {
        Some(self)
    }

    fn put_attachment(&self, upload: Upload) -> Answer<'_, Box<dyn AttachmentWriter>> {
        Box::pin(async move {
            let incoming = Incoming::begin(self.state.clone(), upload).await?;
            Ok(Box::new(incoming) as Box<dyn AttachmentWriter>)
        })
    }

    fn get_attachment(
        &self,
        id: Id,
        name: Name,
        range: Option<Range<u64>>,
    ) -> Answer<'_, Box<dyn AttachmentReader>> {
        Box::pin(async move {
            let outgoing = Outgoing::begin(self.state.clone(), id, name, range).await?;
            Ok(Box::new(outgoing) as Box<dyn AttachmentReader>)
        })
    }
}

impl Watched for IndexedDb {
    fn watch(&self, watcher: Weak<Watcher>) {
        self.state.watchers.add(watcher);
    }

    fn read(&self, reader: &mut dyn FnMut(&Collection)) {
        reader(&self.state.documents.borrow());
    }
}
