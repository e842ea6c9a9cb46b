//! The peer's frames, read by tungstenite over borrowed bytes.

use crate::frame::code;
use crate::limits::READ_BUFFER_BYTES;
use crate::payload::Payload;
use bytes::Bytes;
use std::io::{self, Read, Write};
use tungstenite::error::Error;
use tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext};

/// Reads the frames of one peer. After an error it must not be asked again.
#[derive(Debug)]
pub(super) struct Socket(Box<WebSocketContext>);

/// What a peer sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Message(Payload),
    Ping(Bytes),
    Pong(Bytes),
    /// A Close frame: the code to echo, which is 1002 where the peer's own may not be sent, and 1005
    /// where it gave none.
    Close(u16),
}

/// A rule the peer broke; the code to close with (RFC 6455 §7.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Violation(pub(super) u16);

impl Socket {
    pub(super) fn new(message_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(message_bytes))
            .max_frame_size(Some(message_bytes));
        Self(Box::new(WebSocketContext::new(Role::Server, Some(config))))
    }

    /// Reads the next thing the peer sent; `None` when `input` is used up before its end.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Incoming>, Violation> {
        match self.0.read(&mut Wire(input)) {
            Ok(Message::Text(text)) => Ok(Some(Incoming::Message(Payload::Text(text)))),
            Ok(Message::Binary(bytes)) => Ok(Some(Incoming::Message(Payload::Binary(bytes)))),
            Ok(Message::Ping(payload)) => Ok(Some(Incoming::Ping(payload))),
            Ok(Message::Pong(payload)) => Ok(Some(Incoming::Pong(payload))),
            // A raw frame is never read.
            Ok(Message::Frame(_)) => Ok(None),
            Ok(Message::Close(frame)) => {
                let code = frame.map_or(code::NONE, |frame| frame.code.into());
                Ok(Some(Incoming::Close(code)))
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(Violation(close_code(&error))),
        }
    }
}

/// Maps what tungstenite finds to a close code; it sends none itself on errors.
fn close_code(error: &Error) -> u16 {
    match error {
        Error::Utf8(_) => code::NOT_UTF8,
        Error::Capacity(_) => code::TOO_LONG,
        Error::Protocol(_)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => code::PROTOCOL,
    }
}

/// Borrowed bytes as tungstenite's stream. What it writes, its own Pong and Close frames, is
/// discarded: ours go through the connection's bounded queue.
struct Wire<'a, 'b>(&'a mut &'b [u8]);

impl Read for Wire<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.read(into)
    }
}

impl Write for Wire<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 256;

    /// Masks with zeros, which changes nothing and is a mask all the same.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = payload.len();
        let mut frame = match length {
            0..126 => vec![first, 0x80 | length as u8],
            _ => [&[first, 0xfe][..], &(length as u16).to_be_bytes()].concat(),
        };
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        frame
    }

    fn read(frames: &[Vec<u8>]) -> Result<Vec<Incoming>, Violation> {
        let bytes = frames.concat();
        let (mut socket, mut input) = (Socket::new(LIMIT), bytes.as_slice());
        let mut incoming = Vec::new();
        while let Some(next) = socket.read(&mut input)? {
            incoming.push(next);
        }
        Ok(incoming)
    }

    #[test]
    fn messages_of_rfc_6455_section_5_7() {
        let masked_hello = vec![
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(
            read(&[masked_hello]),
            Ok(vec![Incoming::Message("Hello".into())])
        );
        let fragments = [
            masked(0x01, b"Hel"),
            masked(0x89, b"p"),
            masked(0x80, b"lo"),
        ];
        let ping = Incoming::Ping("p".into());
        assert_eq!(
            read(&fragments),
            Ok(vec![ping, Incoming::Message("Hello".into())])
        );
    }

    #[test]
    fn messages_up_to_the_limit() {
        let whole = vec![7; LIMIT];
        let message = Ok(vec![Incoming::Message(whole.clone().into())]);
        assert_eq!(read(&[masked(0x82, &whole)]), message);
        assert_eq!(
            read(&[masked(0x02, &whole[1..]), masked(0x80, &whole[..1])]),
            message
        );
        assert_eq!(read(&[masked(0x82, &[7; LIMIT + 1])]), Err(Violation(1009)));
        assert_eq!(
            read(&[masked(0x02, &whole), masked(0x80, &[7])]),
            Err(Violation(1009))
        );
    }

    #[test]
    fn violations_have_their_codes() {
        for (frame, code) in [
            (vec![0x81, 0x01, b'a'], 1002),
            (masked(0xc1, b"a"), 1002),
            (masked(0x83, b"a"), 1002),
            (masked(0x8b, b"a"), 1002),
            (masked(0x80, b"a"), 1002),
            (masked(0x09, b"a"), 1002),
            (masked(0x89, &[b'a'; 126]), 1002),
            (masked(0x88, &[3]), 1002),
            (masked(0x81, &[0xff]), 1007),
            (masked(0x81, &[0xed, 0xa0, 0x80]), 1007),
            (masked(0x88, &[3, 0xe8, 0xff]), 1007),
            (
                vec![
                    0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
                ],
                1009,
            ),
        ] {
            assert_eq!(
                read(std::slice::from_ref(&frame)),
                Err(Violation(code)),
                "{frame:02x?}"
            );
        }
    }

    #[test]
    fn close_codes_are_those_to_echo() {
        for (payload, code) in [
            (&[][..], 1005),
            (&[3, 0xe8], 1000),
            (&[3, 0xe9, b'b', b'y', b'e'], 1001),
            (&[0x11, 0x31], 4401),
            (&[3, 0xed], 1002),
            (&[0, 0], 1002),
        ] {
            let mut socket = Socket::new(LIMIT);
            let frame = masked(0x88, payload);
            assert_eq!(
                socket.read(&mut frame.as_slice()),
                Ok(Some(Incoming::Close(code)))
            );
        }
    }
}
