//! Records in IndexedDB, in jIO's own layout; documents are held in memory as well, where queries
//! find them.
//!
//! - [`IndexedDb`] is the storage.
//! - `documents` loads them and answers from memory.
//! - `commits` writes documents: what comes while one transaction is on its way to the disk goes
//!   together into the next.
//! - `uploads` and `downloads` move attachments, one chunk in memory at a time.
//! - `save` and `restore` copy all of it to a file and back.

mod commits;
mod documents;
mod downloads;
mod removal;
mod restore;
mod save;
mod state;
mod storage;
mod uploads;

pub use restore::{Mode, Restored};
pub use save::Save;
pub use storage::{IndexedDb, Standing};

use jio::endpoint::Failure;

/// What a connected device is told when the database failed.
pub(super) fn failure(error: &web::Error) -> Failure {
    if is_full(error) {
        Failure::new(507, DISK_FULL)
    } else if is_unwritten(error) {
        Failure::new(507, DISK_REFUSES)
    } else {
        Failure::new(500, error.to_string())
    }
}

fn is_full(error: &web::Error) -> bool {
    error.name().as_deref() == Some("QuotaExceededError")
}

/// Where the disk is full and no quota says so, Chromium fails the transaction in one of these words: what
/// is large lies in a file of its own, all else in the database's.
fn is_unwritten(error: &web::Error) -> bool {
    let words = error.to_string();
    words.contains("Failed to write blobs (IOError)") || words.contains("FILE_ERROR_NO_SPACE")
}

/// What is told of a database that cannot be opened. Browsers have one name for whatever else the disk did.
fn unopened(error: &web::Error) -> Failure {
    if error.name().as_deref() == Some("UnknownError") {
        Failure::new(507, DISK_UNREADABLE)
    } else {
        failure(error)
    }
}

/// What a caller is told whose arguments break a rule.
fn refusal(error: impl Into<jio::Error>) -> Failure {
    let error = error.into();
    Failure::new(error.status_code(), error.to_string())
}

const DISK_FULL: &str =
    "this computer's disk quota for the database is full: delete records or free space";
const DISK_REFUSES: &str =
    "this computer's disk does not take more, most likely because it is full: free space on it";
const DISK_UNREADABLE: &str = "the browser cannot open the database on this computer's disk, most likely because it is full: free space on it";
