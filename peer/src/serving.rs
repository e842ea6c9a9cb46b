//! One caller of a master: requests checked, executed and answered. A table beside
//! `jio::endpoint::Server`; knows no channel, and leaves to its owner when the next call begins.

use crate::connections::spawn;
use crate::following::{Following, Shared};
use crate::master::Caller;
use crate::pace::Pace;
use crate::slave::now;
use broadcaster::Millis;
use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use jio::endpoint::{Attachment, Failure, Frame, Protocol, Server, ServerOutput};
use jio::rpc::{Call, Content, Method};
use jio::storage::{AttachmentReader, AttachmentWriter, Storage, Upload};
use jio::{CAPACITIES, Id, Name};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Something that took time and is done.
pub(crate) enum Done {
    /// A call was executed; its result as JSON.
    Executed(u32, Result<String, Failure>),
    /// The attachment a call asks for is there.
    Found(u32, Box<dyn AttachmentReader>),
    /// Bytes of it were read.
    Read(u32, Box<dyn AttachmentReader>, Result<Vec<u8>, Failure>),
    /// Bytes of an attachment were stored.
    Taken(u32, u64),
}

/// A call that has been checked and waits for its turn.
struct Checked {
    number: u32,
    call: Call,
    /// The attachment it brings.
    brought: Option<Brought>,
    /// Whether a person has allowed it.
    is_permitted: bool,
    /// Whether it is told afterwards what changes; it is judged as the `allDocs` that it begins with.
    goes_on: bool,
}

/// What becomes of a call before it begins.
pub(crate) enum Admission {
    /// It begins.
    Begin,
    /// It is answered with this.
    Refuse(Failure),
    /// A person is asked under this number; until then it waits, and holds nobody up.
    Ask,
}

/// An attachment on its way here.
struct Brought {
    size: u64,
    parts: UnboundedReceiver<Part>,
}

struct Part {
    bytes: Vec<u8>,
    last: bool,
}

/// What a call changes.
enum Change {
    Nothing,
    Record(Id),
    /// A new record, whose id is the result.
    New,
}

/// Calls of one caller that are executed or send an attachment at once; the others wait.
const SLOTS: usize = 16;
/// Bytes of replies that wait to be sent, over which no further call begins.
const REPLIES_BYTES: usize = 16 << 20;

/// The server's side of one channel.
pub(crate) struct Serving {
    server: Server,
    storage: Rc<dyn Storage>,
    /// None for pages of our own.
    pace: Option<Pace>,
    waiting: VecDeque<Checked>,
    /// Calls that wait for a person, by their numbers.
    asked: BTreeMap<u32, Checked>,
    /// What the calls that run change.
    running: BTreeMap<u32, Change>,
    /// The calls that go on.
    following: Following,
    /// Attachments being received, waiting calls included.
    uploads: BTreeMap<u32, UnboundedSender<Part>>,
    /// Attachments being sent; `None` while one is read from.
    downloads: BTreeMap<u32, Option<Box<dyn AttachmentReader>>>,
    /// Ids of records that were changed, not yet told.
    changed: Vec<String>,
    say: Rc<dyn Fn(Done)>,
}

impl Serving {
    /// A caller that speaks this protocol, and makes calls at its pace.
    pub(crate) fn new(
        protocol: Protocol,
        caller: Caller,
        lookout: Shared,
        pace: Option<Pace>,
        say: impl Fn(Done) + 'static,
    ) -> Self {
        let storage = lookout.borrow().storage();
        Self {
            server: Server::new(protocol),
            storage,
            following: Following::new(lookout, caller),
            pace,
            waiting: VecDeque::new(),
            asked: BTreeMap::new(),
            running: BTreeMap::new(),
            uploads: BTreeMap::new(),
            downloads: BTreeMap::new(),
            changed: Vec::new(),
            say: Rc::new(say),
        }
    }

    /// A frame of the channel. What it asks for waits for [`Serving::begin`].
    pub(crate) fn handle_frame(&mut self, frame: &Frame) {
        self.server.handle_frame(frame);
    }

