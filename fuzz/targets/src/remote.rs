//! Storages on a server, whatever that answers: every call comes to an end, with a status where it fails; no
//! address but the server's own is asked, and no secret is said.
//!
//! Lines are responses in turn: the first byte says the status, the rest is the body. What is asked of them is
//! always the same.

use crate::input::lines;
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::storage::{Answer, Storage};
use jio::{AllDocs, CAPACITIES, Id, Name, document};
use remote::couchdb::CouchDb;
use remote::credentials::Credentials;
use remote::description::Description;
use remote::erp5::{Erp5, Settings};
use remote::http::{Http, Request, Response};
use remote::replica::{Replica, Revision, Write};
use remote::{Address, Millis};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

const ORIGIN: &str = "http://db.example";
const SECRET: &str = "s3cret";
const STATUSES: [u16; 16] = [
    200, 200, 200, 200, 201, 204, 206, 302, 401, 403, 404, 404, 409, 416, 500, 999,
];

pub(crate) fn remote(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = Description::parse(&text) {
        assert!(!error.to_string().is_empty());
    }
    let site = json!({
        "_links": {
            "traverse": { "href": "/t{?relative_url,view}" },
            "raw_search": { "href": "/s{?query,select_list*,limit*,sort_on*,local_roles*}" },
        },
        "_actions": { "add": { "href": "/add" } },
    });
    for (start, select_list) in [(None, Vec::new()), (Some(&site), vec!["title".to_owned()])] {
        let settings = Settings {
            default_view_reference: Some("view".to_owned()),
            select_list,
            portion: 2,
            ..Settings::default()
        };
        let http = Rc::new(Script::new(data, start));
        let credentials = Credentials::access_token(SECRET);
        session(&Erp5::new(http, address(), credentials, settings));
    }
    let http = Rc::new(Script::new(data, None));
    session(&CouchDb::new(
        http,
        address(),
        Credentials::basic("ada", SECRET),
    ));
}

fn address() -> Address {
    Address::new(&format!("{ORIGIN}/people")).expect("an address")
}

/// Everything that can be asked, in an order in which the far side of a replication comes first.
fn session(server: &(impl Storage + Replica)) {
    let first = run(server.changes(None));
    if let Ok(changes) = first {
        let mut ids: Vec<_> = changes.changes.iter().map(|(id, _)| id).collect();
        ids.dedup();
        assert_eq!(
            ids.len(),
            changes.changes.len(),
            "a record twice in a portion"
        );
        let _ = run(server.changes(Some(&changes.cursor)));
    }
    let writes = writes();
    let count = writes.len();
    if let Ok(written) = run(server.write(writes)) {
        assert_eq!(written.len(), count);
    }
    let _ = run(server.all_ids());
    for call in calls() {
        let _ = run(server.execute(call));
    }
    for range in [None, Some(1..3)] {
        if let Ok(mut found) = run(server.get_attachment(id("m/1"), name(), range)) {
            let read = run(found.read(0)).expect("bytes that are here");
            assert!(read.len() as u64 <= found.size());
        }
    }
}

fn calls() -> Vec<Call> {
    let doc = || {
        document(json!({ "portal_type": "P", "parent_relative_url": "m", "title": "x" }))
            .expect("a record")
    };
    let list =
        |options: Value| Call::AllDocs(AllDocs::from_json(&options, CAPACITIES).expect("options"));
    vec![
        Call::Get(id("m/1")),
        Call::Put(id("m/1"), doc()),
        Call::Post(doc()),
        list(json!({ "query": "title:\"%x%\"", "limit": [0, 2], "include_docs": true })),
        list(json!({})),
        Call::AllAttachments(id("m/1")),
        Call::RemoveAttachment(id("m/1"), name()),
        Call::Remove(id("m/1")),
    ]
}

fn writes() -> Vec<Write> {
    let write = |base: Option<&str>, title: Option<&str>| Write {
        id: id("m/1"),
        base: base.map(|text| Revision(text.to_owned())),
        document: title.map(|title| {
            let doc = json!({ "portal_type": "P", "parent_relative_url": "m", "title": title });
            document(doc).expect("a record")
        }),
        is_again: base.is_none(),
    };
    vec![
        write(None, Some("x")),
        write(Some("1-a\n{\"a\":{}}"), Some("y")),
        write(Some("1-a"), None),
    ]
}

fn id(text: &str) -> Id {
    Id::new(text).expect("an id")
}

fn name() -> Name {
    Name::new("view").expect("a name")
}

/// Nothing waits over a script. Failures have a status and tell no secret.
fn run<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(ended) = pin!(future).poll(&mut context) else {
        panic!("nothing here waits");
    };
    if let Err(failure) = &ended {
        let status = failure.status_code.expect("a status");
        assert!((400..600).contains(&status), "{status}");
        assert!(!failure.message.contains(SECRET));
    }
    ended
}

/// Responses in turn, and when they are used up no connection.
struct Script(RefCell<VecDeque<Response>>);

impl Script {
    fn new(data: &[u8], start: Option<&Value>) -> Self {
        let response = |status: u16, body: &[u8]| Response {
            status,
            headers: vec![("x-location".to_owned(), "urn:jio:get:m/1".to_owned())],
            body: body.to_vec(),
        };
        let start = start.map(|site| response(200, site.to_string().as_bytes()));
        let lines =
            lines(data).map(|(word, body)| response(STATUSES[usize::from(word % 16)], body));
        Self(RefCell::new(start.into_iter().chain(lines).collect()))
    }
}

impl Http for Script {
    fn send(&self, request: Request) -> Answer<'_, Response> {
        let path = request.url.strip_prefix(ORIGIN);
        assert!(
            path.is_some_and(|path| path.is_empty() || path.starts_with(['/', '?', '#'])),
            "{}",
            request.url
        );
        assert!(!format!("{request:?}").contains(SECRET));
        let reply = self.0.borrow_mut().pop_front();
        Box::pin(async { reply.ok_or_else(|| Failure::new(503, "the line is cut")) })
    }

    fn now(&self) -> Millis {
        Millis(0)
    }
}
