//! Addresses of servers, and what may be asked under them. The URL Standard's parser is the browser's; here
//! is only what must be known before a secret is sent: whose address it is.

use crate::limits::{MAX_ADDRESS_BYTES, MAX_URL_BYTES};
use jio::endpoint::Failure;
use std::fmt::Write;

/// Why a text is not a server's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Neither `http://…` nor `https://…`.
    #[error("an address begins with https:// or http:// and the name of a computer")]
    NotHttp,
    /// White space, control characters, a backslash or a fragment.
    #[error("an address has no spaces, control characters, '\\' or '#'")]
    Characters,
    /// A name or password is in it, where it would be shown.
    #[error("name and password do not belong into the address: give them apart")]
    Secrets,
    /// Longer than [`MAX_ADDRESS_BYTES`].
    #[error("an address has at most {MAX_ADDRESS_BYTES} bytes")]
    Long,
}

/// A server's address, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    /// Length of scheme and host.
    origin: usize,
}

impl Address {
    /// Takes a text as an address.
    ///
    /// # Errors
    /// It is none.
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_ADDRESS_BYTES {
            return Err(Error::Long);
        }
        if text.chars().any(|c| is_odd(c) || c == '#') {
            return Err(Error::Characters);
        }
        let origin = origin(text).ok_or(Error::NotHttp)?;
        if origin.contains('@') {
            return Err(Error::Secrets);
        }
        Ok(Self {
            origin: origin.len(),
            text: text.to_owned(),
        })
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Without slashes at the end.
    pub(crate) fn trimmed(&self) -> &str {
        self.text.trim_end_matches('/')
    }

    /// Where a link of the server leads: only to the server itself, since credentials go along.
    pub(crate) fn resolve(&self, href: &str) -> Result<String, Failure> {
        let own = &self.text[..self.origin];
        let url = match origin(href) {
            Some(origin) if origin.eq_ignore_ascii_case(own) => {
                format!("{own}{}", &href[origin.len()..])
            }
            Some(_) => return Err(elsewhere()),
            None if href.starts_with('/') => format!("{own}{href}"),
            None => return Err(elsewhere()),
        };
        if url.len() > MAX_URL_BYTES {
            let why = "the query is too long for the server: ask for less at once";
            return Err(Failure::new(400, why));
        }
        if url.chars().any(is_odd) {
            return Err(elsewhere());
        }
        Ok(url)
    }
}

/// Scheme and host of an absolute URL. A backslash ends the host, as in browsers.
fn origin(url: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let rest = &url[scheme.len()..];
    let host = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    (host > 0).then(|| &url[..scheme.len() + host])
}

/// What browsers drop or rewrite in a URL.
fn is_odd(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\\'
}

fn elsewhere() -> Failure {
    let why = "the server's reply leads to another server, which is not asked: check the address";
    Failure::new(502, why)
}

/// Appends a text with everything but unreserved characters as `%XX` (RFC 3986 §2.3).
pub(crate) fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                into.push(char::from(byte));
            }
            // Writing to a text does not fail.
            _ => _ = write!(into, "%{byte:02X}"),
        }
    }
}

/// One segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    encode(text, &mut segment);
    segment
}

/// `%XX` read; texts that have none, or would not be texts, stay as they are.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let pair = (*first == b'%').then(|| others.get(..2)).flatten();
        let byte = pair.and_then(|pair| Some(hex(pair[0])? << 4 | hex(pair[1])?));
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_http_without_secrets() {
        let table = [
            ("https://erp.example/hateoas/", Ok(())),
            ("HTTP://127.0.0.1:5984/db", Ok(())),
            ("erp.example", Err(Error::NotHttp)),
            ("ftp://erp.example/", Err(Error::NotHttp)),
            ("https:///x", Err(Error::NotHttp)),
            ("javascript:alert(1)", Err(Error::NotHttp)),
            ("https://ada:secret@erp.example/", Err(Error::Secrets)),
            ("https://erp.example/ x", Err(Error::Characters)),
            ("https://erp.example/#x", Err(Error::Characters)),
            (
                "https://erp.example\\@evil.example/",
                Err(Error::Characters),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(Address::new(text).map(|_| ()), expected, "{text}");
        }
        let long = |count| format!("https://{}", "a".repeat(count - 8));
        assert!(Address::new(&long(MAX_ADDRESS_BYTES)).is_ok());
        assert_eq!(Address::new(&long(MAX_ADDRESS_BYTES + 1)), Err(Error::Long));
    }

    #[test]
    fn links_lead_to_the_server_itself_or_nowhere() {
        let address = Address::new("https://erp.example/site/hateoas").unwrap();
        let table = [
            ("https://erp.example/x?y", Some("https://erp.example/x?y")),
            ("HTTPS://ERP.example/x", Some("https://erp.example/x")),
            ("/x", Some("https://erp.example/x")),
            (
                "//evil.example/x",
                Some("https://erp.example//evil.example/x"),
            ),
            ("http://erp.example/x", None),
            ("https://erp.example:8443/x", None),
            ("https://erp.example@evil.example/x", None),
            ("https://erp.example.evil.example/x", None),
            ("https://evil.example\\erp.example/x", None),
            ("https://erp.example\n.evil.example/x", None),
            ("/a\\b", None),
            ("x", None),
            ("data:text/plain,x", None),
        ];
        for (href, expected) in table {
            let found = address.resolve(href).ok();
            assert_eq!(found.as_deref(), expected, "{href}");
        }
        let at = |count: usize| format!("/{}", "a".repeat(count - 1 - "https://erp.example".len()));
        assert!(address.resolve(&at(MAX_URL_BYTES)).is_ok());
        let long = address
            .resolve(&at(MAX_URL_BYTES + 1))
            .map_err(|why| why.status_code);
        assert_eq!(long, Err(Some(400)));
    }

    #[test]
    fn encoded_texts_are_read_again() {
        assert_eq!(encoded("a b/é~"), "a%20b%2F%C3%A9~");
        for text in ["a b/é~", "", "%", "100%25"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        for odd in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decoded(odd), odd);
        }
    }
}
