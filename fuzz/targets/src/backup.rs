//! Saved copies: in any pieces a file is read alike; a file with a changed byte is never read to its end as
//! if it were another.

use crate::input::{lines, pieces, text};
use jio::Id;
use peer::backup::{About, Error, Item, Lines, Manifest, Reader, Writer};
use serde_json::json;

pub(crate) fn backup(data: &[u8]) {
    let (mode, rest) = data.split_first().unwrap_or((&0, &[]));
    if mode % 2 == 0 {
        let whole = read(std::iter::once(rest));
        assert_eq!(whole, read(pieces(rest)));
    } else {
        changed(rest);
    }
}

/// Writes what the lines say, changes one byte, and reads.
fn changed(data: &[u8]) {
    let (at, with) = match data {
        [a, b, with, ..] => (usize::from(u16::from_be_bytes([*a, *b])), *with),
        _ => (0, 0),
    };
    let file = write(data.get(3..).unwrap_or_default());
    let good = read(pieces(&file));
    assert!(good.is_ok(), "{good:?}");
    let mut bad = file;
    let at = at % bad.len();
    bad[at] ^= with;
    let same = read(std::iter::once(&bad[..]));
    // Few bytes may change without harm: those that end the digits of a header's own sum. Within the trailer
    // a changed byte may be one that means nothing, such as a space more.
    assert!(same.is_err() || same == good, "byte {at} changed by {with}");
}

fn write(data: &[u8]) -> Vec<u8> {
    let (mut writer, mut file) = Writer::new(&Manifest::new("serverless", 1_790_000_000_000));
    let (mut documents, mut attachments) = (Vec::new(), Vec::new());
    for (number, (word, rest)) in lines(data).enumerate() {
        let id = Id::new(format!("{number}{}", text(&rest[..rest.len().min(99)]))).expect("an id");
        match word {
            b'd' => documents.push((
                id,
                jio::document(json!({ "v": text(rest) })).expect("plain"),
            )),
            _ => attachments.push((id, rest)),
        }
    }
    for lines in Lines::of(documents.iter().map(|(id, document)| (id, document))) {
        file.extend(writer.documents(&lines));
    }
    for (id, bytes) in attachments {
        let (name, content_type) = ("n".to_owned(), text(bytes));
        let length = bytes.len() as u64;
        file.extend(writer.attachment(&About {
            id: id.to_string(),
            name,
            content_type,
            length,
        }));
        if writer.wants_bytes() {
            file.extend(writer.bytes(bytes.to_vec()));
        }
    }
    file.extend(writer.finish());
    file
}

/// The items, with the bytes of each attachment joined; or the first error.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Item>, Error> {
    let (mut reader, mut items) = (Reader::new(), Vec::new());
    for piece in pieces {
        reader.handle_bytes(piece);
        while let Some(item) = reader.poll()? {
            match (items.last_mut(), item) {
                (Some(Item::Bytes(before)), Item::Bytes(more)) => before.extend(more),
                (_, item) => items.push(item),
            }
        }
    }
    reader.finish()?;
    Ok(items)
}
