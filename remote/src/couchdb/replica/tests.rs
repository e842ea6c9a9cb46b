use super::super::tests::{database, document, id};
use super::*;
use crate::scripted::{Scripted, block_on, reply};

const STUBS: &str = r#"{"a":{"digest":"md5-x","stub":true}}"#;

fn write(name: &str, base: Option<&str>, wanted: Option<Value>) -> Write {
    Write {
        id: id(name),
        base: base.map(|text| Revision(text.to_owned())),
        document: wanted.map(document),
        is_again: false,
    }
}

fn stored(name: &str, revision: &str) -> Written {
    Written::Stored {
        id: id(name),
        revision: Revision(revision.to_owned()),
    }
}

#[test]
fn changes_are_read_with_their_documents_and_the_place_after_them() {
    let results = json!([
        { "seq": "1-x", "id": "a", "doc": { "_id": "a", "_rev": "2-b", "last": "Hopper" } },
        { "seq": "2-x", "id": "_design/q", "doc": { "_id": "_design/q", "_rev": "1-a" } },
        { "seq": "3-x", "id": "b", "deleted": true, "doc": { "_id": "b", "_rev": "3-c", "_deleted": true } },
        { "seq": "4-x", "id": "c", "doc": { "_id": "c", "_rev": "1-a", "_attachments": { "a": { "digest": "md5-x", "data": "…" } } } },
    ]);
    let state = |revision: &str, kept: Option<Value>| State {
        revision: Revision(revision.to_owned()),
        document: kept.map(document),
    };
    let table = [
        (json!("9-y"), json!(1), "9-y", false),
        (json!(9), json!(0), "9", true),
        (json!("9-y"), Value::Null, "9-y", true),
    ];
    for (last_seq, pending, cursor, is_last) in table {
        let body = json!({ "results": results, "last_seq": last_seq, "pending": pending });
        let http = Scripted::new([reply(200, body)]);
        let since = Cursor("4-g1AA+/".to_owned());
        let changes = block_on(database(&http).changes(Some(&since))).unwrap();
        assert_eq!(
            http.lines(),
            [
                "GET http://db.example/people/_changes?include_docs=true&limit=200&since=4-g1AA%2B%2F"
            ]
        );
        assert_eq!(
            (changes.cursor.0.as_str(), changes.is_last),
            (cursor, is_last)
        );
        let expected = vec![
            (id("a"), state("2-b", Some(json!({ "last": "Hopper" })))),
            (id("b"), state("3-c", None)),
            (id("c"), state(&format!("1-a\n{STUBS}"), Some(json!({})))),
        ];
        assert_eq!(changes.changes, expected);
    }
}

#[test]
fn a_feed_that_is_none_or_does_not_go_on_is_not_taken() {
    let ends = |body: Value| {
        let http = Scripted::new([reply(200, body)]);
        block_on(database(&http).changes(None))
            .unwrap_err()
            .status_code
    };
    assert_eq!(ends(json!({})), Some(502));
    assert_eq!(ends(json!({ "results": [] })), Some(502));
    assert_eq!(
        ends(json!({ "results": [], "last_seq": 1, "pending": 5 })),
        Some(502)
    );
    assert_eq!(
        ends(json!({ "results": [{ "id": "a" }], "last_seq": 1 })),
        Some(502)
    );
}

#[test]
fn writes_go_together_with_their_revisions_and_what_stands_for_attachments() {
    let told = json!([{ "id": "a", "rev": "1-a" }, { "id": "b", "rev": "3-c" }, { "id": "c", "rev": "4-d" }]);
    let http = Scripted::new([reply(201, told)]);
    let based = format!("2-b\n{STUBS}");
    let writes = vec![
        write("a", None, Some(json!({ "x": 1 }))),
        write("b", Some(&based), Some(json!({}))),
        write("c", Some(&based), None),
    ];
    let written = block_on(database(&http).write(writes)).unwrap();
    assert_eq!(
        written,
        [
            stored("a", "1-a"),
            stored("b", &format!("3-c\n{STUBS}")),
            stored("c", "4-d")
        ]
    );
    let asked = http.asked();
    assert_eq!(asked[0].url, "http://db.example/people/_bulk_docs");
    let sent: Value = serde_json::from_slice(&asked[0].body).unwrap();
    let attachments: Value = serde_json::from_str(STUBS).unwrap();
    let expected = json!({ "docs": [
        { "x": 1, "_id": "a" },
        { "_id": "b", "_rev": "2-b", "_attachments": attachments },
        { "_id": "c", "_rev": "2-b", "_deleted": true },
    ] });
    assert_eq!(sent, expected);
}

