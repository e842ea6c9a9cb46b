//! Wildcards: `%` stands for any units, `_` for one unit that does not end a line.
//!
//! Works on UTF-16 code units and regardless of case. Unless `sought` needs less, the text is read once from left to right
//! whatever the number of `%`: each stretch between two of them is taken where it ends first.
//! deviates: jIO 3.45 keeps something of a pattern from one document to the next and then misses
//! some; here every document is asked the same.

use super::Error;
use super::sought::Sought;
use super::stretch::Stretch;

/// One place of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// This unit, or another of the same [`canon`].
    Unit(u16),
    /// Any unit that does not end a line.
    Hole,
}

impl Slot {
    /// The unit itself, unless any may stand here.
    pub(super) fn unit(self) -> Option<u16> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Hole => None,
        }
    }

    /// Does a unit, already made [`canon`], fit?
    pub(super) fn takes(self, unit: u16) -> bool {
        match self {
            Self::Unit(own) => own == unit,
            Self::Hole => !ends_line(unit),
        }
    }
}

/// A compiled wildcard pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What stands before the first `%`.
    head: Vec<Slot>,
    /// What stands between two `%`; empty stretches are left out.
    middle: Vec<Stretch>,
    /// What stands after the last `%`; `None` when there is no `%`.
    tail: Option<Vec<Slot>>,
    /// Units that a text must have at least.
    least: usize,
    /// All of it, when that is ASCII between two `%`.
    sought: Option<Sought>,
}

impl Pattern {
    /// Compiles a pattern. There is no way to escape `%` and `_`.
    pub(super) fn new(text: &str) -> Result<Self, Error> {
        let mut parts: Vec<Vec<Slot>> = text.split('%').map(slots).collect();
        let least = parts.iter().map(Vec::len).sum();
        let sought = match parts.as_slice() {
            [head, middle, tail] if head.is_empty() && tail.is_empty() => sought(middle),
            _ => None,
        };
        let tail = if parts.len() > 1 { parts.pop() } else { None };
        let mut parts = parts.into_iter();
        let head = parts.next().unwrap_or_default();
        let stretches = parts.filter(|slots| !slots.is_empty()).map(Stretch::new);
        Ok(Self {
            head,
            middle: stretches.collect::<Result<_, _>>()?,
            tail,
            least,
            sought,
        })
    }

    /// Does the whole text fit?
    pub(super) fn matches(&self, text: &str) -> bool {
        let found = self.sought.as_ref().and_then(|sought| sought.is_in(text));
        found.unwrap_or_else(|| self.matches_read(text))
    }

    fn matches_read(&self, text: &str) -> bool {
        if text.is_ascii() {
            let units = text
                .bytes()
                .map(|byte| u16::from(byte.to_ascii_uppercase()));
            return self.matches_units(units, text.len());
        }
        self.matches_units(text.encode_utf16().map(canon), text.encode_utf16().count())
    }

    /// `units` are `count` units, each made canon; none of them is asked for twice.
    fn matches_units(&self, mut units: impl Iterator<Item = u16>, count: usize) -> bool {
        if count < self.least || !fits_next(&self.head, &mut units) {
            return false;
        }
        let Some(tail) = &self.tail else {
            return count == self.head.len();
        };
        let mut room = count - self.head.len() - tail.len();
        for stretch in &self.middle {
            match stretch.find(units.by_ref().take(room)) {
                Some(used) => room -= used,
                None => return false,
            }
        }
        tail.is_empty() || fits_next(tail, &mut units.skip(room))
    }
}

fn sought(slots: &[Slot]) -> Option<Sought> {
    let units: Option<Vec<u16>> = slots.iter().map(|slot| slot.unit()).collect();
    Sought::new(units?.into_iter())
}

fn slots(part: &str) -> Vec<Slot> {
    let slot = |unit| {
        if unit == u16::from(b'_') {
            Slot::Hole
        } else {
            Slot::Unit(canon(unit))
        }
    };
    part.encode_utf16().map(slot).collect()
}

