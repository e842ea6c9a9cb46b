//! Sending what differs from what was agreed: one batch at a time, noted in the journal before it goes and
//! after it was answered.

use super::entries::{Agreed, Held, Sending};
use super::hash::Content;
use super::pulling::removed;
use super::queue::Rank;
use super::replicated::{Core, Replicated};
use super::running::Trouble;
use super::taking::News;
use crate::Millis;
use crate::replica::{Revision, State, Write, Written};
use jio::endpoint::Failure;
use jio::{Document, Id};

/// Contents that a record was tried with before anything was heard of it: as many as a line that is cut at each of them
/// leaves in the dark. Older ones are forgotten, which at worst lists a conflict with oneself.
const TRIED: usize = 256;

/// A write, and what is known about it here.
struct Outgoing {
    sending: Sending,
    write: Write,
    content: Option<Content>,
    /// When the record was written last, by the queue's count.
    written: Option<u64>,
}

/// What came of a batch.
#[derive(Default)]
struct Answered {
    news: Vec<News>,
    /// Of these nothing is known.
    unknown: Vec<Sending>,
    failure: Option<Failure>,
    /// Whether any of it brought both sides closer.
    is_progress: bool,
}

impl Replicated {
    /// Sends the first of what waits.
    pub(super) async fn send(&self, rank: Rank) -> Result<(), Trouble> {
        let batch = self.batch(rank).await?;
        if batch.is_empty() {
            return self.commit().await;
        }
        let sending = batch.iter().map(|outgoing| outgoing.sending.clone());
        self.book().set_sending(sending.collect());
        self.deliver(batch).await
    }

    /// Sends what was cut: the server may have it already.
    pub(super) async fn send_again(&self) -> Result<(), Trouble> {
        let sending = self.core.borrow().book.sending().to_vec();
        let mut batch = Vec::new();
        for sending in sending {
            batch.push(self.again(sending).await?);
        }
        let sending = batch
            .iter()
            .map(|outgoing| outgoing.sending.clone())
            .collect();
        if self.core.borrow().book.sending() != sending {
            self.book().set_sending(sending);
        }
        self.deliver(batch).await
    }

    /// Collects what really differs, up to the size of a batch; what does not is done.
    async fn batch(&self, rank: Rank) -> Result<Vec<Outgoing>, Trouble> {
        let (first, most_bytes) = {
            let core = self.core.borrow();
            let first = core.queue.first(core.options.batch_records, rank);
            (first, core.options.batch_bytes)
        };
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for (id, written) in first {
            let document = self.document(&id).await?;
            let size = size(&document);
            if !batch.is_empty() && bytes + size > most_bytes {
                break;
            }
            let outgoing = self.core.borrow_mut().outgoing(&id, document, written);
            if let Some(outgoing) = outgoing {
                bytes += size;
                batch.push(outgoing);
            }
        }
        Ok(batch)
    }

    /// A write that was tried before.
    async fn again(&self, mut sending: Sending) -> Result<Outgoing, Trouble> {
        let written = self.core.borrow().queue.written(&sending.id);
        let document = self.document(&sending.id).await?;
        let ours = document.as_ref().map(Content::of);
        let document = sending.created.clone().or(document);
        let content = document.as_ref().map(Content::of);
        if !sending.tried.contains(&content) {
            sending.tried.push(content);
            let old = sending.tried.len().saturating_sub(TRIED);
            sending.tried.drain(..old);
        }
        let core = self.core.borrow();
        Ok(Outgoing {
            write: core.write(&sending.id, document, true),
            sending,
            content,
            written: written.filter(|_| ours == content),
        })
    }

    async fn deliver(&self, batch: Vec<Outgoing>) -> Result<(), Trouble> {
        self.commit().await?;
        let writes = batch
            .iter()
            .map(|outgoing| outgoing.write.clone())
            .collect();
        let written = self.remote.write(writes).await.map_err(Trouble::There)?;
        self.on_answer();
        let mut answered = Answered::default();
        let mut written = written.into_iter();
        for outgoing in batch {
            let untold =
                || Written::Unknown(Failure::new(503, "the server did not answer everything"));
            let answer = written.next().unwrap_or_else(untold);
            self.core
                .borrow_mut()
                .settle(outgoing, answer, &mut answered);
        }
        let Answered {
            news,
            unknown,
            failure,
            is_progress,
        } = answered;
        self.take_over(news, |core| {
            core.is_pull_first = true;
            if core.moment.now - core.forgotten >= Millis::from_minutes(1) {
                core.forget_recent();
            }
            core.book.set_sending(unknown);
        })
        .await?;
        match failure {
            Some(failure) => Err(Trouble::There(failure)),
            None if is_progress => Ok(()),
            None => Err(Trouble::There(Failure::new(500, CONTRADICTION))),
        }
    }
}

