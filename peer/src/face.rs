//! What the JavaScript half of the package calls. Everything becomes one item in the queue of a task;
//! nothing here decides.

use crate::address::{Address, Hosting};
use crate::attached::{self, Attached};
use crate::calls::Order;
use crate::connections::spawn;
use crate::followers::Followers;
use crate::following::Shared;
use crate::line::{LineHeard, LineId};
use crate::lookout::Lookout;
use crate::master::{self, Master, PageId};
use crate::page::{DatabasePage, FollowerPage, ForeignStorage, MasterPage, Transport, Wire};
use crate::queue::Queue;
use crate::serving::{self, Answer};
use crate::slave::{self, Loss, Slave};
use crate::storage::{self, Foreign, Memory};
use broadcaster::signalling::Framing;
use broadcaster::signalling::message::PeerId;
use broadcaster::signalling::rtc::SessionId;
use jio::CAPACITIES;
use jio::endpoint::{Failure, Frame};
use jio::rpc::{Call, Content};
use jio::storage::{AttachmentReader, Storage, Upload};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use trust::rights::Rights;
use wasm_bindgen::prelude::*;
use web::blob::{Assembly, Blob, RawBlob};

/// Shows panics in the console with their text.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A slave that runs.
#[wasm_bindgen]
pub struct Connection(Queue<slave::Heard>);

#[wasm_bindgen]
impl Connection {
    /// Starts a slave. The address is JSON, from address.js; `page` is told what happens.
    ///
    /// # Errors
    /// The address brings an invitation that is none.
    #[wasm_bindgen(constructor)]
    pub fn new(
        address: &str,
        master: Option<String>,
        reconnect: bool,
        page: DatabasePage,
    ) -> Result<Self, JsError> {
        let (queue, heard) = Queue::new();
        let on_loss = if reconnect {
            Loss::Reconnects
        } else {
            Loss::Closes
        };
        let master = master.and_then(|id| PeerId::try_from(id).ok());
        let address: Address = serde_json::from_str(address)?;
        let slave = Slave::new(address, master, on_loss, Rc::new(page), queue.clone())?;
        spawn(slave.run(heard));
        Ok(Self(queue))
    }

    /// Makes a call; `page` is told its end under the same number.
    pub fn call(&self, number: u32, method: String, arguments: String, content: Option<RawBlob>) {
        let order = order(number, method, &arguments, content);
        self.0.push(slave::Heard::Order(order));
    }

    /// Gives a call up; nothing more is said of it.
    pub fn cancel(&self, number: u32) {
        self.0.push(slave::Heard::Cancel(number));
    }

    /// Chooses a master.
    pub fn choose(&self, master: String) {
        if let Ok(master) = PeerId::try_from(master) {
            self.0.push(slave::Heard::Choose(master));
        }
    }

    /// Tries at once, also after a failure.
    pub fn retry(&self) {
        self.0.push(slave::Heard::Retry);
    }

    /// Tries at once if it waits to try.
    pub fn wake(&self) {
        self.0.push(slave::Heard::Woken);
    }

    /// Ends it.
    pub fn close(&self) {
        self.0.push(slave::Heard::Close);
    }
}

/// A database over a message channel.
#[wasm_bindgen]
pub struct Attachment(Queue<attached::Heard>);

#[wasm_bindgen]
impl Attachment {
    /// Starts one that waits for its master.
    #[wasm_bindgen(constructor)]
    pub fn new(wire: Wire, page: DatabasePage) -> Self {
        let (queue, heard) = Queue::new();
        spawn(Attached::new(wire, Rc::new(page), queue.clone()).run(heard));
        Self(queue)
    }

    /// Makes a call; `page` is told its end under the same number.
    pub fn call(&self, number: u32, method: String, arguments: String, content: Option<RawBlob>) {
        let order = order(number, method, &arguments, content);
        self.0.push(attached::Heard::Order(order));
    }

    /// Gives a call up; nothing more is said of it.
    pub fn cancel(&self, number: u32) {
        self.0.push(attached::Heard::Cancel(number));
    }

    /// The master is there, or there anew.
    pub fn opened(&self) {
        self.0.push(attached::Heard::Opened);
    }

    /// The master ends.
    pub fn lost(&self) {
        self.0.push(attached::Heard::Lost);
    }

    /// A text frame.
    pub fn text(&self, text: String) {
        self.0.push(attached::Heard::Frame(Frame::Text(text)));
    }

    /// A binary frame.
    pub fn bytes(&self, bytes: Vec<u8>) {
        self.0.push(attached::Heard::Frame(Frame::Binary(bytes)));
    }

    /// Ends it.
    pub fn close(&self) {
        self.0.push(attached::Heard::Close);
    }
}

/// A storage, opened.
#[wasm_bindgen]
pub struct Store {
    storage: Rc<dyn Storage>,
    followers: Rc<Followers>,
}

#[wasm_bindgen]
impl Store {
    /// Records that are gone with the page.
    pub fn memory() -> Self {
        Self::new(Rc::new(Memory::default()))
    }

