//! The master's end: requests in, replies out. Knows nothing of what the methods mean.

use super::caller::{credit, read_credit};
use super::frame::Frame;
use super::inbox::{Arrival, Inbox};
use super::outbox::{Next, Outbox};
use super::{
    ATTACHMENTS, Attachment, CALLS, CALLS_BYTES, FRAME_BYTES, Failure, Protocol, REFUSALS_BYTES,
    REPLY_BYTES, REQUEST_BYTES,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// What the driver is to do next.
#[derive(Debug, PartialEq)]
pub enum ServerOutput {
    /// Send this frame, and tell `handle_room` how the channel bears it.
    Send(Frame),
    /// Execute this call and tell [`Server::handle_result`] (or [`Server::handle_attachment`]).
    Execute {
        /// The call, numbered by this end.
        call: u32,
        /// The method's name, as it came.
        method: String,
        /// The arguments, as they came; without the description of the attachment.
        arguments: Vec<Value>,
        /// An attachment whose parts follow.
        attachment: Option<Attachment>,
    },
    /// Bytes of a call's attachment; tell [`Server::handle_taken`] once they are put away.
    Part {
        /// The call.
        call: u32,
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether these were the last ones.
        last: bool,
    },
    /// The caller gave this call up, or spoiled it; its result is of no use.
    Cancelled {
        /// The call.
        call: u32,
    },
    /// Hand bytes of the attachment that answers this call to [`Server::handle_bytes`].
    Want {
        /// The call.
        call: u32,
        /// Where they begin.
        offset: u64,
    },
    /// Nothing more until the next input.
    Wait,
}

/// The master's end of the RPC with one slave.
pub struct Server {
    protocol: Protocol,
    outbox: Outbox,
    inbox: Inbox,
    /// The calls in execution.
    executing: BTreeMap<u32, Executing>,
    /// The caller's ids of the calls whose attachment is being sent.
    sending: BTreeMap<u32, Value>,
    /// The caller's ids of the calls that go on: each is told what changes.
    following: BTreeMap<u32, Value>,
    next: u32,
    outputs: VecDeque<ServerOutput>,
}

/// A call in execution.
struct Executing {
    /// The caller's id, of any JSON type.
    id: Value,
    /// The bytes it came in.
    bytes: usize,
    /// Whether bytes of the attachment it brings have come.
    is_bringing: bool,
}

impl Server {
    /// A server on a fresh channel.
    pub fn new(protocol: Protocol) -> Self {
        let mut outbox = Outbox::new(protocol);
        if protocol == Protocol::Jio2 {
            outbox.push(json!({"type": "hello"}).to_string());
        }
        Self {
            protocol,
            outbox,
            inbox: Inbox::new(protocol, REQUEST_BYTES),
            executing: BTreeMap::new(),
            sending: BTreeMap::new(),
            following: BTreeMap::new(),
            next: 1,
            outputs: VecDeque::new(),
        }
    }

    /// Takes a frame from the channel.
    pub fn handle_frame(&mut self, frame: &Frame) {
        for arrival in self.inbox.read(frame) {
            match arrival {
                Arrival::Message { message, bytes } => self.on_message(message, bytes),
                Arrival::Part { call, bytes, last } => self.on_part(call, bytes, last),
                Arrival::Spoiled { call } => {
                    let why = "the attachment is not of the size announced";
                    self.on_spoiled(call, Failure::new(400, why));
                }
                Arrival::Broken { status, why } => {
                    self.refuse(&Value::Null, &Failure::new(status, why));
                }
            }
        }
    }

    /// A call has been executed. A call that was cancelled meanwhile is passed over.
    pub fn handle_result(&mut self, call: u32, result: Result<Value, Failure>) {
        self.handle_text(call, result.map(|value| value.to_string()));
    }

    /// As [`Server::handle_result`], with the result as JSON, which is sent as it is.
    pub fn handle_text(&mut self, call: u32, result: Result<String, Failure>) {
        let Some(Executing { id, .. }) = self.executing.remove(&call) else {
            return;
        };
        self.inbox.abandon(call);
        match result {
            Ok(result) => drop(self.succeed(&id, &result)),
            Err(failure) => self.fail(&id, &failure),
        }
    }

    /// A call is answered with these rows, as JSON, and goes on: whether it does. It ends by
    /// [`ServerOutput::Cancelled`], or [`Server::handle_ended`].
    pub fn handle_snapshot(&mut self, call: u32, rows: &str) -> bool {
        let Some(Executing { id, .. }) = self.executing.remove(&call) else {
            return false;
        };
        if self.protocol == Protocol::V2016 {
            let why = "to hear what changes needs the protocol jio.2: ask again with allDocs";
            self.fail(&id, &Failure::new(501, why));
            return false;
        }
        let goes_on = self.succeed(&id, rows);
        if goes_on {
            self.following.insert(call, id);
        }
        goes_on
    }

    /// What has changed in the rows of a call that goes on, as JSON; too much of it is its end.
    pub fn handle_changes(&mut self, call: u32, changes: &str) -> bool {
        let Some(id) = self.following.get(&call) else {
            return false;
        };
        let told = format!(r#"{{"id":{id},"result":{changes},"type":"changes"}}"#);
        if told.len() > REPLY_BYTES {
            self.handle_ended(call, &too_long(REPLY_BYTES));
            return false;
        }
        self.outbox.push(told);
        true
    }

    /// A call that goes on cannot any more.
    pub fn handle_ended(&mut self, call: u32, why: &Failure) {
        if let Some(id) = self.following.remove(&call) {
            self.fail(&id, why);
        }
    }

    /// A person is asked whether a call may be executed: its caller is told, which may tell its own.
    pub fn handle_asked(&mut self, call: u32) {
        let (Some(Executing { id, .. }), Protocol::Jio2) =
            (self.executing.get(&call), self.protocol)
        else {
            return;
        };
        let asked = json!({"id": id, "type": "asked"});
        self.outbox.push(asked.to_string());
    }

    /// A call is answered with an attachment; its bytes are wanted next.
    pub fn handle_attachment(&mut self, call: u32, attachment: Attachment) {
        let Some(Executing { id, .. }) = self.executing.remove(&call) else {
            return;
        };
        if self.protocol == Protocol::V2016 {
            return self.fail(
                &id,
                &Failure::new(501, "attachments need the protocol jio.2"),
            );
        }
        let attachment = Attachment {
            stream: self.outbox.new_stream(),
            ..attachment
        };
        let reply = json!({
            "id": id, "type": "jio_response", "attachment": true, "result": attachment,
        });
        self.outbox.push(reply.to_string());
        self.sending.retain(|call, _| self.outbox.sends(*call));
        self.sending.insert(call, id);
        self.outbox.open(attachment.stream, call, attachment.size);
    }

    /// Takes bytes that were wanted, or why there are none.
    pub fn handle_bytes(&mut self, call: u32, bytes: Result<Vec<u8>, Failure>) {
        match bytes {
            Ok(bytes) => self.outbox.supply(call, bytes),
            Err(failure) => {
                self.outbox.abandon(call);
                if let Some(id) = self.sending.remove(&call) {
                    self.fail(&id, &failure);
                }
            }
        }
    }

    /// Bytes of a part were put away; the caller may send as many more.
    pub fn handle_taken(&mut self, call: u32, bytes: u64) {
        if let Some((stream, bytes)) = self.inbox.taken(call, bytes) {
            self.outbox.push(credit(stream, bytes));
        }
    }

    /// Whether the channel takes frames now; while it does not, there is nothing to send and no bytes
    /// are wanted.
    pub fn handle_room(&mut self, room: bool) {
        self.outbox.set_room(room);
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> ServerOutput {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        match self.outbox.poll() {
            Next::Send(frame) => ServerOutput::Send(frame),
            Next::Want { call, offset } => ServerOutput::Want { call, offset },
            Next::Nothing => ServerOutput::Wait,
        }
    }

    /// Whether the attachment that answers a call is still being sent.
    pub fn is_sending(&self, call: u32) -> bool {
        self.outbox.sends(call)
    }

    /// Bytes of messages that wait to be sent. A driver begins no call while there are many: who
    /// does not read its replies gets no more of them.
    pub fn queued(&self) -> usize {
        self.outbox.queued()
    }

    fn on_message(&mut self, mut message: Value, bytes: usize) {
        let id = message.get("id").cloned().unwrap_or(Value::Null);
        let kind = message.get("type").and_then(Value::as_str);
        match (self.protocol, kind) {
            // deviates: as the master of 2016, whatever has a method name is a request there.
            (Protocol::V2016, _) | (Protocol::Jio2, Some("jio_query")) => {
                let arguments = message.get_mut("argument_list").map(Value::take);
                let method = message.get("method_name").and_then(Value::as_str);
                let method = method.unwrap_or_default();
                let request = Executing {
                    id,
                    bytes,
                    is_bringing: false,
                };
                self.on_request(request, method, arguments);
            }
            (Protocol::Jio2, Some("cancel")) => self.on_cancel(&id),
            (Protocol::Jio2, Some("credit")) => {
                if let Some((stream, bytes)) = read_credit(&message) {
                    self.outbox.credit(stream, bytes);
                }
            }
            (Protocol::Jio2, Some(other)) => {
                let why = format!("unknown message type '{}'", excerpt(other));
                self.refuse(&id, &Failure::new(400, why));
            }
            (Protocol::Jio2, None) => {
                self.refuse(&id, &Failure::new(400, "the message has no type"))
            }
        }
    }

    fn on_request(&mut self, request: Executing, method: &str, arguments: Option<Value>) {
        let id = &request.id;
        let mut arguments = match arguments {
            None => Vec::new(),
            Some(Value::Array(arguments)) => arguments,
            Some(_) => {
                return self.refuse(id, &Failure::new(400, "argument_list is not an array"));
            }
        };
        let held: usize = self.executing.values().map(|held| held.bytes).sum();
        if self.executing.len() == CALLS || held + request.bytes > CALLS_BYTES {
            return self.refuse(
                id,
                &Failure::new(429, "too many calls at once: wait for some to end"),
            );
        }
        let call = self.next;
        self.next = self.next.wrapping_add(1);
        let attachment = self.announced(method, &mut arguments);
        if let Some(Err(failure)) = attachment.as_ref().map(Attachment::check_size) {
            return self.refuse(id, &failure);
        }
        if let Some(attachment) = &attachment
            && !self.inbox.expect(attachment.stream, call, attachment.size)
        {
            return self.refuse(id, &Failure::new(400, "the attachment's stream is in use"));
        }
        self.executing.insert(call, request);
        let method = method.to_owned();
        self.outputs.push_back(ServerOutput::Execute {
            call,
            method,
            arguments,
            attachment,
        });
    }

    /// The attachment a request announces as its last argument.
    fn announced(&self, method: &str, arguments: &mut Vec<Value>) -> Option<Attachment> {
        if self.protocol == Protocol::V2016 || method != "putAttachment" || arguments.len() < 3 {
            return None;
        }
        let attachment = Attachment::deserialize(arguments.get(2)?).ok()?;
        arguments.truncate(2);
        Some(attachment)
    }

    fn on_cancel(&mut self, id: &Value) {
        let executing = self.executing.iter().map(|(call, held)| (call, &held.id));
        let mut calls = executing.chain(&self.sending).chain(&self.following);
        let Some(call) = calls.find(|(_, known)| *known == id).map(|(call, _)| *call) else {
            return;
        };
        self.inbox.abandon(call);
        self.outbox.abandon(call);
        self.sending.remove(&call);
        self.following.remove(&call);
        self.executing.remove(&call);
        self.outputs.push_back(ServerOutput::Cancelled { call });
    }

    fn on_part(&mut self, call: u32, bytes: Vec<u8>, last: bool) {
        let brought = self.executing.values().filter(|held| held.is_bringing);
        let is_full = brought.count() >= ATTACHMENTS;
        match self.executing.get_mut(&call) {
            Some(held) if !held.is_bringing && is_full => {
                self.inbox.abandon(call);
                let why = "too many attachments at once: wait for some to end";
                return self.on_spoiled(call, Failure::new(429, why));
            }
            Some(held) => held.is_bringing = true,
            None => {}
        }
        let part = ServerOutput::Part { call, bytes, last };
        self.outputs.push_back(part);
    }

    fn on_spoiled(&mut self, call: u32, failure: Failure) {
        if let Some(Executing { id, .. }) = self.executing.remove(&call) {
            self.outputs.push_back(ServerOutput::Cancelled { call });
            self.refuse(&id, &failure);
        }
    }

    /// Answers, unless that would be too long: whether it did.
    fn succeed(&mut self, id: &Value, result: &str) -> bool {
        let reply = format!(r#"{{"id":{id},"result":{result},"type":"jio_response"}}"#);
        let limit = match self.protocol {
            Protocol::V2016 => FRAME_BYTES,
            Protocol::Jio2 => REPLY_BYTES,
        };
        if reply.len() > limit {
            self.fail(id, &too_long(limit));
            return false;
        }
        self.outbox.push(reply);
        true
    }

    /// Answers what was never executed, or spoiled by its caller: as long as answers are read.
    fn refuse(&mut self, id: &Value, failure: &Failure) {
        if self.outbox.queued() <= REFUSALS_BYTES {
            self.fail(id, failure);
        }
    }

    fn fail(&mut self, id: &Value, failure: &Failure) {
        self.outbox
            .push(json!({"id": id, "result": failure, "type": "error"}).to_string());
    }
}

fn too_long(limit: usize) -> Failure {
    let why = format!("the reply is over {limit} bytes: ask for less, with limit or select_list");
    Failure::new(413, why)
}

/// The beginning of a peer's word, short enough to repeat.
fn excerpt(word: &str) -> &str {
    word.char_indices()
        .nth(40)
        .map_or(word, |(end, _)| &word[..end])
}
