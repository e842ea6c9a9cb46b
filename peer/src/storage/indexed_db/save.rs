//! Saving a copy of all that is in a database.

use super::downloads::Outgoing;
use super::failure;
use super::state::State;
use crate::backup::{About, Lines, Manifest, Writer};
use crate::storage::layout::{ATTACHMENT, Attachment, KEY_PATH};
use jio::endpoint::Failure;
use jio::storage::AttachmentReader;
use jio::{Id, Name};
use std::collections::VecDeque;
use std::rc::Rc;
use web::clock;

/// Attachments whose descriptions are read at once.
const PAGE: u32 = 1_000;

/// A copy in the making. The documents are those of the moment it was begun; each attachment is as it
/// is when its turn comes.
pub struct Save {
    state: Rc<State>,
    writer: Writer,
    start: Option<Vec<u8>>,
    documents: VecDeque<Lines>,
    attachments: VecDeque<(Id, Name)>,
    /// The attachment whose bytes are being saved, and how many of them are.
    outgoing: Option<(Outgoing, u64)>,
    is_finished: bool,
}

impl Save {
    pub(super) async fn new(state: Rc<State>) -> Result<Self, Failure> {
        let attachments = attachments(&state).await?;
        let documents = Lines::of(state.documents.borrow().iter()).into();
        let (writer, start) = Writer::new(&Manifest::new(&state.name, clock::now()));
        Ok(Self {
            state,
            writer,
            start: Some(start),
            documents,
            attachments,
            outgoing: None,
            is_finished: false,
        })
    }

    /// The next bytes of the file, about two megabytes at most; `None` at its end.
    ///
    /// # Errors
    /// An attachment could not be read, or was changed just then (409): begin again.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(start) = self.start.take() {
            return Ok(Some(start));
        }
        if let Some(lines) = self.documents.pop_front() {
            return Ok(Some(self.writer.documents(&lines)));
        }
        if let Some((outgoing, offset)) = &mut self.outgoing
            && self.writer.wants_bytes()
        {
            let bytes = outgoing.read(*offset).await?;
            *offset += bytes.len() as u64;
            return Ok(Some(self.writer.bytes(bytes)));
        }
        if let Some(bytes) = self.next_attachment().await? {
            return Ok(Some(bytes));
        }
        if std::mem::replace(&mut self.is_finished, true) {
            return Ok(None);
        }
        Ok(Some(self.writer.finish()))
    }

    /// Begins the next attachment; one that was removed meanwhile is passed over.
    async fn next_attachment(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        while let Some((id, name)) = self.attachments.pop_front() {
            let begun = Outgoing::begin(self.state.clone(), id.clone(), name.clone(), None).await;
            let outgoing = match begun {
                Err(failure) if failure.status_code == Some(404) => continue,
                begun => begun?,
            };
            let about = About {
                id: id.to_string(),
                name: name.to_string(),
                content_type: outgoing.content_type().to_owned(),
                length: outgoing.size(),
            };
            self.outgoing = Some((outgoing, 0));
            return Ok(Some(self.writer.attachment(&about)));
        }
        Ok(None)
    }
}

/// All attachments there are.
async fn attachments(state: &State) -> Result<VecDeque<(Id, Name)>, Failure> {
    let database = state.database()?;
    let found = async {
        let transaction = database.read(&[ATTACHMENT])?;
        let store = transaction.store(ATTACHMENT)?;
        let (mut found, mut last) = (VecDeque::new(), None);
        loop {
            let page = store.page(last.as_ref(), PAGE).await?;
            let records = page
                .each()
                .filter_map(|text| serde_json::from_str(&text.ok()?).ok());
            let owners = records.filter_map(|record: Attachment| {
                Some((
                    Id::new(record._id).ok()?,
                    Name::new(record._attachment).ok()?,
                ))
            });
            found.extend(owners);
            if page.len() < PAGE as usize {
                return Ok(found);
            }
            last = page.last_key(KEY_PATH);
        }
    };
    found.await.map_err(|error: web::Error| failure(&error))
}
