//! The extension itself: `chrome.runtime`.

use crate::chrome::{LastError, RUNTIME};
use crate::{Error, json, task};
use wasm_bindgen_futures::JsFuture;

/// The extension's id.
pub fn id() -> String {
    RUNTIME.with(|runtime| runtime.id())
}

/// A page of this extension, named from the package's root; without query and fragment. `None` where the
/// URL is no page of it.
pub(crate) fn path(url: &str) -> Option<String> {
    let root = RUNTIME.with(|runtime| runtime.get_url(""));
    let path = url.strip_prefix(&root)?;
    let end = path.find(['?', '#']).unwrap_or(path.len());
    Some(path[..end].to_owned())
}

/// Starts the whole extension anew: pages close, ports end, `storage.session` is emptied.
pub fn reload() {
    RUNTIME.with(|runtime| runtime.reload());
}

/// Says something, given as JSON text, to the other pages of the extension that listen; that nobody does
/// is no error.
///
/// # Errors
/// `text` is not JSON.
pub fn tell(text: &str) -> Result<(), Error> {
    let message = json::parse(text)?;
    let told = RUNTIME.with(|runtime| runtime.send_message(&message));
    task::spawn(async move {
        // Rejects where nobody listens.
        let _ = JsFuture::from(told).await;
        Ok::<_, Error>(())
    });
    Ok(())
}

/// Chrome's words about what just failed; only within the callback that reports it.
pub(crate) fn last_error() -> Option<String> {
    RUNTIME
        .with(|runtime| runtime.last_error())
        .and_then(|error: LastError| error.message())
}
