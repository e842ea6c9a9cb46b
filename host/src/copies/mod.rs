//! Copies of the records, kept for the hub in a folder of this user's, one order at a time.
//!
//! - [`Copies`] carries out orders; it holds one chunk in memory, never a copy.
//! - `folder` knows where the copies of one set lie, and how a new one takes its place before the others.
//! - `unfinished` is the copy that is being written: nobody sees it before it is whole and on the disk.
//!
//! ```text
//! copies/                      0700
//!   lock                       held by who writes
//!   SET/                       32 hexadecimal digits
//!     records-1.tar            0600, the newest
//!     …
//!     records-7.tar            the oldest; the next copy ends it
//!     unfinished.tar           while one is being written, or was broken off
//! ```
//!
//! Every name is made here, from numbers that the hub says: none of its words is ever part of a path.

mod error;
mod folder;
mod unfinished;

pub use error::Error;

use broadcaster::limits::{COPY_CHUNK_BYTES, COPY_SETS};
use broadcaster::link::{Kept, Order, Outcome, SetId};
use bytes::Bytes;
use folder::Folder;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use unfinished::Unfinished;

/// The copies, and what is being done with them.
#[derive(Debug)]
pub struct Copies {
    root: PathBuf,
    work: Work,
}

/// What is being done, over several orders.
#[derive(Debug)]
enum Work {
    Idle,
    /// A copy is being written.
    Writing(Unfinished),
    /// A copy is being read.
    Reading(Reading),
}

/// A copy that is open, and how far it was read. It stays the same one while others take its number.
#[derive(Debug)]
struct Reading {
    file: File,
    set: SetId,
    number: u32,
    offset: u64,
    length: u64,
}

impl Copies {
    /// The copies below a folder, which is made when the first one is written.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            work: Work::Idle,
        }
    }

    /// Does what an order says. After a failure nothing is under way.
    pub fn carry_out(&mut self, order: Order) -> Outcome {
        let outcome = match order {
            Order::List => self.list(),
            Order::Write {
                set,
                offset,
                last,
                data,
            } => self.write(set, offset, last, &data),
            Order::Read {
                set,
                number,
                offset,
            } => self.read(set, number, offset),
        };
        outcome.unwrap_or_else(|error| {
            self.work = Work::Idle;
            tracing::warn!("copies: {error}");
            Outcome::Failed {
                detail: error.to_string(),
            }
        })
    }

    fn list(&self) -> Result<Outcome, Error> {
        let mut sets = Vec::new();
        for folder in self.sets()? {
            let kept = folder.list()?;
            sets.extend(kept.first().map(|newest| newest.at).zip(Some(kept)));
        }
        sets.sort_by_key(|(newest, _)| std::cmp::Reverse(*newest));
        let copies: Vec<Kept> = sets.into_iter().flat_map(|(_, kept)| kept).collect();
        Ok(Outcome::Listed { copies })
    }

    fn write(
        &mut self,
        set: SetId,
        offset: u64,
        last: bool,
        data: &[u8],
    ) -> Result<Outcome, Error> {
        if data.len() > COPY_CHUNK_BYTES {
            return Err(Error::LongChunk(data.len()));
        }
        if offset == 0 {
            self.begin(set)?;
        }
        let Work::Writing(unfinished) = &mut self.work else {
            return Err(Error::NotBegun);
        };
        unfinished.write(set, offset, data)?;
        if !last {
            let bytes = unfinished.bytes();
            return Ok(Outcome::Taken { bytes });
        }
        if let Work::Writing(unfinished) = std::mem::replace(&mut self.work, Work::Idle) {
            unfinished.finish()?;
        }
        self.list()
    }

    fn begin(&mut self, set: SetId) -> Result<(), Error> {
        // The lock of the one before is released first.
        self.work = Work::Idle;
        let folder = Folder::new(&self.root, set);
        if !folder.exists() && self.sets()?.len() >= COPY_SETS {
            return Err(Error::ManySets(self.root.clone()));
        }
        self.work = Work::Writing(Unfinished::begin(&self.root, folder)?);
        Ok(())
    }

    fn read(&mut self, set: SetId, number: u32, offset: u64) -> Result<Outcome, Error> {
        if offset == 0 {
            let (file, length) = Folder::new(&self.root, set).open(number)?;
            self.work = Work::Reading(Reading {
                file,
                set,
                number,
                offset,
                length,
            });
        }
        match &mut self.work {
            Work::Reading(reading)
                if (reading.set, reading.number, reading.offset) == (set, number, offset) =>
            {
                reading.next().map_err(Error::from)
            }
            Work::Reading(_) | Work::Idle | Work::Writing(_) => Err(Error::NotBegun),
        }
    }

    /// The folders of the sets there are; nothing else that lies there is looked at.
    fn sets(&self) -> Result<Vec<Folder>, Error> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut sets = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            if let Some(Ok(set)) = name.to_str().map(str::parse::<SetId>) {
                sets.push(Folder::new(&self.root, set));
            }
        }
        Ok(sets)
    }
}

impl Reading {
    fn next(&mut self) -> std::io::Result<Outcome> {
        let mut data = Vec::new();
        let mut part = (&mut self.file).take(COPY_CHUNK_BYTES as u64);
        self.offset += part.read_to_end(&mut data)? as u64;
        Ok(Outcome::Given {
            last: data.is_empty() || self.offset >= self.length,
            data: Bytes::from(data),
        })
    }
}
