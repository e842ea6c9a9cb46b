//! The browser's console. Fixed meanings: state change = debug, what a user notices = info, surprising
//! but alive = warn, giving up = error. No addresses, names or payload above debug.

use web_sys::console;

/// A state change.
pub fn debug(text: &str) {
    console::debug_1(&text.into());
}

/// Something a user notices.
pub fn info(text: &str) {
    console::info_1(&text.into());
}

/// Something surprising; we go on.
pub fn warn(text: &str) {
    console::warn_1(&text.into());
}

/// We give up.
pub fn error(text: &str) {
    console::error_1(&text.into());
}
