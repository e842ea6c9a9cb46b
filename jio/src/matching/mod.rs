//! Does a document satisfy a query? Compiled once, then asked for each document; common terms
//! (equality of texts, wildcards) are answered without allocating.

mod matcher;
mod pattern;
mod sought;
mod stretch;
mod term;

pub use matcher::Error;

pub(crate) use matcher::Matcher;
