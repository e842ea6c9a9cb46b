//! A one-shot timer, as a value.

use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;

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

/// Waits; a moment longer where the page is hidden.
pub async fn sleep(milliseconds: u64) {
    let milliseconds = milliseconds.min(i32::MAX as u64) as u32;
    TimeoutFuture::new(milliseconds).await;
}
