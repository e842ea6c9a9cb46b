//! The framing of native messages: any cut gives the same messages, none over the limit, and what is
//! written is read.

use crate::input::pieces;
use broadcaster::link::native::{Decoder, Error, encode};

const LIMIT: usize = 4096;

pub(crate) fn native(data: &[u8]) {
    let whole = read(std::iter::once(data));
    assert_eq!(whole, read(pieces(data)));
    let texts: Vec<String> = whole.into_iter().filter_map(Result::ok).collect();
    assert!(texts.iter().all(|text| text.len() <= LIMIT));
    let mut bytes = Vec::new();
    for text in &texts {
        encode(text, &mut bytes).expect("shorter than 4 GiB");
    }
    assert_eq!(
        read(pieces(&bytes))
            .into_iter()
            .collect::<Result<Vec<_>, _>>(),
        Ok(texts)
    );
}

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Result<String, Error>> {
    let (mut decoder, mut read) = (Decoder::new(LIMIT), Vec::new());
    for piece in pieces {
        decoder.handle_received(piece);
        loop {
            match decoder.poll_message() {
                Ok(Some(text)) => read.push(Ok(text)),
                Ok(None) => break,
                Err(error @ Error::NotUtf8 { .. }) => read.push(Err(error)),
                // The stream is at its end.
                Err(error @ Error::TooLong { .. }) => {
                    read.push(Err(error));
                    return read;
                }
            }
        }
    }
    read
}
