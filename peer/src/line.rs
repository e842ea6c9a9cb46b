//! The way to the broadcaster: a WebSocket, or a transport that the page provides.

use crate::page::Transport;
use broadcaster::envelope::PROTOCOL;
use broadcaster::signalling::Framing;
use std::rc::Rc;
use web::socket::{Socket, SocketHeard};

/// Where a line leads.
pub(crate) enum To {
    /// A WebSocket's address.
    Url(String),
    /// A transport of the page, whose texts are envelopes.
    Page(Rc<Transport>),
}

/// One opening of a line; what an earlier one still says is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineId(pub(crate) u32);

/// What a line says.
pub(crate) enum LineHeard {
    /// It is open.
    Opened(Framing),
    /// A text message.
    Text(String),
    /// It is gone, or could not be opened.
    Closed { code: u16, reason: String },
}

impl LineHeard {
    /// Without a word from the other side (RFC 6455 §7.1.5).
    pub(crate) fn gone(reason: impl Into<String>) -> Self {
        Self::Closed {
            code: 1006,
            reason: reason.into(),
        }
    }
}

/// The line of one machine, open or not.
pub(crate) struct Line {
    to: To,
    last: LineId,
    open: Open,
    say: Rc<dyn Fn(LineId, LineHeard)>,
}

enum Open {
    Nothing,
    /// A WebSocket that offers our subprotocol and is not open yet. Browsers fail it where the server
    /// does not know that (WHATWG WebSockets §3): then it is opened once more without.
    Offering(Socket),
    Socket(Socket),
    Page,
}

impl Line {
    /// A line that is not open yet.
    pub(crate) fn new(to: To, say: impl Fn(LineId, LineHeard) + 'static) -> Self {
        Self {
            to,
            last: LineId(0),
            open: Open::Nothing,
            say: Rc::new(say),
        }
    }

    /// Opens it anew.
    pub(crate) fn connect(&mut self) {
        self.disconnect();
        self.last.0 += 1;
        match &self.to {
            To::Url(_) => self.open = self.socket(&[PROTOCOL], Open::Offering),
            To::Page(transport) => {
                self.open = Open::Page;
                transport.open(self.last.0);
            }
        }
    }

    /// What the machine is to know of what was heard: nothing of an earlier opening.
    pub(crate) fn take(&mut self, line: LineId, heard: LineHeard) -> Option<LineHeard> {
        if self.last != line || matches!(self.open, Open::Nothing) {
            return None;
        }
        match (&heard, std::mem::replace(&mut self.open, Open::Nothing)) {
            (LineHeard::Closed { .. }, Open::Offering(_)) => {
                self.last.0 += 1;
                self.open = self.socket(&[], Open::Socket);
                return None;
            }
            (LineHeard::Closed { .. }, _) => {}
            (_, Open::Offering(socket)) => self.open = Open::Socket(socket),
            (_, open) => self.open = open,
        }
        Some(heard)
    }

    fn socket(&self, protocols: &[&str], is: impl FnOnce(Socket) -> Open) -> Open {
        let (line, say) = (self.last, self.say.clone());
        let To::Url(url) = &self.to else {
            return Open::Nothing;
        };
        let opened = Socket::open(url, protocols, move |heard| say(line, of_socket(heard)));
        opened.map(is).unwrap_or_else(|error| {
            (self.say)(line, LineHeard::gone(error.to_string()));
            Open::Page
        })
    }

    /// Closes it; nothing more is heard of it.
    pub(crate) fn disconnect(&mut self) {
        if let (Open::Page, To::Page(transport)) = (&self.open, &self.to) {
            transport.close();
        }
        self.open = Open::Nothing;
    }

    /// Sends a text.
    pub(crate) fn send(&self, text: &str) {
        match &self.open {
            Open::Nothing => {}
            Open::Offering(socket) | Open::Socket(socket) => {
                if let Err(error) = socket.send(text) {
                    (self.say)(self.last, LineHeard::gone(error.to_string()));
                }
            }
            Open::Page => {
                if let To::Page(transport) = &self.to {
                    transport.send(text);
                }
            }
        }
    }
}

fn of_socket(heard: SocketHeard) -> LineHeard {
    match heard {
        SocketHeard::Opened(protocol) => LineHeard::Opened(Framing::of_protocol(&protocol)),
        SocketHeard::Text(text) => LineHeard::Text(text),
        SocketHeard::Closed { code, reason } => LineHeard::Closed { code, reason },
    }
}
