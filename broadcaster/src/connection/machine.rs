//! The states of one connection and what moves it between them.

use super::queue::Queue;
use super::socket::{Incoming, Socket};
use crate::frame::{self, code};
use crate::head::{self, Head, Upgrade};
use crate::http::{self, Answer};
use crate::limits::{FLUSH, HANDSHAKE, HEAD_BYTES, LINGER, LINGER_CLOSED, PING_AFTER, SILENCE};
use crate::payload::Payload;
use crate::time::Millis;
use bytes::Bytes;

/// One connection.
///
/// ```text
///  Head ──request──▶ Requested ──answer──────────────▶ Closing ──all written──▶ Lingering ──▶ Ended
///                        └─ask─▶ Asked ──refuse─────────▲  ▲
///                                  └─admit─▶ Open ─close┘  └──conclude── Over
///                                             └─the peer's Close, its errors──▲
/// ```
///
/// From every state the end of the peer's bytes or a deadline leads to Ended.
#[derive(Debug)]
pub struct Connection {
    state: State,
    queue: Queue,
    received: u64,
    sent: u64,
}

#[derive(Debug)]
enum State {
    /// The request head is not whole.
    Head { reader: head::Reader, until: Millis },
    /// The request is whole, and its answer is due at once.
    Requested { until: Millis },
    /// The upgrade waits for the hub; `early` is what the peer sent meanwhile.
    Asked {
        upgrade: Upgrade,
        early: Vec<u8>,
        until: Millis,
    },
    /// Messages flow. The peer was last heard, and last pinged, at these times.
    Open {
        socket: Socket,
        heard: Millis,
        pinged: Millis,
    },
    /// The peer closed, or broke a rule that this code names. What the hub says to the messages before
    /// that may still be queued.
    Over {
        code: u16,
        is_closed: bool,
        until: Millis,
    },
    /// The last bytes are queued.
    Closing { input: Input, until: Millis },
    /// Our half is shut; what the peer still sends is read and dropped.
    Lingering { until: Millis },
    /// Nothing more.
    Ended,
}

/// What is made of the peer's bytes while we close.
#[derive(Debug)]
enum Input {
    /// Its Close frame answers ours (RFC 6455 §7.1.1); messages before it are dropped.
    Awaited(Socket),
    /// They are dropped.
    Ignored,
    /// It has said Close: no more are coming.
    Closed,
    /// There are none any more.
    Ended,
}

/// What came of the peer's bytes, or of time.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A request; to be followed by [`Connection::answer`] or [`Connection::ask`] at once.
    Requested(Head),
    /// A message.
    Message(Payload),
    /// A WebSocket, or a wish for one, is over, with this close code; never told twice.
    Closed(u16),
}

/// What the socket is to do once nothing is left to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Shut down the sending half.
    Finish,
    /// Close.
    Drop,
}

impl Connection {
    /// A connection accepted now.
    pub fn new(now: Millis) -> Self {
        let state = State::Head {
            reader: head::Reader::default(),
            until: now + HANDSHAKE,
        };
        Self {
            state,
            queue: Queue::default(),
            received: 0,
            sent: 0,
        }
    }

    /// Takes the peer's bytes from `input` up to the next event; to be called until there is none.
    pub fn handle_received(&mut self, input: &mut &[u8], now: Millis) -> Option<Event> {
        match &mut self.state {
            State::Head { reader, until } => {
                let until = *until;
                match reader.read(input) {
                    Ok(None) => *input = &[],
                    Ok(Some((head, length))) => {
                        *input = &input[length..];
                        self.state = State::Requested { until };
                        return Some(Event::Requested(head));
                    }
                    Err(error) => self.answer(http::error(error.http_status()), now),
                }
            }
            State::Asked { early, .. } => {
                early.extend_from_slice(&input[..input.len().min(HEAD_BYTES)]);
                if early.len() > HEAD_BYTES {
                    return self.refuse(400, now);
                }
                *input = &[];
            }
            State::Open { heard, .. } => {
                *heard = now;
                return self.read_open(input, now);
            }
            State::Closing { input: closing, .. } => closing.read(input, &mut self.queue),
            State::Requested { .. }
            | State::Over { .. }
            | State::Lingering { .. }
            | State::Ended => *input = &[],
        }
        None
    }

    /// The peer sends nothing more, or, told again, the socket failed.
    pub fn handle_ended(&mut self) -> Option<Event> {
        match &mut self.state {
            State::Closing {
                input: Input::Ended,
                ..
            } => self.end(),
            // Who has shut its own half may still be reading our last bytes.
            State::Closing { input, .. } => {
                *input = Input::Ended;
                None
            }
            State::Head { .. }
            | State::Requested { .. }
            | State::Asked { .. }
            | State::Open { .. }
            | State::Over { .. }
            | State::Lingering { .. }
            | State::Ended => self.end(),
        }
    }

