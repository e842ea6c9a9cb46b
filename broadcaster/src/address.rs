//! Addresses of this computer: what they are, and which of them to offer to others first.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// One address of one interface of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// Length of its network prefix, in bits.
    pub prefix: u8,
    /// The interface's name.
    pub interface: String,
    /// What the interface is.
    pub medium: Medium,
    /// Whether the default route leaves by this interface.
    #[serde(default)]
    pub default_route: bool,
}

/// What an interface is, as far as the system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// A cable.
    Wired,
    /// Wi-Fi.
    Wireless,
    /// Not known; taken for a LAN.
    Other,
    /// A bridge, container or virtual machine network.
    Virtual,
    /// A tunnel.
    Vpn,
    /// A mobile network.
    Cellular,
    /// This computer only.
    Loopback,
}

impl Address {
    /// The network this address is in.
    pub fn network(&self) -> IpNet {
        IpNet::new_assert(
            self.ip,
            self.prefix.min(if self.ip.is_ipv4() { 32 } else { 128 }),
        )
        .trunc()
    }
}

/// Those of `addresses` that others can be told to come to, best first.
///
/// An address a DHCP server gave comes before one the computer made up. `bind` narrows to the addresses
/// listened on. Without it an interface that may lead out of the LAN (virtual, VPN, cellular) stands only
/// where no LAN is, and loopback only where there is nothing else; link-local IPv6 never, since a URL
/// cannot name its interface.
pub fn rank(addresses: &[Address], bind: &[IpAddr]) -> Vec<Address> {
    let mut offered: Vec<Address> = addresses
        .iter()
        .filter(|address| is_served(address.ip, addresses, bind))
        .filter(|address| can_be_told(address))
        .cloned()
        .collect();
    if offered.iter().any(|address| !is_loopback(address)) {
        offered.retain(|address| !is_loopback(address));
    }
    offered.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut seen = BTreeSet::new();
    offered.retain(|address| seen.insert(address.ip));
    offered
}

/// Whether a connection to our address `local` is taken at all: one listened on by name, or else any but
/// those of virtual, VPN and cellular interfaces, and these too where this computer has no other.
pub fn is_served(local: IpAddr, addresses: &[Address], bind: &[IpAddr]) -> bool {
    if !bind.is_empty() {
        let covers = |ip: &IpAddr| ip.is_unspecified() && ip.is_ipv4() == local.is_ipv4();
        return bind.iter().any(|ip| *ip == local || covers(ip));
    }
    let stays = |address: &Address| address.medium <= Medium::Other || is_loopback(address);
    let known = addresses.iter().find(|address| address.ip == local);
    known.is_none_or(stays) || !addresses.iter().any(is_lan)
}

fn is_lan(address: &Address) -> bool {
    address.medium <= Medium::Other && can_be_told(address) && !is_loopback(address)
}

fn can_be_told(address: &Address) -> bool {
    let is_link_local = match address.ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !is_link_local && !address.ip.is_unspecified() && !address.ip.is_multicast()
}

fn is_loopback(address: &Address) -> bool {
    address.medium == Medium::Loopback || address.ip.is_loopback()
}

/// What is compared, most important first; less is better.
fn key(address: &Address) -> impl Ord {
    let origin = Origin::of(address.ip);
    (
        address.medium > Medium::Other,
        origin == Origin::SelfAssigned,
        !address.default_route,
        address.medium,
        origin,
        address.interface.clone(),
        address.ip,
    )
}

/// Where an address comes from, the one easiest to reach and to type first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    PrivateV4,
    PublicV4,
    UniqueLocalV6,
    GlobalV6,
    /// IPv4 without a DHCP server (RFC 3927).
    SelfAssigned,
}

