//! One step after the other: which is next, whether the line may be used for it, and when to go on.

use super::attachments::Work;
use super::book::Book;
use super::budget::Moment;
use super::journal::Batch;
use super::queue::Rank;
use super::replicated::{Core, Opening, Replicated};
use super::standing::{Line, from_allowed};
use crate::Millis;
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::{Document, Id};
use serde_json::Value;
use std::cell::RefCell;
use std::task::Waker;

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// When to call [`Replicated::run`] again: at once where this is not later than now; not before there is
    /// something to do where there is none.
    pub next: Option<Millis>,
}

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The line or the server.
    There(Failure),
    /// The storage of this computer, or the journal.
    Here(Failure),
}

/// What can be done next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Open,
    List,
    Compare,
    Recover,
    /// Compare an attachment.
    Look(bool),
    Tidy,
    /// From here on, the line is used.
    SendAgain,
    Send(Rank),
    Pull,
    ListThere,
    /// Carry the attachment that was looked at.
    Carry,
    AskBrought,
    /// Nothing, until then.
    Rest(Line, Option<Millis>),
}

fn from_work(work: Work, is_urgent: bool) -> Step {
    match work {
        Work::Look => Step::Look(is_urgent),
        Work::Carry => Step::Carry,
    }
}

/// A clock that was set back, or a time that was changed since, keeps nobody waiting for longer than `span`.
fn is_due(at: Option<Millis>, span: Millis, now: Millis) -> bool {
    at.is_none_or(|at| now >= at || at - now > span)
}

impl Core {
    fn next_step(&mut self, moment: Moment) -> Step {
        let (step, next) = self.wanted(moment.now);
        if step == Some(Step::Carry)
            && let Some(until) = self.is_too_much(moment)
        {
            self.candidates.postpone(until);
            return self.next_step(moment);
        }
        let stopped = match step {
            None => None,
            Some(
                Step::Open
                | Step::List
                | Step::Compare
                | Step::Recover
                | Step::Look(_)
                | Step::Tidy,
            ) => self.refused(moment),
            Some(_) => self.stopped(moment),
        };
        match (step, stopped) {
            (Some(_), Some(line)) => {
                let until = line.until();
                Step::Rest(line, until)
            }
            (Some(step), None) => step,
            // Gathering.
            (None, _) if self.queue.len() > 0 => Step::Rest(Line::Syncing, next),
            (None, _) => match self.candidates.later(moment.now) {
                Some(until) => Step::Rest(Line::OverBudget { until }, next),
                None => Step::Rest(Line::Idle, next),
            },
        }
    }

    /// What there is to do, or when there may be something.
    fn wanted(&mut self, now: Millis) -> (Option<Step>, Option<Millis>) {
        let local = match &self.opening {
            Opening::Unread => Some(Step::Open),
            Opening::Unlisted => Some(Step::List),
            Opening::Comparing(_) => Some(Step::Compare),
            Opening::Open if self.is_cut_here() => Some(Step::Recover),
            Opening::Open => None,
        };
        if local.is_some() {
            return (local, None);
        }
        let is_gathered = self.is_gathered(now);
        let is_pull_due = is_due(self.next_pull, self.options.poll_every, now);
        let step = if !self.book.sending().is_empty() {
            Some(Step::SendAgain)
        } else if self.book.bringing().is_some() {
            Some(Step::AskBrought)
        } else if self.queue.has(Rank::Urgent) {
            Some(Step::Send(Rank::Urgent))
        } else if let Some(work) = self.work(true) {
            Some(from_work(work, true))
        } else if is_pull_due && (self.is_pull_first || !is_gathered) {
            Some(Step::Pull)
        } else if is_gathered {
            Some(Step::Send(Rank::Written))
        } else if is_pull_due {
            Some(Step::Pull)
        } else if self.is_list_due(now) {
            Some(Step::ListThere)
        } else if self.queue.has(Rank::Found) && !self.queue.has(Rank::Written) {
            Some(Step::Send(Rank::Found))
        } else if self.queue.len() == 0 {
            self.work(false)
                .map(|work| from_work(work, false))
                .or_else(|| self.is_fetch_over().then_some(Step::Tidy))
        } else {
            None
        };
        let later = self.candidates.later(now);
        let times = [self.next_pull, self.gathering, later];
        let next = times.into_iter().flatten().min();
        (step, next)
    }

    /// Whether something was being written here when that was cut.
    fn is_cut_here(&self) -> bool {
        !self.book.incoming().is_empty() || self.book.cut_fetch().is_some()
    }

    /// Whether there are writes that waited long enough for others.
    fn is_gathered(&mut self, now: Millis) -> bool {
        if !self.queue.has(Rank::Written) {
            self.gathering = None;
            return false;
        }
        let until = *self.gathering.get_or_insert(now + self.options.gather);
        is_due(Some(until), self.options.gather, now)
    }

    fn is_list_due(&self, now: Millis) -> bool {
        let listing = &self.listing;
        let last = self.book.facts().listed;
        let next = last.map(|last| last + self.options.list_every);
        !listing.is_needless && (listing.is_asked || is_due(next, self.options.list_every, now))
    }

    /// What the disk refused is not asked of it again and again; the line plays no part.
    fn refused(&self, moment: Moment) -> Option<Line> {
        let stopped = self.patience.stops(moment.now);
        stopped
            .filter(|line| matches!(line, Line::Failed { .. }))
            .cloned()
    }

