//! The clock: milliseconds that never go back while this worker or page lives.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: web_sys::Performance;
}

/// Milliseconds since 1970, monotonic: the time origin is read once by the browser, what is added to
/// it follows no change of the system's clock. So other contexts can compare it with `Date.now()`.
pub fn now() -> u64 {
    PERFORMANCE.with(|performance| (performance.time_origin() + performance.now()) as u64)
}

/// Milliseconds since 1970 as the system's clock has it, which may be set back.
pub fn today() -> u64 {
    js_sys::Date::now() as u64
}

/// Minutes by which local time is ahead of UTC, now.
pub fn offset_minutes() -> i32 {
    -js_sys::Date::new_0().get_timezone_offset() as i32
}
