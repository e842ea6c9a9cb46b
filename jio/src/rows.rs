//! The answer to `allDocs`, borrowed from the documents until it is written.

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::Value;

use crate::document::Document;

/// The rows of an answer. As JSON it is what `allDocs` resolves with:
/// `{"data":{"rows":[…],"total_rows":n}}`, where `total_rows` counts the rows that are there.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<'a> {
    rows: Vec<Row<'a>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(rows: Vec<Row<'a>>) -> Self {
        Self { rows }
    }

    /// The rows themselves, what a storage's `buildQuery` returns.
    pub fn rows(&self) -> &[Row<'a>] {
        &self.rows
    }
}

/// One document of an answer. As JSON: `{"id","value","doc"?}`.
///
/// deviates: without `include_docs` there is no `doc`, where jIO's `query` storage writes an empty
/// one.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// The document's id.
    pub id: &'a str,
    /// The selected properties, in the order of `select_list`.
    pub value: Vec<(&'a str, &'a Value)>,
    /// The document, when `include_docs` asked for it.
    pub doc: Option<&'a Document>,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Data<'r> {
            rows: &'r [Row<'r>],
            total_rows: usize,
        }
        let mut envelope = serializer.serialize_struct("Rows", 1)?;
        envelope.serialize_field(
            "data",
            &Data {
                rows: &self.rows,
                total_rows: self.rows.len(),
            },
        )?;
        envelope.end()
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Selected<'r>(&'r [(&'r str, &'r Value)]);
        impl Serialize for Selected<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().copied())
            }
        }
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("id", self.id)?;
        row.serialize_entry("value", &Selected(&self.value))?;
        if let Some(document) = self.doc {
            row.serialize_entry("doc", document)?;
        }
        row.end()
    }
}
