//! Candidates: their text (RFC 8839 §5.1, RFC 6544 §4.5), which of them are accepted, and un-masking.
//! Nothing here resolves a name or opens a socket.

use super::near::Near;
use crate::limits::CANDIDATE_BYTES;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::Split;

/// A candidate as browsers exchange it: `RTCIceCandidateInit` (webrtc-pc §4.8.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// `candidate:` and the rest of the attribute.
    pub candidate: String,
    /// The media section by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The media section by number.
    #[serde(
        default,
        rename = "sdpMLineIndex",
        skip_serializing_if = "Option::is_none"
    )]
    pub sdp_m_line_index: Option<u16>,
    /// The ICE user it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

impl Candidate {
    /// Reads the `data` of a candidate message that is not empty.
    ///
    /// # Errors
    /// The text is too long or not of this form.
    pub fn parse(data: &str) -> Result<Self, Error> {
        if data.len() > CANDIDATE_BYTES {
            return Err(Error::TooLong(data.len()));
        }
        serde_json::from_str(data).map_err(|_| Error::Grammar("JSON"))
    }

    /// The `data` of a candidate message.
    pub fn to_data(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialise")
    }
}

/// Why a candidate is not accepted. It is dropped and counted; the session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too long to be read.
    #[error("candidate of {0} bytes is over the limit of {CANDIDATE_BYTES}")]
    TooLong(usize),
    /// The named part is missing or not of its form.
    #[error("candidate has no valid {0}")]
    Grammar(&'static str),
    /// Neither a host nor a server-reflexive one, and so nothing that exists on a LAN.
    #[error("candidate of a kind that a LAN does not have")]
    Kind,
    /// It points to somewhere that is no neighbour.
    #[error("candidate address {0} is not on this network")]
    FarAway(IpAddr),
    /// The session has as many from this side as it may have.
    #[error("too many candidates")]
    TooMany,
}

/// How a candidate was found (RFC 8445 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An address of an interface.
    Host,
    /// An address that a STUN server saw.
    ServerReflexive,
    /// An address that the other side saw.
    PeerReflexive,
    /// An address of a TURN server.
    Relay,
}

/// RFC 8445 and RFC 6544 transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP, active or passive.
    Tcp,
}

/// Where a candidate points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// An address.
    Ip(IpAddr),
    /// A masked one: a name of one label under `.local`, resolved by multicast.
    Masked(&'a str),
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Masked(name) => f.write_str(name),
        }
    }
}

/// A candidate attribute taken apart; borrows its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// UDP or TCP.
    pub transport: Transport,
    /// Where it points.
    pub target: Target<'a>,
    /// How it was found.
    pub kind: Kind,
    port: &'a str,
    before: &'a str,
    after: &'a str,
}

impl<'a> Attribute<'a> {
    /// Reads `candidate:` and what follows, by the grammar of RFC 8839 §5.1.
    ///
    /// # Errors
    /// [`Error::Grammar`] names the first part that is not of its form.
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let mut words = text.split(' ');
        let foundation = next(&mut words, "foundation")?.strip_prefix("candidate:");
        require(foundation.is_some_and(is_foundation), "foundation")?;
        require(is_number(next(&mut words, "component")?, 3), "component")?;
        let transport = read_transport(next(&mut words, "transport")?)?;
        require(is_number(next(&mut words, "priority")?, 10), "priority")?;
        let address = next(&mut words, "address")?;
        let target = read_target(address)?;
        let port = next(&mut words, "port")?;
        require(is_port(port), "port")?;
        require(next(&mut words, "type")? == "typ", "type")?;
        let kind = read_kind(next(&mut words, "type")?)?;
        read_extensions(words, transport)?;
        let start = address.as_ptr() as usize - text.as_ptr() as usize;
        let (before, rest) = text.split_at(start);
        Ok(Self {
            transport,
            target,
            kind,
            port,
            before,
            after: &rest[address.len()..],
        })
    }

    /// Whether the candidate is one that a neighbour can have.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, near: &Near<'_>) -> Result<(), Error> {
        match (self.kind, self.target) {
            (Kind::PeerReflexive | Kind::Relay, _) => Err(Error::Kind),
            (Kind::Host | Kind::ServerReflexive, Target::Masked(_)) => Ok(()),
            (Kind::Host | Kind::ServerReflexive, Target::Ip(ip)) if near.covers(ip) => Ok(()),
            (Kind::Host | Kind::ServerReflexive, Target::Ip(ip)) => Err(Error::FarAway(ip)),
        }
    }

    /// Whether it leads exactly where the other one does, and so adds nothing (RFC 8445 §5.1.3). TCP
    /// candidates may differ in more than that, and are kept.
    pub fn repeats(&self, other: &Attribute<'_>) -> bool {
        self.transport == Transport::Udp
            && other.transport == Transport::Udp
            && (self.target, self.port) == (other.target, other.port)
    }

    /// The text with `address` in place of the target.
    pub fn aimed_at(&self, address: IpAddr) -> String {
        format!("{}{address}{}", self.before, self.after)
    }
}

