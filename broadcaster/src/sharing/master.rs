//! The master: this browser's records, as a member of the hub for as long as sharing and the master's
//! port both last.
//!
//! It lives in a document of its own, which outlives the worker and keeps serving the devices it is
//! connected with while nothing is shared. What the document, its port and the hub are to be is brought
//! about anew after each input, whatever that was.

use super::guests::Hosting;
use super::machine::Sharing;
use super::output::Output;
use crate::hub::MemberId;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The room in which slaves look for a master.
const ROOM: &str = "/";

/// What the master's document is told, besides the envelopes that come through its port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// The master's name, for people.
    pub name: String,
    /// Whether a port of the master would become a member.
    pub sharing: bool,
    /// Whether this computer's addresses are to be gathered.
    pub addresses: bool,
    /// What it needs to know its guests.
    #[serde(flatten)]
    pub hosting: Option<Hosting>,
}

/// How many devices wait for a person's word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asks {
    /// To be let in.
    pub waiting: usize,
    /// Before they write.
    pub writing: usize,
}

/// A document without a window, of which the browser allows one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The master's, which gathers this computer's addresses too where it is told to.
    Master,
    /// One that gathers addresses and nothing else.
    Addresses,
}

/// What is known of the master.
#[derive(Debug, Default)]
pub(super) struct Master {
    /// What was last asked for: which document is open.
    document: Option<Option<Document>>,
    port: Port,
    /// What its document was last told.
    told: Option<Brief>,
    /// What it last told.
    pub(super) asks: Asks,
}

/// The port of the master's document.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Port {
    /// There is none.
    #[default]
    Absent,
    /// It is there, and waits for sharing to begin.
    Idle,
    /// It is a member of the hub.
    Member(MemberId),
}

impl Master {
    /// The document may be gone: it is asked for anew.
    pub(super) fn forget_document(&mut self) {
        self.document = None;
    }
}

impl Sharing {
    /// Tells that the master's document has opened a port. It takes the place of an earlier one.
    pub fn handle_master_attached(&mut self, now: Millis) {
        self.arrive(now);
        self.leave();
        self.master.port = Port::Idle;
        self.master.told = None;
    }

    /// Tells what came through the master's port: an envelope. Before its `welcome` it has nothing to
    /// say.
    pub fn handle_master_text(&mut self, text: &str, now: Millis) {
        self.arrive(now);
        if let (Port::Member(member), Some(hub)) = (self.master.port, &mut self.hub) {
            hub.handle_local_message(member, text, now);
            self.carry_out();
        }
    }

    /// Tells that the master's port has ended.
    pub fn handle_master_detached(&mut self, now: Millis) {
        self.arrive(now);
        self.leave();
        // Its document may have ended with it. One that lives opens another port, is briefed, and says who waits.
        self.master.forget_document();
        self.master.asks = Asks::default();
    }

    /// The next step towards what is wished.
    pub(super) fn poll_master(&mut self) -> Option<Output> {
        self.poll_brief()
            .or_else(|| self.poll_port())
            .or_else(|| self.poll_document())
    }

    fn poll_document(&mut self) -> Option<Output> {
        let wish = if self.settings.serve {
            Some(Document::Master)
        } else {
            self.needs_addresses().then_some(Document::Addresses)
        };
        if self.master.document.replace(wish) == Some(wish) {
            return None;
        }
        Some(wish.map_or(Output::CloseDocument, Output::OpenDocument))
    }

    /// A port is a member once: when that is over, the document begins anew with another one.
    fn poll_port(&mut self) -> Option<Output> {
        match (self.master.port, &mut self.hub) {
            (Port::Absent, _) => None,
            (Port::Idle | Port::Member(_), _) if !self.settings.serve => {
                self.leave();
                Some(Output::Dismiss)
            }
            (Port::Member(_), None) => {
                self.leave();
                Some(Output::Dismiss)
            }
            (Port::Idle, Some(hub)) => {
                self.master.port = Port::Member(hub.handle_local_joined(ROOM, self.now));
                self.carry_out();
                self.outputs.pop_front()
            }
            (Port::Idle, None) | (Port::Member(_), Some(_)) => None,
        }
    }

    fn poll_brief(&mut self) -> Option<Output> {
        if !self.settings.serve {
            (self.master.told, self.master.asks) = (None, Asks::default());
            return None;
        }
        let brief = Brief {
            name: self.settings.name.clone(),
            sharing: self.hub.is_some(),
            addresses: self.needs_addresses(),
            hosting: self.hosting(),
        };
        if self.master.told.as_ref() == Some(&brief) {
            return None;
        }
        self.master.told = Some(brief.clone());
        Some(Output::Tell(brief))
    }

    fn leave(&mut self) {
        let port = std::mem::take(&mut self.master.port);
        if let (Port::Member(member), Some(hub)) = (port, &mut self.hub) {
            hub.handle_local_left(member, self.now);
            self.carry_out();
        }
    }
}
