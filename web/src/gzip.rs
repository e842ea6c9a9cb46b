//! Compression (Compression Standard).

use crate::Error;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Response};

#[wasm_bindgen]
extern "C" {
    /// A stream of bytes that come out compressed.
    type CompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    /// A stream as what is led through another one.
    type Source;
    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &Source, by: &CompressionStream) -> Result<ReadableStream, JsValue>;
}

/// These bytes in the form of gzip.
///
/// # Errors
/// The browser has no compression.
pub async fn packed(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let begun = begin(bytes).map_err(Error::doing("compressing"))?;
    let whole = JsFuture::from(begun)
        .await
        .map_err(Error::doing("compressing"))?;
    Ok(Uint8Array::new(&whole).to_vec())
}

fn begin(bytes: &[u8]) -> Result<js_sys::Promise, JsValue> {
    let bytes = Uint8Array::from(bytes);
    let source = Response::new_with_opt_js_u8_array(Some(&bytes))?.body();
    let source = source.ok_or_else(|| JsValue::from("no stream"))?;
    let source: Source = source.unchecked_into();
    let packed = source.pipe_through(&CompressionStream::new("gzip")?)?;
    Response::new_with_opt_readable_stream(Some(&packed))?.array_buffer()
}
