//! The offscreen document: a page of the extension without a window, which outlives the worker. Chrome
//! allows one. Calls must not overlap: the caller awaits each before the next.

use crate::chrome::{OFFSCREEN, Offscreen, RUNTIME};
use crate::{Error, json};
use js_sys::{Array, Promise};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// An offscreen document and why it is needed, as Chrome asks.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// The page, named from the package's root.
    pub path: &'static str,
    /// One of `chrome.offscreen.Reason`.
    pub reason: &'static str,
    /// The reason in words.
    pub justification: &'static str,
}

impl Document {
    /// Opens it, unless it is open.
    ///
    /// # Errors
    /// Chrome refuses it, or the page cannot be loaded.
    pub async fn open(self) -> Result<(), Error> {
        if is_open().await? {
            return Ok(());
        }
        let parameters = format!(
            r#"{{"url":{:?},"reasons":[{:?}],"justification":{:?}}}"#,
            self.path, self.reason, self.justification
        );
        let parameters = json::parse(&parameters)?;
        let created = OFFSCREEN.with(|offscreen| offscreen.create_document(&parameters));
        settled(created, "opening the offscreen document").await
    }
}

/// Closes the document, if one is open.
///
/// # Errors
/// Chrome refuses.
pub async fn close() -> Result<(), Error> {
    if !is_open().await? {
        return Ok(());
    }
    let closed = OFFSCREEN.with(Offscreen::close_document);
    settled(closed, "closing the offscreen document").await
}

async fn is_open() -> Result<bool, Error> {
    let filter = json::parse(r#"{"contextTypes":["OFFSCREEN_DOCUMENT"]}"#)?;
    let asked = RUNTIME.with(|runtime| runtime.get_contexts(&filter));
    let contexts = JsFuture::from(asked)
        .await
        .map_err(Error::doing("looking for the offscreen document"))?;
    Ok(contexts.unchecked_into::<Array>().length() > 0)
}

async fn settled(promise: Promise, doing: &str) -> Result<(), Error> {
    JsFuture::from(promise)
        .await
        .map(drop)
        .map_err(Error::doing(doing))
}
