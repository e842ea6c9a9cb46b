//! The four signs: what two people compare when a guest comes without an invitation. As in RFC 6189
//! §4.4.1.1, who asks commits itself before it knows the other's nonce, so that somebody between the two
//! can make both sides show the same signs only by luck, once in 2²⁴ attempts.
//!
//! ```text
//! slave                                              master
//! Asking::new ── request: commitment ──────────────▶ Offering::new
//!             ◀────── offer: nonce, and in SDP the fingerprint ──
//! handle_offer ── answer: nonce, and in SDP the fingerprint ────▶ handle_answer
//!   four signs                                         four signs
//! ```
//!
//! Each step takes the state before it: a second offer or answer finds nobody. A new attempt needs new
//! random bytes.

use crate::encoding::in_base64url;
use crate::fingerprint::Fingerprint;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// Random bytes of one side, for one attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; 16]);

/// What a slave sends of its nonce and fingerprint before it shows them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

in_base64url!(Nonce, 16);
in_base64url!(Commitment, 32);

/// A slave that has asked.
#[derive(Debug)]
pub struct Asking {
    nonce: Nonce,
    fingerprint: Fingerprint,
}

impl Asking {
    /// Begins an attempt with random bytes used for nothing else, and the fingerprint of the certificate
    /// that the connection will have. The commitment goes into the request.
    pub fn new(random: [u8; 16], own: Fingerprint) -> (Self, Commitment) {
        let asking = Self {
            nonce: Nonce(random),
            fingerprint: own,
        };
        let commitment = commit(asking.nonce, own);
        (asking, commitment)
    }

    /// Tells what the master offers. The nonce goes into the answer, the signs are shown.
    pub fn handle_offer(self, nonce: Nonce, master: Fingerprint) -> (Nonce, Signs) {
        let signs = Signs::of((self.nonce, self.fingerprint), (nonce, master));
        (self.nonce, signs)
    }
}

/// A master that has offered.
#[derive(Debug)]
pub struct Offering {
    commitment: Commitment,
    nonce: Nonce,
    fingerprint: Fingerprint,
}

impl Offering {
    /// Answers a request with random bytes used for nothing else, and the fingerprint of the own
    /// certificate. The nonce goes into the offer.
    pub fn new(commitment: Commitment, random: [u8; 16], own: Fingerprint) -> (Self, Nonce) {
        let nonce = Nonce(random);
        let offering = Self {
            commitment,
            nonce,
            fingerprint: own,
        };
        (offering, nonce)
    }

    /// Tells what the slave answers; the signs are shown.
    ///
    /// # Errors
    /// It is not what the slave has committed itself to: somebody is between the two. End the attempt, and
    /// show no signs.
    pub fn handle_answer(self, nonce: Nonce, slave: Fingerprint) -> Result<Signs, Error> {
        let is_kept: bool = commit(nonce, slave).0.ct_eq(&self.commitment.0).into();
        if is_kept {
            Ok(Signs::of((nonce, slave), (self.nonce, self.fingerprint)))
        } else {
            Err(Error::Commitment)
        }
    }
}

/// Why there are no signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The answer is not the one that was committed to.
    #[error("the device that answers is not the one that asked; somebody may be in between")]
    Commitment,
}

/// Four of the 64 signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs([u8; 4]);

impl Signs {
    /// The first 24 bits of a hash over all that both sides gave; each part has one length.
    fn of(slave: (Nonce, Fingerprint), master: (Nonce, Fingerprint)) -> Self {
        let mut hash = Sha256::new_with_prefix(b"LAN Broadcaster 1 signs\0");
        for (nonce, fingerprint) in [slave, master] {
            hash.update(nonce.0);
            hash.update(fingerprint.0);
        }
        let [a, b, c, ..]: [u8; 32] = hash.finalize().into();
        let bits = u32::from_be_bytes([0, a, b, c]);
        Self([18, 12, 6, 0].map(|shift| (bits >> shift & 0x3f) as u8))
    }

    /// The four, in order.
    pub fn to_array(self) -> [Sign; 4] {
        self.0.map(|index| ALL[usize::from(index)])
    }

