//! The first two messages on a channel: Noise_NKpsk0_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework,
//! revision 34). The slave begins; it knows the master's key, and both know the invitation's. All that the
//! two must agree on is in the prologue, so that nobody in between can have changed it.
//!
//! ```text
//! slave                                         master
//! check_ready ◀───── version ────────────────── ready
//! Slave::new ── version, invitation, e, es ───▶ Request::parse, then accept
//! finish     ◀────────── version, e, ee ──────
//! ```
//!
//! Over a data channel, the two certificates are in the prologue, and what follows is under their
//! encryption; over the broadcaster, what follows goes through [`Sealed`].

use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::invitation::{Invitation, InvitationId};
use crate::limits::{ROOM_BYTES, SEALED_BYTES};
use crate::secret::ChannelKey;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use snow::{Builder, HandshakeState, TransportState};
use std::fmt;
use zeroize::Zeroizing;

/// What a master says first on a channel on which it wants a handshake. Not a part of that: it tells the
/// slave that its first message will be heard.
pub fn ready() -> Vec<u8> {
    vec![VERSION]
}

/// Reads what a master says first.
///
/// # Errors
/// It wants no handshake, or another version of it: it is not known to be the one that invites.
pub fn check_ready(message: &[u8]) -> Result<(), Error> {
    check_form(message, 1).map(drop)
}

/// What both sides must see alike, or they do not understand each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The room through which they found each other.
    pub room: String,
    /// By which way they speak.
    pub way: Way,
}

/// By which way a master and a slave speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Over a data channel: what follows is under the encryption of these certificates.
    Channel {
        /// The certificate of the slave.
        slave: Fingerprint,
        /// The certificate of the master.
        master: Fingerprint,
    },
    /// Through the broadcaster: what follows is [`Sealed`].
    Relay,
}

impl Binding {
    /// The prologue (Noise §6). Each part but the room has one length, and the room follows its own; the
    /// two ways, which come last, differ in theirs.
    fn to_prologue(&self, invitation: InvitationId) -> Result<Vec<u8>, Error> {
        let room = self.room.as_bytes();
        if room.len() > ROOM_BYTES {
            return Err(Error::Room(room.len()));
        }
        let mut prologue = vec![VERSION];
        prologue.extend((room.len() as u64).to_be_bytes());
        prologue.extend(room);
        prologue.extend(invitation.0);
        match self.way {
            Way::Channel { slave, master } => {
                prologue.extend(slave.0);
                prologue.extend(master.0);
            }
            Way::Relay => prologue.extend(b"relay"),
        }
        Ok(prologue)
    }
}

/// A slave that has sent its message.
pub struct Slave(HandshakeState);

impl Slave {
    /// Begins with 32 random bytes that are used for nothing else; gives the first message.
    ///
    /// # Errors
    /// The room's name is too long for a room.
    pub fn new(
        invitation: &Invitation,
        binding: &Binding,
        random: [u8; 32],
    ) -> Result<(Self, Vec<u8>), Error> {
        let prologue = binding.to_prologue(invitation.id)?;
        let psk = invitation.secret.to_channel_key();
        let mut state = builder(random)?
            .prologue(&prologue)?
            .psk(0, &psk.0)?
            .remote_public_key(invitation.master.as_bytes())?
            .build_initiator()?;
        let mut message = vec![0; FIRST_BYTES];
        message[0] = VERSION;
        message[1..9].copy_from_slice(&invitation.id.0);
        state.write_message(&[], &mut message[9..])?;
        Ok((Self(state), message))
    }

    /// Tells the second message. From now on, the other side is known to be the master that invites.
    ///
    /// # Errors
    /// It is not that master's answer to this slave. End the channel.
    pub fn finish(mut self, message: &[u8]) -> Result<Sealed, Error> {
        let noise = check_form(message, SECOND_BYTES)?;
        self.0.read_message(noise, &mut [])?;
        Sealed::new(self.0)
    }
}

impl fmt::Debug for Slave {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Slave(…)")
    }
}

/// A first message, of which nothing is believed yet.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The invitation it names. Look whether it is in force.
    pub invitation: InvitationId,
    noise: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads the form of a first message.
    ///
    /// # Errors
    /// It has another form: a newer version's, or nobody's. End the channel.
    pub fn parse(message: &'a [u8]) -> Result<Self, Error> {
        let rest = check_form(message, FIRST_BYTES)?;
        let (id, noise) = rest.split_at(8);
        let mut invitation = [0; 8];
        invitation.copy_from_slice(id);
        Ok(Self {
            invitation: InvitationId(invitation),
            noise,
        })
    }

    /// Accepts it with the key of the invitation it names, and 32 random bytes that are used for nothing
    /// else; gives the second message. From now on, whoever has the slave's certificate is known to hold
    /// that invitation. Where the way itself is not encrypted, a first message may be an old one sent again;
    /// who did that cannot make a [`Sealed`] message, so believe the first of those and nothing sooner.
    ///
    /// # Errors
    /// It does not hold it, or what the two see is not alike. End the channel.
    pub fn accept(
        &self,
        identity: &Identity,
        key: &ChannelKey,
        binding: &Binding,
        random: [u8; 32],
    ) -> Result<(Sealed, Vec<u8>), Error> {
        let prologue = binding.to_prologue(self.invitation)?;
        let mut state = builder(random)?
            .prologue(&prologue)?
            .psk(0, &key.0)?
            .local_private_key(identity.secret_bytes())?
            .build_responder()?;
        state.read_message(self.noise, &mut [])?;
        let mut message = vec![0; SECOND_BYTES];
        message[0] = VERSION;
        state.write_message(&[], &mut message[1..])?;
        Ok((Sealed::new(state)?, message))
    }
}

