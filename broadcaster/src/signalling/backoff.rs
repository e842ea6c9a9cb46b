//! Growing pauses between tries: 0.5 s, 1 s, 2 s, … 30 s, each up to a quarter longer or shorter, so
//! that the slaves of a restarted master do not all come at once.

use crate::time::Millis;

/// The pauses of one machine. The seed decides their jitter.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    tries: u32,
    random: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            tries: 0,
            random: seed,
        }
    }

    /// The next pause.
    pub(super) fn pause(&mut self) -> Millis {
        let full = FIRST
            .0
            .saturating_mul(1 << self.tries.min(16))
            .min(LONGEST.0);
        self.tries = self.tries.saturating_add(1);
        Millis((full * 3 / 4 + self.random() % (full / 2)).min(LONGEST.0))
    }

    /// The next pause is the first one again.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }

    /// SplitMix64: one multiplication-and-shift chain is random enough for a pause.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

const FIRST: Millis = Millis(500);
const LONGEST: Millis = Millis::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_thirty_seconds() {
        let mut backoff = Backoff::new(7);
        for full in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            let pause = backoff.pause().0;
            let allowed = full * 3 / 4..=(full * 5 / 4).min(30_000);
            assert!(allowed.contains(&pause), "{pause} for {full}");
        }
        backoff.reset();
        assert!(backoff.pause().0 <= 625);
        backoff.tries = u32::MAX;
        assert!(backoff.pause().0 >= 22_500);
    }

    #[test]
    fn seeds_differ_and_the_same_seed_does_not() {
        let pauses = |seed| {
            let mut backoff = Backoff::new(seed);
            [(); 5].map(|()| backoff.pause())
        };
        assert_ne!(pauses(1), pauses(2));
        assert_eq!(pauses(1), pauses(1));
    }
}
