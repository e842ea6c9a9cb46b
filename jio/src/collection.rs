//! Documents in memory, in the order IndexedDB keeps them: the master's copy of what is stored.

use std::collections::BTreeMap;

use crate::Error as Failure;
use crate::document::Document;
use crate::names::Id;
use crate::options::AllDocs;
use crate::plan::Plan;
use crate::rows::Rows;
use crate::schema::Schema;

/// Why a document cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no document of this id.
    #[error("Cannot find document: {0}")]
    Missing(String),
}

/// Documents by id, in the order of UTF-16 code units.
///
/// ```
/// use jio::{AllDocs, CAPACITIES, Collection, Id, document};
/// use serde_json::json;
///
/// let mut people = Collection::default();
/// people.put(Id::new("ada")?, document(json!({ "first": "Ada", "last": "Lovelace" }))?);
/// people.put(Id::new("grace")?, document(json!({ "first": "Grace", "last": "Hopper" }))?);
///
/// let asked = json!({ "query": "hopper", "select_list": ["first"] });
/// let rows = people.all_docs(&AllDocs::from_json(&asked, CAPACITIES)?)?;
/// let row = json!({ "id": "grace", "value": { "first": "Grace" } });
/// assert_eq!(
///     serde_json::to_value(rows).unwrap(),
///     json!({ "data": { "rows": [row], "total_rows": 1 } }),
/// );
/// # Ok::<(), jio::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collection {
    documents: BTreeMap<Id, Document>,
    schema: Schema,
}

impl Collection {
    /// An empty collection whose documents have typed keys.
    pub fn with_schema(schema: Schema) -> Self {
        Self {
            documents: BTreeMap::new(),
            schema,
        }
    }

    /// Stores a document, replacing the whole of the one that was there, which it returns.
    pub fn put(&mut self, id: Id, document: Document) -> Option<Document> {
        self.documents.insert(id, document)
    }

    /// The document of an id.
    ///
    /// # Errors
    /// [`Error::Missing`] (404).
    pub fn get(&self, id: &Id) -> Result<&Document, Error> {
        self.documents
            .get(id)
            .ok_or_else(|| Error::Missing(id.to_string()))
    }

    /// Takes a document out. Nothing happens when it is not there.
    pub fn remove(&mut self, id: &Id) -> Option<Document> {
        self.documents.remove(id)
    }

    /// Whether there is a document of this id.
    pub fn contains(&self, id: &Id) -> bool {
        self.documents.contains_key(id)
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// All documents, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Document)> {
        self.documents.iter()
    }

    /// Compiles options for these documents.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub(crate) fn plan(&self, options: &AllDocs) -> Result<Plan, Failure> {
        Plan::new(options, &self.schema)
    }

    /// Answers `allDocs`.
    ///
    /// # Errors
    /// As [`Plan::new`] and [`Plan::run`].
    pub fn all_docs(&self, options: &AllDocs) -> Result<Rows<'_>, Failure> {
        let documents = self
            .documents
            .iter()
            .map(|(id, document)| (id.as_str(), document));
        self.plan(options)?.run(documents)
    }
}

/// Adds documents, replacing those of the same ids.
impl Extend<(Id, Document)> for Collection {
    fn extend<T: IntoIterator<Item = (Id, Document)>>(&mut self, documents: T) {
        self.documents.extend(documents);
    }
}

impl FromIterator<(Id, Document)> for Collection {
    fn from_iter<T: IntoIterator<Item = (Id, Document)>>(documents: T) -> Self {
        Self {
            documents: documents.into_iter().collect(),
            schema: Schema::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    #[test]
    fn documents_are_replaced_found_and_removed() {
        let mut collection = Collection::default();
        let full: Document = [("a".to_owned(), 1.into())].into_iter().collect();
        assert_eq!(collection.put(id("x"), full.clone()), None);
        assert_eq!(collection.put(id("x"), Document::new()), Some(full));
        assert_eq!(collection.get(&id("x")), Ok(&Document::new()));
        assert_eq!(collection.remove(&id("x")), Some(Document::new()));
        assert_eq!(collection.remove(&id("x")), None);
        assert_eq!(
            collection.get(&id("x")),
            Err(Error::Missing("x".to_owned()))
        );
    }

    #[test]
    fn order_is_that_of_indexeddb() {
        let ids = ["ａ", "😀", "z", "9", "10"];
        let collection: Collection = ids
            .map(|text| (id(text), Document::new()))
            .into_iter()
            .collect();
        let found: Vec<_> = collection.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(found, ["10", "9", "z", "😀", "ａ"]);
    }
}
