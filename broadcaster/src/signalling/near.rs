//! Which addresses are on this network, as far as a page can know. Asks no interface and no table.

use ipnet::IpNet;
use std::net::IpAddr;

/// What counts as this network: private, link-local and unique-local addresses, the prefixes given,
/// and the single addresses that the broadcaster reports of its members.
#[derive(Debug, Clone, Copy, Default)]
pub struct Near<'a> {
    /// Prefixes known to be on the link.
    pub prefixes: &'a [IpNet],
    /// Our own address and the other side's, as the broadcaster sees them.
    pub members: [Option<IpAddr>; 2],
}

impl Near<'_> {
    /// Whether the address is a neighbour's. Loopback is where both sides are on one computer that
    /// has no network: else the broadcaster would report another address of them.
    pub fn covers(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        if ip.is_unspecified() || ip.is_multicast() {
            return false;
        }
        if ip.is_loopback() {
            return self.are_on_one_computer();
        }
        is_local(ip)
            || self.prefixes.iter().any(|prefix| prefix.contains(&ip))
            || self
                .members
                .into_iter()
                .flatten()
                .any(|member| is_beside(ip, member.to_canonical()))
    }

    fn are_on_one_computer(&self) -> bool {
        let is_here =
            |member: Option<IpAddr>| member.is_some_and(|ip| ip.to_canonical().is_loopback());
        self.members.into_iter().all(is_here)
    }
}

fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// The same address, or for IPv6 the same subnet: interface identifiers have 64 bits (RFC 4291
/// §2.5.1), and one device has several of them.
fn is_beside(ip: IpAddr, member: IpAddr) -> bool {
    match (ip, member) {
        (IpAddr::V4(ip), IpAddr::V4(member)) => ip == member,
        (IpAddr::V6(ip), IpAddr::V6(member)) => ip.segments()[..4] == member.segments()[..4],
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_near_and_others_are_not() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let prefixes = ["203.0.113.0/24".parse().unwrap()];
        let members = [Some(ip("2001:db8::5")), Some(ip("198.51.100.7"))];
        let near = Near {
            prefixes: &prefixes,
            members,
        };
        let inside = [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.9.9",
            "fd00::1",
            "fe80::1",
            "203.0.113.9",
            "198.51.100.7",
            "2001:db8::77",
            "::ffff:10.0.0.1",
        ];
        let outside = [
            "8.8.8.8",
            "172.32.0.1",
            "198.51.100.8",
            "2001:db8:0:1::5",
            "2620::1",
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "224.0.0.251",
            "ff02::fb",
        ];
        assert!(inside.into_iter().all(|text| near.covers(ip(text))));
        assert!(!outside.into_iter().any(|text| near.covers(ip(text))));
        assert!(!Near::default().covers(ip("203.0.113.9")));
    }

    #[test]
    fn loopback_is_near_where_both_are_on_a_computer_without_network() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let here = Some(ip("127.0.0.1"));
        for (members, expected) in [
            ([here, Some(ip("::1"))], true),
            ([here, Some(ip("10.0.0.1"))], false),
            ([here, None], false),
        ] {
            let near = Near {
                members,
                ..Near::default()
            };
            assert_eq!(near.covers(ip("127.0.0.1")), expected, "{members:?}");
        }
    }
}
