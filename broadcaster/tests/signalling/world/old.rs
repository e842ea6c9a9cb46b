//! Master and slave of 2016, written from the description of their wire: complete descriptions, no
//! ids, no candidates of their own messages, and a master that dies of any address but IPv4.

use super::actor::{Actor, Did, Note};
use broadcaster::Millis;
use broadcaster::signalling::Framing;
use broadcaster::signalling::description::Description;
use broadcaster::signalling::rtc::{Command, Event as RtcEvent, SessionId};
use serde_json::{Value, json};
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;

/// What both have: descriptions that are sent once gathering has ended.
#[derive(Default)]
struct Peer {
    notes: VecDeque<Note>,
    descriptions: BTreeMap<SessionId, Description>,
    last: u32,
}

impl Peer {
    fn next_session(&mut self) -> SessionId {
        self.last += 1;
        SessionId(self.last)
    }

    /// The complete description, when it is.
    fn gather(&mut self, session: SessionId, event: RtcEvent) -> Option<String> {
        match event {
            RtcEvent::Described(description) => {
                self.descriptions.insert(session, description);
                None
            }
            RtcEvent::Candidate(Some(candidate)) => {
                let description = self.descriptions.get_mut(&session).unwrap();
                *description = description.with_more([candidate].iter());
                None
            }
            RtcEvent::Candidate(None) => self.descriptions.remove(&session).map(|d| d.to_data()),
            RtcEvent::Opened { protocol } => {
                assert_eq!(protocol, "", "2016 knows no protocols");
                self.notes.push_back(Note::Did(Did::OldOpened));
                None
            }
            RtcEvent::Certified(_)
            | RtcEvent::Frame(_)
            | RtcEvent::Lost { .. }
            | RtcEvent::Refused { .. } => None,
        }
    }

    fn poll(&mut self) -> Note {
        self.notes.pop_front().unwrap_or(Note::Wait(None))
    }

    fn send(&mut self, message: &Value) {
        self.notes.push_back(Note::Send(message.to_string()));
    }
}

/// The master of 2016.
#[derive(Default)]
pub(crate) struct OldMaster {
    peer: Peer,
    slaves: BTreeMap<SessionId, String>,
}

impl Actor for OldMaster {
    fn start(&mut self, _: Millis) {
        self.peer.notes.push_back(Note::Connect);
    }
    fn opened(&mut self, _: Framing, _: Millis) {}
    fn closed(&mut self, _: u16, _: Millis) {}
    fn text(&mut self, text: &str, _: Millis) {
        let message: Value = serde_json::from_str(text).expect("2016 crashes on other texts");
        if message["action"] != "offer" || message["data"].as_str().is_none() {
            return;
        }
        let offer: Description = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
        for line in offer
            .sdp
            .lines()
            .filter(|line| line.starts_with("a=candidate"))
        {
            let address = line.split(' ').nth(4).unwrap();
            assert!(
                address.parse::<Ipv4Addr>().is_ok(),
                "2016 crashes on {address}"
            );
        }
        let session = self.peer.next_session();
        self.slaves
            .insert(session, message["from"].as_str().unwrap().to_owned());
        self.peer
            .notes
            .push_back(Note::Rtc(Command::Answer { session, offer }));
    }
    fn rtc(&mut self, session: SessionId, event: RtcEvent, _: Millis) {
        if let Some(data) = self.peer.gather(session, event) {
            let to = &self.slaves[&session];
            self.peer
                .send(&json!({ "to": to, "action": "answer", "data": data }));
        }
    }
    fn timeout(&mut self, _: Millis) {}
    fn poll(&mut self) -> Note {
        self.peer.poll()
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// The slave of 2016.
#[derive(Default)]
pub(crate) struct OldSlave {
    peer: Peer,
    id: String,
    has_answer: bool,
}

impl OldSlave {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }
}

impl Actor for OldSlave {
    fn start(&mut self, _: Millis) {
        self.peer.notes.push_back(Note::Connect);
    }
    fn opened(&mut self, _: Framing, _: Millis) {
        let session = self.peer.next_session();
        let (label, protocol) = (self.id.clone(), String::new());
        self.peer.notes.push_back(Note::Rtc(Command::Offer {
            session,
            label,
            protocol,
        }));
    }
    fn closed(&mut self, _: u16, _: Millis) {}
    fn text(&mut self, text: &str, _: Millis) {
        let message: Value = serde_json::from_str(text).expect("2016 crashes on other texts");
        let is_mine = message["action"] == "answer" && message["to"] == self.id.as_str();
        if is_mine && !std::mem::replace(&mut self.has_answer, true) {
            let answer = serde_json::from_str(message["data"].as_str().unwrap()).unwrap();
            let session = SessionId(self.peer.last);
            self.peer
                .notes
                .push_back(Note::Rtc(Command::Accept { session, answer }));
        }
    }
    fn rtc(&mut self, session: SessionId, event: RtcEvent, _: Millis) {
        let is_open = matches!(event, RtcEvent::Opened { .. });
        if let Some(data) = self.peer.gather(session, event) {
            self.peer
                .send(&json!({ "from": self.id, "action": "offer", "data": data }));
        }
        if is_open {
            self.peer.notes.push_back(Note::Disconnect);
        }
    }
    fn timeout(&mut self, _: Millis) {}
    fn poll(&mut self) -> Note {
        self.peer.poll()
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
