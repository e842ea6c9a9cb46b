//! The fingerprint of a DTLS certificate, as a session description tells it (RFC 8122 §5): what a peer
//! connection's encryption hangs on. Reads that one attribute and nothing else of SDP.

use crate::limits::DESCRIPTION_BYTES;
use std::fmt;

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub(crate) [u8; 32]);

impl Fingerprint {
    /// The fingerprint with this hash.
    pub fn from_bytes(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// Finds the fingerprint in a description.
    ///
    /// Browsers write one, of SHA-256. A description could name several, and leave open which of them counts
    /// in which browser; where a hub could have added one, that is no question to be answered. So it must be
    /// the only one, or each the same, and the word stands nowhere else.
    ///
    /// # Errors
    /// There is none, or not only this one. Drop the description.
    pub fn from_sdp(sdp: &str) -> Result<Self, Error> {
        if sdp.len() > DESCRIPTION_BYTES {
            return Err(Error::TooLong(sdp.len()));
        }
        let values = sdp.lines().filter_map(|line| line.strip_prefix(ATTRIBUTE));
        let read: Vec<_> = values.map(read_value).collect::<Result<_, _>>()?;
        let (first, others) = read.split_first().ok_or(Error::Missing)?;
        if mentions(sdp) != read.len() || others.iter().any(|other| other != first) {
            return Err(Error::Ambiguous);
        }
        Ok(*first)
    }
}

impl fmt::Display for Fingerprint {
    /// In the form of RFC 8122 §5.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.map(|byte| format!("{byte:02X}"));
        to.write_str(&bytes.join(":"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Fingerprint({self})")
    }
}

/// Why a description gives no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too long to be read.
    #[error("description of {0} bytes is over the limit of {DESCRIPTION_BYTES}")]
    TooLong(usize),
    /// There is none.
    #[error("description without a fingerprint")]
    Missing,
    /// It is not 32 bytes of SHA-256.
    #[error("fingerprint that is not one of SHA-256")]
    Malformed,
    /// There are several, or one is hidden.
    #[error("description with more than one fingerprint")]
    Ambiguous,
}

fn read_value(value: &str) -> Result<Fingerprint, Error> {
    let (hash, digits) = value.trim_end().split_once(' ').ok_or(Error::Malformed)?;
    let digits = digits.as_bytes();
    if !hash.eq_ignore_ascii_case("sha-256") || digits.len() != 32 * 3 - 1 {
        return Err(Error::Malformed);
    }
    let mut sha256 = [0; 32];
    for (byte, text) in sha256.iter_mut().zip(digits.chunks(3)) {
        *byte = read_byte(text).ok_or(Error::Malformed)?;
    }
    Ok(Fingerprint(sha256))
}

/// Two digits, and a colon but for the last byte. RFC 8122 wants capitals; who writes small ones means the
/// same certificate.
fn read_byte(text: &[u8]) -> Option<u8> {
    let ([high, low, b':'] | [high, low]) = *text else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// How often a description speaks of fingerprints, in whatever case and behind whatever line end.
fn mentions(sdp: &str) -> usize {
    sdp.to_ascii_lowercase().matches("fingerprint").count()
}

const ATTRIBUTE: &str = "a=fingerprint:";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: Fingerprint = Fingerprint([0xa1; 32]);
    const TWO: Fingerprint = Fingerprint([0xb2; 32]);

    fn sdp(lines: &[String]) -> String {
        format!(
            "v=0\r\ns=-\r\nt=0 0\r\n{}\r\na=setup:actpass\r\n",
            lines.join("\r\n")
        )
    }

    fn line(of: Fingerprint) -> String {
        format!("a=fingerprint:sha-256 {of}")
    }

    #[test]
    fn the_one_fingerprint_is_read() {
        for lines in [
            vec![line(ONE)],
            vec![line(ONE), line(ONE)],
            vec![line(ONE).to_lowercase()],
            vec![line(ONE).replace("sha", "SHA")],
            vec![format!("{} ", line(ONE))],
        ] {
            assert_eq!(Fingerprint::from_sdp(&sdp(&lines)), Ok(ONE), "{lines:?}");
            assert_eq!(
                Fingerprint::from_sdp(&sdp(&lines).replace('\r', "")),
                Ok(ONE)
            );
        }
    }

    #[test]
    fn others_are_refused() {
        let table = [
            (vec![], Error::Missing),
            (vec![" a=fingerprint".to_owned()], Error::Missing),
            (vec![line(ONE).replace("256", "1")], Error::Malformed),
            (vec![line(ONE).replace("A1:A1", "A1-A1")], Error::Malformed),
            (vec![line(ONE).replacen("A1", "G1", 1)], Error::Malformed),
            (vec![line(ONE).replacen("A1", "+1", 1)], Error::Malformed),
            (vec![format!("{}:A1", line(ONE))], Error::Malformed),
            (vec![line(ONE)[..100].to_owned()], Error::Malformed),
            (
                vec![line(ONE), "a=fingerprint:sha-1 A1".to_owned()],
                Error::Malformed,
            ),
            (vec!["a=fingerprint:".to_owned()], Error::Malformed),
        ];
        for (lines, error) in table {
            assert_eq!(Fingerprint::from_sdp(&sdp(&lines)), Err(error), "{lines:?}");
        }
    }

    #[test]
    fn a_second_fingerprint_slipped_in_by_a_hub_is_found() {
        for hidden in [
            line(TWO),
            line(TWO).replace("a=", "A="),
            line(TWO).replace("fingerprint", "Fingerprint"),
            format!("a=x\r{}", line(TWO)),
            format!(" {}", line(TWO)),
            format!("m=application 9 UDP/DTLS/SCTP x\r\n{}", line(TWO)),
            format!("a=x\u{2028}{}", line(TWO)),
        ] {
            for lines in [[line(ONE), hidden.clone()], [hidden, line(ONE)]] {
                let found = Fingerprint::from_sdp(&sdp(&lines));
                assert_eq!(found, Err(Error::Ambiguous), "{lines:?}");
            }
        }
    }

    #[test]
    fn a_description_is_read_up_to_its_limit() {
        let bare = sdp(&[line(ONE)]);
        let padded = |bytes: usize| format!("{bare}{}", "x".repeat(bytes - bare.len()));
        assert_eq!(Fingerprint::from_sdp(&padded(DESCRIPTION_BYTES)), Ok(ONE));
        let error = Error::TooLong(DESCRIPTION_BYTES + 1);
        assert_eq!(
            Fingerprint::from_sdp(&padded(DESCRIPTION_BYTES + 1)),
            Err(error)
        );
    }

    proptest! {
        #[test]
        fn a_fingerprint_comes_back(sha256: [u8; 32]) {
            let of = Fingerprint::from_bytes(sha256);
            prop_assert_eq!(Fingerprint::from_sdp(&line(of)), Ok(of));
        }

        #[test]
        fn no_text_panics(text in "(a=fingerprint:|sha-256| |A1:|\r|\n|é){0,40}|.*") {
            let _ = Fingerprint::from_sdp(&text);
        }
    }
}
