//! What is said about copies of the records, which the companion keeps in a folder of its own: one order at
//! a time, each answered by one outcome. No name of a file is ever said, nor taken.

use crate::payload::base64;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Hub → companion: what to do with copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "lowercase")]
pub enum Order {
    /// Tell which copies there are; answered by `listed`.
    List,
    /// Take the next bytes of a new copy; answered by `taken`, or by `listed` where they are the last and
    /// the copy is kept. Bytes at offset 0 begin a copy; one that was begun before is forgotten.
    Write {
        /// Whose copy it is.
        set: SetId,
        /// How many bytes were written before.
        offset: u64,
        /// Whether these are the last ones.
        last: bool,
        /// The bytes, at most [`COPY_CHUNK_BYTES`](crate::limits::COPY_CHUNK_BYTES).
        #[serde(with = "base64")]
        data: Bytes,
    },
    /// Give the next bytes of a copy; answered by `given`. Offset 0 begins to read.
    Read {
        /// Whose copy it is.
        set: SetId,
        /// Which of them, as listed.
        number: u32,
        /// How many bytes were read before.
        offset: u64,
    },
}

/// Companion → hub: what became of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "lowercase")]
pub enum Outcome {
    /// The copies there are, those of one set together, the newest first.
    Listed {
        /// All of them.
        copies: Vec<Kept>,
    },
    /// The bytes of a copy were taken.
    Taken {
        /// How many there are now.
        bytes: u64,
    },
    /// Bytes of a copy.
    Given {
        /// Whether they are the last ones.
        last: bool,
        /// The bytes.
        #[serde(with = "base64")]
        data: Bytes,
    },
    /// The order was not carried out. A copy that was being written is forgotten; those kept are as they
    /// were.
    Failed {
        /// Why, for a person.
        detail: String,
    },
}

/// A copy that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Whose it is.
    pub set: SetId,
    /// Which of them; 1 is the newest.
    pub number: u32,
    /// When it was finished, in milliseconds since 1970.
    pub at: u64,
    /// Its length.
    pub bytes: u64,
}

/// Whose copies they are: a number that a database was given when it was made. As text 32 hexadecimal
/// digits in lower case, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u128);

/// Digits of a [`SetId`].
const DIGITS: usize = 32;

/// A text that is no [`SetId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a set is 32 hexadecimal digits in lower case")]
pub struct NoSet;

impl FromStr for SetId {
    type Err = NoSet;

    fn from_str(text: &str) -> Result<Self, NoSet> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != DIGITS || !text.bytes().all(is_digit) {
            return Err(NoSet);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| NoSet)
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:032x}", self.0)
    }
}

impl Serialize for SetId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'d> Deserialize<'d> for SetId {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

    use super::*;
    use crate::link::Command;

    #[test]
    fn a_set_is_read_as_it_is_written() {
        for number in [0, 1, 0x0123_4567_89ab_cdef, u128::MAX] {
            assert_eq!(SetId(number).to_string().parse(), Ok(SetId(number)));
        }
        assert_eq!(SetId(10).to_string(), "0000000000000000000000000000000a");
    }

    #[test]
    fn what_could_be_a_path_is_no_set() {
        let hostile = [
            "",
            ".",
            "..",
            "../../../../../../../../../.ssh/a",
            "/etc/passwd",
            "+123456789012345678901234567890a",
            "0x34567890123456789012345678901a",
            "ABCDEFABCDEFABCDEFABCDEFABCDEFAB",
            "00000000-0000-4000-8000-00000000",
            "0000000000000000000000000000000",
            "000000000000000000000000000000000",
            "0000000000000000000000000000000\0",
            "00000000000000000000000000000\u{e9}0",
            "................................",
        ];
        for text in hostile {
            assert_eq!(text.parse::<SetId>(), Err(NoSet), "{text:?}");
            let order = serde_json::json!({"kind": "copy", "does": "read", "set": text, "number": 1, "offset": 0});
            assert!(
                serde_json::from_value::<Command>(order).is_err(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_order_holds_no_other_words() {
        let broken = [
            r#"{"kind":"copy"}"#,
            r#"{"kind":"copy","does":"remove"}"#,
            r#"{"kind":"copy","does":"read","set":7,"number":1,"offset":0}"#,
            r#"{"kind":"copy","does":"read","set":"0000000000000000000000000000000a","number":"../1","offset":0}"#,
            r#"{"kind":"copy","does":"read","set":"0000000000000000000000000000000a","number":-1,"offset":0}"#,
            r#"{"kind":"copy","does":"write","set":"0000000000000000000000000000000a","offset":0,"last":true,"data":"?"}"#,
            r#"{"kind":"copy","does":"write","set":"0000000000000000000000000000000a","offset":1.5,"last":true,"data":""}"#,
        ];
        for text in broken {
            assert!(serde_json::from_str::<Command>(text).is_err(), "{text}");
        }
    }
}
