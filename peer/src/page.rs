//! What the JavaScript half of the package is told. Its functions never throw, but for `validate` and
//! those of a storage, and never call back before they return.

use wasm_bindgen::prelude::*;
use web::blob::RawBlob;

#[wasm_bindgen]
extern "C" {
    /// A database's JavaScript half.
    pub type DatabasePage;

    /// The state changed, as JSON.
    #[wasm_bindgen(method, js_name = onState)]
    pub(crate) fn state(this: &DatabasePage, json: &str);
    /// The masters changed, as JSON.
    #[wasm_bindgen(method, js_name = onMasters)]
    pub(crate) fn masters(this: &DatabasePage, json: &str);
    /// A person has let this page in: what stands after `#` of its invitation.
    #[wasm_bindgen(method, js_name = onInvited)]
    pub(crate) fn invited(this: &DatabasePage, fragment: &str);
    /// Bytes of a call's attachment have moved.
    #[wasm_bindgen(method, js_name = onProgress)]
    pub(crate) fn progress(this: &DatabasePage, call: u32, done: f64, total: f64);
    /// A person at the master is asked whether a call may be executed.
    #[wasm_bindgen(method, js_name = onAsked)]
    pub(crate) fn asked(this: &DatabasePage, call: u32);
    /// What a call that goes on is told, as JSON.
    #[wasm_bindgen(method, js_name = onTold)]
    pub(crate) fn told(this: &DatabasePage, call: u32, json: &str);
    /// A call ended well; its result as JSON.
    #[wasm_bindgen(method, js_name = onResult)]
    pub(crate) fn result(this: &DatabasePage, call: u32, json: &str);
    /// A call ended well; its result is an attachment.
    #[wasm_bindgen(method, js_name = onBlob)]
    pub(crate) fn blob(this: &DatabasePage, call: u32, blob: RawBlob);
    /// A call failed.
    #[wasm_bindgen(method, js_name = onFailure)]
    pub(crate) fn failure(this: &DatabasePage, call: u32, status_code: u16, message: &str);

    /// Who follows a query of a storage in this page.
    pub type FollowerPage;

    /// What it is told, as JSON.
    #[wasm_bindgen(method, js_name = onTold)]
    pub(crate) fn told(this: &FollowerPage, json: &str);
    /// It is over.
    #[wasm_bindgen(method, js_name = onFailure)]
    pub(crate) fn failure(this: &FollowerPage, status_code: u16, message: &str);

    /// A master's JavaScript half.
    pub type MasterPage;

    /// The state changed, as JSON.
    #[wasm_bindgen(method, js_name = onState)]
    pub(crate) fn state(this: &MasterPage, json: &str);
    /// The peers changed, as JSON.
    #[wasm_bindgen(method, js_name = onPeers)]
    pub(crate) fn peers(this: &MasterPage, json: &str);
    /// Records changed; their ids as JSON.
    #[wasm_bindgen(method, js_name = onChange)]
    pub(crate) fn change(this: &MasterPage, json: &str);
    /// Whether calls are to be shown to [`MasterPage::validate`].
    #[wasm_bindgen(method, getter, js_name = validates)]
    pub(crate) fn validates(this: &MasterPage) -> bool;
    /// Throws for a call that is not to be executed; the call as JSON.
    #[wasm_bindgen(method, catch, js_name = validate)]
    pub(crate) fn validate(this: &MasterPage, json: &str) -> Result<(), Refusal>;

    /// Whether a person can be asked by [`MasterPage::ask`].
    #[wasm_bindgen(method, getter, js_name = asks)]
    pub(crate) fn asks(this: &MasterPage) -> bool;
    /// Asks whether a call may be executed, as JSON; answered by `permit` with this number.
    #[wasm_bindgen(method, js_name = onAsk)]
    pub(crate) fn ask(this: &MasterPage, question: u32, json: &str);

    /// What `validate` throws, and a storage rejects with: always an object of this form.
    pub type Refusal;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn status_code(this: &Refusal) -> u16;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn message(this: &Refusal) -> String;

    /// A storage that the page brings, as foreign.js presents it. Its promises reject with a
    /// [`Refusal`].
    pub type ForeignStorage;

    /// Calls a method without content; arguments and result are JSON.
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn call(
        this: &ForeignStorage,
        method: &str,
        arguments: &str,
    ) -> Result<JsValue, JsValue>;
    /// Stores an attachment.
    #[wasm_bindgen(method, catch, js_name = putAttachment)]
    pub(crate) async fn put_attachment(
        this: &ForeignStorage,
        id: &str,
        name: &str,
        content: RawBlob,
    ) -> Result<JsValue, JsValue>;
    /// Reads an attachment: a blob.
    #[wasm_bindgen(method, catch, js_name = getAttachment)]
    pub(crate) async fn attachment(
        this: &ForeignStorage,
        id: &str,
        name: &str,
    ) -> Result<JsValue, JsValue>;

    /// A way to the broadcaster that the page provides. What it hears it tells `lineOpened`, `lineText`
    /// and `lineClosed`.
    pub type Transport;

    /// Opens it, under this number.
    #[wasm_bindgen(method)]
    pub(crate) fn open(this: &Transport, line: u32);
    /// Sends a text.
    #[wasm_bindgen(method)]
    pub(crate) fn send(this: &Transport, text: &str);
    /// Closes it.
    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &Transport);

    /// A message channel between pages of one origin.
    #[derive(Clone)]
    pub type Wire;

    /// Sends a text frame.
    #[wasm_bindgen(method, js_name = sendText)]
    pub(crate) fn text(this: &Wire, text: &str);
    /// Sends a binary frame; a copy of the bytes is made.
    #[wasm_bindgen(method, js_name = sendBytes)]
    pub(crate) fn bytes(this: &Wire, bytes: &[u8]);
}
