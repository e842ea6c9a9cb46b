//! After opening: what differs from what was agreed is found by comparing, and a taking over that was cut is
//! brought to its end. The line is not used.

use super::book::Book;
use super::entries::{Agreed, Incoming};
use super::hash::Content;
use super::queue::Rank;
use super::replicated::{Opening, Replicated};
use super::running::Trouble;
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::{AllDocs, CAPACITIES, Id};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

/// Records compared in one step: some milliseconds.
const PORTION: usize = 500;

/// The answer to `allDocs`, but for what is not needed of it.
#[derive(Deserialize)]
struct Listed {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
}

impl Replicated {
    /// Reads the journal.
    pub(super) async fn open(&self) -> Result<(), Trouble> {
        let texts = self.journal.load().await.map_err(Trouble::Here)?;
        {
            let mut core = self.core.borrow_mut();
            core.book = Book::load(texts, &core.options.server, &core.options.scope);
        }
        // Marks are written by themselves, and worth nothing in a journal that is another server's.
        self.commit().await?;
        self.core.borrow_mut().opening = Opening::Unlisted;
        Ok(())
    }

    /// Lists the ids that are here. A record that is written from now on notes that itself.
    pub(super) async fn list(&self) -> Result<(), Trouble> {
        let options = AllDocs::from_json(&json!({}), CAPACITIES);
        let options = options.map_err(|error| broken(error.to_string()))?;
        let text = self.local.execute_to_text(Call::AllDocs(options)).await;
        let listed: Listed = serde_json::from_str(&text.map_err(Trouble::Here)?)
            .map_err(|error| broken(error.to_string()))?;
        let rows = listed.data.rows.into_iter();
        let here: BTreeSet<Id> = rows.filter_map(|row| Id::new(row.id).ok()).collect();
        let core = &mut *self.core.borrow_mut();
        if std::mem::take(&mut core.is_relisted) {
            core.book.set_facts(|facts| facts.is_attached = false);
        }
        for id in core.book.agreed_ids().filter(|id| !here.contains(id)) {
            core.queue.push(id, Rank::Found);
        }
        core.opening = Opening::Comparing(here.into_iter().collect());
        Ok(())
    }

    /// Compares a portion of them.
    pub(super) async fn compare(&self) -> Result<(), Trouble> {
        let portion = match &self.core.borrow().opening {
            Opening::Comparing(ids) => ids[ids.len().saturating_sub(PORTION)..].to_vec(),
            Opening::Unread | Opening::Unlisted | Opening::Open => return Ok(()),
        };
        let is_attached = self.core.borrow().book.facts().is_attached;
        for id in &portion {
            if !is_attached {
                self.mark_differing(id).await?;
            }
            let ours = self.document(id).await?.as_ref().map(Content::of);
            let mut core = self.core.borrow_mut();
            if ours != core.book.agreed(id).map(|agreed| agreed.content) {
                core.queue.push(id, Rank::Found);
            }
        }
        let mut core = self.core.borrow_mut();
        // Where the list was asked for anew meanwhile, that one counts.
        if let Opening::Comparing(ids) = &mut core.opening {
            ids.truncate(ids.len() - portion.len());
            if ids.is_empty() {
                core.opening = Opening::Open;
                let is_relisted = core.is_relisted;
                core.book
                    .set_facts(|facts| facts.is_attached = !is_relisted);
            }
        }
        Ok(())
    }

    /// Ends a taking over that was cut: what is here already is agreed on, and of what is not the server
    /// tells again.
    pub(super) async fn recover(&self) -> Result<(), Trouble> {
        let incoming = self.core.borrow().book.incoming().to_vec();
        for item in incoming {
            let ours = self.document(&item.id).await?.as_ref().map(Content::of);
            if ours == item.content {
                let id = item.id.clone();
                self.book().agree(&id, item.into_agreed());
            }
        }
        self.book().set_incoming(Vec::new());
        self.recover_file().await?;
        self.commit().await
    }
}

impl Incoming {
    pub(super) fn into_agreed(self) -> Option<Agreed> {
        Some(Agreed {
            content: self.content?,
            revision: self.revision.0.into(),
            remote: self.remote.map(Box::new),
        })
    }
}

fn broken(words: String) -> Trouble {
    Trouble::Here(Failure::new(500, words))
}
