//! The Direct Sockets app's port, of which there is one. It is listened to from the start: what the app
//! says between sessions keeps this worker awake.

use crate::event::{Event, Events, RunId};
use web::port::{Port, RawPort};

/// The app's port, open or not.
#[derive(Default)]
pub(crate) struct App {
    port: Option<Port>,
    /// Ports so far; the newest is the one that is listened to.
    runs: u32,
}

impl App {
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
            events.push(Event::App(run, heard))
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

    /// The port, while it is open.
    pub(crate) fn port(&self) -> Option<&Port> {
        self.port.as_ref()
    }
}
