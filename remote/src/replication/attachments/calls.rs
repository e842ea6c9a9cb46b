//! Callers' side of attachments: each write is marked in the journal before it is stored, and what the server has and
//! is not here yet is fetched for who reads it.

use super::file::Place;
use crate::replication::replicated::{Opening, Replicated};
use crate::replication::standing::Line;
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::storage::{Answer, AttachmentReader, AttachmentWriter, Upload};
use jio::{Id, Name};
use serde_json::{Value, json};
use std::future::poll_fn;
use std::ops::Range;
use std::rc::Rc;
use std::task::Poll;

/// An attachment that a caller brings; marked before it takes the place of the one that was.
struct Marked {
    of: Rc<Replicated>,
    place: Place,
    inner: Box<dyn AttachmentWriter>,
}

impl AttachmentWriter for Marked {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()> {
        self.inner.write(bytes)
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let Self { of, place, inner } = *self;
            let _writing = of.turn(&place.id).await;
            of.mark(std::slice::from_ref(&place)).await?;
            let _changed = Changed { of: &of };
            inner.finish().await
        })
    }
}

/// A write under way: when it ends, there is work.
struct Changed<'a> {
    of: &'a Replicated,
}

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        self.of.wake();
    }
}

impl Replicated {
    /// Writes to the journal that these may be changed from now on.
    async fn mark(&self, places: &[Place]) -> Result<(), Failure> {
        let batch = self.book().mark(places);
        self.journal.commit(&batch).await
    }

    /// A record is about to be removed, and its attachments with it: should it be made anew before the server
    /// heard of that, they have to be compared.
    pub(in crate::replication) async fn mark_all(&self, id: &Id) -> Result<(), Failure> {
        let places: Vec<Place> = {
            let core = self.core.borrow();
            let files = core.book.files(id);
            files.map(|(name, _)| Place::new(id, name)).collect()
        };
        if places.is_empty() {
            return Ok(());
        }
        self.mark(&places).await
    }

    /// Writes or removes an attachment by a call.
    pub(in crate::replication) async fn change_attachment(
        &self,
        id: Id,
        name: Name,
        call: Call,
    ) -> Result<Value, Failure> {
        if !self.carries_attachments() {
            return self.local.execute(call).await;
        }
        let _writing = self.turn(&id).await;
        self.mark(&[Place { id, name }]).await?;
        let _changed = Changed { of: self };
        self.local.execute(call).await
    }

    pub(in crate::replication) async fn take_attachment(
        &self,
        upload: Upload,
    ) -> Result<Box<dyn AttachmentWriter>, Failure> {
        let place = Place::new(&upload.id, &upload.name);
        let inner = self.local.put_attachment(upload).await?;
        let of = self.this.upgrade().filter(|of| of.carries_attachments());
        Ok(match of {
            Some(of) => Box::new(Marked { of, place, inner }),
            None => inner,
        })
    }

    /// What is here; what the server has besides is fetched first.
    pub(in crate::replication) async fn give_attachment(
        &self,
        id: Id,
        name: Name,
        range: Option<Range<u64>>,
    ) -> Result<Box<dyn AttachmentReader>, Failure> {
        let read = || {
            self.local
                .get_attachment(id.clone(), name.clone(), range.clone())
        };
        match read().await {
            Err(failure) if failure.status_code == Some(404) => {
                let place = Place::new(&id, &name);
                if !self.is_coming(&place) {
                    return Err(failure);
                }
                self.come(&place).await?;
                read().await
            }
            found => found,
        }
    }

    /// The names of what is here, and of what is on its way.
    pub(in crate::replication) async fn all_attachments(&self, id: Id) -> Result<Value, Failure> {
        let mut names = self.local.execute(Call::AllAttachments(id.clone())).await?;
        let theirs = self.core.borrow().all_theirs(&*self.remote, &id);
        for theirs in theirs {
            if self.is_coming(&Place::new(&id, &theirs.name)) {
                names[theirs.name.as_str()] = json!({});
            }
        }
        Ok(names)
    }

    /// Whether the server has it, and it was not here yet.
    fn is_coming(&self, place: &Place) -> bool {
        let core = self.core.borrow();
        let file = core.book.file(place);
        core.opening != Opening::Unread
            && !file.is_marked
            && file.content.is_none()
            && core.theirs(&*self.remote, place).is_some()
    }

    /// Fetches it before anything else; ends when it is here, or fails when the line is not.
    async fn come(&self, place: &Place) -> Result<(), Failure> {
        let asked = {
            let core = &mut *self.core.borrow_mut();
            core.candidates.urgent.insert(place.clone());
            core.steps
        };
        self.wake();
        poll_fn(|context| {
            if !self.is_coming(place) {
                return Poll::Ready(Ok(()));
            }
            let core = self.core.borrow();
            let is_passing =
                core.patience.is_passing() && matches!(core.line, Line::Offline { .. });
            if core.steps > asked && core.line != Line::Syncing && !is_passing {
                return Poll::Ready(Err(away(&core.line)));
            }
            drop(core);
            self.arrivals.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

fn away(line: &Line) -> Failure {
    let why = match line {
        Line::Idle | Line::Syncing => "it is at the server and does not come here".to_owned(),
        Line::Offline { .. }
        | Line::Closed { .. }
        | Line::OverBudget { .. }
        | Line::NeedsLogin { .. }
        | Line::Failed { .. } => {
            format!(
                "it is at the server, and comes when the line is there. {}",
                line.words()
            )
        }
    };
    Failure::new(503, format!("this attachment is not here yet: {why}"))
}
