//! An answer to `allDocs` that was given earlier, with writes that came since and that nobody who answers knows yet.
//!
//! What is not in the answer is not known here: a row that goes leaves its place empty, though a limit may have
//! kept out another one, and what belongs before the first row of a later portion is left out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::Error;
use crate::document::{Document, ID_KEY};
use crate::names::Id;
use crate::options::AllDocs;
use crate::plan::Plan;
use crate::schema::Schema;
use crate::sort::order;

/// The rows of an earlier answer as they are after some writes: `None` for what is removed. What is written stands
/// where the query puts it, marked `"waiting": true`; last, where the rows do not tell by what they are sorted.
///
/// # Errors
/// As [`Plan::new`] and [`Plan::run`].
pub fn amended(
    options: &AllDocs,
    mut rows: Vec<Value>,
    writes: &BTreeMap<Id, Option<Document>>,
) -> Result<Vec<Value>, Error> {
    let plan = Plan::new(options, &Schema::default())?;
    let ids: BTreeSet<&str> = writes.keys().map(Id::as_str).collect();
    rows.retain(|row| !ids.contains(id(row)));
    let known = rows.len();
    let written = writes
        .iter()
        .filter_map(|(id, document)| Some((id.as_str(), document.as_ref()?)));
    let matching = written.filter(|(id, document)| plan.matches(id, document));
    let added: Vec<(&str, &Document)> = matching.collect();
    let order = placed(options, &rows, &added)?;
    let skipped = match options.limit.is_from_start() {
        true => 0,
        false => order.iter().take_while(|at| **at >= known).count(),
    };
    let kept = options.limit.most().unwrap_or(usize::MAX);
    rows.extend(added.iter().map(|(id, document)| {
        let mut row = json!(plan.row(id, document));
        row["waiting"] = true.into();
        row
    }));
    let kept = order.into_iter().skip(skipped).take(kept);
    Ok(kept.map(|at| rows[at].take()).collect())
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap_or_default()
}

/// The order of rows and of what is added, whose numbers follow theirs.
fn placed(
    options: &AllDocs,
    rows: &[Value],
    added: &[(&str, &Document)],
) -> Result<Vec<usize>, Error> {
    let all = rows.len() + added.len();
    let is_told = |key: &str| {
        let mut selected = options.select_list.iter().flatten();
        options.include_docs || key == ID_KEY || selected.any(|known| known == key)
    };
    if added.is_empty() || !options.sort_on.iter().all(|key| is_told(&key.name)) {
        return Ok((0..all).collect());
    }
    let nothing = Map::new();
    let told = rows.iter().map(|row| {
        let content = row.get("doc").or_else(|| row.get("value"));
        (
            id(row),
            content.and_then(Value::as_object).unwrap_or(&nothing),
        )
    });
    let numbered = told.chain(added.iter().copied()).enumerate();
    let mut by_id: Vec<(usize, (&str, &Document))> = numbered.collect();
    by_id.sort_by(|(_, (one, _)), (_, (other, _))| one.encode_utf16().cmp(other.encode_utf16()));
    let documents: Vec<(&str, &Document)> = by_id.iter().map(|(_, row)| *row).collect();
    let (order, _) = order(&documents, &options.sort_on, &Schema::default(), 0..all)?;
    Ok(order.into_iter().map(|at| by_id[at].0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CAPACITIES, Collection, document};

    fn writes(all: Value) -> BTreeMap<Id, Option<Document>> {
        let all = all.as_object().unwrap().clone();
        all.into_iter()
            .map(|(id, written)| (Id::new(id).unwrap(), document(written).ok()))
            .collect()
    }

    fn options(asked: &Value) -> AllDocs {
        AllDocs::from_json(asked, CAPACITIES).unwrap()
    }

    /// What was answered before, amended.
    fn found(asked: Value, before: Value, written: Value) -> Vec<Value> {
        let collection: Collection = writes(before)
            .into_iter()
            .filter_map(|(id, document)| Some((id, document?)))
            .collect();
        let answer = json!(collection.all_docs(&options(&asked)).unwrap());
        let rows = answer["data"]["rows"].as_array().unwrap().clone();
        amended(&options(&asked), rows, &writes(written)).unwrap()
    }

    fn ids(rows: &[Value]) -> Vec<&str> {
        rows.iter().map(id).collect()
    }

    #[test]
    fn what_is_written_appears_where_the_query_puts_it_and_what_is_removed_goes() {
        let before = json!({ "a": { "n": 1 }, "c": { "n": 3 }, "e": { "n": 1 } });
        let written = json!({ "a": null, "b": { "n": 1 }, "d": { "n": 2 }, "e": { "n": 2 } });
        let rows = found(json!({ "query": "n:1" }), before.clone(), written.clone());
        assert_eq!(rows, [json!({ "id": "b", "value": {}, "waiting": true })]);
        let rows = found(
            json!({ "include_docs": true }),
            before.clone(),
            written.clone(),
        );
        assert_eq!(ids(&rows), ["b", "c", "d", "e"]);
        assert_eq!(
            rows[1],
            json!({ "id": "c", "value": {}, "doc": { "n": 3 } })
        );
        assert_eq!(rows[3]["doc"], json!({ "n": 2 }));
        let asked = json!({ "sort_on": [["n", "descending"]], "select_list": ["n"] });
        let rows = found(asked, before, written);
        assert_eq!(ids(&rows), ["c", "d", "e", "b"]);
    }

    #[test]
    fn a_limit_holds_and_what_belongs_before_a_later_portion_is_left_out() {
        let before = json!({ "b": { "n": 2 }, "d": { "n": 4 }, "f": { "n": 6 } });
        let written = json!({ "a": { "n": 1 }, "e": { "n": 5 } });
        let first = json!({ "limit": [0, 2] });
        assert_eq!(
            ids(&found(first, before.clone(), written.clone())),
            ["a", "b"]
        );
        let later = json!({ "limit": [1, 2] });
        assert_eq!(
            ids(&found(later, before.clone(), written.clone())),
            ["d", "e"]
        );
        let none = json!({ "limit": [0, 0.5] });
        assert!(found(none, before, written).is_empty());
    }

    #[test]
    fn rows_that_do_not_tell_their_order_come_before_what_is_written() {
        let before = json!({ "a": { "n": 9 }, "b": { "n": 1 } });
        let asked = json!({ "sort_on": [["n", "ascending"]] });
        let rows = found(asked, before, json!({ "0": { "n": 0 } }));
        assert_eq!(ids(&rows), ["b", "a", "0"]);
    }

    #[test]
    fn odd_rows_do_no_harm() {
        let rows = vec![json!(null), json!({ "id": 1 }), json!({ "id": "a" })];
        let all = options(&json!({ "include_docs": true, "sort_on": [["n", "ascending"]] }));
        let rows = amended(&all, rows, &writes(json!({ "b": { "n": 1 } }))).unwrap();
        assert_eq!(rows.len(), 4);
    }
}
