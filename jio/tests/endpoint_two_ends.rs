//! Caller and server joined by a wire that delivers a frame at a time, in order, and now and then
//! stalls: what is called is executed, what is answered arrives, and nobody holds more than allowed.

// A test that finds something else than it expects fails, and so it should.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use jio::endpoint::{
    Attachment, CALLS_BYTES, Caller, CallerOutput, Failure, Frame, Protocol, REFUSALS_BYTES,
    Server, ServerOutput, WINDOW_BYTES,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// Both ends, the wire between them, and a master that answers every method with an echo, keeps the
/// attachments it gets and gives back those it has.
struct World {
    caller: Caller,
    server: Server,
    to_server: VecDeque<Frame>,
    to_caller: VecDeque<Frame>,
    sources: BTreeMap<u32, Vec<u8>>,
    kept: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<u32, (String, Vec<u8>)>,
    downloads: BTreeMap<u32, Vec<u8>>,
    replies: BTreeMap<u32, Result<Value, Failure>>,
    fetched: BTreeMap<u32, Vec<u8>>,
    cancelled: Vec<u32>,
    asked: Vec<u32>,
    told: Vec<(u32, Value)>,
    following: Vec<u32>,
    frames: usize,
}

impl World {
    /// Both ends, after the greeting.
    fn new(protocol: Protocol) -> Self {
        let mut world = Self {
            caller: Caller::new(protocol),
            server: Server::new(protocol),
            to_server: VecDeque::new(),
            to_caller: VecDeque::new(),
            sources: BTreeMap::new(),
            kept: BTreeMap::new(),
            uploads: BTreeMap::new(),
            downloads: BTreeMap::new(),
            replies: BTreeMap::new(),
            fetched: BTreeMap::new(),
            cancelled: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
            following: Vec::new(),
            frames: 0,
        };
        world.run();
        world.frames = 0;
        world
    }

    fn call(&mut self, method: &str, arguments: Value) -> u32 {
        let Value::Array(arguments) = arguments else {
            panic!("arguments are an array")
        };
        self.caller.handle_call(method, arguments, None)
    }

    fn upload(&mut self, name: &str, bytes: Vec<u8>) -> u32 {
        let attachment = Attachment::new("application/octet-stream", bytes.len() as u64);
        let arguments = vec![json!("id"), json!(name)];
        let call = self
            .caller
            .handle_call("putAttachment", arguments, Some(attachment));
        self.sources.insert(call, bytes);
        call
    }

    /// Polls both ends until they wait or the wire is full; nothing crosses it.
    fn poll(&mut self) {
        while self.to_server.len() < WIRE {
            match self.caller.poll_output() {
                CallerOutput::Send(frame) => self.to_server.push_back(frame),
                CallerOutput::Reply { call, result } => drop(self.replies.insert(call, result)),
                CallerOutput::Asked { call } => self.asked.push(call),
                CallerOutput::Told { call, told } => self.told.push((call, told)),
                CallerOutput::Attachment { call, .. } => drop(self.fetched.insert(call, vec![])),
                CallerOutput::Part { call, bytes, .. } => {
                    self.fetched.get_mut(&call).unwrap().extend(&bytes);
                    self.caller.handle_taken(call, bytes.len() as u64);
                }
                CallerOutput::Want { call, offset } => {
                    let rest = self.sources[&call][offset as usize..].to_vec();
                    self.caller.handle_bytes(call, rest);
                }
                CallerOutput::Wait => break,
            }
        }
        while self.to_caller.len() < WIRE {
            match self.server.poll_output() {
                ServerOutput::Send(frame) => self.to_caller.push_back(frame),
                ServerOutput::Execute {
                    call,
                    method,
                    arguments,
                    attachment,
                } => {
                    self.execute(call, &method, arguments, attachment);
                }
                ServerOutput::Part { call, bytes, last } => {
                    self.uploads.get_mut(&call).unwrap().1.extend(&bytes);
                    self.server.handle_taken(call, bytes.len() as u64);
                    if last {
                        let (name, bytes) = self.uploads.remove(&call).unwrap();
                        self.kept.insert(name, bytes);
                        self.server.handle_result(call, Ok(json!("kept")));
                    }
                }
                ServerOutput::Cancelled { call } => self.cancelled.push(call),
                ServerOutput::Want { call, offset } => {
                    let rest = self.downloads[&call][offset as usize..].to_vec();
                    self.server.handle_bytes(call, Ok(rest));
                }
                ServerOutput::Wait => break,
            }
        }
    }

