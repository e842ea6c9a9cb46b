//! Records on a server, and their replication with a storage of this computer.
//!
//! Opens no connection and reads no clock: a request goes out through [`http::Http`], the time and
//! random bytes are arguments.
//!
//! - [`erp5`] and [`couchdb`] are storages on a server: each a `jio::storage::Storage`, and a
//!   [`replica::Replica`] besides.
//! - [`replication`] makes one storage of one here and one of those.
//! - [`description`] reads which storage is meant, in the manner of jIO.
//! - [`credentials`] holds who asks; [`limits`] every bound.
//!
//! What servers answer is not trusted: it is bounded, it never panics, it is asked for nowhere but under
//! the address that was given, and where it is not what was expected a sentence says so.
#![warn(missing_docs)]

mod address;
mod content;
pub mod couchdb;
pub mod credentials;
pub mod description;
mod download;
pub mod erp5;
pub mod http;
mod json;
pub mod limits;
mod packing;
pub mod replica;
pub mod replication;
#[cfg(test)]
mod scripted;
mod server;
mod session;
mod time;

pub use address::{Address, Error as AddressError};
pub use server::Server;
pub use time::Millis;
