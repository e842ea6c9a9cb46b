//! The document without a window: the master's, one that gathers addresses, or none, as was last wished.

use broadcaster::sharing;
use futures_channel::mpsc::{self, UnboundedSender};
use web::log;
use web::offscreen::{self, Document};

const MASTER: Document = Document {
    path: "extension/offscreen.html",
    reason: "WEB_RTC",
    justification: "Serves the records of this browser to devices on the local network over WebRTC, also while no page of the extension is open.",
};

const ADDRESSES: Document = Document {
    path: "extension/addresses.html",
    reason: "WEB_RTC",
    justification: "Finds this computer's addresses on the local network, which the app that opens the port cannot see.",
};

/// Which document is to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Open(sharing::Document),
    Closed,
}

/// Where wishes go to. One task carries them out, each before the next: so there is never a second
/// document, and the last wish holds.
pub(crate) struct Documents {
    wishes: UnboundedSender<Wish>,
}

impl Documents {
    pub(crate) fn new() -> Self {
        let (wishes, mut waiting) = mpsc::unbounded();
        web::task::spawn(async move {
            while let Ok(wish) = waiting.recv().await {
                // The next wish may succeed: at the latest that of the worker's next start.
                if let Err(error) = carry_out(wish).await {
                    log::error(&error.to_string());
                }
            }
            Ok::<_, web::Error>(())
        });
        Self { wishes }
    }

    pub(crate) fn wish(&self, wish: Wish) {
        // Fails only when the task has ended, which is when the worker ends.
        let _ = self.wishes.unbounded_send(wish);
    }
}

async fn carry_out(wish: Wish) -> Result<(), web::Error> {
    match wish {
        Wish::Open(sharing::Document::Master) => MASTER.open().await,
        Wish::Open(sharing::Document::Addresses) => ADDRESSES.open().await,
        Wish::Closed => offscreen::close().await,
    }
}
