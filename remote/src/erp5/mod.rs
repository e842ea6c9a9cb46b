//! ERP5 over HAL, as jIO's storage `erp5` speaks it: JSON with links, forms for records, searches in the
//! catalog.
//!
//! ```text
//! GET address                      the site: URI templates for records and searches, where to add
//! GET traverse(relative_url,view)  a record as a form
//! GET raw_search(query,…)          rows of the catalog
//! POST add                         an empty record; its id in X-Location
//! POST put of a form               the record's fields
//! ```

mod attachment;
mod cursor;
mod form;
mod listing;
mod replica;
mod search;
mod site;
mod storage;
mod template;
mod view;

use crate::address::Address;
use crate::credentials::Credentials;
use crate::http::Http;
use crate::session::{Ask, Session};
use form::Form;
use jio::endpoint::Failure;
use jio::{Document, Id};
use search::{Row, Search, read_rows, read_urn};
use serde_json::Value;
use site::Site;
use std::cell::RefCell;
use std::rc::Rc;
use view::{PARENT, PORTAL_TYPE, View};

/// What an ERP5 is used for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The view by which records are read and written (`view`); without it they can only be listed.
    pub default_view_reference: Option<String>,
    /// Which records are replicated: a query in jIO's JSON form; null for all there are.
    pub query: Value,
    /// The properties that a replicated record has, taken from search rows: then no record is read by
    /// itself at the first synchronisation. Fields of the view by the same names. Empty: each record is read
    /// in its view.
    pub select_list: Vec<String>,
    /// The catalog's column by which changes are found.
    pub date_property: String,
    /// A field that keeps the id a record had here before ERP5 gave it one: by it a record is found again
    /// whose adding was cut.
    pub id_property: Option<String>,
    /// Rows asked for at once when changes are looked for: what a cut of the line costs at most.
    pub portion: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_view_reference: None,
            query: Value::Null,
            select_list: Vec::new(),
            date_property: "modification_date".to_owned(),
            id_property: None,
            portion: 200,
        }
    }
}

/// Records in an ERP5.
pub struct Erp5 {
    inner: Rc<Inner>,
}

impl Erp5 {
    /// Nothing is asked yet.
    pub fn new(
        http: Rc<dyn Http>,
        address: Address,
        credentials: Credentials,
        settings: Settings,
    ) -> Self {
        Self {
            inner: Rc::new(Inner {
                session: Session::new(http, address, credentials, "ERP5"),
                settings,
                site: RefCell::default(),
            }),
        }
    }
}

struct Inner {
    session: Session,
    settings: Settings,
    /// Read once; forgotten by `repair`, and where it led to nothing.
    site: RefCell<Option<Rc<Site>>>,
}

const HAL: &str = "application/hal+json";

impl Inner {
    async fn site(&self) -> Result<Rc<Site>, Failure> {
        if let Some(site) = self.site.borrow().clone() {
            return Ok(site);
        }
        let reply = self.get(self.session.address.as_str().to_owned()).await?;
        let site = Rc::new(Site::read(&reply, &self.session)?);
        *self.site.borrow_mut() = Some(site.clone());
        Ok(site)
    }

    fn forget_site(&self) {
        *self.site.borrow_mut() = None;
    }

    async fn get(&self, url: String) -> Result<Value, Failure> {
        let read = self
            .session
            .json(Ask::new("GET", url).header("accept", HAL))
            .await;
        read.inspect_err(|failure| {
            // An ERP5 that was moved or made new has other links.
            if !matches!(failure.status_code, Some(404 | 503 | 504)) {
                self.forget_site();
            }
        })
    }

    /// The reply of a record's view.
    async fn record(&self, id: &Id) -> Result<Value, Failure> {
        let view = self.settings.default_view_reference.as_deref().ok_or_else(|| {
            let why = "records of this ERP5 cannot be read one by one: no default_view_reference was given";
            Failure::new(404, why)
        })?;
        let url = self.site().await?.traverse(id.as_str(), view);
        self.get(url)
            .await
            .map_err(|failure| match failure.status_code {
                Some(404) => missing(id),
                _ => failure,
            })
    }

    async fn view(&self, id: &Id) -> Result<View, Failure> {
        View::read(&self.record(id).await?, &self.session)
    }

    async fn search(&self, search: &Search) -> Result<Vec<Row>, Failure> {
        let url = self.site().await?.search(&search.fillings()?);
        read_rows(self.get(url).await?, &self.session)
    }

    async fn post_form(&self, url: String, form: Form) -> Result<crate::http::Response, Failure> {
        let (content_type, body) = form.finish();
        self.session
            .done(Ask::new("POST", url).body(content_type, body))
            .await
    }

    /// Makes an empty record.
    async fn add(&self, document: &Document) -> Result<Id, Failure> {
        let mut form = Form::default();
        for name in [PORTAL_TYPE, PARENT] {
            let value = document.get(name).and_then(Value::as_str);
            let why = || Failure::new(400, format!("a new record for ERP5 needs a {name}"));
            form.text(name, value.ok_or_else(why)?);
        }
        let site = self.site().await?;
        let href = site.add.clone().ok_or_else(|| {
            Failure::new(403, "ERP5 lets nobody add records who is logged in as this")
        })?;
        let added = self.post_form(href, form).await?;
        let id = added.header("x-location").and_then(read_urn);
        id.ok_or_else(|| {
            let why = "ERP5 added a record and did not say which: its header X-Location has to be readable for this page";
            Failure::new(502, why)
        })
    }

    async fn post(&self, document: &Document) -> Result<Id, Failure> {
        let id = self.add(document).await?;
        if document
            .keys()
            .any(|name| name != PORTAL_TYPE && name != PARENT)
        {
            self.put(&id, document).await?;
        }
        Ok(id)
    }

    async fn put(&self, id: &Id, document: &Document) -> Result<(), Failure> {
        let view = self.view(id).await?;
        self.change(&view, document, |_| true).await
    }

    async fn change(
        &self,
        view: &View,
        document: &Document,
        owned: impl Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        let (href, form) = view.change(document, owned)?;
        self.post_form(href, form).await.map(|_| ())
    }
}

fn missing(id: &Id) -> Failure {
    Failure::new(404, format!("Cannot find document: {id}"))
}

#[cfg(test)]
mod tests;
