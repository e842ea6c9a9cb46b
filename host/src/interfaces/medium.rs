//! What an interface is: by its type where the system tells, by the habits of naming where it does not
//! (Linux calls bridges, containers and many tunnels Ethernet).

use broadcaster::address::Medium;
use netdev::interface::types::InterfaceType;

/// Tells what the interface of this name and type is.
pub(super) fn medium(name: &str, kind: InterfaceType) -> Medium {
    by_name(name).unwrap_or_else(|| by_type(kind))
}

fn by_name(name: &str) -> Option<Medium> {
    let has = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if has(VIRTUAL) {
        Some(Medium::Virtual)
    } else if has(VPN) {
        Some(Medium::Vpn)
    } else if has(CELLULAR) {
        Some(Medium::Cellular)
    } else {
        None
    }
}

/// Docker, Podman, libvirt, LXC, VMware, VirtualBox, Kubernetes networks, Hyper-V. A bridge called
/// `br0` is left out: that is how people name the bridge their own cable is in.
const VIRTUAL: &[&str] = &[
    "docker",
    "br-",
    "veth",
    "virbr",
    "vnet",
    "vmnet",
    "vboxnet",
    "lxcbr",
    "lxdbr",
    "incusbr",
    "podman",
    "cni",
    "flannel",
    "cali",
    "dummy",
    "vEthernet",
];
/// OpenVPN, WireGuard, Tailscale, ZeroTier, macOS tunnels, PPP.
const VPN: &[&str] = &[
    "tun",
    "tap",
    "wg",
    "tailscale",
    "zt",
    "utun",
    "ipsec",
    "nordlynx",
    "proton",
    "ppp",
];
/// Modems, as udev and Android name them.
const CELLULAR: &[&str] = &["wwan", "wwp", "rmnet", "ccmni"];

fn by_type(kind: InterfaceType) -> Medium {
    use InterfaceType::*;
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "netdev's types are many, and will be more"
    )]
    match kind {
        Loopback => Medium::Loopback,
        Wireless80211 | PeerToPeerWireless => Medium::Wireless,
        Ethernet | Ethernet3Megabit | FastEthernetT | FastEthernetFx | GigabitEthernet => {
            Medium::Wired
        }
        Bridge | ProprietaryVirtual => Medium::Virtual,
        Tunnel | Ppp | Slip => Medium::Vpn,
        Wwan | Wwanpp | Wwanpp2 | Wman | GenericModem => Medium::Cellular,
        _ => Medium::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_tell_the_medium() {
        use InterfaceType::{Ethernet, Loopback, Tunnel, Unknown, Wireless80211, Wwan};
        for (name, kind, expected) in [
            ("lo", Loopback, Medium::Loopback),
            ("eth0", Ethernet, Medium::Wired),
            ("enp3s0", Ethernet, Medium::Wired),
            ("br0", Ethernet, Medium::Wired),
            ("wlp2s0", Wireless80211, Medium::Wireless),
            ("docker0", Ethernet, Medium::Virtual),
            ("br-5f2a", Ethernet, Medium::Virtual),
            ("veth12ab", Ethernet, Medium::Virtual),
            ("virbr0", Ethernet, Medium::Virtual),
            ("vmnet8", Ethernet, Medium::Virtual),
            ("tun0", Tunnel, Medium::Vpn),
            ("wg0", Unknown, Medium::Vpn),
            ("tailscale0", Unknown, Medium::Vpn),
            ("wwan0", Ethernet, Medium::Cellular),
            ("mobile", Wwan, Medium::Cellular),
            ("odd7", Unknown, Medium::Other),
        ] {
            assert_eq!(medium(name, kind), expected, "{name}");
        }
    }
}
