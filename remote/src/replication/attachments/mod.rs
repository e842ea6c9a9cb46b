//! Attachments: what both sides have of each, and the steps by which they are carried, after all records.
//!
//! - `file` is what the journal keeps of one; `shelf` keeps them in the book; `print` names contents.
//! - `candidates` are those that may differ. `looking` compares one and finds what is to be done; `bringing` takes
//!   it to the server, `fetching` from there, part by part.
//! - `calls` are the callers' side: a mark before each write, and reading what has not come yet. `deciding` is what
//!   people do about two contents under one name.

mod bringing;
mod calls;
mod candidates;
mod deciding;
mod fetching;
mod file;
mod looking;
mod print;
mod shelf;

pub(super) use candidates::{Candidates, Work};
pub(super) use file::Place;
pub(super) use shelf::Shelf;

pub use deciding::{AttachmentConflict, AttachmentSide};
