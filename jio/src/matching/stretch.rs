//! Finding what stands between two `%` in a text that is read once: Knuth, Morris and Pratt for
//! plain units, a row of bits moving along the text (shift-and) where some places are open.

use super::Error;
use super::pattern::Slot;
use crate::limits::MAX_HOLED_STRETCH;

const WORD_BITS: usize = u64::BITS as usize;
const MAX_WORDS: usize = MAX_HOLED_STRETCH.div_ceil(WORD_BITS);

/// Units to find, at least one.
#[derive(Debug)]
pub(super) enum Stretch {
    /// Without `_`.
    Plain(Plain),
    /// With at least one `_`.
    Holed(Holed),
}

impl Stretch {
    pub(super) fn new(slots: Vec<Slot>) -> Result<Self, Error> {
        match slots.iter().map(|slot| slot.unit()).collect() {
            Some(units) => Ok(Self::Plain(Plain::new(units))),
            None if slots.len() > MAX_HOLED_STRETCH => Err(Error::LongStretch),
            None => Ok(Self::Holed(Holed::new(&slots))),
        }
    }

    /// Reads up to the end of the first occurrence and tells how many units that took.
    pub(super) fn find(&self, units: impl Iterator<Item = u16>) -> Option<usize> {
        match self {
            Self::Plain(plain) => plain.find(units),
            Self::Holed(holed) => holed.find(units),
        }
    }
}

/// Units and, for each of them, how many to keep when the next one does not fit.
#[derive(Debug)]
pub(super) struct Plain {
    units: Vec<u16>,
    /// Longest proper prefix that is also a suffix, of each prefix.
    borders: Vec<usize>,
}

impl Plain {
    fn new(units: Vec<u16>) -> Self {
        let mut plain = Self {
            borders: Vec::with_capacity(units.len()),
            units,
        };
        let mut border = 0;
        for at in 0..plain.units.len() {
            if at > 0 {
                border = plain.advanced(border, plain.units[at]);
            }
            plain.borders.push(border);
        }
        plain
    }

    /// Units that fit once `unit` has followed `fitting` units that do.
    fn advanced(&self, mut fitting: usize, unit: u16) -> usize {
        while fitting > 0 && self.units[fitting] != unit {
            fitting = self.borders[fitting - 1];
        }
        fitting + usize::from(self.units[fitting] == unit)
    }

    fn find(&self, units: impl Iterator<Item = u16>) -> Option<usize> {
        let mut fitting = 0;
        for (at, unit) in units.enumerate() {
            fitting = self.advanced(fitting, unit);
            if fitting == self.units.len() {
                return Some(at + 1);
            }
        }
        None
    }
}

/// For each unit, the places it fits, one bit each.
#[derive(Debug)]
pub(super) struct Holed {
    len: usize,
    /// Places of the units that occur, holes included, in order of the units.
    own: Vec<(u16, Places)>,
    /// Places of any other unit: the holes.
    other: Places,
    /// Places of a unit that ends a line and does not occur: none.
    none: Places,
}

type Places = Box<[u64]>;

impl Holed {
    fn new(slots: &[Slot]) -> Self {
        let none: Places = vec![0; slots.len().div_ceil(WORD_BITS)].into();
        let places = |accepts: &dyn Fn(Slot) -> bool| {
            let mut places = none.clone();
            for (at, _) in slots.iter().enumerate().filter(|(_, slot)| accepts(**slot)) {
                places[at / WORD_BITS] |= 1 << (at % WORD_BITS);
            }
            places
        };
        let mut units: Vec<u16> = slots.iter().filter_map(|slot| slot.unit()).collect();
        units.sort_unstable();
        units.dedup();
        let own = units
            .iter()
            .map(|unit| (*unit, places(&|slot| slot.takes(*unit))))
            .collect();
        let other = places(&|slot| slot == Slot::Hole);
        Self {
            len: slots.len(),
            own,
            other,
            none,
        }
    }

    fn fitting(&self, unit: u16) -> &[u64] {
        match self.own.binary_search_by_key(&unit, |(own, _)| *own) {
            Ok(found) => &self.own[found].1,
            Err(_) if Slot::Hole.takes(unit) => &self.other,
            Err(_) => &self.none,
        }
    }

    fn find(&self, units: impl Iterator<Item = u16>) -> Option<usize> {
        let mut state = [0; MAX_WORDS];
        let (last_word, last_bit) = ((self.len - 1) / WORD_BITS, (self.len - 1) % WORD_BITS);
        for (at, unit) in units.enumerate() {
            // Each place whose predecessor was reached is reached if it takes this unit.
            let mut carry = 1;
            for (word, fitting) in state.iter_mut().zip(self.fitting(unit)) {
                let carried = *word >> (WORD_BITS - 1);
                *word = (*word << 1 | carry) & fitting;
                carry = carried;
            }
            if state[last_word] >> last_bit & 1 == 1 {
                return Some(at + 1);
            }
        }
        None
    }
}