const CONTRADICTION: &str = "the server refuses a change of the very state that it tells it has";

impl Core {
    /// What is to be sent of a record, if anything is.
    fn outgoing(&mut self, id: &Id, document: Option<Document>, written: u64) -> Option<Outgoing> {
        let content = document.as_ref().map(Content::of);
        let agreed = self.book.agreed(id).map(|agreed| agreed.content);
        let mut tried = Vec::new();
        let is_sent = match self.book.held(id) {
            // Both sides may have become the same, or this one what it was.
            Some(Held::Clash {
                document: theirs,
                revision,
                remote,
                ..
            }) => {
                let news = News {
                    id: id.clone(),
                    remote: remote.clone(),
                    revision: revision.clone(),
                    document: theirs.clone(),
                };
                if news.content() == content {
                    self.book.agree(id, news.agreed());
                }
                false
            }
            Some(Held::Refused {
                content: refused,
                tried: before,
                is_retried,
                ..
            }) => {
                tried.clone_from(before);
                *is_retried || *refused != content
            }
            None => true,
        };
        let is_carried = self.options.sent.has(agreed.is_some(), content.is_some());
        if !is_sent || agreed == content || !is_carried {
            if agreed == content && is_sent {
                self.book.release(id);
            }
            self.queue.done(id, written);
            return None;
        }
        self.book.release(id);
        tried.retain(|before| *before != content);
        tried.push(content);
        let write = self.write(id, document, false);
        let is_created = write.base.is_none();
        Some(Outgoing {
            sending: Sending {
                id: id.clone(),
                tried,
                created: write.document.clone().filter(|_| is_created),
            },
            write,
            content,
            written: Some(written),
        })
    }

    fn write(&self, id: &Id, document: Option<Document>, is_again: bool) -> Write {
        let agreed = self.book.agreed(id);
        Write {
            id: self.book.remote_id(id),
            base: agreed.map(|agreed| Revision(agreed.revision.to_string())),
            document,
            is_again,
        }
    }

    /// Notes what the server answered to one write.
    fn settle(&mut self, outgoing: Outgoing, written: Written, answered: &mut Answered) {
        let id = outgoing.sending.id.clone();
        match written {
            Written::Stored {
                id: remote,
                revision,
            } => {
                answered.is_progress = true;
                self.on_stored(&id, outgoing.content, remote.clone(), revision.clone());
                if outgoing.write.is_again {
                    // Somebody may have attached something to it since it arrived.
                    let document = outgoing.write.document;
                    let news = News::new(self, remote, revision, document);
                    answered.news.push(news);
                }
                match outgoing.written {
                    Some(written) => self.queue.done(&id, written),
                    // What is here is another, or was not compared with what is agreed on only now.
                    None => self.queue.push(&id, Rank::Written),
                }
            }
            Written::Conflict(state) => self.on_conflict(outgoing, state, answered),
            Written::Refused(failure) => {
                answered.is_progress = true;
                self.book.hold(
                    &id,
                    Held::refused(outgoing.content, outgoing.sending.tried, failure),
                );
                if let Some(written) = outgoing.written {
                    self.queue.done(&id, written);
                }
            }
            Written::Unknown(failure) => {
                answered.unknown.push(outgoing.sending);
                answered.failure.get_or_insert(failure);
            }
        }
    }

    fn on_stored(&mut self, id: &Id, content: Option<Content>, remote: Id, revision: Revision) {
        let agreed = content.map(|content| Agreed {
            content,
            revision: revision.0.into(),
            remote: (remote != *id).then(|| Box::new(remote)),
        });
        self.book.agree(id, agreed);
        self.recent.insert(id.clone(), self.moment.now);
    }

    fn on_conflict(&mut self, outgoing: Outgoing, state: Option<State>, answered: &mut Answered) {
        let id = &outgoing.sending.id;
        let mut news = removed(&self.book, id);
        if let Some(state) = state {
            news.revision = state.revision;
            news.document = state.document;
        }
        let is_other = outgoing.write.base.as_ref() != Some(&news.revision);
        if outgoing.sending.tried.contains(&news.content()) {
            // What was cut had arrived.
            answered.is_progress = true;
            self.book.agree(id, news.agreed());
            self.queue.push(id, Rank::Written);
        } else {
            answered.is_progress |= is_other;
        }
        // Also where it had arrived: somebody may have attached something to it since.
        answered.news.push(news);
    }
}

fn size(document: &Option<Document>) -> usize {
    // Around each, what the server's protocol adds.
    const AROUND: usize = 64;
    let length = |document: &Document| serde_json::to_string(document).map_or(0, |text| text.len());
    document.as_ref().map_or(0, length) + AROUND
}
