//! `limit`: `[skip, count]`, with the meaning JavaScript's `splice` gives to odd numbers.

use std::ops::Range;

use serde_json::{Value, json};

use crate::js;

/// Which rows to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Rows to leave out at the start; negative is none.
    skip: i64,
    /// Rows to keep after that; negative: rows to leave out at the end. `None`: all.
    count: Option<i64>,
}

impl Limit {
    /// Reads the two places. Numbers in texts count and fractions are cut off; a count that is
    /// false to JavaScript (0, null, missing) is no bound.
    pub(crate) fn new(places: &[Value]) -> Self {
        let integer = |value| js::to_integer(js::value_number(value));
        let count = places.get(1).filter(|count| js::is_truthy(count));
        Self {
            skip: places.first().map_or(0, integer),
            count: count.map(integer),
        }
    }

    /// The places again. A count of 0 would be no bound; half a row is none.
    pub(crate) fn to_json(self) -> Value {
        match self.count {
            None => json!([self.skip]),
            Some(0) => json!([self.skip, 0.5]),
            Some(count) => json!([self.skip, count]),
        }
    }

    /// Rows that play a part at most, those left out at the start included; `None`: that depends on how many
    /// there are.
    pub(crate) fn end(self) -> Option<usize> {
        let count = usize::try_from(self.count?).ok()?;
        Some(
            usize::try_from(self.skip)
                .unwrap_or(0)
                .saturating_add(count),
        )
    }

    /// Whether no row is left out at the start.
    pub(crate) fn is_from_start(self) -> bool {
        self.skip <= 0
    }

    /// Rows that are kept at most; `None`: that depends on how many there are.
    pub(crate) fn most(self) -> Option<usize> {
        usize::try_from(self.count?).ok()
    }

    /// The rows kept of `len`.
    pub(crate) fn window(self, len: usize) -> Range<usize> {
        let start = usize::try_from(self.skip).unwrap_or(0).min(len);
        let left = len - start;
        let kept = match self.count {
            None => left,
            Some(count) => match usize::try_from(count) {
                Ok(count) => count.min(left),
                Err(_) => {
                    left.saturating_sub(usize::try_from(count.unsigned_abs()).unwrap_or(left))
                }
            },
        };
        start..start + kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_numbers_mean_what_splice_makes_of_them() {
        let table = [
            (json!([]), 0..4),
            (json!([1]), 1..4),
            (json!([1, 2]), 1..3),
            (json!([9, 2]), 4..4),
            (json!([3, 9]), 3..4),
            (json!([1, 0]), 1..4),
            (json!([1, null]), 1..4),
            (json!([null, 2]), 0..2),
            (json!([-1, 2]), 0..2),
            (json!([0, -1]), 0..3),
            (json!([2, -9]), 2..2),
            (json!(["1", "2"]), 1..3),
            (json!([1.9, 1.9]), 1..2),
            (json!([0, 0.5]), 0..0),
            (json!([0, "0"]), 0..0),
            (json!([0, "x"]), 0..0),
            (json!([true, true]), 1..2),
            (json!([1e300, 1e300]), 4..4),
            (json!([-1e300, -1e300]), 0..0),
        ];
        for (limit, window) in table {
            assert_eq!(
                Limit::new(limit.as_array().unwrap()).window(4),
                window,
                "{limit}"
            );
        }
    }
}
