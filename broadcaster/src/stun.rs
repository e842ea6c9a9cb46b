//! STUN Binding responses for the LAN: RFC 8489 §5, §6.3.1, §14.2. What a browser that hides its
//! addresses needs to learn the one others see. No authentication, no other method, no socket.
//!
//! The reader is our own: `stun-types` brings 25 crates (hashes, `rand`, `tracing`) for message
//! integrity, which a responder without credentials never checks.

use crate::limits::{STUN_BYTES, STUN_IN_ALL, STUN_PER_SOURCE, STUN_SOURCES};
use crate::time::Millis;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Answers Binding requests at a bounded rate and meets everything else with silence.
#[derive(Debug)]
pub struct Responder {
    sources: BTreeMap<IpAddr, Bucket>,
    all: Bucket,
    swept: Option<Millis>,
}

impl Responder {
    /// A responder that has not answered anybody yet.
    pub fn new() -> Self {
        Self {
            sources: BTreeMap::new(),
            all: Bucket::full(STUN_IN_ALL, Millis(0)),
            swept: None,
        }
    }

    /// The answer to send back to `from`, or `None`: say nothing.
    ///
    /// `is_allowed` is asked about the source in its canonical form: an IPv4-mapped IPv6 address, as
    /// a dual-stack socket reports it, counts and is answered as IPv4.
    ///
    /// deviates: RFC 8489 §6.3.1 answers an unknown comprehension-required attribute with 420; here
    /// it meets silence, so that a forged request never sends an error to somebody else.
    pub fn handle_datagram(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        is_allowed: impl FnOnce(IpAddr) -> bool,
        now: Millis,
    ) -> Option<Vec<u8>> {
        let transaction = read_binding_request(datagram)?;
        let source = SocketAddr::new(from.ip().to_canonical(), from.port());
        if !is_allowed(source.ip()) || !self.take(source.ip(), now) {
            return None;
        }
        Some(write_binding_response(transaction, source))
    }

    /// Takes one token of the source and one of all. The source comes first: one that floods runs dry
    /// before it can starve the others.
    fn take(&mut self, source: IpAddr, now: Millis) -> bool {
        if !self.sources.contains_key(&source) && self.sources.len() >= STUN_SOURCES {
            self.sweep(now);
            if self.sources.len() >= STUN_SOURCES {
                return false;
            }
        }
        let bucket = self
            .sources
            .entry(source)
            .or_insert_with(|| Bucket::full(STUN_PER_SOURCE, now));
        bucket.take(STUN_PER_SOURCE, now) && self.all.take(STUN_IN_ALL, now)
    }

    /// Forgets the sources whose bucket is full again: they are as good as unknown.
    fn sweep(&mut self, now: Millis) {
        if self.swept.is_some_and(|swept| now < swept + SWEEP_EVERY) {
            return;
        }
        self.swept = Some(now);
        self.sources
            .retain(|_, bucket| !bucket.is_full(STUN_PER_SOURCE, now));
    }
}

impl Default for Responder {
    fn default() -> Self {
        Self::new()
    }
}

/// A token bucket in thousandths of a token: one millisecond earns as many as the rate per second.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: u64,
    filled: Millis,
}

impl Bucket {
    fn full(rate: u32, now: Millis) -> Self {
        Self {
            tokens: u64::from(rate) * TOKEN,
            filled: now,
        }
    }

    fn take(&mut self, rate: u32, now: Millis) -> bool {
        self.tokens = self.tokens_at(rate, now);
        self.filled = self.filled.max(now);
        let taken = self.tokens >= TOKEN;
        if taken {
            self.tokens -= TOKEN;
        }
        taken
    }

    fn is_full(&self, rate: u32, now: Millis) -> bool {
        self.tokens_at(rate, now) == u64::from(rate) * TOKEN
    }

    fn tokens_at(&self, rate: u32, now: Millis) -> u64 {
        let earned = (now - self.filled).0.saturating_mul(u64::from(rate));
        self.tokens
            .saturating_add(earned)
            .min(u64::from(rate) * TOKEN)
    }
}

