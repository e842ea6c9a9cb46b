//! The extension's open pages: popup and options, each at the end of a port.

use crate::event::{Event, Events, PageId};
use std::collections::BTreeMap;
use web::port::{self, Port, RawPort};

/// Names a page may give its port.
const NAMES: [&str; 2] = ["popup", "options"];

/// The pages that are open.
#[derive(Default)]
pub(crate) struct Pages {
    open: BTreeMap<PageId, Port>,
    attached: u32,
}

impl Pages {
    /// Listens to a page; `None` for one that was closed while the worker started, and for a port whose
    /// name is none of ours, which is refused.
    pub(crate) fn attach(&mut self, raw: RawPort, events: &Events) -> Option<PageId> {
        if !NAMES.contains(&port::name(&raw).as_str()) {
            port::refuse(&raw);
            return None;
        }
        self.attached += 1;
        let page = PageId(self.attached);
        let events = events.clone();
        let port = Port::attach(raw, move |heard| events.push(Event::Page(page, heard))).ok()?;
        self.open.insert(page, port);
        Some(page)
    }

    /// Forgets a page that is gone.
    pub(crate) fn detach(&mut self, page: PageId) {
        self.open.remove(&page);
    }

    /// Says something to one page.
    pub(crate) fn tell(&mut self, page: PageId, text: &str) {
        if let Some(port) = self.open.get(&page) {
            // A page that was closed while the worker started: its end was not heard.
            if port.send(text).is_err() {
                self.detach(page);
            }
        }
    }

    /// Says something to every page.
    pub(crate) fn tell_all(&mut self, text: &str) {
        self.open.retain(|_, port| port.send(text).is_ok());
    }
}
