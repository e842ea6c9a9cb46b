//! What can be wrong with a request head, and the HTTP status it earns.

use crate::admission;

/// A rule of HTTP or of the opening handshake that the request broke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No HTTP/1.1 request (RFC 9112 §3).
    #[error("this is no HTTP request: {0}")]
    Syntax(httparse::Error),
    /// The target is neither a path nor an `http` URL (RFC 9112 §3.2).
    #[error("the request target is neither a path nor an http URL")]
    Target,
    /// A field stands twice that may stand once.
    #[error("the field {0} stands twice")]
    Repeated(&'static str),
    /// A field's value is not readable text.
    #[error("the field {0} is not readable")]
    Unreadable(&'static str),
    /// No `Host` (RFC 9112 §3.2).
    #[error("the field Host is missing")]
    HostMissing,
    /// `Host` cannot be read, or contradicts the target.
    #[error("the field Host cannot be read: {0}")]
    Host(#[from] admission::Error),
    /// The target names another host than `Host` does.
    #[error("the request target and the field Host name different hosts")]
    TwoHosts,
    /// A body is announced; nothing here takes one.
    #[error("a request body is announced, and nothing here takes one")]
    Body,
    /// The opening handshake lacks a field, or has it wrong (RFC 6455 §4.2.1).
    #[error("this is no WebSocket handshake: {0}")]
    Handshake(&'static str),
    /// Neither GET nor HEAD.
    #[error("only GET and HEAD are answered here")]
    Method,
    /// The request line alone is over the bound.
    #[error("the address is too long")]
    TargetTooLong,
    /// The head is over the bound in bytes.
    #[error("the request head is too long")]
    TooLong,
    /// The head is over the bound in fields.
    #[error("the request head has too many fields")]
    TooManyFields,
    /// A version of the WebSocket protocol other than 13 (RFC 6455 §4.4).
    #[error("only version 13 of the WebSocket protocol is spoken here")]
    WebSocketVersion,
    /// A version of HTTP other than 1.0 and 1.1.
    #[error("only HTTP/1.1 is spoken here")]
    HttpVersion,
}

impl Error {
    /// The status of the answer (RFC 9110 §15.5, RFC 6585 §5).
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Syntax(_)
            | Self::Target
            | Self::Repeated(_)
            | Self::Unreadable(_)
            | Self::HostMissing
            | Self::Host(_)
            | Self::TwoHosts
            | Self::Body
            | Self::Handshake(_) => 400,
            Self::Method => 405,
            Self::TargetTooLong => 414,
            Self::WebSocketVersion => 426,
            Self::TooLong | Self::TooManyFields => 431,
            Self::HttpVersion => 505,
        }
    }
}

impl From<httparse::Error> for Error {
    fn from(error: httparse::Error) -> Self {
        if error == httparse::Error::TooManyHeaders {
            Self::TooManyFields
        } else if error == httparse::Error::Version {
            Self::HttpVersion
        } else {
            Self::Syntax(error)
        }
    }
}
