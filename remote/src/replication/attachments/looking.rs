//! Comparing one attachment: what is here, what the server tells that it has, and the last that was known of both.
//! The line is not used.

use super::candidates::{Act, Plan};
use super::file::{File, Held, Place};
use super::print::{Print, Printer};
use crate::replica::Attached;
use crate::replication::options::Conflicts;
use crate::replication::replicated::{Core, Replicated};
use crate::replication::running::Trouble;
use jio::rpc::Call;
use jio::storage::AttachmentReader;
use jio::{Id, Name};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is to be done with an attachment.
enum Next {
    Carry(Act, u64),
    RemoveHere,
    /// Nothing, as far as is known.
    Nothing,
}

impl Replicated {
    /// Looks at the first candidate.
    pub(in crate::replication) async fn look(&self, is_urgent: bool) -> Result<(), Trouble> {
        let first = self.core.borrow().first(is_urgent);
        let Some(place) = first else { return Ok(()) };
        // Between the look and its being noted, nobody else writes it.
        let _alone = self.turns.alone([place.id.clone()]).await;
        let is_marked = self.core.borrow().book.file(&place).is_marked;
        let ours = match is_marked {
            true => Some(self.print(&place).await?),
            false => None,
        };
        let theirs = self.core.borrow().theirs(&*self.remote, &place);
        let next = self.core.borrow_mut().compare(&place, ours, theirs);
        match next {
            Next::Nothing => self.core.borrow_mut().candidates.remove(&place),
            Next::Carry(act, length) => {
                self.core.borrow_mut().candidates.plan = Some(Plan { place, act, length });
                return Ok(());
            }
            Next::RemoveHere => {
                let call = Call::RemoveAttachment(place.id.clone(), place.name.clone());
                self.local.execute(call).await.map_err(Trouble::Here)?;
                self.book().agree_file(&place, File::default());
            }
        }
        self.commit().await
    }

    /// Has those attachments of a record compared of which more or less is here than is known: they were there
    /// before replication began, or somebody wrote past it.
    pub(in crate::replication) async fn mark_differing(&self, id: &Id) -> Result<(), Trouble> {
        if !self.carries_attachments() {
            return Ok(());
        }
        let names = self.local.execute(Call::AllAttachments(id.clone())).await;
        let here: BTreeSet<Name> = match names {
            Ok(Value::Object(names)) => names.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
            Ok(_) => Vec::new(),
            // Removed since it was listed.
            Err(failure) if failure.status_code == Some(404) => Vec::new(),
            Err(failure) => return Err(Trouble::Here(failure)),
        }
        .into_iter()
        .filter_map(|name| Name::new(name).ok())
        .collect();
        let book = &mut *self.book();
        let known = book.files(id).filter(|(_, file)| file.content.is_some());
        let known: BTreeSet<Name> = known.map(|(name, _)| name.clone()).collect();
        for name in here.symmetric_difference(&known) {
            book.set_file(&Place::new(id, name), |file| file.is_marked = true);
        }
        Ok(())
    }

    /// What is here, read through once.
    pub(super) async fn print(&self, place: &Place) -> Result<Option<Print>, Trouble> {
        let Some(mut reader) = self.reader(place).await? else {
            return Ok(None);
        };
        let mut printer = Printer::default();
        let mut at = 0;
        while at < reader.size() {
            let bytes = reader.read(at).await.map_err(Trouble::Here)?;
            if bytes.is_empty() {
                break;
            }
            printer.add(&bytes);
            at += bytes.len() as u64;
        }
        Ok(Some(printer.end(reader.content_type())))
    }

    /// All bytes of what is here; for what is known to be short.
    pub(super) async fn read_whole(&self, place: &Place) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(mut reader) = self.reader(place).await? else {
            return Ok(None);
        };
        let mut whole = Vec::new();
        while (whole.len() as u64) < reader.size() {
            let bytes = reader.read(whole.len() as u64).await;
            let bytes = bytes.map_err(Trouble::Here)?;
            if bytes.is_empty() {
                break;
            }
            whole.extend(bytes);
        }
        Ok(Some(whole))
    }

    pub(super) async fn reader(
        &self,
        place: &Place,
    ) -> Result<Option<Box<dyn AttachmentReader>>, Trouble> {
        let Place { id, name } = place.clone();
        match self.local.get_attachment(id, name, None).await {
            Ok(reader) => Ok(Some(reader)),
            Err(failure) if failure.status_code == Some(404) => Ok(None),
            Err(failure) => Err(Trouble::Here(failure)),
        }
    }
}

