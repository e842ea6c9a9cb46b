//! Runs a replication for as long as its page lives: steps one after the other, then a rest until there is work.

use crate::connections::spawn;
use crate::queue::Queue;
use futures_channel::mpsc::UnboundedReceiver;
use remote::Millis;
use remote::replication::{Moment, Replicated, Standing};
use std::rc::Rc;
use web::clock;
use web::timer::Timer;

/// What makes it go on.
enum Heard {
    /// There is work, or the time that was waited for has come.
    Work,
    /// The storage is closed.
    End,
}

/// A replication that is run; dropping it ends that, at the next point where it may be given up.
pub(crate) struct Replicating {
    replicated: Rc<Replicated>,
    queue: Queue<Heard>,
}

impl Replicating {
    /// Begins; `tell` hears where it stands, before and after each step.
    pub(crate) fn begin(replicated: Rc<Replicated>, tell: impl Fn(&Standing) + 'static) -> Self {
        let (queue, heard) = Queue::new();
        let woken = queue.clone();
        replicated.on_work(move || woken.push(Heard::Work));
        spawn(run(replicated.clone(), tell, queue.clone(), heard));
        Self { replicated, queue }
    }

    /// Ends it at the next point where it may be given up.
    pub(crate) fn end(&self) {
        self.queue.push(Heard::End);
    }

    /// The storage that callers see.
    pub(crate) fn replicated(&self) -> &Rc<Replicated> {
        &self.replicated
    }
}

impl Drop for Replicating {
    fn drop(&mut self) {
        self.end();
    }
}

async fn run(
    replicated: Rc<Replicated>,
    tell: impl Fn(&Standing),
    queue: Queue<Heard>,
    mut heard: UnboundedReceiver<Heard>,
) {
    loop {
        let next = replicated.run(moment()).await.next;
        tell(&replicated.standing(moment()));
        let _timer = next.map(|at| {
            let woken = queue.clone();
            Timer::new((at - moment().now).0, move || woken.push(Heard::Work))
        });
        if !is_work(&mut heard).await {
            return;
        }
        tell(&replicated.standing(moment()));
    }
}

/// Waits for work, and takes all that has come: one step does it. False at the end.
async fn is_work(heard: &mut UnboundedReceiver<Heard>) -> bool {
    let mut next = heard.recv().await.ok();
    while let Some(Heard::Work) = next {
        match heard.try_recv() {
            Ok(more) => next = Some(more),
            Err(_) => return true,
        }
    }
    false
}

fn moment() -> Moment {
    Moment {
        now: Millis(clock::today()),
        offset_minutes: clock::offset_minutes(),
        random: u32::from_be_bytes(web::random::bytes()),
    }
}
