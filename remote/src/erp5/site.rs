//! The site document: where an ERP5 is asked for what.

use super::template::{Filling, Template};
use crate::session::Session;
use jio::endpoint::Failure;
use serde_json::Value;

/// What the site document says.
#[derive(Debug)]
pub(crate) struct Site {
    traverse: Template,
    search: Template,
    /// Where records are added; absent where the login may not.
    pub(crate) add: Option<String>,
}

impl Site {
    /// Reads `{_links:{traverse:{href}, raw_search:{href}}, _actions:{add:{href}}}`.
    pub(crate) fn read(reply: &Value, session: &Session) -> Result<Self, Failure> {
        let template = |name: &str, variable: &str| {
            let href = reply["_links"][name]["href"].as_str();
            let template = href.and_then(|href| Template::parse(href).ok());
            let fitting = template.filter(|template| template.has(variable));
            fitting.ok_or_else(|| session.odd("no address to read or search at"))
        };
        Ok(Self {
            traverse: template("traverse", "relative_url")?,
            search: template("raw_search", "query")?,
            add: reply["_actions"]["add"]["href"].as_str().map(str::to_owned),
        })
    }

    /// Where a record is read, as this view of it.
    pub(crate) fn traverse(&self, id: &str, view: &str) -> String {
        let (id, view) = (Filling::Text(id.to_owned()), Filling::Text(view.to_owned()));
        self.traverse.expand(|name| match name {
            "relative_url" => Some(&id),
            "view" => Some(&view),
            _ => None,
        })
    }

    /// Where a search is answered.
    pub(crate) fn search(&self, fillings: &[(&str, Filling)]) -> String {
        let find = |name: &str| fillings.iter().find(|(own, _)| *own == name);
        self.search
            .expand(|name| find(name).map(|(_, filling)| filling))
    }
}
