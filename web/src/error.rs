//! What went wrong in the browser, with the value that JavaScript threw.

use std::fmt;
use wasm_bindgen::{JsCast, JsValue};

/// A call into the browser that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub struct Error {
    doing: String,
    value: JsValue,
}

impl Error {
    /// Keeps what was thrown, and what was being done (“reading settings”).
    pub fn new(doing: impl Into<String>, value: impl Into<JsValue>) -> Self {
        Self {
            doing: doing.into(),
            value: value.into(),
        }
    }

    /// Names what was being done, for `map_err`.
    pub(crate) fn doing(doing: &str) -> impl FnOnce(JsValue) -> Self {
        move |value| Self::new(doing, value)
    }

    /// The name of what was thrown, by which errors are told apart (`QuotaExceededError`).
    pub fn name(&self) -> Option<String> {
        let error = self.value.dyn_ref::<js_sys::Error>()?;
        Some(error.name().into())
    }

    /// The value that was thrown.
    pub fn value(&self) -> &JsValue {
        &self.value
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, text(&self.value))
    }
}

fn text(value: &JsValue) -> String {
    match value.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => value.as_string().unwrap_or_else(|| format!("{value:?}")),
    }
}
