//! Files of the extension's own package.

use crate::Error;
use crate::chrome::RUNTIME;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(url: &str) -> Promise;
}

/// Reads a file, named from the package's root.
///
/// # Errors
/// There is no such file.
pub async fn read(path: &str) -> Result<Vec<u8>, Error> {
    let failed = |value| Error::new(format!("reading {path}"), value);
    let url = RUNTIME.with(|runtime| runtime.get_url(path));
    let response: Response = JsFuture::from(fetch(&url))
        .await
        .map_err(failed)?
        .unchecked_into();
    let buffer = response.array_buffer().map_err(failed)?;
    let bytes = JsFuture::from(buffer).await.map_err(failed)?;
    Ok(Uint8Array::new(&bytes).to_vec())
}
