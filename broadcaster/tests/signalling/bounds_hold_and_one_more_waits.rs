//! The master's bounds, each at the bound and one past it.

use broadcaster::Millis;
use broadcaster::envelope::{Member, ToMember};
use broadcaster::hub::{Kind, MemberId, Mode};
use broadcaster::limits::{
    CANDIDATES, HALF_OPEN, HALF_OPEN_FOR, HALF_OPEN_PER_ADDRESS, WAITING_SLAVES,
};
use broadcaster::payload::Payload;
use broadcaster::signalling::Framing;
use broadcaster::signalling::description::{Description, Kind as Type};
use broadcaster::signalling::master::{Config, Event, Failed, Master, Output, Status};
use broadcaster::signalling::rtc::{self, Command, SessionId};
use serde_json::json;
use std::net::IpAddr;

/// A master in a room, with slaves that do nothing by themselves.
struct Desk {
    master: Master,
    outputs: Vec<Output>,
}

impl Desk {
    fn new(connections: usize) -> Self {
        let mut config = Config::new("M".try_into().unwrap(), "Kitchen".into());
        config.connections = connections;
        let mut desk = Self {
            master: Master::new(config),
            outputs: Vec::new(),
        };
        desk.master.handle_start(Millis(0));
        desk.master.handle_opened(Framing::Enveloped, Millis(0));
        let welcome = ToMember::Welcome {
            id: MemberId(1_000_000),
            address: [192, 168, 1, 2].into(),
            room: "/".into(),
            mode: Mode::Open,
            members: Vec::new(),
        };
        desk.master.handle_text(&welcome.to_text(), Millis(0));
        desk
    }

    fn join(&mut self, member: u32, address: IpAddr) {
        let member = Member {
            id: MemberId(member),
            address,
            kind: Kind::Enveloped,
        };
        self.master
            .handle_text(&ToMember::Joined { member }.to_text(), Millis(0));
    }

    fn say(&mut self, member: u32, text: &str, now: u64) {
        let payload = Payload::Text(text.into());
        let text = ToMember::Message {
            from: MemberId(member),
            payload,
        }
        .to_text();
        self.master.handle_text(&text, Millis(now));
        self.drain();
    }

    fn ask(&mut self, member: u32, now: u64) {
        let request = r#"{"action":"request","from":"SX","id":1,"protocols":[]}"#;
        self.say(member, &request.replace('X', &member.to_string()), now);
    }

    /// What a slave says to our offer.
    fn answer(&mut self, member: u32, action: &str, data: &str, now: u64) {
        let from = format!("S{member}");
        let text = json!({"action": action, "from": from, "to": "M", "id": 1, "data": data});
        self.say(member, &text.to_string(), now);
    }

    /// A slave asks, and both descriptions are exchanged: its session lacks its channel.
    fn join_and_answer(&mut self, member: u32, session: u32) {
        self.join(member, [10, 0, 0, 1].into());
        self.ask(member, 0);
        self.rtc(session, rtc::Event::Described(description(Type::Offer)), 0);
        self.answer(member, "answer", &description(Type::Answer).to_data(), 0);
    }

    fn leave(&mut self, member: u32, now: u64) {
        let member = Member {
            id: MemberId(member),
            address: [10, 0, 0, 1].into(),
            kind: Kind::Enveloped,
        };
        self.master
            .handle_text(&ToMember::Left { member }.to_text(), Millis(now));
        self.drain();
    }

    fn rtc(&mut self, session: u32, event: rtc::Event, now: u64) {
        self.master
            .handle_rtc(SessionId(session), event, Millis(now));
        self.drain();
    }

    fn open(&mut self, session: u32, now: u64) {
        self.rtc(
            session,
            rtc::Event::Opened {
                protocol: String::new(),
            },
            now,
        );
    }

    fn drain(&mut self) {
        loop {
            match self.master.poll_output() {
                Output::Wait(_) => return,
                output => self.outputs.push(output),
            }
        }
    }

    fn wait(&mut self) -> Option<u64> {
        match self.master.poll_output() {
            Output::Wait(until) => until.map(|until| until.0),
            output => panic!("{output:?}"),
        }
    }

    fn timeout(&mut self, now: u64) {
        self.master.handle_timeout(Millis(now));
        self.drain();
    }