#[test]
fn a_conflict_tells_what_is_there_unless_that_is_what_was_wanted() {
    let conflict = |name: &str| json!({ "id": name, "error": "conflict", "reason": "Document update conflict." });
    let told = Value::Array(
        ["other", "same", "gone", "gone too", "back"]
            .map(conflict)
            .into(),
    );
    let rows = json!({ "rows": [
        { "id": "other", "doc": { "_id": "other", "_rev": "5-e", "x": 2 } },
        { "id": "same", "doc": { "_id": "same", "_rev": "6-f", "x": 1.0 } },
        { "id": "gone", "value": { "deleted": true, "rev": "7-g" }, "doc": null },
        { "key": "gone too", "error": "not_found" },
        { "id": "back", "doc": { "_id": "back", "_rev": "8-h" } },
    ] });
    let http = Scripted::new([reply(201, told), reply(200, rows)]);
    let one = || Some(json!({ "x": 1 }));
    let writes = vec![
        write("other", Some("1-a"), one()),
        write("same", Some("1-a"), one()),
        write("gone", Some("1-a"), one()),
        write("gone too", Some("1-a"), None),
        write("back", Some("1-a"), None),
    ];
    let written = block_on(database(&http).write(writes)).unwrap();
    let there = |revision: &str, kept: Value| {
        let (revision, document) = (Revision(revision.to_owned()), Some(document(kept)));
        Written::Conflict(Some(State { revision, document }))
    };
    let expected = [
        there("5-e", json!({ "x": 2 })),
        stored("same", "6-f"),
        Written::Conflict(None),
        stored("gone too", REMOVED),
        there("8-h", json!({})),
    ];
    assert_eq!(written, expected);
    assert_eq!(
        http.lines()[1],
        "POST http://db.example/people/_all_docs?include_docs=true"
    );
}

#[test]
fn what_couchdb_refuses_or_would_refuse_is_refused_by_itself() {
    let told =
        json!([{ "id": "b", "error": "forbidden", "reason": "no" }, { "id": "c", "rev": "1-a" }]);
    let http = Scripted::new([reply(201, told)]);
    let writes = vec![
        write("_a", None, Some(json!({}))),
        write("b", None, Some(json!({}))),
        write("c", None, Some(json!({}))),
        write("d", None, Some(json!({ "_rev": 1 }))),
    ];
    let written = block_on(database(&http).write(writes)).unwrap();
    let status = |written: &Written| match written {
        Written::Refused(failure) => failure.status_code,
        Written::Stored { .. } | Written::Conflict(_) | Written::Unknown(_) => None,
    };
    assert_eq!(
        written.iter().map(status).collect::<Vec<_>>(),
        [Some(400), Some(403), None, Some(400)]
    );
}

#[test]
fn a_cut_before_any_answer_fails_and_after_some_leaves_the_rest_unknown() {
    let writes = || {
        vec![
            write("a", None, Some(json!({}))),
            write("b", None, Some(json!({}))),
        ]
    };
    let cut = block_on(database(&Scripted::new([])).write(writes()));
    assert_eq!(cut.unwrap_err().status_code, Some(503));
    let told = json!([{ "id": "a", "rev": "1-a" }, { "id": "b", "error": "conflict" }]);
    let written = block_on(database(&Scripted::new([reply(201, told)])).write(writes())).unwrap();
    assert_eq!(written[0], stored("a", "1-a"));
    assert!(matches!(written[1], Written::Unknown(_)));
}

#[test]
fn what_was_removed_and_is_written_again_names_no_revision() {
    let http = Scripted::new([reply(201, json!([{ "id": "a", "rev": "3-c" }]))]);
    let writes = vec![write("a", Some(REMOVED), Some(json!({})))];
    assert_eq!(
        block_on(database(&http).write(writes)).unwrap(),
        [stored("a", "3-c")]
    );
    let sent: Value = serde_json::from_slice(&http.asked()[0].body).unwrap();
    assert_eq!(sent, json!({ "docs": [{ "_id": "a" }] }));
}

#[test]
fn one_record_is_read_as_it_is() {
    let body = |doc: Value| json!({ "rows": [{ "id": "a", "doc": doc }] });
    let read = |doc: Value| {
        let http = Scripted::new([reply(200, body(doc))]);
        let state = block_on(database(&http).read(&id("a"))).unwrap();
        assert_eq!(http.lines().len(), 1);
        state
    };
    let state = read(json!({ "_id": "a", "_rev": "2-b", "last": "Hopper" })).unwrap();
    assert_eq!(state.revision, Revision("2-b".to_owned()));
    assert_eq!(state.document, Some(document(json!({ "last": "Hopper" }))));
    assert_eq!(read(Value::Null), None);
    assert_eq!(
        read(json!({ "_id": "a", "_rev": "3-c", "_deleted": true })),
        None
    );
}
