//! `chrome.storage`: one JSON value under one key.

use crate::chrome::{LOCAL, SESSION, StorageArea};
use crate::{Error, json};
use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Where a value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// On disk, until the extension is removed.
    Local,
    /// In memory, until the browser ends or the extension is reloaded.
    Session,
}

/// Reads the value of `key` as JSON text; `None` where there is none.
///
/// # Errors
/// The storage could not be read.
pub async fn get(area: Area, key: &str) -> Result<Option<String>, Error> {
    let asked = area
        .with(|raw| raw.get(key))
        .map_err(Error::doing("reading the storage"))?;
    let items = JsFuture::from(asked)
        .await
        .map_err(Error::doing("reading the storage"))?;
    let value = Reflect::get(&items, &key.into()).map_err(Error::doing("reading the storage"))?;
    if value.is_undefined() {
        Ok(None)
    } else {
        json::stringify(&value).map(Some)
    }
}

/// Writes the value of `key`, given as JSON text.
///
/// # Errors
/// `text` is not JSON, or the storage is full or cannot be written.
pub async fn set(area: Area, key: &str, text: &str) -> Result<(), Error> {
    let items = Object::new();
    Reflect::set(&items, &key.into(), &json::parse(text)?).map_err(Error::doing("storing"))?;
    let stored = area
        .with(|raw| raw.set(&items))
        .map_err(Error::doing("storing"))?;
    JsFuture::from(stored)
        .await
        .map_err(Error::doing("storing"))?;
    Ok(())
}

impl Area {
    fn with<T>(self, call: impl FnOnce(&StorageArea) -> Result<T, JsValue>) -> Result<T, JsValue> {
        match self {
            Self::Local => LOCAL.with(call),
            Self::Session => SESSION.with(call),
        }
    }
}
