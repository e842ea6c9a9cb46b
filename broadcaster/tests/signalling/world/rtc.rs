//! Scripted WebRTC: descriptions that name their connection, candidates with real or masked addresses,
//! and a channel that opens once both sides know each other and one of them an address that works.

use super::Node;
use broadcaster::signalling::candidate::{Attribute, Candidate, Target};
use broadcaster::signalling::description::{Description, Kind};
use broadcaster::signalling::rtc::{Command, Event, SessionId};
use std::collections::BTreeMap;
use std::net::IpAddr;
use trust::fingerprint::Fingerprint;

type Key = (Node, SessionId);

#[derive(Debug, Default)]
struct Connection {
    name: String,
    /// The name in the remote description.
    remote: Option<String>,
    /// Addresses of the other side that this one was told.
    told: Vec<String>,
    protocol: Option<String>,
    is_open: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Network {
    addresses: BTreeMap<Node, IpAddr>,
    connections: BTreeMap<Key, Connection>,
    /// Certificates made before their connections.
    certificates: BTreeMap<Key, Fingerprint>,
    /// Connections that a page may have at once.
    pub(crate) budget: BTreeMap<Node, usize>,
    /// Nodes whose candidates are masked; they know addresses all the same.
    pub(crate) masked: Vec<Node>,
    /// Whether masked names are resolved.
    pub(crate) has_multicast: bool,
    /// Nodes that find no candidates, and never end looking for them.
    pub(crate) without_candidates: Vec<Node>,
    /// Nodes between which no packet passes.
    pub(crate) cut_off: Vec<Node>,
    last: u32,
}

impl Network {
    pub(crate) fn add(&mut self, node: Node, address: IpAddr) {
        self.addresses.insert(node, address);
    }

    /// Connections of a page that exist.
    pub(crate) fn connections(&self, node: Node) -> usize {
        self.connections
            .keys()
            .filter(|(owner, _)| *owner == node)
            .count()
    }

    /// Whether both pages hold the two open ends of one connection, and nothing else of each other.
    pub(crate) fn are_joined(&self, slave: Node, master: Node) -> bool {
        let ends: Vec<_> = self
            .connections
            .iter()
            .filter(|((node, _), _)| *node == slave)
            .collect();
        let [(_, end)] = ends[..] else { return false };
        let mut others = self
            .connections
            .iter()
            .filter(|((node, _), _)| *node == master);
        let is_other =
            |other: &Connection| other.is_open && other.remote.as_ref() == Some(&end.name);
        end.is_open && others.any(|(_, other)| is_other(other))
    }

    pub(crate) fn note(&mut self, node: Node, session: SessionId, event: &Event) {
        if let (Event::Opened { .. }, Some(end)) =
            (event, self.connections.get_mut(&(node, session)))
        {
            end.is_open = true;
        }
    }

    /// The page is gone. Whose connections with it were open, or on the way.
    pub(crate) fn kill(&mut self, node: Node) -> Vec<Key> {
        let gone: Vec<Key> = self
            .connections
            .keys()
            .filter(|(owner, _)| *owner == node)
            .copied()
            .collect();
        gone.into_iter().filter_map(|key| self.close(key)).collect()
    }

    fn close(&mut self, key: Key) -> Option<Key> {
        let end = self
            .connections
            .remove(&key)
            .expect("a connection is closed once");
        let mut others = self.connections.iter();
        let is_other =
            |other: &Connection| other.is_open && other.remote.as_ref() == Some(&end.name);
        others
            .find(|(_, other)| is_other(other))
            .map(|(key, _)| *key)
    }

    /// Carries out a command. Returns events and when they come.
    pub(crate) fn run(
        &mut self,
        node: Node,
        command: Command,
    ) -> Vec<(Node, SessionId, Event, u64)> {
        match command {
            Command::Offer {
                session,
                label,
                protocol,
            } => {
                assert!(!label.is_empty());
                self.make((node, session), Kind::Offer, Some(protocol), None)
            }
            Command::Certify { session } => {
                let certificate = self.next_certificate();
                self.certificates.insert((node, session), certificate);
                vec![(node, session, Event::Certified(certificate), 2)]
            }
            Command::Answer { session, offer } => {
                assert_eq!(offer.kind, Kind::Offer);
                self.make((node, session), Kind::Answer, None, Some(&offer))
            }
            Command::Accept { session, answer } => {
                assert_eq!(answer.kind, Kind::Answer);
                let end = self
                    .connections
                    .get_mut(&(node, session))
                    .expect("a live session");
                assert!(end.remote.is_none(), "a second answer");
                end.learn(&answer);
                Vec::new()
            }
            Command::Add { session, candidate } => {
                let end = self
                    .connections
                    .get_mut(&(node, session))
                    .expect("a live session");
                assert!(end.remote.is_some(), "a candidate before the description");
                end.told
                    .extend(candidate.map(|candidate| target(&candidate.candidate)));
                Vec::new()
            }
            Command::Send { session, message } => {
                let other = self.open_end((node, session));
                let (node, session) = other.expect("a message goes through an open channel");
                vec![(node, session, Event::Frame(message), 1)]
            }
            Command::Close { session } => {
                let was_certified = self.certificates.remove(&(node, session)).is_some();
                if was_certified && !self.connections.contains_key(&(node, session)) {
                    return Vec::new();
                }
                let other = self.close((node, session));
                let lost = |(node, session)| {
                    let detail = "closed by the other side".to_owned();
                    (node, session, Event::Lost { detail }, 2)
                };
                other.map(lost).into_iter().collect()
            }
        }
    }

