//! A port of which there is one at a time: that of the master's document, and that of the Direct Sockets app,
//! which is listened to from the start, since what the app says between sessions keeps this worker awake.

use crate::event::{Event, Events, RunId};
use web::log;
use web::port::{Heard, Port, RawPort};

/// A port, open or not.
pub(crate) struct Single {
    port: Option<Port>,
    /// Ports so far; the newest is the one that is listened to.
    runs: u32,
    /// What it says, as an event.
    event: fn(RunId, Heard) -> Event,
}

impl Single {
    /// None is open yet.
    pub(crate) fn new(event: fn(RunId, Heard) -> Event) -> Self {
        Self {
            port: None,
            runs: 0,
            event,
        }
    }

    /// Listens to a port, in place of an earlier one.
    ///
    /// # Errors
    /// It ended while the worker started; then there is none.
    pub(crate) fn attach(&mut self, raw: RawPort, events: &Events) -> Result<(), web::Error> {
        self.runs += 1;
        let (run, event, events) = (RunId(self.runs), self.event, events.clone());
        self.port = None;
        self.port = Some(Port::attach(raw, move |heard| {
            events.push(event(run, heard))
        })?);
        Ok(())
    }

    /// Whether this is the port that is open.
    pub(crate) fn is_current(&self, run: RunId) -> bool {
        self.port.is_some() && run == RunId(self.runs)
    }

    /// Closes it, or forgets that it ended.
    pub(crate) fn detach(&mut self) {
        self.port = None;
    }

    /// A port that cannot send has ended; that is heard by itself.
    pub(crate) fn send(&self, text: &str) {
        if let Some(port) = &self.port
            && let Err(error) = port.send(text)
        {
            log::warn(&error.to_string());
        }
    }
}
