//! What an invitation is worth: its secret, and the two keys made of it (RFC 5869). The hub knows the key
//! for joining only, so it can let nobody's channel be anybody else's.

use crate::encoding::in_base64url;
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What holders of an invitation share with its master.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 16]>);

/// Proves membership to a hub; see [`proof`](crate::proof).
#[derive(Clone)]
pub struct JoinKey(pub(crate) Zeroizing<[u8; 32]>);

/// The pre-shared key of a channel's handshake; see [`handshake`](crate::handshake).
#[derive(Clone)]
pub struct ChannelKey(pub(crate) Zeroizing<[u8; 32]>);

in_base64url!(Secret, 16);
in_base64url!(JoinKey, 32);

impl Secret {
    /// A new secret, of 16 random bytes that are used for nothing else.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// The key that proves membership.
    pub fn to_join_key(&self) -> JoinKey {
        JoinKey(self.derive(b"join"))
    }

    /// The key of a channel's handshake.
    pub fn to_channel_key(&self) -> ChannelKey {
        ChannelKey(self.derive(b"channel"))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// HKDF-SHA256 without salt (RFC 5869 §3.1), with `purpose` as its info.
    fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &self.0[..])
            .expand(purpose, &mut key[..])
            .expect("32 bytes are within HKDF's 255 × 32");
        key
    }
}

/// Comparison in constant time, and a `Debug` without the bytes.
macro_rules! secret {
    ($name:ident) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0[..].ct_eq(&other.0[..]).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret!(Secret);
secret!(JoinKey);
secret!(ChannelKey);

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// RFC 5869, appendix A.3: no salt and no info, as near to ours as the appendix comes.
    #[test]
    fn hkdf_gives_what_rfc_5869_says() {
        let mut key = [0; 42];
        let hkdf = Hkdf::<Sha256>::new(None, &[0x0b; 22]);
        hkdf.expand(&[], &mut key).unwrap();
        let expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d\
                        9d201395faa4b61a96c8";
        assert_eq!(HEXLOWER.encode(&key), expected);
    }

    /// RFC 5869, appendix A.1: with salt and info.
    #[test]
    fn hkdf_minds_its_info_as_rfc_5869_says() {
        let mut key = [0; 42];
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let hkdf = Hkdf::<Sha256>::new(Some(&salt), &[0x0b; 22]);
        hkdf.expand(&info, &mut key).unwrap();
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf\
                        34007208d5b887185865";
        assert_eq!(HEXLOWER.encode(&key), expected);
    }

    #[test]
    fn keys_of_two_purposes_and_of_two_secrets_differ() {
        let (one, two) = (Secret::from_random([1; 16]), Secret::from_random([2; 16]));
        assert_ne!(one.to_join_key().0, one.to_channel_key().0);
        assert_ne!(one.to_join_key(), two.to_join_key());
        assert_eq!(one.to_join_key(), one.to_join_key());
    }

    #[test]
    fn debug_shows_no_secret() {
        let secret = Secret::from_random([0xab; 16]);
        let shown = format!(
            "{secret:?} {:?} {:?}",
            secret.to_join_key(),
            secret.to_channel_key()
        );
        assert_eq!(shown, "Secret(…) JoinKey(…) ChannelKey(…)");
    }
}
