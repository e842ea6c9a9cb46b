//! Streams that are read (Streams Standard §4), chunk by chunk.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

#[wasm_bindgen]
extern "C" {
    /// What reading a stream resolves with.
    type Read;
    #[wasm_bindgen(method, getter)]
    fn done(this: &Read) -> bool;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Read) -> JsValue;
}

/// A stream that is read; dropping it ends it.
pub(crate) struct Incoming(ReadableStreamDefaultReader);

impl Incoming {
    /// Takes a stream that nobody else reads.
    pub(crate) fn of(stream: &ReadableStream) -> Self {
        Self(stream.get_reader().unchecked_into())
    }

    /// The next chunk; none at the end.
    pub(crate) async fn next(&self) -> Result<Option<JsValue>, JsValue> {
        let chunk: Read = JsFuture::from(self.0.read()).await?.unchecked_into();
        Ok((!chunk.done()).then(|| chunk.value()))
    }

    /// Begins to end it.
    pub(crate) fn give_up(&self) {
        crate::task::spawn_quiet(JsFuture::from(self.0.cancel()));
    }

    /// Ends it.
    pub(crate) async fn end(&self) {
        // It fails only where the stream is broken already.
        let _ = JsFuture::from(self.0.cancel()).await;
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.give_up();
    }
}
