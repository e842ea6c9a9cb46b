//! Whether a request's `Host` is us: the control against DNS rebinding. A page that made its own name
//! point here still says that name.

use super::{Authority, Host};
use crate::address::Address;
use std::net::SocketAddr;

/// The port of `http` where none is written (RFC 9110 §4.2.1).
const HTTP_PORT: u16 = 80;

/// Whether `host` names this computer and the port the connection came to.
///
/// `local` is the connection's own local address, which is ours by nature, even while the list of
/// `addresses` is older than the last change. `localhost` counts only on loopback: said from elsewhere
/// it means another computer. `names` are the further names the user gave.
pub fn admits_host(
    host: &Authority,
    local: SocketAddr,
    addresses: &[Address],
    names: &[Host],
) -> bool {
    let local_ip = local.ip().to_canonical();
    let is_ours = match &host.host {
        Host::Ip(ip) => {
            *ip == local_ip
                || addresses
                    .iter()
                    .any(|address| address.ip.to_canonical() == *ip)
        }
        Host::Name(_) => local_ip.is_loopback() && host.host.is_loopback(),
    };
    host.port.unwrap_or(HTTP_PORT) == local.port() && (is_ours || names.contains(&host.host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Medium;

    fn addresses() -> Vec<Address> {
        ["192.168.1.5", "fd77::5"]
            .map(|ip| Address {
                ip: ip.parse().unwrap(),
                prefix: 24,
                interface: "eth0".into(),
                medium: Medium::Wired,
                default_route: true,
            })
            .into()
    }

    fn admits(host: &str, local: &str) -> bool {
        let names = [Host::Name("mybox.local".into())];
        // What cannot be read is answered 400 by the head reader, and never admitted.
        host.parse()
            .is_ok_and(|host| admits_host(&host, local.parse().unwrap(), &addresses(), &names))
    }

    #[test]
    fn hosts_on_a_lan_address() {
        for (host, admitted) in [
            ("192.168.1.5:9999", true),
            ("[fd77::5]:9999", true),
            ("[fd77:0:0::0005]:9999", true),
            ("[::ffff:192.168.1.5]:9999", true),
            ("mybox.local:9999", true),
            ("MYBOX.local.:9999", true),
            ("192.168.1.5", false),
            ("192.168.1.5:80", false),
            ("192.168.1.5:9998", false),
            ("192.168.1.50:9999", false),
            ("192.168.1.5.:9999", false),
            ("192.168.1.5.evil.example:9999", false),
            ("127.attacker.example:9999", false),
            ("127.0.0.1:9999", false),
            ("localhost:9999", false),
            ("mybox.local.evil.example:9999", false),
            ("evil@192.168.1.5:9999", false),
            ("192.168.1.5:9999@evil.example", false),
            ("", false),
        ] {
            assert_eq!(admits(host, "192.168.1.5:9999"), admitted, "{host}");
        }
    }

    #[test]
    fn hosts_on_loopback() {
        for (host, admitted) in [
            ("127.0.0.1:9999", true),
            ("localhost:9999", true),
            ("LOCALHOST.:9999", true),
            ("192.168.1.5:9999", true),
            ("[::1]:9999", false),
            ("evil.localhost:9999", false),
            ("localhost.evil.example:9999", false),
            ("127.1:9999", false),
            ("0.0.0.0:9999", false),
            ("2130706433:9999", false),
        ] {
            assert_eq!(admits(host, "127.0.0.1:9999"), admitted, "{host}");
        }
    }

    #[test]
    fn a_missing_port_is_80() {
        assert!(admits("192.168.1.5", "192.168.1.5:80"));
        assert!(admits("192.168.1.5:", "192.168.1.5:80"));
        assert!(!admits("192.168.1.5", "192.168.1.5:443"));
    }

    #[test]
    fn the_local_address_is_ours_before_the_list_says_so() {
        assert!(admits("10.0.0.9:9999", "10.0.0.9:9999"));
        assert!(admits("10.0.0.9:9999", "[::ffff:10.0.0.9]:9999"));
        assert!(!admits("10.0.0.8:9999", "10.0.0.9:9999"));
    }
}
