//! Copies of the records: the port of the master's document, and a companion of its own for as long as that
//! is open. Each such port has its own task; nothing of it is the shell's.

use crate::shell::{COMPANION, now};
use broadcaster::sharing::{CopyOutput, Copying};
use futures_channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use std::convert::Infallible;
use web::log;
use web::port::{Heard, Port, RawPort};
use web::timer::Timer;

enum Event {
    Document(Heard),
    Companion(Heard),
    /// The time that was waited for has come.
    Due,
}

/// Carries the document's orders to a companion, and its outcomes back, until the document ends its port.
pub(crate) fn serve(raw: RawPort) {
    let (events, heard) = mpsc::unbounded();
    let Ok(document) = Port::attach(raw, tell(&events, Event::Document)) else {
        // It was closed while the worker started.
        return;
    };
    let relay = Relay {
        copying: Copying::new(now()),
        document,
        companion: None,
        timer: None,
        events,
    };
    web::task::spawn(async move {
        relay.run(heard).await;
        Ok::<_, Infallible>(())
    });
}

struct Relay {
    copying: Copying,
    document: Port,
    companion: Option<Port>,
    timer: Option<Timer>,
    events: UnboundedSender<Event>,
}

impl Relay {
    async fn run(mut self, mut heard: UnboundedReceiver<Event>) {
        match Port::connect_native(COMPANION, tell(&self.events, Event::Companion)) {
            Ok(port) => self.companion = Some(port),
            Err(error) => self
                .copying
                .handle_disconnected(Some(&error.to_string()), now()),
        }
        self.carry_out();
        while let Ok(event) = heard.recv().await {
            match event {
                Event::Document(Heard::Text(text)) => self.copying.handle_order(&text, now()),
                Event::Document(Heard::Ended(_)) => return,
                Event::Companion(Heard::Text(text)) => self.copying.handle_text(&text, now()),
                Event::Companion(Heard::Ended(error)) => {
                    self.copying.handle_disconnected(error.as_deref(), now());
                }
                Event::Due => self.copying.handle_timeout(now()),
            }
            self.carry_out();
        }
    }

    fn carry_out(&mut self) {
        loop {
            match self.copying.poll_output() {
                CopyOutput::Send(text) => say(self.companion.as_ref(), &text),
                CopyOutput::Disconnect => self.companion = None,
                CopyOutput::Tell(outcome) => {
                    let text = serde_json::to_string(&outcome);
                    say(Some(&self.document), &text.expect("outcomes are JSON"));
                }
                CopyOutput::Wait(until) => {
                    let due = tell(&self.events, |()| Event::Due);
                    self.timer = until.map(|until| Timer::new((until - now()).0, move || due(())));
                    return;
                }
            }
        }
    }
}

/// A port that cannot send has ended; that is heard by itself.
fn say(port: Option<&Port>, text: &str) {
    if let Some(Err(error)) = port.map(|port| port.send(text)) {
        log::warn(&error.to_string());
    }
}

fn tell<T>(
    events: &UnboundedSender<Event>,
    kind: impl Fn(T) -> Event + Clone + 'static,
) -> impl Fn(T) + Clone + 'static {
    let events = events.clone();
    move |what| {
        // Fails only when the task has ended, and its ports with it.
        let _ = events.unbounded_send(kind(what));
    }
}
