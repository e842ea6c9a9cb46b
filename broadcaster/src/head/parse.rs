//! From the bytes of a head to what the request wants.

use super::Error;
use super::fields::{Fields, is_token};
use crate::admission::Authority;
use crate::limits::{HEADERS, PROTOCOLS};
use tungstenite::handshake::server::create_response;

/// A request that can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The raw path with its query, as it was sent.
    pub target: String,
    /// The `Host` field as it was sent.
    pub host: String,
    /// The `Host` field as a value.
    pub authority: Authority,
    /// The `Origin` field as it was sent.
    pub origin: Option<String>,
    /// What is wanted.
    pub wish: Wish,
}

/// What a request wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A resource.
    Page {
        /// With its content or without.
        method: Method,
        /// The entity tags of `If-None-Match` (RFC 9110 §13.1.2).
        known: Vec<String>,
    },
    /// A WebSocket.
    Upgrade(Upgrade),
}

/// The methods that are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD: GET without the content.
    Head,
}

/// An opening handshake without fault (RFC 6455 §4.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The value of the answer's `Sec-WebSocket-Accept`.
    pub accept: String,
    /// The subprotocols offered, the first [`PROTOCOLS`] of them.
    pub protocols: Vec<String>,
}

impl Head {
    /// The raw path without its query.
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&self.target, |(path, _)| path)
    }
}

/// Reads a whole head.
pub(super) fn head(bytes: &[u8]) -> Result<Head, Error> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut fields);
    let (true, Some(method), Some(target), Some(minor)) = (
        request.parse(bytes)?.is_complete(),
        request.method,
        request.path,
        request.version,
    ) else {
        return Err(Error::Syntax(httparse::Error::NewLine));
    };
    let fields = Fields(request.headers);
    let host = fields.single("Host")?.ok_or(Error::HostMissing)?;
    let authority: Authority = host.parse()?;
    let target = read_target(target, &authority)?;
    refuse_body(&fields)?;
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        _ => return Err(Error::Method),
    };
    Ok(Head {
        target,
        host: host.to_owned(),
        authority,
        origin: fields.single("Origin")?.map(str::to_owned),
        wish: read_wish(method, minor, &fields)?,
    })
}

/// Reads an unfinished head for its faults only.
pub(super) fn check(bytes: &[u8]) -> Result<(), Error> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS];
    httparse::Request::new(&mut fields).parse(bytes)?;
    Ok(())
}

/// Reads origin-form or absolute-form (RFC 9112 §3.2.1, §3.2.2) into path and query. A proxy writes the
/// same host into both places; who does not, wants two things at once.
fn read_target(target: &str, host: &Authority) -> Result<String, Error> {
    if !target
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#')
    {
        return Err(Error::Target);
    }
    if target.starts_with('/') {
        return Ok(target.to_owned());
    }
    let (scheme, rest) = target.split_once("://").ok_or(Error::Target)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("ws") {
        return Err(Error::Target);
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.parse::<Authority>()? != *host {
        return Err(Error::TwoHosts);
    }
    Ok(if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    })
}

/// Refuses requests that announce a body (RFC 9112 §6.3).
fn refuse_body(fields: &Fields<'_>) -> Result<(), Error> {
    let is_empty = fields
        .single("Content-Length")?
        .is_none_or(|length| length == "0");
    if is_empty && !fields.has("Transfer-Encoding") {
        Ok(())
    } else {
        Err(Error::Body)
    }
}

fn read_wish(method: Method, minor: u8, fields: &Fields<'_>) -> Result<Wish, Error> {
    // HTTP/1.0 knows no upgrade; the field is to be ignored there (RFC 9110 §7.8).
    if minor == 0 || !fields.lists("Upgrade", "websocket") {
        let known = fields.list("If-None-Match").map(str::to_owned).collect();
        return Ok(Wish::Page { method, known });
    }
    if method != Method::Get {
        return Err(Error::Method);
    }
    Ok(Wish::Upgrade(read_upgrade(fields)?))
}

fn read_upgrade(fields: &Fields<'_>) -> Result<Upgrade, Error> {
    if !fields.lists("Connection", "upgrade") {
        return Err(Error::Handshake(
            "the field Connection does not say Upgrade",
        ));
    }
    if fields.single("Sec-WebSocket-Version")? != Some("13") {
        return Err(Error::WebSocketVersion);
    }
    let key = fields
        .single("Sec-WebSocket-Key")?
        .ok_or(Error::Handshake("the field Sec-WebSocket-Key is missing"))?;
    let accept = accept(key).ok_or(Error::Handshake("the key is not 16 bytes in base64"))?;
    let offered = fields
        .list("Sec-WebSocket-Protocol")
        .filter(|name| is_token(name));
    Ok(Upgrade {
        accept,
        protocols: offered.take(PROTOCOLS).map(str::to_owned).collect(),
    })
}

