//! Each request that is made and each reply that is read, by table.

use super::*;
use crate::scripted::{Scripted, block_on, reply};
use jio::Name;
use jio::rpc::{Call, Content};
use jio::storage::Storage;
use serde_json::json;
use std::rc::Rc;

pub(super) fn database(http: &Rc<Scripted>) -> CouchDb {
    let address = Address::new("http://db.example/people/").unwrap();
    CouchDb::new(http.clone(), address, Credentials::basic("ada", "x"))
}

pub(super) fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

pub(super) fn document(value: Value) -> Document {
    jio::document(value).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn gone() -> Response {
    reply(404, json!({ "error": "not_found", "reason": "deleted" }))
}

fn held(rev: &str) -> Response {
    let attachments =
        json!({ "a.txt": { "stub": true, "digest": "md5-x", "revpos": 2, "length": 3 } });
    reply(
        200,
        json!({ "_id": "x", "_rev": rev, "_attachments": attachments, "last": "Hopper" }),
    )
}

/// What a call comes to over these replies, what was asked, and with which bodies.
fn run(
    call: Call,
    replies: Vec<Response>,
) -> (Result<Value, Option<u16>>, Vec<String>, Vec<Value>) {
    let http = Scripted::new(replies);
    let answer = block_on(database(&http).execute(call)).map_err(|failure| failure.status_code);
    let asked = http.asked();
    assert!(
        asked
            .iter()
            .all(|request| request.credentials.header().is_some())
    );
    let line = |request: &crate::http::Request| {
        format!(
            "{} {}",
            request.method,
            request
                .url
                .strip_prefix("http://db.example/people")
                .unwrap()
        )
    };
    let body =
        |request: &crate::http::Request| serde_json::from_slice(&request.body).unwrap_or_default();
    (
        answer,
        asked.iter().map(line).collect(),
        asked.iter().map(body).collect(),
    )
}

/// A call, the replies it gets, what it comes to, and what is asked.
type Case<'a> = (Call, Vec<Response>, Result<Value, u16>, &'a [&'a str]);

#[test]
fn calls_become_requests_and_replies_answers() {
    let full = || document(json!({ "first": "Ada" }));
    let text = || Content::Text {
        text: "hey".to_owned(),
        content_type: "text/plain".to_owned(),
    };
    let ok = || reply(201, json!({ "ok": true, "id": "new", "rev": "1-a" }));
    let conflict = || {
        reply(
            409,
            json!({ "error": "conflict", "reason": "Document update conflict." }),
        )
    };
    let long = || Call::Get(id("é/b c"));
    #[rustfmt::skip]
    let table: Vec<Case> = vec![
        (Call::Get(id("x")), vec![held("2-b")], Ok(json!({ "last": "Hopper" })), &["GET /x"]),
        (long(), vec![gone()], Err(404), &["GET /%C3%A9%2Fb%20c"]),
        (Call::Get(id("_design/x")), vec![], Err(400), &[]),
        (Call::Get(id("x")), vec![], Err(503), &["GET /x"]),
        (Call::Get(id("x")), vec![reply(200, json!({ "_id": "x" }))], Err(502), &["GET /x"]),
        (Call::Get(id("x")), vec![reply(404, json!({ "error": "not_found", "reason": "Database does not exist." }))], Err(404), &["GET /x"]),
        (Call::Post(full()), vec![ok()], Ok(json!("new")), &["POST "]),
        (Call::Post(full()), vec![reply(201, json!({}))], Err(502), &["POST "]),
        (Call::Post(document(json!({ "_x": 1 }))), vec![], Err(400), &[]),
        (Call::Put(id("x"), full()), vec![gone(), ok()], Ok(json!("x")), &["GET /x", "PUT /x"]),
        (Call::Put(id("x"), full()), vec![held("2-b"), conflict(), held("3-c"), ok()], Ok(json!("x")), &["GET /x", "PUT /x", "GET /x", "PUT /x"]),
        (Call::Put(id("x"), full()), vec![reply(401, json!({}))], Err(401), &["GET /x"]),
        (Call::Put(id("x"), full()), vec![gone(), reply(403, json!({}))], Err(403), &["GET /x", "PUT /x"]),
        (Call::Put(id("x"), full()), vec![gone(), reply(413, json!({}))], Err(413), &["GET /x", "PUT /x"]),
        (Call::Put(id("x"), document(json!({ "_rev": "1-a" }))), vec![], Err(400), &[]),
        (Call::Remove(id("x")), vec![held("2-b"), ok()], Ok(json!("x")), &["GET /x", "DELETE /x?rev=2-b"]),
        (Call::Remove(id("x")), vec![gone()], Ok(json!("x")), &["GET /x"]),
        (Call::AllAttachments(id("x")), vec![held("2-b")], Ok(json!({ "a.txt": {} })), &["GET /x"]),
        (Call::AllAttachments(id("x")), vec![gone()], Err(404), &["GET /x"]),
        (Call::PutAttachment(id("x"), name("a/b"), text()), vec![held("2-b"), ok()], Ok(Value::Null), &["GET /x", "PUT /x/a%2Fb?rev=2-b"]),
        (Call::PutAttachment(id("x"), name("a"), text()), vec![gone(), ok()], Ok(Value::Null), &["GET /x", "PUT /x/a"]),
        (Call::RemoveAttachment(id("x"), name("a.txt")), vec![held("2-b"), ok()], Ok(Value::Null), &["GET /x", "DELETE /x/a.txt?rev=2-b"]),
        (Call::RemoveAttachment(id("x"), name("none")), vec![held("2-b")], Ok(Value::Null), &["GET /x"]),
        (Call::Repair, vec![], Ok(Value::Null), &[]),
    ];
    for (call, replies, expected, lines) in table {
        let (answer, asked, _) = run(call.clone(), replies);
        assert_eq!(answer, expected.map_err(Some), "{call:?}");
        assert_eq!(asked, lines, "{call:?}");
    }
}

#[test]
fn a_put_takes_the_place_of_what_is_there_and_keeps_its_attachments() {
    let call = Call::Put(id("x"), document(json!({ "first": "Ada" })));
    let (_, _, bodies) = run(call, vec![held("2-b"), reply(201, json!({}))]);
    let stubs = json!({ "a.txt": { "stub": true, "digest": "md5-x", "revpos": 2, "length": 3 } });
    assert_eq!(
        bodies[1],
        json!({ "first": "Ada", "_rev": "2-b", "_attachments": stubs })
    );
}

#[test]
fn others_who_are_always_quicker_end_a_put() {
    let conflict = || reply(409, json!({}));
    let replies = (0..2 * MAX_RACES).map(|n| if n % 2 == 0 { held("2-b") } else { conflict() });
    let call = Call::Put(id("x"), document(json!({})));
    let (answer, asked, _) = run(call, replies.collect());
    assert_eq!((answer, asked.len()), (Err(Some(409)), 2 * MAX_RACES));
}

#[test]
fn attachments_are_read_in_ranges() {
    let http = Scripted::new([
        Response {
            status: 206,
            headers: vec![("content-type".to_owned(), "image/png".to_owned())],
            body: b"23".to_vec(),
        },
        gone(),
    ]);
    let database = database(&http);
    let mut found = block_on(database.get_attachment(id("x"), name("a"), Some(2..4))).unwrap();
    assert_eq!((found.content_type(), found.size()), ("image/png", 2));
    assert_eq!(block_on(found.read(0)).as_deref(), Ok(&b"23"[..]));
    let range = ("range".to_owned(), "bytes=2-3".to_owned());
    assert!(http.asked()[0].headers.contains(&range));
    let missing = block_on(database.get_attachment(id("x"), name("b"), None));
    assert_eq!(
        missing.err().and_then(|failure| failure.status_code),
        Some(404)
    );
}