    /// Records in a storage that the page brings.
    pub fn foreign(storage: ForeignStorage) -> Self {
        Self::new(Rc::new(Foreign::new(storage)))
    }

    /// Records on a server, by a description as JSON.
    ///
    /// # Errors
    /// An `Error` with a `status_code`: it is none.
    pub fn remote(description: &str) -> Result<Self, JsValue> {
        let opened = storage::remote::open(description);
        opened.map(Self::new).map_err(thrown)
    }

    /// Calls it directly: resolves with the result as JSON, or with a blob.
    ///
    /// # Errors
    /// An `Error` with a `status_code`.
    pub async fn call(
        &self,
        method: String,
        arguments: String,
        content: Option<RawBlob>,
    ) -> Result<JsValue, JsValue> {
        let done = self
            .perform(&method, &arguments, content.map(Blob::new))
            .await;
        done.map_err(thrown)
    }

    /// Follows a query: `page` is told its rows and what changes of them. The number ends it.
    ///
    /// # Errors
    /// An `Error` with a `status_code`.
    pub fn follow(&self, arguments: &str, page: FollowerPage) -> Result<u32, JsValue> {
        let call = read("allDocs", arguments, false).map_err(thrown)?;
        let Call::AllDocs(options) = call else {
            return Err(thrown(Failure::new(500, "no query")));
        };
        self.followers.add(&options, page).map_err(thrown)
    }

    /// Follows it no more.
    pub fn unfollow(&self, number: u32) {
        self.followers.remove(number);
    }
}

impl Store {
    /// A storage that is open.
    pub(crate) fn new(storage: Rc<dyn Storage>) -> Self {
        let followers = Followers::new(storage.clone());
        Self { storage, followers }
    }

    async fn perform(
        &self,
        method: &str,
        arguments: &str,
        content: Option<Blob>,
    ) -> Result<JsValue, Failure> {
        match (read(method, arguments, content.is_some())?, content) {
            (Call::PutAttachment(id, name, Content::Part { .. }), Some(content)) => {
                let upload = Upload {
                    id,
                    name,
                    content_type: content.content_type(),
                    size: content.size(),
                };
                self.put(upload, &content).await?;
                Ok("null".into())
            }
            (call, _) => match serving::answer(&*self.storage, call).await? {
                Answer::Json(text) => Ok(text.into()),
                Answer::Attachment(reader) => whole(reader).await,
            },
        }
    }

    async fn put(&self, upload: Upload, content: &Blob) -> Result<(), Failure> {
        let mut writer = self.storage.put_attachment(upload).await?;
        let mut at = 0;
        while at < content.size() {
            let bytes = content.read(at..at + STEP).await.map_err(unreadable)?;
            at += bytes.len() as u64;
            writer.write(&bytes).await?;
        }
        writer.finish().await
    }
}

/// Reads all of an attachment.
async fn whole(mut reader: Box<dyn AttachmentReader>) -> Result<JsValue, Failure> {
    let mut parts = Assembly::new();
    let mut at = 0;
    while at < reader.size() {
        let bytes = reader.read(at).await?;
        at += bytes.len() as u64;
        parts.push(&bytes).map_err(no_room)?;
    }
    let whole = parts.finish(reader.content_type()).map_err(no_room)?;
    Ok(whole.into_raw().into())
}

/// Bytes moved at a time.
const STEP: u64 = 1 << 20;

/// A master that runs.
#[wasm_bindgen]
pub struct Service {
    queue: Queue<master::Heard>,
    lookout: Shared,
}

#[wasm_bindgen]
impl Service {
    /// Starts a master over a WebSocket, or over a transport where the address has no URL. Address and
    /// hosting are JSON; `page` is told what happens.
    ///
    /// # Errors
    /// The browser lacks what it needs, or what a master needs to know its guests cannot be read.
    #[wasm_bindgen(constructor)]
    pub fn new(
        address: &str,
        transport: Transport,
        hosting: &str,
        id: String,
        name: String,
        store: &Store,
        page: MasterPage,
    ) -> Result<Self, JsError> {
        let (queue, heard) = Queue::new();
        let address: Address = serde_json::from_str(address)?;
        let hosting: Hosting = serde_json::from_str(hosting)?;
        let who = (PeerId::try_from(id)?, name.as_str().into());
        let changed = queue.clone();
        let wake = move || changed.push(master::Heard::Changed);
        let lookout = Rc::new(RefCell::new(Lookout::new(store.storage.clone(), wake)));
        let master = Master::new(
            &address,
            transport,
            &hosting,
            who,
            lookout.clone(),
            Rc::new(page),
            queue.clone(),
        )?;
        spawn(master.run(heard));
        Ok(Self { queue, lookout })
    }

    /// A transport is open; its texts are envelopes.
    #[wasm_bindgen(js_name = lineOpened)]
    pub fn line_opened(&self, line: u32) {
        self.line(line, LineHeard::Opened(Framing::Enveloped));
    }

