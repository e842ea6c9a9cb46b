//! The served files, and the answer to a request for one of them.

use super::answer::{Answer, Readers, encode, error, health};
use crate::head::Method;
use bytes::Bytes;
use http::HeaderValue;
use std::collections::BTreeMap;

/// Where the broadcaster says who it is.
const HEALTH: &str = "/health";

/// The files served, by their exact path.
#[derive(Debug, Clone, Default)]
pub struct Site {
    files: BTreeMap<String, File>,
}

/// One served file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// `Content-Type` of the answer.
    pub content_type: String,
    /// Entity tag without quotes (RFC 9110 §8.8.3).
    pub etag: String,
    /// The content.
    pub body: Bytes,
}

/// A file that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The path does not start with a slash, or is `/health`.
    #[error("a file cannot be served at {0:?}")]
    Path(String),
    /// The type or the tag cannot stand in a header field.
    #[error("the type or the tag of {0:?} cannot stand in a header field")]
    Field(String),
}

impl Site {
    /// Adds a file, or replaces the one of the same path.
    ///
    /// # Errors
    /// The file cannot be served; an earlier one stays.
    pub fn insert(&mut self, path: String, file: File) -> Result<(), Error> {
        if !path.starts_with('/') || path == HEALTH {
            return Err(Error::Path(path));
        }
        let is_field = |text: &str| HeaderValue::from_str(text).is_ok_and(|v| v.to_str().is_ok());
        if !is_field(&file.content_type) || !is_field(&file.etag) || file.etag.contains('"') {
            return Err(Error::Field(path));
        }
        self.files.insert(path, file);
        Ok(())
    }

    /// Answers a request for `path`, which is compared as it was sent, without decoding. `known` are
    /// the entity tags the visitor has already.
    pub fn answer(&self, method: Method, path: &str, known: &[String]) -> Answer {
        let answer = match self.files.get(path) {
            _ if path == HEALTH => health(),
            Some(file) => file.answer(known),
            None => error(404),
        };
        match method {
            Method::Get => answer,
            Method::Head => answer.without_body(),
        }
    }
}

impl File {
    fn answer(&self, known: &[String]) -> Answer {
        let (content, same) = (
            ("Content-Type", self.content_type.as_str()),
            Readers::SameOrigin,
        );
        // Addresses on a LAN are somebody else's tomorrow: no page of one stays in a cache.
        if self.content_type.starts_with("text/html") {
            let fields = [content, ("Cache-Control", "no-store")];
            return encode(200, same, &fields, self.body.clone());
        }
        let tag = format!("\"{}\"", self.etag);
        let fields = [
            ("ETag", tag.as_str()),
            ("Cache-Control", "no-cache"),
            content,
        ];
        if known.iter().any(|known| is_same(known, &tag)) {
            return encode(304, same, &fields[..2], Bytes::new());
        }
        encode(200, same, &fields, self.body.clone())
    }
}

/// Weak comparison (RFC 9110 §8.8.3.2), with `*` for any.
fn is_same(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content_type: &str, etag: &str) -> File {
        File {
            content_type: content_type.into(),
            etag: etag.into(),
            body: "content".into(),
        }
    }

    fn site() -> Site {
        let mut site = Site::default();
        site.insert("/".into(), file("text/html; charset=utf-8", "1"))
            .unwrap();
        site.insert("/a.js".into(), file("text/javascript", "1a"))
            .unwrap();
        site
    }

    fn get(path: &str, known: &[&str]) -> (u16, String, Bytes) {
        let known: Vec<_> = known.iter().map(|&tag| tag.into()).collect();
        let answer = site().answer(Method::Get, path, &known);
        (
            answer.status,
            String::from_utf8(answer.head.to_vec()).unwrap(),
            answer.body,
        )
    }

    #[test]
    fn html_is_never_stored() {
        for known in [&[][..], &["\"1\""], &["*"]] {
            let (status, head, body) = get("/", known);
            assert_eq!((status, &body[..]), (200, &b"content"[..]));
            assert!(head.contains("\r\nCache-Control: no-store\r\n") && !head.contains("ETag"));
        }
    }

    #[test]
    fn other_files_are_asked_for_by_tag() {
        let (status, head, body) = get("/a.js", &["\"1\"", "\"1b\""]);
        assert_eq!((status, &body[..]), (200, &b"content"[..]));
        assert!(head.contains("\r\nETag: \"1a\"\r\n"));
        assert!(head.contains("\r\nCache-Control: no-cache\r\n"));
        for known in [&["\"1a\""][..], &["\"x\"", "W/\"1a\""], &["*"]] {
            let (status, head, body) = get("/a.js", known);
            assert_eq!((status, body.len()), (304, 0));
            assert!(head.contains("\r\nETag: \"1a\"\r\n") && !head.contains("Content-Length"));
        }
    }

    #[test]
    fn paths_are_exact() {
        for path in ["/a", "/A.js", "/a.js/", "/./a.js", "/%61.js", "//"] {
            assert_eq!(get(path, &[]).0, 404, "{path}");
        }
        assert_eq!(get("/health", &[]).0, 200);
    }

    #[test]
    fn head_is_get_without_content() {
        for path in ["/", "/a.js", "/health", "/none"] {
            let get = site().answer(Method::Get, path, &[]);
            let head = site().answer(Method::Head, path, &[]);
            assert_eq!((get.head, head.body.len()), (head.head, 0), "{path}");
        }
    }

    #[test]
    fn files_that_cannot_be_served_are_refused() {
        let insert = |path: &str, file| Site::default().insert(path.into(), file);
        let html = || file("text/html", "1");
        assert_eq!(insert("a", html()), Err(Error::Path("a".into())));
        assert_eq!(
            insert("/health", html()),
            Err(Error::Path("/health".into()))
        );
        assert_eq!(
            insert("/a", file("a\r\nb", "1")),
            Err(Error::Field("/a".into()))
        );
        assert_eq!(
            insert("/a", file("a", "1\"")),
            Err(Error::Field("/a".into()))
        );
        assert_eq!(insert("/a", file("ä", "1")), Err(Error::Field("/a".into())));
    }
}
