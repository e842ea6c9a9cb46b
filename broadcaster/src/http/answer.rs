//! Status line, fields and content of one answer.

use crate::head::Upgrade;
use bytes::Bytes;
use http::StatusCode;
use std::fmt::Write;

/// An answer, encoded; the content is shared with the file it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status, for counting.
    pub status: u16,
    /// Status line and fields, with the empty line that ends them.
    pub head: Bytes,
    /// The content, empty for HEAD.
    pub body: Bytes,
}

impl Answer {
    /// The same answer to HEAD: its fields without its content (RFC 9110 §9.3.2).
    pub(super) fn without_body(self) -> Self {
        Self {
            body: Bytes::new(),
            ..self
        }
    }
}

/// Whether pages of other origins may read an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Ours only.
    SameOrigin,
    /// Any page.
    All,
}

/// Scripts, styles, images and WASM from here only; WebSockets to any broadcaster, since a page may
/// name another than the one it came from; nothing inline, no frames, no text turned into markup.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data:; connect-src 'self' ws:; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const TEXT: &str = "text/plain; charset=utf-8";

/// The answer to a request that is not served, with one sentence on what to do.
pub fn error(status: u16) -> Answer {
    let extra: &[(&str, &str)] = match status {
        405 => &[("Allow", "GET, HEAD")],
        // RFC 9110 §15.5.22 and RFC 6455 §4.4 ask for these.
        426 => &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")],
        _ => &[],
    };
    let body = format!("{}\n", sentence(status));
    let fields = [
        &[("Content-Type", TEXT), ("Cache-Control", "no-store")],
        extra,
    ]
    .concat();
    encode(status, Readers::SameOrigin, &fields, body.into())
}

/// The answer at `/health`: who is here, and nothing more.
pub fn health() -> Answer {
    let body = serde_json::json!({
        "status": "ok",
        "name": "LAN Broadcaster",
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": crate::link::VERSION,
    });
    let fields = [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
    ];
    encode(200, Readers::All, &fields, body.to_string().into())
}

/// The answer that completes an upgrade (RFC 6455 §4.2.2); `protocol` is sent only where it was
/// offered.
pub fn switching(upgrade: &Upgrade, protocol: Option<&str>) -> Bytes {
    let mut head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {}\r\n",
        upgrade.accept
    );
    if let Some(protocol) = upgrade
        .protocols
        .iter()
        .find(|name| Some(name.as_str()) == protocol)
    {
        head += &format!("Sec-WebSocket-Protocol: {protocol}\r\n");
    }
    head += "\r\n";
    head.into()
}

pub(super) fn encode(
    status: u16,
    readers: Readers,
    fields: &[(&str, &str)],
    body: Bytes,
) -> Answer {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|code| code.canonical_reason());
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason.unwrap_or_default());
    let mut field = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = write!(head, "{name}: {value}\r\n");
    };
    for (name, value) in fields {
        field(name, value);
    }
    field("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    field("X-Content-Type-Options", "nosniff");
    field("Referrer-Policy", "no-referrer");
    match readers {
        Readers::SameOrigin => field("Cross-Origin-Resource-Policy", "same-origin"),
        Readers::All => field("Access-Control-Allow-Origin", "*"),
    }
    field(
        "Connection",
        if status == 426 {
            "close, upgrade"
        } else {
            "close"
        },
    );
    // A 304 has no content, and the length of what it stands for is optional (RFC 9110 §8.6).
    if status != 304 {
        field("Content-Length", &body.len().to_string());
    }
    head += "\r\n";
    Answer {
        status,
        head: head.into(),
        body,
    }
}

/// What a person reads who opened the address in a browser.
fn sentence(status: u16) -> &'static str {
    match status {
        400 => "This request could not be understood; check the address and try again.",
        403 => {
            "Pages of this origin may not connect here; ask the owner of this computer to allow it."
        }
        404 => "There is no such page here; open the address without anything after the port.",
        405 => "Only reading is possible here: use GET or HEAD.",
        414 => "The address is too long; shorten what stands after the port.",
        421 => "This computer does not answer to that name; open the exact address it shows.",
        426 => "Only version 13 of the WebSocket protocol is spoken here; update the client.",
        431 => "The request is too long; remove cookies and extra header fields.",
        503 => "This broadcaster is busy or stopping; try again in a moment.",
        505 => "Only HTTP/1.1 is spoken here; use it instead.",
        _ => "This request was refused; open the exact address that the broadcaster shows.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(answer: &Answer) -> &str {
        std::str::from_utf8(&answer.head).unwrap()
    }

    #[test]
    fn every_answer_has_the_security_fields_and_ends_the_connection() {
        for answer in [error(404), health(), error(426)] {
            let head = text(&answer);
            for field in [
                "\r\nContent-Security-Policy: default-src 'none';",
                "\r\nX-Content-Type-Options: nosniff\r\n",
                "\r\nReferrer-Policy: no-referrer\r\n",
                "\r\nConnection: close",
            ] {
                assert!(head.contains(field), "{field} in {head}");
            }
            assert!(!head.contains("unsafe-inline") && head.ends_with("\r\n\r\n"));
            assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", answer.body.len())));
        }
    }

    #[test]
    fn health_alone_is_open_to_other_origins() {
        let health = health();
        assert!(text(&health).contains("\r\nAccess-Control-Allow-Origin: *\r\n"));
        assert!(!text(&health).contains("Cross-Origin-Resource-Policy"));
        let body: serde_json::Value = serde_json::from_slice(&health.body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "status": "ok", "name": "LAN Broadcaster",
                "version": env!("CARGO_PKG_VERSION"), "protocol": 1
            })
        );
        let not_found = error(404);
        assert!(text(&not_found).contains("\r\nCross-Origin-Resource-Policy: same-origin\r\n"));
        assert!(!text(&not_found).contains("Access-Control"));
    }

    #[test]
    fn errors_say_what_their_status_asks_for() {
        assert!(text(&error(405)).contains("\r\nAllow: GET, HEAD\r\n"));
        let version = error(426);
        assert!(text(&version).contains("\r\nSec-WebSocket-Version: 13\r\n"));
        assert!(text(&version).contains("\r\nUpgrade: websocket\r\n"));
        assert!(text(&version).contains("\r\nConnection: close, upgrade\r\n"));
        for status in [400, 403, 404, 405, 414, 421, 426, 431, 503, 505, 599] {
            let answer = error(status);
            assert!(text(&answer).starts_with(&format!("HTTP/1.1 {status} ")));
            assert!(answer.body.ends_with(b".\n"));
        }
    }

    #[test]
    fn a_protocol_that_was_not_offered_is_not_sent() {
        let upgrade = Upgrade {
            accept: "s3pP".into(),
            protocols: vec!["chat".into()],
        };
        let head = |protocol| String::from_utf8(switching(&upgrade, protocol).to_vec()).unwrap();
        assert!(head(Some("chat")).contains("\r\nSec-WebSocket-Protocol: chat\r\n"));
        assert!(!head(Some("evil\r\nX: y")).contains("Sec-WebSocket-Protocol"));
        assert!(!head(None).contains("Sec-WebSocket-Protocol"));
    }
}
