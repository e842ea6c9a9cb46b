//! `host[:port]` (RFC 3986 §3.2 without userinfo) as values that can be compared: addresses are
//! addresses, names are lower case without their final dot.

use super::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A host with the port that was written, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port; `None` where it was not written, or written empty.
    pub port: Option<u16>,
}

/// A host: an address or a name, in one form each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// An address; one mapped into IPv6 stands as IPv4.
    Ip(IpAddr),
    /// A name in lower case, without a final dot.
    Name(String),
}

impl Host {
    /// Whether this host means the computer that says it.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Ip(ip) => ip.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }
}

impl FromStr for Authority {
    type Err = Error;

    /// Reads `192.168.1.5:9999`, `[fd77::1]:9999`, `localhost` and the like. User names, zones, white
    /// space and the short or octal forms of IPv4 are refused.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (host, port) = split_port(text)?;
        Ok(Self {
            host: host.parse()?,
            port: read_port(port)?,
        })
    }
}

impl FromStr for Host {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::HostMissing);
        }
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(Error::HostInvalid)?;
            let ip: Ipv6Addr = inner.parse().map_err(|_| Error::HostInvalid)?;
            return Ok(Self::Ip(IpAddr::V6(ip).to_canonical()));
        }
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Ip(ip.into()));
        }
        read_name(text)
    }
}

/// Splits at the colon before the port, which in brackets is no such colon.
fn split_port(text: &str) -> Result<(&str, &str), Error> {
    if text.starts_with('[') {
        let end = text.find(']').ok_or(Error::HostInvalid)? + 1;
        let (host, rest) = text.split_at(end);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, port)),
            None if rest.is_empty() => Ok((host, "")),
            None => Err(Error::HostInvalid),
        };
    }
    Ok(text.split_once(':').unwrap_or((text, "")))
}

/// Reads digits; nothing at all means the scheme's default port (RFC 3986 §3.2.3).
fn read_port(text: &str) -> Result<Option<u16>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    // `u16::from_str` alone would take a plus sign.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::PortInvalid);
    }
    text.parse().map(Some).map_err(|_| Error::PortInvalid)
}

/// Reads a name. One whose last label is a number is a mistyped address in every URL parser, so it is
/// none here either.
fn read_name(text: &str) -> Result<Host, Error> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(allowed)
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if name.len() > 253 || !name.split('.').all(is_label) || is_number {
        return Err(Error::HostInvalid);
    }
    Ok(Host::Name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Host {
        Host::Ip(text.parse().unwrap())
    }

    #[test]
    fn authorities_are_read_as_addresses_or_names() {
        let name = |text: &str| Host::Name(text.into());
        for (text, host, port) in [
            ("192.168.1.5:9999", ip("192.168.1.5"), Some(9999)),
            ("192.168.1.5", ip("192.168.1.5"), None),
            ("192.168.1.5:", ip("192.168.1.5"), None),
            ("[fd77::1]:9999", ip("fd77::1"), Some(9999)),
            ("[FD77:0::1]", ip("fd77::1"), None),
            ("[::ffff:192.168.1.5]:80", ip("192.168.1.5"), Some(80)),
            ("LocalHost:9999", name("localhost"), Some(9999)),
            ("localhost.:9999", name("localhost"), Some(9999)),
            ("my-laptop.local:09999", name("my-laptop.local"), Some(9999)),
            (
                "127.attacker.example:9999",
                name("127.attacker.example"),
                Some(9999),
            ),
        ] {
            assert_eq!(text.parse(), Ok(Authority { host, port }), "{text}");
        }
    }

    #[test]
    fn what_is_no_authority_is_refused() {
        use Error::{HostInvalid, HostMissing, PortInvalid};
        for (text, error) in [
            ("", HostMissing),
            (":9999", HostMissing),
            ("localhost:+99", PortInvalid),
            ("localhost:65536", PortInvalid),
            ("localhost:99 ", PortInvalid),
            ("fd77::1", PortInvalid),
            ("user@localhost:1", HostInvalid),
            ("user:pass@localhost", PortInvalid),
            ("[fe80::1%25eth0]:1", HostInvalid),
            ("[fd77::1", HostInvalid),
            ("[fd77::1]9999", HostInvalid),
            ("[192.168.1.5]", HostInvalid),
            ("192.168.1.5.", HostInvalid),
            ("192.168.1.05", HostInvalid),
            ("127.1", HostInvalid),
            ("2130706433", HostInvalid),
            ("0x7f.0.0.0x1", HostInvalid),
            ("local host", HostInvalid),
            ("a..b", HostInvalid),
            (".", HostInvalid),
            ("localhost/", HostInvalid),
            ("lócalhost", HostInvalid),
        ] {
            assert_eq!(text.parse::<Authority>(), Err(error), "{text:?}");
        }
    }
}
