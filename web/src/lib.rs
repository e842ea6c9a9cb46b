//! The one tidy layer over web-sys, js-sys and `chrome.*`.
//!
//! Only this crate names `Closure`, `Function` and `JsValue`. Above it: Rust values, `impl FnMut`,
//! JSON as text, and `Result<_, Error>`. A registration is a value; dropping it unregisters.
#![warn(missing_docs)]

pub mod badge;
pub mod blob;
mod chrome;
pub mod clock;
mod error;
pub mod fetch;
pub mod file;
pub mod gzip;
pub mod idb;
mod json;
mod listener;
pub mod locks;
pub mod log;
pub mod offscreen;
pub mod persistence;
pub mod port;
pub mod random;
pub mod rtc;
pub mod runtime;
mod size;
pub mod socket;
pub mod sockets;
pub mod storage;
mod stream;
pub mod task;
pub mod thrown;
pub mod timer;
pub mod turn;

pub use error::Error;
