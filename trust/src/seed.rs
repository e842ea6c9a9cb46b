//! Random bytes again and again, of one seed: for machines that need fresh ones for each handshake and have
//! no source of randomness themselves.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// A source of 32 random bytes at a time, all different, and not to be foreseen without the seed. What it
/// has given cannot be computed from what it is now.
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// Begins with 32 random bytes that are used for nothing else; the same ones give the same bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// The next bytes: HMAC-SHA256 (RFC 2104) of the seed over one word, and of another the next seed.
    pub fn next_bytes(&mut self) -> [u8; 32] {
        let bytes = self.mac(b"bytes");
        self.0 = Zeroizing::new(self.mac(b"next"));
        bytes
    }

    fn mac(&self, word: &[u8]) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0[..]);
        let mut mac = mac.expect("HMAC takes keys of every length");
        mac.update(word);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Seed(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn all_bytes_of_a_seed_differ_and_come_again_only_with_it() {
        let take = |first: u8| {
            let mut seed = Seed::new([first; 32]);
            (0..100).map(|_| seed.next_bytes()).collect::<BTreeSet<_>>()
        };
        assert_eq!(take(1).len(), 100);
        assert_eq!(take(1), take(1));
        assert!(take(1).is_disjoint(&take(2)));
        assert!(!take(1).contains(&[1; 32]));
    }
}
