//! Request heads: RFC 9112 §2–3, and the opening handshake's fields, RFC 6455 §4.2.1. Reads growing
//! bytes; does not read bodies, and refuses requests that announce one.
//!
//! The bound is on bytes, not on rounds: however the bytes arrive, each is looked at a fixed number of
//! times, and no head is longer than [`crate::limits::HEAD_BYTES`].

mod error;
mod fields;
mod parse;
mod reader;

pub use error::Error;
pub use parse::{Head, Method, Upgrade, Wish};
pub use reader::Reader;
