//! Framing of the native messaging carrier: each message is its length as u32 in the machine's byte order,
//! then that many bytes of UTF-8. Works on bytes in memory; reads and writes nothing.
//! <https://developer.chrome.com/docs/extensions/develop/concepts/native-messaging#native-messaging-host-protocol>

use bytes::{Buf, BytesMut};

/// Bytes of the length before each message.
const LENGTH_BYTES: usize = size_of::<u32>();

/// A rule of the framing that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The message is longer than the limit. Where it comes in, the stream is at its end: nothing after
    /// it can be read.
    #[error("native message of {len} bytes is over the limit of {limit}")]
    TooLong {
        /// Its length.
        len: usize,
        /// The limit.
        limit: usize,
    },
    /// The message is not UTF-8. It is passed over; the next one can be read.
    #[error("native message of {len} bytes is not UTF-8")]
    NotUtf8 {
        /// Its length.
        len: usize,
    },
}

/// Appends one message to `bytes`.
///
/// # Errors
/// The message is longer than its length field can say; `bytes` is as it was.
pub fn encode(text: &str, bytes: &mut Vec<u8>) -> Result<(), Error> {
    let too_long = |_| Error::TooLong {
        len: text.len(),
        limit: u32::MAX as usize,
    };
    let len = u32::try_from(text.len()).map_err(too_long)?;
    bytes.extend_from_slice(&len.to_ne_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Ok(())
}

/// Reads messages from bytes that come in any pieces.
#[derive(Debug)]
pub struct Decoder {
    buffer: BytesMut,
    limit: usize,
}

impl Decoder {
    /// Reads messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            limit,
        }
    }

    /// Takes what came in. Poll all messages before giving it more, and it holds one message at most.
    pub fn handle_received(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message.
    ///
    /// # Errors
    /// See [`Error`]; one that is too long is told again at each call.
    pub fn poll_message(&mut self) -> Result<Option<String>, Error> {
        let Some(len) = self.next_len()? else {
            return Ok(None);
        };
        if self.buffer.len() < LENGTH_BYTES + len {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_BYTES);
        let message = self.buffer.split_to(len);
        String::from_utf8(message.into())
            .map(Some)
            .map_err(|_| Error::NotUtf8 { len })
    }

    /// The length of the next message, refused before anything is kept for it.
    fn next_len(&self) -> Result<Option<usize>, Error> {
        let Some(length) = self.buffer.first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let len = u32::from_ne_bytes(*length) as usize;
        if len > self.limit {
            return Err(Error::TooLong {
                len,
                limit: self.limit,
            });
        }
        Ok(Some(len))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

    use super::*;
    use proptest::prelude::*;

    fn encoded(texts: &[String]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in texts {
            encode(text, &mut bytes).unwrap();
        }
        bytes
    }

    #[test]
    fn a_message_is_its_length_and_its_bytes() {
        let mut bytes = Vec::new();
        encode("häh", &mut bytes).unwrap();
        assert_eq!(bytes, [&4u32.to_ne_bytes()[..], "häh".as_bytes()].concat());
    }

    #[test]
    fn the_limit_passes_and_one_more_does_not() {
        for (len, expected) in [
            (10, Ok(Some("x".repeat(10)))),
            (11, Err(Error::TooLong { len: 11, limit: 10 })),
        ] {
            let mut decoder = Decoder::new(10);
            decoder.handle_received(&encoded(&["x".repeat(len)]));
            assert_eq!(decoder.poll_message(), expected);
        }
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_its_message_comes() {
        let mut decoder = Decoder::new(10);
        decoder.handle_received(&u32::MAX.to_ne_bytes());
        let len = u32::MAX as usize;
        assert_eq!(
            decoder.poll_message(),
            Err(Error::TooLong { len, limit: 10 })
        );
    }

    #[test]
    fn a_message_that_is_not_utf8_spoils_no_other() {
        let mut bytes = 1u32.to_ne_bytes().to_vec();
        bytes.push(0xff);
        encode("next", &mut bytes).unwrap();
        let mut decoder = Decoder::new(10);
        decoder.handle_received(&bytes);
        assert_eq!(decoder.poll_message(), Err(Error::NotUtf8 { len: 1 }));
        assert_eq!(decoder.poll_message(), Ok(Some("next".to_owned())));
        assert_eq!(decoder.poll_message(), Ok(None));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_messages(
            texts in prop::collection::vec(".{0,40}", 0..8),
            piece in 1usize..50,
        ) {
            let mut decoder = Decoder::new(1000);
            let mut read = Vec::new();
            for bytes in encoded(&texts).chunks(piece) {
                decoder.handle_received(bytes);
                while let Some(text) = decoder.poll_message().unwrap() {
                    read.push(text);
                }
            }
            prop_assert_eq!(read, texts);
        }

        #[test]
        fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::new(100);
            decoder.handle_received(&bytes);
            while let Ok(Some(_)) | Err(Error::NotUtf8 { .. }) = decoder.poll_message() {}
        }
    }
}
