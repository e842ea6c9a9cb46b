//! Which pages may open a WebSocket here: the rule over `Origin` (RFC 6454, RFC 6455 §10.2).

use super::remote::{is_on_link, is_this_computer};
use super::{Authority, Error, Host};
use crate::address::Address;
use std::net::IpAddr;
use std::str::FromStr;

/// An origin, as a browser serialises it (RFC 6454 §6.1), in one form each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `null`: a page without an origin of its own, as from a file or a sandboxed frame.
    Null,
    /// Scheme, host and port.
    Tuple {
        /// The scheme in lower case.
        scheme: String,
        /// The host.
        host: Host,
        /// The port, the scheme's own where none was written; `None` where that is not known.
        port: Option<u16>,
    },
}

/// How far the rule reaches beyond our own and the listed origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// No further.
    Listed,
    /// To pages served by an address of this computer's networks, or by the visitor's own computer
    /// (open mode).
    Networks,
}

/// The rule over `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginRule {
    listed: Vec<Origin>,
    reach: Reach,
}

impl OriginRule {
    /// A rule with the origins listed by the user and those of our own extension.
    ///
    /// # Errors
    /// A listed text is no origin.
    pub fn new<T: AsRef<str>>(
        listed: impl IntoIterator<Item = T>,
        reach: Reach,
    ) -> Result<Self, Error> {
        let listed = listed.into_iter().map(|text| text.as_ref().parse());
        Ok(Self {
            listed: listed.collect::<Result<_, _>>()?,
            reach,
        })
    }

    /// Whether an upgrade with this `Origin` is admitted, from this `remote`, to the broadcaster with
    /// these `addresses` on this `port`.
    ///
    /// Absent is admitted: only browsers are bound to send it, and only they can be misled. `null` must
    /// be listed. `http://localhost` is ours only when said by this computer; a neighbour's localhost
    /// is the neighbour's.
    pub fn admits(
        &self,
        origin: Option<&str>,
        remote: IpAddr,
        addresses: &[Address],
        port: u16,
    ) -> bool {
        let Some(origin) = origin else { return true };
        let Ok(origin) = origin.parse::<Origin>() else {
            return false;
        };
        self.listed.contains(&origin)
            || is_ours(&origin, remote, addresses, port)
            || (self.reach == Reach::Networks && is_near(&origin, addresses))
    }
}

impl FromStr for Origin {
    type Err = Error;

    /// Reads `null` or `scheme://host[:port]`; anything after the port, even a slash, is refused.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "null" {
            return Ok(Self::Null);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Error::SchemeMissing)?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !is_scheme {
            return Err(Error::SchemeMissing);
        }
        let scheme = scheme.to_ascii_lowercase();
        let Authority { host, port } = rest.parse()?;
        let port = port.or(match scheme.as_str() {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        });
        Ok(Self::Tuple { scheme, host, port })
    }
}

/// Whether the page came from this broadcaster.
fn is_ours(origin: &Origin, remote: IpAddr, addresses: &[Address], ours: u16) -> bool {
    let Origin::Tuple { scheme, host, port } = origin else {
        return false;
    };
    let is_our_host = match host {
        _ if host.is_loopback() => is_this_computer(remote, addresses),
        Host::Ip(ip) => addresses
            .iter()
            .any(|address| address.ip.to_canonical() == *ip),
        Host::Name(_) => false,
    };
    scheme == "http" && *port == Some(ours) && is_our_host
}

