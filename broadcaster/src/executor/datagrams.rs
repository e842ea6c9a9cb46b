//! The UDP side of the port: on which addresses it is open, and the answers to STUN requests there.

use super::Executor;
use super::machine::canonical;
use super::output::Output;
use super::port::Port;
use crate::address::is_served;
use crate::admission::admits_remote;
use crate::time::Millis;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

impl Executor {
    /// A datagram came from `remote` to our address `local`. What to send back the same way; `None` is
    /// silence.
    pub fn handle_datagram(
        &mut self,
        remote: SocketAddr,
        local: SocketAddr,
        datagram: &[u8],
        now: Millis,
    ) -> Option<Vec<u8>> {
        let Port::Open(listening, _) = &self.port else {
            return None;
        };
        let local = canonical(local).ip();
        if !listening.stun || !is_served(local, &self.addresses, &listening.bind) {
            return None;
        }
        let (addresses, allow) = (&self.addresses, &listening.allow);
        let is_allowed = |remote| admits_remote(remote, addresses, allow);
        self.responder
            .handle_datagram(remote, datagram, is_allowed, now)
    }

    /// Wishes for other UDP sockets where others are needed now.
    pub(super) fn update_datagrams(&mut self) {
        let needed = self.datagram_addresses();
        if needed != self.datagrams {
            self.datagrams = needed;
            let sockets = self.datagrams.iter().copied().collect();
            self.outputs.push_back(Output::Datagrams(sockets));
        }
    }

    /// One socket for each address: so an answer leaves from the address that was asked, whatever way
    /// the system would send it otherwise.
    fn datagram_addresses(&self) -> BTreeSet<SocketAddr> {
        let Port::Open(listening, port) = &self.port else {
            return BTreeSet::new();
        };
        if !listening.stun {
            return BTreeSet::new();
        }
        let own = self.addresses.iter().map(|address| address.ip);
        own.filter(|ip| is_served(*ip, &self.addresses, &listening.bind))
            .chain(listening.bind.iter().copied())
            .filter(|ip| can_be_bound(*ip))
            .map(|ip| SocketAddr::new(ip, *port))
            .collect()
    }
}

/// A link-local address of IPv6 is none without its interface, which nobody can name in a STUN URL.
fn can_be_bound(ip: IpAddr) -> bool {
    let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    !is_link_local && !ip.is_unspecified()
}
