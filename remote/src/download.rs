//! Attachments that have been fetched, whole or the range that was asked for.

use crate::http::Response;
use crate::limits::MAX_ATTACHMENT_BYTES;
use crate::session::{Ask, Session};
use jio::endpoint::Failure;
use jio::storage::{Answer, AttachmentReader};
use std::ops::Range;

/// Bytes that are here.
pub(crate) struct Whole {
    content_type: String,
    bytes: Vec<u8>,
}

/// Bytes read at a time.
const STEP: usize = 1 << 20;

impl Whole {
    /// Keeps of these bytes the range asked for.
    pub(crate) fn new(content_type: String, bytes: Vec<u8>, range: Option<Range<u64>>) -> Self {
        let bytes = match range {
            None => bytes,
            Some(range) => {
                let within = |at: u64| usize::try_from(at).unwrap_or(bytes.len()).min(bytes.len());
                let (start, end) = (within(range.start), within(range.end));
                bytes.get(start..end).unwrap_or_default().to_vec()
            }
        };
        Self {
            content_type,
            bytes,
        }
    }
}

impl AttachmentReader for Whole {
    fn content_type(&self) -> &str {
        &self.content_type
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&mut self, offset: u64) -> Answer<'_, Vec<u8>> {
        let length = self.bytes.len();
        let from = usize::try_from(offset).unwrap_or(length).min(length);
        let bytes = self.bytes[from..length.min(from + STEP)].to_vec();
        Box::pin(async { Ok(bytes) })
    }
}

/// Asks for a range of bytes (RFC 9110 §14.2), where it is one that can be asked for.
pub(crate) fn ranged(ask: Ask, range: Option<&Range<u64>>) -> Ask {
    match range.filter(|range| !range.is_empty()) {
        None => ask,
        Some(Range {
            start,
            end: u64::MAX,
        }) => ask.header("range", format!("bytes={start}-")),
        Some(Range { start, end }) => ask.header("range", format!("bytes={start}-{}", end - 1)),
    }
}

/// What came: the range, all of it from servers that know none, or nothing where the range lies beyond.
pub(crate) fn read_ranged(
    session: &Session,
    response: Response,
    range: Option<Range<u64>>,
) -> Result<Whole, Failure> {
    let content_type = response
        .header("content-type")
        .unwrap_or_default()
        .to_owned();
    match response.status {
        206 => {
            let at = response.header("content-range").and_then(read_start);
            let start = range.map(|range| range.start);
            match at == start || at.is_none() {
                true => Ok(Whole::new(content_type, response.body, None)),
                false => Err(session.odd("another range of bytes than asked for")),
            }
        }
        200..=299 => Ok(Whole::new(content_type, response.body, range)),
        416 => Ok(Whole::new(content_type, Vec::new(), None)),
        _ => Err(session.failure(&response)),
    }
}

/// The first byte's place in `bytes 0-4/10`.
pub(crate) fn read_start(range: &str) -> Option<u64> {
    range
        .strip_prefix("bytes ")?
        .split_once('-')?
        .0
        .parse()
        .ok()
}

/// Refuses what is too long to be held.
pub(crate) fn check_size(size: u64) -> Result<(), Failure> {
    if size > MAX_ATTACHMENT_BYTES {
        let why = format!(
            "an attachment for a server has at most {MAX_ATTACHMENT_BYTES} bytes: store it in pieces"
        );
        return Err(Failure::new(413, why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Credentials;
    use crate::scripted::{Scripted, block_on};

    fn read(
        status: u16,
        headers: &[(&str, &str)],
        range: Option<Range<u64>>,
    ) -> Result<Vec<u8>, Option<u16>> {
        let address = crate::Address::new("http://db.example/").unwrap();
        let session = Session::new(Scripted::new([]), address, Credentials::none(), "CouchDB");
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let response = Response {
            status,
            headers: headers.collect(),
            body: b"0123456789".to_vec(),
        };
        let mut whole =
            read_ranged(&session, response, range).map_err(|failure| failure.status_code)?;
        Ok(block_on(whole.read(0)).unwrap())
    }

    #[test]
    fn a_range_is_what_the_server_gives_or_is_cut_here() {
        let all = b"0123456789";
        assert_eq!(read(200, &[], None).as_deref(), Ok(&all[..]));
        assert_eq!(read(200, &[], Some(2..4)).as_deref(), Ok(&b"23"[..]));
        assert_eq!(read(200, &[], Some(20..u64::MAX)).as_deref(), Ok(&b""[..]));
        assert_eq!(
            read(206, &[("content-range", "bytes 2-11/99")], Some(2..12)).as_deref(),
            Ok(&all[..])
        );
        assert_eq!(read(206, &[], Some(2..12)).as_deref(), Ok(&all[..]));
        assert_eq!(
            read(206, &[("content-range", "bytes 0-9/99")], Some(2..12)),
            Err(Some(502))
        );
        assert_eq!(read(416, &[], Some(20..30)).as_deref(), Ok(&b""[..]));
        assert_eq!(read(404, &[], None), Err(Some(404)));
    }

    #[test]
    fn sizes_hold_at_the_bound_and_one_past() {
        assert!(check_size(MAX_ATTACHMENT_BYTES).is_ok());
        assert_eq!(
            check_size(MAX_ATTACHMENT_BYTES + 1)
                .unwrap_err()
                .status_code,
            Some(413)
        );
    }
}
