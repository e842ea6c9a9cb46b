//! Blobs (File API): bytes that the browser keeps, mostly on disk, read and made piece by piece.

use crate::Error;
use js_sys::{Array, Uint8Array};
use std::ops::Range;
use wasm_bindgen_futures::JsFuture;
use web_sys::BlobPropertyBag;

/// A blob as JavaScript hands it over.
pub use web_sys::Blob as RawBlob;

/// Bytes that the browser keeps.
#[derive(Debug, Clone)]
pub struct Blob {
    raw: RawBlob,
}

impl Blob {
    /// Takes a blob from JavaScript.
    pub fn new(raw: RawBlob) -> Self {
        Self { raw }
    }

    /// Hands it to JavaScript.
    pub fn into_raw(self) -> RawBlob {
        self.raw
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.raw.size() as u64
    }

    /// MIME type; empty where it is unknown.
    pub fn content_type(&self) -> String {
        self.raw.type_()
    }

    /// Reads a range of its bytes; what is beyond its end is left out.
    ///
    /// # Errors
    /// It is a file that has been changed or taken away.
    pub async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Error> {
        let failed = Error::doing("reading a file");
        let part = self
            .raw
            .slice_with_f64_and_f64(range.start as f64, range.end as f64)
            .map_err(Error::doing("reading a file"))?;
        let buffer = JsFuture::from(part.array_buffer()).await.map_err(failed)?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}

/// A blob in the making; each part is handed to the browser as it comes.
#[derive(Debug)]
pub struct Assembly {
    parts: Array,
}

impl Default for Assembly {
    fn default() -> Self {
        Self::new()
    }
}

impl Assembly {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            parts: Array::new(),
        }
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// The browser has no room for them.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let bytes = Array::of1(&Uint8Array::from(bytes));
        let part = RawBlob::new_with_u8_array_sequence(&bytes);
        self.parts
            .push(part.map_err(Error::doing(MAKING))?.as_ref());
        Ok(())
    }

    /// The whole.
    ///
    /// # Errors
    /// The browser has no room for it.
    pub fn finish(self, content_type: &str) -> Result<Blob, Error> {
        let options = BlobPropertyBag::new();
        options.set_type(content_type);
        let raw = RawBlob::new_with_blob_sequence_and_options(&self.parts, &options);
        raw.map(Blob::new).map_err(Error::doing(MAKING))
    }
}

const MAKING: &str = "making a file";
