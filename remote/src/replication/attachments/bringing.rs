//! Taking an attachment to the server, or its removal: noted in the journal before, and where that was cut, the
//! server is asked first whether it came.

use super::candidates::{Act, Plan};
use super::file::{Bringing, File, Held, Place};
use super::print::{Print, Printer};
use crate::download::check_size;
use crate::replica::{Attached, Bring, Brought, Revision, State};
use crate::replication::pulling::removed;
use crate::replication::replicated::{Core, Replicated};
use crate::replication::running::Trouble;
use crate::replication::taking::News;
use jio::Id;
use jio::endpoint::Failure;

impl Replicated {
    /// Does what was planned.
    pub(in crate::replication) async fn carry(&self) -> Result<(), Trouble> {
        let plan = self.core.borrow().candidates.plan.clone();
        match plan {
            None => Ok(()),
            Some(Plan {
                place,
                act: Act::Bring,
                ..
            }) => self.bring(place).await,
            Some(Plan {
                place,
                act: Act::Fetch(theirs),
                ..
            }) => self.fetch(place, theirs).await,
        }
    }

    async fn bring(&self, place: Place) -> Result<(), Trouble> {
        self.core.borrow_mut().candidates.plan = None;
        let whole = match self.whole(&place).await? {
            Ok(whole) => whole,
            Err(failure) => return self.hold_file(&place, failure).await,
        };
        let Some(base) = self.core.borrow().revision(&place.id) else {
            return Ok(());
        };
        let print = whole.as_ref().map(|(print, _)| print.clone());
        let content = print.as_ref().map(|print| print.content);
        if self.core.borrow().book.file(&place).content == content {
            self.book().touch(&place.id);
            return Ok(()); // Written back to what it was: looked at again.
        }
        let bringing = Bringing {
            place: place.clone(),
            content,
            length: print.as_ref().map_or(0, |print| print.length),
            digest: print.map(|print| print.digest),
        };
        self.book().set_bringing(Some(bringing.clone()));
        self.commit().await?;
        let bring = Bring {
            id: self.core.borrow().book.remote_id(&place.id),
            name: place.name.clone(),
            base,
            content: whole.map(|(print, bytes)| (print.content_type, bytes)),
        };
        let brought = self.remote.bring_attachment(bring).await;
        let brought = brought.map_err(Trouble::There)?;
        self.on_answer();
        match brought {
            Brought::Stored { state, digest } => {
                self.settle_file(bringing, Some(state), digest).await
            }
            Brought::Conflict(state) => self.refresh(&place, state).await,
            Brought::Refused(failure) => {
                self.book().set_bringing(None);
                self.hold_file(&place, failure).await
            }
        }
    }

    /// All bytes of what is here, and their name; or why they cannot be brought.
    async fn whole(
        &self,
        place: &Place,
    ) -> Result<Result<Option<(Print, Vec<u8>)>, Failure>, Trouble> {
        let _alone = self.turns.alone([place.id.clone()]).await;
        let Some(reader) = self.reader(place).await? else {
            return Ok(Ok(None));
        };
        if let Err(failure) = check_size(reader.size()) {
            return Ok(Err(failure));
        }
        let whole = self.read_whole(place).await?;
        Ok(Ok(whole.map(|whole| {
            let mut printer = Printer::default();
            printer.add(&whole);
            (printer.end(reader.content_type()), whole)
        })))
    }

    /// Asks whether what was cut came; if it did not, it is a candidate again.
    pub(in crate::replication) async fn ask_brought(&self) -> Result<(), Trouble> {
        let bringing = self.core.borrow().book.bringing().cloned();
        let Some(bringing) = bringing else {
            return Ok(());
        };
        self.commit().await?;
        let remote = self.core.borrow().book.remote_id(&bringing.place.id);
        let state = self.remote.read(&remote).await.map_err(Trouble::There)?;
        let digest = match &state {
            Some(state) => self.compare_bytes(&bringing, &remote, state).await?,
            None => None,
        };
        self.on_answer();
        self.settle_file(bringing, state, digest).await
    }

