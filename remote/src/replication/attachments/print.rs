//! By what the contents of attachments are compared: names of ours, and the name that servers like CouchDB have.

use crate::replication::hash::Content;
use data_encoding::BASE64;
use md5::Md5;
use sha2::{Digest, Sha256};

/// What is known of bytes without keeping them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Print {
    pub(super) content: Content,
    /// What CouchDB calls them, unless it has packed them.
    pub(super) digest: String,
    pub(super) length: u64,
    /// MIME type; no part of the content.
    pub(super) content_type: String,
}

/// Names bytes as they come.
#[derive(Default)]
pub(super) struct Printer {
    ours: Sha256,
    theirs: Md5,
    length: u64,
}

impl Printer {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.ours.update(bytes);
        self.theirs.update(bytes);
        self.length += bytes.len() as u64;
    }

    pub(super) fn end(self, content_type: &str) -> Print {
        Print {
            content: Content::from_hash(&self.ours.finalize()),
            digest: format!("md5-{}", BASE64.encode(&self.theirs.finalize())),
            length: self.length,
            content_type: content_type.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(parts: &[&str]) -> Print {
        let mut printer = Printer::default();
        for part in parts {
            printer.add(part.as_bytes());
        }
        printer.end("text/plain")
    }

    #[test]
    fn bytes_have_one_name_in_whichever_parts_they_come() {
        assert_eq!(print(&["ab", "", "c"]), print(&["abc"]));
        assert_ne!(print(&["ab"]).content, print(&["abc"]).content);
        // RFC 1321, A.5.
        assert_eq!(print(&["abc"]).digest, "md5-kAFQmDzST7DWlj99KOF/cg==");
        assert_eq!(print(&[]).length, 0);
    }
}
