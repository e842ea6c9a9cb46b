//! The one tidy layer over web-sys, js-sys and `chrome.*`.
//!
//! Only this crate names `Closure`, `Function` and `JsValue`. Above it: Rust values, `impl FnMut`,
//! JSON as text, and `Result<_, Error>`. A registration is a value; dropping it unregisters.
#![warn(missing_docs)]

pub mod badge;
mod chrome;
pub mod clock;
mod error;
pub mod file;
mod json;
mod listener;
pub mod log;
pub mod port;
pub mod runtime;
pub mod storage;
pub mod task;
pub mod timer;

pub use error::Error;
