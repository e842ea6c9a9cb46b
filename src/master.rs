//! The port of the master's document, of which there is one; its texts are envelopes.

use crate::event::{Event, Events, RunId};
use web::log;
use web::port::{Port, RawPort};

/// The master's port, open or not.
#[derive(Default)]
pub(crate) struct Master {
    port: Option<Port>,
    /// Ports so far; the newest is the one that is listened to.
    runs: u32,
}

impl Master {
    /// Listens to a port, in place of an earlier one.
    ///
    /// # Errors
    /// It ended while the worker started; then there is none.
    pub(crate) fn attach(&mut self, raw: RawPort, events: &Events) -> Result<(), web::Error> {
        self.runs += 1;
        let run = RunId(self.runs);
        let events = events.clone();
        self.port = None;
        self.port = Some(Port::attach(raw, move |heard| {
            events.push(Event::Master(run, heard))
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
