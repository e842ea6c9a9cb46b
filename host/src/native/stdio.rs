//! stdin and stdout as channels of messages. Each has a thread of its own, because pipes block, on
//! every system in its own way; the threads end with the process.

use broadcaster::limits::LINK_MESSAGE_BYTES;
use broadcaster::link::native::{Decoder, Error, encode};
use std::io::{Read, Write, stdin, stdout};
use std::thread;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The messages on stdin; closed where the input ends or is broken.
pub(super) fn read() -> Receiver<String> {
    let (to, messages) = channel(WAITING);
    thread::spawn(move || {
        let end = Messages::new(stdin().lock()).try_for_each(|text| to.blocking_send(text));
        // An error means that the driver has ended already.
        drop(end);
    });
    messages
}

/// Takes messages for stdout; closed when nobody reads it any more.
pub(super) fn write() -> Sender<String> {
    let (messages, mut from) = channel::<String>(WAITING);
    thread::spawn(move || {
        let mut stdout = stdout().lock();
        let mut bytes = Vec::new();
        while let Some(text) = from.blocking_recv() {
            bytes.clear();
            let sent = encode(&text, &mut bytes).map_err(std::io::Error::other);
            if let Err(error) = sent
                .and_then(|()| stdout.write_all(&bytes))
                .and_then(|()| stdout.flush())
            {
                return tracing::error!("stdout is closed: {error}");
            }
        }
    });
    messages
}

/// The messages that a native messaging stream holds, to its end or to where it is broken.
#[derive(Debug)]
pub struct Messages<R> {
    from: R,
    decoder: Decoder,
    buffer: Box<[u8]>,
}

impl<R: Read> Messages<R> {
    /// Reads messages from a stream.
    pub fn new(from: R) -> Self {
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        Self {
            from,
            decoder: Decoder::new(MESSAGE_BYTES),
            buffer,
        }
    }

    /// Reads on; whether there was anything.
    fn read(&mut self) -> bool {
        match self.from.read(&mut self.buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.decoder.handle_received(&self.buffer[..count]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => true,
            Err(error) => {
                tracing::error!("the browser's messages cannot be read: {error}");
                false
            }
        }
    }
}

impl<R: Read> Iterator for Messages<R> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            match self.decoder.poll_message() {
                Ok(Some(text)) => return Some(text),
                Ok(None) if self.read() => {}
                Ok(None) => return None,
                Err(error @ Error::NotUtf8 { .. }) => tracing::warn!("passed over: {error}"),
                Err(error @ Error::TooLong { .. }) => {
                    tracing::error!("the browser's messages end here: {error}");
                    return None;
                }
            }
        }
    }
}

/// Messages between a thread and the driver. More wait in the pipe or in the link, which count them.
const WAITING: usize = 1;
/// Bytes read at once; as much as a pipe holds.
const READ_BYTES: usize = 64 * 1024;
/// Bytes of one message from the browser. The hub keeps its messages below [`LINK_MESSAGE_BYTES`], but
/// the browser writes them anew, with six bytes for a character that it escapes.
const MESSAGE_BYTES: usize = 6 * LINK_MESSAGE_BYTES;
