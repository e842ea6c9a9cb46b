//! Trust between a master and those who use its records, without IO.
//!
//! | module | question | answer |
//! |---|---|---|
//! | [`identity`] | which master is this? | its X25519 key |
//! | [`invitation`], [`registry`] | who is expected? | holders of a link; a list kept by the master |
//! | [`proof`] | may this one come in? | a challenge, and an HMAC over it |
//! | [`handshake`] | who is at the other end of this channel? | Noise, bound to both certificates |
//! | [`signs`] | and where nothing is shared yet? | four pictures that two people compare |
//! | [`rights`] | what may this one do? | allow, ask a person, refuse |
//!
//! Nothing in this crate owns a clock or randomness: the date and random bytes are arguments, and each
//! random argument must be used once. Secrets are compared in constant time, never shown by `Debug`, and
//! wiped from memory when they go.
//!
//! ```
//! use trust::identity::Identity;
//! use trust::invitation::Pasted;
//! use trust::proof::Nonces;
//! use trust::registry::{Invitations, Terms, UnixSeconds};
//! # let random = |n: u8| [n; 32];
//! # let (now, some_random) = (UnixSeconds(1_800_000_000), [5; 24]);
//!
//! // The master makes an invitation, which travels as a link …
//! let identity = Identity::from_random(random(1));
//! let mut invitations = Invitations::default();
//! let issued = invitations.share(Terms::default(), some_random, now)?;
//! let link = issued.to_invitation(identity.public()).to_link("192.168.1.5:9999".parse()?);
//!
//! // … the guest proves to have it …
//! let invitation = Pasted::parse(&link)?.invitation;
//! let nonce = Nonces::new(random(2)).next_nonce();
//! let proof = invitation.secret.to_join_key().prove(nonce, "192.168.1.5:9999", "/");
//!
//! // … and the hub, which knows no more than the key for that, checks it.
//! let keys = invitations.keys(now);
//! assert!(keys[&invitation.id].check(&proof, nonce, "192.168.1.5:9999", "/"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]

mod encoding;
pub mod fingerprint;
pub mod handshake;
pub mod identity;
pub mod invitation;
pub mod limits;
pub mod proof;
pub mod registry;
pub mod rights;
pub mod secret;
pub mod seed;
pub mod signs;
