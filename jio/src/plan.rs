//! Options compiled once and run over documents: filter, sort, limit, select.

use crate::Error;
use crate::document::Document;
use crate::limit::Limit;
use crate::matching::Matcher;
use crate::options::AllDocs;
use crate::rows::{Row, Rows};
use crate::schema::Schema;
use crate::sort::{SortKey, sort};

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
        let kept = sort(matching, &self.sort_on, &self.schema, window)?;
        Ok(Rows::new(
            kept.iter()
                .map(|(id, document)| self.row(id, document))
                .collect(),
        ))
    }

    fn row<'a>(&self, id: &'a str, document: &'a Document) -> Row<'a> {
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
