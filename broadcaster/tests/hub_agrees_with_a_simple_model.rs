//! Random joins, messages, leaves and stalls: every member hears exactly what a simple model says,
//! in that order.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;
mod simple_model;

use broadcaster::Payload;
use broadcaster::envelope::PROTOCOL;
use broadcaster::hub::{Kind, MemberId};
use broadcaster::link::ConnId;
use fake_companion::{Companion, PLAIN, Request, open, to_json};
use proptest::prelude::*;
use serde_json::{Value, json};
use simple_model::{Heard, Model, ROOMS};
use std::collections::BTreeMap;

const REMOTES: [&str; 3] = ["192.168.1.20", "127.0.0.1", "fd00::7"];

proptest! {
    #[test]
    fn hub_and_model_agree(steps in prop::collection::vec(step(), 1..120)) {
        let mut both = Both::new();
        for step in &steps {
            both.take(step);
            both.assert_same_members();
        }
        both.assert_same_messages();
    }
}

/// Members are named by an index into those present, rooms and remotes by one into the tables above.
#[derive(Debug, Clone)]
enum Step {
    Join {
        kind: Kind,
        room: usize,
        remote: usize,
    },
    Say {
        who: usize,
        what: Payload,
    },
    Direct {
        who: usize,
        to: usize,
        what: Payload,
    },
    Babble {
        who: usize,
    },
    Leave {
        who: usize,
    },
    Stall {
        who: usize,
    },
    Drain {
        who: usize,
    },
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..64_usize;
    let what = || {
        prop_oneof![
            "[a\"\\\\\n\u{1}é]{0,4}".prop_map(|text| Payload::from(text.as_str())),
            prop::collection::vec(any::<u8>(), 0..4).prop_map(Payload::from),
        ]
    };
    let kind = prop::sample::select(vec![
        Kind::Plain,
        Kind::Plain,
        Kind::Enveloped,
        Kind::Enveloped,
        Kind::Local,
    ]);
    prop_oneof![
        60 => (kind, 0..ROOMS.len(), 0..REMOTES.len())
            .prop_map(|(kind, room, remote)| Step::Join { kind, room, remote }),
        80 => (who(), what()).prop_map(|(who, what)| Step::Say { who, what }),
        40 => (who(), who(), what()).prop_map(|(who, to, what)| Step::Direct { who, to, what }),
        8 => who().prop_map(|who| Step::Babble { who }),
        24 => who().prop_map(|who| Step::Leave { who }),
        24 => who().prop_map(|who| Step::Stall { who }),
        12 => who().prop_map(|who| Step::Drain { who }),
        1 => Just(Step::Crash),
    ]
}

/// The hub under a fake companion, and the model, led through the same steps.
struct Both {
    companion: Companion,
    model: Model,
    /// The connections members have or had.
    conns: BTreeMap<u32, ConnId>,
}

impl Both {
    fn new() -> Self {
        let (companion, model) = (Companion::new(open()), Model::default());
        Self {
            companion,
            model,
            conns: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Join { kind, room, remote } => self.join(*kind, *room, REMOTES[*remote]),
            Step::Say { who, what } => self.say(*who, None, what),
            Step::Direct { who, to, what } => self.say(*who, Some(*to), what),
            Step::Babble { who } => self.babble(*who),
            Step::Leave { who } => self.leave(*who),
            Step::Stall { who } => self.stall(*who),
            Step::Drain { who } => self.drain(*who),
            Step::Crash => {
                self.companion.crash();
                self.model.crash();
            }
        }
    }

    fn join(&mut self, kind: Kind, room: usize, remote: &str) {
        let id = self.model.join(kind, room, remote);
        let path = ROOMS[room];
        let protocols: &[&str] = if kind == Kind::Enveloped {
            &[PROTOCOL]
        } else {
            &[]
        };
        match kind {
            Kind::Local => assert_eq!(self.companion.join_local(path), MemberId(id)),
            Kind::Lobby => unreachable!("open mode has no lobby"),
            Kind::Plain | Kind::Enveloped => {
                let conn = self.companion.ask(Request {
                    remote,
                    path,
                    protocols,
                    ..PLAIN
                });
                self.conns.insert(id, conn);
            }
        }
    }

