//! Frames of the channel, and the head of a part.

/// One message of the data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// JSON text.
    Text(String),
    /// A part.
    Binary(Vec<u8>),
}

impl Frame {
    /// The bytes of the message, whatever its type.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// What a part is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Attachment,
}

/// A part, read.
pub(super) struct Part<'a> {
    pub(super) kind: Kind,
    pub(super) stream: u32,
    pub(super) last: bool,
    pub(super) content: &'a [u8],
}

const MESSAGE: u8 = 1;
const ATTACHMENT: u8 = 2;
const LAST: u8 = 1;

impl<'a> Part<'a> {
    /// Reads a binary frame; `None` for what is no part.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let [kind, a, b, c, d, flags, content @ ..] = bytes else {
            return None;
        };
        let kind = match *kind {
            MESSAGE => Kind::Message,
            ATTACHMENT => Kind::Attachment,
            _ => return None,
        };
        let stream = u32::from_be_bytes([*a, *b, *c, *d]);
        Some(Self {
            kind,
            stream,
            last: flags & LAST != 0,
            content,
        })
    }

    /// The part as a binary frame.
    pub(super) fn to_frame(&self) -> Frame {
        let kind = match self.kind {
            Kind::Message => MESSAGE,
            Kind::Attachment => ATTACHMENT,
        };
        let mut bytes = Vec::with_capacity(6 + self.content.len());
        bytes.push(kind);
        bytes.extend_from_slice(&self.stream.to_be_bytes());
        bytes.push(if self.last { LAST } else { 0 });
        bytes.extend_from_slice(self.content);
        Frame::Binary(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_survives_its_frame() {
        let part = Part {
            kind: Kind::Attachment,
            stream: 0x0102_0304,
            last: true,
            content: b"xyz",
        };
        let Frame::Binary(bytes) = part.to_frame() else {
            panic!("a part is binary")
        };
        assert_eq!(bytes, [2, 1, 2, 3, 4, 1, b'x', b'y', b'z']);
        let read = Part::read(&bytes).unwrap();
        assert_eq!(
            (read.stream, read.last, read.content),
            (0x0102_0304, true, &b"xyz"[..])
        );
    }

    #[test]
    fn what_is_no_part_is_told_apart() {
        for bytes in [
            &b""[..],
            b"\x01\0\0\0\x01",
            b"\x03\0\0\0\x01\0",
            b"\0\0\0\0\x01\x01x",
        ] {
            assert!(Part::read(bytes).is_none());
        }
    }
}
