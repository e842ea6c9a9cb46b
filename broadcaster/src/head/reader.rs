//! Gathers a request head from growing bytes, at a cost linear in the bytes.

use super::Error;
use super::parse::{self, Head};
use crate::limits::HEAD_BYTES;

/// Gathers the bytes of one request head.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
    /// Bytes of empty lines before the request line; they are dropped, but count (RFC 9112 §2.2).
    skipped: usize,
    checked: Checked,
}

/// What of an unfinished head has been looked at, so that nonsense is refused before its end.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Checked {
    #[default]
    Nothing,
    FirstBytes,
    RequestLine,
}

impl Reader {
    /// Takes more bytes; `Some` gives the head and how many of `input` belong to it.
    ///
    /// # Errors
    /// The request cannot be served; [`Error::http_status`] says how to answer. The reader is then of
    /// no further use.
    pub fn read(&mut self, input: &[u8]) -> Result<Option<(Head, usize)>, Error> {
        let blank = self.skip_empty_lines(input);
        let input = &input[blank..];
        let before = self.bytes.len();
        let room = HEAD_BYTES.saturating_sub(self.skipped + before);
        let taken = &input[..input.len().min(room)];
        self.bytes.extend_from_slice(taken);
        if let Some(end) = self.find_end(before) {
            return Ok(Some((
                parse::head(&self.bytes[..end])?,
                blank + end - before,
            )));
        }
        let has_line = self.check(before)?;
        if taken.len() < input.len() {
            return Err(if has_line {
                Error::TooLong
            } else {
                Error::TargetTooLong
            });
        }
        Ok(None)
    }

    fn skip_empty_lines(&mut self, input: &[u8]) -> usize {
        if !self.bytes.is_empty() {
            return 0;
        }
        let room = HEAD_BYTES - self.skipped;
        let is_blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let blank = input.iter().take(room).take_while(is_blank).count();
        self.skipped += blank;
        blank
    }

    /// Finds the end of the first empty line, looking at the bytes from `before` on.
    fn find_end(&self, before: usize) -> Option<usize> {
        let bytes = &self.bytes;
        let ends_empty_line = |&at: &usize| {
            bytes[at] == b'\n' && (bytes[..at].ends_with(b"\n") || bytes[..at].ends_with(b"\n\r"))
        };
        (before..bytes.len()).find(ends_empty_line).map(|at| at + 1)
    }

    /// Looks at an unfinished head twice: at its first bytes, where a TLS greeting shows itself, and at
    /// the end of its request line. Tells whether that line is whole.
    fn check(&mut self, before: usize) -> Result<bool, Error> {
        let next = match self.checked {
            Checked::RequestLine => return Ok(true),
            Checked::Nothing | Checked::FirstBytes if self.bytes[before..].contains(&b'\n') => {
                Checked::RequestLine
            }
            Checked::Nothing if !self.bytes.is_empty() => Checked::FirstBytes,
            Checked::Nothing | Checked::FirstBytes => return Ok(false),
        };
        self.checked = next;
        parse::check(&self.bytes)?;
        Ok(next == Checked::RequestLine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HEADERS;

    const HEAD: &[u8] = b"GET /room HTTP/1.1\r\nHost: localhost:9999\r\n\r\n";

    fn read(bytes: &[u8]) -> Result<Option<(Head, usize)>, Error> {
        Reader::default().read(bytes)
    }

    fn padded(length: usize) -> Vec<u8> {
        let start = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ";
        let mut bytes = start.to_vec();
        bytes.resize(length - 4, b'x');
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes
    }

    #[test]
    fn a_head_comes_whole_or_byte_by_byte() {
        let (whole, length) = read(HEAD).unwrap().unwrap();
        assert_eq!(length, HEAD.len());
        let mut reader = Reader::default();
        let (last, first) = HEAD.split_last().unwrap();
        for byte in first {
            assert_eq!(reader.read(&[*byte]), Ok(None));
        }
        assert_eq!(reader.read(&[*last]), Ok(Some((whole, 1))));
    }

    #[test]
    fn what_follows_the_head_is_not_taken() {
        let bytes = [b"\r\n\n", HEAD, b"\x81\x00\n\n"].concat();
        assert_eq!(read(&bytes).unwrap().unwrap().1, 3 + HEAD.len());
    }

    #[test]
    fn bare_line_feeds_end_lines_too() {
        let bytes = b"GET / HTTP/1.1\nHost: localhost\n\nrest";
        assert_eq!(read(bytes).unwrap().unwrap().1, bytes.len() - 4);
    }

    #[test]
    fn the_bound_in_bytes_is_exact() {
        assert!(read(&padded(HEAD_BYTES)).unwrap().is_some());
        assert_eq!(read(&padded(HEAD_BYTES + 1)), Err(Error::TooLong));
        let blank = [b"\r\n".as_slice(), &padded(HEAD_BYTES - 2)].concat();
        assert!(read(&blank).unwrap().is_some());
        let blank = [b"\r\n".as_slice(), &padded(HEAD_BYTES - 1)].concat();
        assert_eq!(read(&blank), Err(Error::TooLong));
        assert_eq!(read(&[b'\n'; HEAD_BYTES]), Ok(None));
        assert_eq!(read(&[b'\n'; HEAD_BYTES + 1]), Err(Error::TargetTooLong));
    }

    #[test]
    fn an_endless_request_line_is_too_long_a_target() {
        let bytes = [b"GET /".to_vec(), vec![b'a'; HEAD_BYTES]].concat();
        assert_eq!(read(&bytes), Err(Error::TargetTooLong));
    }

    #[test]
    fn the_bound_in_fields_is_exact() {
        let head = |fields: usize| {
            let rest = "a: b\r\n".repeat(fields - 1);
            format!("GET / HTTP/1.1\r\nHost: localhost\r\n{rest}\r\n").into_bytes()
        };
        assert!(read(&head(HEADERS)).unwrap().is_some());
        assert_eq!(read(&head(HEADERS + 1)), Err(Error::TooManyFields));
    }

    #[test]
    fn nonsense_is_refused_before_its_end() {
        let syntax = |bytes| matches!(read(bytes), Err(Error::Syntax(_)));
        assert!(
            syntax(b"\x16\x03\x01\x02\x00\x01\x00"),
            "the start of a TLS greeting"
        );
        assert!(syntax(b"{\"hello\": 1}\n"));
        assert_eq!(read(b"PRI * HTTP/2.0\r\n"), Err(Error::HttpVersion));
        let mut reader = Reader::default();
        assert_eq!(reader.read(b"GET / HT"), Ok(None));
        assert_eq!(reader.read(b"TP/3.0\r\n"), Err(Error::HttpVersion));
    }
}