    fn begun(&self) -> usize {
        let is_begun = |output: &&Output| matches!(output, Output::Rtc(Command::Offer { .. }));
        self.outputs.iter().filter(is_begun).count()
    }

    fn half_open(&self) -> usize {
        self.master
            .peers()
            .filter(|peer| peer.status == Status::Connecting)
            .count()
    }

    fn failures(&self) -> Vec<&Failed> {
        let failed = self.outputs.iter().filter_map(|output| match output {
            Output::Event(Event::Failed { why, .. }) => Some(why),
            _ => None,
        });
        failed.collect()
    }
}

fn far_apart(member: u32) -> IpAddr {
    let [_, a, b, c] = member.to_be_bytes();
    [10, a, b, c].into()
}

#[test]
fn four_of_one_address() {
    let mut desk = Desk::new(500);
    for member in 0..=HALF_OPEN_PER_ADDRESS as u32 {
        desk.join(member, [10, 0, 0, 1].into());
        desk.ask(member, 0);
    }
    assert_eq!((desk.begun(), desk.half_open()), (4, 4));
    desk.join(77, [10, 0, 0, 2].into());
    desk.ask(77, 0);
    assert_eq!(desk.begun(), 5, "another address does not wait");
    desk.open(1, 5);
    assert_eq!(desk.begun(), 6, "who waited has the place that became free");
    assert!(desk.failures().is_empty());
}

#[test]
fn thirty_two_in_all() {
    let mut desk = Desk::new(500);
    for member in 0..=HALF_OPEN as u32 {
        desk.join(member, far_apart(member));
        desk.ask(member, 0);
    }
    assert_eq!((desk.begun(), desk.half_open()), (32, 32));
    desk.rtc(
        1,
        rtc::Event::Lost {
            detail: "failed".into(),
        },
        5,
    );
    assert_eq!((desk.begun(), desk.half_open()), (33, 32));
}

#[test]
fn one_of_each_member() {
    let mut desk = Desk::new(500);
    desk.join(1, [10, 0, 0, 1].into());
    for name in ["A", "B", "C"] {
        let request = r#"{"action":"request","from":"X","id":1,"protocols":[]}"#;
        desk.say(1, &request.replace('X', name), 0);
    }
    assert_eq!((desk.begun(), desk.half_open()), (3, 1));
    assert_eq!(desk.failures(), [&Failed::Superseded; 2]);
}

#[test]
fn ten_seconds_each() {
    let mut desk = Desk::new(500);
    desk.join(1, [10, 0, 0, 1].into());
    desk.ask(1, 100);
    assert_eq!(desk.wait(), Some(100 + HALF_OPEN_FOR.0));
    desk.timeout(100 + HALF_OPEN_FOR.0 - 1);
    assert_eq!(desk.half_open(), 1);
    desk.timeout(100 + HALF_OPEN_FOR.0);
    assert_eq!(
        (desk.half_open(), desk.failures()),
        (0, vec![&Failed::Unanswered])
    );
    assert_eq!(desk.wait(), None);
}

