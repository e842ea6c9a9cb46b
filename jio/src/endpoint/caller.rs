//! The slave's end: calls out, replies in.

use super::frame::Frame;
use super::inbox::{Arrival, Inbox};
use super::outbox::{Next, Outbox};
use super::{
    ATTACHMENTS, Attachment, CALLS, FRAME_BYTES, Failure, Protocol, REPLY_BYTES, REQUEST_BYTES,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What the driver is to do next.
#[derive(Debug, PartialEq)]
pub enum CallerOutput {
    /// Send this frame, and tell `handle_room` how the channel bears it.
    Send(Frame),
    /// A call has ended.
    Reply {
        /// The call.
        call: u32,
        /// What `handle_call`'s promise resolves or rejects with.
        result: Result<Value, Failure>,
    },
    /// A person at the master is asked whether a call may be executed; its end comes later.
    Asked {
        /// The call.
        call: u32,
    },
    /// What a call that goes on is told: an answer of `allDocs`, at first and now and then again, or what has
    /// changed since. Its end is a `Reply`.
    Told {
        /// The call.
        call: u32,
        /// The rows, or what changed of them.
        told: Value,
    },
    /// A call's result is an attachment; its parts follow, and no `Reply`.
    Attachment {
        /// The call.
        call: u32,
        /// Type and size.
        attachment: Attachment,
    },
    /// Bytes of a call's attachment; tell [`Caller::handle_taken`] once they are put away.
    Part {
        /// The call.
        call: u32,
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether these were the last ones.
        last: bool,
    },
    /// Hand bytes of the attachment given with this call to [`Caller::handle_bytes`], 64 KiB or more.
    Want {
        /// The call.
        call: u32,
        /// Where they begin.
        offset: u64,
    },
    /// Nothing more until the next input.
    Wait,
}

/// The slave's end of the RPC.
pub struct Caller {
    protocol: Protocol,
    outbox: Outbox,
    inbox: Inbox,
    /// Calls without a whole reply.
    pending: BTreeMap<u32, Pending>,
    /// Calls whose attachments are on their way, or there and not answered.
    bringing: BTreeSet<u32>,
    /// Attachments that wait for those to end.
    held_back: VecDeque<(u32, Attachment)>,
    next: u32,
    /// Whether the server has spoken; before, nothing is sent.
    greeted: bool,
    room: bool,
    outputs: VecDeque<CallerOutput>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// No reply yet.
    Reply,
    /// The reply is an attachment and some of it is to come.
    Parts,
    /// There are replies as long as it is not given up.
    Following,
}

impl Caller {
    /// A caller on a fresh channel.
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            outbox: Outbox::new(protocol),
            inbox: Inbox::new(protocol, REPLY_BYTES),
            pending: BTreeMap::new(),
            bringing: BTreeSet::new(),
            held_back: VecDeque::new(),
            next: 1,
            greeted: protocol == Protocol::V2016,
            room: true,
            outputs: VecDeque::new(),
        }
    }

    /// Calls a method; with an attachment, its description becomes the last argument and its bytes are
    /// wanted later. What cannot be sent is replied to at once.
    pub fn handle_call(
        &mut self,
        method: &str,
        mut arguments: Vec<Value>,
        attachment: Option<Attachment>,
    ) -> u32 {
        let call = self.begin(Pending::Reply);
        let attachment = attachment.map(|a| Attachment {
            stream: self.outbox.new_stream(),
            ..a
        });
        arguments.extend(attachment.iter().map(|a| json!(a)));
        let request = json!({
            "id": call, "type": "jio_query", "method_name": method, "argument_list": arguments,
        });
        let request = request.to_string();
        if let Err(failure) = self.admit(&request, attachment.as_ref()) {
            self.reply(call, Err(failure));
            return call;
        }
        self.outbox.push(request);
        self.held_back.extend(attachment.map(|a| (call, a)));
        self.bring();
        call
    }

    /// Asks `subscribe` with these options: what `allDocs` asks, and what changes of that from then on. It is
    /// over with a `Reply`, or when it is given up.
    pub fn handle_subscribe(&mut self, options: &Value) -> u32 {
        let call = self.begin(Pending::Following);
        let request = json!({
            "id": call, "type": "jio_query", "method_name": "subscribe", "argument_list": [options],
        });
        let request = request.to_string();
        let refused = match self.protocol {
            Protocol::V2016 => Err(Failure::new(
                501,
                "a master of 2016 does not tell what changes: ask again with allDocs",
            )),
            Protocol::Jio2 => self.admit(&request, None),
        };
        match refused {
            Ok(()) => self.outbox.push(request),
            Err(failure) => self.reply(call, Err(failure)),
        }
        call
    }

    fn begin(&mut self, pending: Pending) -> u32 {
        let call = self.next;
        self.next += 1;
        self.pending.insert(call, pending);
        call
    }

    /// Whether a request may be sent at all.
    fn admit(&self, request: &str, attachment: Option<&Attachment>) -> Result<(), Failure> {
        let (limit, refusal) = match self.protocol {
            Protocol::V2016 if attachment.is_some() => {
                return Err(Failure::new(501, "a master of 2016 takes no attachments"));
            }
            Protocol::V2016 => (FRAME_BYTES, "the request is too long for a master of 2016"),
            Protocol::Jio2 => (REQUEST_BYTES, "the request is too long"),
        };
        if request.len() > limit {
            return Err(Failure::new(
                413,
                format!("{refusal}: at most {limit} bytes"),
            ));
        }
        if let Some(attachment) = attachment {
            attachment.check_size()?;
        }
        if self.pending.len() > CALLS {
            return Err(Failure::new(
                429,
                "too many calls at once: wait for some to end",
            ));
        }
        Ok(())
    }

    /// Gives up a call; there will be no reply.
    pub fn handle_cancel(&mut self, call: u32) {
        if self.pending.remove(&call).is_none() {
            return;
        }
        self.drop_streams(call);
        if self.protocol == Protocol::Jio2 {
            self.outbox
                .push(json!({"id": call, "type": "cancel"}).to_string());
        }
    }

    /// Takes bytes that were wanted.
    pub fn handle_bytes(&mut self, call: u32, bytes: Vec<u8>) {
        self.outbox.supply(call, bytes);
    }

    /// Bytes of a part were put away; the master may send as many more.
    pub fn handle_taken(&mut self, call: u32, bytes: u64) {
        if let Some((stream, bytes)) = self.inbox.taken(call, bytes) {
            self.outbox.push(credit(stream, bytes));
        }
    }

    /// Takes a frame from the channel.
    pub fn handle_frame(&mut self, frame: &Frame) {
        for arrival in self.inbox.read(frame) {
            match arrival {
                Arrival::Message { message, .. } => self.on_message(&message),
                Arrival::Part { call, bytes, last } => self.on_part(call, bytes, last),
                Arrival::Spoiled { call } => {
                    self.reply(call, Err(Failure::new(500, "the attachment came damaged")));
                }
                // deviates: a master that breaks the protocol is not told so: nobody reads it there.
                Arrival::Broken { .. } => {}
            }
        }
    }

    /// The channel is gone: every call fails with 503.
    pub fn handle_closed(&mut self) {
        let calls: Vec<u32> = self.pending.keys().copied().collect();
        for call in calls {
            self.reply(
                call,
                Err(Failure::new(503, "the connection to the master was lost")),
            );
        }
    }

    /// Whether the channel takes frames now; while it does not, there is nothing to send and no bytes
    /// are wanted.
    pub fn handle_room(&mut self, room: bool) {
        self.room = room;
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> CallerOutput {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        self.outbox.set_room(self.room && self.greeted);
        match self.outbox.poll() {
            Next::Send(frame) => CallerOutput::Send(frame),
            Next::Want { call, offset } => CallerOutput::Want { call, offset },
            Next::Nothing => CallerOutput::Wait,
        }
    }

    fn on_message(&mut self, message: &Value) {
        let result = &message["result"];
        match message["type"].as_str() {
            Some("jio_response") => self.on_result(message, result),
            Some("changes") => self.on_changes(message, result),
            Some("error") => self.on_error(message, result),
            Some("credit") => {
                if let Some((stream, bytes)) = read_credit(message) {
                    self.outbox.credit(stream, bytes);
                }
            }
            Some("asked") => self.on_asked(message),
            Some("hello") => self.greeted = true,
            // Unknown types are for versions to come.
            _ => {}
        }
    }

    fn on_result(&mut self, message: &Value, result: &Value) {
        let Some(call) = read_call(message) else {
            return;
        };
        match self.pending.get(&call) {
            Some(Pending::Reply) => {}
            Some(Pending::Following) => return self.tell(call, result),
            Some(Pending::Parts) | None => return,
        }
        let carries = self.protocol == Protocol::Jio2 && message["attachment"] == true;
        match Attachment::deserialize(result) {
            Ok(attachment) if carries => self.on_attachment(call, attachment),
            Ok(_) | Err(_) => self.reply(call, Ok(result.clone())),
        }
    }

    fn on_changes(&mut self, message: &Value, result: &Value) {
        let call = read_call(message);
        let goes_on = |call: &u32| self.pending.get(call) == Some(&Pending::Following);
        if let Some(call) = call.filter(goes_on) {
            self.tell(call, result);
        }
    }

    fn tell(&mut self, call: u32, told: &Value) {
        let told = told.clone();
        self.outputs.push_back(CallerOutput::Told { call, told });
    }

    fn on_asked(&mut self, message: &Value) {
        let call = read_call(message).filter(|call| self.pending.contains_key(call));
        if let Some(call) = call {
            self.outputs.push_back(CallerOutput::Asked { call });
        }
    }

    /// A failure, also one in the middle of an attachment.
    fn on_error(&mut self, message: &Value, result: &Value) {
        if let Some(call) = read_call(message) {
            self.reply(call, Err(Failure::from_value(result)));
        }
    }

    fn on_attachment(&mut self, call: u32, attachment: Attachment) {
        if self.inbox.expect(attachment.stream, call, attachment.size) {
            self.pending.insert(call, Pending::Parts);
            self.outputs
                .push_back(CallerOutput::Attachment { call, attachment });
        } else {
            self.reply(call, Err(Failure::new(500, "the attachment came damaged")));
        }
    }

    fn on_part(&mut self, call: u32, bytes: Vec<u8>, last: bool) {
        if last {
            self.pending.remove(&call);
        }
        self.outputs
            .push_back(CallerOutput::Part { call, bytes, last });
    }

    fn reply(&mut self, call: u32, result: Result<Value, Failure>) {
        if self.pending.remove(&call).is_some() {
            self.drop_streams(call);
            self.outputs.push_back(CallerOutput::Reply { call, result });
        }
    }

    fn drop_streams(&mut self, call: u32) {
        self.outbox.abandon(call);
        self.inbox.abandon(call);
        self.held_back.retain(|(held_back, _)| *held_back != call);
        self.bringing.remove(&call);
        self.bring();
    }

    /// Begins as many attachments as the master takes at once.
    fn bring(&mut self) {
        while self.bringing.len() < ATTACHMENTS
            && let Some((call, attachment)) = self.held_back.pop_front()
        {
            self.bringing.insert(call);
            self.outbox.open(attachment.stream, call, attachment.size);
        }
    }
}

/// The call a message is about.
fn read_call(message: &Value) -> Option<u32> {
    message["id"].as_u64().and_then(|id| u32::try_from(id).ok())
}

/// The message that grants credit.
pub(super) fn credit(stream: u32, bytes: u64) -> String {
    json!({"type": "credit", "stream": stream, "bytes": bytes}).to_string()
}

/// Stream and bytes of a credit message.
pub(super) fn read_credit(message: &Value) -> Option<(u32, u64)> {
    let stream = u32::try_from(message["stream"].as_u64()?).ok()?;
    Some((stream, message["bytes"].as_u64()?))
}