    fn stopped(&self, moment: Moment) -> Option<Line> {
        let stopped = self.patience.stops(moment.now).cloned();
        stopped.or_else(|| {
            let usage = self.book.facts().usage;
            from_allowed(self.options.budget.allows(moment, usage))
        })
    }
}

impl Replicated {
    /// Does one step: at most one call of the server, and what belongs to it here. Tells when to call again.
    ///
    /// It may be given up at any point by dropping it; the next one goes on where that is safe.
    pub async fn run(&self, moment: Moment) -> Outcome {
        let _through = self.gate.enter().await;
        self.core.borrow_mut().moment = moment;
        self.book_usage();
        self.core.borrow_mut().put_people_first();
        self.sort();
        let step = self.core.borrow_mut().next_step(moment);
        if let Step::Rest(line, next) = step {
            return self.rest(line, next).await;
        }
        self.core.borrow_mut().line = Line::Syncing;
        let result = self.step(step).await;
        self.book_usage();
        if let Err(trouble) = result {
            self.on_trouble(trouble, moment);
            // What was used is worth knowing after a restart; where it cannot be written, the step's own
            // trouble is the one to tell.
            let _ = self.commit().await;
        }
        self.sort();
        let next = self.core.borrow_mut().next_step(moment);
        self.on_step();
        match next {
            Step::Rest(line, next) => self.rest(line, next).await,
            Step::Open
            | Step::List
            | Step::Compare
            | Step::Recover
            | Step::SendAgain
            | Step::Send(_)
            | Step::Pull
            | Step::ListThere
            | Step::Look(_)
            | Step::Carry
            | Step::Tidy
            | Step::AskBrought => Outcome {
                next: Some(moment.now),
            },
        }
    }

    async fn step(&self, step: Step) -> Result<(), Trouble> {
        match step {
            Step::Open => self.open().await,
            Step::List => self.list().await,
            Step::Compare => self.compare().await,
            Step::Recover => self.recover().await,
            Step::SendAgain => self.send_again().await,
            Step::Send(rank) => self.send(rank).await,
            Step::Pull => self.pull().await,
            Step::ListThere => self.list_there().await,
            Step::Look(is_urgent) => self.look(is_urgent).await,
            Step::Tidy => self.give_up_parts().await,
            Step::Carry => self.carry().await,
            Step::AskBrought => self.ask_brought().await,
            Step::Rest(..) => Ok(()),
        }
    }

    async fn rest(&self, line: Line, next: Option<Millis>) -> Outcome {
        {
            let mut core = self.core.borrow_mut();
            let now = core.moment.now;
            if line == Line::Idle && std::mem::take(&mut core.is_changed) {
                core.book.set_facts(|facts| facts.last_success = Some(now));
            }
            core.line = line;
        }
        self.on_step();
        if let Err(trouble) = self.commit().await {
            let moment = self.core.borrow().moment;
            self.on_trouble(trouble, moment);
        }
        Outcome { next }
    }

    /// A step was done, or none is to be done: who waits for an attachment looks whether it is here.
    fn on_step(&self) {
        self.core.borrow_mut().steps += 1;
        let waiting = std::mem::take(&mut *self.arrivals.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }

    fn on_trouble(&self, trouble: Trouble, moment: Moment) {
        let failure = match trouble {
            Trouble::There(failure) => failure,
            // Whatever its number says, it is no matter of the line.
            Trouble::Here(failure) => Failure::new(507, failure.message),
        };
        self.core.borrow_mut().patience.on_failure(&failure, moment);
    }

    /// The server answered. What that took is booked with what comes of it, in one commit.
    pub(super) fn on_answer(&self) {
        self.book_usage();
        let mut core = self.core.borrow_mut();
        core.patience.on_success();
        core.is_changed = true;
    }

    /// Writes to the journal what the book says and the journal does not yet.
    pub(super) async fn commit(&self) -> Result<(), Trouble> {
        let batch = self.core.borrow_mut().book.take_batch();
        if batch.is_empty() {
            return Ok(());
        }
        let mut unwritten = Unwritten {
            of: &self.core,
            batch,
        };
        self.journal
            .commit(&unwritten.batch)
            .await
            .map_err(Trouble::Here)?;
        unwritten.batch.clear();
        Ok(())
    }

    /// The document that is here now.
    pub(super) async fn document(&self, id: &Id) -> Result<Option<Document>, Trouble> {
        match self.local.execute(Call::Get(id.clone())).await {
            Ok(Value::Object(document)) => Ok(Some(document)),
            Ok(_) => Err(Trouble::Here(Failure::new(
                500,
                "the storage gave no document",
            ))),
            Err(failure) if failure.status_code == Some(404) => Ok(None),
            Err(failure) => Err(Trouble::Here(failure)),
        }
    }

    pub(super) fn book(&self) -> std::cell::RefMut<'_, Book> {
        std::cell::RefMut::map(self.core.borrow_mut(), |core| &mut core.book)
    }
}

/// A batch that is being written; what of it was not is put back, for it may not be safe.
struct Unwritten<'a> {
    of: &'a RefCell<Core>,
    batch: Batch,
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.of.borrow_mut().book.put_back(batch);
    }
}
