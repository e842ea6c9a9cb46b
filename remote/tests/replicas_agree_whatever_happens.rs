//! Whatever is written, cut, killed and decided, and in whichever order: once the lines are mended, all sides
//! have the same, and nothing is lost, doubled or invented.

#![allow(clippy::unwrap_used)]

#[allow(dead_code, unused_imports)] // Other tests use the rest of it.
mod model;

use model::World;
use proptest::prelude::*;

proptest! {
    // Failures are written down as bytes for the fuzz target, not for proptest alone.
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(first: u8, steps in prop::collection::vec(any::<[u8; 3]>(), 0..60)) {
        let mut bytes = vec![first];
        bytes.extend(steps.concat());
        World::play(&bytes);
    }
}
