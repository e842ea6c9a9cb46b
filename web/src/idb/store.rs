//! The stores of a transaction: JSON records with at most one binary member each.

use super::{READING, WRITING, failed};
use crate::{Error, json};
use indexed_db_futures as idb;
use indexed_db_futures::KeyRange;
use indexed_db_futures::prelude::*;
use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use std::ops::Range;
use wasm_bindgen::{JsCast, JsValue};

/// A store within a transaction. What only asks for a change returns at once; if the change fails,
/// so does the transaction.
pub struct Store<'a> {
    pub(super) raw: idb::object_store::ObjectStore<'a>,
}

impl Store<'_> {
    /// Stores a record, given as JSON text, in place of the one of the same key.
    ///
    /// # Errors
    /// It is not JSON, or has no key.
    pub fn put(&self, record: &str) -> Result<(), Error> {
        self.put_value(json::parse(record)?)
    }

    /// Stores a record with `bytes` as an `ArrayBuffer` in one of its members.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_with_bytes(&self, record: &str, member: &str, bytes: &[u8]) -> Result<(), Error> {
        let value = json::parse(record)?;
        let buffer = Uint8Array::from(bytes).buffer();
        Reflect::set(&value, &member.into(), &buffer).map_err(Error::doing(WRITING))?;
        self.put_value(value)
    }

    /// Stores the record of a key again with some members changed, which are given as a JSON object;
    /// whether there was one. With another key it is a second record.
    ///
    /// # Errors
    /// As [`Self::put`], and when it cannot be read.
    pub async fn copy(&self, key: &str, changes: &str) -> Result<bool, Error> {
        let found: Option<JsValue> = self.value(key).await?;
        let Some(record) = found.and_then(|value| value.dyn_into::<Object>().ok()) else {
            return Ok(false);
        };
        Object::assign(&record, json::parse(changes)?.unchecked_ref());
        self.put_value(record.into())?;
        Ok(true)
    }

    /// Removes the record of a key, if there is one.
    ///
    /// # Errors
    /// The transaction has ended.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        let asked = self.raw.delete::<&str, _>(key).build();
        asked.map(drop).map_err(failed(WRITING))
    }

    /// Removes all records.
    ///
    /// # Errors
    /// The transaction has ended.
    pub fn clear(&self) -> Result<(), Error> {
        self.raw.clear().map(drop).map_err(failed(WRITING))
    }

    /// Removes all records but those whose keys are in a range.
    ///
    /// # Errors
    /// The transaction has ended.
    pub fn clear_but(&self, kept: Range<&str>) -> Result<(), Error> {
        let below = KeyRange::UpperBound(kept.start, true);
        let above = KeyRange::LowerBound(kept.end, false);
        for range in [below, above] {
            let asked = self.raw.delete::<&str, _>(range).build();
            asked.map(drop).map_err(failed(WRITING))?;
        }
        Ok(())
    }

    /// The record of a key, as JSON text.
    ///
    /// # Errors
    /// It cannot be read, or JSON cannot hold it.
    pub async fn get(&self, key: &str) -> Result<Option<String>, Error> {
        let value: Option<JsValue> = self.value(key).await?;
        value.as_ref().map(json::stringify).transpose()
    }

    /// The bytes in a member of the record of a key; `None` where there are none.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn bytes(&self, key: &str, member: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(record) = self.value(key).await? else {
            return Ok(None);
        };
        let bytes = Reflect::get(&record, &member.into()).map_err(Error::doing(READING))?;
        let buffer = bytes.dyn_ref::<ArrayBuffer>();
        Ok(buffer.map(|buffer| Uint8Array::new(buffer).to_vec()))
    }

    /// The first records, at most `count` of them, after that of a key, in the order of their keys.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn page(&self, after: Option<&Key>, count: u32) -> Result<Records, Error> {
        let all = self.raw.get_all::<JsValue>().with_limit(count);
        let found = match after {
            None => all.primitive().map_err(failed(READING))?.await,
            Some(Key(key)) => {
                let rest = KeyRange::LowerBound(key.clone(), true);
                let rest = all.with_query::<JsValue, _>(rest).primitive();
                rest.map_err(failed(READING))?.await
            }
        };
        Records::read(found)
    }

    /// The records that have a value in an index: a text, or several where it is about several
    /// members.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn records_of(&self, index: &str, value: &[&str]) -> Result<Records, Error> {
        let index = self.raw.index(index).map_err(failed(READING))?;
        let asked = index
            .get_all::<JsValue>()
            .with_query::<JsValue, _>(KeyRange::Only(index_value(value)))
            .primitive();
        Records::read(asked.map_err(failed(READING))?.await)
    }

    /// The keys of the records that have a value in an index.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn keys_of(&self, index: &str, value: &[&str]) -> Result<Vec<String>, Error> {
        let index = self.raw.index(index).map_err(failed(READING))?;
        let asked = index
            .get_all_keys::<String>()
            .with_query::<JsValue, _>(KeyRange::Only(index_value(value)))
            .primitive();
        let keys = asked.map_err(failed(READING))?.await;
        keys.and_then(Iterator::collect).map_err(failed(READING))
    }

    /// The keys in a range.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn keys(&self, range: Range<&str>) -> Result<Vec<String>, Error> {
        let asked = self
            .raw
            .get_all_keys::<String>()
            .with_query::<&str, _>(range)
            .primitive();
        let keys = asked.map_err(failed(READING))?.await;
        keys.and_then(Iterator::collect).map_err(failed(READING))
    }

    async fn value(&self, key: &str) -> Result<Option<JsValue>, Error> {
        let asked = self.raw.get::<JsValue, &str, _>(key).primitive();
        asked
            .map_err(failed(READING))?
            .await
            .map_err(failed(READING))
    }

    fn put_value(&self, value: JsValue) -> Result<(), Error> {
        let asked = self.raw.put(value).build();
        asked.map(drop).map_err(failed(WRITING))
    }
}

/// Records that were read together.
pub struct Records(Array);

/// The key of a record, of whatever type.
pub struct Key(JsValue);

impl Records {
    fn read(found: idb::Result<impl Iterator<Item = idb::Result<JsValue>>>) -> Result<Self, Error> {
        let found = found.and_then(Iterator::collect::<idb::Result<Array>>);
        found.map(Self).map_err(failed(READING))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.length() as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them as one JSON array.
    ///
    /// # Errors
    /// JSON cannot hold one of them; [`Self::each`] tells which.
    pub fn text(&self) -> Result<String, Error> {
        json::stringify(&self.0)
    }

    /// Each of them as JSON.
    pub fn each(&self) -> impl Iterator<Item = Result<String, Error>> {
        self.0.iter().map(|record| json::stringify(&record))
    }

    /// The key of the last one, which is in its member `key_path`.
    pub fn last_key(&self, key_path: &str) -> Option<Key> {
        let last = self.0.iter().next_back()?;
        let key = Reflect::get(&last, &key_path.into()).ok()?;
        Some(Key(key))
    }
}

fn index_value(value: &[&str]) -> JsValue {
    match value {
        [only] => (*only).into(),
        several => several
            .iter()
            .copied()
            .map(JsValue::from_str)
            .collect::<Array>()
            .into(),
    }
}
