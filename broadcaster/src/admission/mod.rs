//! Who may speak to us: pure rules over parsed values, never over prefixes of text.
//!
//! - [`admits_remote`]: the remote address, asked when a connection is accepted.
//! - [`admits_host`]: the `Host` of *every* HTTP request (against DNS rebinding), asked by the executor.
//! - [`OriginRule::admits`]: the `Origin` of an upgrade (RFC 6455 §10.2), asked by the hub.
//!
//! ```
//! use broadcaster::admission::{OriginRule, Reach};
//!
//! let rule = OriginRule::new(["https://intranet.example"], Reach::Listed)?;
//! let neighbour = "192.168.1.23".parse().unwrap();
//! assert!(rule.admits(Some("https://intranet.example"), neighbour, &[], 9999));
//! assert!(!rule.admits(Some("https://intranet.example.evil"), neighbour, &[], 9999));
//! assert!(rule.admits(None, neighbour, &[], 9999)); // no browser
//! # Ok::<(), broadcaster::admission::Error>(())
//! ```

mod authority;
mod host;
mod origin;
mod remote;

pub use authority::{Authority, Host};
pub use host::admits_host;
pub use origin::{Origin, OriginRule, Reach};
pub use remote::{admits_remote, is_this_computer};

/// Text that is no authority or no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no host.
    #[error("the host is missing")]
    HostMissing,
    /// The host is neither an IP address nor a name of letters, digits, hyphens and dots.
    #[error("the host is neither an IP address nor a name")]
    HostInvalid,
    /// The port is not a number from 0 to 65535.
    #[error("the port is not a number from 0 to 65535")]
    PortInvalid,
    /// An origin without a scheme, as in `http://`.
    #[error("an origin starts with a scheme, as in http://192.168.1.5:9999")]
    SchemeMissing,
}
