//! The golden cases: what jIO 3.45 answers, and what we answer where it fails.

mod common;

use common::{Vectors, answer, found_ids};

const CASES: &str = include_str!("data/jio-query-vectors.json");

fn vectors() -> Vectors {
    Vectors::read(CASES).expect("the file has its format")
}

#[test]
fn all_cases_pass() {
    let report = vectors().run();
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    assert_eq!(report.passed, 626);
}

/// What the deviations listed in the crate's documentation make of the values that crash jIO.
#[test]
fn values_that_crash_jio_match_nothing() {
    let vectors = vectors();
    let table: [(&str, &[&str]); 12] = [
        ("ord: array first element", &["d03", "d05"]),
        ("ord: array first element 2", &["d01", "d02", "d06", "d07"]),
        ("null: querying a key holding null fails", &["d48"]),
        ("null: not equal fails too", &[]),
        ("null: ordering fails too", &["d48"]),
        ("null: wildcard fails too", &["d48"]),
        ("null: evaluation order matters", &[]),
        ("arr: ordering on an empty array fails", &[]),
        ("json: null value fails", &[]),
        (
            "own: array holding null before a match fails",
            &["x01", "x02"],
        ),
        ("own: full text over an array holding null fails", &["x02"]),
        ("own: content null fails", &["x02"]),
    ];
    for (name, ids) in table {
        let case = vectors
            .cases
            .iter()
            .find(|case| case.name == name)
            .expect(name);
        let documents = case.documents.as_ref().unwrap_or(&vectors.documents);
        let rows = answer(&case.options, documents, None).expect(name);
        assert_eq!(found_ids(&rows), ids, "{name}");
    }
}

#[test]
fn other_files_are_refused() {
    for text in ["", "[]", "{}", r#"{"documents":[],"cases":[{"name":"x"}]}"#] {
        assert!(Vectors::read(text).is_err(), "{text}");
    }
}