impl Origin {
    fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) if ip.is_link_local() => Self::SelfAssigned,
            IpAddr::V4(ip) if ip.is_private() => Self::PrivateV4,
            IpAddr::V4(_) => Self::PublicV4,
            IpAddr::V6(ip) if ip.is_unique_local() => Self::UniqueLocalV6,
            IpAddr::V6(_) => Self::GlobalV6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Medium::{Cellular, Loopback, Other, Virtual, Vpn, Wired, Wireless};

    const DEFAULT: bool = true;
    const NOT: bool = false;

    fn address((ip, medium, default_route): (&str, Medium, bool)) -> Address {
        let interface = format!("{medium:?}").to_lowercase();
        Address {
            ip: ip.parse().unwrap(),
            prefix: 24,
            interface,
            medium,
            default_route,
        }
    }

    fn ranked(given: &[(&str, Medium, bool)], bind: &[&str]) -> Vec<String> {
        let addresses: Vec<_> = given.iter().copied().map(address).collect();
        let bind: Vec<_> = bind.iter().map(|ip| ip.parse().unwrap()).collect();
        rank(&addresses, &bind)
            .iter()
            .map(|address| address.ip.to_string())
            .collect()
    }

    #[test]
    fn the_best_address_comes_first() {
        for (given, expected) in [
            (vec![], vec![]),
            (vec![("127.0.0.1", Loopback, NOT)], vec!["127.0.0.1"]),
            (
                vec![("127.0.0.1", Loopback, NOT), ("192.168.1.5", Wired, NOT)],
                vec!["192.168.1.5"],
            ),
            (
                vec![("10.0.0.5", Wired, NOT), ("192.168.1.5", Wireless, DEFAULT)],
                vec!["192.168.1.5", "10.0.0.5"],
            ),
            (
                vec![
                    ("10.0.0.7", Other, NOT),
                    ("10.0.0.6", Wireless, NOT),
                    ("10.0.0.5", Wired, NOT),
                ],
                vec!["10.0.0.5", "10.0.0.6", "10.0.0.7"],
            ),
            (
                vec![
                    ("100.70.1.1", Cellular, NOT),
                    ("10.8.0.2", Vpn, DEFAULT),
                    ("172.17.0.1", Virtual, NOT),
                    ("192.168.1.5", Wireless, NOT),
                ],
                vec!["192.168.1.5"],
            ),
            (
                vec![
                    ("100.70.1.1", Cellular, NOT),
                    ("10.8.0.2", Vpn, DEFAULT),
                    ("172.17.0.1", Virtual, NOT),
                    ("127.0.0.1", Loopback, NOT),
                ],
                vec!["10.8.0.2", "172.17.0.1", "100.70.1.1"],
            ),
            (
                vec![
                    ("2001:db8::5", Wired, DEFAULT),
                    ("fd77::5", Wired, DEFAULT),
                    ("203.0.113.5", Wired, DEFAULT),
                    ("192.168.1.5", Wired, DEFAULT),
                    ("fe80::5", Wired, DEFAULT),
                ],
                vec!["192.168.1.5", "203.0.113.5", "fd77::5", "2001:db8::5"],
            ),
            (
                vec![
                    ("169.254.7.7", Wired, DEFAULT),
                    ("192.168.1.5", Wireless, NOT),
                ],
                vec!["192.168.1.5", "169.254.7.7"],
            ),
            (
                vec![("169.254.7.7", Wired, NOT), ("172.17.0.1", Virtual, NOT)],
                vec!["169.254.7.7"],
            ),
            (
                vec![("0.0.0.0", Wired, NOT), ("ff02::1", Wired, NOT)],
                vec![],
            ),
            (
                vec![("10.0.0.5", Wired, NOT), ("10.0.0.5", Wired, NOT)],
                vec!["10.0.0.5"],
            ),
        ] {
            assert_eq!(ranked(&given, &[]), expected, "{given:?}");
        }
    }

    #[test]
    fn what_leads_out_of_the_lan_is_served_on_demand_only() {
        let given = [
            ("127.0.0.1", Loopback, NOT),
            ("192.168.1.5", Wired, DEFAULT),
            ("10.8.0.2", Vpn, NOT),
        ];
        let all: Vec<_> = given.iter().copied().map(address).collect();
        let served = |local: &str, addresses: &[Address], bind: &[&str]| {
            let bind: Vec<_> = bind.iter().map(|ip| ip.parse().unwrap()).collect();
            is_served(local.parse().unwrap(), addresses, &bind)
        };
        for (local, bind, expected) in [
            ("192.168.1.5", &[][..], true),
            ("127.0.0.1", &[], true),
            ("10.8.0.2", &[], false),
            ("10.8.0.2", &["10.8.0.2"], true),
            ("10.8.0.2", &["0.0.0.0"], true),
            ("192.168.1.5", &["10.8.0.2"], false),
            ("192.168.1.77", &[], true),
        ] {
            assert_eq!(served(local, &all, bind), expected, "{local} {bind:?}");
        }
        assert!(
            served("10.8.0.2", &all[2..], &[]),
            "there is no LAN to stay in"
        );
    }

    #[test]
    fn bind_narrows() {
        let given = [
            ("127.0.0.1", Loopback, NOT),
            ("192.168.1.5", Wired, DEFAULT),
            ("10.8.0.2", Vpn, NOT),
        ];
        assert_eq!(ranked(&given, &["10.8.0.2"]), ["10.8.0.2"]);
        assert_eq!(ranked(&given, &["127.0.0.1"]), ["127.0.0.1"]);
        assert_eq!(ranked(&given, &["127.0.0.1", "10.8.0.2"]), ["10.8.0.2"]);
        assert_eq!(ranked(&given, &["0.0.0.0"]), ["192.168.1.5", "10.8.0.2"]);
        assert!(ranked(&given, &["10.9.9.9"]).is_empty());
    }
    #[test]
    fn all_addresses_of_a_family_are_those_of_that_family() {
        let given = [("192.168.1.5", Wired, DEFAULT), ("fd00::5", Wired, DEFAULT)];
        assert_eq!(ranked(&given, &["0.0.0.0"]), ["192.168.1.5"]);
        assert_eq!(ranked(&given, &["::"]), ["fd00::5"]);
        assert_eq!(ranked(&given, &["::", "0.0.0.0"]).len(), 2);
    }
}
