//! The extension itself: `chrome.runtime`.

use crate::chrome::{LastError, RUNTIME};

/// The extension's id.
pub fn id() -> String {
    RUNTIME.with(|runtime| runtime.id())
}

/// Starts the whole extension anew: pages close, ports end, `storage.session` is emptied.
pub fn reload() {
    RUNTIME.with(|runtime| runtime.reload());
}

/// Chrome's words about what just failed; only within the callback that reports it.
pub(crate) fn last_error() -> Option<String> {
    RUNTIME
        .with(|runtime| runtime.last_error())
        .and_then(|error: LastError| error.message())
}
