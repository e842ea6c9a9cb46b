//! The native companion: sockets, the link over stdin and stdout, the installer, and `serve`.
//!
//! A shell around the crate `broadcaster`: [`driver`] moves bytes and time between the system and an
//! executor, and a [`driver::Decider`] says what they mean. In [`native`] the decider is the hub at
//! the other end of the link, in [`serve`] a hub in this process.

pub mod allocator;
pub mod arguments;
pub mod copies;
pub mod directories;
pub mod driver;
pub mod error;
pub mod install;
pub mod interfaces;
pub mod log;
pub mod native;
pub mod open_files;
pub mod origin;
pub mod output;
pub mod serve;
pub mod signals;

pub use error::Error;
