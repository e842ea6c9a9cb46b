//! What a person decides about attachments that wait for it.

use super::file::{Held, Place};
use crate::replication::replicated::Replicated;
use crate::replication::resolving::{Keep, to_failure};
use jio::endpoint::Failure;
use jio::{Id, Name};

/// An attachment that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentConflict {
    /// The record.
    pub id: Id,
    /// The attachment.
    pub name: Name,
    /// How long it is here, in bytes; `None`: it was removed, or never was.
    pub local: Option<u64>,
    /// What is known of the server's side.
    pub remote: AttachmentSide,
}

/// The server's side of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachmentSide {
    /// It has another one of this length; `None`: it was removed there.
    Has(Option<u64>),
    /// One side does not take what the other has.
    Refuses(Failure),
}

impl Replicated {
    /// The attachments that wait for a person, by id and name.
    ///
    /// # Errors
    /// The local storage cannot be read.
    pub async fn attachment_conflicts(&self) -> Result<Vec<AttachmentConflict>, Failure> {
        let held: Vec<(Place, Held)> = {
            let core = self.core.borrow();
            let held = core.book.held_files().filter(|(_, _, held)| !held.is_left);
            held.map(|(place, _, held)| (place, held.clone())).collect()
        };
        let mut conflicts = Vec::new();
        for (place, held) in held {
            let reader = self.reader(&place).await.map_err(to_failure)?;
            conflicts.push(AttachmentConflict {
                local: reader.map(|reader| reader.size()),
                remote: side(held),
                id: place.id,
                name: place.name,
            });
        }
        Ok(conflicts)
    }

    /// Does what a person decided: keeps the one that is here, or the server's. One that one side refused is
    /// tried again.
    ///
    /// # Errors
    /// 404 when it waits for nobody (any more), 400 when both shall be kept; what the storage fails with.
    pub async fn resolve_attachment(
        &self,
        id: &Id,
        name: &Name,
        keep: Keep,
    ) -> Result<(), Failure> {
        let _through = self.gate.enter().await;
        let _alone = self.turns.alone([id.clone()]).await;
        let place = Place::new(id, name);
        let held = self.core.borrow().book.file(&place).held;
        let waits_for_nobody = || {
            let why = format!("the attachment {name} of {id} does not wait for anybody");
            Failure::new(404, why)
        };
        let held = held.ok_or_else(waits_for_nobody)?;
        let ours = self.print(&place).await.map_err(to_failure)?;
        let ours = ours.map(|ours| ours.content);
        self.book().set_file(&place, |file| {
            file.held = None;
            match keep {
                Keep::Local => file.keep_local(held.digest),
                Keep::Remote => file.keep_remote(ours),
                Keep::Both => file.held = Some(held),
            }
        });
        if keep == Keep::Both {
            let why = "two attachments cannot have one name: keep the one here or the server's";
            return Err(Failure::new(400, why));
        }
        self.commit().await.map_err(to_failure)?;
        self.core.borrow_mut().candidates.urgent.insert(place);
        self.wake();
        Ok(())
    }
}

fn side(held: Held) -> AttachmentSide {
    match held.refused {
        Some(refusal) => AttachmentSide::Refuses(Failure {
            status_code: refusal.status,
            message: refusal.words,
        }),
        None => AttachmentSide::Has(held.length),
    }
}
