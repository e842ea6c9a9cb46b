//! Runs files of golden query cases (`"format": "jio-query-vectors/1"`). Shared by the test and by
//! the example, which has it by path.

use std::collections::BTreeSet;

use jio::{AllDocs, Collection, Error, Id, Kind, QUERY_STORAGE_CAPACITIES, Query, Schema};
use serde::Deserialize;
use serde_json::Value;

/// A file of cases.
#[derive(Deserialize)]
pub(crate) struct Vectors {
    pub(crate) documents: Vec<Stored>,
    pub(crate) cases: Vec<Case>,
    #[serde(default)]
    pub(crate) parse_cases: Vec<ParseCase>,
    #[serde(default)]
    pub(crate) text_cases: Vec<TextCase>,
}

/// A document of a case. One that is no plain object cannot be stored and is left out.
#[derive(Deserialize, Clone)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) doc: Value,
}

/// One call of `allDocs` and what jIO answers.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) options: Value,
    pub(crate) documents: Option<Vec<Stored>>,
    pub(crate) schema: Option<Value>,
    pub(crate) expect: Answer,
    pub(crate) expect_stateless: Option<Answer>,
    #[serde(default)]
    pub(crate) quirks: BTreeSet<Quirk>,
}

/// What jIO answers: rows or an error.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Failed {
        error: Failed,
    },
    Rows {
        ids: Vec<String>,
        values: Option<Vec<Value>>,
    },
}

/// An error of jIO. Its message is not compared.
#[derive(Deserialize)]
pub(crate) struct Failed {
    pub(crate) kind: String,
    pub(crate) status_code: Option<u16>,
}

/// A peculiarity of jIO that a case depends on.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Quirk {
    /// `expect_stateless` is the answer to compare with.
    PercentState,
    /// A value makes the whole query fail; succeeding is a listed deviation of ours.
    CrashOnValue,
    /// The order of the rows is not defined.
    InconsistentOrder,
    /// Names of `Object.prototype` never match as keys.
    PrototypeKeys,
    /// One that changes nothing here.
    #[serde(other)]
    Other,
}

/// A query text and its JSON form, or an error.
#[derive(Deserialize)]
pub(crate) struct ParseCase {
    pub(crate) query: String,
    pub(crate) ast: Option<Value>,
    pub(crate) error: Option<String>,
}

/// A JSON query and its text.
#[derive(Deserialize)]
pub(crate) struct TextCase {
    pub(crate) query: Value,
    pub(crate) text: String,
}

/// What came of a file.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) passed: usize,
    /// One line for each case that failed.
    pub(crate) failures: Vec<String>,
}

impl Report {
    fn add(&mut self, name: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(why) => self.failures.push(format!("{name}: {why}")),
        }
    }
}

impl Vectors {
    /// Reads the text of a file.
    pub(crate) fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Runs all cases.
    pub(crate) fn run(&self) -> Report {
        let mut report = Report::default();
        for case in &self.cases {
            report.add(&case.name, case.run(&self.documents));
        }
        for case in &self.parse_cases {
            report.add(&format!("parse {:?}", case.query), case.run());
        }
        for case in &self.text_cases {
            report.add(&format!("text of {}", case.query), case.run());
        }
        report
    }
}

impl Case {
    fn run(&self, default_documents: &[Stored]) -> Result<(), String> {
        let expected = self.expect_stateless.as_ref().unwrap_or(&self.expect);
        let documents = self.documents.as_deref().unwrap_or(default_documents);
        match (
            expected,
            answer(&self.options, documents, self.schema.as_ref()),
        ) {
            (Answer::Rows { ids, values }, Ok(rows)) => {
                self.compare_rows(ids, values.as_deref(), &rows)
            }
            (Answer::Rows { .. }, Err(error)) => Err(format!("failed: {error}")),
            (Answer::Failed { error }, Err(found)) => compare_errors(error, &found),
            (Answer::Failed { .. }, Ok(_)) if self.quirks.contains(&Quirk::CrashOnValue) => Ok(()),
            (Answer::Failed { error }, Ok(rows)) => Err(format!(
                "expected a {} error, found {:?}",
                error.kind,
                found_ids(&rows)
            )),
        }
    }

    fn compare_rows(
        &self,
        ids: &[String],
        values: Option<&[Value]>,
        rows: &[Value],
    ) -> Result<(), String> {
        let nothing = Value::Object(Default::default());
        let expected_values = values.map(|values| values.iter().collect());
        let mut expected: Vec<(&str, &Value)> = ids
            .iter()
            .map(String::as_str)
            .zip(expected_values.unwrap_or_else(|| vec![&nothing; ids.len()]))
            .collect();
        let mut found: Vec<(&str, &Value)> = rows
            .iter()
            .map(|row| (row["id"].as_str().unwrap_or("?"), &row["value"]))
            .collect();
        if self.quirks.contains(&Quirk::InconsistentOrder) {
            expected.sort_by_key(|(id, _)| *id);
            found.sort_by_key(|(id, _)| *id);
        }
        let is_same = expected.len() == ids.len()
            && expected.len() == found.len()
            && expected
                .iter()
                .zip(&found)
                .all(|(a, b)| a.0 == b.0 && same(a.1, b.1));
        if is_same {
            Ok(())
        } else {
            Err(format!("expected {expected:?}, found {found:?}"))
        }
    }
}

/// The rows of `allDocs` as JSON.
pub(crate) fn answer(
    options: &Value,
    documents: &[Stored],
    schema: Option<&Value>,
) -> Result<Vec<Value>, Error> {
    let schema = schema.map_or(Ok(Schema::default()), Schema::from_json)?;
    let mut collection = Collection::with_schema(schema);
    for Stored { id, doc } in documents {
        if let Value::Object(document) = doc {
            collection.put(Id::new(id.as_str())?, document.clone());
        }
    }
    let options = AllDocs::from_json(options, QUERY_STORAGE_CAPACITIES)?;
    let rows = collection.all_docs(&options)?;
    Ok(rows
        .rows()
        .iter()
        .map(|row| serde_json::to_value(row).expect("rows are JSON"))
        .collect())
}

/// The ids of rows.
pub(crate) fn found_ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

fn compare_errors(expected: &Failed, found: &Error) -> Result<(), String> {
    let kind = match found.kind() {
        Kind::Parse => "parse",
        Kind::Jio => "jio",
        Kind::Type => "type",
        Kind::Range => "range",
    };
    let status = expected.status_code.filter(|_| expected.kind == "jio");
    if kind == expected.kind && status.is_none_or(|status| status == found.status_code()) {
        return Ok(());
    }
    Err(format!(
        "expected a {} error, found a {kind} error: {found}",
        expected.kind
    ))
}

impl ParseCase {
    fn run(&self) -> Result<(), String> {
        match (Query::parse(&self.query), &self.error) {
            (Err(_), Some(_)) => Ok(()),
            (Err(error), None) => Err(format!("failed: {error}")),
            (Ok(query), Some(_)) => Err(format!("expected an error, found {}", query.to_json())),
            (Ok(query), None) => {
                let expected = self.ast.clone().unwrap_or_default();
                match query.to_json() {
                    found if same(&found, &expected) => Ok(()),
                    found => Err(format!("expected {expected}, found {found}")),
                }
            }
        }
    }
}

impl TextCase {
    fn run(&self) -> Result<(), String> {
        match jio::search_text(&self.query) {
            Ok(text) if text == self.text => Ok(()),
            other => Err(format!("expected {:?}, found {other:?}", self.text)),
        }
    }
}

/// Equality of JSON as JavaScript has it: all numbers are doubles.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, a)| right.get(key).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}