/// Whether the page came from an address of our networks or from the visitor's own computer.
fn is_near(origin: &Origin, addresses: &[Address]) -> bool {
    let Origin::Tuple { scheme, host, .. } = origin else {
        return false;
    };
    let is_near_host = match host {
        _ if host.is_loopback() => true,
        Host::Ip(ip) => is_on_link(*ip, addresses),
        Host::Name(_) => false,
    };
    (scheme == "http" || scheme == "https") && is_near_host
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Medium;

    const EXTENSION: &str = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";

    fn admits(reach: Reach, listed: &[&str], origin: &str, remote: &str) -> bool {
        let own = [("192.168.1.5", 24), ("fd77::5", 64)].map(|(ip, prefix)| Address {
            ip: ip.parse().unwrap(),
            prefix,
            interface: "eth0".into(),
            medium: Medium::Wired,
            default_route: true,
        });
        let rule = OriginRule::new(listed, reach).unwrap();
        rule.admits(Some(origin), remote.parse().unwrap(), &own, 9999)
    }

    /// Origin, whether a closed rule admits it, whether an open one does.
    const TABLE: &[(&str, bool, bool)] = &[
        ("http://192.168.1.5:9999", true, true),
        ("HTTP://192.168.1.5:9999", true, true),
        ("http://[fd77::5]:9999", true, true),
        ("http://[::ffff:192.168.1.5]:9999", true, true),
        (EXTENSION, true, true),
        ("https://intranet.example", true, true),
        ("https://INTRANET.example.:443", true, true),
        (
            "chrome-extension://abcdefghijklmnopabcdefghijklmnoq",
            false,
            false,
        ),
        ("https://intranet.example:8443", false, false),
        ("http://intranet.example", false, false),
        ("https://intranet.example.evil.example", false, false),
        ("https://evil-intranet.example", false, false),
        ("null", false, false),
        ("", false, false),
        ("file://", false, false),
        ("https://192.168.1.5:9999", false, true),
        ("http://192.168.1.5", false, true),
        ("http://192.168.1.5:8080", false, true),
        ("http://192.168.1.77:8000", false, true),
        ("http://[fd77::77]", false, true),
        ("http://127.0.0.1:3000", false, true),
        ("http://localhost:3000", false, true),
        ("http://[::1]:3000", false, true),
        ("http://localhost:9999", false, true),
        ("http://192.168.2.5:9999", false, false),
        ("http://8.8.8.8", false, false),
        ("ftp://192.168.1.77", false, false),
        ("http://192.168.1.5.:9999", false, false),
        ("http://192.168.1.5.evil.example:9999", false, false),
        ("http://127.attacker.example", false, false),
        ("http://localhost.evil.example", false, false),
        ("http://evil@192.168.1.5:9999", false, false),
        ("http://192.168.1.5:9999@evil.example", false, false),
        ("http://192.168.1.5:9999/", false, false),
        ("http://192.168.1.5:9999 http://evil.example", false, false),
        ("http:192.168.1.5:9999", false, false),
        ("://192.168.1.5:9999", false, false),
    ];

    #[test]
    fn origins_of_a_neighbour() {
        let listed = [EXTENSION, "https://intranet.example"];
        for &(origin, closed, open) in TABLE {
            assert_eq!(
                admits(Reach::Listed, &listed, origin, "192.168.1.77"),
                closed,
                "{origin}"
            );
            assert_eq!(
                admits(Reach::Networks, &listed, origin, "192.168.1.77"),
                open,
                "{origin}"
            );
        }
    }

    #[test]
    fn localhost_is_ours_only_from_this_computer() {
        for origin in [
            "http://localhost:9999",
            "http://127.0.0.1:9999",
            "http://[::1]:9999",
        ] {
            for (remote, admitted) in [
                ("127.0.0.1", true),
                ("::ffff:127.0.0.1", true),
                ("192.168.1.5", true),
                ("192.168.1.77", false),
            ] {
                assert_eq!(
                    admits(Reach::Listed, &[], origin, remote),
                    admitted,
                    "{origin} {remote}"
                );
            }
        }
        assert!(!admits(
            Reach::Listed,
            &[],
            "http://localhost:9998",
            "127.0.0.1"
        ));
    }

    #[test]
    fn null_is_admitted_only_where_listed() {
        assert!(admits(Reach::Listed, &["null"], "null", "192.168.1.77"));
        assert!(!admits(Reach::Networks, &[], "null", "192.168.1.77"));
    }

    #[test]
    fn a_listed_text_that_is_no_origin_is_an_error() {
        let refuse = |text: &str| OriginRule::new([text], Reach::Listed).unwrap_err();
        assert_eq!(refuse("intranet.example"), Error::SchemeMissing);
        assert_eq!(refuse("https://intranet.example/"), Error::HostInvalid);
        assert_eq!(refuse("https://"), Error::HostMissing);
        assert_eq!(refuse("https://a:b"), Error::PortInvalid);
    }
}
