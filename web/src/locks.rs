//! Web Locks (W3C): a name that one context of this origin holds at a time.

use crate::Error;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

/// A lock that is held; dropping it lets the next context have it.
#[must_use = "a lock that is dropped is released"]
pub struct Lock {
    release: Function,
}

/// Takes the lock of a name as soon as no other context holds it; `on_wait` is called when that is
/// not at once. `None` where the browser has no locks, as for pages of plain `http://` addresses.
///
/// # Errors
/// The page may not use locks, because it is being closed or has no origin.
pub async fn acquire(name: &str, on_wait: impl FnOnce()) -> Result<Option<Lock>, Error> {
    let Some(manager) = NAVIGATOR.with(Navigator::locks) else {
        return Ok(None);
    };
    let options = Object::new();
    set(&options, "ifAvailable", &true.into())?;
    if let Some(lock) = request(&manager, name, &options).await? {
        return Ok(Some(lock));
    }
    on_wait();
    let waiting = Waiting(AbortController::new().map_err(Error::doing(LOCKING))?);
    let options = Object::new();
    set(&options, "signal", &waiting.0.signal())?;
    request(&manager, name, &options).await
}

impl Drop for Lock {
    fn drop(&mut self) {
        settle(&self.release, &JsValue::UNDEFINED);
    }
}

/// A request that is taken back when nobody waits for it any more; once granted, that does nothing.
struct Waiting(AbortController);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const LOCKING: &str = "locking the database";

#[wasm_bindgen]
extern "C" {
    type Navigator;
    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    static NAVIGATOR: Navigator;
    #[wasm_bindgen(method, getter)]
    fn locks(this: &Navigator) -> Option<Manager>;

    type Manager;
    #[wasm_bindgen(method, catch)]
    fn request(
        this: &Manager,
        name: &str,
        options: &Object,
        callback: &JsValue,
    ) -> Result<Promise, JsValue>;
}

/// One request. The browser holds the lock until the promise that the callback returns is settled.
async fn request(manager: &Manager, name: &str, options: &Object) -> Result<Option<Lock>, Error> {
    let (answer, answered) = promise();
    let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        if lock.is_null() {
            settle(&answer, &JsValue::NULL);
            return JsValue::UNDEFINED;
        }
        let (release, released) = promise();
        settle(&answer, &release);
        released.into()
    });
    let ended = manager
        .request(name, options, &callback)
        .map_err(Error::doing(LOCKING))?;
    // The request itself ends before the callback is called only by failing.
    let first = Promise::race(&Array::of2(&answered, &ended));
    let answer = JsFuture::from(first).await.map_err(Error::doing(LOCKING))?;
    let release = answer.dyn_into::<Function>().ok();
    Ok(release.map(|release| Lock { release }))
}

/// A promise, and the function that fulfils it.
fn promise() -> (Function, Promise) {
    let mut resolve = JsValue::UNDEFINED;
    let promise = Promise::new(&mut |fulfil: Function, _| resolve = fulfil.into());
    (resolve.unchecked_into(), promise)
}

fn settle(resolve: &Function, value: &JsValue) {
    // A promise's own function never throws.
    let _ = resolve.call1(&JsValue::UNDEFINED, value);
}

fn set(options: &Object, name: &str, value: &JsValue) -> Result<(), Error> {
    let set = Reflect::set(options, &name.into(), value);
    set.map(drop).map_err(Error::doing(LOCKING))
}