    /// Something is done.
    pub(crate) fn handle_done(&mut self, done: Done) {
        match done {
            Done::Executed(number, result) => self.on_executed(number, result),
            Done::Found(number, reader) => self.on_found(number, reader),
            Done::Read(number, reader, bytes) => self.on_read(number, reader, bytes),
            Done::Taken(number, bytes) => self.server.handle_taken(number, bytes),
        }
    }

    /// The next frame to send while there is `room` for it.
    pub(crate) fn poll(&mut self, room: bool) -> Option<Frame> {
        self.server.handle_room(room);
        self.following.tell(&mut self.server, now());
        loop {
            match self.server.poll_output() {
                ServerOutput::Send(frame) => return Some(frame),
                ServerOutput::Wait => {
                    self.forget_sent();
                    return None;
                }
                ServerOutput::Execute {
                    call,
                    method,
                    arguments,
                    attachment,
                } => self.check(call, &method, arguments, attachment),
                ServerOutput::Part { call, bytes, last } => self.on_part(call, bytes, last),
                ServerOutput::Cancelled { call } => self.on_cancelled(call),
                ServerOutput::Want { call, offset } => self.on_wanted(call, offset),
            }
        }
    }

    /// When [`Serving::begin`] may begin a call: `now`, later, or not before something else has happened.
    pub(crate) fn ready_at(&self, now: Millis) -> Option<Millis> {
        let is_ready = !self.waiting.is_empty()
            && self.running.len() + self.downloads.len() < SLOTS
            && self.server.queued() < REPLIES_BYTES;
        is_ready.then(|| self.pace.map_or(now, |pace| pace.next(now)))
    }

    /// When there is something to tell that has to wait until then.
    pub(crate) fn tells_at(&self) -> Option<Millis> {
        self.following.due()
    }

    /// Takes the next call: `admit` is told its number and whether a person has allowed it.
    pub(crate) fn begin(&mut self, now: Millis, admit: impl FnOnce(u32, &Call, bool) -> Admission) {
        let Some(next) = self.waiting.pop_front() else {
            return;
        };
        if let Some(pace) = &mut self.pace {
            pace.begin(now);
        }
        match admit(next.number, &next.call, next.is_permitted) {
            Admission::Begin => self.execute(next),
            Admission::Refuse(failure) => self.answer(next.number, Err(failure)),
            Admission::Ask => {
                self.server.handle_asked(next.number);
                self.asked.insert(next.number, next);
            }
        }
    }

    /// A person said whether a call that waits for that may be executed.
    pub(crate) fn handle_permitted(&mut self, number: u32, is_permitted: bool) {
        match self.asked.remove(&number) {
            Some(asked) if is_permitted => self.waiting.push_front(Checked {
                is_permitted,
                ..asked
            }),
            Some(_) => {
                let why = "the person who shares these records has refused this";
                self.answer(number, Err(Failure::new(403, why)));
            }
            None => {}
        }
    }

    /// The rights are other ones: what waits for a person is judged anew.
    pub(crate) fn handle_rights(&mut self) {
        for (_, asked) in std::mem::take(&mut self.asked).into_iter().rev() {
            self.waiting.push_front(asked);
        }
    }

    fn execute(&mut self, checked: Checked) {
        let Checked {
            number,
            call,
            brought,
            goes_on,
            ..
        } = checked;
        if let (true, Call::AllDocs(options)) = (goes_on, &call) {
            return self.following.begin(&mut self.server, number, options);
        }
        self.running.insert(number, changes(&call));
        let storage = self.storage.clone();
        let say = self.say.clone();
        self.start(async move {
            let taken = |bytes| say(Done::Taken(number, bytes));
            match perform(&*storage, call, brought, taken).await {
                Ok(Answer::Json(text)) => Done::Executed(number, Ok(text)),
                Ok(Answer::Attachment(reader)) => Done::Found(number, reader),
                Err(failure) => Done::Executed(number, Err(failure)),
            }
        });
    }

