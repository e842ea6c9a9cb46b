//! The link's version: equal on both sides, or refused with both numbers.

/// The link's version, one integer; changed with anything that an older side would get wrong.
pub const VERSION: u32 = 1;

/// The other side speaks another version of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side speaks version {theirs} of the link, this side version {ours}")]
pub struct VersionMismatch {
    /// [`VERSION`].
    pub ours: u32,
    /// What the other side's `hello` said.
    pub theirs: u32,
}

impl VersionMismatch {
    /// Whether the other side is the older one, and so the one to update.
    pub fn is_other_older(&self) -> bool {
        self.theirs < self.ours
    }
}

/// Compares the version of the other side's `hello` with ours.
///
/// # Errors
/// They differ. Nothing else the other side says can be relied upon.
pub fn check_version(theirs: u32) -> Result<(), VersionMismatch> {
    if theirs == VERSION {
        return Ok(());
    }
    Err(VersionMismatch {
        ours: VERSION,
        theirs,
    })
}
