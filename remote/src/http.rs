//! What a storage on a server needs of the network: one request, one response.

use jio::storage::Answer;

/// A request (RFC 9110).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// None and empty are the same.
    pub body: Vec<u8>,
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

/// The network.
pub trait Http {
    /// Sends a request.
    ///
    /// # Errors
    /// 503 when no response came: no connection, refused by the browser, ended amid. Nothing is known
    /// then about what the server did. A response of any status is no error.
    fn send(&self, request: Request) -> Answer<'_, Response>;
}