    /// What is to be written at once, about `most` bytes; [`Connection::handle_written`] follows. An answer
    /// of HTTP is given whole, since nobody can be asked whether it came.
    pub fn next_chunk(&mut self, most: usize, now: Millis) -> Vec<Bytes> {
        match self.state {
            State::Open { .. }
            | State::Closing {
                input: Input::Awaited(_),
                ..
            } => self.queue.chunk(most, true, now),
            State::Head { .. }
            | State::Requested { .. }
            | State::Asked { .. }
            | State::Over { .. }
            | State::Closing { .. }
            | State::Lingering { .. }
            | State::Ended => self.queue.chunk(usize::MAX, false, now),
        }
    }

    /// The first `bytes` of what is queued are written.
    pub fn handle_written(&mut self, bytes: usize, now: Millis) {
        let is_progress = !self.queue.is_asking();
        self.queue.advance(bytes);
        if let State::Closing { until, .. } = &mut self.state
            && is_progress
        {
            *until = now + if self.queue.is_empty() { LINGER } else { FLUSH };
        }
    }

    /// It is `now`.
    pub fn handle_timeout(&mut self, now: Millis) -> Option<Event> {
        self.queue.handle_timeout(now);
        if self.until().is_none_or(|until| now < until) {
            return None;
        }
        match &mut self.state {
            State::Asked { .. } => self.refuse(503, now),
            State::Open { heard, pinged, .. } if now - *heard < SILENCE => {
                *pinged = now;
                self.queue.push(frame::ping());
                None
            }
            State::Head { .. }
            | State::Requested { .. }
            | State::Open { .. }
            | State::Over { .. }
            | State::Closing { .. }
            | State::Lingering { .. }
            | State::Ended => self.end(),
        }
    }

    /// When to call [`Connection::handle_timeout`] at the latest.
    pub fn deadline(&self) -> Option<Millis> {
        self.until().into_iter().chain(self.queue.deadline()).min()
    }

    /// When the state is over, or the peer to be pinged.
    fn until(&self) -> Option<Millis> {
        match &self.state {
            State::Head { until, .. }
            | State::Requested { until }
            | State::Asked { until, .. }
            | State::Over { until, .. }
            | State::Closing { until, .. }
            | State::Lingering { until } => Some(*until),
            State::Open { heard, pinged, .. } => {
                Some((*heard + SILENCE).min((*heard).max(*pinged) + PING_AFTER))
            }
            State::Ended => None,
        }
    }

    /// Answers the request and closes.
    pub fn answer(&mut self, answer: Answer, now: Millis) {
        self.queue.push(answer.head);
        self.queue.push(answer.body);
        self.state = State::Closing {
            input: Input::Ignored,
            until: now + FLUSH,
        };
    }

    /// Lets an upgrade wait for [`Connection::admit`] or [`Connection::refuse`].
    pub fn ask(&mut self, upgrade: Upgrade) {
        if let State::Requested { until } = self.state {
            self.state = State::Asked {
                upgrade,
                early: Vec::new(),
                until,
            };
        }
    }

    /// Completes the upgrade of a connection that asked. Gives what the peer sent early, to be handed
    /// to [`Connection::handle_received`] next; `None` where nothing was asked.
    pub fn admit(
        &mut self,
        protocol: Option<&str>,
        message_bytes: usize,
        now: Millis,
    ) -> Option<Vec<u8>> {
        let State::Asked { upgrade, early, .. } = &mut self.state else {
            return None;
        };
        let early = std::mem::take(early);
        self.queue.push(http::switching(upgrade, protocol));
        let socket = Socket::new(message_bytes);
        self.state = State::Open {
            socket,
            heard: now,
            pinged: now,
        };
        Some(early)
    }

    /// Answers a connection that asked with a status in place of the upgrade.
    pub fn refuse(&mut self, status: u16, now: Millis) -> Option<Event> {
        let State::Asked { .. } = self.state else {
            return None;
        };
        self.answer(http::error(status), now);
        Some(Event::Closed(code::ABNORMAL))
    }

    /// Queues an encoded message unless that puts the queue over `bound`; says whether it did. Where
    /// messages do not flow there is nobody to miss it, and nothing is queued.
    pub fn send(&mut self, frame: &Bytes, bound: usize) -> bool {
        let (State::Open { .. } | State::Over { .. }) = self.state else {
            return true;
        };
        let is_within = self.queue.push_within(frame, bound);
        self.sent += u64::from(is_within);
        is_within
    }

    /// Writes what is queued, and closes. An upgrade that waits is completed first, since a page can
    /// read close codes only.
    pub fn close(&mut self, code: u16, reason: &str, now: Millis) -> Option<Event> {
        if let State::Head { .. } | State::Requested { .. } = self.state {
            return self.end();
        }
        // No message of such a peer is read, so its limit does not matter.
        self.admit(None, 0, now);
        if !self.is_open() {
            return None;
        }
        self.queue.push(frame::close(code, reason));
        if let State::Open { socket, .. } = std::mem::replace(&mut self.state, State::Ended) {
            self.state = State::Closing {
                input: Input::Awaited(socket),
                until: now + FLUSH,
            };
        }
        Some(Event::Closed(code))
    }

