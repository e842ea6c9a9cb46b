//! A saved copy of a database: one tar file, written and read as a stream, without IO. The format is
//! described in `docs/backup.md`; any archive program opens it.
//!
//! A [`Writer`] is told what to save and answers with the bytes to append. A [`Reader`] is fed bytes
//! and polled for [`Item`]s; it believes nothing: order, names, lengths, ids, counts and the SHA-256
//! of the whole must be right. So whoever restores reads the file twice: first to the end without
//! doing anything, then again to take what is in it.

mod contents;
mod error;
mod input;
mod lines;
mod reader;
mod tar;
mod writer;

pub use contents::{About, Manifest, Trailer};
pub use error::Error;
pub use lines::Lines;
pub use reader::{Item, Reader};
pub use writer::Writer;

#[cfg(test)]
mod tests;