    fn execute(&mut self, call: u32, method: &str, arguments: Vec<Value>, a: Option<Attachment>) {
        match (method, a) {
            ("putAttachment", Some(_)) => {
                let name = arguments[1].as_str().unwrap().to_owned();
                self.uploads.insert(call, (name, vec![]));
            }
            ("getAttachment", _) => {
                let bytes = self.kept[arguments[1].as_str().unwrap()].clone();
                let attachment = Attachment::new("text/plain", bytes.len() as u64);
                self.downloads.insert(call, bytes);
                self.server.handle_attachment(call, attachment);
            }
            ("hang", _) => {}
            ("subscribe", _) => {
                if self
                    .server
                    .handle_snapshot(call, &json!(arguments).to_string())
                {
                    self.following.push(call);
                }
            }
            ("fail", _) => self
                .server
                .handle_result(call, Err(Failure::new(404, "no such record"))),
            _ => self
                .server
                .handle_result(call, Ok(json!([method, arguments]))),
        }
    }

    /// Delivers one frame, if there is one.
    fn step(&mut self) -> bool {
        self.poll();
        let frame = self.to_server.pop_front();
        if let Some(frame) = &frame {
            self.server.handle_frame(frame);
        }
        let back = self.to_caller.pop_front();
        if let Some(frame) = &back {
            self.caller.handle_frame(frame);
        }
        self.frames += usize::from(frame.is_some()) + usize::from(back.is_some());
        self.poll();
        frame.is_some() || back.is_some()
    }

    fn run(&mut self) {
        while self.step() {}
    }
}

/// Frames under way in one direction; as a driver that stops at so many buffered bytes.
const WIRE: usize = 16;

fn hello() -> Frame {
    Frame::Text(r#"{"type":"hello"}"#.into())
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 + i / 251) as u8).collect()
}

#[test]
fn calls_of_one_turn_travel_as_one_frame() {
    let mut world = World::new(Protocol::Jio2);
    let calls: Vec<u32> = (0..50)
        .map(|i| world.call("get", json!([format!("r{i}")])))
        .collect();
    world.run();
    assert_eq!(world.frames, 2, "one frame there, one back");
    for (i, call) in calls.iter().enumerate() {
        assert_eq!(world.replies[call], Ok(json!(["get", [format!("r{i}")]])));
    }
}

#[test]
fn a_call_to_a_2016_master_travels_alone() {
    let mut world = World::new(Protocol::V2016);
    let (a, b) = (
        world.call("get", json!(["x"])),
        world.call("fail", json!([])),
    );
    world.run();
    assert_eq!(world.frames, 4);
    assert_eq!(world.replies[&a], Ok(json!(["get", ["x"]])));
    assert_eq!(world.replies[&b], Err(Failure::new(404, "no such record")));
}

#[test]
fn a_long_message_arrives_whole_and_short_ones_overtake_it() {
    let mut world = World::new(Protocol::Jio2);
    let text = "\"ü\u{1F600}".repeat(300_000);
    let long = world.call("put", json!(["a", {"text": text}]));
    world.step();
    let short = world.call("get", json!(["b"]));
    while !world.replies.contains_key(&short) {
        assert!(world.step());
    }
    assert!(!world.replies.contains_key(&long));
    world.run();
    assert_eq!(
        world.replies[&long],
        Ok(json!(["put", ["a", {"text": text}]]))
    );
}

#[test]
fn attachments_cross_both_ways_under_credit() {
    for length in [0, 1, 65_536, 65_537, 10_000_001] {
        let mut world = World::new(Protocol::Jio2);
        let bytes = noise(length);
        let put = world.upload("x", bytes.clone());
        world.run();
        assert_eq!(world.replies[&put], Ok(json!("kept")));
        assert_eq!(world.kept["x"], bytes);
        let get = world.call("getAttachment", json!(["id", "x"]));
        world.run();
        assert_eq!(world.fetched[&get], bytes);
    }
}

#[test]
fn nothing_more_is_sent_of_an_attachment_that_nobody_takes() {
    let mut caller = Caller::new(Protocol::Jio2);
    caller.handle_frame(&hello());
    let attachment = Attachment::new("a/b", 100 << 20);
    let call = caller.handle_call(
        "putAttachment",
        vec![json!("i"), json!("n")],
        Some(attachment),
    );
    let mut sent = 0;
    loop {
        match caller.poll_output() {
            CallerOutput::Send(Frame::Binary(bytes)) => sent += bytes.len() as u64 - 6,
            CallerOutput::Want { .. } => caller.handle_bytes(call, vec![7; 1 << 20]),
            CallerOutput::Wait => break,
            _ => {}
        }
    }
    assert_eq!(sent, WINDOW_BYTES);
}

#[test]
fn a_cancelled_call_gets_no_reply_and_the_master_hears_of_it() {
    let mut world = World::new(Protocol::Jio2);
    let call = world.call("hang", json!([]));
    world.run();
    world.caller.handle_cancel(call);
    world.run();
    assert_eq!(world.cancelled.len(), 1);
    assert!(world.replies.is_empty());
}

