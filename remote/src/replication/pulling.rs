//! Asking the server what changed, and what it has no more.

use super::book::Book;
use super::entries::Held;
use super::replicated::{Core, Replicated};
use super::running::Trouble;
use super::taking::News;
use crate::Millis;
use crate::replica::{Changes, Revision};
use jio::Id;
use jio::endpoint::Failure;
use std::collections::HashSet;

/// Records removed in one step.
const PORTION: usize = 500;
/// A list that misses more than this many records, and more than a third of all, is not believed: a server
/// that lost its catalogue, or shows little to another user, must not empty this computer.
const BELIEVED: usize = 20;
/// For how long a record that was sent may be missing in the server's list, which is made now and then.
const UNLISTED: Millis = Millis::from_minutes(15);

impl Replicated {
    /// Takes over one portion of what changed.
    pub(super) async fn pull(&self) -> Result<(), Trouble> {
        self.commit().await?;
        let since = {
            let core = &mut *self.core.borrow_mut();
            core.is_pull_asked = false;
            core.book.facts().cursor.clone()
        };
        let known = |id: &Id, revision: &Revision| self.core.borrow().book.knows(id, revision);
        let changes = self.remote.changes_but(since.as_ref(), &known).await;
        let changes = changes.map_err(Trouble::There)?;
        self.on_answer();
        let Changes {
            changes,
            cursor,
            is_last,
        } = changes;
        if !is_last && changes.is_empty() && since.as_ref() == Some(&cursor) {
            let endless = "the server tells of more changes, but not which";
            return Err(Trouble::There(Failure::new(500, endless)));
        }
        let news = {
            let core = self.core.borrow();
            let new = changes
                .into_iter()
                .filter(|(id, state)| !core.book.knows(id, &state.revision));
            new.map(|(id, state)| News::new(&core, id, state.revision, state.document))
                .collect()
        };
        self.take_over(news, |core| {
            let now = core.moment.now;
            core.is_pull_first = false;
            // Who asked while this portion was under way wants what changed since.
            let is_over = is_last && !core.is_pull_asked;
            core.next_pull = is_over.then(|| now + core.options.poll_every);
            core.book.set_facts(|facts| {
                facts.cursor = Some(cursor);
                facts.is_read |= is_last;
                if is_last {
                    // Nothing can be missing of what was read just now.
                    facts.listed.get_or_insert(now);
                }
            });
        })
        .await
    }

    /// Compares the ids of all records, where the server tells of removals in no other way.
    pub(super) async fn list_there(&self) -> Result<(), Trouble> {
        self.commit().await?;
        let asks = self.core.borrow().listing.asks;
        let ids = self.remote.all_ids().await.map_err(Trouble::There)?;
        self.on_answer();
        let Some(ids) = ids else {
            self.core.borrow_mut().listing.is_needless = true;
            return Ok(());
        };
        let missing = self.missing(&ids.into_iter().collect());
        for portion in missing.chunks(PORTION) {
            self.take_over(portion.to_vec(), |_| ()).await?;
        }
        self.on_listed(asks);
        self.commit().await
    }

    fn on_listed(&self, asks: u64) {
        let core = &mut *self.core.borrow_mut();
        let now = core.moment.now;
        // Who asked while the list was under way wants a later one.
        core.listing.is_asked &= core.listing.asks != asks;
        core.listing.is_trusted = false;
        core.book.set_facts(|facts| facts.listed = Some(now));
    }

    /// Records that the server had and has no more.
    fn missing(&self, there: &HashSet<Id>) -> Vec<News> {
        let core = &mut *self.core.borrow_mut();
        core.forget_recent();
        let known = core.book.agreed_ids().count();
        let gone = core.book.agreed_ids().filter(|id| {
            !core.recent.contains_key(id)
                && !there.contains(&core.book.remote_id(id))
                && !is_known_gone(&core.book, id)
        });
        let gone: Vec<News> = gone.map(|id| removed(&core.book, id)).collect();
        let is_believed =
            gone.len() <= BELIEVED || gone.len() <= known / 3 || core.listing.is_trusted;
        core.listing.missing = if is_believed { 0 } else { gone.len() };
        if is_believed { gone } else { Vec::new() }
    }
}

impl Core {
    /// Forgets what was sent so long ago that a list must have it.
    pub(super) fn forget_recent(&mut self) {
        let now = self.moment.now;
        self.forgotten = now;
        self.recent
            .retain(|_, sent| *sent <= now && now - *sent < UNLISTED);
    }
}

/// A person is asked already about a removal there.
fn is_known_gone(book: &Book, id: &Id) -> bool {
    matches!(book.held(id), Some(Held::Clash { document: None, .. }))
}

/// A record of the server that is not there any more.
pub(super) fn removed(book: &Book, id: &Id) -> News {
    let remote = book.remote_id(id);
    News {
        id: id.clone(),
        remote: (remote != *id).then_some(remote),
        revision: Revision(String::new()),
        document: None,
    }
}
