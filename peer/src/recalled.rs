//! What a page without a connection answers itself.

use crate::face::{read, thrown};
use crate::serving;
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::{Document, Id};
use serde_json::Value;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

/// The rows of an earlier answer to `allDocs` with writes that wait: all of it JSON, the arguments of the call, its rows,
/// and the writes as records by their ids, null where one is removed.
///
/// # Errors
/// An `Error` with a `status_code`: the arguments are wrong.
#[wasm_bindgen]
pub fn amended(arguments: &str, rows: &str, writes: &str) -> Result<String, JsValue> {
    amend(arguments, rows, writes).map_err(thrown)
}

fn amend(arguments: &str, rows: &str, writes: &str) -> Result<String, Failure> {
    let Call::AllDocs(options) = read("allDocs", arguments, false)? else {
        return Err(Failure::new(500, "no query"));
    };
    let rows: Vec<Value> = serde_json::from_str(rows).unwrap_or_default();
    let written: BTreeMap<String, Option<Document>> =
        serde_json::from_str(writes).unwrap_or_default();
    // What is no id is refused by each master.
    let written = written
        .into_iter()
        .filter_map(|(id, document)| Some((Id::new(id).ok()?, document)))
        .collect();
    let rows = jio::amended(&options, rows, &written).map_err(|error| serving::refusal(&error))?;
    Ok(Value::from(rows).to_string())
}
