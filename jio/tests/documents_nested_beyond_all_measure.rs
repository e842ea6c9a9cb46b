//! Documents are walked without recursion, so that no nesting of theirs ends the program.

use jio::{AllDocs, CAPACITIES, Document, Plan, Schema};
use serde_json::{Value, json};

const LEVELS: usize = 20_000;

/// An array in an array in an array; its text is that of the innermost value.
fn nested(core: Value) -> Value {
    (0..LEVELS).fold(core, |inner, _| Value::Array(vec![inner]))
}

/// Dropping such a value recurses, so take it apart by hand.
fn take_apart(value: Option<Value>) {
    let mut value = value;
    while let Some(Value::Array(mut list)) = value {
        value = list.pop();
    }
}

#[test]
fn deep_arrays_are_searched_compared_and_sorted() {
    let mut document = Document::new();
    document.insert("k".to_owned(), nested(json!("needle")));
    let queries = [
        "k:needle",
        "k:\"%eed%\"",
        "k:>=needle",
        "needle",
        "NOT k:hay",
    ];
    for query in queries {
        let options = json!({ "query": query, "sort_on": [["k", "ascending"]] });
        let options = AllDocs::from_json(&options, CAPACITIES).unwrap();
        let plan = Plan::new(&options, &Schema::default()).unwrap();
        let rows = plan.run([("1", &document), ("2", &document)]).unwrap();
        assert_eq!(rows.rows().len(), 2, "{query}");
    }
    take_apart(document.remove("k"));
}
