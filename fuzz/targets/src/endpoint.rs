//! Both ends of the RPC, joined by a channel into which either side may also say anything: each call ends
//! once, no attachment is longer than it was announced, and both ends come to rest.

use crate::input::{digit, lines, text};
use jio::endpoint::{
    Attachment, CALLS, Caller, CallerOutput, FRAME_BYTES, Failure, Frame, Protocol, REFUSALS_BYTES,
    Server, ServerOutput,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// More than the replies and the last refusal that one input is good for.
const MESSAGE_BYTES: usize = 1 << 20;
/// More than a line can be worth.
const OUTPUTS: usize = 100_000;
const ROWS: &str = r#"{"data":{"rows":[],"total_rows":0}}"#;
const CHANGES: &str = r#"{"rows":[{"id":"a","value":{}}],"removed":["b"]}"#;

pub(crate) fn endpoint(data: &[u8]) {
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    let protocol = if first % 2 == 0 {
        Protocol::Jio2
    } else {
        Protocol::V2016
    };
    let mut world = World::new(protocol);
    for (word, rest) in lines(rest) {
        world.step(word, rest);
        world.run();
    }
    world.caller.handle_closed();
    world.run();
    let unanswered: Vec<_> = world.calls.difference(&world.ended).collect();
    assert!(unanswered.is_empty(), "{unanswered:?} never ended");
}

struct World {
    caller: Caller,
    server: Server,
    /// Calls made, and those that were cancelled or came to their end.
    calls: BTreeSet<u32>,
    ended: BTreeSet<u32>,
    /// Bytes still to come of attachments, on their way to the server and to the caller.
    uploads: BTreeMap<u32, u64>,
    downloads: BTreeMap<u32, u64>,
    executing: BTreeSet<u32>,
    /// Calls that are told what changes, by the server's number.
    following: BTreeSet<u32>,
}

impl World {
    fn new(protocol: Protocol) -> Self {
        Self {
            caller: Caller::new(protocol),
            server: Server::new(protocol),
            calls: BTreeSet::new(),
            ended: BTreeSet::new(),
            uploads: BTreeMap::new(),
            downloads: BTreeMap::new(),
            executing: BTreeSet::new(),
            following: BTreeSet::new(),
        }
    }

    fn step(&mut self, word: u8, rest: &[u8]) {
        let (of, bytes) = digit(rest);
        let call =
            |calls: &BTreeSet<u32>| calls.iter().nth_back(of as usize).copied().unwrap_or(of);
        match word {
            // What a hostile slave sends, and a hostile master.
            b'T' => self.server.handle_frame(&Frame::Text(text(rest))),
            b'B' => self.server.handle_frame(&Frame::Binary(rest.to_vec())),
            b't' => self.caller.handle_frame(&Frame::Text(text(rest))),
            b'b' => self.caller.handle_frame(&Frame::Binary(rest.to_vec())),
            b'c' => self.call(&text(bytes), None),
            b'u' => self.call(
                "putAttachment",
                Some(Attachment::new("a/b", u64::from(of) * 40_000)),
            ),
            b'x' => {
                if let Some(call) = self.calls.iter().nth_back(of as usize) {
                    self.ended.insert(*call);
                    self.caller.handle_cancel(*call);
                }
            }
            b'r' => {
                let call = call(&self.executing);
                self.executing.remove(&call);
                self.server.handle_result(call, Ok(json!(text(bytes))));
            }
            b'e' => {
                let call = call(&self.executing);
                self.executing.remove(&call);
                self.server
                    .handle_result(call, Err(Failure::new(404, text(bytes))));
            }
            b'a' => {
                let call = call(&self.executing);
                self.executing.remove(&call);
                self.server
                    .handle_attachment(call, Attachment::new(text(bytes), u64::from(of) * 40_000));
            }
            b's' => {
                let options = json!({"query": text(bytes)});
                self.calls.insert(self.caller.handle_subscribe(&options));
            }
            b'S' => {
                let call = call(&self.executing);
                self.executing.remove(&call);
                if self.server.handle_snapshot(call, ROWS) {
                    self.following.insert(call);
                }
            }
            b'C' => {
                let call = call(&self.following);
                let goes_on = self.server.handle_changes(call, CHANGES);
                assert_eq!(goes_on, self.following.contains(&call));
            }
            b'E' => {
                let call = call(&self.following);
                self.following.remove(&call);
                self.server.handle_ended(call, &Failure::new(400, "odd"));
            }
            b'q' => self.server.handle_asked(call(&self.executing)),
            b'f' => self
                .server
                .handle_bytes(call(&self.executing), Err(Failure::new(500, "gone"))),
            b'k' => self.server.handle_room(of % 2 == 0),
            b'K' => self.caller.handle_room(of % 2 == 0),
            _ => {}
        }
    }

    fn call(&mut self, method: &str, attachment: Option<Attachment>) {
        let arguments = vec![json!("id"), json!("name")];
        self.calls
            .insert(self.caller.handle_call(method, arguments, attachment));
    }

    fn run(&mut self) {
        assert!(
            self.server.queued() <= REFUSALS_BYTES + MESSAGE_BYTES,
            "refusals are bounded"
        );
        for _ in 0..OUTPUTS {
            if !(self.run_caller() | self.run_server()) {
                return;
            }
        }
        panic!("they never rest");
    }

    fn run_caller(&mut self) -> bool {
        match self.caller.poll_output() {
            CallerOutput::Wait => return false,
            CallerOutput::Send(frame) => {
                check(&frame);
                self.server.handle_frame(&frame);
            }
            CallerOutput::Reply { call, .. } => self.end(call),
            CallerOutput::Asked { call } => assert!(self.waits(call), "nobody waits for {call}"),
            CallerOutput::Told { call, .. } => assert!(self.waits(call), "nobody follows {call}"),
            CallerOutput::Attachment { call, attachment } => {
                assert!(self.downloads.insert(call, attachment.size).is_none());
            }
            CallerOutput::Part { call, bytes, last } => {
                take(&mut self.downloads, call, bytes.len(), last);
                self.caller.handle_taken(call, bytes.len() as u64);
                if last {
                    self.end(call);
                }
            }
            CallerOutput::Want { call, .. } => self.caller.handle_bytes(call, vec![7; 100_000]),
        }
        true
    }

    fn run_server(&mut self) -> bool {
        match self.server.poll_output() {
            ServerOutput::Wait => return false,
            ServerOutput::Send(frame) => {
                check(&frame);
                self.caller.handle_frame(&frame);
            }
            ServerOutput::Execute {
                call, attachment, ..
            } => {
                assert!(self.executing.insert(call), "executed once");
                assert!(self.executing.len() <= CALLS);
                if let Some(attachment) = attachment {
                    self.uploads.insert(call, attachment.size);
                }
            }
            ServerOutput::Part { call, bytes, last } => {
                take(&mut self.uploads, call, bytes.len(), last);
                self.server.handle_taken(call, bytes.len() as u64);
            }
            ServerOutput::Cancelled { call } => {
                self.executing.remove(&call);
                self.following.remove(&call);
            }
            ServerOutput::Want { call, .. } => self.server.handle_bytes(call, Ok(vec![7; 100_000])),
        }
        true
    }

    fn waits(&self, call: u32) -> bool {
        self.calls.contains(&call) && !self.ended.contains(&call)
    }

    fn end(&mut self, call: u32) {
        assert!(self.calls.contains(&call), "{call} was never made");
        assert!(self.ended.insert(call), "{call} ends once");
    }
}

fn check(frame: &Frame) {
    match frame {
        Frame::Text(text) => {
            assert!(text.len() <= FRAME_BYTES);
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
        }
        Frame::Binary(bytes) => assert!(bytes.len() <= FRAME_BYTES),
    }
}

/// Bytes of an attachment that was announced came.
fn take(left: &mut BTreeMap<u32, u64>, call: u32, bytes: usize, last: bool) {
    let left = left.get_mut(&call).expect("it was announced");
    *left = left
        .checked_sub(bytes as u64)
        .expect("no longer than announced");
    assert!(!last || *left == 0, "no shorter than announced");
}