fn fits_next(slots: &[Slot], units: &mut impl Iterator<Item = u16>) -> bool {
    slots
        .iter()
        .all(|slot| units.next().is_some_and(|unit| slot.takes(unit)))
}

/// The representative of all units that match regardless of case (ECMA-262 §22.2.2.7.3): the upper
/// case when that is one unit and does not turn a unit beyond ASCII into an ASCII one.
fn canon(unit: u16) -> u16 {
    if let Ok(byte) = u8::try_from(unit)
        && byte.is_ascii()
    {
        return u16::from(byte.to_ascii_uppercase());
    }
    let Some(c) = char::from_u32(u32::from(unit)) else {
        return unit;
    };
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if !upper.is_ascii() => u16::try_from(u32::from(upper)).unwrap_or(unit),
        _ => unit,
    }
}

fn ends_line(unit: u16) -> bool {
    matches!(unit, 0x000a | 0x000d | 0x2028 | 0x2029)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::limits::MAX_HOLED_STRETCH;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(text)
    }

    #[test]
    fn wildcards_match_whole_texts() {
        let matching = [
            ("%", ""),
            ("%%", "x"),
            ("alpha%", "Alphabet"),
            ("%ray", "gamma RAY"),
            ("a%a", "aa"),
            ("a%b%c", "aXbbXc"),
            ("%ab%ab%", "abab"),
            ("%aab%", "aaab"),
            ("%a_b%", "aaxb"),
            ("%a_c%b_d%", "aabc_abbxd"),
            ("%_%", "x"),
            ("line%break", "line\nbreak"),
            ("abc", "ABC"),
            ("É%", "éclair"),
            ("%Σ", "ς"),
            ("\u{b5}%", "Μ-"),
            ("ａ%", "Ａ"),
            ("x__y%", "x😀y"),
            ("%_y", "😀y"),
            ("%\u{20ac}_", "a\u{20ac}b"),
        ];
        for (pattern, text) in matching {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        let failing = [
            ("lpha%", "alpha"),
            ("a%a", "a"),
            ("%ab%ab%", "abxa"),
            ("abc", "abcd"),
            ("", "x"),
            ("_%", "\n"),
            ("%_%", "\r\u{2028}\u{2029}\n"),
            ("x_y%", "x😀y"),
            ("ß%", "SS"),
            ("ﬁ%", "FI"),
            ("ı%", "i"),
            ("İ%", "i"),
            ("ſ%", "s"),
            ("\u{212a}%", "k"),
            ("ẞ%", "ß"),
            ("𐐀%", "𐐨"),
            ("e%", "é"),
        ];
        for (pattern, text) in failing {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(matches("", ""));
    }

    #[test]
    fn stretches_with_holes_have_a_limit_others_have_none() {
        let holed = |units: usize| format!("%_{}%", "a".repeat(units - 1));
        assert!(
            Pattern::new(&holed(MAX_HOLED_STRETCH))
                .unwrap()
                .matches(&holed(MAX_HOLED_STRETCH))
        );
        assert_eq!(
            Pattern::new(&holed(MAX_HOLED_STRETCH + 1)).unwrap_err(),
            Error::LongStretch
        );
        let long = "a".repeat(10 * MAX_HOLED_STRETCH);
        assert!(matches(&format!("%{long}%"), &format!("b{long}b")));
        assert!(matches(
            &format!("_{long}%{long}_"),
            &format!("b{long}{long}b")
        ));
    }

    #[test]
    fn each_unit_is_read_at_most_once() {
        let long = "a".repeat(20_000);
        let patterns = [
            "%a".repeat(5_000) + "%b",
            "%a_".repeat(5_000) + "%b%",
            format!("%{}b%", "a".repeat(5_000)),
            format!("%{}b_%", "a".repeat(500)),
            "%".repeat(60_000),
        ];
        for pattern in patterns {
            let steps = Cell::new(0);
            let units = long
                .encode_utf16()
                .map(canon)
                .inspect(|_| steps.set(steps.get() + 1));
            Pattern::new(&pattern)
                .unwrap()
                .matches_units(units, long.len());
            assert!(steps.get() <= long.len(), "{} steps", steps.get());
        }
    }
}