    /// Their names, for those who do not see them.
    pub fn names(self) -> [&'static str; 4] {
        self.to_array().map(|sign| sign.name)
    }
}

impl fmt::Display for Signs {
    /// The four pictures.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_array()
            .iter()
            .try_for_each(|sign| write!(to, "{}", sign.picture))
    }
}

/// A picture that every device of the last ten years shows, and people name alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// One character (Unicode's `Emoji_Presentation`: shown as a picture without more).
    pub picture: char,
    /// Its name, for those who do not see it.
    pub name: &'static str,
}

fn commit(nonce: Nonce, fingerprint: Fingerprint) -> Commitment {
    let mut hash = Sha256::new_with_prefix(b"LAN Broadcaster 1 commitment\0");
    hash.update(nonce.0);
    hash.update(fingerprint.0);
    Commitment(hash.finalize().into())
}

impl fmt::Debug for Nonce {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Nonce({self})")
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Commitment({self})")
    }
}

const fn sign(picture: char, name: &'static str) -> Sign {
    Sign { picture, name }
}

/// All signs. Their order is part of the protocol.
pub const ALL: [Sign; 64] = [
    sign('🐶', "dog"),
    sign('🐱', "cat"),
    sign('🐰', "rabbit"),
    sign('🐼', "panda"),
    sign('🐯', "tiger"),
    sign('🐮', "cow"),
    sign('🐷', "pig"),
    sign('🐸', "frog"),
    sign('🐔', "chicken"),
    sign('🐧', "penguin"),
    sign('🐢', "turtle"),
    sign('🐍', "snake"),
    sign('🐟', "fish"),
    sign('🐙', "octopus"),
    sign('🐌', "snail"),
    sign('🐝', "bee"),
    sign('🐘', "elephant"),
    sign('🌵', "cactus"),
    sign('🌲', "fir tree"),
    sign('🌻', "sunflower"),
    sign('🍄', "mushroom"),
    sign('🍎', "apple"),
    sign('🍌', "banana"),
    sign('🍇', "grapes"),
    sign('🍍', "pineapple"),
    sign('🌽', "corn"),
    sign('🍞', "bread"),
    sign('🎂', "cake"),
    sign('🍕', "pizza"),
    sign('🍔', "hamburger"),
    sign('🍦', "ice cream"),
    sign('☕', "cup"),
    sign('🌈', "rainbow"),
    sign('🌙', "moon"),
    sign('⭐', "star"),
    sign('🔥', "fire"),
    sign('⚡', "lightning"),
    sign('⛄', "snowman"),
    sign('🔔', "bell"),
    sign('🔑', "key"),
    sign('🔒', "lock"),
    sign('🔨', "hammer"),
    sign('💡', "light bulb"),
    sign('📷', "camera"),
    sign('📞', "telephone"),
    sign('⏰', "alarm clock"),
    sign('📚', "books"),
    sign('🎁', "present"),
    sign('🎈', "balloon"),
    sign('🎸', "guitar"),
    sign('🎺', "trumpet"),
    sign('🎲', "die"),
    sign('⚽', "ball"),
    sign('🏆', "trophy"),
    sign('👑', "crown"),
    sign('👓', "glasses"),
    sign('☔', "umbrella"),
    sign('⚓', "anchor"),
    sign('🏠', "house"),
    sign('⛵', "sailing boat"),
    sign('🚲', "bicycle"),
    sign('🚗', "car"),
    sign('🚀', "rocket"),
    sign('🚂', "locomotive"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const SLAVE: Fingerprint = Fingerprint([1; 32]);
    const MASTER: Fingerprint = Fingerprint([2; 32]);
    const EVIL: Fingerprint = Fingerprint([3; 32]);

    #[test]
    fn both_sides_show_the_same_signs() {
        let (asking, commitment) = Asking::new([4; 16], SLAVE);
        let (offering, masters) = Offering::new(commitment, [5; 16], MASTER);
        let (slaves, on_slave) = asking.handle_offer(masters, MASTER);
        let on_master = offering.handle_answer(slaves, SLAVE).unwrap();
        assert_eq!(on_slave, on_master);
        assert_eq!(on_slave.to_string().chars().count(), 4);
        assert_eq!(on_slave.to_array().map(|sign| sign.name), on_master.names());
    }

    /// Computed apart from this code, with a general tool for SHA-256.
    #[test]
    fn commitment_and_signs_are_those_of_the_specification() {
        let (asking, commitment) = Asking::new([4; 16], SLAVE);
        assert_eq!(
            commitment.to_string(),
            "LW20nO0809m_YwOPo-qVICde8d7vYyyJj0Dm4Q_dT5Q"
        );
        let (_, signs) = asking.handle_offer(Nonce([5; 16]), MASTER);
        assert_eq!(signs.0, [63, 45, 37, 16]);
    }

    #[test]
    fn a_swapped_fingerprint_ends_the_attempt_or_changes_the_signs() {
        let (asking, commitment) = Asking::new([4; 16], SLAVE);
        let (offering, masters) = Offering::new(commitment, [5; 16], MASTER);
        let honest = Signs::of((Nonce([4; 16]), SLAVE), (Nonce([5; 16]), MASTER));
        let (slaves, on_slave) = asking.handle_offer(masters, EVIL);
        assert_ne!(on_slave, honest);
        assert_eq!(offering.handle_answer(slaves, EVIL), Err(Error::Commitment));
    }

    #[test]
    fn one_between_who_commits_itself_for_the_slave_is_seen() {
        let (asking, _held_back) = Asking::new([4; 16], SLAVE);
        let (evil, its_commitment) = Asking::new([6; 16], EVIL);
        let (offering, masters) = Offering::new(its_commitment, [5; 16], MASTER);
        let (_, on_slave) = asking.handle_offer(Nonce([7; 16]), EVIL);
        let (evils, _) = evil.handle_offer(masters, MASTER);
        let on_master = offering.handle_answer(evils, EVIL).unwrap();
        assert_ne!(on_slave, on_master);
    }

    #[test]
    fn an_answer_with_any_bit_flipped_is_refused() {
        let (_, commitment) = Asking::new([4; 16], SLAVE);
        for bit in 0..(16 + 32) * 8 {
            let (mut nonce, mut slave) = ([4; 16], SLAVE);
            match bit / 8 {
                byte @ 0..16 => nonce[byte] ^= 1 << (bit % 8),
                byte => slave.0[byte - 16] ^= 1 << (bit % 8),
            }
            let (offering, _) = Offering::new(commitment, [5; 16], MASTER);
            let answered = offering.handle_answer(Nonce(nonce), slave);
            assert_eq!(answered, Err(Error::Commitment), "bit {bit}");
        }
    }

    #[test]
    fn the_signs_are_64_and_all_distinct() {
        let pictures: BTreeSet<_> = ALL.iter().map(|sign| sign.picture).collect();
        let names: BTreeSet<_> = ALL.iter().map(|sign| sign.name).collect();
        assert_eq!((pictures.len(), names.len()), (64, 64));
        assert!(names.iter().all(|name| !name.is_empty()));
        assert!(pictures.iter().all(|picture| !picture.is_ascii()));
    }

    #[test]
    fn every_sign_is_in_use() {
        let mut seen = BTreeSet::new();
        for n in 0..=255 {
            let signs = Signs::of((Nonce([n; 16]), SLAVE), (Nonce([0; 16]), MASTER));
            seen.extend(signs.0);
        }
        assert_eq!(seen, (0..64).collect());
    }

    proptest! {
        #[test]
        fn any_two_sides_agree(slaves: [u8; 16], slave: [u8; 32], masters: [u8; 16], master: [u8; 32]) {
            let (slave, master) = (Fingerprint(slave), Fingerprint(master));
            let (asking, commitment) = Asking::new(slaves, slave);
            let (offering, nonce) = Offering::new(commitment.to_string().parse().unwrap(), masters, master);
            let (nonce, on_slave) = asking.handle_offer(nonce.to_string().parse().unwrap(), master);
            let on_master = offering.handle_answer(nonce.to_string().parse().unwrap(), slave);
            prop_assert_eq!(on_master, Ok(on_slave));
        }
    }
}
