//! The calls of a database: from the page's function to its promise, over whatever channels there are
//! in the meantime. A loop's table beside `jio::endpoint::Caller`; knows no channel.

use crate::connections::spawn;
use crate::page::DatabasePage;
use jio::endpoint::{Attachment, CALLS, Caller, CallerOutput, Failure, Frame, Protocol};
use jio::rpc::Method;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use web::blob::{Assembly, Blob};

/// A call as the page makes it.
pub(crate) struct Order {
    /// The page's number for it; never used again.
    pub(crate) number: u32,
    /// The method's name.
    pub(crate) method: String,
    /// The arguments.
    pub(crate) arguments: Vec<Value>,
    /// The attachment to store.
    pub(crate) content: Option<Blob>,
}

/// Bytes of an attachment that were read for a call, or why not.
pub(crate) struct Read {
    number: u32,
    bytes: Result<Vec<u8>, web::Error>,
}

/// The calls that have not ended.
pub(crate) struct Calls {
    page: Rc<DatabasePage>,
    /// On an open channel only.
    caller: Option<Caller>,
    open: BTreeMap<u32, Call>,
    /// By the caller's number.
    issued: BTreeMap<u32, u32>,
    /// To be issued as soon as a channel has a place for them.
    waiting: VecDeque<u32>,
    read: Rc<dyn Fn(Read)>,
}

struct Call {
    order: Order,
    /// The caller's number.
    issued: Option<u32>,
    arriving: Option<Arriving>,
}

/// An attachment on its way here.
struct Arriving {
    attachment: Attachment,
    parts: Assembly,
    done: u64,
}

/// Bytes read from a blob at a time.
const STEP: u64 = 1 << 20;

impl Calls {
    /// No calls yet. What is read for them comes out of `read`, for [`Calls::handle_read`].
    pub(crate) fn new(page: Rc<DatabasePage>, read: impl Fn(Read) + 'static) -> Self {
        Self {
            page,
            caller: None,
            open: BTreeMap::new(),
            issued: BTreeMap::new(),
            waiting: VecDeque::new(),
            read: Rc::new(read),
        }
    }

    /// The page calls.
    pub(crate) fn handle_order(&mut self, order: Order) {
        let number = order.number;
        let call = Call {
            order,
            issued: None,
            arriving: None,
        };
        self.open.insert(number, call);
        self.waiting.push_back(number);
    }

    /// The page gave a call up; it has settled the promise itself.
    pub(crate) fn handle_cancel(&mut self, number: u32) {
        let Some(call) = self.open.remove(&number) else {
            return;
        };
        self.waiting.retain(|waiting| *waiting != number);
        if let (Some(issued), Some(caller)) = (call.issued, &mut self.caller) {
            self.issued.remove(&issued);
            caller.handle_cancel(issued);
        }
    }

    /// Whether nothing is under way that another channel could not answer, or go on with.
    pub(crate) fn is_idle(&self) -> bool {
        let mut issued = self
            .issued
            .values()
            .filter_map(|number| self.open.get(number));
        issued.all(|call| call.order.goes_on())
    }

    /// There is a channel for what waits, and for what goes on.
    pub(crate) fn handle_opened(&mut self, protocol: Protocol) {
        self.take_back(|call| call.order.goes_on());
        self.caller = Some(Caller::new(protocol));
    }

    /// The channel is gone. Calls that may have changed something fail; the others wait for the next one.
    pub(crate) fn handle_lost(&mut self) {
        self.caller = None;
        let lost = Failure::new(503, "the connection to the master was lost");
        for number in self.take_back(Call::is_repeatable) {
            self.fail(number, &lost);
        }
    }

    /// Has those that were issued wait again, where that is all right; the others.
    fn take_back(&mut self, is_all_right: impl Fn(&Call) -> bool) -> Vec<u32> {
        let mut others = Vec::new();
        for number in std::mem::take(&mut self.issued).into_values() {
            match self.open.get_mut(&number) {
                Some(call) if is_all_right(call) => {
                    call.issued = None;
                    self.waiting.push_back(number);
                }
                Some(_) => others.push(number),
                None => {}
            }
        }
        others
    }

    /// There will be no channel: every call fails.
    pub(crate) fn handle_ended(&mut self, why: &str) {
        self.caller = None;
        self.issued.clear();
        self.waiting.clear();
        let failure = Failure::new(503, why);
        for number in std::mem::take(&mut self.open).into_keys() {
            self.page.failure(number, STATUS_LOST, &failure.message);
        }
    }

    /// A frame of the channel.
    pub(crate) fn handle_frame(&mut self, frame: &Frame) {
        if let Some(caller) = &mut self.caller {
            caller.handle_frame(frame);
        }
    }

    /// Bytes that were read for a call.
    pub(crate) fn handle_read(&mut self, read: Read) {
        let issued = self.open.get(&read.number).and_then(|call| call.issued);
        let (Some(issued), Some(caller)) = (issued, &mut self.caller) else {
            return;
        };
        match read.bytes {
            Ok(bytes) => caller.handle_bytes(issued, bytes),
            Err(error) => {
                caller.handle_cancel(issued);
                self.fail(read.number, &Failure::new(400, error.to_string()));
            }
        }
    }

