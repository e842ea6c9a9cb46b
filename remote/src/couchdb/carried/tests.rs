use super::super::tests::{database, id};
use super::*;
use crate::replica::Replica;
use crate::scripted::{Scripted, block_on, reply};
use serde_json::json;

const BASE: &str =
    "2-b\n{\"photo\":{\"content_type\":\"image/png\",\"digest\":\"md5-x\",\"length\":9}}";

fn base() -> Revision {
    Revision(BASE.to_owned())
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn bring(named: &str, content: Option<&str>) -> Bring {
    Bring {
        id: id("a b"),
        name: name(named),
        base: base(),
        content: content.map(|text| (String::new(), text.as_bytes().to_vec())),
    }
}

/// The record as `_all_docs` tells it.
fn there(rev: &str, digest: &str) -> Response {
    let stubs = json!({ "photo": { "digest": digest, "length": 3, "stub": true } });
    let document = json!({ "_id": "a b", "_rev": rev, "_attachments": stubs });
    reply(200, json!({ "rows": [{ "id": "a b", "doc": document }] }))
}

fn raw(status: u16, headers: &[(&str, &str)]) -> Response {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Response {
        status,
        headers: headers.collect(),
        body: b"234".to_vec(),
    }
}

#[test]
fn a_revision_tells_of_attachments_without_a_request() {
    let http = Scripted::new([]);
    let told = database(&http).attachments(&base()).unwrap();
    assert_eq!(
        told,
        [Attached {
            name: name("photo"),
            content_type: "image/png".to_owned(),
            length: 9,
            digest: "md5-x".to_owned(),
        }]
    );
    for without in ["2-b", "", "2-b\n{", "2-b\n[]"] {
        let revision = Revision(without.to_owned());
        assert_eq!(database(&http).attachments(&revision), Some(Vec::new()));
    }
}

#[test]
fn parts_are_asked_for_in_one_revision() {
    let read = |response: Response| {
        let http = Scripted::new([response]);
        let part =
            block_on(database(&http).read_attachment(&id("a"), &name("b/c"), &base(), Some(2..5)));
        let asked = http.asked();
        assert_eq!(asked[0].url, "http://db.example/people/a/b%2Fc?rev=2-b");
        assert!(
            asked[0]
                .headers
                .contains(&("range".to_owned(), "bytes=2-4".to_owned()))
        );
        part.map_err(|failure| failure.status_code)
    };
    let part = |is_whole| {
        Ok(Some(Part {
            bytes: b"234".to_vec(),
            is_whole,
        }))
    };
    assert_eq!(
        read(raw(206, &[("content-range", "bytes 2-4/9")])),
        part(false)
    );
    assert_eq!(read(raw(206, &[])), part(false));
    assert_eq!(
        read(raw(206, &[("content-range", "bytes 0-2/9")])),
        Err(Some(502))
    );
    assert_eq!(
        read(raw(200, &[])),
        part(true),
        "a server that has packed it"
    );
    assert_eq!(read(raw(416, &[])), Ok(None));
    let gone = json!({ "error": "not_found", "reason": "missing" });
    assert_eq!(read(reply(404, gone)), Ok(None));
    assert_eq!(read(reply(503, json!({}))), Err(Some(503)));
}

#[test]
fn what_is_brought_is_asked_for_its_name() {
    let stored = reply(201, json!({ "ok": true, "rev": "3-c" }));
    let table = [
        (there("3-c", "md5-new"), Some("md5-new")),
        // Somebody was there since: whose content that is cannot be told.
        (there("4-d", "md5-other"), None),
    ];
    for (told, expected) in table {
        let http = Scripted::new([stored.clone(), told]);
        let brought = block_on(database(&http).bring_attachment(bring("photo", Some("new"))));
        let Ok(Brought::Stored { digest, state }) = brought else {
            panic!("{brought:?}");
        };
        assert_eq!(digest.as_deref(), expected);
        assert!(state.document.is_some());
        assert_eq!(
            http.lines(),
            [
                "PUT http://db.example/people/a%20b/photo?rev=2-b",
                "POST http://db.example/people/_all_docs?include_docs=true",
            ]
        );
    }
}

#[test]
fn what_cannot_be_brought_says_why() {
    let brought = |replies: Vec<Response>, what: Bring| {
        let http = Scripted::new(replies);
        block_on(database(&http).bring_attachment(what)).map_err(|failure| failure.status_code)
    };
    let refused = |replies: Vec<Response>, what: Bring| match brought(replies, what) {
        Ok(Brought::Refused(failure)) => failure.status_code,
        other => panic!("{other:?}"),
    };
    let photo = || bring("photo", Some("new"));
    assert_eq!(refused(vec![reply(413, json!({}))], photo()), Some(413));
    assert_eq!(refused(vec![reply(403, json!({}))], photo()), Some(403));
    assert_eq!(refused(Vec::new(), bring("_own", None)), Some(400));
    assert_eq!(
        brought(vec![reply(503, json!({}))], photo()),
        Err(Some(503))
    );
    assert_eq!(
        brought(vec![reply(401, json!({}))], photo()),
        Err(Some(401))
    );
    // It is there, but what it is called is not known: to be asked again.
    let stored = reply(201, json!({ "rev": "3-c" }));
    assert_eq!(brought(vec![stored], photo()), Err(Some(503)));
    let conflict = brought(vec![reply(409, json!({})), there("3-c", "x")], photo());
    assert!(matches!(conflict, Ok(Brought::Conflict(Some(_)))));
    let gone = json!({ "error": "not_found", "reason": "missing" });
    let nothing = json!({ "rows": [{ "id": "a b", "doc": null }] });
    let conflict = brought(
        vec![reply(404, gone), reply(200, nothing)],
        bring("photo", None),
    );
    assert_eq!(conflict, Ok(Brought::Conflict(None)));
}
