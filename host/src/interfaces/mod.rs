//! The addresses of this computer, and news of their changes.

mod medium;
mod watch;

pub use watch::Watch;

use broadcaster::address::Address;
use netdev::Interface;
use std::net::IpAddr;

/// Lists the addresses of all interfaces that are up. Takes some milliseconds.
pub fn addresses() -> Vec<Address> {
    let up = netdev::get_interfaces()
        .into_iter()
        .filter(Interface::is_up);
    up.flat_map(|interface| of_interface(&interface)).collect()
}

fn of_interface(interface: &Interface) -> Vec<Address> {
    let medium = medium::medium(&interface.name, interface.if_type);
    let v4 = interface
        .ipv4
        .iter()
        .map(|net| (IpAddr::from(net.addr()), net.prefix_len()));
    let v6 = interface.ipv6.iter().zip(&interface.ipv6_addr_flags);
    // RFC 4862: a tentative or duplicated address is not this computer's, a deprecated one soon not.
    let v6 = v6.filter(|(_, flags)| !(flags.tentative || flags.duplicated || flags.deprecated));
    let v6 = v6.map(|(net, _)| (IpAddr::from(net.addr()), net.prefix_len()));
    let address = |(ip, prefix)| Address {
        ip,
        prefix,
        interface: interface.name.clone(),
        medium,
        default_route: interface.default,
    };
    v4.chain(v6).map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use broadcaster::address::Medium;
    use std::net::Ipv4Addr;

    #[test]
    fn loopback_is_among_the_addresses() {
        let loopback = addresses()
            .into_iter()
            .find(|address| address.ip == Ipv4Addr::LOCALHOST);
        let loopback = loopback.expect("every computer has it");
        assert_eq!(
            (loopback.medium, loopback.prefix, loopback.default_route),
            (Medium::Loopback, 8, false)
        );
    }
}