    /// Ids of what was changed since the last time.
    pub(crate) fn take_changed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.changed)
    }

    /// Goes on without a task where nothing has to be waited for, which is most of the time.
    fn start(&mut self, work: impl Future<Output = Done> + 'static) {
        let mut work: Pin<Box<dyn Future<Output = Done>>> = Box::pin(work);
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => self.handle_done(done),
            Poll::Pending => {
                let say = self.say.clone();
                spawn(async move { say(work.await) });
            }
        }
    }

    /// Checks a request before anything of it reaches the storage.
    fn check(
        &mut self,
        number: u32,
        method: &str,
        mut arguments: Vec<Value>,
        attachment: Option<Attachment>,
    ) {
        // The call is read with a stand-in for the bytes, which come apart from it.
        arguments.extend(
            attachment
                .iter()
                .map(|brought| json!({ "part": 0, "content_type": brought.content_type })),
        );
        let goes_on = method == "subscribe";
        let method = if goes_on { "allDocs" } else { method };
        match Call::read(method, arguments, CAPACITIES) {
            Ok(Call::PutAttachment(_, _, Content::Part { .. })) if attachment.is_none() => {
                let why = "the attachment's bytes are not announced";
                self.answer(number, Err(Failure::new(400, why)));
            }
            Ok(call) => {
                let brought = attachment.map(|attachment| {
                    let (sender, parts) = mpsc::unbounded();
                    self.uploads.insert(number, sender);
                    let size = attachment.size;
                    Brought { size, parts }
                });
                self.waiting.push_back(Checked {
                    number,
                    call,
                    brought,
                    is_permitted: false,
                    goes_on,
                });
            }
            Err(error) => self.answer(number, Err(refusal(&error))),
        }
    }

    fn answer(&mut self, number: u32, result: Result<String, Failure>) {
        self.uploads.remove(&number);
        self.server.handle_text(number, result);
    }

    fn on_executed(&mut self, number: u32, result: Result<String, Failure>) {
        match (self.running.remove(&number), &result) {
            (Some(Change::Record(id)), Ok(_)) => self.changed.push(id.as_str().to_owned()),
            (Some(Change::New), Ok(json)) => self.changed.extend(serde_json::from_str(json)),
            (Some(Change::Nothing | Change::Record(_) | Change::New) | None, _) => {}
        }
        self.answer(number, result);
    }

    fn on_found(&mut self, number: u32, reader: Box<dyn AttachmentReader>) {
        if self.running.remove(&number).is_some() {
            let found = Attachment::new(reader.content_type(), reader.size());
            self.server.handle_attachment(number, found);
            if self.server.is_sending(number) {
                self.downloads.insert(number, Some(reader));
            }
        }
    }

    fn on_wanted(&mut self, number: u32, offset: u64) {
        let Some(mut reader) = self.downloads.get_mut(&number).and_then(Option::take) else {
            return;
        };
        self.start(async move {
            let bytes = reader.read(offset).await;
            Done::Read(number, reader, bytes)
        });
    }

    fn on_read(
        &mut self,
        number: u32,
        reader: Box<dyn AttachmentReader>,
        bytes: Result<Vec<u8>, Failure>,
    ) {
        self.server.handle_bytes(number, bytes);
        if let Some(place) = self.downloads.get_mut(&number) {
            *place = Some(reader);
        }
    }

    /// Lets go of attachments whose last bytes are under way.
    fn forget_sent(&mut self) {
        self.downloads
            .retain(|number, _| self.server.is_sending(*number));
    }

    fn on_part(&mut self, number: u32, bytes: Vec<u8>, last: bool) {
        if let Some(parts) = self.uploads.get(&number) {
            // Fails only when the call has failed already; the rest of its bytes is of no use.
            let _ = parts.unbounded_send(Part { bytes, last });
        }
        if last {
            self.uploads.remove(&number);
        }
    }

    /// The caller gave up: what has not begun does not, and an attachment that is not whole is dropped.
    fn on_cancelled(&mut self, number: u32) {
        self.waiting.retain(|checked| checked.number != number);
        self.asked.remove(&number);
        self.following.end(number);
        self.uploads.remove(&number);
        self.downloads.remove(&number);
    }
}

