//! Frames of a server: RFC 6455 §5.2, whole and unmasked. Encodes only; frames of clients are read by
//! [`crate::connection`].

use crate::payload::Payload;
use bytes::{BufMut, Bytes, BytesMut};

/// Bytes of payload a control frame may carry (RFC 6455 §5.5).
pub const CONTROL_BYTES: usize = 125;
/// Bytes of a Close frame's reason: what its code leaves of [`CONTROL_BYTES`].
pub const REASON_BYTES: usize = CONTROL_BYTES - 2;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// Bytes of the longest header without a mask.
const LONGEST_HEADER: usize = 10;

/// Encodes a message as one frame, to be shared by all its receivers.
pub fn message(payload: &Payload) -> Bytes {
    match payload {
        Payload::Text(text) => encode(TEXT, text.as_bytes()),
        Payload::Binary(bytes) => encode(BINARY, bytes),
    }
}

/// A Ping frame without payload.
pub fn ping() -> Bytes {
    Bytes::from_static(&[FIN | PING, 0])
}

/// The payloads of the Pings that ask whether all before them has come, for two rounds in turn: a Ping may be
/// said twice, and its second Pong must not be taken for that of the next.
pub const CONFIRM: [&[u8]; 2] = [b"all0", b"all1"];

/// A Ping frame with the payload [`CONFIRM`] of a round; always the same bytes in memory.
pub fn ping_to_confirm(is_odd: bool) -> Bytes {
    Bytes::from_static(if is_odd {
        &[FIN | PING, 4, b'a', b'l', b'l', b'1']
    } else {
        &[FIN | PING, 4, b'a', b'l', b'l', b'0']
    })
}

/// The Pong frame to a Ping frame's payload (RFC 6455 §5.5.3).
pub fn pong(payload: &[u8]) -> Bytes {
    encode(PONG, &payload[..payload.len().min(CONTROL_BYTES)])
}

/// A Close frame; of the reason at most [`REASON_BYTES`] are sent, cut between characters. Code 1005
/// stands for no code at all and is not sent (RFC 6455 §7.4.1).
pub fn close(code: u16, reason: &str) -> Bytes {
    if code == code::NONE {
        return encode(CLOSE, &[]);
    }
    let mut payload = Vec::with_capacity(CONTROL_BYTES);
    payload.put_u16(code);
    payload.extend_from_slice(cut(reason).as_bytes());
    encode(CLOSE, &payload)
}

/// Close codes by name (RFC 6455 §7.4.1).
pub mod code {
    /// The purpose is fulfilled.
    pub const NORMAL: u16 = 1000;
    /// The broadcaster stops.
    pub const GOING_AWAY: u16 = 1001;
    /// The peer broke the protocol.
    pub const PROTOCOL: u16 = 1002;
    /// The Close frame had no code; never sent.
    pub const NONE: u16 = 1005;
    /// The connection ended without a Close frame; never sent.
    pub const ABNORMAL: u16 = 1006;
    /// A text message was not UTF-8.
    pub const NOT_UTF8: u16 = 1007;
    /// A message was too long.
    pub const TOO_LONG: u16 = 1009;
    /// Too much is asked of us now; for a receiver: it does not read.
    pub const TRY_LATER: u16 = 1013;
}

/// What of a reason fits, cut between characters.
fn cut(reason: &str) -> &str {
    let longest = reason.len().min(REASON_BYTES);
    let end = (0..=longest).rev().find(|&at| reason.is_char_boundary(at));
    &reason[..end.unwrap_or_default()]
}

fn encode(opcode: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(LONGEST_HEADER + payload.len());
    frame.put_u8(FIN | opcode);
    match payload.len() {
        short @ 0..126 => frame.put_u8(short as u8),
        medium @ 126..0x1_0000 => {
            frame.put_u8(126);
            frame.put_u16(medium as u16);
        }
        long => {
            frame.put_u8(127);
            frame.put_u64(long as u64);
        }
    }
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_rfc_6455_section_5_7() {
        let hello = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
        assert_eq!(message(&"Hello".into()), hello[..]);
        assert_eq!(
            pong(b"Hello"),
            [0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f][..]
        );
        let medium = message(&vec![7; 256].into());
        assert_eq!(medium[..4], [0x82, 0x7e, 0x01, 0x00]);
        assert_eq!(medium.len(), 4 + 256);
        let long = message(&vec![7; 65536].into());
        assert_eq!(long[..10], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(long.len(), 10 + 65536);
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        for (length, header) in [
            (0, 2),
            (1, 2),
            (125, 2),
            (126, 4),
            (127, 4),
            (65535, 4),
            (65536, 10),
        ] {
            assert_eq!(
                message(&vec![0; length].into()).len(),
                header + length,
                "{length}"
            );
        }
    }

    #[test]
    fn close_frames() {
        assert_eq!(
            close(1001, "bye"),
            [0x88, 5, 0x03, 0xe9, b'b', b'y', b'e'][..]
        );
        assert_eq!(close(code::NONE, "bye"), [0x88, 0][..]);
        assert_eq!(close(1000, &"x".repeat(200)).len(), 2 + CONTROL_BYTES);
        // 122 bytes and a character of two: the character does not fit whole.
        assert_eq!(
            close(1000, &format!("{}é", "x".repeat(122))).len(),
            2 + 2 + 122
        );
    }

    #[test]
    fn a_ping_is_empty() {
        assert_eq!(ping(), [0x89, 0][..]);
    }
}
