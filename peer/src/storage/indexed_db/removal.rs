//! Removing attachments.

use super::failure;
use super::state::State;
use crate::storage::layout::{ATTACHMENT, Attachment, BLOB, ID, ID_ATTACHMENT};
use jio::endpoint::Failure;
use jio::layout::AttachmentKey;
use jio::{Id, Name};
use serde_json::{Value, json};
use web::idb::{Durability, Store, Transaction};

/// Removes an attachment, if there is one.
pub(super) async fn attachment(state: &State, id: Id, name: Name) -> Result<Value, Failure> {
    let key = AttachmentKey::new(id.clone(), name.clone());
    let removed = state.attempt(async |database| {
        let transaction = database.write(&[ATTACHMENT, BLOB], Durability::Strict)?;
        let attachments = transaction.store(ATTACHMENT)?;
        if let Some(found) = record(&attachments, &key).await?
            && key.check_owner(&found._id, &found._attachment).is_ok()
        {
            attachments.delete(&key.to_string())?;
        }
        chunks_of(&transaction.store(BLOB)?, &id, &name).await?;
        transaction.commit().await
    });
    removed.await?;
    state.readers.on_replaced(&id, &name);
    Ok(json!({}))
}

/// Removes all attachments of a document.
pub(super) async fn attachments_of(
    transaction: &Transaction<'_>,
    id: &Id,
) -> Result<(), web::Error> {
    for store in [ATTACHMENT, BLOB] {
        let store = transaction.store(store)?;
        for key in store.keys_of(ID, &[id.as_str()]).await? {
            store.delete(&key)?;
        }
    }
    Ok(())
}

/// Removes all chunks of an attachment.
pub(super) async fn chunks_of(blobs: &Store<'_>, id: &Id, name: &Name) -> Result<(), web::Error> {
    let owner = [id.as_str(), name.as_str()];
    for key in blobs.keys_of(ID_ATTACHMENT, &owner).await? {
        blobs.delete(&key)?;
    }
    Ok(())
}

/// The record that stands under an attachment's key; perhaps another attachment's.
pub(super) async fn record(
    attachments: &Store<'_>,
    key: &AttachmentKey,
) -> Result<Option<Attachment>, web::Error> {
    let found = attachments.get(&key.to_string()).await?;
    Ok(found.and_then(|record| serde_json::from_str(&record).ok()))
}

/// The record of an attachment; refuses one whose key is another's.
pub(super) async fn own_record(
    state: &State,
    key: &AttachmentKey,
) -> Result<Option<Attachment>, Failure> {
    let database = state.database()?;
    let found = async {
        let transaction = database.read(&[ATTACHMENT])?;
        let attachments = transaction.store(ATTACHMENT)?;
        record(&attachments, key).await
    };
    found.await.map_err(|error| failure(&error))
}
