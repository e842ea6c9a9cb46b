//! A server that is asked: requests to one address under one set of credentials, and what statuses mean.

use crate::Millis;
use crate::address::Address;
use crate::credentials::Credentials;
use crate::http::{Http, Request, Response};
use crate::limits::{MAX_BODY_BYTES, MAX_WORDS_BYTES};
use crate::packing::Packing;
use jio::endpoint::Failure;
use serde_json::Value;
use std::rc::Rc;

/// A server.
pub(crate) struct Session {
    http: Rc<dyn Http>,
    pub(crate) address: Address,
    credentials: Credentials,
    /// What it is called in sentences.
    kind: &'static str,
    /// For a kind that takes compressed requests.
    packing: Option<Packing>,
}

/// A request in the making.
pub(crate) struct Ask {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &'static str, url: String) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, content_type: impl Into<String>, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", content_type)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }
}

impl Session {
    pub(crate) fn new(
        http: Rc<dyn Http>,
        address: Address,
        credentials: Credentials,
        kind: &'static str,
    ) -> Self {
        Self {
            http,
            address,
            credentials,
            kind,
            packing: None,
        }
    }

    /// The time, as [`Http::now`] has it.
    pub(crate) fn now(&self) -> Millis {
        self.http.now()
    }

    /// The kind takes compressed requests; `choice` is what was described.
    pub(crate) fn packing(mut self, choice: Option<bool>) -> Self {
        self.packing = Some(Packing::new(choice));
        self
    }

    /// Asks, and gives back whatever status came.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Response, Failure> {
        let request = Request {
            method: ask.method,
            // Links of the server have been resolved before; nothing else goes out by mistake either.
            url: self.address.resolve(&ask.url)?,
            headers: ask.headers,
            body: ask.body,
            credentials: self.credentials.clone(),
        };
        let response = match &self.packing {
            Some(packing) => packing.send(&*self.http, request).await?,
            None => self.http.send(request).await?,
        };
        if response.body.len() > MAX_BODY_BYTES {
            return Err(Failure::new(413, "the server's reply is too long"));
        }
        Ok(response)
    }

    /// Asks, and takes any status but 2xx as a failure.
    pub(crate) async fn done(&self, ask: Ask) -> Result<Response, Failure> {
        let response = self.ask(ask).await?;
        match response.status {
            200..=299 => Ok(response),
            _ => Err(self.failure(&response)),
        }
    }

    /// Asks for JSON.
    pub(crate) async fn json(&self, ask: Ask) -> Result<Value, Failure> {
        let response = self.done(ask).await?;
        self.read(&response)
    }

    /// The JSON of a response.
    pub(crate) fn read(&self, response: &Response) -> Result<Value, Failure> {
        serde_json::from_slice(&response.body).map_err(|_| self.not_json(response))
    }

    /// A reply of another shape than servers of this kind give.
    pub(crate) fn odd(&self, what: &str) -> Failure {
        let kind = self.kind;
        let why = format!("the reply is not that of {kind} ({what}): check the address");
        Failure::new(502, why)
    }

    /// What a status that is not 2xx means.
    pub(crate) fn failure(&self, response: &Response) -> Failure {
        let kind = self.kind;
        let (status_code, sentence) = match response.status {
            300..=399 => (
                401,
                format!(
                    "{kind} sends elsewhere, most likely to log in: log in there, and check the address"
                ),
            ),
            401 => (
                401,
                format!(
                    "{kind} wants to know who asks: check name and password or the token, or log in"
                ),
            ),
            403 => (403, format!("{kind} refuses this to who is logged in")),
            404 | 410 => (404, format!("{kind} has nothing at this place")),
            408 | 504 => (504, format!("{kind} takes too long: try again later")),
            409 | 412 => (409, "somebody else has changed this in between".to_owned()),
            413 => (413, format!("this is too large for {kind}")),
            400..=499 if response.status != 429 => (
                400,
                format!("{kind} does not take this (status {})", response.status),
            ),
            429 | 502 | 503 => (503, format!("{kind} is not ready: try again later")),
            507 => (507, format!("{kind} has no room left: free space there")),
            status => (
                502,
                format!("{kind} failed (status {status}): ask whoever runs it"),
            ),
        };
        let said: Option<Value> = serde_json::from_slice(&response.body).ok();
        let words = said.as_ref().and_then(own_words);
        let quoted = words.map_or_else(String::new, |words| self.quoted(words));
        Failure::new(status_code, sentence + &quoted)
    }

    /// The server's own words, to follow ours. It may say what it was asked with, and those who read this are other
    /// devices: then nothing of it is passed on.
    pub(crate) fn quoted(&self, words: &str) -> String {
        if self.credentials.is_said_in(words) {
            return String::new();
        }
        format!(" (“{}”)", shortened(words))
    }

    /// Where JSON was expected: a page, most likely to log in, or what no server of the kind says.
    fn not_json(&self, response: &Response) -> Failure {
        let kind = self.kind;
        let content_type = response.header("content-type").unwrap_or_default();
        let start = response
            .body
            .iter()
            .find(|byte| !byte.is_ascii_whitespace());
        if content_type.starts_with("text/html") || start == Some(&b'<') {
            let why = format!(
                "a page came where {kind} gives data: log in there first, or check the address"
            );
            return Failure::new(401, why);
        }
        let why =
            format!("what came is not the reply of {kind}, or not all of it: check the address");
        Failure::new(502, why)
    }
}

