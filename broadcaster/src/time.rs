//! Time as an argument: milliseconds on the driver's monotonic clock.

use std::ops::{Add, Sub};

/// A point on the driver's monotonic clock, or a span of it, in milliseconds.
///
/// `std::time::Instant` is no type of this crate: asking it for the time traps in a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// A span of whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1000)
    }
}

impl Add for Millis {
    type Output = Self;

    fn add(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub for Millis {
    type Output = Self;

    /// The span from `earlier` to `self`; zero where the clock went backwards.
    fn sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}
