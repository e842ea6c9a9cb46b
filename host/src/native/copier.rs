//! The thread that keeps copies: disks block, for seconds where they are slow, and members must not wait.

use crate::copies::Copies;
use crate::directories::Directories;
use broadcaster::link::{Order, Outcome};
use std::thread;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Where orders go to, and outcomes come from. The thread begins with the first order, and ends with the
/// process.
pub(super) fn channels() -> (Sender<Order>, Receiver<Outcome>) {
    let (orders, mut from) = channel::<Order>(WAITING);
    let (to, outcomes) = channel(WAITING);
    thread::spawn(move || {
        let Some(mut next) = from.blocking_recv() else {
            return;
        };
        let mut copies = Directories::open().map(|directories| Copies::new(directories.copies()));
        loop {
            let outcome = match &mut copies {
                Ok(copies) => copies.carry_out(next),
                Err(error) => Outcome::Failed {
                    detail: format!("{error:#}"),
                },
            };
            // An error means that the driver has ended already.
            let Some(order) = to
                .blocking_send(outcome)
                .ok()
                .and_then(|()| from.blocking_recv())
            else {
                return;
            };
            next = order;
        }
    });
    (orders, outcomes)
}

/// There is one order at a time.
const WAITING: usize = 1;
