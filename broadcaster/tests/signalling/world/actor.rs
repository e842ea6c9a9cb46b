//! One face for masters, slaves and scripted peers.

use broadcaster::Millis;
use broadcaster::signalling::rtc::{Command, Event as RtcEvent, SessionId};
use broadcaster::signalling::{Framing, Master, Slave, master, slave};
use std::any::Any;

/// What a machine told its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Did {
    Master(master::Event),
    Slave(slave::Event),
    /// A scripted peer's channel opened.
    OldOpened,
}

/// What a machine wants.
#[derive(Debug)]
pub(crate) enum Note {
    Connect,
    Disconnect,
    Send(String),
    Rtc(Command),
    Did(Did),
    Wait(Option<Millis>),
}

pub(crate) trait Actor {
    fn start(&mut self, now: Millis);
    fn opened(&mut self, framing: Framing, now: Millis);
    fn closed(&mut self, code: u16, now: Millis);
    fn text(&mut self, text: &str, now: Millis);
    fn rtc(&mut self, session: SessionId, event: RtcEvent, now: Millis);
    fn timeout(&mut self, now: Millis);
    fn poll(&mut self) -> Note;
    fn as_any(&mut self) -> &mut dyn Any;
}

impl Actor for Master {
    fn start(&mut self, now: Millis) {
        self.handle_start(now);
    }
    fn opened(&mut self, framing: Framing, now: Millis) {
        self.handle_opened(framing, now);
    }
    fn closed(&mut self, _: u16, now: Millis) {
        self.handle_closed(now);
    }
    fn text(&mut self, text: &str, now: Millis) {
        self.handle_text(text, now);
    }
    fn rtc(&mut self, session: SessionId, event: RtcEvent, now: Millis) {
        self.handle_rtc(session, event, now);
    }
    fn timeout(&mut self, now: Millis) {
        self.handle_timeout(now);
    }
    fn poll(&mut self) -> Note {
        match self.poll_output() {
            master::Output::Connect => Note::Connect,
            master::Output::Disconnect => Note::Disconnect,
            master::Output::Send(text) => Note::Send(text),
            master::Output::Rtc(command) => Note::Rtc(command),
            master::Output::Event(event) => Note::Did(Did::Master(event)),
            master::Output::Wait(until) => Note::Wait(until),
        }
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Actor for Slave {
    fn start(&mut self, now: Millis) {
        self.handle_start(now);
    }
    fn opened(&mut self, framing: Framing, now: Millis) {
        self.handle_opened(framing, now);
    }
    fn closed(&mut self, code: u16, now: Millis) {
        self.handle_closed(code, "closed by the test", now);
    }
    fn text(&mut self, text: &str, now: Millis) {
        self.handle_text(text, now);
    }
    fn rtc(&mut self, session: SessionId, event: RtcEvent, now: Millis) {
        self.handle_rtc(session, event, now);
    }
    fn timeout(&mut self, now: Millis) {
        self.handle_timeout(now);
    }
    fn poll(&mut self) -> Note {
        match self.poll_output() {
            slave::Output::Connect => Note::Connect,
            slave::Output::Disconnect => Note::Disconnect,
            slave::Output::Send(text) => Note::Send(text),
            slave::Output::Rtc(command) => Note::Rtc(command),
            slave::Output::Event(event) => Note::Did(Did::Slave(event)),
            slave::Output::Wait(until) => Note::Wait(until),
        }
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
