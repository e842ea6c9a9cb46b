//! What a person decides about records that wait for it.

use super::entries::Held;
use super::hash::Content;
use super::pulling::removed;
use super::queue::Rank;
use super::replicated::Replicated;
use super::running::Trouble;
use super::taking::News;
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::{Document, Id};

/// A record that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The record.
    pub id: Id,
    /// What it is here; `None`: it was removed.
    pub local: Option<Document>,
    /// What is known of the server's side.
    pub remote: Side,
}

/// The server's side of a conflict.
#[derive(Debug, Clone, PartialEq)]
pub enum Side {
    /// It has this; `None`: it was removed there.
    Has(Option<Document>),
    /// It does not take what is here.
    Refuses(Failure),
}

/// What a person wants to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// What is here; it is sent over the server's, or sent again if it was refused.
    Local,
    /// What the server has.
    Remote,
    /// The server's under the record's id, and what is here as a new record.
    Both,
}

impl Replicated {
    /// The records that wait for a person, by id. Those that mode 3 leaves are not among them.
    ///
    /// # Errors
    /// The local storage cannot be read.
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, Failure> {
        let held: Vec<(Id, Held)> = {
            let core = self.core.borrow();
            let asked = core.book.all_held().filter(|(_, held)| held.is_asked());
            asked.map(|(id, held)| (id.clone(), held.clone())).collect()
        };
        let mut conflicts = Vec::new();
        for (id, held) in held {
            let local = self.document(&id).await.map_err(to_failure)?;
            let remote = match held {
                Held::Clash { document, .. } => Side::Has(document),
                Held::Refused { status, words, .. } => Side::Refuses(Failure {
                    status_code: status,
                    message: words,
                }),
            };
            conflicts.push(Conflict { id, local, remote });
        }
        Ok(conflicts)
    }

    /// Does what a person decided. One that was left by mode 3 can be decided as well.
    ///
    /// # Errors
    /// 404 when the record waits for nobody (any more); what the storage fails with, or the server where it
    /// has to be asked: then the record goes on waiting.
    pub async fn resolve(&self, id: &Id, keep: Keep) -> Result<(), Failure> {
        let _through = self.gate.enter().await;
        let _alone = self.turns.alone([id.clone()]).await;
        let resolved = self.decide(id, keep).await;
        resolved.map_err(to_failure)?;
        self.commit().await.map_err(to_failure)?;
        self.wake();
        Ok(())
    }

    async fn decide(&self, id: &Id, keep: Keep) -> Result<(), Trouble> {
        let held = self.core.borrow().book.held(id).cloned();
        let held = held.ok_or_else(|| {
            Trouble::Here(Failure::new(404, format!("{id} does not wait for anybody")))
        })?;
        // The server is asked first: where it does not answer, nothing has happened.
        let theirs = match held {
            Held::Clash {
                revision,
                remote,
                document,
                ..
            } => Some(News {
                id: id.clone(),
                remote,
                revision,
                document,
            }),
            Held::Refused { .. } if keep == Keep::Local => None,
            Held::Refused { .. } => Some(self.ask(id).await?),
        };
        if keep == Keep::Both {
            let theirs = theirs.as_ref().and_then(News::content);
            self.copy(id, theirs).await?;
        }
        match theirs {
            Some(theirs) if keep != Keep::Local => return self.write_here(vec![theirs]).await,
            Some(theirs) => self.book().agree(id, theirs.agreed()),
            None => self.book().retry(id),
        }
        self.push(id, Rank::Urgent);
        Ok(())
    }

    /// Stores what is here under another id, always the same, so that deciding twice makes one copy. Then
    /// the server's can take its place, unless it has already: where taking it over was cut.
    async fn copy(&self, id: &Id, theirs: Option<Content>) -> Result<(), Trouble> {
        let Some(document) = self.document(id).await? else {
            return Ok(());
        };
        let content = Content::of(&document);
        if Some(content) == theirs {
            return Ok(());
        }
        let content = content.to_text();
        // The longest ids have no room for it; a name by content alone is as good.
        let copy = Id::new(format!("{id}-{}", &content[..8])).or_else(|_| Id::new(content));
        let copy = copy.map_err(|error| Trouble::Here(Failure::new(400, error.to_string())))?;
        let stored = self.local.execute(Call::Put(copy.clone(), document)).await;
        stored.map_err(Trouble::Here)?;
        self.push(&copy, Rank::Written);
        Ok(())
    }

    /// What the server has of a record that it refuses to change.
    async fn ask(&self, id: &Id) -> Result<News, Trouble> {
        let mut news = removed(&self.core.borrow().book, id);
        if self.core.borrow().book.agreed(id).is_none() {
            return Ok(news);
        }
        let remote = self.core.borrow().book.remote_id(id);
        let state = self.remote.read(&remote).await;
        self.book_usage();
        if let Some(state) = state.map_err(Trouble::There)? {
            news.revision = state.revision;
            news.document = state.document;
        }
        Ok(news)
    }
}

pub(super) fn to_failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::There(failure) | Trouble::Here(failure) => failure,
    }
}
