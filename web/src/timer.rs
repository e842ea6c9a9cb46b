//! A one-shot timer, as a value.

use gloo_timers::callback::Timeout;

/// Calls once, unless it is dropped before.
#[must_use = "a timer that is dropped never calls"]
pub struct Timer {
    _timeout: Timeout,
}

impl Timer {
    /// Calls `then` after `milliseconds`; longer than 24 days is shortened to that, which is the
    /// longest a browser can count.
    pub fn new(milliseconds: u64, then: impl FnOnce() + 'static) -> Self {
        let milliseconds = milliseconds.min(i32::MAX as u64) as u32;
        Self {
            _timeout: Timeout::new(milliseconds, then),
        }
    }
}
