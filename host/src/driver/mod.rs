//! The driver of an executor: gives it what the system says, and does what it wants done.
//!
//! Everything happens on one thread, in turns. A turn gives the executor one input and polls it dry:
//! reports go to the [`Decider`], whose commands come back at once, and connections with something to
//! write are noted. The notes are worked off by a task that stands behind all tasks the same wake-up
//! made ready, so what several senders said goes to each receiver in one `writev`.
//!
//! ```text
//!  accept ─┐                 ┌─▶ reports ─▶ Decider ─▶ commands ─┐
//!  read   ─┼─▶ turn ─▶ Executor ◀──────────────────────────────┘
//!  timer  ─┘                 └─▶ dirty connections ─▶ flush ─▶ writev
//! ```
//!
//! Datagrams are answered beside that, each in a turn of its own.

mod accept;
mod datagrams;
mod decider;
mod engine;
mod listen;
mod port;
mod socket;
mod tasks;

pub use decider::Decider;
pub use port::{Holder, holder, is_free};
pub use tasks::Driver;
