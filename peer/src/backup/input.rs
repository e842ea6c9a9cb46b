//! Bytes of a copy between their coming and their being read.

use super::Error;
use super::tar::{self, BLOCK};
use sha2::{Digest, Sha256};

/// Bytes that came and are not read yet. What is taken is hashed.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// Where the unread ones begin.
    start: usize,
    /// How many of the unread ones are known to hold no end of line.
    scanned: usize,
    pub(super) hash: Sha256,
}

impl Input {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend(bytes);
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn peek(&self, length: usize) -> Option<&[u8]> {
        self.bytes[self.start..].get(..length)
    }

    /// Takes as many bytes, which must be there.
    pub(super) fn take(&mut self, length: usize) -> Vec<u8> {
        let taken = self.bytes[self.start..self.start + length].to_vec();
        self.hash.update(&taken);
        self.start += length;
        self.scanned = 0;
        taken
    }

    /// Looks at the next header; inside is `None` when these bytes are none.
    #[expect(clippy::option_option, reason = "not there yet, and not a header")]
    pub(super) fn header(&self) -> Option<Option<tar::Header>> {
        let block = self.peek(BLOCK)?.try_into().ok()?;
        Some(tar::read(block))
    }

    /// Takes a line with its end, from the next `within` bytes.
    pub(super) fn line(&mut self, within: u64) -> Result<Option<Vec<u8>>, Error> {
        let within = usize::try_from(within).unwrap_or(usize::MAX);
        let unread = &self.bytes[self.start..];
        let unread = &unread[..unread.len().min(within)];
        let mut rest = unread[self.scanned..].iter();
        if let Some(end) = rest.position(|byte| *byte == b'\n') {
            return Ok(Some(self.take(self.scanned + end + 1)));
        }
        self.scanned = unread.len();
        if self.scanned == within {
            return Err(Error::Damaged("a document has no end"));
        }
        Ok(None)
    }
}