const TOKEN: u64 = 1000;
/// Between two searches for sources to forget, so that a flood of forged ones costs little.
const SWEEP_EVERY: Millis = Millis(100);

/// The transaction id of a well-formed Binding request (RFC 8489 §5), if the datagram is one.
fn read_binding_request(datagram: &[u8]) -> Option<[u8; 12]> {
    if datagram.len() > STUN_BYTES {
        return None;
    }
    let (head, attributes) = datagram.split_first_chunk::<HEADER_BYTES>()?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let is_request = head[..2] == BINDING_REQUEST && head[4..8] == MAGIC_COOKIE;
    if !is_request || length != attributes.len() || !are_understood(datagram, attributes) {
        return None;
    }
    head[8..].try_into().ok()
}

/// Whether the attributes fill their space exactly, none of them must be understood by who answers
/// (RFC 8489 §14), and a FINGERPRINT is the last one and right (§14.7).
fn are_understood(datagram: &[u8], mut attributes: &[u8]) -> bool {
    while let Some((head, rest)) = attributes.split_first_chunk::<4>() {
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let Some((value, next)) = rest.split_at_checked(length.next_multiple_of(4)) else {
            return false;
        };
        if kind < FIRST_OPTIONAL {
            return false;
        }
        if kind == FINGERPRINT {
            let covered = &datagram[..datagram.len() - rest.len() - head.len()];
            let expected = crc32(covered) ^ FINGERPRINT_XOR;
            return length == 4 && next.is_empty() && value == expected.to_be_bytes();
        }
        attributes = next;
    }
    attributes.is_empty()
}

/// A Binding success response with the one attribute a client needs, XOR-MAPPED-ADDRESS (§14.2).
fn write_binding_response(transaction: [u8; 12], source: SocketAddr) -> Vec<u8> {
    let mut address = match source.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let family = if address.len() == 4 {
        FAMILY_IPV4
    } else {
        FAMILY_IPV6
    };
    for (byte, mask) in address
        .iter_mut()
        .zip(MAGIC_COOKIE.iter().chain(&transaction))
    {
        *byte ^= mask;
    }
    let value_bytes: u8 = if address.len() == 4 { 8 } else { 20 };
    let port = source.port() ^ u16::from_be_bytes([MAGIC_COOKIE[0], MAGIC_COOKIE[1]]);

    let mut response = Vec::with_capacity(HEADER_BYTES + 4 + usize::from(value_bytes));
    response.extend(BINDING_SUCCESS);
    response.extend([0, 4 + value_bytes]);
    response.extend(MAGIC_COOKIE);
    response.extend(transaction);
    response.extend(XOR_MAPPED_ADDRESS);
    response.extend([0, value_bytes, 0, family]);
    response.extend(port.to_be_bytes());
    response.extend(address);
    response
}

/// CRC-32 as ITU V.42 defines it, bit by bit: at most 548 bytes, and only where a request has a
/// FINGERPRINT.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

