//! The handle that tasks share: turns, and waiting for what turns bring about.

use super::decider::Decider;
use super::engine::Engine;
use crate::interfaces::{self, Watch};
use broadcaster::Millis;
use broadcaster::executor::{Allowance, Executor};
use broadcaster::link::ConnId;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use tokio::sync::Notify;
use tokio::task::{spawn_blocking, spawn_local};
use tokio::time::sleep_until;

/// An executor at work with its sockets. Clones are the same one.
#[derive(Debug)]
pub struct Driver<D>(Rc<Shared<D>>);

#[derive(Debug)]
struct Shared<D> {
    /// Borrowed for a turn, never across an await.
    engine: RefCell<Engine<D>>,
    /// Something is to be written.
    noted: Notify,
    /// The deadline came nearer.
    rescheduled: Notify,
    /// Sockets were closed.
    closed: Notify,
    /// The decider takes reports again.
    relieved: Notify,
    /// The executor takes connections again.
    accepting: Notify,
}

impl<D> Clone for Driver<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Decider> Driver<D> {
    /// Makes an executor and sets it to work; to be called inside a local runtime, which its tasks live
    /// as long as.
    pub fn new(decider: D) -> Self {
        let driver = Self(Rc::new(Shared {
            engine: RefCell::new(Engine::new(decider)),
            noted: Notify::new(),
            rescheduled: Notify::new(),
            closed: Notify::new(),
            relieved: Notify::new(),
            accepting: Notify::new(),
        }));
        spawn_local(driver.clone().flush());
        spawn_local(driver.clone().keep_time());
        driver
    }

    /// Tells the executor something.
    pub fn tell(&self, input: impl FnOnce(&mut Executor, Millis)) {
        self.turn(|engine| {
            let now = engine.now();
            input(&mut engine.executor, now);
        });
    }

    /// Works on the decider; commands it has then are carried out.
    pub fn decide<R>(&self, work: impl FnOnce(&mut D, Millis) -> R) -> R {
        self.turn(|engine| {
            let now = engine.now();
            work(&mut engine.decider, now)
        })
    }

    /// Tells the executor the addresses of this computer, now and whenever they change.
    pub fn follow_addresses(&self) {
        // Listening for changes begins before the first look, so that none falls between.
        let watch = Watch::open();
        self.tell(|executor, now| executor.handle_addresses(interfaces::addresses(), now));
        let driver = self.clone();
        spawn_local(async move {
            if let Err(error) = driver.report_addresses(watch).await {
                tracing::warn!("changes of this computer's addresses go unnoticed: {error}");
            }
        });
    }

    /// Waits until no connection is left.
    pub async fn until_empty(&self) {
        while !self.0.engine.borrow().sockets.is_empty() {
            self.0.closed.notified().await;
        }
    }

    /// One turn: an input, then everything it brings about except most of the writing.
    pub(super) fn turn<R>(&self, input: impl FnOnce(&mut Engine<D>) -> R) -> R {
        let engine = &mut *self.0.engine.borrow_mut();
        let before = Standing::of(engine);
        let result = input(engine);
        engine.settle(self);
        if engine.is_flush_due() {
            engine.flush(self);
        }
        self.notify(&before, &Standing::of(engine));
        result
    }

    /// Wakes the tasks that wait for what a turn has changed.
    fn notify(&self, before: &Standing, now: &Standing) {
        if now.noted > 0 {
            self.0.noted.notify_one();
        }
        if now
            .deadline
            .is_some_and(|next| before.deadline.is_none_or(|armed| next < armed))
        {
            self.0.rescheduled.notify_one();
        }
        if now.sockets < before.sockets {
            self.0.closed.notify_waiters();
        }
        if before.is_congested && !now.is_congested {
            self.0.relieved.notify_waiters();
        }
        if now.is_accepting && !before.is_accepting {
            self.0.accepting.notify_waiters();
        }
    }

    /// Waits until the decider can take more.
    pub(super) async fn until_uncongested(&self) {
        while self.0.engine.borrow().decider.is_congested() {
            self.0.relieved.notified().await;
        }
    }

    /// Waits until a connection may be read; tells how much of it.
    pub(super) async fn until_allowed(&self, conn: ConnId) -> usize {
        loop {
            let at = {
                let engine = &mut *self.0.engine.borrow_mut();
                match engine.executor.allowance(conn, engine.now()) {
                    Allowance::Now(bytes) => return bytes,
                    Allowance::At(time) => engine.moment(time),
                }
            };
            sleep_until(at).await;
        }
    }

    /// Waits until the executor would take one more connection.
    pub(super) async fn until_accepting(&self) {
        while !self.0.engine.borrow().executor.is_accepting() {
            self.0.accepting.notified().await;
        }
    }

    /// Waits until one more socket is closed.
    pub(super) async fn until_closed_one(&self) {
        self.0.closed.notified().await;
    }

    /// Writes what turns have noted. Woken by the first of them, it stands behind all tasks that were
    /// ready then, and so writes for all of them at once.
    async fn flush(self) {
        loop {
            self.0.noted.notified().await;
            self.turn(|engine| engine.flush(&self));
        }
    }

    /// Tells the executor the time when it wants to be told.
    async fn keep_time(self) {
        loop {
            let due = {
                let engine = self.0.engine.borrow();
                engine.deadline.map(|deadline| engine.moment(deadline))
            };
            let rescheduled = self.0.rescheduled.notified();
            match due {
                None => rescheduled.await,
                // The executor's own deadlines, or an earlier one that came up meanwhile.
                Some(due) => tokio::select! {
                    () = sleep_until(due) => self.tell(Executor::handle_timeout),
                    () = rescheduled => {}
                },
            }
        }
    }

    async fn report_addresses(&self, watch: io::Result<Watch>) -> io::Result<()> {
        let mut watch = watch?;
        loop {
            watch.changed().await?;
            let addresses = spawn_blocking(interfaces::addresses).await?;
            self.tell(|executor, now| executor.handle_addresses(addresses, now));
        }
    }
}

/// What tasks wait for a change of.
struct Standing {
    noted: usize,
    deadline: Option<Millis>,
    sockets: usize,
    is_congested: bool,
    is_accepting: bool,
}

impl Standing {
    fn of<D: Decider>(engine: &Engine<D>) -> Self {
        Self {
            noted: engine.noted.len(),
            deadline: engine.deadline,
            sockets: engine.sockets.len(),
            is_congested: engine.decider.is_congested(),
            is_accepting: engine.executor.is_accepting(),
        }
    }
}
