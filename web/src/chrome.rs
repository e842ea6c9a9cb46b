//! The raw `chrome.*` calls that the rest of this crate wraps; nothing here is for others, except
//! [`RawPort`], which the worker's door hands in.

use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A `chrome.events.Event`.
    pub(crate) type Event;
    #[wasm_bindgen(method, catch, js_name = addListener)]
    pub(crate) fn add_listener(this: &Event, callback: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeListener)]
    pub(crate) fn remove_listener(this: &Event, callback: &Function) -> Result<(), JsValue>;

    /// A `chrome.runtime.Port` as JavaScript has it; see [`crate::port::Port::attach`].
    #[wasm_bindgen(js_name = Port)]
    pub type RawPort;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn name(this: &RawPort) -> String;
    // Even reading these throws on a port whose page is gone.
    #[wasm_bindgen(method, catch, getter, js_name = onMessage)]
    pub(crate) fn on_message(this: &RawPort) -> Result<Event, JsValue>;
    #[wasm_bindgen(method, catch, getter, js_name = onDisconnect)]
    pub(crate) fn on_disconnect(this: &RawPort) -> Result<Event, JsValue>;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    pub(crate) fn post_message(this: &RawPort, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn disconnect(this: &RawPort) -> Result<(), JsValue>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn sender(this: &RawPort) -> Option<Sender>;

    pub(crate) type Sender;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn origin(this: &Sender) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn url(this: &Sender) -> Option<String>;

    pub(crate) type Runtime;
    #[wasm_bindgen(thread_local_v2, js_namespace = chrome, js_name = runtime)]
    pub(crate) static RUNTIME: Runtime;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn id(this: &Runtime) -> String;
    #[wasm_bindgen(method, getter, js_name = lastError)]
    pub(crate) fn last_error(this: &Runtime) -> Option<LastError>;
    #[wasm_bindgen(method, catch, js_name = connectNative)]
    pub(crate) fn connect_native(this: &Runtime, application: &str) -> Result<RawPort, JsValue>;
    #[wasm_bindgen(method, js_name = getURL)]
    pub(crate) fn get_url(this: &Runtime, path: &str) -> String;
    #[wasm_bindgen(method)]
    pub(crate) fn reload(this: &Runtime);
    #[wasm_bindgen(method, js_name = sendMessage)]
    pub(crate) fn send_message(this: &Runtime, message: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = getContexts)]
    pub(crate) fn get_contexts(this: &Runtime, filter: &JsValue) -> Promise;

    /// A `chrome.runtime.ExtensionContext`.
    pub(crate) type Context;
    #[wasm_bindgen(method, getter, js_name = documentUrl)]
    pub(crate) fn document_url(this: &Context) -> String;

    pub(crate) type Offscreen;
    #[wasm_bindgen(thread_local_v2, js_namespace = chrome, js_name = offscreen)]
    pub(crate) static OFFSCREEN: Offscreen;
    #[wasm_bindgen(method, js_name = createDocument)]
    pub(crate) fn create_document(this: &Offscreen, parameters: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = closeDocument)]
    pub(crate) fn close_document(this: &Offscreen) -> Promise;

    pub(crate) type LastError;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn message(this: &LastError) -> Option<String>;

    pub(crate) type StorageArea;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "storage"], js_name = local)]
    pub(crate) static LOCAL: StorageArea;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["chrome", "storage"], js_name = session)]
    pub(crate) static SESSION: StorageArea;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn get(this: &StorageArea, key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn set(this: &StorageArea, items: &Object) -> Result<Promise, JsValue>;

    pub(crate) type Action;
    #[wasm_bindgen(thread_local_v2, js_namespace = chrome, js_name = action)]
    pub(crate) static ACTION: Action;
    #[wasm_bindgen(method, js_name = setBadgeText)]
    pub(crate) fn set_badge_text(this: &Action, details: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = setBadgeTextColor)]
    pub(crate) fn set_badge_text_color(this: &Action, details: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = setBadgeBackgroundColor)]
    pub(crate) fn set_badge_background_color(this: &Action, details: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = setTitle)]
    pub(crate) fn set_title(this: &Action, details: &Object) -> Promise;
}
