//! What one end still has to send, and in which order: messages first, as one batch; then parts, one
//! of each stream in turn.

use super::frame::{Kind, Part};
use super::{Frame, PART_BYTES, Protocol, WINDOW_BYTES};
use std::collections::VecDeque;

/// What to do next.
pub(super) enum Next {
    /// Send this.
    Send(Frame),
    /// Fetch bytes of this call's attachment, from `offset`, and hand them to [`Outbox::supply`].
    Want { call: u32, offset: u64 },
    /// Nothing for now.
    Nothing,
}

pub(super) struct Outbox {
    protocol: Protocol,
    messages: VecDeque<String>,
    /// Bytes of `messages`.
    short: usize,
    streams: VecDeque<Stream>,
    next_stream: u32,
    room: bool,
}

struct Stream {
    id: u32,
    content: Content,
}

enum Content {
    /// A message too long for one frame.
    Message { bytes: Vec<u8>, at: usize },
    /// An attachment; its bytes come from the driver as they are wanted.
    Attachment {
        call: u32,
        size: u64,
        fetched: u64,
        ready: Vec<u8>,
        at: usize,
        wanted: bool,
        credit: u64,
    },
}

impl Outbox {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            messages: VecDeque::new(),
            short: 0,
            streams: VecDeque::new(),
            next_stream: 1,
            room: true,
        }
    }

    /// Whether the channel takes frames now.
    pub(super) fn set_room(&mut self, room: bool) {
        self.room = room;
    }

    /// Queues one message, serialised.
    pub(super) fn push(&mut self, message: String) {
        if self.protocol == Protocol::Jio2 && message.len() > PART_BYTES {
            let id = self.new_stream();
            let content = Content::Message {
                bytes: message.into_bytes(),
                at: 0,
            };
            self.streams.push_back(Stream { id, content });
        } else {
            self.short += message.len();
            self.messages.push_back(message);
        }
    }

    /// Bytes of messages that wait to be sent.
    pub(super) fn queued(&self) -> usize {
        let long = self.streams.iter().map(|stream| match &stream.content {
            Content::Message { bytes, at } => bytes.len() - at,
            Content::Attachment { .. } => 0,
        });
        self.short + long.sum::<usize>()
    }

    /// Number for an attachment's stream; open it once the message that names it is queued.
    pub(super) fn new_stream(&mut self) -> u32 {
        let id = self.next_stream;
        self.next_stream = self.next_stream.wrapping_add(1);
        id
    }

    /// Starts sending an attachment of `size` bytes.
    pub(super) fn open(&mut self, id: u32, call: u32, size: u64) {
        let content = Content::Attachment {
            call,
            size,
            fetched: 0,
            ready: Vec::new(),
            at: 0,
            wanted: false,
            credit: WINDOW_BYTES,
        };
        self.streams.push_back(Stream { id, content });
    }

    /// Stops sending the attachment of a call, if there is one.
    pub(super) fn abandon(&mut self, call: u32) {
        self.streams.retain(|stream| !stream.is_of(call));
    }

    /// Whether the attachment of a call is still being sent.
    pub(super) fn sends(&self, call: u32) -> bool {
        self.streams.iter().any(|stream| stream.is_of(call))
    }

    /// Takes bytes of an attachment that were wanted; too many are cut off.
    pub(super) fn supply(&mut self, call: u32, bytes: Vec<u8>) {
        let Some(stream) = self.streams.iter_mut().find(|s| s.is_of(call)) else {
            return;
        };
        if let Content::Attachment {
            size,
            fetched,
            ready,
            at,
            wanted,
            ..
        } = &mut stream.content
        {
            let left = usize::try_from(*size - *fetched).unwrap_or(usize::MAX);
            *ready = bytes;
            ready.truncate(left);
            *fetched += ready.len() as u64;
            (*at, *wanted) = (0, false);
        }
    }

    /// The other end took `bytes` of a stream.
    pub(super) fn credit(&mut self, id: u32, bytes: u64) {
        for stream in &mut self.streams {
            if let Content::Attachment { credit, .. } = &mut stream.content
                && stream.id == id
            {
                *credit = credit.saturating_add(bytes).min(WINDOW_BYTES);
            }
        }
    }

    pub(super) fn poll(&mut self) -> Next {
        if !self.room {
            return Next::Nothing;
        }
        if let Some(text) = self.batch() {
            return Next::Send(Frame::Text(text));
        }
        for _ in 0..self.streams.len() {
            let Some(mut stream) = self.streams.pop_front() else {
                break;
            };
            let (next, done) = stream.poll();
            if !done {
                self.streams.push_back(stream);
            }
            if !matches!(next, Next::Nothing) {
                return next;
            }
        }
        Next::Nothing
    }

    /// All waiting messages that fit into one frame.
    fn batch(&mut self) -> Option<String> {
        let first = self.take_short()?;
        let fits = |text: &str, next: &str| text.len() + next.len() < PART_BYTES;
        let alone = !self.messages.front().is_some_and(|next| fits(&first, next));
        if self.protocol == Protocol::V2016 || alone {
            return Some(first);
        }
        let mut text = format!("[{first}");
        while self.messages.front().is_some_and(|next| fits(&text, next)) {
            text.push(',');
            text.extend(self.take_short());
        }
        text.push(']');
        Some(text)
    }

    fn take_short(&mut self) -> Option<String> {
        let message = self.messages.pop_front()?;
        self.short -= message.len();
        Some(message)
    }
}

impl Stream {
    /// Whether this is the attachment of a call.
    fn is_of(&self, of: u32) -> bool {
        matches!(self.content, Content::Attachment { call, .. } if call == of)
    }

    /// The next step of this stream, and whether it was the last.
    fn poll(&mut self) -> (Next, bool) {
        let id = self.id;
        match &mut self.content {
            Content::Message { bytes, at } => {
                let end = bytes.len().min(*at + PART_BYTES);
                let last = end == bytes.len();
                let part = Part {
                    kind: Kind::Message,
                    stream: id,
                    last,
                    content: &bytes[*at..end],
                };
                let frame = part.to_frame();
                *at = end;
                (Next::Send(frame), last)
            }
            Content::Attachment {
                call,
                size,
                fetched,
                ready,
                at,
                wanted,
                credit,
            } => {
                if *at == ready.len() && *fetched < *size {
                    let asks = !std::mem::replace(wanted, true);
                    let want = Next::Want {
                        call: *call,
                        offset: *fetched,
                    };
                    return (if asks { want } else { Next::Nothing }, false);
                }
                let step = (ready.len() - *at).min(PART_BYTES);
                if step as u64 > *credit {
                    return (Next::Nothing, false);
                }
                let end = *at + step;
                let last = end == ready.len() && fetched == size;
                let content = &ready[*at..end];
                let frame = Part {
                    kind: Kind::Attachment,
                    stream: id,
                    last,
                    content,
                }
                .to_frame();
                *credit -= step as u64;
                *at = end;
                (Next::Send(frame), last)
            }
        }
    }
}