    /// The other end of a channel, open on either side.
    fn open_end(&self, key: Key) -> Option<Key> {
        let end = &self.connections[&key];
        let mut others = self.connections.iter();
        let is_other = |other: &Connection| {
            Some(&other.name) == end.remote.as_ref() && other.remote.as_ref() == Some(&end.name)
        };
        let other = others.find(|(_, other)| is_other(other));
        other.map(|(key, _)| *key)
    }

    fn make(
        &mut self,
        key: Key,
        kind: Kind,
        protocol: Option<String>,
        offer: Option<&Description>,
    ) -> Vec<(Node, SessionId, Event, u64)> {
        let (node, session) = key;
        assert!(
            !self.connections.contains_key(&key),
            "a session number is used twice"
        );
        let is_over = self
            .budget
            .get(&node)
            .is_some_and(|most| self.connections(node) >= *most);
        let made = self.next_certificate();
        let certificate = self.certificates.get(&key).copied().unwrap_or(made);
        let name = format!("pc{}", self.last);
        let mut end = Connection {
            name: name.clone(),
            protocol,
            ..Connection::default()
        };
        if let Some(offer) = offer {
            end.learn(offer);
        }
        self.connections.insert(key, end);
        if is_over {
            let detail = "Cannot create so many PeerConnections".to_owned();
            return vec![(node, session, Event::Refused { detail }, 0)];
        }
        let sdp = format!(
            "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=ice-ufrag:{name}\r\n\
             a=fingerprint:sha-256 {certificate}\r\n"
        );
        let mut events = vec![(
            node,
            session,
            Event::Described(Description { kind, sdp }),
            2,
        )];
        if !self.without_candidates.contains(&node) {
            let candidate = self.candidate(node);
            events.push((node, session, Event::Candidate(Some(candidate)), 3));
            events.push((node, session, Event::Candidate(None), 120));
        }
        events
    }

    fn next_certificate(&mut self) -> Fingerprint {
        self.last += 1;
        let mut certificate = [0; 32];
        certificate[..4].copy_from_slice(&self.last.to_be_bytes());
        Fingerprint::from_bytes(certificate)
    }

    fn candidate(&self, node: Node) -> Candidate {
        let target = if self.masked.contains(&node) {
            format!("mask-{node}.local")
        } else {
            self.addresses[&node].to_string()
        };
        Candidate {
            candidate: format!("candidate:1 1 udp 2113937151 {target} 50000 typ host generation 0"),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: None,
        }
    }

    /// Channels that can open now.
    pub(crate) fn open(&mut self) -> Vec<(Node, SessionId, String, u64)> {
        let mut opened = Vec::new();
        let keys: Vec<Key> = self.connections.keys().copied().collect();
        for offerer in keys {
            let Some(answerer) = self.other_end(offerer) else {
                continue;
            };
            let ends = [offerer, answerer].map(|key| &self.connections[&key]);
            let works = self.reaches(ends[0], answerer.0) || self.reaches(ends[1], offerer.0);
            let is_cut = self.cut_off.contains(&offerer.0) || self.cut_off.contains(&answerer.0);
            if let (true, false, Some(protocol)) = (works, is_cut, ends[0].protocol.clone()) {
                self.connections.get_mut(&offerer).unwrap().protocol = None;
                opened.push((offerer.0, offerer.1, protocol.clone(), 8));
                opened.push((answerer.0, answerer.1, protocol, 9));
            }
        }
        opened
    }

    /// The answering end of an offering end that waits for its channel.
    fn other_end(&self, offerer: Key) -> Option<Key> {
        let end = &self.connections[&offerer];
        end.protocol.as_ref()?;
        let (key, other) = self
            .connections
            .iter()
            .find(|(_, other)| Some(&other.name) == end.remote.as_ref())?;
        (other.remote.as_ref() == Some(&end.name)).then_some(*key)
    }

    fn reaches(&self, end: &Connection, other: Node) -> bool {
        let address = self.addresses[&other].to_string();
        let mask = format!("mask-{other}.local");
        end.told
            .iter()
            .any(|told| *told == address || self.has_multicast && *told == mask)
    }
}

impl Connection {
    fn learn(&mut self, description: &Description) {
        let lines = || description.sdp.lines();
        let name = lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"));
        self.remote = Some(name.expect("a ufrag").to_owned());
        let candidates = lines().filter_map(|line| line.strip_prefix("a="));
        let candidates = candidates.filter(|line| line.starts_with("candidate:"));
        self.told.extend(candidates.map(target));
    }
}

fn target(candidate: &str) -> String {
    match Attribute::parse(candidate).expect("a candidate").target {
        Target::Ip(ip) => ip.to_string(),
        Target::Masked(name) => name.to_owned(),
    }
}
