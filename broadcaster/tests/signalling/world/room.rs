//! The room: WebSockets, members, and a wire with faults. Faults are for what members say; what the hub
//! says of itself (`welcome`, `joined`, `left`) comes as it is.

use super::Node;
use super::random::Random;
use broadcaster::envelope::{Member, ToHub, ToMember};
use broadcaster::hub::{Kind, MemberId, Mode};
use broadcaster::payload::Payload;
use broadcaster::signalling::Framing;
use std::collections::BTreeMap;
use std::net::IpAddr;
use trust::invitation::InvitationId;
use trust::secret::JoinKey;

/// Where slaves reach the room.
pub(crate) const HOST: &str = "192.168.1.1:9999";
const NONCE: &str = "9dKuf0x2Tn6-7V5aP0Yk1w";

/// What a hub that lies makes of sealed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoil {
    Changes,
    Repeats,
    Swallows,
}

/// How the room carries what its members say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire {
    /// What slaves and masters of ours get; peers of 2016 are plain members everywhere.
    pub(crate) framing: Framing,
    /// Percent of messages that never arrive.
    pub(crate) lost: u64,
    /// Percent that arrive twice.
    pub(crate) repeated: u64,
    /// Milliseconds by which a message may be late, each by its own.
    pub(crate) late: u64,
    /// Whether a member hears itself.
    pub(crate) echoes: bool,
}

#[derive(Debug)]
struct Seat {
    address: IpAddr,
    socket: u32,
    member: Option<MemberId>,
    is_plain: bool,
    is_open: bool,
    is_local: bool,
    /// It has knocked: it and local seats see each other, and nobody else it.
    is_waiting: bool,
}

#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) node: Node,
    pub(crate) socket: u32,
    pub(crate) text: String,
    pub(crate) after: u64,
}

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) wire: Wire,
    pub(crate) is_up: bool,
    /// Whether newcomers are closed with 4403.
    pub(crate) refuses: bool,
    pub(crate) mode: Mode,
    /// The invitations that let a node in, where it is asked for one.
    pub(crate) keys: BTreeMap<InvitationId, JoinKey>,
    /// What the hub has made of texts, in place of passing them on: for a hub that lies.
    pub(crate) lie: Option<fn(&str) -> String>,
    /// What the hub makes of bytes, in place of passing them on.
    pub(crate) spoil: Option<Spoil>,
    /// Every message of bytes that was sent.
    pub(crate) sealed: Vec<Vec<u8>>,
    seats: BTreeMap<Node, Seat>,
    last_member: u32,
    /// Every text that was sent, by whom.
    pub(crate) said: Vec<(Node, String)>,
}