const HEADER_BYTES: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];
const FAMILY_IPV4: u8 = 1;
const FAMILY_IPV6: u8 = 2;
/// The first attribute type that a responder may ignore.
const FIRST_OPTIONAL: u16 = 0x8000;
const FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_XOR: u32 = 0x5354_554e;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The transaction id of all vectors in RFC 5769 §2.
    const RFC_5769: [u8; 12] = [
        0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
    ];
    const NOW: Millis = Millis(5000);

    #[test]
    fn a_binding_request_is_answered_with_its_source() {
        let answer = ask(&request(&[]), "192.0.2.1:32853").expect("an answer");
        // RFC 5769 §2.2: the same transaction, address and port.
        let expected = [
            0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
        ];
        assert_eq!(answer[..4], [0x01, 0x01, 0x00, 12]);
        assert_eq!(answer[4..8], MAGIC_COOKIE);
        assert_eq!(answer[8..20], RFC_5769);
        assert_eq!(answer[20..], expected);
    }

    #[test]
    fn an_ipv6_source_is_masked_with_the_transaction() {
        let source = "[2001:db8:1234:5678:11:2233:4455:6677]:32853";
        let answer = ask(&request(&[]), source).expect("an answer");
        // RFC 5769 §2.3.
        let expected = [
            0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3,
            0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
        ];
        assert_eq!(answer[20..], expected);
    }

    #[test]
    fn a_mapped_source_is_an_ipv4_source() {
        let plain = ask(&request(&[]), "192.168.1.23:4000");
        assert_eq!(ask(&request(&[]), "[::ffff:192.168.1.23]:4000"), plain);
        assert!(plain.is_some());
    }

    #[test]
    fn the_fingerprint_of_rfc_5769_is_right_and_a_changed_bit_is_not() {
        // RFC 5769 §2.1 up to FINGERPRINT: an ICE check, whose CRC we share but which we do not
        // answer, for it has attributes that must be understood.
        let check = ice_check();
        assert_eq!(crc32(&check[..100]) ^ FINGERPRINT_XOR, 0xe57a_3bcf);
        assert_eq!(ask(&check, "192.0.2.1:32853"), None);

        let covered = request_of(&[0x80, 0x22, 0x00, 0x01, b'x', 0, 0, 0], 8);
        let crc = (crc32(&covered) ^ FINGERPRINT_XOR).to_be_bytes();
        let mut good = covered;
        good.extend([0x80, 0x28, 0x00, 0x04]);
        good.extend(crc);
        assert!(ask(&good, "10.0.0.1:1").is_some());
        for bit in 0..8 {
            let mut bad = good.clone();
            *bad.last_mut().expect("not empty") ^= 1 << bit;
            assert_eq!(ask(&bad, "10.0.0.1:1"), None);
        }
    }

    #[test]
    fn everything_else_meets_silence() {
        let good = request(&[]);
        let changed = |at: usize, to: u8| {
            let mut bytes = good.clone();
            bytes[at] = to;
            bytes
        };
        let table = [
            ("empty", vec![]),
            ("cut header", good[..19].to_vec()),
            ("a success response", changed(0, 0x01)),
            ("an indication", changed(1, 0x11)),
            ("another method", changed(1, 0x03)),
            ("top bits set", changed(0, 0x80)),
            ("no magic cookie", changed(4, 0x22)),
            ("a length beyond the datagram", changed(3, 4)),
            (
                "bytes beyond the length",
                [good.clone(), vec![0; 4]].concat(),
            ),
            ("a cut attribute header", request(&[0x80, 0x22])),
            (
                "an attribute past the end",
                request(&[0x80, 0x22, 0x00, 0x05, 1, 2, 3, 4]),
            ),
            (
                "CHANGE-REQUEST, which would aim elsewhere",
                request(&[0, 3, 0, 4, 0, 0, 0, 6]),
            ),
            ("an empty FINGERPRINT", request(&[0x80, 0x28, 0, 0])),
        ];
        for (name, datagram) in table {
            assert_eq!(ask(&datagram, "10.0.0.1:1"), None, "{name}");
        }
        assert!(ask(&good, "10.0.0.1:1").is_some());
    }

    #[test]
    fn a_datagram_is_read_up_to_548_bytes() {
        let padded = |bytes: usize| {
            let value = bytes - HEADER_BYTES - 4;
            let mut attribute = vec![0x80, 0x22];
            attribute.extend(u16::try_from(value).expect("small").to_be_bytes());
            attribute.resize(4 + value, b'x');
            request(&attribute)
        };
        assert_eq!(padded(548).len(), 548);
        assert!(ask(&padded(548), "10.0.0.1:1").is_some());
        assert_eq!(ask(&padded(552), "10.0.0.1:1"), None);
    }

    #[test]
    fn a_source_that_is_not_allowed_costs_nothing() {
        let mut responder = Responder::new();
        let from = "8.8.8.8:53".parse().expect("an address");
        assert_eq!(
            responder.handle_datagram(from, &request(&[]), |_| false, NOW),
            None
        );
        assert!(responder.sources.is_empty());
    }

    #[test]
    fn a_source_has_twenty_answers_a_second() {
        let mut responder = Responder::new();
        let from = "10.0.0.1:1000".parse().expect("an address");
        let other_port = "10.0.0.1:2000".parse().expect("an address");
        assert_eq!(count(&mut responder, from, 20, NOW), 20);
        assert_eq!(count(&mut responder, other_port, 1, NOW), 0);
        assert_eq!(count(&mut responder, from, 1, NOW + Millis(49)), 0);
        assert_eq!(count(&mut responder, from, 5, NOW + Millis(50)), 1);
        assert_eq!(count(&mut responder, from, 50, NOW + Millis(5000)), 20);
    }

    #[test]
    fn all_sources_have_five_hundred_answers_a_second() {
        let mut responder = Responder::new();
        let answered = (0..60)
            .map(|host| count(&mut responder, source(host), 10, NOW))
            .sum::<usize>();
        assert_eq!(answered, 500);
        let later = (0..60).map(|host| count(&mut responder, source(host), 10, NOW + Millis(10)));
        assert_eq!(later.sum::<usize>(), 5);
    }

    #[test]
    fn a_flooding_source_does_not_starve_the_others() {
        let mut responder = Responder::new();
        assert_eq!(count(&mut responder, source(1), 10_000, NOW), 20);
        assert_eq!(count(&mut responder, source(2), 1, NOW), 1);
    }

    #[test]
    fn sources_are_bounded_and_idle_ones_are_forgotten() {
        let mut responder = Responder::new();
        for host in 0..STUN_SOURCES as u32 {
            count(&mut responder, source(host), 1, NOW);
        }
        assert_eq!(responder.sources.len(), STUN_SOURCES);
        assert_eq!(count(&mut responder, source(5000), 1, NOW + Millis(20)), 0);
        assert_eq!(responder.sources.len(), STUN_SOURCES);
        assert_eq!(
            count(&mut responder, source(5000), 1, NOW + Millis(1000)),
            1
        );
        assert_eq!(responder.sources.len(), 1);
    }

    proptest! {
        #[test]
        fn no_datagram_panics(datagram: Vec<u8>, attributes: Vec<u8>) {
            ask(&datagram, "10.0.0.1:1");
            ask(&request(&attributes), "10.0.0.1:1");
        }
    }

    fn ask(datagram: &[u8], from: &str) -> Option<Vec<u8>> {
        let from = from.parse().expect("an address");
        Responder::new().handle_datagram(from, datagram, |_| true, NOW)
    }

    fn count(responder: &mut Responder, from: SocketAddr, times: usize, now: Millis) -> usize {
        let request = request(&[]);
        let answer = |_: &usize| {
            responder
                .handle_datagram(from, &request, |_| true, now)
                .is_some()
        };
        (0..times).filter(answer).count()
    }

    fn source(host: u32) -> SocketAddr {
        SocketAddr::new(IpAddr::V4((0x0a00_0000 + host).into()), 40_000)
    }

    fn request(attributes: &[u8]) -> Vec<u8> {
        request_of(attributes, 0)
    }

    /// A Binding request whose length leaves room for `more` bytes.
    fn request_of(attributes: &[u8], more: usize) -> Vec<u8> {
        let length = u16::try_from((attributes.len() + more) & 0xffff).expect("masked");
        let mut bytes = BINDING_REQUEST.to_vec();
        bytes.extend(length.to_be_bytes());
        bytes.extend(MAGIC_COOKIE);
        bytes.extend(RFC_5769);
        bytes.extend(attributes);
        bytes
    }

    /// RFC 5769 §2.1, whole.
    fn ice_check() -> Vec<u8> {
        let mut bytes = vec![0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42];
        bytes.extend(RFC_5769);
        bytes.extend([0x80, 0x22, 0x00, 0x10]);
        bytes.extend(b"STUN test client");
        bytes.extend([0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff]);
        bytes.extend([
            0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36,
        ]);
        bytes.extend([0x00, 0x06, 0x00, 0x09]);
        bytes.extend(b"evtj:h6vY   ");
        bytes.extend([
            0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56,
        ]);
        bytes.extend([
            0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2,
        ]);
        bytes.extend([0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf]);
        bytes
    }
}
