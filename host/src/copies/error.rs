//! What stops an order, in words for the person whose records they are.

use broadcaster::limits::{COPY_BYTES, COPY_CHUNK_BYTES};
use std::io;
use std::path::PathBuf;

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The hub sent more at once than it may.
    #[error("{0} bytes came at once, and {COPY_CHUNK_BYTES} may")]
    LongChunk(usize),
    /// Bytes of a copy that was not begun, or others than its next ones.
    #[error("the copy was broken off: begin again")]
    NotBegun,
    /// It was removed, or the hub asks for what never was.
    #[error("there is no such copy any more")]
    NoSuchCopy,
    /// A copy may have so many bytes.
    #[error(
        "the records are too large for a copy here, which holds {COPY_BYTES} bytes: save one as a file"
    )]
    LongCopy,
    /// There are copies of too many databases.
    #[error("there are copies of too many browsers: remove folders that you do not need from {}", .0.display())]
    ManySets(PathBuf),
    /// Another companion is writing one.
    #[error("another copy is being made: try again when it is finished")]
    Busy,
    /// There is no room.
    #[error("this computer's disk is full: free space on it, and copy again")]
    DiskFull,
    /// The system refused something else.
    #[error("the folder for copies cannot be used: {0}")]
    System(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        if full.contains(&error.kind()) {
            Self::DiskFull
        } else {
            Self::System(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_such() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert!(matches!(
                Error::from(io::Error::from(kind)),
                Error::DiskFull
            ));
        }
        let other = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(Error::from(other), Error::System(_)));
    }
}