    fn say(&mut self, who: usize, to: Option<usize>, what: &Payload) {
        let Some((from, kind)) = self.member(who) else {
            return;
        };
        // Past the last one: a member that is not there.
        let to = to.map(|to| {
            self.model
                .members
                .keys()
                .nth(to % (self.model.members.len() + 1))
                .map_or(9999, |id| *id)
        });
        if kind == Kind::Plain {
            self.companion.send(self.conns[&from], what.clone());
            return self.model.say(from, None, what);
        }
        let mut envelope = match what {
            Payload::Text(text) => json!({"kind": "send", "data": text.as_str()}),
            Payload::Binary(bytes) => {
                json!({"kind": "send", "binary": data_encoding::BASE64.encode(bytes)})
            }
        };
        if let Some(to) = to {
            envelope["to"] = json!(to);
        }
        self.speak(from, &envelope.to_string());
        self.model.say(from, to, what);
    }

    fn babble(&mut self, who: usize) {
        match self.member(who) {
            Some((from, Kind::Enveloped | Kind::Local)) => {
                self.speak(from, "}");
                self.model.babble(from);
            }
            Some((_, Kind::Plain | Kind::Lobby)) | None => {}
        }
    }

    fn speak(&mut self, from: u32, text: &str) {
        match self.conns.get(&from) {
            Some(&conn) => self.companion.send(conn, text),
            None => self.companion.send_local(MemberId(from), text),
        }
    }

    fn leave(&mut self, who: usize) {
        let Some((id, _)) = self.member(who) else {
            return;
        };
        match self.conns.get(&id) {
            Some(&conn) => self.companion.end(conn, 1000),
            None => self.companion.leave_local(MemberId(id)),
        }
        self.model.leave(id);
    }

    fn stall(&mut self, who: usize) {
        if let Some((id, Kind::Plain | Kind::Enveloped)) = self.member(who) {
            self.companion
                .conns
                .get_mut(&self.conns[&id])
                .unwrap()
                .is_stalled = true;
            self.model.members.get_mut(&id).unwrap().is_stalled = true;
        }
    }

    fn drain(&mut self, who: usize) {
        if let Some((id, Kind::Plain | Kind::Enveloped)) = self.member(who) {
            self.companion.drain(self.conns[&id]);
            let member = self.model.members.get_mut(&id).unwrap();
            (member.is_stalled, member.waiting) = (false, 0);
        }
    }

    fn member(&self, who: usize) -> Option<(u32, Kind)> {
        let members = &self.model.members;
        let (id, member) = members.iter().nth(who % members.len().max(1))?;
        Some((*id, member.kind))
    }

    fn assert_same_members(&self) {
        let mut hub: Vec<_> = self
            .companion
            .hub
            .members()
            .map(|member| (member.id.0, member.kind(), &*member.room))
            .collect();
        hub.sort_by_key(|(id, ..)| *id);
        let model = self
            .model
            .members
            .iter()
            .map(|(id, member)| (*id, member.kind, ROOMS[member.room]));
        assert_eq!(hub, model.collect::<Vec<_>>());
        assert_eq!(
            self.companion.hub.totals().members,
            self.model.members.len() as u64
        );
    }

    fn assert_same_messages(&mut self) {
        let present = std::mem::take(&mut self.model.members);
        let present = present.into_iter().map(|(id, member)| (id, member.heard));
        let past = std::mem::take(&mut self.model.past);
        for (id, expected) in past.into_iter().chain(present) {
            assert_eq!(self.heard(id, &expected), expected, "member {id}");
        }
    }

    /// What a member heard in truth; an error is its code, as in the model.
    fn heard(&mut self, id: u32, expected: &[Heard]) -> Vec<Heard> {
        let Some(&conn) = self.conns.get(&id) else {
            let texts = self.companion.take_local(MemberId(id));
            return texts.into_iter().map(envelope).collect();
        };
        let is_raw = expected.iter().any(|heard| matches!(heard, Heard::Raw(_)));
        let payloads = self.companion.take(conn).into_iter();
        payloads
            .map(|payload| {
                if is_raw {
                    Heard::Raw(payload)
                } else {
                    envelope(to_json(&payload))
                }
            })
            .collect()
    }
}

fn envelope(json: Value) -> Heard {
    Heard::Envelope(if json["kind"] == "error" {
        json["code"].clone()
    } else {
        json
    })
}