impl Room {
    pub(crate) fn new(wire: Wire) -> Self {
        Self {
            wire,
            is_up: true,
            refuses: false,
            mode: Mode::Open,
            keys: BTreeMap::new(),
            lie: None,
            spoil: None,
            sealed: Vec::new(),
            seats: BTreeMap::new(),
            last_member: 0,
            said: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, node: Node, address: IpAddr) {
        let is_plain = self.wire.framing == Framing::Plain;
        let seat = Seat {
            address,
            socket: 0,
            member: None,
            is_plain,
            is_open: false,
            is_local: false,
            is_waiting: false,
        };
        self.seats.insert(node, seat);
    }

    /// The page knows no envelopes.
    pub(crate) fn set_plain(&mut self, node: Node) {
        self.seat(node).is_plain = true;
    }

    /// The page is the broadcaster's own: nobody asks it for a proof.
    pub(crate) fn set_local(&mut self, node: Node) {
        self.seat(node).is_local = true;
    }

    fn seat(&mut self, node: Node) -> &mut Seat {
        self.seats.get_mut(&node).unwrap()
    }

    pub(crate) fn socket(&self, node: Node) -> u32 {
        self.seats[&node].socket
    }

    pub(crate) fn is_connected(&self, node: Node) -> bool {
        self.seats[&node].is_open
    }

    pub(crate) fn is_current(&self, node: Node, socket: u32) -> bool {
        let seat = &self.seats[&node];
        seat.is_open && seat.socket == socket
    }

    pub(crate) fn open(&mut self, node: Node) -> u32 {
        let seat = self.seat(node);
        assert!(!seat.is_open, "node {node} opens a second WebSocket");
        seat.is_open = true;
        seat.socket += 1;
        seat.socket
    }

    pub(crate) fn enter(&mut self, node: Node) -> Vec<Heard> {
        self.last_member += 1;
        let member = MemberId(self.last_member);
        let others = self
            .seats
            .iter()
            .filter(|(other, _)| self.sees(node, **other));
        let others: Vec<Member> = others.filter_map(|(_, seat)| describe(seat)).collect();
        self.seat(node).member = Some(member);
        let newcomer = describe(&self.seats[&node]).unwrap();
        let welcome = ToMember::Welcome {
            id: member,
            address: newcomer.address,
            room: "/".into(),
            mode: self.mode,
            members: others,
        };
        let mut heard = self.hub_says(&ToMember::Joined { member: newcomer }, node);
        if !self.seats[&node].is_plain {
            let socket = self.seats[&node].socket;
            heard.push(Heard {
                node,
                socket,
                text: welcome.to_text(),
                after: 0,
            });
        }
        heard
    }

    /// Lets a node in, or asks it for a proof first.
    pub(crate) fn receive(&mut self, node: Node) -> Vec<Heard> {
        if self.mode == Mode::Open || self.keys.is_empty() || self.seat(node).is_local {
            return self.enter(node);
        }
        let socket = self.seats[&node].socket;
        let nonce = NONCE.to_owned();
        vec![Heard {
            node,
            socket,
            text: ToMember::Challenge { nonce }.to_text(),
            after: 1,
        }]
    }

    /// Whether a text is the answer to a challenge; `false` is a wrong one.
    pub(crate) fn judge(&self, node: Node, text: &str) -> Option<bool> {
        let Ok(ToHub::Join { invitation, proof }) = ToHub::from_text(text) else {
            return None;
        };
        assert!(self.seats[&node].member.is_none(), "a join after all");
        let key = self.keys.get(&invitation.parse().unwrap());
        let (nonce, proof) = (NONCE.parse().unwrap(), proof.parse().unwrap());
        Some(key.is_some_and(|key| key.check(&proof, nonce, HOST, "/")))
    }

    /// Lets a node wait in the lobby if its text is a knock.
    pub(crate) fn knock(&mut self, node: Node, text: &str) -> Option<Vec<Heard>> {
        let Ok(ToHub::Knock) = ToHub::from_text(text) else {
            return None;
        };
        assert!(self.seats[&node].member.is_none(), "a knock after all");
        self.seat(node).is_waiting = true;
        Some(self.enter(node))
    }

    /// Whether one sees and hears the other.
    fn sees(&self, one: Node, other: Node) -> bool {
        let [one, other] = [one, other].map(|node| &self.seats[&node]);
        let is_apart = |one: &Seat, other: &Seat| one.is_waiting && !other.is_local;
        !is_apart(one, other) && !is_apart(other, one)
    }

    pub(crate) fn leave(&mut self, node: Node) -> Vec<Heard> {
        let gone = describe(&self.seats[&node]);
        self.forget(node);
        let left = |member| self.hub_says(&ToMember::Left { member }, node);
        gone.map(left).unwrap_or_default()
    }

    /// The hub's side of a closing handshake: the member is gone, its WebSocket is open for a moment.
    pub(crate) fn leave_seat(&mut self, node: Node) -> Vec<Heard> {
        let gone = describe(&self.seats[&node]);
        let left = |member| self.hub_says(&ToMember::Left { member }, node);
        let heard = gone.map(left).unwrap_or_default();
        self.seat(node).member = None;
        heard
    }

    pub(crate) fn forget(&mut self, node: Node) {
        let seat = self.seat(node);
        (seat.is_open, seat.member) = (false, None);
        seat.is_waiting = false;
    }

    /// The hub is gone: every WebSocket that was open.
    pub(crate) fn clear(&mut self) -> Vec<(Node, u32)> {
        let open = self.seats.iter_mut().filter(|(_, seat)| seat.is_open);
        open.map(|(node, seat)| {
            seat.member = None;
            (*node, seat.socket)
        })
        .collect()
    }

    fn hub_says(&self, envelope: &ToMember, except: Node) -> Vec<Heard> {
        let text = envelope.to_text();
        let seats = self.seats.iter();
        let inside = seats.filter(|(node, seat)| {
            let is_inside = **node != except && seat.member.is_some() && !seat.is_plain;
            is_inside && self.sees(**node, except)
        });
        inside
            .map(|(node, seat)| Heard {
                node: *node,
                socket: seat.socket,
                text: text.clone(),
                after: 1,
            })
            .collect()
    }

    /// A member's WebSocket text.
    pub(crate) fn send(&mut self, node: Node, text: &str, random: &mut Random) -> Vec<Heard> {
        if self.seats[&node].is_plain {
            return self.say(node, None, text, random);
        }
        let ToHub::Send { to, payload } = ToHub::from_text(text).unwrap() else {
            panic!("no message");
        };
        let text = match payload {
            Payload::Text(text) => text,
            Payload::Binary(bytes) => return self.pass(node, to.unwrap(), &bytes),
        };
        let to = to.map(|to| {
            let found = self.seats.iter().find(|(_, seat)| seat.member == Some(to));
            found.map(|(node, _)| *node)
        });
        match to {
            Some(None) => Vec::new(),
            Some(to) => self.say(node, to, &text, random),
            None => self.say(node, None, &text, random),
        }
    }

    /// Passes bytes to the member they are for, in order.
    fn pass(&mut self, node: Node, to: MemberId, bytes: &[u8]) -> Vec<Heard> {
        let from = self.seats[&node].member.expect("a member");
        assert!(!self.seats[&node].is_waiting, "bytes from the lobby");
        self.sealed.push(bytes.to_vec());
        let mut bytes = bytes.to_vec();
        let times = match self.spoil {
            None => 1,
            Some(Spoil::Swallows) => 0,
            Some(Spoil::Repeats) => 2,
            Some(Spoil::Changes) => {
                bytes[0] ^= 1;
                1
            }
        };
        let payload = bytes.into();
        let text = ToMember::Message { from, payload }.to_text();
        let found = self.seats.iter().find(|(_, seat)| seat.member == Some(to));
        let heard = |_| {
            found.map(|(node, seat)| Heard {
                node: *node,
                socket: seat.socket,
                text: text.clone(),
                after: 1,
            })
        };
        (0..times).filter_map(heard).collect()
    }

    pub(crate) fn say(
        &mut self,
        node: Node,
        to: Option<Node>,
        text: &str,
        random: &mut Random,
    ) -> Vec<Heard> {
        let lie = self.lie.map(|lie| lie(text));
        let text = lie.as_deref().unwrap_or(text);
        self.said.push((node, text.to_owned()));
        let Some(from) = self.seats[&node].member else {
            return Vec::new();
        };
        let message = ToMember::Message {
            from,
            payload: Payload::Text(text.into()),
        }
        .to_text();
        let mut heard = Vec::new();
        for (other, seat) in self.seats.iter().filter(|(_, seat)| seat.member.is_some()) {
            let is_meant = to.map_or(*other != node || self.wire.echoes, |to| to == *other);
            if !is_meant || !self.sees(*other, node) || random.chance(self.wire.lost) {
                continue;
            }
            for _ in 0..=u32::from(random.chance(self.wire.repeated)) {
                heard.push(Heard {
                    node: *other,
                    socket: seat.socket,
                    text: if seat.is_plain {
                        text.to_owned()
                    } else {
                        message.clone()
                    },
                    after: 1 + random.below(self.wire.late + 1),
                });
            }
        }
        heard
    }
}

fn describe(seat: &Seat) -> Option<Member> {
    let kind = if seat.is_plain {
        Kind::Plain
    } else if seat.is_waiting {
        Kind::Lobby
    } else if seat.is_local {
        Kind::Local
    } else {
        Kind::Enveloped
    };
    Some(Member {
        id: seat.member?,
        address: seat.address,
        kind,
    })
}