/// Computes `Sec-WebSocket-Accept`; `None` where the key is none (RFC 6455 §4.2.2 item 5.4).
fn accept(key: &str) -> Option<String> {
    let request = http::Request::builder()
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", key)
        .body(())
        .ok()?;
    let response = create_response(&request).ok()?;
    response
        .headers()
        .get("Sec-WebSocket-Accept")?
        .to_str()
        .ok()
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPGRADE: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    fn get(fields: &str) -> Result<Head, Error> {
        head(format!("GET /a?b HTTP/1.1\r\nHost: localhost:9999\r\n{fields}\r\n").as_bytes())
    }

    fn target(line: &str) -> Result<String, Error> {
        head(format!("{line}\r\nHost: localhost:9999\r\n\r\n").as_bytes()).map(|head| head.target)
    }

    #[test]
    fn a_page_is_asked_for() {
        let head = get("Origin: http://a\r\nIf-None-Match: \"1\", W/\"2\"\r\n").unwrap();
        assert_eq!((head.path(), head.target.as_str()), ("/a", "/a?b"));
        assert_eq!(head.host, "localhost:9999");
        assert_eq!(head.origin.as_deref(), Some("http://a"));
        let known = vec!["\"1\"".into(), "W/\"2\"".into()];
        assert_eq!(
            head.wish,
            Wish::Page {
                method: Method::Get,
                known
            }
        );
    }

    #[test]
    fn example_of_rfc_6455_section_1_3() {
        let head = get(&format!(
            "{UPGRADE}Sec-WebSocket-Protocol: chat, superchat\r\n"
        ))
        .unwrap();
        assert_eq!(
            head.wish,
            Wish::Upgrade(Upgrade {
                accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".into(),
                protocols: vec!["chat".into(), "superchat".into()],
            })
        );
    }

    #[test]
    fn protocols_are_taken_from_all_lines_up_to_the_bound() {
        let lines: String = (0..=PROTOCOLS)
            .map(|n| format!("Sec-WebSocket-Protocol: p{n},b@d\r\n"))
            .collect();
        let Wish::Upgrade(upgrade) = get(&(UPGRADE.to_owned() + &lines)).unwrap().wish else {
            panic!("no upgrade");
        };
        assert_eq!(upgrade.protocols.len(), PROTOCOLS);
        assert_eq!(upgrade.protocols[1], "p1");
    }

    #[test]
    fn targets() {
        for (line, path) in [
            ("GET / HTTP/1.1", "/"),
            ("GET //x/../y%20?q=/ HTTP/1.1", "//x/../y%20?q=/"),
            ("GET http://localhost:9999/room?q HTTP/1.1", "/room?q"),
            ("GET HTTP://LOCALHOST:9999 HTTP/1.1", "/"),
            ("GET ws://localhost:9999?q HTTP/1.1", "/?q"),
        ] {
            assert_eq!(target(line), Ok(path.into()), "{line}");
        }
        assert_eq!(
            target("GET http://evil:9999/ HTTP/1.1"),
            Err(Error::TwoHosts)
        );
        for line in ["GET * HTTP/1.1", "GET room HTTP/1.1", "GET /#a HTTP/1.1"] {
            assert_eq!(target(line), Err(Error::Target), "{line}");
        }
    }

    #[test]
    fn refusals() {
        let handshake = |without: &str| get(&UPGRADE.replace(without, "X-"));
        for (result, status) in [
            (head(b"GET / HTTP/1.1\r\n\r\n"), 400),
            (head(b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400),
            (head(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400),
            (head(b"GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400),
            (head(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400),
            (head(b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"), 400),
            (head(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n"), 405),
            (head(b"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n"), 405),
            (head(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505),
            (get("Content-Length: 1\r\n"), 400),
            (get("Content-Length: 0\r\nContent-Length: 0\r\n"), 400),
            (get("Content-Length: -0\r\n"), 400),
            (get("Transfer-Encoding: chunked\r\n"), 400),
            (get("Origin: a\r\nOrigin: b\r\n"), 400),
            (handshake("Connection"), 400),
            (handshake("Sec-WebSocket-Key"), 400),
            (handshake("Sec-WebSocket-Version"), 426),
            (get(&UPGRADE.replace(": 13", ": 8")), 426),
            (get(&UPGRADE.replace("dGhl", "dG!l")), 400),
            (get(&UPGRADE.replace("dGhl", "")), 400),
        ] {
            assert_eq!(
                result.clone().map_err(|e| e.http_status()).err(),
                Some(status),
                "{result:?}"
            );
        }
    }

    #[test]
    fn an_empty_body_is_none() {
        assert!(get("Content-Length: 0\r\n").is_ok());
    }

    #[test]
    fn an_upgrade_of_http_1_0_is_ignored() {
        let text = format!("GET / HTTP/1.0\r\nHost: a\r\n{UPGRADE}\r\n");
        assert!(matches!(
            head(text.as_bytes()).unwrap().wish,
            Wish::Page { .. }
        ));
    }

    #[test]
    fn connection_may_stand_on_several_lines() {
        let fields = UPGRADE.replace("keep-alive, Upgrade", "keep-alive\r\nConnection: UPGRADE");
        assert!(matches!(get(&fields).unwrap().wish, Wish::Upgrade(_)));
    }
}
