//! The folder of one set: its copies by number, 1 being the newest.

use super::Error;
use broadcaster::limits::COPIES_KEPT;
use broadcaster::link::{Kept, SetId};
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Where the copies of one set lie.
#[derive(Debug)]
pub(super) struct Folder {
    set: SetId,
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(root: &Path, set: SetId) -> Self {
        Self {
            set,
            path: root.join(set.to_string()),
        }
    }

    pub(super) fn set(&self) -> SetId {
        self.set
    }

    pub(super) fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Makes it where it is missing, and what is above it, for this user alone.
    pub(super) fn make(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)
    }

    /// Where a copy is written before it is one.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.path.join("unfinished.tar")
    }

    /// The copies there are, the newest first.
    pub(super) fn list(&self) -> Result<Vec<Kept>, Error> {
        let mut kept = Vec::new();
        for number in 1..=COPIES_KEPT {
            if let Some(metadata) = self.look(number)? {
                kept.push(Kept {
                    set: self.set,
                    number,
                    at: modified(&metadata)?,
                    bytes: metadata.len(),
                });
            }
        }
        Ok(kept)
    }

    /// Opens a copy; gives its length as well.
    pub(super) fn open(&self, number: u32) -> Result<(File, u64), Error> {
        let metadata = match number {
            1..=COPIES_KEPT => self.look(number)?,
            _ => None,
        };
        let metadata = metadata.ok_or(Error::NoSuchCopy)?;
        Ok((File::open(self.copy(number))?, metadata.len()))
    }

    /// Puts what is unfinished first. Each copy goes one back, up to the first number that is free; the
    /// last goes. Each step is whole: whenever it is cut, only a number may be free.
    pub(super) fn put_first(&self) -> Result<(), Error> {
        let mut free = 1;
        while free < COPIES_KEPT && self.look(free)?.is_some() {
            free += 1;
        }
        for number in (1..free).rev() {
            fs::rename(self.copy(number), self.copy(number + 1))?;
        }
        fs::rename(self.unfinished(), self.copy(1))?;
        self.sync()?;
        Ok(())
    }

    /// Has the names on the disk as well.
    fn sync(&self) -> io::Result<()> {
        // Elsewhere a directory is no file, and the file system's own affair.
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }

    fn look(&self, number: u32) -> io::Result<Option<Metadata>> {
        match fs::metadata(self.copy(number)) {
            Ok(metadata) => Ok(Some(metadata).filter(Metadata::is_file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn copy(&self, number: u32) -> PathBuf {
        self.path.join(format!("records-{number}.tar"))
    }
}

/// When a file was last written, in milliseconds since 1970; times before that are 1970's.
fn modified(metadata: &Metadata) -> io::Result<u64> {
    let since = metadata.modified()?.duration_since(UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    Ok(millis.try_into().unwrap_or(u64::MAX))
}
