//! `Host`, `Origin` and remote addresses: what is admitted says exactly one of our addresses, in whatever
//! spelling, and never merely begins or ends like one.

use crate::input::text;
use broadcaster::address::{Address, Medium};
use broadcaster::admission::{
    Authority, Host, Origin, OriginRule, Reach, admits_host, admits_remote,
};
use std::net::IpAddr;

const PORT: u16 = 9999;

pub(crate) fn admission(data: &[u8]) {
    let text = text(data);
    let own = [address("192.168.1.5"), address("fd77::5")];
    if let Ok(authority) = text.parse::<Authority>() {
        host(&text, &authority, &own);
    }
    if let Ok(said) = text.parse::<Origin>() {
        origin(&text, &said, &own);
    }
    if let Ok(remote) = text.parse::<IpAddr>() {
        let mapped = match remote.to_canonical() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().into(),
            ip @ IpAddr::V6(_) => ip,
        };
        assert_eq!(
            admits_remote(remote, &own, &[]),
            admits_remote(mapped, &own, &[])
        );
    }
}

fn host(text: &str, said: &Authority, own: &[Address]) {
    let again = match &said.host {
        Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
        Host::Ip(ip @ IpAddr::V4(_)) => ip.to_string(),
        Host::Name(name) => {
            assert!(
                name.parse::<IpAddr>().is_err() && !name.contains(['/', '@', ':', '#', '?', '\\']),
                "{text}"
            );
            assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()));
            name.clone()
        }
    };
    let again = said
        .port
        .map_or(again.clone(), |port| format!("{again}:{port}"));
    assert_eq!(again.parse().as_ref(), Ok(said), "{text}");
    for local in ["192.168.1.5:9999", "127.0.0.1:9999"] {
        let local: std::net::SocketAddr = local.parse().expect("an address");
        if admits_host(said, local, own, &[]) {
            assert_eq!(said.port, Some(PORT), "{text}");
            assert!(is_ours(&said.host, own, local.ip()), "{text}");
        }
    }
}

fn is_ours(host: &Host, own: &[Address], local: IpAddr) -> bool {
    match host {
        Host::Ip(ip) => *ip == local || own.iter().any(|address| address.ip == *ip),
        Host::Name(name) => name == "localhost" && local.is_loopback(),
    }
}

fn origin(text: &str, said: &Origin, own: &[Address]) {
    let listed = OriginRule::new(["https://intranet.example"], Reach::Listed).expect("an origin");
    let open = OriginRule::new(["https://intranet.example"], Reach::Networks).expect("an origin");
    let neighbour: IpAddr = [192, 168, 1, 23].into();
    let admits = |rule: &OriginRule| rule.admits(Some(text), neighbour, own, PORT);
    assert!(
        !admits(&listed) || admits(&open),
        "open mode admits more: {text}"
    );
    let Origin::Tuple { scheme, host, port } = said else {
        return assert!(!admits(&open), "null is never admitted unless listed");
    };
    if admits(&listed) {
        let is_listed = text.eq_ignore_ascii_case("https://intranet.example")
            || *host == Host::Name("intranet.example".into())
                && scheme == "https"
                && *port == Some(443);
        let is_page = scheme == "http" && *port == Some(PORT) && is_ours(host, own, neighbour);
        assert!(is_listed || is_page, "{text}");
    } else if admits(&open) {
        let is_near = match host {
            Host::Ip(ip) => {
                ip.is_loopback() || own.iter().any(|address| address.network().contains(ip))
            }
            Host::Name(name) => name == "localhost",
        };
        assert!(is_near && (scheme == "http" || scheme == "https"), "{text}");
    }
}

fn address(ip: &str) -> Address {
    Address {
        ip: ip.parse().expect("an address"),
        prefix: 24,
        interface: "eth0".into(),
        medium: Medium::Wired,
        default_route: true,
    }
}