/// Replaces a masked target by the page's own address as the broadcaster sees it; a loopback one too:
/// a STUN server on the same computer sees nothing better, and the broadcaster knows the LAN's.
///
/// All masked candidates of a page get the same address, so the one of the other family leads
/// nowhere; that is harmless, for ICE tries them all. Where the own address is loopback, the text
/// stays as it is.
///
/// # Errors
/// The text is no candidate.
pub fn unmask(text: &str, own: Option<IpAddr>) -> Result<String, Error> {
    let attribute = Attribute::parse(text)?;
    let is_hidden = match attribute.target {
        Target::Masked(_) => true,
        Target::Ip(ip) => ip.to_canonical().is_loopback(),
    };
    Ok(match own.map(|ip| ip.to_canonical()) {
        Some(own) if is_hidden && !own.is_loopback() && !own.is_unspecified() => {
            attribute.aimed_at(own)
        }
        Some(_) | None => text.to_owned(),
    })
}

fn next<'a>(words: &mut Split<'a, char>, part: &'static str) -> Result<&'a str, Error> {
    words.next().ok_or(Error::Grammar(part))
}

fn require(holds: bool, part: &'static str) -> Result<(), Error> {
    if holds {
        Ok(())
    } else {
        Err(Error::Grammar(part))
    }
}

fn is_foundation(word: &str) -> bool {
    let is_ice_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    (1..=32).contains(&word.len()) && word.bytes().all(is_ice_char)
}

fn is_number(word: &str, max_digits: usize) -> bool {
    (1..=max_digits).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_port(word: &str) -> bool {
    is_number(word, 5) && word.parse::<u16>().is_ok_and(|port| port > 0)
}

fn read_transport(word: &str) -> Result<Transport, Error> {
    if word.eq_ignore_ascii_case("udp") {
        Ok(Transport::Udp)
    } else if word.eq_ignore_ascii_case("tcp") {
        Ok(Transport::Tcp)
    } else {
        Err(Error::Grammar("transport"))
    }
}

fn read_target(word: &str) -> Result<Target<'_>, Error> {
    if let Ok(ip) = word.parse() {
        return Ok(Target::Ip(ip));
    }
    let is_label_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let suffix = word
        .len()
        .checked_sub(".local".len())
        .and_then(|at| word.split_at_checked(at));
    match suffix {
        Some((label, suffix))
            if suffix.eq_ignore_ascii_case(".local")
                && (1..=63).contains(&label.len())
                && label.bytes().all(is_label_byte) =>
        {
            Ok(Target::Masked(word))
        }
        Some(_) | None => Err(Error::Grammar("address")),
    }
}

fn read_kind(word: &str) -> Result<Kind, Error> {
    match word {
        "host" => Ok(Kind::Host),
        "srflx" => Ok(Kind::ServerReflexive),
        "prflx" => Ok(Kind::PeerReflexive),
        "relay" => Ok(Kind::Relay),
        _ => Err(Error::Grammar("type")),
    }
}

