//! How far an ERP5's changes have been read: up to a date, and which records of that date are known.
//!
//! Dates are ERP5's own texts, and given back to it as they came: nothing here knows their form or its
//! clock. Several records may have one date, and a record may change twice in it, before and after it was
//! read. So whatever was read is read again from its last date on, and what is known is left out, until a row
//! with a later date stands beside it, or time has gone by here: then the date is past, and a change would bear
//! another. Where one date has more records than a portion, rows of it are left out only once it is past.

use crate::Millis;
use crate::replica::Cursor;
use jio::endpoint::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A place among the changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The date of the last row; none before the first.
    pub(super) date: Option<String>,
    /// The records of that date.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) seen: BTreeMap<String, Seen>,
    /// How many passes have ended.
    #[serde(default)]
    pub(super) pass: u32,
    /// Whether that date had a whole portion of rows, or more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) crowded: bool,
    /// Whether that date was past before its first row was read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) past: bool,
    /// Rows of it to leave out; only where it is past.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) skip: u64,
    /// The last row of the portion before, which comes first then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) anchor: Option<String>,
}

/// A record that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen(
    /// Its revision.
    pub(super) String,
    /// Its reading, if its date was not known to be past: it needs another look then.
    pub(super) Option<Reading>,
);

/// A record was read while others could still change at its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reading {
    /// The last pass that looked at it; each looks at a record once.
    pub(super) pass: u32,
    /// When that was first.
    pub(super) at: Millis,
}

fn is_false(it: &bool) -> bool {
    !it
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Place {
    pub(super) fn read(cursor: Option<&Cursor>) -> Result<Self, Failure> {
        let Some(Cursor(text)) = cursor else {
            return Ok(Self::default());
        };
        let why = |_| Failure::new(400, "this is not how far changes of an ERP5 were read");
        serde_json::from_str(text).map_err(why)
    }

    pub(super) fn to_cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// What is known of a record of a row with this date.
    pub(super) fn known(&self, id: &str, date: &str) -> Option<&Seen> {
        let is_of_date = self.date.as_deref() == Some(date);
        self.seen.get(id).filter(|_| is_of_date)
    }

    /// Whether a date was past before its first row was read.
    pub(super) fn is_past(&self, date: &str) -> bool {
        self.past && self.date.as_deref() == Some(date)
    }

    /// The place after a portion: the rows' ids and dates in order, and what is known of each now.
    pub(super) fn after(
        &self,
        rows: &[(String, String)],
        known: &BTreeMap<String, Seen>,
        is_last: bool,
    ) -> Self {
        let (Some((_, first)), Some((last, date))) = (rows.first(), rows.last()) else {
            return Self {
                date: self.date.clone(),
                seen: self.seen.clone(),
                pass: self.pass.wrapping_add(1),
                ..Self::default()
            };
        };
        let is_same_date = self.date.as_ref() == Some(date);
        let mut seen = if is_same_date {
            self.seen.clone()
        } else {
            BTreeMap::new()
        };
        for (id, _) in rows.iter().filter(|(_, own)| own == date) {
            if let Some(known) = known.get(id) {
                seen.insert(id.clone(), known.clone());
            }
        }
        let crowded = !is_last && first == date;
        let past = crowded && is_same_date && self.past;
        Self {
            date: Some(date.clone()),
            seen,
            pass: self.pass.wrapping_add(u32::from(is_last)),
            crowded,
            past,
            skip: if past {
                self.skip + rows.len() as u64 - 1
            } else {
                0
            },
            anchor: past.then(|| last.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
        rows.iter()
            .map(|(id, date)| ((*id).to_owned(), (*date).to_owned()))
            .collect()
    }

    fn known(ids: &[&str]) -> BTreeMap<String, Seen> {
        ids.iter()
            .map(|id| ((*id).to_owned(), Seen("r".to_owned(), None)))
            .collect()
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let place =
            Place::default().after(&rows(&[("a", "1"), ("b", "2")]), &known(&["a", "b"]), false);
        assert_eq!(Place::read(Some(&place.to_cursor())), Ok(place));
        assert_eq!(Place::read(None), Ok(Place::default()));
        assert!(Place::read(Some(&Cursor("7".to_owned()))).is_err());
    }

    #[test]
    fn what_is_known_is_of_the_last_date_alone_and_no_row_of_it_is_left_out() {
        let listed = rows(&[("a", "1"), ("b", "2"), ("c", "2")]);
        let place = Place::default().after(&listed, &known(&["a", "b", "c"]), false);
        assert_eq!((place.pass, place.crowded, place.skip), (0, false, 0));
        assert!(place.known("c", "2").is_some() && place.known("c", "3").is_none());
        assert!(place.known("a", "1").is_none());
        let ended = place.after(&[], &BTreeMap::new(), true);
        assert_eq!((ended.pass, ended.seen.len()), (1, 2));
    }

    #[test]
    fn rows_of_a_crowded_date_are_left_out_once_it_is_past() {
        let crowded =
            Place::default().after(&rows(&[("a", "1"), ("b", "1")]), &known(&["a", "b"]), false);
        assert_eq!((crowded.crowded, crowded.skip), (true, 0));
        let past = Place {
            past: true,
            ..crowded
        };
        let second = past.after(&rows(&[("a", "1"), ("b", "1")]), &known(&["a", "b"]), false);
        assert_eq!((second.skip, second.anchor.as_deref()), (1, Some("b")));
        let third = second.after(&rows(&[("b", "1"), ("c", "1")]), &known(&["c"]), false);
        assert_eq!((third.skip, third.seen.len()), (2, 3));
        let fourth = third.after(&rows(&[("c", "1"), ("d", "2")]), &known(&["d"]), false);
        assert_eq!((fourth.skip, fourth.past, fourth.seen.len()), (0, false, 1));
    }
}