#[test]
fn a_caller_hears_that_a_person_is_asked_and_one_of_2016_does_not() {
    for (protocol, told) in [(Protocol::Jio2, 1), (Protocol::V2016, 0)] {
        let mut world = World::new(protocol);
        let call = world.call("hang", json!([]));
        world.run();
        // The server counts from 1, as the caller does.
        world.server.handle_asked(call);
        world.server.handle_asked(call + 1);
        world.run();
        assert_eq!(world.asked, [call][..told], "{protocol:?}");
        assert!(world.replies.is_empty());
        world.server.handle_result(call, Ok(json!("after all")));
        world.run();
        assert_eq!(world.replies[&call], Ok(json!("after all")));
        world.server.handle_asked(call);
        world.run();
        assert_eq!(world.asked.len(), told, "it is over");
    }
}

#[test]
fn a_cancelled_download_stops() {
    let mut world = World::new(Protocol::Jio2);
    world.kept.insert("x".into(), noise(50_000_000));
    let call = world.call("getAttachment", json!(["id", "x"]));
    while world
        .fetched
        .get(&call)
        .is_none_or(|bytes| bytes.len() < 1_000_000)
    {
        assert!(world.step());
    }
    world.caller.handle_cancel(call);
    world.run();
    assert!(world.fetched[&call].len() < 10_000_000);
}

#[test]
fn a_lost_channel_rejects_every_pending_call_with_503() {
    let mut world = World::new(Protocol::Jio2);
    let calls = [
        world.call("hang", json!([])),
        world.upload("x", noise(9_000_000)),
    ];
    world.step();
    world.to_server.clear();
    world.caller.handle_closed();
    world.poll();
    for call in calls {
        assert_eq!(
            world.replies[&call].as_ref().unwrap_err().status_code,
            Some(503)
        );
    }
}

#[test]
fn a_request_at_the_bound_passes_and_one_past_it_fails_here() {
    let overhead = r#"{"id":1,"type":"jio_query","method_name":"put","argument_list":[""]}"#.len();
    let most = jio::endpoint::REQUEST_BYTES - overhead;
    for (length, passes) in [(most, true), (most + 1, false)] {
        let mut world = World::new(Protocol::Jio2);
        let call = world.call("put", json!(["x".repeat(length)]));
        world.run();
        assert_eq!(world.replies[&call].is_ok(), passes);
        assert_eq!(world.frames > 0, passes);
    }
}

