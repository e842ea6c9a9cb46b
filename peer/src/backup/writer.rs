//! Writing a copy: every call answers with the bytes to append.

use super::contents::{self, About, MANIFEST, Manifest, TRAILER, Trailer};
use super::lines::Lines;
use super::tar;
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A copy in the making: first documents, then attachments, then [`Self::finish`].
#[derive(Debug)]
pub struct Writer {
    hash: Sha256,
    modified_s: u64,
    /// Entries of documents so far.
    entries: u64,
    documents: u64,
    attachments: u64,
    /// Bytes still to come of the attachment begun last, and their whole length.
    left: u64,
    length: u64,
}

impl Writer {
    /// Begins a copy.
    pub fn new(manifest: &Manifest) -> (Self, Vec<u8>) {
        let mut writer = Self {
            hash: Sha256::new(),
            modified_s: manifest.created / 1000,
            entries: 0,
            documents: 0,
            attachments: 0,
            left: 0,
            length: 0,
        };
        let start = writer.described(MANIFEST, manifest);
        let start = writer.hashed(start);
        (writer, start)
    }

    /// Adds documents.
    pub fn documents(&mut self, lines: &Lines) -> Vec<u8> {
        self.entries += 1;
        self.documents += lines.documents;
        let bytes = self.entry(&contents::documents(self.entries), &lines.text);
        self.hashed(bytes)
    }

    /// Begins an attachment; exactly its length of [`Self::bytes`] must follow.
    pub fn attachment(&mut self, about: &About) -> Vec<u8> {
        debug_assert_eq!(self.left, 0, "the attachment before is not complete");
        self.attachments += 1;
        (self.left, self.length) = (about.length, about.length);
        let mut bytes = self.described(&contents::about(self.attachments), about);
        let name = contents::content(self.attachments);
        bytes.extend(tar::header(&name, about.length, self.modified_s));
        self.hashed(bytes)
    }

    /// Adds bytes of the attachment.
    pub fn bytes(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        self.left = self.left.saturating_sub(bytes.len() as u64);
        if self.left == 0 {
            bytes.resize(bytes.len() + tar::padding(self.length), 0);
        }
        self.hashed(bytes)
    }

    /// Whether bytes of an attachment are still to come.
    pub fn wants_bytes(&self) -> bool {
        self.left > 0
    }

    /// Ends the copy.
    pub fn finish(&self) -> Vec<u8> {
        let trailer = Trailer {
            documents: self.documents,
            attachments: self.attachments,
            sha256: HEXLOWER.encode(&self.hash.clone().finalize()),
        };
        let mut bytes = self.described(TRAILER, &trailer);
        bytes.extend(tar::END);
        bytes
    }

    fn hashed(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        self.hash.update(&bytes);
        bytes
    }

    fn described(&self, name: &str, description: &impl Serialize) -> Vec<u8> {
        let mut json = serde_json::to_vec(description).expect("texts and numbers are JSON");
        json.push(b'\n');
        self.entry(name, &json)
    }

    fn entry(&self, name: &str, content: &[u8]) -> Vec<u8> {
        let length = content.len() as u64;
        let mut bytes = tar::header(name, length, self.modified_s).to_vec();
        bytes.extend(content);
        bytes.resize(bytes.len() + tar::padding(length), 0);
        bytes
    }
}
