//! Which master this is: a long-lived X25519 key (RFC 7748). Its public half is in every invitation, so
//! that a guest knows the master again, at whatever address.

use crate::encoding::{self, in_base64url};
use std::fmt;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// The public half of a master's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub(crate) [u8; 32]);

in_base64url!(PublicKey, 32);

impl PublicKey {
    /// The key as RFC 7748 §5 writes it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "PublicKey({self})")
    }
}

/// A master's key.
#[derive(Clone)]
pub struct Identity {
    secret: StaticSecret,
    public: PublicKey,
}

impl Identity {
    /// Makes a key of 32 random bytes that are used for nothing else.
    pub fn from_random(random: [u8; 32]) -> Self {
        let secret = StaticSecret::from(random);
        let public = PublicKey(x25519_dalek::PublicKey::from(&secret).to_bytes());
        Self { secret, public }
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote.
    ///
    /// # Errors
    /// The text is none of ours, or a newer version's. A new identity would make every invitation
    /// worthless: tell a person instead.
    pub fn from_stored(text: &str) -> Result<Self, Error> {
        let bytes = Zeroizing::new(encoding::from_text::<33>(text).ok_or(Error::Damaged)?);
        let [version, secret @ ..] = *bytes;
        if version == STORED_VERSION {
            Ok(Self::from_random(secret))
        } else {
            Err(Error::Version(version))
        }
    }

    /// The key as text, to be kept where only its owner reads: a version and the secret bytes.
    pub fn to_stored(&self) -> String {
        let mut bytes = Zeroizing::new([STORED_VERSION; 33]);
        bytes[1..].copy_from_slice(self.secret.as_bytes());
        encoding::to_text(&bytes[..])
    }

    /// What guests know it by.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn secret_bytes(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Identity({})", self.public)
    }
}

/// Why a stored identity cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Cut, changed, or something else.
    #[error("the stored identity is damaged; restore it from a saved copy")]
    Damaged,
    /// Written by a newer program.
    #[error(
        "the stored identity is of version {0}, this program knows {STORED_VERSION}; update it"
    )]
    Version(u8),
}

const STORED_VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    fn bytes(hex: &str) -> [u8; 32] {
        HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    }

    /// RFC 7748 §6.1.
    #[test]
    fn public_keys_and_the_shared_one_are_those_of_rfc_7748() {
        let alice = Identity::from_random(bytes(
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        ));
        let bob = Identity::from_random(bytes(
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        ));
        let shared = bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        for (one, other) in [(&alice, &bob), (&bob, &alice)] {
            let public = x25519_dalek::PublicKey::from(other.public().0);
            assert_eq!(one.secret.diffie_hellman(&public).to_bytes(), shared);
        }
        let publics = [alice, bob].map(|one| HEXLOWER.encode(one.public().as_bytes()));
        let expected = [
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        ];
        assert_eq!(publics, expected);
    }

    #[test]
    fn what_is_not_stored_by_us_is_refused() {
        let stored = Identity::from_random([7; 32]).to_stored();
        let newer = stored.replacen("AQ", "Ag", 1);
        assert_eq!(
            Identity::from_stored(&newer).unwrap_err(),
            Error::Version(2)
        );
        for text in ["", &stored[1..], "constructor", &stored.replace('B', "+")] {
            let error = Identity::from_stored(text).unwrap_err();
            assert_eq!(error, Error::Damaged, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let identity = Identity::from_random([7; 32]);
        assert_eq!(
            format!("{identity:?}"),
            format!("Identity({})", identity.public())
        );
    }

    proptest! {
        #[test]
        fn an_identity_comes_back(random: [u8; 32]) {
            let identity = Identity::from_random(random);
            let restored = Identity::from_stored(&identity.to_stored()).unwrap();
            prop_assert_eq!(restored.public(), identity.public());
            prop_assert_eq!(restored.secret_bytes(), identity.secret_bytes());
        }
    }
}
