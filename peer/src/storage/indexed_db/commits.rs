//! Writing documents. A transaction that is safe costs milliseconds, whatever is in it: so the writes
//! that come while one is on its way to the disk wait, and go together into the next.
//!
//! A group that fails is tried again in halves, so that a write that cannot be done spoils no other.

use super::state::State;
use super::{failure, is_full, removal};
use crate::storage::layout::{self, ALL, METADATA};
use futures_channel::oneshot;
use jio::endpoint::Failure;
use jio::{Document, Id};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;
use web::idb::Durability;

/// Writes in one transaction.
const GROUP_WRITES: usize = 4_096;
/// Bytes of JSON in one transaction, but for a single longer write.
const GROUP_BYTES: usize = 16 << 20;

/// Bytes of JSON that wait; what would be more is refused (429), unless it is alone.
const WAITING_BYTES: usize = 64 << 20;

/// What waits to be written, in order.
#[derive(Default)]
pub(super) struct Commits {
    jobs: RefCell<VecDeque<Job>>,
    /// Bytes of all that waits or is being written.
    bytes: Cell<usize>,
    is_running: Cell<bool>,
}

enum Job {
    Write(Write),
    /// Somebody wants to be alone with the documents.
    Turn(oneshot::Sender<Turn>),
}

struct Write {
    id: Id,
    change: Change,
    done: oneshot::Sender<Result<(), Failure>>,
}

enum Change {
    Put { document: Document, record: String },
    Remove,
}

/// As long as it is held, no document is written by anybody else.
#[must_use = "a turn that is dropped is over"]
pub(super) struct Turn {
    _over: oneshot::Sender<Infallible>,
}

enum Next {
    Group(Vec<Write>),
    Turn(oneshot::Sender<Turn>),
}

impl State {
    /// Stores a document; returns when it is safe.
    pub(super) async fn put(self: Rc<Self>, id: Id, document: Document) -> Result<(), Failure> {
        let record = layout::metadata(&id, &document);
        self.change(id, Change::Put { document, record }).await
    }

    /// Removes a document and its attachments; returns when that is safe.
    pub(super) async fn remove(self: Rc<Self>, id: Id) -> Result<(), Failure> {
        self.change(id, Change::Remove).await
    }

    /// Waits until all that was asked for before is written, and nothing else is being written.
    pub(super) async fn turn(self: Rc<Self>) -> Turn {
        let (mine, turn) = oneshot::channel();
        self.enqueue(Job::Turn(mine));
        turn.await.expect("each turn that is waited for comes")
    }

    async fn change(self: Rc<Self>, id: Id, change: Change) -> Result<(), Failure> {
        let (done, result) = oneshot::channel();
        let write = Write { id, change, done };
        self.commits.admit(&write)?;
        self.enqueue(Job::Write(write));
        result.await.expect("each write that waits is answered")
    }

    fn enqueue(self: Rc<Self>, job: Job) {
        self.commits.jobs.borrow_mut().push_back(job);
        if !self.commits.is_running.replace(true) {
            web::task::spawn(async move {
                self.run().await;
                Ok::<(), Infallible>(())
            });
        }
    }

    /// Does all jobs. It begins after the caller's own turn of the event loop, and so with everything
    /// that was asked for in it.
    async fn run(&self) {
        while let Some(next) = self.commits.next() {
            match next {
                Next::Group(group) => self.commit_all(group).await,
                Next::Turn(waiting) => {
                    let (over, is_over) = oneshot::channel();
                    if waiting.send(Turn { _over: over }).is_ok() {
                        // Ends with the turn: nothing is ever sent.
                        let _ = is_over.await;
                    }
                }
            }
        }
        self.commits.is_running.set(false);
    }

    async fn commit_all(&self, group: Vec<Write>) {
        let mut groups = vec![group];
        while let Some(mut group) = groups.pop() {
            match self.commit(&group).await {
                Ok(()) => self.on_committed(group),
                Err(error) if error.is_retried && group.len() > 1 => {
                    let second = group.split_off(group.len() / 2);
                    groups.extend([second, group]);
                }
                Err(error) => {
                    for write in group {
                        self.commits.answer(write, Err(error.failure.clone()));
                    }
                }
            }
        }
    }

    /// Writes a group in one transaction.
    async fn commit(&self, group: &[Write]) -> Result<(), Failed> {
        let database = self.database()?;
        let removes = group
            .iter()
            .any(|write| matches!(write.change, Change::Remove));
        let stores = if removes { ALL } else { &[METADATA] };
        let transaction = database.write(stores, Durability::Strict)?;
        let documents = transaction.store(METADATA)?;
        for write in group {
            match &write.change {
                Change::Put { record, .. } => documents.put(record)?,
                Change::Remove => {
                    documents.delete(write.id.as_str())?;
                    removal::attachments_of(&transaction, &write.id).await?;
                }
            }
        }
        Ok(transaction.commit().await?)
    }

