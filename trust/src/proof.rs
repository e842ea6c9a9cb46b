//! Proving to a hub that one holds an invitation, without showing it: HMAC-SHA256 (RFC 2104) with the join
//! key over the hub's nonce, the host that was asked and the room. A proof is worth nothing for another
//! nonce, through another broadcaster, or in another room.

use crate::encoding::in_base64url;
use crate::limits::ROOM_BYTES;
use crate::secret::JoinKey;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// What a hub wants a proof over. Each is used once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; 16]);

/// The proof.
#[derive(Clone, Copy)]
pub struct Proof([u8; 32]);

in_base64url!(Nonce, 16);
in_base64url!(Proof, 32);

impl JoinKey {
    /// Makes the proof. `host` is what the WebSocket's handshake says in `Host`, which in a browser is
    /// `URL.host`; `room` is the raw path without its query.
    pub fn prove(&self, nonce: Nonce, host: &str, room: &str) -> Proof {
        Proof(self.mac(nonce, host, room).finalize().into_bytes().into())
    }

    /// Whether a proof was made with this key over just these, in constant time.
    pub fn check(&self, proof: &Proof, nonce: Nonce, host: &str, room: &str) -> bool {
        let mac = self.mac(nonce, host, room);
        room.len() <= ROOM_BYTES && mac.verify_slice(&proof.0).is_ok()
    }

    /// The nonce has one length, and each text follows its own, so that no two triples are the same
    /// bytes.
    fn mac(&self, nonce: Nonce, host: &str, room: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0[..]);
        let mut mac = mac.expect("HMAC takes keys of every length");
        mac.update(&nonce.0);
        for text in [host, room] {
            mac.update(&(text.len() as u64).to_be_bytes());
            mac.update(text.as_bytes());
        }
        mac
    }
}

/// A hub's nonces: of one seed, all different, and not to be foreseen without it.
#[derive(Clone)]
pub struct Nonces {
    seed: Zeroizing<[u8; 32]>,
    made: u64,
}

impl Nonces {
    /// Begins with 32 random bytes that are used for nothing else; the same ones give the same nonces.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            seed: Zeroizing::new(seed),
            made: 0,
        }
    }

    /// The next nonce: HMAC-SHA256 with the seed over a count, its first half.
    pub fn next_nonce(&mut self) -> Nonce {
        let mac = Hmac::<Sha256>::new_from_slice(&self.seed[..]);
        let mut mac = mac.expect("HMAC takes keys of every length");
        mac.update(&self.made.to_be_bytes());
        self.made += 1;
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        Nonce(nonce)
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Nonces({} made)", self.made)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Nonce({self})")
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Proof({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const HOST: &str = "192.168.1.5:9999";
    const NONCE: Nonce = Nonce([9; 16]);

    fn key(byte: u8) -> JoinKey {
        Secret::from_random([byte; 16]).to_join_key()
    }

    /// RFC 4231 §4.3, test case 2.
    #[test]
    fn hmac_gives_what_rfc_4231_says() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(HEXLOWER.encode(&mac.finalize().into_bytes()), expected);
    }

    /// Computed apart from this code; the example of docs/protocol.md.
    #[test]
    fn the_proof_is_that_of_the_specification() {
        let secret = Secret::from_random(std::array::from_fn(|n| n as u8));
        let nonce = "9dKuf0x2Tn6-7V5aP0Yk1w".parse().unwrap();
        let proof = secret.to_join_key().prove(nonce, HOST, "/").to_string();
        assert_eq!(proof, "Mi8OO6UCol8GD6Gmx_CZFtmoJ1UBT6_9IqbYW8cL3m8");
        let document = include_str!("../../docs/protocol.md");
        assert_eq!(
            document.matches(&proof).count(),
            2,
            "in words, and in the example of `join`"
        );
    }

    #[test]
    fn a_proof_counts_for_its_key_nonce_host_and_room_alone() {
        let proof = key(1).prove(NONCE, HOST, "/");
        assert!(key(1).check(&proof, NONCE, HOST, "/"));
        let other = Nonce([8; 16]);
        for (why, key, nonce, host, room) in [
            ("another invitation", key(2), NONCE, HOST, "/"),
            ("another challenge: replayed", key(1), other, HOST, "/"),
            (
                "another host: relayed",
                key(1),
                NONCE,
                "192.168.1.6:9999",
                "/",
            ),
            ("another port", key(1), NONCE, "192.168.1.5:9998", "/"),
            ("another room", key(1), NONCE, HOST, "/other"),
            (
                "a bit of the host in the room",
                key(1),
                NONCE,
                "192.168.1.5:999",
                "9/",
            ),
            ("nothing", key(1), NONCE, "", ""),
        ] {
            assert!(!key.check(&proof, nonce, host, room), "{why}");
        }
    }

    #[test]
    fn a_proof_with_any_bit_flipped_is_none() {
        let proof = key(1).prove(NONCE, HOST, "/");
        for bit in 0..256 {
            let mut flipped = proof;
            flipped.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!key(1).check(&flipped, NONCE, HOST, "/"), "bit {bit}");
        }
    }

    #[test]
    fn a_room_is_proven_up_to_its_limit() {
        for (bytes, counts) in [(ROOM_BYTES, true), (ROOM_BYTES + 1, false)] {
            let room = "/".repeat(bytes);
            let proof = key(1).prove(NONCE, HOST, &room);
            assert_eq!(key(1).check(&proof, NONCE, HOST, &room), counts);
        }
    }

    #[test]
    fn nonces_differ_and_depend_on_their_seed() {
        let (mut one, mut same, mut other) = (
            Nonces::new([1; 32]),
            Nonces::new([1; 32]),
            Nonces::new([2; 32]),
        );
        let many: BTreeSet<_> = (0..1000).map(|_| one.next_nonce().0).collect();
        assert_eq!(many.len(), 1000);
        assert!(many.contains(&same.next_nonce().0));
        assert!(!many.contains(&other.next_nonce().0));
        assert_eq!(format!("{one:?}"), "Nonces(1000 made)");
    }

    proptest! {
        #[test]
        fn a_proof_for_one_pair_is_none_for_another(a in "[a:/]{0,4}", b in "[a:/]{0,4}", c in "[a:/]{0,4}", d in "[a:/]{0,4}") {
            let proof = key(1).prove(NONCE, &a, &b);
            prop_assert_eq!(key(1).check(&proof, NONCE, &c, &d), (a, b) == (c, d));
        }
    }
}
