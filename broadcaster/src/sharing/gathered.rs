//! This computer's addresses as a page of the extension gathers them: from the host candidates of WebRTC,
//! which name neither prefix nor interface.

use super::settings::Error;
use crate::address::{Address, Medium};
use crate::limits::ADDRESSES_GATHERED;
use serde::Deserialize;
use std::net::IpAddr;

/// An address, and what WebRTC thinks of its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Gathered {
    ip: IpAddr,
    /// Chromium's `network-cost`: 0 a cable, 10 Wi-Fi, 50 not known, 900 and more a mobile network;
    /// one more where it is a tunnel.
    #[serde(default = "unknown")]
    cost: u16,
}

impl Gathered {
    /// Reads a list of them, loopback added.
    ///
    /// # Errors
    /// The text is none, or the list is too long.
    pub(super) fn addresses(text: &str) -> Result<Vec<Address>, Error> {
        let no_addresses = |why: String| Error::NoAddresses(why);
        let gathered: Vec<Self> =
            serde_json::from_str(text).map_err(|error| no_addresses(error.to_string()))?;
        if gathered.len() > ADDRESSES_GATHERED {
            return Err(no_addresses(format!("there are {}", gathered.len())));
        }
        let loopback = ["127.0.0.1", "::1"].map(|ip| Address {
            ip: ip.parse().expect("an address"),
            prefix: 8,
            interface: "lo".to_owned(),
            medium: Medium::Loopback,
            default_route: false,
        });
        let gathered = gathered.into_iter().map(Self::into_address);
        Ok(gathered.chain(loopback).collect())
    }

    fn into_address(self) -> Address {
        Address {
            ip: self.ip,
            prefix: prefix(self.ip),
            interface: "network".to_owned(),
            medium: medium(self.cost),
            default_route: false,
        }
    }
}

/// What is most common where an address is private. A public one of IPv4 may stand alone on its link: its
/// neighbours are not taken for ours.
fn prefix(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => 24,
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 64,
    }
}

fn medium(cost: u16) -> Medium {
    match cost {
        900.. => Medium::Cellular,
        cost if cost % 10 == 1 => Medium::Vpn,
        0 => Medium::Wired,
        10 => Medium::Wireless,
        _ => Medium::Other,
    }
}

fn unknown() -> u16 {
    50
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_become_addresses() {
        let text = r#"[{"ip":"192.168.1.5","cost":10},{"ip":"10.8.0.2","cost":51},{"ip":"fd00::5","cost":0},
            {"ip":"100.64.3.4","cost":900},{"ip":"203.0.113.9"}]"#;
        let read = Gathered::addresses(text).unwrap();
        let told: Vec<_> = read
            .iter()
            .map(|address| (address.ip.to_string(), address.prefix, address.medium))
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|(ip, prefix, medium)| (ip.as_str(), *prefix, *medium))
            .collect();
        assert_eq!(
            told,
            [
                ("192.168.1.5", 24, Medium::Wireless),
                ("10.8.0.2", 24, Medium::Vpn),
                ("fd00::5", 64, Medium::Wired),
                ("100.64.3.4", 32, Medium::Cellular),
                ("203.0.113.9", 32, Medium::Other),
                ("127.0.0.1", 8, Medium::Loopback),
                ("::1", 8, Medium::Loopback),
            ]
        );
    }

    #[test]
    fn what_is_no_list_of_addresses_is_refused() {
        for text in [
            "",
            "{}",
            r#"[{"ip":"printer.local"}]"#,
            r#"[{"ip":"1.2.3.4","cost":-1}]"#,
        ] {
            assert!(Gathered::addresses(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_list_is_bounded() {
        let list = |count: usize| {
            let one = r#"{"ip":"192.168.1.5"}"#;
            format!("[{}]", vec![one; count].join(","))
        };
        assert!(Gathered::addresses(&list(ADDRESSES_GATHERED)).is_ok());
        assert!(Gathered::addresses(&list(ADDRESSES_GATHERED + 1)).is_err());
    }
}