    /// Whether [`Connection::conclude`] is due, as soon as the hub has heard the messages before.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over { .. })
    }

    /// Answers the peer's Close, or its breach of a rule, with a Close frame.
    pub fn conclude(&mut self, now: Millis) -> Option<Event> {
        let State::Over {
            code, is_closed, ..
        } = self.state
        else {
            return None;
        };
        self.queue.push(frame::close(code, ""));
        let input = if is_closed {
            Input::Closed
        } else {
            Input::Ignored
        };
        let until = now + FLUSH;
        self.state = State::Closing { input, until };
        Some(Event::Closed(code))
    }

    /// Closes a receiver that does not read: what it did not begin to take is dropped.
    pub fn close_slow(&mut self, now: Millis) -> Option<Event> {
        self.queue.drop_unsent();
        self.close(code::TRY_LATER, "too slow", now)
    }

    /// What to do with the socket, told once, when nothing is left to write.
    pub fn poll_end(&mut self, now: Millis) -> Option<End> {
        match &self.state {
            State::Closing {
                input: Input::Ignored,
                ..
            } if self.queue.is_empty() => {
                self.state = State::Lingering {
                    until: now + LINGER,
                };
                Some(End::Finish)
            }
            State::Closing {
                input: Input::Closed,
                ..
            } if self.queue.is_empty() => {
                self.state = State::Lingering {
                    until: now + LINGER_CLOSED,
                };
                Some(End::Finish)
            }
            State::Closing {
                input: Input::Ended,
                ..
            } if self.queue.is_empty() => {
                self.state = State::Ended;
                Some(End::Drop)
            }
            State::Ended => Some(End::Drop),
            State::Head { .. }
            | State::Requested { .. }
            | State::Asked { .. }
            | State::Open { .. }
            | State::Over { .. }
            | State::Closing { .. }
            | State::Lingering { .. } => None,
        }
    }

    /// Whether something was queued since this was asked last.
    pub fn take_news(&mut self) -> bool {
        self.queue.take_news()
    }

    /// What is to be written, in order.
    pub fn queued(&self) -> impl Iterator<Item = &Bytes> {
        self.queue.iter()
    }

    /// Bytes of [`Connection::queued`].
    pub fn queued_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// Messages received.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Messages queued.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether the handshake is not over.
    pub fn is_waiting(&self) -> bool {
        matches!(
            self.state,
            State::Head { .. } | State::Requested { .. } | State::Asked { .. }
        )
    }

    /// Whether messages flow.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    fn read_open(&mut self, input: &mut &[u8], now: Millis) -> Option<Event> {
        let State::Open { socket, .. } = &mut self.state else {
            return None;
        };
        loop {
            let (code, is_closed) = match socket.read(input) {
                Ok(None) => return None,
                Ok(Some(Incoming::Message(payload))) => {
                    self.received += 1;
                    return Some(Event::Message(payload));
                }
                Ok(Some(Incoming::Ping(payload))) => {
                    self.queue.push_pong(frame::pong(&payload));
                    continue;
                }
                Ok(Some(Incoming::Pong(payload))) => {
                    self.queue.confirm(&payload);
                    continue;
                }
                Ok(Some(Incoming::Close(code))) => (code, true),
                // tungstenite must not be fed after an error; its state goes with `socket`.
                Err(violation) => (violation.0, false),
            };
            *input = &[];
            let until = now;
            self.state = State::Over {
                code,
                is_closed,
                until,
            };
            return None;
        }
    }

    /// Ends at once; tells so where somebody had asked or was a member.
    fn end(&mut self) -> Option<Event> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Asked { .. } | State::Open { .. } => Some(Event::Closed(code::ABNORMAL)),
            State::Over { code, .. } => Some(Event::Closed(code)),
            State::Head { .. }
            | State::Requested { .. }
            | State::Closing { .. }
            | State::Lingering { .. }
            | State::Ended => None,
        }
    }
}

impl Input {
    /// Reads what comes while closing, for the Close frame that answers ours.
    fn read(&mut self, bytes: &mut &[u8], queue: &mut Queue) {
        if let Self::Awaited(socket) = self {
            loop {
                match socket.read(bytes) {
                    Ok(Some(Incoming::Close(_))) => break *self = Self::Closed,
                    Err(_) => break *self = Self::Ignored,
                    Ok(Some(Incoming::Pong(payload))) => queue.confirm(&payload),
                    Ok(Some(Incoming::Message(_) | Incoming::Ping(_))) => {}
                    Ok(None) => break,
                }
            }
        }
        *bytes = &[];
    }
}