/// What follows the type: pairs of name and value, `raddr` and `rport` among them. TCP candidates
/// have a `tcptype` (RFC 6544 §4.5).
fn read_extensions(mut words: Split<'_, char>, transport: Transport) -> Result<(), Error> {
    let mut has_tcp_type = false;
    while let Some(name) = words.next() {
        let value = next(&mut words, "extension")?;
        let is_visible =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
        require(is_visible(name) && is_visible(value), "extension")?;
        if name == "tcptype" {
            require(matches!(value, "active" | "passive" | "so"), "tcptype")?;
            has_tcp_type = true;
        }
    }
    require(transport == Transport::Udp || has_tcp_type, "tcptype")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MASKED: &str = "candidate:1 1 udp 2113937151 \
        2b0d1c6e-0a4b-4d5f-9c39-8f0d8a6f2f11.local 51081 typ host generation 0 ufrag aB+/ network-id 1";

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn candidates_of_browsers_are_read() {
        let table = [
            (
                MASKED,
                Transport::Udp,
                Kind::Host,
                "2b0d1c6e-0a4b-4d5f-9c39-8f0d8a6f2f11.local",
            ),
            (
                "candidate:842163049 1 udp 1677729535 10.77.0.2 51081 typ srflx raddr 0.0.0.0 rport 0 generation 0",
                Transport::Udp,
                Kind::ServerReflexive,
                "10.77.0.2",
            ),
            (
                "candidate:3 1 TCP 2105458943 fd77::2 9 typ host tcptype active",
                Transport::Tcp,
                Kind::Host,
                "fd77::2",
            ),
            (
                "candidate:a/+ 1 UDP 1 10.0.0.1 1 typ host",
                Transport::Udp,
                Kind::Host,
                "10.0.0.1",
            ),
            (
                "candidate:1 1 udp 1 1.2.3.4 1 typ relay raddr 1.1.1.1 rport 1",
                Transport::Udp,
                Kind::Relay,
                "1.2.3.4",
            ),
        ];
        for (text, transport, kind, target) in table {
            let read = Attribute::parse(text).expect(text);
            assert_eq!((read.transport, read.kind), (transport, kind), "{text}");
            assert_eq!(read.target.to_string(), target);
            assert_eq!(format!("{}{target}{}", read.before, read.after), text);
        }
    }

    #[test]
    fn what_breaks_the_grammar_is_named() {
        let table = [
            ("", "foundation"),
            ("a=candidate:1 1 udp 1 10.0.0.1 1 typ host", "foundation"),
            ("candidate: 1 udp 1 10.0.0.1 1 typ host", "foundation"),
            ("candidate:1_ 1 udp 1 10.0.0.1 1 typ host", "foundation"),
            ("candidate:1", "component"),
            ("candidate:1 +1 udp 1 10.0.0.1 1 typ host", "component"),
            ("candidate:1 1000 udp 1 10.0.0.1 1 typ host", "component"),
            ("candidate:1 1 sctp 1 10.0.0.1 1 typ host", "transport"),
            (
                "candidate:1 1 udp 12345678901 10.0.0.1 1 typ host",
                "priority",
            ),
            ("candidate:1 1 udp 1 10.0.0.256 1 typ host", "address"),
            ("candidate:1 1 udp 1 example.org 1 typ host", "address"),
            ("candidate:1 1 udp 1 .local 1 typ host", "address"),
            ("candidate:1 1 udp 1 a.b.local 1 typ host", "address"),
            ("candidate:1 1 udp 1 é.local 1 typ host", "address"),
            ("candidate:1 1 udp 1 fe80::1%eth0 1 typ host", "address"),
            ("candidate:1 1 udp 1 10.0.0.1 0 typ host", "port"),
            ("candidate:1 1 udp 1 10.0.0.1 65536 typ host", "port"),
            ("candidate:1 1 udp 1 10.0.0.1 +1 typ host", "port"),
            ("candidate:1 1 udp 1 10.0.0.1 1 type host", "type"),
            ("candidate:1 1 udp 1 10.0.0.1 1 typ", "type"),
            ("candidate:1 1 udp 1 10.0.0.1 1 typ guest", "type"),
            (
                "candidate:1 1 udp 1 10.0.0.1 1 typ host lonely",
                "extension",
            ),
            (
                "candidate:1 1 udp 1 10.0.0.1 1 typ host a b\r\nm=audio",
                "extension",
            ),
            ("candidate:1 1 udp 1 10.0.0.1 1 typ host  b", "extension"),
            ("candidate:1 1 tcp 1 10.0.0.1 1 typ host", "tcptype"),
            (
                "candidate:1 1 tcp 1 10.0.0.1 1 typ host tcptype odd",
                "tcptype",
            ),
        ];
        for (text, part) in table {
            assert_eq!(
                Attribute::parse(text),
                Err(Error::Grammar(part)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn only_neighbours_are_accepted() {
        let near = Near {
            prefixes: &[],
            members: [None, None],
        };
        let table = [
            ("x.local", "host", Ok(())),
            ("10.1.2.3", "host", Ok(())),
            ("10.1.2.3", "srflx", Ok(())),
            ("8.8.8.8", "host", Err(Error::FarAway(ip("8.8.8.8")))),
            (
                "198.51.100.8",
                "host",
                Err(Error::FarAway(ip("198.51.100.8"))),
            ),
            (
                "2001:db8:0:1::5",
                "host",
                Err(Error::FarAway(ip("2001:db8:0:1::5"))),
            ),
            ("127.0.0.1", "host", Err(Error::FarAway(ip("127.0.0.1")))),
            (
                "224.0.0.251",
                "host",
                Err(Error::FarAway(ip("224.0.0.251"))),
            ),
            ("10.1.2.3", "relay", Err(Error::Kind)),
            ("x.local", "prflx", Err(Error::Kind)),
        ];
        for (target, kind, expected) in table {
            let text = format!("candidate:1 1 udp 1 {target} 5000 typ {kind}");
            let read = Attribute::parse(&text).expect(&text);
            assert_eq!(read.check(&near), expected, "{text}");
        }
    }

    #[test]
    fn what_hides_an_own_address_is_replaced_and_nothing_else() {
        let bare = "candidate:1 1 udp 1 10.0.0.1 1 typ host";
        let here = "candidate:1 1 udp 1 127.0.0.1 1 typ srflx raddr 0.0.0.0 rport 0";
        let shown = |own: &str| MASKED.replace("2b0d1c6e-0a4b-4d5f-9c39-8f0d8a6f2f11.local", own);
        let table = [
            (MASKED, Some("192.168.1.23"), shown("192.168.1.23")),
            (MASKED, Some("fd77::2"), shown("fd77::2")),
            (MASKED, Some("::ffff:192.168.1.23"), shown("192.168.1.23")),
            (MASKED, Some("127.0.0.1"), MASKED.to_owned()),
            (MASKED, Some("0.0.0.0"), MASKED.to_owned()),
            (MASKED, None, MASKED.to_owned()),
            (bare, Some("192.168.1.23"), bare.to_owned()),
            (
                here,
                Some("192.168.1.23"),
                here.replace("127.0.0.1", "192.168.1.23"),
            ),
            (here, Some("127.0.0.1"), here.to_owned()),
        ];
        for (text, own, expected) in table {
            assert_eq!(unmask(text, own.map(ip)), Ok(expected));
        }
        assert_eq!(unmask("nonsense", None), Err(Error::Grammar("foundation")));
    }

    #[test]
    fn the_json_is_that_of_browsers() {
        let data = r#"{"candidate":"candidate:1 1 udp 1 10.0.0.1 1 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"aB"}"#;
        assert_eq!(Candidate::parse(data).expect("read").to_data(), data);
        let bare = Candidate::parse(r#"{"candidate":"","sdpMid":null,"more":1}"#).expect("read");
        assert_eq!(bare.sdp_mid, None);
        assert_eq!(Candidate::parse("[]"), Err(Error::Grammar("JSON")));
        let long = |bytes: usize| format!(r#"{{"candidate":"{}"}}"#, "x".repeat(bytes - 16));
        assert!(Candidate::parse(&long(CANDIDATE_BYTES)).is_ok());
        let error = Error::TooLong(CANDIDATE_BYTES + 1);
        assert_eq!(Candidate::parse(&long(CANDIDATE_BYTES + 1)), Err(error));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", words in "candidate:[ a-z0-9.:é]{0,60}") {
            let _ = (Attribute::parse(&text), Attribute::parse(&words));
            let _ = (Candidate::parse(&text), unmask(&words, Some(ip("10.0.0.1"))));
        }
    }
}
