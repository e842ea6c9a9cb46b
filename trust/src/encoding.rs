//! Fixed numbers of bytes as text: base64url without padding (RFC 4648 §5), in exactly one form each.

use data_encoding::BASE64URL_NOPAD;

/// The text of bytes.
pub(crate) fn to_text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The bytes of a text. Its length is looked at before memory is taken; bits left over must be zero, so
/// that no two texts stand for the same bytes.
pub(crate) fn from_text<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != BASE64URL_NOPAD.encode_len(N) {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// Gives a type of bytes its text, and with it `Display`, `FromStr` and serde.
macro_rules! in_base64url {
    ($name:ident, $bytes:literal) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str(&$crate::encoding::to_text(&self.0[..]))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::encoding::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let bytes = $crate::encoding::from_text::<$bytes>(text);
                let bytes = bytes.ok_or($crate::encoding::Error { bytes: $bytes })?;
                Ok(Self(bytes.into()))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use in_base64url;

/// A text that does not stand for the expected number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {bytes} bytes in base64url")]
pub struct Error {
    /// How many bytes were expected.
    pub bytes: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_one_form_of_the_right_length_is_read() {
        assert_eq!(from_text("_-8"), Some([0xff, 0xef]));
        let others = [
            "",
            "_-",
            "_-8=",
            "_-8A",
            "/+8",
            "_-9",
            " _-8",
            "_-8\n",
            "__proto__",
            "_é",
        ];
        for text in others {
            assert_eq!(from_text::<2>(text), None, "{text:?}");
        }
        assert_eq!(from_text::<2>(&"A".repeat(1 << 20)), None);
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes: [u8; 16]) {
            prop_assert_eq!(from_text(&to_text(&bytes)), Some(bytes));
        }

        #[test]
        fn two_texts_never_stand_for_the_same_bytes(text in "[A-Za-z0-9_-]{11}") {
            if let Some(bytes) = from_text::<8>(&text) {
                prop_assert_eq!(to_text(&bytes), text);
            }
        }
    }
}
