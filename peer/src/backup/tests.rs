//! Copies are read as they were written, and no other file is taken for one.

use super::*;
use data_encoding::HEXLOWER;
use jio::{Document, Id, Name};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

type Attachment = (String, String, Vec<u8>);

#[derive(Debug, Clone, PartialEq)]
struct Content {
    database: String,
    documents: Vec<(String, Document)>,
    attachments: Vec<Attachment>,
}

fn sample() -> Content {
    let document = |name: &str| jio::document(json!({"name": name, "n": [1, null]})).unwrap();
    let attachment = |name: &str, length: usize| ("a".to_owned(), name.to_owned(), vec![7; length]);
    Content {
        database: "serverless".to_owned(),
        documents: vec![
            ("a".to_owned(), document("Ada")),
            ("é\n😀".to_owned(), document("line\nbreak")),
        ],
        attachments: vec![
            attachment("empty", 0),
            attachment("block", 512),
            attachment("odd", 1_000),
        ],
    }
}

fn empty() -> Content {
    Content {
        database: String::new(),
        documents: Vec::new(),
        attachments: Vec::new(),
    }
}

fn write(content: &Content) -> Vec<u8> {
    let (mut writer, mut file) = Writer::new(&Manifest::new(&content.database, 1_790_000_000_000));
    let documents: Vec<_> = (content.documents.iter())
        .map(|(id, document)| (Id::new(id).unwrap(), document))
        .collect();
    for lines in Lines::of(documents.iter().map(|(id, document)| (id, *document))) {
        file.extend(writer.documents(&lines));
    }
    for (id, name, bytes) in &content.attachments {
        file.extend(writer.attachment(&About {
            id: id.clone(),
            name: name.clone(),
            content_type: "image/png".to_owned(),
            length: bytes.len() as u64,
        }));
        for part in bytes.chunks(300) {
            assert!(writer.wants_bytes());
            file.extend(writer.bytes(part.to_vec()));
        }
        assert!(!writer.wants_bytes());
    }
    file.extend(writer.finish());
    file
}

/// Reads a file in parts of some length.
fn read(file: &[u8], part: usize) -> Result<Content, Error> {
    let mut reader = Reader::new();
    let mut content = empty();
    for bytes in file.chunks(part) {
        reader.handle_bytes(bytes);
        while let Some(item) = reader.poll()? {
            match item {
                Item::Manifest(manifest) => content.database = manifest.database,
                Item::Document(id, document) => {
                    content.documents.push((id.to_string(), document));
                }
                Item::Attachment { id, name, .. } => {
                    let attachment = (id.to_string(), name.to_string(), Vec::new());
                    content.attachments.push(attachment);
                }
                Item::Bytes(bytes) => content.attachments.last_mut().unwrap().2.extend(bytes),
                Item::Trailer(trailer) => {
                    assert_eq!(trailer.documents, content.documents.len() as u64);
                    assert_eq!(trailer.attachments, content.attachments.len() as u64);
                }
            }
        }
    }
    reader.finish()?;
    Ok(content)
}

#[test]
fn a_copy_is_read_as_it_was_written() {
    for content in [empty(), sample()] {
        let file = write(&content);
        for part in [1, 511, 512, 513, file.len()] {
            assert_eq!(read(&file, part).unwrap(), content);
        }
    }
}

#[test]
fn documents_are_spread_over_entries() {
    let long = jio::document(json!({"text": "x".repeat(700_000)})).unwrap();
    let documents = (0..5).map(|n| (n.to_string(), long.clone())).collect();
    let content = Content {
        documents,
        ..empty()
    };
    let file = write(&content);
    let names = file
        .windows(24)
        .filter(|name| name.starts_with(b"documents/0000"));
    assert_eq!(names.count(), 3);
    assert_eq!(read(&file, 1 << 16).unwrap(), content);
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let file = write(&sample());
    let trailer_ends = file.len() - tar::END.len();
    for end in 0..trailer_ends {
        let expected = if end < 1024 {
            Error::NotACopy
        } else {
            Error::Short
        };
        let refused = read(&file[..end], file.len()).unwrap_err();
        assert!(
            refused == expected || refused == Error::Short,
            "cut at {end}: {refused}"
        );
    }
    assert!(read(&file[..trailer_ends], file.len()).is_ok());
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let file = write(&sample());
    let trailer = file.len() - tar::END.len() - 1024;
    for at in (0..trailer).step_by(7) {
        let mut changed = file.clone();
        changed[at] ^= 0x10;
        assert!(read(&changed, changed.len()).is_err(), "byte {at}");
    }
}

#[test]
fn what_follows_the_end_is_refused_unless_it_is_zero() {
    let mut file = write(&sample());
    file.extend([0; 9 * 1024]);
    assert!(read(&file, 4096).is_ok());
    file.push(1);
    let refused = Error::Damaged("something follows its end");
    assert_eq!(read(&file, 4096).unwrap_err(), refused);
}