    /// Where the server packs what it has, so that its name for it tells nothing, and all else fits, it has to
    /// give it back to be known: the server's name for it, if it is what was brought.
    async fn compare_bytes(
        &self,
        bringing: &Bringing,
        remote: &Id,
        state: &State,
    ) -> Result<Option<String>, Trouble> {
        let place = &bringing.place;
        let before = self.core.borrow().book.file(place).digest;
        let is_like = |theirs: &Attached| {
            theirs.name == place.name
                && theirs.length == bringing.length
                && Some(&theirs.digest) != bringing.digest.as_ref()
                && Some(&theirs.digest) != before.as_ref()
        };
        let all = self.remote.attachments(&state.revision);
        let theirs = all.into_iter().flatten().find(is_like);
        let Some(theirs) = theirs.filter(|_| bringing.content.is_some()) else {
            return Ok(None);
        };
        let revision = &state.revision;
        let part = self
            .remote
            .read_attachment(remote, &place.name, revision, None);
        let Some(part) = part.await.map_err(Trouble::There)? else {
            return Ok(None);
        };
        let mut printer = Printer::default();
        printer.add(&part.bytes);
        let content = printer.end("").content;
        Ok((Some(content) == bringing.content).then_some(theirs.digest))
    }

    /// Notes what the server has after a change; the record's new revision is agreed on with it.
    async fn settle_file(
        &self,
        bringing: Bringing,
        state: Option<State>,
        digest: Option<String>,
    ) -> Result<(), Trouble> {
        let place = bringing.place.clone();
        let bringing = Bringing {
            digest: digest.or(bringing.digest),
            ..bringing
        };
        self.book().set_bringing(Some(bringing.clone()));
        let theirs = state
            .as_ref()
            .and_then(|state| self.remote.attachments(&state.revision))
            .and_then(|all| all.into_iter().find(|theirs| theirs.name == place.name));
        let stored = stored(&bringing, theirs.as_ref());
        let news = self.news(&place.id, state);
        let revision = news.revision.clone();
        self.take_over(vec![news], |core| {
            core.book.set_bringing(None);
            // A record that waits, or is not taken over, keeps its attachments waiting: they are compared then.
            let is_agreed = core.revision(&place.id) == Some(revision);
            if let Some(stored) = stored.filter(|_| is_agreed) {
                core.book.set_file(&place, |file| {
                    // Whether it was written meanwhile is found out at the next look.
                    file.content = stored.content;
                    file.digest = stored.digest;
                });
            }
        })
        .await
    }

    /// The record has another state than the one known here.
    pub(super) async fn refresh(&self, place: &Place, state: Option<State>) -> Result<(), Trouble> {
        let before = self.core.borrow().revision(&place.id);
        let news = self.news(&place.id, state);
        self.take_over(vec![news], |core| core.book.set_bringing(None))
            .await?;
        if self.core.borrow().revision(&place.id) == before {
            // It waits for a person, or is not taken over: so does what is attached to it.
            self.sort();
            self.core.borrow_mut().candidates.remove(place);
        }
        Ok(())
    }

    fn news(&self, id: &Id, state: Option<State>) -> News {
        let mut news = removed(&self.core.borrow().book, id);
        if let Some(state) = state {
            news.revision = state.revision;
            news.document = state.document;
        }
        news
    }

    /// One side does not take what the other has.
    pub(super) async fn hold_file(&self, place: &Place, failure: Failure) -> Result<(), Trouble> {
        let theirs = self.core.borrow().theirs(&*self.remote, place);
        self.book().set_file(place, |file| {
            file.held = Some(Held::refused(theirs.as_ref(), failure));
        });
        self.commit().await
    }
}

impl Core {
    pub(super) fn revision(&self, id: &Id) -> Option<Revision> {
        let agreed = self.book.agreed(id)?;
        Some(Revision(agreed.revision.to_string()))
    }
}

/// What both sides have, if the server has what was brought.
fn stored(bringing: &Bringing, theirs: Option<&Attached>) -> Option<File> {
    match (bringing.content, theirs) {
        (None, None) => Some(File::default()),
        (Some(content), Some(theirs)) => {
            let is_ours = bringing.digest.as_ref() == Some(&theirs.digest);
            is_ours.then(|| File {
                content: Some(content),
                digest: Some(theirs.digest.clone()),
                ..File::default()
            })
        }
        (Some(_), None) | (None, Some(_)) => None,
    }
}
