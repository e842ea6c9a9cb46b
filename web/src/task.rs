//! Tasks that run beside the caller; their errors are logged, never lost.

use crate::log;
use std::fmt::Display;
use std::future::Future;

/// Runs `task` to its end; it ends by itself, or when what it waits for is dropped.
pub fn spawn<E: Display>(task: impl Future<Output = Result<(), E>> + 'static) {
    wasm_bindgen_futures::spawn_local(async move {
        if let Err(error) = task.await {
            log::error(&error.to_string());
        }
    });
}

/// Runs `task` to its end, whatever that is.
pub(crate) fn spawn_quiet<T>(task: impl Future<Output = T> + 'static) {
    wasm_bindgen_futures::spawn_local(async move { drop(task.await) });
}
