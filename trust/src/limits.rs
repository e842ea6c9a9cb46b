//! Every bound of this crate: its unit, and what happens when it is reached.

/// Bytes of a text that a person pastes as an invitation. A longer one is refused unread.
pub const PASTED_BYTES: usize = 4096;
/// Invitations of one master, expired ones included. One more is refused until one is revoked.
pub const INVITATIONS: usize = 256;
/// Characters of an invitation's label. A longer one is refused.
pub const LABEL_CHARS: usize = 64;
/// Bytes of a stored registry: all invitations with the longest labels, each character escaped. A longer
/// text is refused unread.
pub const REGISTRY_BYTES: usize = INVITATIONS * (LABEL_CHARS * 12 + 256);
/// Bytes of a room's name in a proof or a handshake. A longer one is refused.
pub const ROOM_BYTES: usize = 256;
/// Bytes of what one side seals at once: a Noise message (Noise §3) without its tag. More is refused.
pub const SEALED_BYTES: usize = 65_535 - 16;
/// Bytes of a session description in which a fingerprint is looked for. A longer one is refused unread.
pub const DESCRIPTION_BYTES: usize = 64 * 1024;
