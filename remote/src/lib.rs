//! Records on a server, and their replication with a storage of this computer.
//!
//! Opens no connection and reads no clock: a request goes out through [`http::Http`], the time and
//! random bytes are arguments.

pub mod http;
pub mod replica;