impl Core {
    /// `ours` is what is here where that was read: `None`, it is what it was.
    fn compare(
        &mut self,
        place: &Place,
        ours: Option<Option<Print>>,
        theirs: Option<Attached>,
    ) -> Next {
        let file = self.book.file(place);
        let is_shared = self.book.agreed(&place.id).is_some();
        if let (false, Some(None)) = (is_shared, &ours) {
            // Neither the record nor the attachment are anywhere.
            self.book.agree_file(place, File::default());
        }
        if !is_shared {
            return Next::Nothing;
        }
        let ours = ours.filter(|ours| ours.as_ref().map(|ours| ours.content) != file.content);
        let digest = theirs.as_ref().map(|theirs| &theirs.digest);
        match (ours, digest != file.digest.as_ref()) {
            (None, false) => {
                self.book.set_file(place, |file| file.is_marked = false);
                Next::Nothing
            }
            (None, true) => self.take_theirs(&file, theirs),
            (Some(ours), false) => self.bring_ours(&file, ours),
            (Some(ours), true) => self.both_changed(place, ours, theirs),
        }
    }

    fn take_theirs(&self, file: &File, theirs: Option<Attached>) -> Next {
        let taken = self.options.taken;
        if !taken.attachments || !taken.has(file.content.is_some(), theirs.is_some()) {
            return Next::Nothing;
        }
        theirs.map_or(Next::RemoveHere, |theirs| {
            let length = theirs.length;
            Next::Carry(Act::Fetch(theirs), length)
        })
    }

    fn bring_ours(&self, file: &File, ours: Option<Print>) -> Next {
        let sent = self.options.sent;
        if !sent.attachments || !sent.has(file.digest.is_some(), ours.is_some()) {
            return Next::Nothing;
        }
        Next::Carry(Act::Bring, ours.map_or(0, |ours| ours.length))
    }

    fn both_changed(
        &mut self,
        place: &Place,
        ours: Option<Print>,
        theirs: Option<Attached>,
    ) -> Next {
        match (&ours, &theirs) {
            (None, None) => {
                self.book.agree_file(place, File::default());
                Next::Nothing
            }
            (Some(ours), Some(theirs)) if ours.digest == theirs.digest => {
                self.book.agree_file(place, ours.same(theirs));
                Next::Nothing
            }
            // A server that packs what it has gives it another name: only the bytes tell.
            (Some(ours), Some(theirs)) if ours.length == theirs.length => {
                Next::Carry(Act::Fetch(theirs.clone()), theirs.length)
            }
            _ => {
                let content = ours.map(|ours| ours.content);
                self.clash_of_files(place, content, theirs.as_ref());
                // By the modes that decide, one side is now the one that changed: it is looked at again.
                Next::Nothing
            }
        }
    }

    /// Two contents under one name: notes what the mode says.
    pub(super) fn clash_of_files(
        &mut self,
        place: &Place,
        ours: Option<crate::replication::Content>,
        theirs: Option<&Attached>,
    ) {
        let mode = self.options.conflicts;
        let digest = theirs.map(|theirs| theirs.digest.clone());
        self.book.set_file(place, |file| match mode {
            Conflicts::KeepLocal => file.keep_local(digest),
            Conflicts::KeepRemote => file.keep_remote(ours),
            Conflicts::Ask | Conflicts::Leave => {
                file.held = Some(Held::clash(theirs, mode == Conflicts::Leave));
            }
        });
    }
}

impl Print {
    /// What is kept where the server has the same.
    pub(super) fn same(&self, theirs: &Attached) -> File {
        File {
            content: Some(self.content),
            digest: Some(theirs.digest.clone()),
            ..File::default()
        }
    }
}
