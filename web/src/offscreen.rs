//! The offscreen document: a page of the extension without a window, which outlives the worker. Chrome
//! allows one. Calls must not overlap: the caller awaits each before the next.

use crate::chrome::{Context, OFFSCREEN, Offscreen, RUNTIME};
use crate::{Error, json, runtime};
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
    /// Opens it in place of another one, unless it is open.
    ///
    /// # Errors
    /// Chrome refuses it, or the page cannot be loaded.
    pub async fn open(self) -> Result<(), Error> {
        match open_path().await? {
            Some(open) if open == self.path => return Ok(()),
            Some(_) => close().await?,
            None => {}
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
    if open_path().await?.is_none() {
        return Ok(());
    }
    let closed = OFFSCREEN.with(Offscreen::close_document);
    settled(closed, "closing the offscreen document").await
}

/// The document that is open, named from the package's root.
async fn open_path() -> Result<Option<String>, Error> {
    let filter = json::parse(r#"{"contextTypes":["OFFSCREEN_DOCUMENT"]}"#)?;
    let asked = RUNTIME.with(|runtime| runtime.get_contexts(&filter));
    let contexts = JsFuture::from(asked)
        .await
        .map_err(Error::doing("looking for the offscreen document"))?;
    let urls = contexts.unchecked_into::<Array>().into_iter();
    let urls = urls.map(|context| context.unchecked_into::<Context>().document_url());
    // One that reloads is there twice for a moment: as it was, and as one that has no address yet.
    let url = urls.max_by_key(|url| !url.is_empty());
    Ok(url.map(|url| runtime::path(&url).unwrap_or(url)))
}

async fn settled(promise: Promise, doing: &str) -> Result<(), Error> {
    JsFuture::from(promise)
        .await
        .map(drop)
        .map_err(Error::doing(doing))
}
