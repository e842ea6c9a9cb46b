//! `allDocs`: ids alone, or documents that are fetched and queried here.

use super::Inner;
use super::document::Held;
use crate::address::encoded;
use crate::json::{list, taken};
use crate::limits::MAX_SCANNED;
use jio::endpoint::Failure;
use jio::{AllDocs, Collection, Document, Id};
use serde_json::{Value, json};

/// Rows asked for at once.
const PORTION: usize = 1_000;

impl Inner {
    pub(super) async fn all_docs(&self, options: &AllDocs) -> Result<Value, Failure> {
        let collection = self.collect(needs_documents(options)).await?;
        let rows = collection.all_docs(options);
        rows.map(|rows| json!(rows))
            .map_err(|error| Failure::new(error.status_code(), error.to_string()))
    }

    /// All documents, or all ids with empty ones, in portions: each begins with the last id of the one
    /// before, so that what comes and goes in between moves nothing.
    async fn collect(&self, with_documents: bool) -> Result<Collection, Failure> {
        let mut collection = Collection::default();
        let mut from: Option<String> = None;
        let mut count = 0;
        loop {
            let rows = self.portion(with_documents, from.as_deref()).await?;
            let is_last = rows.len() < PORTION;
            let last = rows
                .last()
                .and_then(|row| row["id"].as_str())
                .map(str::to_owned);
            if !is_last && (last.is_none() || last == from) {
                return Err(self.session.odd("rows that do not go on"));
            }
            count += rows.len();
            for row in rows {
                collection.extend(self.read_row(row, with_documents)?);
            }
            if is_last {
                return Ok(collection);
            }
            if count > MAX_SCANNED {
                let why = format!(
                    "CouchDB has more than {MAX_SCANNED} records, too many to be fetched for one query: replicate them, and query here"
                );
                return Err(Failure::new(413, why));
            }
            from = last;
        }
    }

    async fn portion(
        &self,
        with_documents: bool,
        from: Option<&str>,
    ) -> Result<Vec<Value>, Failure> {
        let mut path = format!("/_all_docs?limit={PORTION}");
        if with_documents {
            path.push_str("&include_docs=true");
        }
        if let Some(from) = from {
            path.push_str("&startkey=");
            path.push_str(&encoded(&json!(from).to_string()));
        }
        let response = self.session.ask(self.ask("GET", &path)).await?;
        if !(200..=299).contains(&response.status) {
            return Err(self.failure(&response));
        }
        let rows = list(taken(&mut self.session.read(&response)?, "rows"));
        rows.ok_or_else(|| self.session.odd("no rows"))
    }

    /// A record of a row; none for CouchDB's own documents.
    fn read_row(
        &self,
        mut row: Value,
        with_documents: bool,
    ) -> Result<Option<(Id, Document)>, Failure> {
        let id = row["id"].as_str().and_then(|id| Id::new(id).ok());
        let id = id.ok_or_else(|| self.session.odd("a row without an id"))?;
        if id.as_str().starts_with('_') {
            return Ok(None);
        }
        if !with_documents {
            return Ok(Some((id, Document::new())));
        }
        let document = taken(&mut row, "doc");
        if document.is_null() {
            return Ok(None); // Removed since the rows were listed.
        }
        Ok(Some((id, Held::read(document, &self.session)?.document)))
    }
}

/// Whether more than ids is asked for.
fn needs_documents(options: &AllDocs) -> bool {
    let asked = options.to_json();
    ["query", "sort_on", "select_list", "include_docs"]
        .iter()
        .any(|name| asked.get(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::tests::database;
    use super::*;
    use crate::scripted::{Scripted, block_on, reply};
    use jio::CAPACITIES;
    use jio::rpc::Call;
    use jio::storage::Storage;

    fn ask(http: &std::rc::Rc<Scripted>, options: Value) -> Result<Value, Failure> {
        let options = AllDocs::from_json(&options, CAPACITIES).unwrap();
        block_on(database(http).execute(Call::AllDocs(options)))
    }

    #[test]
    fn ids_alone_need_no_documents() {
        let rows = json!({ "rows": [
            { "id": "_design/x", "key": "_design/x", "value": { "rev": "1-a" } },
            { "id": "a", "value": {} }, { "id": "b", "value": {} },
        ] });
        let http = Scripted::new([reply(200, rows)]);
        let found = ask(&http, json!({ "limit": [1, 5] })).unwrap();
        assert_eq!(found["data"]["rows"], json!([{ "id": "b", "value": {} }]));
        assert_eq!(
            http.lines(),
            ["GET http://db.example/people/_all_docs?limit=1000"]
        );
    }

    #[test]
    fn queries_are_answered_over_the_documents() {
        let row = |id: &str, last: &str| json!({ "id": id, "doc": { "_id": id, "_rev": "1-a", "last": last } });
        let rows = json!({ "rows": [row("a", "Lovelace"), row("b", "Hopper"), { "id": "gone", "doc": null }] });
        let http = Scripted::new([reply(200, rows)]);
        let found = ask(
            &http,
            json!({ "query": "last:\"%OP%\"", "include_docs": true }),
        )
        .unwrap();
        assert_eq!(
            found["data"]["rows"],
            json!([{ "id": "b", "value": {}, "doc": { "last": "Hopper" } }])
        );
        assert_eq!(
            http.lines(),
            ["GET http://db.example/people/_all_docs?limit=1000&include_docs=true"]
        );
    }

    #[test]
    fn portions_begin_after_the_last_row_and_end_at_the_bound() {
        let portion = |from: usize, count: usize| {
            let rows: Vec<_> = (from..from + count)
                .map(|n| json!({ "id": format!("{n:06} é") }))
                .collect();
            reply(200, json!({ "rows": rows }))
        };
        let http = Scripted::new([portion(0, PORTION), portion(PORTION - 1, 2)]);
        let found = ask(&http, json!({})).unwrap();
        assert_eq!(found["data"]["total_rows"], PORTION + 1);
        let second =
            "GET http://db.example/people/_all_docs?limit=1000&startkey=%22000999%20%C3%A9%22";
        assert_eq!(http.lines()[1], second);

        let all = |count: usize| {
            let mut portions: Vec<_> = (0..count / PORTION)
                .map(|n| portion(n * (PORTION - 1), PORTION))
                .collect();
            portions.push(portion(count, 0));
            ask(&Scripted::new(portions), json!({})).map_err(|failure| failure.status_code)
        };
        assert!(all(MAX_SCANNED).is_ok());
        assert_eq!(all(MAX_SCANNED + PORTION), Err(Some(413)));
        // A server that gives the same rows for ever is asked twice.
        let http = Scripted::new([portion(0, PORTION), portion(0, PORTION)]);
        assert_eq!(ask(&http, json!({})).unwrap_err().status_code, Some(502));
    }
}
