//! The extension's open pages, each at the end of a port.

use crate::event::{Event, Events, PageId};
use std::collections::BTreeMap;
use web::port::{self, Port, RawPort};

/// Who opened a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A page with the session's state before it, which gives commands.
    Page,
    /// The master's document.
    Master,
    /// The master's document, which has a word for the worker.
    Word,
    /// The master's document, while it has copies kept or given.
    Copies,
    /// A document that gathers this computer's addresses.
    Addresses,
}

/// Which page may open a port of which name.
const ROLES: [(&str, &str, Role); 8] = [
    ("popup", "extension/popup.html", Role::Page),
    ("options", "extension/options.html", Role::Page),
    ("window", "extension/master.html", Role::Page),
    ("master", "extension/offscreen.html", Role::Master),
    ("asking", "extension/offscreen.html", Role::Word),
    ("copies", "extension/offscreen.html", Role::Copies),
    ("addresses", "extension/offscreen.html", Role::Addresses),
    ("addresses", "extension/addresses.html", Role::Addresses),
];

/// Says who opened a port; `None` where the name is none of ours, or another page's.
pub(crate) fn role(raw: &RawPort) -> Option<Role> {
    let (name, page) = (port::name(raw), port::page(raw)?);
    let row = ROLES.iter().find(|row| row.0 == name && row.1 == page)?;
    Some(row.2)
}

/// The pages that are open.
#[derive(Default)]
pub(crate) struct Pages {
    open: BTreeMap<PageId, Port>,
    attached: u32,
}

impl Pages {
    /// Listens to a page; `None` for one that was closed while the worker started.
    pub(crate) fn attach(&mut self, raw: RawPort, events: &Events) -> Option<PageId> {
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
