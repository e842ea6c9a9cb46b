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