#[test]
fn other_files_and_versions_are_told_apart() {
    assert_eq!(read(&[], 1).unwrap_err(), Error::NotACopy);
    assert_eq!(read(&[b'x'; 5000], 5000).unwrap_err(), Error::NotACopy);
    let manifest = Manifest {
        version: 2,
        ..Manifest::new("serverless", 0)
    };
    let (_, start) = Writer::new(&manifest);
    assert_eq!(read(&start, 512).unwrap_err(), Error::Version(2));
    let manifest = Manifest {
        format: "other".to_owned(),
        ..manifest
    };
    let (_, start) = Writer::new(&manifest);
    assert_eq!(read(&start, 512).unwrap_err(), Error::NotACopy);
}

#[test]
fn nothing_may_be_in_a_copy_twice() {
    let mut content = sample();
    content.documents.push(content.documents[0].clone());
    assert_eq!(
        read(&write(&content), 512).unwrap_err(),
        Error::Twice("a".to_owned())
    );
    let mut content = sample();
    let colliding = [("a", "b_c"), ("a_b", "c")];
    content.attachments = colliding
        .map(|(id, name)| (id.to_owned(), name.to_owned(), Vec::new()))
        .to_vec();
    assert_eq!(
        read(&write(&content), 512).unwrap_err(),
        Error::Twice("a_b_c".to_owned())
    );
}

/// The rules that no hash can tell: a file that was made wrong.
#[test]
fn a_file_made_against_the_rules_is_refused() {
    let entries: [(&str, &[u8], Error); 6] = [
        (
            "documents/00000001.jsonl",
            b"{\"id\":\"a\",\"doc\":null}\n",
            Error::Content(jio::DocumentError::NotAnObject.into()),
        ),
        (
            "documents/00000001.jsonl",
            b"{\"id\":\"\",\"doc\":{}}\n",
            Error::Content(Id::new("").unwrap_err().into()),
        ),
        (
            "documents/00000001.jsonl",
            b"{\"id\":\"a\",\"doc\":{}}",
            Error::Damaged("a document has no end"),
        ),
        (
            "documents/00000002.jsonl",
            b"",
            Error::Damaged("a part is missing or in the wrong place"),
        ),
        (
            "../../etc/passwd",
            b"",
            Error::Damaged("a part is missing or in the wrong place"),
        ),
        (
            "attachments/00000001.json",
            b"{\"id\":\"a\",\"name\":\"\",\"content_type\":\"\",\"length\":0}",
            Error::Content(Name::new("").unwrap_err().into()),
        ),
    ];
    for (name, bytes, refusal) in entries {
        let (_, mut file) = Writer::new(&Manifest::new("serverless", 1_790_000_000_000));
        append(&mut file, name, bytes);
        assert_eq!(read(&file, file.len()).unwrap_err(), refusal, "{name}");
    }
}

#[test]
fn a_description_has_a_limit() {
    for (length, is_over) in [
        (contents::DESCRIPTION_BYTES, false),
        (contents::DESCRIPTION_BYTES + 1, true),
    ] {
        let file = tar::header(contents::MANIFEST, length, 0);
        let refused = read(&file, file.len()).unwrap_err();
        assert_eq!(
            refused == Error::Damaged("a description is too long"),
            is_over
        );
    }
}

#[test]
fn the_place_for_the_key_is_passed_over() {
    let (_, mut file) = Writer::new(&Manifest::new("serverless", 1_790_000_000_000));
    append(
        &mut file,
        contents::IDENTITY,
        b"{\"sealed\":\"by a passphrase\"}",
    );
    let sha256 = HEXLOWER.encode(&Sha256::digest(&file));
    let trailer = json!({"documents": 0, "attachments": 0, "sha256": sha256}).to_string();
    append(&mut file, contents::TRAILER, trailer.as_bytes());
    assert!(read(&file, 512).unwrap().documents.is_empty());
}

fn append(file: &mut Vec<u8>, name: &str, content: &[u8]) {
    let length = content.len() as u64;
    file.extend(tar::header(name, length, 0));
    file.extend(content);
    file.resize(file.len() + tar::padding(length), 0);
}

fn contents() -> impl Strategy<Value = Content> {
    let values = prop_oneof![
        any::<i64>().prop_map(|n| json!(n)),
        ".*".prop_map(|text| json!(text)),
    ];
    let document = proptest::collection::btree_map(".*", values, 0..4)
        .prop_map(|members| members.into_iter().collect::<Document>());
    let documents = proptest::collection::btree_map(".{1,9}", document, 0..5);
    let bytes = proptest::collection::vec(any::<u8>(), 0..2_000);
    let attachments = proptest::collection::btree_map("[a-z]{1,9}", bytes, 0..4);
    (documents, attachments).prop_map(|(documents, attachments)| Content {
        database: "serverless".to_owned(),
        documents: documents.into_iter().collect(),
        attachments: attachments
            .into_iter()
            .map(|(name, bytes)| ("a".to_owned(), name, bytes))
            .collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_content_and_any_cut_give_the_same(content in contents(), part in 1..5_000_usize) {
        assert_eq!(read(&write(&content), part).unwrap(), content);
    }

    #[test]
    fn no_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..4_000), part in 1..999_usize) {
        prop_assert!(read(&bytes, part).is_err());
    }

    /// A valid file with bytes exchanged in some places, checksums of headers made right again.
    #[test]
    fn no_broken_copy_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut file = write(&sample());
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        for block in file.as_chunks_mut::<{ tar::BLOCK }>().0 {
            tar::seal(block);
        }
        let _ = read(&file, 700);
    }
}
