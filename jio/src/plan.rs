//! Options compiled once and run over documents: filter, sort, limit, select.

use std::ops::Range;

use crate::Error;
use crate::document::Document;
use crate::limit::Limit;
use crate::matching::Matcher;
use crate::names::Id;
use crate::options::AllDocs;
use crate::rows::{Row, Rows};
use crate::schema::Schema;
use crate::sort::{SortKey, order, sort};

/// Options ready to be run, any number of times.
///
/// ```
/// use jio::{AllDocs, CAPACITIES, Plan, Schema, document};
/// use serde_json::json;
///
/// let ada = document(json!({ "first": "Ada", "last": "Lovelace" }))?;
/// let grace = document(json!({ "first": "Grace", "last": "Hopper" }))?;
/// let options = json!({ "query": r#"last:"%o%""#, "sort_on": [["last", "ascending"]] });
///
/// let plan = Plan::new(&AllDocs::from_json(&options, CAPACITIES)?, &Schema::default())?;
/// let rows = plan.run([("1", &ada), ("2", &grace)])?;
/// assert_eq!(rows.rows().iter().map(|row| row.id).collect::<Vec<_>>(), ["2", "1"]);
/// # Ok::<(), jio::Error>(())
/// ```
#[derive(Debug)]
pub struct Plan {
    matcher: Matcher,
    sort_on: Vec<SortKey>,
    limit: Limit,
    select_list: Option<Vec<String>>,
    include_docs: bool,
    schema: Schema,
}

impl Plan {
    /// Compiles options for documents of a schema.
    ///
    /// # Errors
    /// [`Error::Matching`] when a term of the query cannot be compiled.
    pub fn new(options: &AllDocs, schema: &Schema) -> Result<Self, Error> {
        Ok(Self {
            matcher: Matcher::new(&options.query, schema)?,
            sort_on: options.sort_on.clone(),
            limit: options.limit,
            select_list: options.select_list.clone(),
            include_docs: options.include_docs,
            schema: schema.clone(),
        })
    }

    /// Whether a document satisfies the query; the other options play no part.
    pub fn matches(&self, id: &str, document: &Document) -> bool {
        self.matcher.matches(id, document)
    }

    /// Runs the plan over documents, given in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Sort`] when rows are compared that cannot be: by a direction that is none, or by a
    /// date that is none.
    pub fn run<'a>(
        &self,
        documents: impl IntoIterator<Item = (&'a str, &'a Document)>,
    ) -> Result<Rows<'a>, Error> {
        let matching = documents
            .into_iter()
            .filter(|(id, document)| self.matches(id, document));
        let matching: Vec<_> = matching.collect();
        let window = self.limit.window(matching.len());
        let kept = sort(&matching, &self.sort_on, &self.schema, window)?;
        Ok(Rows::new(
            kept.iter()
                .map(|(id, document)| self.row(id, document))
                .collect(),
        ))
    }

    /// Whether it keeps every match, in the order of ids.
    pub(crate) fn is_whole(&self) -> bool {
        self.sort_on.is_empty() && self.limit == Limit::default()
    }

    /// How many rows at most play a part, those that are left out at the start included. `None`: that
    /// depends on how many match.
    pub(crate) fn end(&self) -> Option<usize> {
        self.limit.end()
    }

    /// The ids of all rows up to the last one to keep, or of all where that depends on their number; the places
    /// of those to keep; and whether any two rows by themselves tell their order.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub(crate) fn head<'a>(
        &self,
        documents: impl Iterator<Item = (&'a Id, &'a Document)>,
    ) -> Result<(Vec<&'a Id>, Range<usize>, bool), Error> {
        let matching: Vec<_> = documents
            .filter(|(id, document)| self.matches(id.as_str(), document))
            .collect();
        let window = self.limit.window(matching.len());
        let rows: Vec<_> = matching
            .iter()
            .map(|(id, doc)| (id.as_str(), *doc))
            .collect();
        let end = self.end().map_or(rows.len(), |_| window.end);
        let (order, is_total) = order(&rows, &self.sort_on, &self.schema, 0..end)?;
        let ids = order.into_iter().map(|at| matching[at].0).collect();
        Ok((ids, window, is_total))
    }

    /// Whether a row certainly comes after another one.
    pub(crate) fn is_beyond(&self, last: (&Id, &Document), row: (&Id, &Document)) -> bool {
        let mut pair = [last, row];
        pair.sort_by_key(|(id, _)| *id);
        let order = order(
            &pair.map(|(id, doc)| (id.as_str(), doc)),
            &self.sort_on,
            &self.schema,
            0..2,
        );
        order.is_ok_and(|(order, is_total)| is_total && pair[order[1]].0 == row.0)
    }

    pub(crate) fn row<'a>(&self, id: &'a str, document: &'a Document) -> Row<'a> {
        let keys = self.select_list.iter().flatten();
        let found = keys.filter_map(|key| document.get_key_value(key));
        let value = found.map(|(key, value)| (key.as_str(), value)).collect();
        Row {
            id,
            value,
            doc: self.include_docs.then_some(document),
        }
    }
}
