//! The broadcaster without IO.
//!
//! Every type here is a value that is told things and asked things: inputs are `handle_*(…, now)`,
//! outputs come from `poll_output()`, and after each input the driver polls until `Wait`. Nothing in
//! this crate owns a clock, a socket, a thread, a task, randomness or a log.
#![warn(missing_docs)]

pub mod address;
pub mod limits;
pub mod link;
pub mod payload;
pub mod time;

pub use payload::Payload;
pub use time::Millis;