/// What the server says itself, where it says it in JSON.
fn own_words(said: &Value) -> Option<&str> {
    let texts = ["reason", "message", "error"];
    texts.into_iter().find_map(|name| said.get(name)?.as_str())
}

/// The server's words, of a bounded length and on one line.
fn shortened(words: &str) -> String {
    let mut end = words.len().min(MAX_WORDS_BYTES);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    let one_line = |c: char| if c.is_control() { ' ' } else { c };
    words[..end].chars().map(one_line).collect()
}

/// A server's fault or the line's: worth another try of the same.
pub(crate) fn is_passing(failure: &Failure) -> bool {
    matches!(failure.status_code, None | Some(401 | 500 | 502..=506 | 508..=599))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Scripted, block_on, reply};
    use serde_json::json;

    fn failed(response: Response) -> Failure {
        let http = Scripted::new([response]);
        let address = Address::new("https://db.example/").unwrap();
        let session = Session::new(http, address, Credentials::none(), "CouchDB");
        let asked = session.json(Ask::new("GET", "/x".to_owned()));
        block_on(asked).unwrap_err()
    }

    #[test]
    fn a_server_that_says_the_secret_is_not_quoted() {
        let sent = Credentials::basic("ada", "s3cret").header().unwrap().1;
        for (said, is_quoted) in [("no", true), ("not s3cret", false), (sent.as_str(), false)] {
            let http = Scripted::new([reply(400, json!({ "reason": said }))]);
            let address = Address::new("https://db.example/").unwrap();
            let credentials = Credentials::basic("ada", "s3cret");
            let session = Session::new(http, address, credentials, "CouchDB");
            let failed = block_on(session.json(Ask::new("GET", "/x".to_owned()))).unwrap_err();
            assert_eq!(failed.message.contains(said), is_quoted, "{said}");
        }
    }

    #[test]
    fn each_status_has_a_sentence() {
        let table = [
            (302, 401),
            (400, 400),
            (401, 401),
            (403, 403),
            (404, 404),
            (405, 400),
            (408, 504),
            (409, 409),
            (412, 409),
            (413, 413),
            (429, 503),
            (500, 502),
            (502, 503),
            (503, 503),
            (504, 504),
            (507, 507),
            (0, 502),
            (999, 502),
        ];
        for (status, expected) in table {
            let failure = failed(reply(status, json!({ "reason": "because\nof this" })));
            assert_eq!(failure.status_code, Some(expected), "{status}");
            assert!(failure.message.contains("“because of this”"), "{failure}");
        }
    }

    #[test]
    fn a_page_where_data_is_expected_wants_a_login() {
        let page = |content_type: &str, body: &str| Response {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.as_bytes().to_vec(),
        };
        assert_eq!(
            failed(page("text/html; charset=utf-8", "Log in")).status_code,
            Some(401)
        );
        assert_eq!(failed(page("", "\n<!doctype html>")).status_code, Some(401));
        assert_eq!(
            failed(page("application/json", "{\"a\":")).status_code,
            Some(502)
        );
        let deep = "[".repeat(100_000);
        assert_eq!(
            failed(page("application/json", &deep)).status_code,
            Some(502)
        );
    }

    #[test]
    fn bodies_and_words_hold_at_the_bound_and_one_past() {
        let body = |length| Response {
            status: 200,
            headers: Vec::new(),
            body: vec![b' '; length],
        };
        assert_eq!(failed(body(MAX_BODY_BYTES)).status_code, Some(502));
        assert_eq!(failed(body(MAX_BODY_BYTES + 1)).status_code, Some(413));
        assert_eq!(
            shortened(&"x".repeat(MAX_WORDS_BYTES)).len(),
            MAX_WORDS_BYTES
        );
        assert_eq!(
            shortened(&"é".repeat(MAX_WORDS_BYTES)).len(),
            MAX_WORDS_BYTES
        );
    }

    #[test]
    fn members_are_taken_of_whatever_came() {
        for mut value in [json!([]), json!(null), json!("x"), json!({})] {
            assert_eq!(crate::json::taken(&mut value, "rows"), Value::Null);
        }
        assert_eq!(crate::json::taken(&mut json!({ "rows": 1 }), "rows"), 1);
    }
}