/// What a call is answered with.
pub(crate) enum Answer {
    Json(String),
    Attachment(Box<dyn AttachmentReader>),
}

/// Executes a checked call.
async fn perform(
    storage: &dyn Storage,
    call: Call,
    brought: Option<Brought>,
    taken: impl Fn(u64),
) -> Result<Answer, Failure> {
    match (call, brought) {
        (Call::PutAttachment(id, name, Content::Part { content_type, .. }), Some(brought)) => {
            let upload = Upload {
                id,
                name,
                content_type,
                size: brought.size,
            };
            let writer = storage.put_attachment(upload).await?;
            receive(writer, brought.parts, taken).await?;
            Ok(Answer::Json("null".to_owned()))
        }
        (call, _) => answer(storage, call).await,
    }
}

/// Executes a checked call that brings no attachment.
pub(crate) async fn answer(storage: &dyn Storage, call: Call) -> Result<Answer, Failure> {
    match call {
        Call::GetAttachment {
            id, name, range, ..
        } => find(storage, id, name, range).await,
        call @ (Call::Post(_)
        | Call::Put(..)
        | Call::Get(_)
        | Call::Remove(_)
        | Call::AllDocs(_)
        | Call::PutAttachment(..)
        | Call::RemoveAttachment(..)
        | Call::AllAttachments(_)
        | Call::Repair) => storage.execute_to_text(call).await.map(Answer::Json),
    }
}

async fn find(
    storage: &dyn Storage,
    id: Id,
    name: Name,
    range: Option<Range<u64>>,
) -> Result<Answer, Failure> {
    let reader = storage.get_attachment(id, name, range).await?;
    Ok(Answer::Attachment(reader))
}

/// Stores the parts as they come.
async fn receive(
    mut writer: Box<dyn AttachmentWriter>,
    mut parts: UnboundedReceiver<Part>,
    taken: impl Fn(u64),
) -> Result<(), Failure> {
    loop {
        // Given up by the caller: what was written goes with the writer.
        let part = parts.recv().await;
        let Part { bytes, last } = part.map_err(|_| Failure::new(499, "the call was given up"))?;
        let length = bytes.len() as u64;
        writer.write(&bytes).await?;
        if last {
            return writer.finish().await;
        }
        taken(length);
    }
}

fn changes(call: &Call) -> Change {
    match call {
        Call::Post(_) => Change::New,
        Call::Put(id, _)
        | Call::Remove(id)
        | Call::PutAttachment(id, ..)
        | Call::RemoveAttachment(id, _) => Change::Record(id.clone()),
        Call::Get(_)
        | Call::AllDocs(_)
        | Call::GetAttachment { .. }
        | Call::AllAttachments(_)
        | Call::Repair => Change::Nothing,
    }
}

/// A call as `validate` is shown it, as `CallInfo` of index.d.ts.
pub(crate) fn to_info(call: &Call, peer: &Value) -> Value {
    let method: Method = call.method();
    let (id, name, doc) = match call {
        Call::Post(doc) => (None, None, Some(doc)),
        Call::Put(id, doc) => (Some(id), None, Some(doc)),
        Call::Get(id) | Call::Remove(id) | Call::AllAttachments(id) => (Some(id), None, None),
        Call::PutAttachment(id, name, _)
        | Call::GetAttachment { id, name, .. }
        | Call::RemoveAttachment(id, name) => (Some(id), Some(name), None),
        Call::AllDocs(_) | Call::Repair => (None, None, None),
    };
    json!({
        "method": method.name(), "id": id.map(Id::as_str), "name": name.map(Name::as_str),
        "doc": doc, "peer": peer,
    })
}

/// Why arguments are refused.
pub(crate) fn refusal(error: &jio::Error) -> Failure {
    Failure::new(error.status_code(), error.to_string())
}
