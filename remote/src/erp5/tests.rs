//! Each request that is made and each reply that is read, by table.

use super::*;
use crate::http::Response;
use crate::scripted::{Scripted, block_on, reply};
use jio::rpc::{Call, Content};
use jio::storage::Storage;
use jio::{AllDocs, CAPACITIES, Name};
use serde_json::json;
use view::tests::person;

pub(super) const URL: &str = "https://erp.example/hateoas/";

pub(super) fn erp5(http: &Rc<Scripted>, settings: Settings) -> Erp5 {
    let address = Address::new(URL).unwrap();
    Erp5::new(
        http.clone(),
        address,
        Credentials::access_token("x"),
        settings,
    )
}

pub(super) fn settings() -> Settings {
    Settings {
        default_view_reference: Some("view".to_owned()),
        ..Settings::default()
    }
}

pub(super) fn site() -> Response {
    let search = "search{?query,select_list*,limit*,sort_on*,local_roles*,selection_domain*}";
    reply(
        200,
        json!({
            "_links": {
                "traverse": { "href": format!("{URL}traverse{{?relative_url,view}}"), "templated": true },
                "raw_search": { "href": format!("{URL}{search}"), "templated": true },
            },
            "_actions": { "add": { "href": format!("{URL}add"), "method": "POST" } },
        }),
    )
}

pub(super) fn rows(rows: &[(&str, Value)]) -> Response {
    let content = |(id, row): &(&str, Value)| {
        let mut content = row.clone();
        content["_links"] = json!({ "self": { "href": format!("urn:jio:get:{id}") } });
        content
    };
    let contents: Vec<_> = rows.iter().map(content).collect();
    reply(200, json!({ "_embedded": { "contents": contents } }))
}

pub(super) fn added(id: &str) -> Response {
    let mut response = reply(201, Value::Null);
    response
        .headers
        .push(("x-location".to_owned(), format!("urn:jio:get:{id}")));
    response
}

pub(super) fn edited() -> Response {
    reply(204, Value::Null)
}

pub(super) fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

pub(super) fn document(value: Value) -> Document {
    jio::document(value).unwrap()
}

fn run(call: Call, replies: Vec<Response>) -> (Result<Value, Option<u16>>, Vec<String>) {
    let http = Scripted::new(replies);
    let answer =
        block_on(erp5(&http, settings()).execute(call)).map_err(|failure| failure.status_code);
    let asked = http.asked().into_iter().map(|request| {
        assert!(request.credentials.header().is_some());
        format!(
            "{} {}",
            request.method,
            request.url.replace("https://erp.example/", "")
        )
    });
    (answer, asked.collect())
}

/// A call, the replies it gets, what it comes to, and what is asked.
type Case<'a> = (Call, Vec<Response>, Result<Value, u16>, Vec<&'a str>);

