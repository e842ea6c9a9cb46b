//! Attachments of documents in CouchDB. One for a document that is not there makes an empty one: CouchDB
//! has no attachments by themselves.

use super::carried::typed;
use super::{Inner, raced};
use crate::address::encoded;
use crate::download::{Whole, check_size, ranged, read_ranged};
use crate::limits::MAX_RACES;
use jio::endpoint::Failure;
use jio::storage::{Answer, AttachmentWriter, Upload};
use jio::{Id, Name};
use std::ops::Range;
use std::rc::Rc;

impl Inner {
    pub(super) async fn attachment(
        &self,
        id: &Id,
        name: &Name,
        range: Option<Range<u64>>,
    ) -> Result<Whole, Failure> {
        let ask = self.ask_for("GET", id, &format!("/{}", encoded(name.as_str())))?;
        let response = self.session.ask(ranged(ask, range.as_ref())).await?;
        if response.status == 404 && !self.found(&response)? {
            return Err(Failure::new(
                404,
                format!("Cannot find attachment: {id} , {name}"),
            ));
        }
        read_ranged(&self.session, response, range)
    }

    pub(super) async fn send_attachment(
        &self,
        id: &Id,
        name: &Name,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        if name.as_str().starts_with('_') {
            return Err(Failure::new(
                400,
                "attachment names that begin with '_' are CouchDB's own",
            ));
        }
        let content_type = typed(content_type.to_owned());
        for _ in 0..MAX_RACES {
            let held = self.held(id).await?;
            let rev = held.map_or_else(String::new, |held| format!("?rev={}", encoded(&held.rev)));
            let ask = self.ask_for("PUT", id, &format!("/{}{rev}", encoded(name.as_str())))?;
            let response = self
                .session
                .ask(ask.body(content_type.clone(), bytes.clone()))
                .await?;
            match response.status {
                200..=299 => return Ok(()),
                409 => {}
                _ => return Err(self.failure(&response)),
            }
        }
        Err(raced())
    }

    pub(super) async fn remove_attachment(&self, id: &Id, name: &Name) -> Result<(), Failure> {
        for _ in 0..MAX_RACES {
            let held = self.held(id).await?;
            let Some(held) = held.filter(|held| held.stubs.contains_key(name.as_str())) else {
                return Ok(());
            };
            let rest = format!("/{}?rev={}", encoded(name.as_str()), encoded(&held.rev));
            let response = self.session.ask(self.ask_for("DELETE", id, &rest)?).await?;
            match response.status {
                200..=299 => return Ok(()),
                409 => {}
                _ => return Err(self.failure(&response)),
            }
        }
        Err(raced())
    }
}

/// An attachment on its way in, collected whole: a document with it is stored at once or not at all.
pub(super) struct Sending {
    inner: Rc<Inner>,
    upload: Upload,
    bytes: Vec<u8>,
}

impl Sending {
    pub(super) fn new(inner: Rc<Inner>, upload: Upload) -> Self {
        Self {
            inner,
            upload,
            bytes: Vec::new(),
        }
    }
}

impl AttachmentWriter for Sending {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Answer<'a, ()> {
        let checked = check_size(self.bytes.len() as u64 + bytes.len() as u64);
        if checked.is_ok() {
            self.bytes.extend_from_slice(bytes);
        }
        Box::pin(async { checked })
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let Upload {
                id,
                name,
                content_type,
                ..
            } = &self.upload;
            self.inner
                .send_attachment(id, name, content_type, self.bytes)
                .await
        })
    }
}