    fn on_committed(&self, group: Vec<Write>) {
        let changed = group.iter().map(|write| write.id.clone()).collect();
        let mut documents = self.documents.borrow_mut();
        for mut write in group {
            match &mut write.change {
                Change::Put { document, .. } => {
                    documents.put(write.id.clone(), std::mem::take(document));
                }
                Change::Remove => {
                    documents.remove(&write.id);
                    self.readers.on_removed(&write.id);
                }
            }
            self.commits.answer(write, Ok(()));
        }
        drop(documents);
        self.watchers.tell(&changed);
    }
}

impl Commits {
    /// Counts a write that is to wait, or refuses it.
    fn admit(&self, write: &Write) -> Result<(), Failure> {
        let waiting = self.bytes.get();
        if waiting > 0 && waiting + write.bytes() > WAITING_BYTES {
            let full = "too much is waiting to be written: wait for some to end";
            return Err(Failure::new(429, full));
        }
        self.bytes.set(waiting + write.bytes());
        Ok(())
    }

    fn answer(&self, write: Write, result: Result<(), Failure>) {
        self.bytes.set(self.bytes.get() - write.bytes());
        // Who does not wait any more needs no answer.
        let _ = write.done.send(result);
    }

    fn next(&self) -> Option<Next> {
        let mut jobs = self.jobs.borrow_mut();
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < GROUP_WRITES && bytes < GROUP_BYTES {
            match jobs.pop_front() {
                Some(Job::Write(write)) => {
                    bytes += write.bytes();
                    group.push(write);
                }
                Some(Job::Turn(waiting)) if group.is_empty() => return Some(Next::Turn(waiting)),
                Some(turn) => {
                    jobs.push_front(turn);
                    break;
                }
                None => break,
            }
        }
        (!group.is_empty()).then_some(Next::Group(group))
    }
}

impl Write {
    fn bytes(&self) -> usize {
        match &self.change {
            Change::Put { record, .. } => record.len(),
            Change::Remove => self.id.as_str().len(),
        }
    }
}

/// Why a group was not written.
struct Failed {
    failure: Failure,
    /// Whether part of it may do better.
    is_retried: bool,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            is_retried: false,
        }
    }
}

impl From<web::Error> for Failed {
    fn from(error: web::Error) -> Self {
        Self {
            failure: failure(&error),
            is_retried: is_full(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(bytes: usize) -> Write {
        let (done, _) = oneshot::channel();
        let change = Change::Put {
            document: Document::new(),
            record: "x".repeat(bytes),
        };
        let id = Id::new("a").unwrap();
        Write { id, change, done }
    }

    fn turn() -> Job {
        Job::Turn(oneshot::channel().0)
    }

    fn waiting(jobs: impl IntoIterator<Item = Job>) -> Commits {
        let commits = Commits::default();
        commits.jobs.borrow_mut().extend(jobs);
        commits
    }

    /// Lengths of the groups in the order in which they come; a turn is 0.
    fn drained(commits: &Commits) -> Vec<usize> {
        std::iter::from_fn(|| commits.next())
            .map(|next| match next {
                Next::Group(group) => group.len(),
                Next::Turn(_) => 0,
            })
            .collect()
    }

    #[test]
    fn groups_end_at_their_limits() {
        let many = (0..=GROUP_WRITES).map(|_| Job::Write(write(1)));
        assert_eq!(drained(&waiting(many)), [GROUP_WRITES, 1]);
        let large = (0..4).map(|_| Job::Write(write(GROUP_BYTES / 2)));
        assert_eq!(drained(&waiting(large)), [2, 2]);
        let larger = (0..2).map(|_| Job::Write(write(GROUP_BYTES + 1)));
        assert_eq!(drained(&waiting(larger)), [1, 1]);
    }

    #[test]
    fn a_turn_comes_in_its_order_and_alone() {
        let jobs = [
            Job::Write(write(1)),
            Job::Write(write(1)),
            turn(),
            Job::Write(write(1)),
            turn(),
        ];
        assert_eq!(drained(&waiting(jobs)), [2, 0, 1, 0]);
    }

    #[test]
    fn what_waits_has_a_limit() {
        let commits = Commits::default();
        let (half, more) = (write(WAITING_BYTES / 2), write(WAITING_BYTES / 2 + 1));
        assert!(commits.admit(&half).is_ok());
        assert_eq!(commits.admit(&more).unwrap_err().status_code, Some(429));
        assert!(commits.admit(&half).is_ok());
        commits.answer(half, Ok(()));
        assert!(commits.admit(&more).is_err());
        let alone = Commits::default();
        assert!(alone.admit(&write(WAITING_BYTES + 1)).is_ok());
    }
}
