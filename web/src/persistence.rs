//! Asking the browser not to throw this origin's data away when the disk gets full (Storage Standard
//! §5).

use crate::task;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Asks, once; nobody waits, because a browser may ask the person. Pages of plain `http://` addresses
/// cannot ask.
pub fn ask() {
    let Some(storage) = NAVIGATOR.with(Navigator::storage) else {
        return;
    };
    task::spawn(async move {
        let asked = JsFuture::from(storage.persist()).await;
        asked
            .map(drop)
            .map_err(crate::Error::doing("asking to keep the database"))
    });
}

#[wasm_bindgen]
extern "C" {
    type Navigator;
    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    static NAVIGATOR: Navigator;
    #[wasm_bindgen(method, getter)]
    fn storage(this: &Navigator) -> Option<StorageManager>;

    type StorageManager;
    #[wasm_bindgen(method)]
    fn persist(this: &StorageManager) -> Promise;
}
