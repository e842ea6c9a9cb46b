//! Looking for ASCII anywhere in a text, regardless of case, without reading all of it: Horspool's way.
//! This is what `%word%` and a term without key come to, the most common patterns by far.

/// ASCII units to find, at least one.
#[derive(Debug)]
pub(super) struct Sought {
    /// In upper case.
    bytes: Box<[u8]>,
    /// How far to go on from a window, by the byte at its end.
    steps: Box<[u8; 256]>,
}

impl Sought {
    /// Looks for these units, already made canon; `None` when there are none, or others than ASCII.
    pub(super) fn new(units: impl Iterator<Item = u16>) -> Option<Self> {
        let ascii = |unit| u8::try_from(unit).ok().filter(u8::is_ascii);
        let bytes: Box<[u8]> = units.map(ascii).collect::<Option<_>>()?;
        let (_, before_last) = bytes.split_last()?;
        let step = |distance: usize| u8::try_from(distance).unwrap_or(u8::MAX);
        let mut steps = Box::new([step(bytes.len()); 256]);
        for (at, byte) in before_last.iter().enumerate() {
            for byte in [*byte, byte.to_ascii_lowercase()] {
                steps[usize::from(byte)] = step(before_last.len() - at);
            }
        }
        Some(Self { bytes, steps })
    }

    /// Is it in the text? No unit beyond ASCII stands for one of it, so bytes are enough. `None` when
    /// looking this way would take longer than reading the text a few times, as few texts and patterns make
    /// it.
    pub(super) fn is_in(&self, text: &str) -> Option<bool> {
        let text = text.as_bytes();
        let mut left = text.len();
        let mut end = self.bytes.len();
        while let Some(window) = text.get(end.wrapping_sub(self.bytes.len())..end) {
            let fitting = self.fitting(window);
            if fitting == self.bytes.len() {
                return Some(true);
            }
            left = left.checked_sub(fitting)?;
            let last = window.last()?;
            end += usize::from(self.steps[usize::from(*last)]);
        }
        Some(false)
    }

    /// How many bytes fit, counted from the end.
    fn fitting(&self, window: &[u8]) -> usize {
        let pairs = self.bytes.iter().zip(window).rev();
        pairs
            .take_while(|(own, byte)| **own == byte.to_ascii_uppercase())
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought(text: &str) -> Option<Sought> {
        Sought::new(text.encode_utf16())
    }

    #[test]
    fn words_are_found_wherever_they_stand() {
        let word = sought("PARIS").unwrap();
        for text in ["paris", "in Paris", "PARIS!", "é paRIS é", "paparisis"] {
            assert_eq!(word.is_in(text), Some(true), "{text}");
        }
        for text in ["", "pari", "aris", "pa ris", "pariſ"] {
            assert_eq!(word.is_in(text), Some(false), "{text}");
        }
        assert_eq!(sought("A").unwrap().is_in("bca"), Some(true));
        assert!(sought("").is_none() && sought("É").is_none());
    }

    #[test]
    fn long_words_are_found_too() {
        let word = format!("{}Z", "AB".repeat(300));
        let text = format!("{}{word}", "b".repeat(1000));
        assert_eq!(sought(&word).unwrap().is_in(&text), Some(true));
        assert_eq!(sought(&word).unwrap().is_in(&text[..1600]), Some(false));
    }

    #[test]
    fn what_would_take_long_is_given_up() {
        let word = format!("B{}", "A".repeat(100));
        assert_eq!(sought(&word).unwrap().is_in(&"a".repeat(1000)), None);
    }
}
