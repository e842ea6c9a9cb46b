//! A copy that is being written. It becomes the first of its set when it is whole and on the disk; until then,
//! and whatever happens to it, those kept before are as they were.

use super::Error;
use super::folder::Folder;
use broadcaster::limits::COPY_BYTES;
use broadcaster::link::SetId;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// A copy that is being written; dropping it forgets it.
#[derive(Debug)]
pub(super) struct Unfinished {
    folder: Folder,
    file: File,
    bytes: u64,
    is_kept: bool,
    /// Held until it is kept or forgotten: no two companions write at once.
    _lock: File,
}

impl Unfinished {
    /// Begins a copy in place of one that was broken off.
    pub(super) fn begin(root: &Path, folder: Folder) -> Result<Self, Error> {
        folder.make()?;
        let lock = lock(root)?;
        forget(&folder)?;
        Ok(Self {
            file: private()
                .write(true)
                .create_new(true)
                .open(folder.unfinished())?,
            folder,
            bytes: 0,
            is_kept: false,
            _lock: lock,
        })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the next bytes.
    pub(super) fn write(&mut self, set: SetId, offset: u64, data: &[u8]) -> Result<(), Error> {
        if (set, offset) != (self.folder.set(), self.bytes) {
            return Err(Error::NotBegun);
        }
        if self.bytes + data.len() as u64 > COPY_BYTES {
            return Err(Error::LongCopy);
        }
        self.file.write_all(data)?;
        self.bytes += data.len() as u64;
        Ok(())
    }

    /// Makes it the first of its set.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.file.sync_all()?;
        self.folder.put_first()?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = forget(&self.folder)
        {
            tracing::warn!("a copy that was broken off stays until the next one: {error}");
        }
    }
}

fn forget(folder: &Folder) -> io::Result<()> {
    match fs::remove_file(folder.unfinished()) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

fn lock(root: &Path) -> Result<File, Error> {
    let file = private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(root.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Options for a file that only this user reads.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

    use super::*;

    #[test]
    fn a_copy_at_the_bound_is_taken_and_one_past_it_is_not() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(home.path(), SetId(1));
        let mut unfinished = Unfinished::begin(home.path(), folder).unwrap();
        // As if all before had been written.
        unfinished.bytes = COPY_BYTES - 1;
        unfinished.write(SetId(1), COPY_BYTES - 1, b"x").unwrap();
        let outcome = unfinished.write(SetId(1), COPY_BYTES, b"x");
        assert!(matches!(outcome, Err(Error::LongCopy)), "{outcome:?}");
    }
}
