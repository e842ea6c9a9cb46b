//! A database of a page whose master lives in another page of the same origin: calls over a message
//! channel, without WebRTC. Frames cross it as they cross a data channel.

use crate::calls::{Calls, Order, Read};
use crate::page::{DatabasePage, Wire};
use crate::queue::Queue;
use crate::slave::json;
use futures_channel::mpsc::UnboundedReceiver;
use jio::endpoint::{Frame, JIO2, Protocol};
use std::rc::Rc;

/// What is heard.
pub(crate) enum Heard {
    Order(Order),
    Cancel(u32),
    /// The master is there, or there anew.
    Opened,
    Frame(Frame),
    /// The master said that it ends.
    Lost,
    Close,
    Read(Read),
}

/// The calls, and where their frames go.
pub(crate) struct Attached {
    calls: Calls,
    wire: Wire,
    page: Rc<DatabasePage>,
}

impl Attached {
    /// Waits for the master.
    pub(crate) fn new(wire: Wire, page: Rc<DatabasePage>, queue: Queue<Heard>) -> Self {
        let calls = Calls::new(page.clone(), move |read| queue.push(Heard::Read(read)));
        Self { calls, wire, page }
    }

    /// Runs until the page is done with it.
    pub(crate) async fn run(mut self, mut heard: UnboundedReceiver<Heard>) {
        while let Ok(first) = heard.recv().await {
            let mut goes_on = self.handle(first);
            while let Ok(next) = heard.try_recv() {
                goes_on &= self.handle(next);
            }
            while let Some(frame) = self.calls.poll(true) {
                send(&self.wire, &frame);
            }
            if !goes_on {
                return;
            }
        }
    }

    fn handle(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Order(order) => self.calls.handle_order(order),
            Heard::Cancel(number) => self.calls.handle_cancel(number),
            Heard::Opened => {
                self.calls.handle_lost();
                self.calls.handle_opened(Protocol::Jio2);
                self.tell("connected", JIO2, "");
            }
            Heard::Frame(frame) => self.calls.handle_frame(&frame),
            Heard::Lost => {
                self.calls.handle_lost();
                self.tell("reconnecting", "", "the master is gone");
            }
            Heard::Read(read) => self.calls.handle_read(read),
            Heard::Close => {
                self.calls.handle_ended(CLOSED);
                self.tell("closed", "", CLOSED);
                return false;
            }
        }
        true
    }

    fn tell(&self, state: &str, protocol: &str, detail: &str) {
        let state = serde_json::json!({
            "state": state, "step": null, "detail": detail, "retry_at": null, "master": null,
            "protocol": protocol,
        });
        self.page.state(&json(&state));
    }
}

const CLOSED: &str = "the database was closed";

/// Sends a frame to another page; what is too much for it is bounded by the credit of attachments.
pub(crate) fn send(wire: &Wire, frame: &Frame) {
    match frame {
        Frame::Text(text) => wire.text(text),
        Frame::Binary(bytes) => wire.bytes(bytes),
    }
}
