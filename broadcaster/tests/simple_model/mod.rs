//! Who hears what, said as simply as it can be: no groups, no commands, every receiver by itself.

use crate::fake_companion::{LAN, QUEUE};
use broadcaster::Payload;
use broadcaster::hub::Kind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// The rooms there may be; the model names them by index.
pub(crate) const ROOMS: [&str; 3] = ["/", "/a", "/a/"];

/// The model: what each member is and has heard. Knows nothing of groups and commands.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) members: BTreeMap<u32, Member>,
    /// Closed by the companion, and not yet known to the hub to be so.
    closing: VecDeque<u32>,
    last: u32,
    /// What members that left had heard.
    pub(crate) past: BTreeMap<u32, Vec<Heard>>,
}

pub(crate) struct Member {
    pub(crate) kind: Kind,
    pub(crate) room: usize,
    description: Value,
    pub(crate) heard: Vec<Heard>,
    pub(crate) is_stalled: bool,
    pub(crate) waiting: usize,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Raw(Payload),
    Envelope(Value),
}

impl Model {
    pub(crate) fn join(&mut self, kind: Kind, room: usize, remote: &str) -> u32 {
        self.last += 1;
        let id = self.last;
        let is_here = kind == Kind::Local || remote == "127.0.0.1";
        let address = if is_here { LAN } else { remote };
        let description = json!({"id": id, "address": address, "kind": kind});
        let mut heard = Vec::new();
        if kind != Kind::Plain {
            let others = self.members.values().filter(|other| other.room == room);
            let others: Vec<_> = others.map(|other| &other.description).collect();
            heard.push(Heard::Envelope(json!({
                "kind": "welcome", "id": id, "address": address, "room": ROOMS[room], "mode": "open", "members": others,
            })));
        }
        self.tell(room, &json!({"kind": "joined", "member": description}));
        let member = Member {
            kind,
            room,
            description,
            heard,
            is_stalled: false,
            waiting: 0,
        };
        self.members.insert(id, member);
        self.close_the_overflowed();
        id
    }

    pub(crate) fn say(&mut self, from: u32, to: Option<u32>, what: &Payload) {
        let room = self.members[&from].room;
        let is_there = |to: u32| {
            self.members
                .get(&to)
                .is_some_and(|member| member.room == room)
        };
        if to.is_some_and(|to| !is_there(to)) {
            self.hear(from, Heard::Envelope(json!("no-such-member")));
            return self.close_the_overflowed();
        }
        let content = match what {
            Payload::Text(text) => ("data", text.to_string()),
            Payload::Binary(bytes) => ("binary", data_encoding::BASE64.encode(bytes)),
        };
        let envelope = json!({"kind": "message", "from": from, content.0: content.1});
        let receivers: Vec<_> = self
            .room(room)
            .filter(|(id, _)| to.map_or(*id != from, |to| *id == to))
            .collect();
        for kind in [Kind::Plain, Kind::Local, Kind::Enveloped] {
            for &(id, _) in receivers.iter().filter(|(_, its)| *its == kind) {
                let heard = match kind {
                    Kind::Plain => Heard::Raw(what.clone()),
                    Kind::Enveloped | Kind::Local => Heard::Envelope(envelope.clone()),
                    Kind::Lobby => unreachable!("open mode has no lobby"),
                };
                self.hear(id, heard);
            }
        }
        self.close_the_overflowed();
    }

    pub(crate) fn babble(&mut self, from: u32) {
        self.hear(from, Heard::Envelope(json!("not-json")));
        self.close_the_overflowed();
    }

    pub(crate) fn leave(&mut self, id: u32) {
        self.remove(id);
        self.close_the_overflowed();
    }

    pub(crate) fn crash(&mut self) {
        let is_local = |member: &Member| member.kind == Kind::Local;
        let lost: Vec<_> = self
            .members
            .iter()
            .filter(|(_, member)| !is_local(member))
            .map(|(id, _)| *id)
            .collect();
        let lost: Vec<_> = lost.into_iter().map(|id| self.take(id)).collect();
        for (room, description) in lost {
            self.tell(room, &json!({"kind": "left", "member": description}));
        }
    }

    fn room(&self, room: usize) -> impl Iterator<Item = (u32, Kind)> {
        let members = self
            .members
            .iter()
            .filter(move |(_, member)| member.room == room);
        members.map(|(id, member)| (*id, member.kind))
    }

    fn tell(&mut self, room: usize, envelope: &Value) {
        let readers: Vec<_> = self
            .room(room)
            .filter(|(_, kind)| *kind != Kind::Plain)
            .collect();
        for (id, _) in readers {
            self.hear(id, Heard::Envelope(envelope.clone()));
        }
    }

    fn hear(&mut self, id: u32, heard: Heard) {
        let member = self.members.get_mut(&id).unwrap();
        if self.closing.contains(&id) {
            return;
        }
        if member.is_stalled && member.waiting == QUEUE {
            self.closing.push_back(id);
        } else {
            member.waiting += usize::from(member.is_stalled);
            member.heard.push(heard);
        }
    }

    fn close_the_overflowed(&mut self) {
        while let Some(&id) = self.closing.front() {
            self.remove(id);
            self.closing.pop_front();
        }
    }

    fn remove(&mut self, id: u32) {
        let (room, description) = self.take(id);
        self.tell(room, &json!({"kind": "left", "member": description}));
    }

    fn take(&mut self, id: u32) -> (usize, Value) {
        let member = self.members.remove(&id).unwrap();
        self.past.insert(id, member.heard);
        (member.room, member.description)
    }
}
