//! Making the companion known to this user's browsers, taking that back, and looking whether it holds.
//!
//! A browser finds the companion by a manifest in its own data directory, which names a binary and the
//! extensions that may start it. Only the user's own directories are touched, and in them only what is
//! ours: a manifest of our name that leads to another binary is left alone.

mod binary;
mod browser;
mod doctor;
mod launch;
mod manifest;
mod policy;
mod register;

#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(not(any(target_os = "macos", windows)), path = "linux.rs")]
mod system;

pub use doctor::doctor;
pub use register::{install, uninstall};

/// The name by which the extension asks for the companion.
pub const HOST_NAME: &str = "org.lan_broadcaster.host";
