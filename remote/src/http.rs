//! What a storage on a server needs of the network: one request, one response.

use crate::Millis;
use crate::credentials::Credentials;
use jio::storage::Answer;

/// A request (RFC 9110).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// Names in lower case; what the credentials say is not among them.
    pub headers: Vec<(String, String)>,
    /// None and empty are the same.
    pub body: Vec<u8>,
    /// By what the server knows who asks.
    pub credentials: Credentials,
}

/// A response, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of the first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The network.
pub trait Http {
    /// Sends a request. Redirects are not followed, since credentials would go with them: their status is
    /// given back. Neither is more of a body read than [`crate::limits::MAX_BODY_BYTES`]; where there is
    /// more, it fails with 413.
    ///
    /// # Errors
    /// 503 when no response came: no connection, refused by the browser, ended amid; 504 when none came in
    /// time. Nothing is known then about what the server did. A response of any status is no error.
    fn send(&self, request: Request) -> Answer<'_, Response>;

    /// The time, to tell how long ago something was read, also by an earlier run of the program.
    fn now(&self) -> Millis;

    /// Compresses a body with gzip (RFC 1952); `None`: that cannot be done here.
    ///
    /// # Errors
    /// As they come.
    fn gzip<'a>(&'a self, _body: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether requests to this address may have any header without that the server is asked first (CORS).
    fn is_unasked(&self, _url: &str) -> bool {
        false
    }
}