#[test]
fn calls_become_requests_and_replies_answers() {
    let ada = || reply(200, person("person_module/1", "Ada", 36));
    let new = || {
        document(
            json!({ "portal_type": "Person", "parent_relative_url": "person_module", "title": "Ada" }),
        )
    };
    let page = || Response {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"<html>".to_vec(),
    };
    let list = |options: Value| Call::AllDocs(AllDocs::from_json(&options, CAPACITIES).unwrap());
    let read = "GET hateoas/traverse?relative_url=person_module%2F1&view=view";
    let shown = json!({ "portal_type": "Web Person", "parent_relative_url": "person_module", "title": "Ada", "age": 36, "note": "n" });
    let text = |text: &str| Content::Text {
        text: text.to_owned(),
        content_type: "application/json".to_owned(),
    };
    let named = |name: &str| Name::new(name).unwrap();
    #[rustfmt::skip]
    let table: Vec<Case> = vec![
        (Call::Get(id("person_module/1")), vec![site(), ada()], Ok(shown.clone()), vec!["GET hateoas/", read]),
        (Call::Get(id("person_module/1")), vec![site(), reply(404, json!({}))], Err(404), vec!["GET hateoas/", read]),
        (Call::Get(id("person_module/1")), vec![page()], Err(401), vec!["GET hateoas/"]),
        (Call::Get(id("person_module/1")), vec![reply(302, json!({}))], Err(401), vec!["GET hateoas/"]),
        (Call::Get(id("person_module/1")), vec![reply(200, json!({ "hello": "world" }))], Err(502), vec!["GET hateoas/"]),
        (Call::Get(id("person_module/1")), vec![], Err(503), vec!["GET hateoas/"]),
        (Call::Post(new()), vec![site(), added("person_module/1"), ada(), edited()], Ok(json!("person_module/1")),
            vec!["GET hateoas/", "POST hateoas/add", read, "POST person_module/1/Base_edit"]),
        (Call::Post(document(json!({ "title": "x" }))), vec![], Err(400), vec![]),
        (Call::Post(new()), vec![site(), reply(201, json!({}))], Err(502), vec!["GET hateoas/", "POST hateoas/add"]),
        (Call::Post(new()), vec![site(), reply(403, json!({}))], Err(403), vec!["GET hateoas/", "POST hateoas/add"]),
        (Call::Put(id("person_module/1"), document(json!({ "title": "Eve" }))), vec![site(), ada(), edited()], Ok(json!("person_module/1")),
            vec!["GET hateoas/", read, "POST person_module/1/Base_edit"]),
        (Call::Put(id("person_module/1"), document(json!({ "unknown": "x" }))), vec![site(), ada()], Err(400), vec!["GET hateoas/", read]),
        (Call::Remove(id("person_module/1")), vec![], Err(501), vec![]),
        (list(json!({ "query": "Ada", "limit": [0, 2], "sort_on": [["title", "descending"]] })),
            vec![site(), rows(&[("person_module/1", json!({ "title": "Ada" }))])],
            Ok(json!({ "data": { "rows": [{ "id": "person_module/1", "value": { "title": "Ada" } }], "total_rows": 1 } })),
            vec!["GET hateoas/", "GET hateoas/search?query=%20%22Ada%22&select_list=title&select_list=reference&limit=0&limit=2&sort_on=%5B%22title%22%2C%22descending%22%5D"]),
        (list(json!({ "include_docs": true, "select_list": ["uid"] })), vec![site(), rows(&[("person_module/1", json!({}))]), ada()],
            Ok(json!({ "data": { "rows": [{ "id": "person_module/1", "value": {}, "doc": shown }], "total_rows": 1 } })),
            vec!["GET hateoas/", "GET hateoas/search?query=&select_list=uid", read]),
        (list(json!({ "limit": [0, 0.5] })), vec![], Ok(json!({ "data": { "rows": [], "total_rows": 0 } })), vec![]),
        (list(json!({})), vec![site(), reply(200, json!({ "_embedded": { "contents": [{}] } }))], Err(502),
            vec!["GET hateoas/", "GET hateoas/search?query=&select_list=title&select_list=reference"]),
        (Call::AllAttachments(id("person_module/1")), vec![site(), ada()], Ok(json!({ "view": {}, "links": {} })), vec!["GET hateoas/", read]),
        (Call::PutAttachment(id("x"), named("https://erp.example/hateoas/act"), text(r#"{"a":["1",2],"f":{"url":"data:text/plain;base64,aGV5","file_name":"x"}}"#)),
            vec![edited()], Ok(Value::Null), vec!["POST hateoas/act"]),
        (Call::PutAttachment(id("x"), named("https://erp.example/other"), text("{}")), vec![], Err(400), vec![]),
        (Call::PutAttachment(id("x"), named("https://erp.example/hateoas/act"), text("[]")), vec![], Err(400), vec![]),
        (Call::RemoveAttachment(id("x"), named("view")), vec![], Err(501), vec![]),
        (Call::Repair, vec![], Ok(Value::Null), vec![]),
    ];
    for (call, replies, expected, lines) in table {
        let (answer, asked) = run(call.clone(), replies);
        assert_eq!(answer, expected.map_err(Some), "{call:?}");
        assert_eq!(asked, lines, "{call:?}");
    }
}

#[test]
fn the_site_is_read_once_and_again_after_repair_or_a_broken_reply() {
    let read = || Call::Get(id("person_module/1"));
    let http = Scripted::new([
        site(),
        reply(404, json!({})),
        reply(500, json!({})),
        site(),
        reply(404, json!({})),
        site(),
        reply(404, json!({})),
    ]);
    let erp5 = erp5(&http, settings());
    for (call, asked) in [
        (read(), 2),
        (read(), 1),
        (read(), 2),
        (Call::Repair, 0),
        (read(), 2),
    ] {
        let _ = block_on(erp5.execute(call)); // Only what was asked matters.
        assert_eq!(http.lines().len(), asked);
    }
}

#[test]
fn nothing_is_asked_of_another_server_whatever_the_site_says() {
    let body = String::from_utf8(site().body)
        .unwrap()
        .replace(URL, "https://evil.example/");
    let http = Scripted::new([reply(200, serde_json::from_str(&body).unwrap())]);
    let found = block_on(erp5(&http, settings()).execute(Call::Get(id("person_module/1"))));
    assert_eq!(found.unwrap_err().status_code, Some(502));
    assert_eq!(http.lines().len(), 1);
}

#[test]
fn without_a_view_records_are_listed_and_not_read() {
    let http = Scripted::new([]);
    let found = block_on(erp5(&http, Settings::default()).execute(Call::Get(id("x"))));
    assert_eq!(found.unwrap_err().status_code, Some(404));
    assert_eq!(http.lines().len(), 0);
}

#[test]
fn attachments_are_hal_or_what_lies_under_the_address() {
    let ada = || reply(200, person("person_module/1", "Ada", 36));
    let file = Response {
        status: 200,
        headers: vec![("content-type".to_owned(), "image/png".to_owned())],
        body: b"0123".to_vec(),
    };
    let http = Scripted::new([site(), ada(), ada(), file]);
    let erp5 = erp5(&http, settings());
    let read = |name: &str, range| {
        let found = erp5.get_attachment(id("person_module/1"), Name::new(name).unwrap(), range);
        let mut found = block_on(found)?;
        block_on(found.read(0))
    };
    let json = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
    assert!(json(read("view", None).unwrap())["_embedded"].is_object());
    let links = json(read("links", None).unwrap());
    assert!(links["_links"].is_object() && links["_embedded"].is_null());
    assert_eq!(
        read("https://erp.example/hateoas/photo", Some(1..3)).as_deref(),
        Ok(&b"12"[..])
    );
    assert_eq!(
        read("https://erp.example/other", None)
            .unwrap_err()
            .status_code,
        Some(400)
    );
}
