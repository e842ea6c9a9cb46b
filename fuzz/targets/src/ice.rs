//! What WebRTC's side of signalling brings: STUN requests, descriptions, candidates.

use crate::input::text;
use broadcaster::Millis;
use broadcaster::limits::{CANDIDATE_BYTES, DESCRIPTION_BYTES, STUN_BYTES};
use broadcaster::signalling::Near;
use broadcaster::signalling::candidate::{Attribute, Candidate, Target, unmask};
use broadcaster::signalling::description::{Description, Kind};
use broadcaster::stun::Responder;
use std::net::{IpAddr, SocketAddr};

/// Header, and XOR-MAPPED-ADDRESS of IPv6.
const ANSWER_BYTES: usize = 20 + 4 + 20;

/// An answer goes to whoever asked, is not much longer than the shortest request, and repeats nothing of
/// the request but its transaction.
pub(crate) fn stun(data: &[u8]) {
    for from in [
        "192.168.1.23:4000",
        "[fd77::23]:4000",
        "[::ffff:192.168.1.23]:4000",
    ] {
        let from: SocketAddr = from.parse().expect("an address");
        let Some(answer) = Responder::new().handle_datagram(from, data, |_| true, Millis(1000))
        else {
            continue;
        };
        assert!(
            data.len() <= STUN_BYTES
                && data[..2] == [0, 1]
                && data[4..8] == [0x21, 0x12, 0xa4, 0x42]
        );
        assert!(answer.len() <= ANSWER_BYTES);
        assert_eq!((&answer[..2], &answer[4..20]), (&[1, 1][..], &data[4..20]));
        assert_eq!(
            mapped(&answer),
            SocketAddr::new(from.ip().to_canonical(), from.port())
        );
        let refused = Responder::new().handle_datagram(from, data, |_| false, Millis(1000));
        assert_eq!(refused, None, "who is not allowed meets silence");
    }
}

/// XOR-MAPPED-ADDRESS, the one attribute of an answer (RFC 8489 §14.2).
fn mapped(answer: &[u8]) -> SocketAddr {
    let mask = &answer[4..20];
    let unmasked = |at: usize| -> Vec<u8> {
        answer[at..]
            .iter()
            .zip(mask)
            .map(|(byte, mask)| byte ^ mask)
            .collect()
    };
    let port = unmasked(26);
    let address = unmasked(28);
    let ip: IpAddr = match answer[25] {
        1 => <[u8; 4]>::try_from(address).expect("four bytes").into(),
        _ => <[u8; 16]>::try_from(address).expect("sixteen bytes").into(),
    };
    SocketAddr::new(ip, u16::from_be_bytes([port[0], port[1]]))
}

/// A description is about data channels alone, survives being sent on, and without its candidates has none.
pub(crate) fn description(data: &[u8]) {
    let text = text(data);
    for kind in [Kind::Offer, Kind::Answer] {
        let Ok(description) = Description::parse(&text, kind) else {
            continue;
        };
        assert!(text.len() <= DESCRIPTION_BYTES && description.kind == kind);
        let bare = description.with_candidates(|_| None);
        assert!(
            !bare
                .sdp
                .lines()
                .any(|line| line.starts_with("a=candidate:"))
        );
        let said = Description::parse(&bare.to_data(), kind);
        assert!(said.is_ok_and(|said| said == bare), "{}", bare.sdp);
        let same = description.with_candidates(|text| Some(text.to_owned()));
        assert_eq!(same, same.with_candidates(|text| Some(text.to_owned())));
        assert_eq!(
            same.sdp.matches("m=application").count(),
            description.sdp.matches("m=application").count()
        );
    }
}

/// A candidate that is accepted is one line that points to a neighbour, also once it is un-masked.
pub(crate) fn candidate(data: &[u8]) {
    let text = text(data);
    if let Ok(candidate) = Candidate::parse(&text) {
        assert!(text.len() <= CANDIDATE_BYTES);
        assert_eq!(
            Candidate::parse(&candidate.to_data()).ok().as_ref(),
            Some(&candidate)
        );
        line(&candidate.candidate);
    }
    line(&text);
}

fn line(text: &str) {
    let Ok(attribute) = Attribute::parse(text) else {
        return assert!(unmask(text, None).is_err());
    };
    assert!(
        !text.contains(char::is_control),
        "{text:?} is more than one line"
    );
    let own: IpAddr = [192, 168, 1, 5].into();
    let near = Near {
        prefixes: &[],
        members: [Some(own), Some([192, 168, 1, 23].into())],
    };
    if attribute.check(&near).is_ok() {
        assert!(is_near(attribute.target), "{text:?}");
    }
    assert_eq!(attribute.aimed_at(own).parse_target(), Target::Ip(own));
    let shown = unmask(text, Some(own)).expect("it is a candidate");
    let is_hidden = match attribute.target {
        Target::Masked(_) => true,
        Target::Ip(ip) => ip.to_canonical().is_loopback(),
    };
    assert_eq!(is_hidden, shown != text);
}

pub(crate) fn is_near(target: Target<'_>) -> bool {
    match target {
        Target::Masked(name) => {
            name.to_ascii_lowercase().ends_with(".local") && name.matches('.').count() == 1
        }
        Target::Ip(ip) => match ip.to_canonical() {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
        },
    }
}

trait Aimed {
    fn parse_target(&self) -> Target<'_>;
}

impl Aimed for String {
    fn parse_target(&self) -> Target<'_> {
        Attribute::parse(self)
            .expect("aiming keeps the rest")
            .target
    }
}