#[test]
fn five_hundred_connections() {
    let mut desk = Desk::new(500);
    for member in 1..=500 {
        desk.join(member, far_apart(member));
        desk.ask(member, 0);
        desk.open(member, 0);
    }
    assert_eq!(desk.master.peers().count(), 500);
    assert!(desk.failures().is_empty());
    desk.join(501, far_apart(501));
    desk.ask(501, 0);
    assert_eq!(desk.failures(), [&Failed::Full]);
    let Some(Output::Send(text)) = desk
        .outputs
        .iter()
        .rev()
        .find(|o| matches!(o, Output::Send(_)))
    else {
        panic!("nothing was said");
    };
    assert!(text.contains(r#"\"action\":\"refuse\""#) && text.contains(r#"\"reason\":\"full\""#));
    desk.rtc(
        1,
        rtc::Event::Lost {
            detail: "gone".into(),
        },
        0,
    );
    desk.ask(501, 1);
    assert_eq!(desk.master.peers().count(), 500);
}

#[test]
fn five_hundred_and_twelve_in_the_line() {
    let mut desk = Desk::new(500);
    let all = (HALF_OPEN_PER_ADDRESS + WAITING_SLAVES) as u32;
    for member in 0..all {
        desk.join(member, [10, 0, 0, 1].into());
        desk.ask(member, 0);
    }
    assert!(desk.failures().is_empty());
    desk.join(all, [10, 0, 0, 1].into());
    desk.ask(all, 0);
    assert_eq!(desk.failures(), [&Failed::Busy]);
    desk.timeout(HALF_OPEN_FOR.0);
    assert_eq!(desk.wait().is_some(), desk.half_open() > 0);
}

#[test]
fn thirty_two_candidates_from_a_slave() {
    let mut desk = Desk::new(500);
    desk.join(1, [10, 0, 0, 1].into());
    desk.ask(1, 0);
    desk.rtc(1, rtc::Event::Described(description(Type::Offer)), 0);
    for port in 1..=CANDIDATES + 1 {
        let candidate =
            format!(r#"{{"candidate":"candidate:1 1 udp 1 10.0.0.1 {port} typ host"}}"#);
        desk.answer(1, "candidate", &candidate, 0);
    }
    let added = |desk: &Desk| {
        let is_added = |output: &&Output| matches!(output, Output::Rtc(Command::Add { .. }));
        desk.outputs.iter().filter(is_added).count()
    };
    assert_eq!(added(&desk), 0, "they wait for the answer");
    desk.answer(1, "answer", &description(Type::Answer).to_data(), 0);
    assert_eq!(added(&desk), CANDIDATES);
    desk.timeout(HALF_OPEN_FOR.0);
    let [Failed::NoPath { local, remote }] = desk.failures()[..] else {
        panic!("no failure")
    };
    assert_eq!((local.candidates.len(), local.dropped), (0, 0));
    assert_eq!((remote.candidates.len(), remote.dropped), (CANDIDATES, 1));
}

#[test]
fn who_does_not_answer_gives_way_to_who_waits() {
    let mut desk = Desk::new(500);
    for member in 0..=HALF_OPEN_PER_ADDRESS as u32 {
        desk.join(member, [10, 0, 0, 1].into());
        desk.ask(member, 0);
    }
    assert_eq!(desk.wait(), Some(2000));
    desk.timeout(1999);
    assert_eq!(desk.begun(), 4);
    desk.timeout(2000);
    assert_eq!((desk.begun(), desk.half_open()), (5, 4));
    assert_eq!(desk.failures(), [&Failed::Unanswered]);
    assert_eq!(desk.wait(), Some(HALF_OPEN_FOR.0), "nobody waits any more");
}

#[test]
fn a_member_that_leaves_makes_room() {
    let mut desk = Desk::new(500);
    for member in 0..=HALF_OPEN_PER_ADDRESS as u32 {
        desk.join(member, [10, 0, 0, 1].into());
        desk.ask(member, 0);
    }
    desk.leave(0, 1);
    assert_eq!((desk.begun(), desk.half_open()), (5, 4));
    assert_eq!(desk.failures(), [&Failed::Gone]);
}

#[test]
fn who_left_has_time_for_its_channel() {
    let mut desk = Desk::new(500);
    for member in 1..=2 {
        desk.join_and_answer(member, member);
        desk.leave(member, 0);
    }
    desk.timeout(4999);
    assert_eq!(desk.half_open(), 2);
    desk.open(1, 4999);
    desk.timeout(5000);
    assert_eq!(
        (desk.half_open(), desk.failures()),
        (0, vec![&Failed::Gone])
    );
    assert_eq!(desk.master.peers().count(), 1, "the other one is connected");
}

#[test]
fn who_left_gives_way_to_who_waits() {
    let mut desk = Desk::new(500);
    for member in 1..=HALF_OPEN_PER_ADDRESS as u32 {
        desk.join_and_answer(member, member);
    }
    desk.join(9, [10, 0, 0, 1].into());
    desk.ask(9, 0);
    assert_eq!(desk.wait(), Some(HALF_OPEN_FOR.0), "they are there");
    desk.leave(1, 3000);
    assert_eq!(desk.wait(), Some(4000));
    desk.timeout(3999);
    assert_eq!(desk.begun(), 4);
    desk.timeout(4000);
    assert_eq!((desk.begun(), desk.half_open()), (5, 4));
    assert_eq!(desk.failures(), [&Failed::Gone]);
}

fn description(kind: Type) -> Description {
    let sdp = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n".into();
    Description { kind, sdp }
}
