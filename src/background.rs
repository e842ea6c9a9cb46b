//! What the worker's door calls.

use crate::event::{Event, Events};
use crate::shell::Shell;
use futures_channel::mpsc;
use std::convert::Infallible;
use wasm_bindgen::prelude::*;
use web::port::RawPort;

/// The running background.
#[wasm_bindgen]
pub struct Background {
    events: Events,
}

#[wasm_bindgen]
impl Background {
    /// Reads what is stored and starts; sharing goes on where it was on and may.
    pub async fn start() -> Result<Self, JsError> {
        std::panic::set_hook(Box::new(restart));
        let (sender, receiver) = mpsc::unbounded();
        let events = Events(sender);
        let shell = Shell::open(events.clone()).await?;
        web::task::spawn(async move {
            shell.run(receiver).await;
            Ok::<_, Infallible>(())
        });
        Ok(Self { events })
    }

    /// Takes the port of a page of this extension.
    pub fn attach(&self, port: RawPort) {
        self.events.push(Event::Attached(port));
    }

    /// Takes the port of a page of another origin: `externally_connectable` lets in Isolated Web Apps only.
    pub fn attach_foreign(&self, port: RawPort) {
        self.events.push(Event::Foreign(port));
    }

    /// Takes settings that were stored, as JSON text.
    pub fn change_settings(&self, settings: String) {
        self.events.push(Event::Settings(settings));
    }
}

/// A panic in WASM traps without running destructors, and what was borrowed stays borrowed: nothing
/// that is left can be trusted. So the whole extension starts anew. (Chromium 156 lets an unpacked copy
/// come back only where its developer mode is on.)
fn restart(info: &std::panic::PanicHookInfo<'_>) {
    console_error_panic_hook::hook(info);
    web::runtime::reload();
}