    /// Settles what is answered; the next frame to send while there is `room` for it.
    pub(crate) fn poll(&mut self, room: bool) -> Option<Frame> {
        loop {
            self.issue_waiting();
            let caller = self.caller.as_mut()?;
            caller.handle_room(room);
            match caller.poll_output() {
                CallerOutput::Send(frame) => return Some(frame),
                CallerOutput::Wait => return None,
                CallerOutput::Reply { call, result } => self.on_reply(call, result),
                CallerOutput::Asked { call } => self.on_asked(call),
                CallerOutput::Told { call, told } => self.on_told(call, &told),
                CallerOutput::Attachment { call, attachment } => {
                    self.on_attachment(call, attachment);
                }
                CallerOutput::Part { call, bytes, last } => self.on_part(call, &bytes, last),
                CallerOutput::Want { call, offset } => self.on_wanted(call, offset),
            }
        }
    }

    /// Issues as many calls as a channel may have in flight.
    fn issue_waiting(&mut self) {
        while self.caller.is_some() && self.issued.len() < CALLS {
            let Some(number) = self.waiting.pop_front() else {
                return;
            };
            self.issue(number);
        }
    }

    fn issue(&mut self, number: u32) {
        let (Some(call), Some(caller)) = (self.open.get_mut(&number), &mut self.caller) else {
            return;
        };
        let order = &call.order;
        if order.goes_on() {
            let issued = caller.handle_subscribe(order.arguments.first().unwrap_or(&Value::Null));
            call.issued = Some(issued);
            self.issued.insert(issued, number);
            return;
        }
        let content = order
            .content
            .as_ref()
            .map(|blob| Attachment::new(blob.content_type(), blob.size()));
        let issued = caller.handle_call(&order.method, order.arguments.clone(), content);
        call.issued = Some(issued);
        self.issued.insert(issued, number);
    }

    fn on_reply(&mut self, issued: u32, result: Result<Value, Failure>) {
        let Some(number) = self.issued.remove(&issued) else {
            return;
        };
        match result {
            Ok(value) => {
                self.open.remove(&number);
                self.page.result(number, &value.to_string());
            }
            Err(failure) => self.fail(number, &failure),
        }
    }

    fn on_told(&self, issued: u32, told: &Value) {
        if let Some(number) = self.issued.get(&issued) {
            self.page.told(*number, &told.to_string());
        }
    }

    fn on_asked(&self, issued: u32) {
        if let Some(number) = self.issued.get(&issued) {
            self.page.asked(*number);
        }
    }

    fn on_attachment(&mut self, issued: u32, attachment: Attachment) {
        let number = self.issued.get(&issued);
        if let Some(call) = number.and_then(|number| self.open.get_mut(number)) {
            call.arriving = Some(Arriving {
                attachment,
                parts: Assembly::new(),
                done: 0,
            });
        }
    }

    fn on_part(&mut self, issued: u32, bytes: &[u8], last: bool) {
        let length = bytes.len() as u64;
        let Some(number) = self.issued.get(&issued).copied() else {
            return;
        };
        let Some(arriving) = self
            .open
            .get_mut(&number)
            .and_then(|call| call.arriving.as_mut())
        else {
            return;
        };
        let kept = arriving.parts.push(bytes);
        arriving.done += length;
        if last || arriving.done / STEP != (arriving.done - length) / STEP {
            let (done, total) = (arriving.done, arriving.attachment.size);
            self.page.progress(number, done as f64, total as f64);
        }
        if let Some(caller) = &mut self.caller {
            caller.handle_taken(issued, length);
        }
        match kept {
            Err(error) => {
                if let Some(caller) = &mut self.caller {
                    caller.handle_cancel(issued);
                }
                self.fail(number, &Failure::new(507, error.to_string()));
            }
            Ok(()) if last => self.deliver(issued, number),
            Ok(()) => {}
        }
    }

    /// The attachment is whole.
    fn deliver(&mut self, issued: u32, number: u32) {
        self.issued.remove(&issued);
        let Some(arriving) = self.open.remove(&number).and_then(|call| call.arriving) else {
            return;
        };
        match arriving.parts.finish(&arriving.attachment.content_type) {
            Ok(blob) => self.page.blob(number, blob.into_raw()),
            Err(error) => self.page.failure(number, 507, &error.to_string()),
        }
    }

    fn on_wanted(&self, issued: u32, offset: u64) {
        let Some(number) = self.issued.get(&issued).copied() else {
            return;
        };
        let content = self
            .open
            .get(&number)
            .and_then(|call| call.order.content.clone());
        let Some(blob) = content else {
            return;
        };
        self.page
            .progress(number, offset as f64, blob.size() as f64);
        let read = self.read.clone();
        spawn(async move {
            let bytes = blob.read(offset..offset + STEP).await;
            read(Read { number, bytes });
        });
    }

    fn fail(&mut self, number: u32, failure: &Failure) {
        if let Some(issued) = self.open.remove(&number).and_then(|call| call.issued) {
            self.issued.remove(&issued);
        }
        let status = failure.status_code.unwrap_or(STATUS_UNKNOWN);
        self.page.failure(number, status, &failure.message);
    }
}

const STATUS_LOST: u16 = 503;
/// What a master of 2016 does not explain.
const STATUS_UNKNOWN: u16 = 500;

impl Order {
    /// Whether it is told more after its answer: then it is made anew on each channel.
    fn goes_on(&self) -> bool {
        self.method == "subscribe"
    }
}

impl Call {
    /// Whether it can be made a second time: it only reads, and nothing of its answer is here yet; or it goes
    /// on.
    fn is_repeatable(&self) -> bool {
        let reads = match Method::from_name(&self.order.method) {
            Some(
                Method::Get | Method::AllDocs | Method::AllAttachments | Method::GetAttachment,
            ) => true,
            Some(
                Method::Post
                | Method::Put
                | Method::Remove
                | Method::PutAttachment
                | Method::RemoveAttachment
                | Method::Repair,
            )
            | None => false,
        };
        self.order.goes_on() || reads && self.arriving.is_none()
    }
}