/// What follows a handshake where the way itself is not encrypted: each side's messages, in order, under a
/// key of their own.
pub struct Sealed {
    state: TransportState,
    hash: [u8; 32],
}

impl Sealed {
    fn new(state: HandshakeState) -> Result<Self, Error> {
        let mut hash = [0; 32];
        hash.copy_from_slice(state.get_handshake_hash());
        let state = state.into_transport_mode()?;
        Ok(Self { state, hash })
    }

    /// A name of this handshake that both sides know and no other handshake has (Noise §11.2).
    pub fn channel_hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Seals the next message to the other side.
    ///
    /// # Errors
    /// It is longer than [`SEALED_BYTES`]; nothing was sealed.
    pub fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        if message.len() > SEALED_BYTES {
            return Err(Error::TooLong(message.len()));
        }
        let mut sealed = vec![0; message.len() + TAG_BYTES];
        self.state.write_message(message, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens the next message of the other side.
    ///
    /// # Errors
    /// It is not that: changed, doubled, out of order, or somebody else's. End the session.
    pub fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        if sealed.len() > SEALED_BYTES + TAG_BYTES {
            return Err(Error::TooLong(sealed.len()));
        }
        let mut message = vec![0; sealed.len().checked_sub(TAG_BYTES).ok_or(Error::Refused)?];
        self.state.read_message(sealed, &mut message)?;
        Ok(message)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Sealed(…)")
    }
}

/// Why a handshake or a sealed message came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another version.
    #[error(
        "the other side speaks version {0} of the handshake, this one {VERSION}; update the older one"
    )]
    Version(u8),
    /// Not the length of a handshake's message.
    #[error("{0} bytes are no message of a handshake")]
    Length(usize),
    /// A room's name over [`ROOM_BYTES`].
    #[error("a room's name of {0} bytes is over the limit of {ROOM_BYTES}")]
    Room(usize),
    /// More than may be sealed at once.
    #[error("{0} bytes are too many to be sealed at once")]
    TooLong(usize),
    /// A key or something both must see alike is different, or a message was changed.
    #[error("the other side is not who it must be, or its message was changed on the way")]
    Refused,
}

impl From<snow::Error> for Error {
    /// What a stranger can bring about is one thing, whatever the step: who guesses is told nothing. All
    /// else would be our own misuse of the library, and comes out the same.
    fn from(_: snow::Error) -> Self {
        Self::Refused
    }
}

/// The rest of a message after its version, if it has the one length such a message has.
fn check_form(message: &[u8], bytes: usize) -> Result<&[u8], Error> {
    match message.split_first() {
        Some((&version, _)) if version != VERSION => Err(Error::Version(version)),
        Some((_, rest)) if message.len() == bytes => Ok(rest),
        Some(_) | None => Err(Error::Length(message.len())),
    }
}

fn builder<'a>(random: [u8; 32]) -> Result<Builder<'a>, Error> {
    let random = Box::new(Given(Zeroizing::new(random)));
    Ok(Builder::with_resolver(PATTERN.parse()?, random))
}

/// Snow's own ciphers, and the random bytes we were given in place of a source of them.
struct Given(Zeroizing<[u8; 32]>);

impl CryptoResolver for Given {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Once(Some(self.0.clone()))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

/// Gives its bytes for the one ephemeral key of a side, and never again.
struct Once(Option<Zeroizing<[u8; 32]>>);

impl Random for Once {
    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), snow::Error> {
        let bytes = self.0.take().ok_or(snow::Error::Rng)?;
        if to.len() != bytes.len() {
            return Err(snow::Error::Rng);
        }
        to.copy_from_slice(&bytes[..]);
        Ok(())
    }
}

const PATTERN: &str = "Noise_NKpsk0_25519_ChaChaPoly_SHA256";
const VERSION: u8 = 1;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
/// Bytes of the first message: version, invitation, ephemeral key, tag.
const FIRST_BYTES: usize = 1 + 8 + KEY_BYTES + TAG_BYTES;
/// Bytes of the second: version, ephemeral key, tag.
const SECOND_BYTES: usize = 1 + KEY_BYTES + TAG_BYTES;

#[cfg(test)]
mod tests;
