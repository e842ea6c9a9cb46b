//! Records on a server: the crate `remote` over the browser's fetch.

use jio::endpoint::Failure;
use jio::storage::{Answer, Storage};
use remote::Millis;
use remote::description::Description;
use remote::http::{Http, Request, Response};
use remote::limits::MAX_BODY_BYTES;
use std::rc::Rc;
use web::fetch::{self, Bounds};

/// Milliseconds in which something has to come from a server.
const SILENCE_MS: u64 = 60_000;
/// Bytes a second that a line takes at least: while a request goes out, nothing comes.
const SLOWEST: u64 = 1_000;

/// A storage on a server, from its description as JSON. Nothing is asked of the server yet.
pub(crate) fn open(description: &str) -> Result<Rc<dyn Storage>, Failure> {
    let read = Description::parse(description);
    let described = read.map_err(|error| Failure::new(400, error.to_string()))?;
    let server = described.server(Rc::new(Fetch));
    let wrong = || Failure::new(400, "a storage on a server is of the type erp5 or couchdb");
    Ok(server.ok_or_else(wrong)?.storage())
}

/// The browser's own way to servers.
pub(crate) struct Fetch;

impl Http for Fetch {
    fn gzip<'a>(&'a self, body: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        // A browser that cannot sends it as it is.
        Box::pin(async move { Ok(web::gzip::packed(body).await.ok()) })
    }

    fn is_unasked(&self, url: &str) -> bool {
        fetch::is_unasked(url)
    }

    fn send(&self, request: Request) -> Answer<'_, Response> {
        Box::pin(async move {
            let mut headers = request.headers;
            if let Some((name, value)) = request.credentials.header() {
                headers.push((name.to_owned(), value));
            }
            let asked = fetch::Request {
                method: request.method,
                url: &request.url,
                headers,
                body: &request.body,
                brings_cookies: request.credentials.brings_cookies(),
            };
            let bounds = Bounds {
                silence_ms: SILENCE_MS + request.body.len() as u64 * 1_000 / SLOWEST,
                body_bytes: MAX_BODY_BYTES,
            };
            let came = fetch::send(asked, bounds).await.map_err(failure)?;
            Ok(Response {
                status: came.status,
                headers: came.headers,
                body: came.body,
            })
        })
    }

    fn now(&self) -> Millis {
        Millis(web::clock::now())
    }
}

fn failure(failure: fetch::Failure) -> Failure {
    match failure {
        fetch::Failure::Lost(_) => Failure::new(503, UNREACHABLE),
        fetch::Failure::Late => Failure::new(504, "the server takes too long: try again later"),
        fetch::Failure::Long => {
            let why = "the server's reply is too long: ask for less, with limit or select_list";
            Failure::new(413, why)
        }
    }
}

/// Browsers do not say which.
const UNREACHABLE: &str = "the server cannot be reached: this computer is offline, the address is wrong, or the server does not let this page ask it";
