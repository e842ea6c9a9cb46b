//! JSON at the edge: JavaScript values out of texts, and texts out of JavaScript values.

use crate::Error;
use js_sys::JSON;
use wasm_bindgen::JsValue;

/// Parses `text`.
pub(crate) fn parse(text: &str) -> Result<JsValue, Error> {
    JSON::parse(text).map_err(Error::doing("parsing JSON"))
}

/// The JSON text of `value`; fails for what JSON cannot hold.
pub(crate) fn stringify(value: &JsValue) -> Result<String, Error> {
    JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string())
        .ok_or_else(|| Error::new("writing JSON", value))
}