#[test]
fn broken_frames_are_answered_and_harm_nobody() {
    let mut server = Server::new(Protocol::Jio2);
    assert_eq!(server.poll_output(), ServerOutput::Send(hello()));
    let frames = [
        Frame::Text("{".into()),
        Frame::Text("null".into()),
        Frame::Text(r#"{"id":1,"type":"dance"}"#.into()),
        Frame::Text(r#"{"id":2,"type":"jio_query","method_name":"get","argument_list":7}"#.into()),
        Frame::Binary(vec![]),
        Frame::Binary(vec![9; 9]),
    ];
    for frame in &frames {
        server.handle_frame(frame);
        let ServerOutput::Send(Frame::Text(reply)) = server.poll_output() else {
            panic!("{frame:?} was not answered");
        };
        let reply: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(
            (&reply["type"], &reply["result"]["status_code"]),
            (&json!("error"), &json!(400))
        );
        assert_eq!(server.poll_output(), ServerOutput::Wait);
    }
}

#[test]
fn an_attachment_longer_than_announced_fails_its_call_only() {
    let mut server = Server::new(Protocol::Jio2);
    let request = json!({"id": "a", "type": "jio_query", "method_name": "putAttachment",
        "argument_list": ["i", "n", {"stream": 1, "content_type": "a/b", "size": 3}]});
    server.handle_frame(&Frame::Text(request.to_string()));
    assert!(matches!(server.poll_output(), ServerOutput::Execute { .. }));
    server.handle_frame(&Frame::Binary([&[2, 0, 0, 0, 1, 1][..], b"abcd"].concat()));
    assert!(matches!(
        server.poll_output(),
        ServerOutput::Cancelled { .. }
    ));
    let ServerOutput::Send(Frame::Text(reply)) = server.poll_output() else {
        panic!("no reply")
    };
    assert!(reply.contains(r#""id":"a""#) && reply.contains("400"));
}

#[test]
fn a_caller_sends_nothing_before_it_is_greeted() {
    let mut caller = Caller::new(Protocol::Jio2);
    caller.handle_call("repair", vec![], None);
    assert_eq!(caller.poll_output(), CallerOutput::Wait);
    caller.handle_frame(&hello());
    assert!(matches!(caller.poll_output(), CallerOutput::Send(_)));
    let mut caller = Caller::new(Protocol::V2016);
    caller.handle_call("repair", vec![], None);
    assert!(matches!(caller.poll_output(), CallerOutput::Send(_)));
}

#[test]
fn requests_in_flight_are_bounded_in_bytes() {
    let request = json!({"id": 1, "type": "jio_query", "method_name": "put",
        "argument_list": ["x".repeat(CALLS_BYTES / 3)]});
    let mut server = Server::new(Protocol::Jio2);
    assert_eq!(server.poll_output(), ServerOutput::Send(hello()));
    for passes in [true, true, false] {
        server.handle_frame(&Frame::Text(request.to_string()));
        match server.poll_output() {
            ServerOutput::Execute { .. } => assert!(passes),
            ServerOutput::Send(Frame::Text(reply)) => assert!(!passes && reply.contains("429")),
            other => panic!("{other:?}"),
        }
    }
    server.handle_result(1, Ok(Value::Null));
    server.handle_frame(&Frame::Text(request.to_string()));
    assert!(matches!(server.poll_output(), ServerOutput::Execute { .. }));
}

#[test]
fn refusals_that_nobody_reads_are_bounded() {
    let mut server = Server::new(Protocol::Jio2);
    server.handle_room(false);
    let refusals = format!("[{}0]", "0,".repeat(5_000));
    let mut last = 0;
    for _ in 0..20 {
        server.handle_frame(&Frame::Text(refusals.clone()));
        last = server.queued();
    }
    // One more passes while the bound is not passed, and none after.
    assert!(
        (REFUSALS_BYTES..REFUSALS_BYTES + 200).contains(&last),
        "{last}"
    );
    server.handle_frame(&Frame::Text("0".into()));
    assert_eq!(server.queued(), last);
    // Once they are read the next one is answered again.
    server.handle_room(true);
    while server.poll_output() != ServerOutput::Wait {}
    assert_eq!(server.queued(), 0);
    server.handle_frame(&Frame::Text("0".into()));
    assert!(server.queued() > 0);
}

proptest::proptest! {
    #[test]
    fn no_frame_panics_either_end(
        text in proptest::option::of(".{0,200}"),
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
    ) {
        let frame = text.map_or(Frame::Binary(bytes), Frame::Text);
        for protocol in [Protocol::V2016, Protocol::Jio2] {
            let (mut caller, mut server) = (Caller::new(protocol), Server::new(protocol));
            caller.handle_call("get", vec![json!("x")], None);
            caller.handle_frame(&frame);
            server.handle_frame(&frame);
            while caller.poll_output() != CallerOutput::Wait {}
            while server.poll_output() != ServerOutput::Wait {}
        }
    }
}

#[test]
fn a_call_that_goes_on_is_told_what_changes_until_it_is_given_up() {
    let mut world = World::new(Protocol::Jio2);
    let call = world.caller.handle_subscribe(&json!({"query": "a"}));
    world.run();
    let served = world.following[0];
    assert!(
        world
            .server
            .handle_changes(served, r#"{"rows":[],"removed":["a"]}"#)
    );
    world.run();
    let changes = json!({"rows": [], "removed": ["a"]});
    let told = vec![(call, json!([{"query": "a"}])), (call, changes)];
    assert_eq!(world.told, told);
    world.caller.handle_cancel(call);
    world.run();
    assert_eq!(world.cancelled, [served]);
    assert!(!world.server.handle_changes(served, "{}"));
    world.run();
    assert_eq!((world.told.len(), world.replies.len()), (2, 0));
}

#[test]
fn a_call_that_goes_on_ends_with_a_failure_or_the_channel() {
    let mut world = World::new(Protocol::Jio2);
    let calls = [1, 2].map(|n| world.caller.handle_subscribe(&json!({"limit": [n]})));
    world.run();
    let gone = Failure::new(400, "odd");
    world.server.handle_ended(world.following[0], &gone);
    world.run();
    assert_eq!(world.replies[&calls[0]], Err(gone));
    world.caller.handle_closed();
    world.run();
    let lost = world.replies[&calls[1]].as_ref().unwrap_err();
    assert_eq!(lost.status_code, Some(503));
}

#[test]
fn nobody_of_2016_is_told_what_changes() {
    let mut world = World::new(Protocol::V2016);
    let asked = world.caller.handle_subscribe(&json!({}));
    let called = world.call("subscribe", json!([{}]));
    world.run();
    for call in [asked, called] {
        let refused = world.replies[&call].as_ref().unwrap_err();
        assert_eq!(refused.status_code, Some(501), "{refused}");
    }
    assert!(world.following.is_empty());
}