    /// A text of the transport.
    #[wasm_bindgen(js_name = lineText)]
    pub fn line_text(&self, line: u32, text: String) {
        self.line(line, LineHeard::Text(text));
    }

    /// The transport has ended, or could not be opened.
    #[wasm_bindgen(js_name = lineClosed)]
    pub fn line_closed(&self, line: u32, reason: String) {
        self.line(line, LineHeard::gone(reason));
    }

    fn line(&self, line: u32, heard: LineHeard) {
        self.queue.push(master::Heard::Line(LineId(line), heard));
    }

    /// A page of the same origin is there, under a number that is never used again.
    pub fn attach(&self, page: u32, wire: Wire) {
        self.queue.push(master::Heard::Attached(PageId(page), wire));
    }

    /// A text frame of it.
    #[wasm_bindgen(js_name = pageText)]
    pub fn page_text(&self, page: u32, text: String) {
        self.frame(page, Frame::Text(text));
    }

    /// A binary frame of it.
    #[wasm_bindgen(js_name = pageBytes)]
    pub fn page_bytes(&self, page: u32, bytes: Vec<u8>) {
        self.frame(page, Frame::Binary(bytes));
    }

    fn frame(&self, page: u32, frame: Frame) {
        self.queue.push(master::Heard::Frame(PageId(page), frame));
    }

    /// It is gone.
    pub fn detach(&self, page: u32) {
        self.queue.push(master::Heard::Detached(PageId(page)));
    }

    /// Gives it another name.
    pub fn rename(&self, name: String) {
        self.queue.push(master::Heard::Named(name.as_str().into()));
    }

    /// Closes a peer's connection.
    pub fn dismiss(&self, peer: String) {
        if let Ok(peer) = PeerId::try_from(peer) {
            self.queue.push(master::Heard::Dismiss(peer));
        }
    }

    /// Knows its guests by this from now on, as JSON. Who would not be let in now is cut off.
    ///
    /// # Errors
    /// It cannot be read; nothing was changed.
    #[wasm_bindgen(js_name = setHosting)]
    pub fn set_hosting(&self, hosting: &str) -> Result<(), JsError> {
        let hosting: Hosting = serde_json::from_str(hosting)?;
        hosting.host(&Address::default())?;
        self.queue.push(master::Heard::Hosting(hosting));
        Ok(())
    }

    /// Says what a peer may do while it is connected.
    ///
    /// # Errors
    /// There are no such rights.
    #[wasm_bindgen(js_name = setRights)]
    pub fn set_rights(&self, peer: String, rights: &str) -> Result<(), JsError> {
        let rights = read_rights(rights)?;
        if let Ok(peer) = PeerId::try_from(peer) {
            self.queue.push(master::Heard::Rights(peer, rights));
        }
        Ok(())
    }

    /// Lets in who waits in a session, with the invitation of this id: it is handed over as soon as
    /// [`Service::set_hosting`] has told of it.
    ///
    /// # Errors
    /// It is no invitation's id.
    #[wasm_bindgen(js_name = letIn)]
    pub fn let_in(&self, session: u32, invitation: &str) -> Result<(), JsError> {
        let invitation = invitation.parse()?;
        self.queue
            .push(master::Heard::LetIn(SessionId(session), invitation));
        Ok(())
    }

    /// Says whether a call that was asked about may be executed.
    pub fn permit(&self, question: u32, allowed: bool) {
        self.queue.push(master::Heard::Permitted(question, allowed));
    }

    /// How many follow queries, and what that cost, as JSON.
    pub fn followed(&self) -> String {
        self.lookout.borrow().describe()
    }

    /// Looks for the broadcaster at once.
    pub fn retry(&self) {
        self.queue.push(master::Heard::Retry);
    }

    /// Ends it.
    pub fn close(&self) {
        self.queue.push(master::Heard::Close);
    }
}

fn read_rights(name: &str) -> Result<Rights, serde_json::Error> {
    serde_json::from_value(Value::String(name.to_owned()))
}

/// Arguments come from our own JavaScript as the JSON of an array; anything else counts as none.
fn order(number: u32, method: String, arguments: &str, content: Option<RawBlob>) -> Order {
    Order {
        number,
        method,
        arguments: serde_json::from_str(arguments).unwrap_or_default(),
        content: content.map(Blob::new),
    }
}

/// Checks a direct call as one that came over a channel.
pub(crate) fn read(method: &str, arguments: &str, brings: bool) -> Result<Call, Failure> {
    let mut arguments: Vec<Value> = serde_json::from_str(arguments).unwrap_or_default();
    arguments.extend(brings.then(|| serde_json::json!({ "part": 0 })));
    Call::read(method, arguments, CAPACITIES).map_err(|error| serving::refusal(&error))
}

pub(crate) fn thrown(failure: Failure) -> JsValue {
    web::thrown::error(&failure.message, failure.status_code.unwrap_or(500))
}

fn unreadable(error: web::Error) -> Failure {
    Failure::new(400, error.to_string())
}

fn no_room(error: web::Error) -> Failure {
    Failure::new(507, error.to_string())
}
