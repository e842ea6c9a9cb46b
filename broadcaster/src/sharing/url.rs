//! The addresses to be told to others: which of this computer's, and as which URLs.

use super::guests::Invite;
use super::qr::Qr;
use crate::address::{Address, Medium};
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};

/// One way to this broadcaster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Url {
    /// For WebSocket clients.
    pub url: String,
    /// For browsers: the page served on the port.
    pub page: String,
    /// The interface's name.
    pub interface: String,
    /// What the interface is.
    pub medium: Medium,
    /// `page` as a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr: Option<Qr>,
    /// In invited mode: the link to be passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invite>,
}

impl Url {
    /// Address and port.
    pub(super) fn authority(&self) -> Option<SocketAddr> {
        let rest = self.url.strip_prefix("ws://")?;
        rest.strip_suffix('/')?.parse().ok()
    }
}

/// The URLs of those addresses that lead others here, in their order. QR codes are taken from `known`
/// where it has them.
pub(super) fn urls(addresses: &[Address], bind: &[IpAddr], port: u16, known: &[Url]) -> Vec<Url> {
    let offered = addresses.iter().filter(|address| is_offered(address, bind));
    offered.map(|address| url(address, port, known)).collect()
}

/// Loopback leads others to themselves, and a link-local address of IPv6 is none without a zone, which a
/// URL cannot hold in a browser.
fn is_offered(address: &Address, bind: &[IpAddr]) -> bool {
    let leads_here = match address.ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unspecified() && !ip.is_unicast_link_local(),
    };
    leads_here && address.medium != Medium::Loopback && is_bound(address.ip, bind)
}

/// Whether the port is open on `ip`: no list, or an unspecified address in it, means all interfaces.
fn is_bound(ip: IpAddr, bind: &[IpAddr]) -> bool {
    let covers = |bound: &IpAddr| {
        *bound == ip || bound.is_unspecified() && (bound.is_ipv4() == ip.is_ipv4())
    };
    bind.is_empty() || bind.iter().any(covers)
}

fn url(address: &Address, port: u16, known: &[Url]) -> Url {
    let authority = SocketAddr::new(address.ip, port);
    let page = format!("http://{authority}/");
    let qr = match known.iter().find(|url| url.page == page) {
        Some(url) => url.qr.clone(),
        None => Qr::new(&page),
    };
    Url {
        url: format!("ws://{authority}/"),
        page,
        interface: address.interface.clone(),
        medium: address.medium,
        qr,
        invitation: None,
    }
}
