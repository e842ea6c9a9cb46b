//! Errors for JavaScript, as jIO makes them: with a `status_code`.

use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

/// An `Error` with a message and a status.
pub fn error(message: &str, status_code: u16) -> JsValue {
    let error = Error::new(message);
    // A fresh object takes any member.
    let _ = Reflect::set(&error, &"status_code".into(), &status_code.into());
    error.into()
}
