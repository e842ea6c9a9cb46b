//! Which remote addresses may connect: those that can only be near.

use crate::address::{Address, Medium};
use ipnet::IpNet;
use std::net::IpAddr;

/// Bits a prefix must have to name a network; a shorter one, as some tunnels carry, means "everything".
const SHORTEST_PREFIX: u8 = 8;

/// Whether a connection from `remote` is accepted: loopback, private (RFC 1918), link-local, unique
/// local (RFC 4193), on a network of this computer, or in a prefix the user allowed.
pub fn admits_remote(remote: IpAddr, addresses: &[Address], allow: &[IpNet]) -> bool {
    let remote = remote.to_canonical();
    let is_near = match remote {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    is_near || is_on_link(remote, addresses) || allow.iter().any(|net| net.contains(&remote))
}

/// Whether `remote` is this computer itself: loopback or one of its addresses.
pub fn is_this_computer(remote: IpAddr, addresses: &[Address]) -> bool {
    let remote = remote.to_canonical();
    remote.is_loopback()
        || addresses
            .iter()
            .any(|address| address.ip.to_canonical() == remote)
}

/// Whether `ip` is on a LAN of this computer. Who shares a provider's or a tunnel's prefix with us is
/// no neighbour.
pub(super) fn is_on_link(ip: IpAddr, addresses: &[Address]) -> bool {
    addresses
        .iter()
        .filter(|address| is_lan(address))
        .any(|own| own.network().contains(&ip))
}

fn is_lan(address: &Address) -> bool {
    address.prefix >= SHORTEST_PREFIX
        && match address.medium {
            Medium::Wired | Medium::Wireless | Medium::Other | Medium::Virtual => true,
            Medium::Vpn | Medium::Cellular | Medium::Loopback => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(net: &str, medium: Medium) -> Address {
        let net: IpNet = net.parse().unwrap();
        let interface = "if0".into();
        Address {
            ip: net.addr(),
            prefix: net.prefix_len(),
            interface,
            medium,
            default_route: false,
        }
    }

    #[test]
    fn remotes_are_admitted_by_prefix() {
        let own = [
            address("203.0.113.9/24", Medium::Wired),
            address("2001:db8:1::9/64", Medium::Wireless),
            address("198.51.100.9/24", Medium::Cellular),
            address("8.8.8.8/0", Medium::Wired),
        ];
        let allow = [
            "192.0.2.0/25".parse().unwrap(),
            "2001:db8:7::/48".parse().unwrap(),
        ];
        for (remote, admitted) in [
            ("127.0.0.1", true),
            ("127.8.9.1", true),
            ("::1", true),
            ("10.1.2.3", true),
            ("172.16.0.1", true),
            ("172.31.255.255", true),
            ("172.32.0.1", false),
            ("192.168.1.5", true),
            ("169.254.7.7", true),
            ("fe80::7", true),
            ("fd77::7", true),
            ("fc00::7", true),
            ("::ffff:192.168.1.5", true),
            ("::ffff:1.1.1.1", false),
            ("203.0.113.77", true),
            ("203.0.114.77", false),
            ("2001:db8:1::77", true),
            ("2001:db8:2::77", false),
            ("198.51.100.77", false),
            ("192.0.2.127", true),
            ("::ffff:192.0.2.127", true),
            ("192.0.2.128", false),
            ("2001:db8:7:1::1", true),
            ("100.64.0.1", false),
            ("1.1.1.1", false),
            ("0.0.0.0", false),
            ("::", false),
        ] {
            let ip = remote.parse().unwrap();
            assert_eq!(admits_remote(ip, &own, &allow), admitted, "{remote}");
        }
    }

    #[test]
    fn this_computer_is_known_by_its_addresses() {
        let own = [address("192.168.1.5/24", Medium::Wired)];
        for (remote, is) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("192.168.1.5", true),
            ("::ffff:192.168.1.5", true),
            ("192.168.1.6", false),
        ] {
            assert_eq!(
                is_this_computer(remote.parse().unwrap(), &own),
                is,
                "{remote}"
            );
        }
    }
}
