//! Addresses of this computer: what they are, and which of them to offer to others first.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
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
        IpNet::new_assert(self.ip, self.prefix.min(if self.ip.is_ipv4() { 32 } else { 128 })).trunc()
    }
}
