//! Taking over what the server has: from its changes, from its list of ids, or from its answer to a write.

use super::entries::{Agreed, Held, Incoming};
use super::hash::Content;
use super::join::join;
use super::options::Conflicts;
use super::queue::Rank;
use super::replicated::{Core, Replicated};
use super::running::Trouble;
use super::verdict::{Verdict, judge};
use crate::replica::{Attached, Revision};
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::storage::Answer;
use jio::{Document, Id};
use serde_json::Value;
use std::collections::BTreeSet;

/// A state of the server.
#[derive(Debug, Clone)]
pub(super) struct News {
    /// The record here.
    pub(super) id: Id,
    /// The server's id, where it is another.
    pub(super) remote: Option<Id>,
    pub(super) revision: Revision,
    /// `None`: it was removed.
    pub(super) document: Option<Document>,
}

impl News {
    /// What the server told of a record that it calls by its own id.
    pub(super) fn new(
        core: &Core,
        remote: Id,
        revision: Revision,
        document: Option<Document>,
    ) -> Self {
        let id = core.book.local_id(&remote);
        Self {
            remote: (remote != id).then_some(remote),
            id,
            revision,
            document,
        }
    }

    pub(super) fn content(&self) -> Option<Content> {
        self.document.as_ref().map(Content::of)
    }

    pub(super) fn agreed(&self) -> Option<Agreed> {
        self.incoming().into_agreed()
    }

    fn incoming(&self) -> Incoming {
        Incoming {
            id: self.id.clone(),
            content: self.content(),
            revision: self.revision.clone(),
            remote: self.remote.clone(),
        }
    }

    fn call(&self) -> Call {
        match self.document.clone() {
            Some(document) => Call::Put(self.id.clone(), document),
            None => Call::Remove(self.id.clone()),
        }
    }

    fn clash(self, is_left: bool) -> Held {
        Held::Clash {
            revision: self.revision,
            remote: self.remote,
            document: self.document,
            is_left,
        }
    }
}

impl Core {
    /// Notes what news mean by themselves; gives them back if they are to be written here.
    ///
    /// `attached` are the attachments that the server has: a record is not removed over one that the other side
    /// has not seen.
    fn take(&mut self, news: News, ours: Option<Content>, attached: &[Attached]) -> Option<News> {
        let agreed = self.book.agreed(&news.id).map(|agreed| agreed.content);
        let theirs = news.content();
        let verdict = match self.book.held(&news.id) {
            // What was sent before the refused one had arrived.
            Some(Held::Refused { tried, .. }) if tried.contains(&theirs) => Verdict::Rebase,
            Some(_) | None => judge(ours, agreed, theirs),
        };
        let is_attached_here = theirs.is_none() && self.book.has_marks(&news.id);
        let is_attached_there = ours.is_none() && self.book.has_unseen(&news.id, attached);
        let verdict = match verdict {
            Verdict::Apply if is_attached_here => Verdict::Clash,
            Verdict::Rebase if is_attached_there => Verdict::Clash,
            Verdict::Agree | Verdict::Apply | Verdict::Rebase | Verdict::Clash => verdict,
        };
        let is_carried = self.options.taken.has(agreed.is_some(), theirs.is_some());
        match verdict {
            Verdict::Agree => self.book.agree(&news.id, news.agreed()),
            Verdict::Rebase => {
                self.book.agree(&news.id, news.agreed());
                self.queue.push(&news.id, Rank::Written);
            }
            Verdict::Apply | Verdict::Clash if !is_carried => {}
            Verdict::Apply => return Some(news),
            Verdict::Clash => return self.clash(news),
        }
        None
    }

    fn clash(&mut self, news: News) -> Option<News> {
        match self.options.conflicts {
            Conflicts::KeepRemote => return Some(news),
            Conflicts::KeepLocal => {
                self.book.agree(&news.id, news.agreed());
                self.queue.push(&news.id, Rank::Written);
            }
            mode @ (Conflicts::Ask | Conflicts::Leave) => {
                let id = news.id.clone();
                self.book.hold(&id, news.clash(mode == Conflicts::Leave));
                self.queue.remove(&id);
            }
        }
        None
    }
}

impl Replicated {
    /// Takes news over, and notes with them what the server's answer means besides.
    pub(super) async fn take_over(
        &self,
        news: Vec<News>,
        besides: impl FnOnce(&mut Core),
    ) -> Result<(), Trouble> {
        let news = each_once(news);
        let _alone = self
            .turns
            .alone(news.iter().map(|news| news.id.clone()))
            .await;
        let mut taken = Vec::new();
        for item in news {
            let ours = self.document(&item.id).await?.as_ref().map(Content::of);
            let attached = self.remote.attachments(&item.revision);
            let attached = attached.unwrap_or_default();
            taken.extend(self.core.borrow_mut().take(item, ours, &attached));
        }
        self.write_here(taken).await?;
        besides(&mut self.core.borrow_mut());
        self.commit().await
    }

    /// Writes states of the server over what is here. The caller has the records alone.
    pub(super) async fn write_here(&self, taken: Vec<News>) -> Result<(), Trouble> {
        if taken.is_empty() {
            return Ok(());
        }
        // A write that was cut between the storage and the journal would else look like one of a person.
        let incoming = taken.iter().map(News::incoming).collect();
        self.book().set_incoming(incoming);
        self.commit().await?;
        let writes: Vec<Answer<'_, Value>> = taken
            .iter()
            .map(|news| self.local.execute(news.call()))
            .collect();
        let results = join(writes).await;
        for (news, result) in taken.into_iter().zip(results) {
            match result {
                Ok(_) => {
                    let core = &mut *self.core.borrow_mut();
                    core.book.agree(&news.id, news.agreed());
                    core.queue.remove(&news.id);
                }
                Err(failure) if is_final(&failure) => {
                    let id = news.id.clone();
                    self.book().hold(&id, news.clash(false));
                }
                Err(failure) => return Err(Trouble::Here(failure)),
            }
        }
        self.book().set_incoming(Vec::new());
        Ok(())
    }
}

/// Whether the storage of this computer will never take this one.
pub(super) fn is_final(failure: &Failure) -> bool {
    matches!(failure.status_code, Some(400..=428 | 430..=499))
}

/// Of several states of one record, the last.
fn each_once(mut news: Vec<News>) -> Vec<News> {
    let mut seen = BTreeSet::new();
    news.reverse();
    news.retain(|news| seen.insert(news.id.clone()));
    news.reverse();
    news
}
