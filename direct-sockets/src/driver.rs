//! The handle that tasks share: turns, and waiting for what turns bring about.

use crate::engine::Engine;
use crate::status::Phase;
use broadcaster::Millis;
use broadcaster::executor::{Allowance, Executor};
use broadcaster::link::ConnId;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::rc::Rc;
use tokio::sync::Notify;
use web::log;
use web::port::{Heard, Port, RawPort};
use web::timer::sleep;

/// A companion at work with its sockets. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Driver(Rc<Shared>);

struct Shared {
    /// Borrowed for a turn, never across an await.
    engine: RefCell<Engine>,
    port: RefCell<Option<Port>>,
    /// Something is to be written.
    noted: Notify,
    /// The link takes reports again.
    relieved: Notify,
    /// The executor takes connections again.
    accepting: Notify,
}

impl Driver {
    /// Sets a companion to work at a port.
    ///
    /// # Errors
    /// The port has ended.
    pub(crate) fn attach(raw: RawPort, build: &str) -> Result<Self, web::Error> {
        let driver = Self(Rc::new(Shared {
            engine: RefCell::new(Engine::new(build)),
            port: RefCell::new(None),
            noted: Notify::new(),
            relieved: Notify::new(),
            accepting: Notify::new(),
        }));
        let hearing = driver.clone();
        let port = Port::attach(raw, move |heard| hearing.hear(heard))?;
        *driver.0.port.borrow_mut() = Some(port);
        driver.spawn(driver.clone().flush());
        Ok(driver)
    }

    pub(crate) fn status(&self) -> String {
        let status = self.0.engine.borrow().status();
        serde_json::to_string(&status).expect("our own types always serialise")
    }

    pub(crate) fn tick(&self) {
        self.tell(Executor::handle_timeout);
    }

    pub(crate) fn keep_awake(&self) {
        self.say("[]");
    }

    /// Ends the session: members are closed with 1001, and the port.
    pub(crate) fn leave(&self) {
        self.tell(Executor::handle_detached);
        // Whoever calls may be gone before the task that writes is woken.
        self.turn(|engine| engine.flush(self));
    }

    /// Tells the executor something.
    pub(crate) fn tell(&self, input: impl FnOnce(&mut Executor, Millis)) {
        self.turn(|engine| {
            let now = engine.now();
            input(&mut engine.executor, now);
        });
    }

    /// One turn: an input, then everything it brings about except most of the writing.
    pub(crate) fn turn<R>(&self, input: impl FnOnce(&mut Engine) -> R) -> R {
        let mut texts = Vec::new();
        let result = {
            let engine = &mut *self.0.engine.borrow_mut();
            let before = Standing::of(engine);
            let result = input(engine);
            engine.settle(self);
            if engine.is_flush_due() {
                engine.flush(self);
            }
            while let Some(text) = engine.poll_text() {
                texts.push(text);
            }
            self.notify(&before, &Standing::of(engine));
            result
        };
        for text in texts {
            self.say(&text);
        }
        result
    }

    /// Runs a task of this companion's.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        web::task::spawn(async move {
            task.await;
            Ok::<_, Infallible>(())
        });
    }

    /// Waits until the link can take more.
    pub(crate) async fn until_uncongested(&self) {
        while self.0.engine.borrow().companion.is_congested() {
            self.0.relieved.notified().await;
        }
    }

    /// Waits until a connection may be read. What a stream has is taken whole: who sends much waits longer for
    /// the next time.
    pub(crate) async fn until_allowed(&self, conn: ConnId) {
        loop {
            let (at, now) = {
                let engine = &mut *self.0.engine.borrow_mut();
                let now = engine.now();
                match engine.executor.allowance(conn, now) {
                    Allowance::Now(_) => return,
                    Allowance::At(time) => (time, now),
                }
            };
            sleep((at - now).0).await;
        }
    }

    /// Waits until the executor would take one more connection.
    pub(crate) async fn until_accepting(&self) {
        while !self.0.engine.borrow().executor.is_accepting() {
            self.0.accepting.notified().await;
        }
    }

    /// The extension said something, or is gone: its worker ended, or it wants this app no more.
    fn hear(&self, heard: Heard) {
        match heard {
            Heard::Text(text) => self.turn(|engine| engine.hear(&text)),
            // The browser has words about a port that nobody was there to take.
            Heard::Ended(words) => {
                self.tell(Executor::handle_detached);
                let phase = words.map_or(Phase::Ended, |_| Phase::Absent);
                self.turn(|engine| engine.set_phase(phase));
                *self.0.port.borrow_mut() = None;
            }
        }
    }

    /// A port that cannot send has ended; that is heard by itself.
    fn say(&self, text: &str) {
        if let Some(port) = &*self.0.port.borrow()
            && let Err(error) = port.send(text)
        {
            log::warn(&error.to_string());
        }
    }

    /// Wakes the tasks that wait for what a turn has changed.
    fn notify(&self, before: &Standing, now: &Standing) {
        if now.noted > 0 || now.is_over {
            self.0.noted.notify_one();
        }
        if before.is_congested && !now.is_congested {
            self.0.relieved.notify_waiters();
        }
        if now.is_accepting && !before.is_accepting {
            self.0.accepting.notify_waiters();
        }
    }

    /// Writes what turns have noted. Woken by the first of them, it stands behind all tasks that were
    /// ready then, and so writes for all of them at once. Ends with the session and its last connection.
    async fn flush(self) {
        loop {
            self.0.noted.notified().await;
            self.turn(|engine| engine.flush(&self));
            if self.0.engine.borrow().is_over() {
                return;
            }
        }
    }
}

/// What tasks wait for a change of.
struct Standing {
    noted: usize,
    is_congested: bool,
    is_accepting: bool,
    is_over: bool,
}

impl Standing {
    fn of(engine: &Engine) -> Self {
        Self {
            noted: engine.noted.len(),
            is_congested: engine.companion.is_congested(),
            is_accepting: engine.executor.is_accepting(),
            is_over: engine.is_over(),
        }
    }
}
