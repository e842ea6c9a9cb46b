//! How far an ERP5's changes have been read: up to a date, and which records of that date are known.
//!
//! Dates are ERP5's own texts, and given back to it as they came: nothing here knows their form or its
//! clock. Several records may have one date, and a record may change twice in it, so each pass begins at the
//! last date again and leaves out what it knows.

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
    /// Rows of that date to leave out, in the middle of a pass; the first that comes then is `anchor`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) skip: u64,
    /// The last row of the portion before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) anchor: Option<String>,
}

/// A record that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen(
    /// Its revision.
    pub(super) String,
    /// Whether it was read again in a later pass: then its date is past, and a change would bear another.
    pub(super) bool,
);

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

    /// Whether this is the beginning of a pass.
    pub(super) fn begins(&self) -> bool {
        self.anchor.is_none()
    }

    /// What is known of a record of a row with this date.
    pub(super) fn known(&self, id: &str, date: &str) -> Option<&Seen> {
        let is_of_date = self.date.as_deref() == Some(date);
        self.seen.get(id).filter(|_| is_of_date)
    }

    /// The place after a portion: the rows' ids and dates in order, and what is known of each now.
    pub(super) fn after(
        &self,
        rows: &[(String, String)],
        known: BTreeMap<String, Seen>,
        is_last: bool,
    ) -> Self {
        let Some((last, date)) = rows.last() else {
            return Self {
                skip: 0,
                anchor: None,
                ..self.clone()
            };
        };
        let is_same_date = self.date.as_ref() == Some(date);
        let mut seen = if is_same_date {
            self.seen.clone()
        } else {
            BTreeMap::new()
        };
        let mut of_date = 0;
        for (id, _) in rows.iter().filter(|(_, own)| own == date) {
            of_date += 1;
            if let Some(known) = known.get(id) {
                seen.insert(id.clone(), known.clone());
            }
        }
        let before = if is_same_date { self.skip } else { 0 };
        Self {
            date: Some(date.clone()),
            seen,
            skip: if is_last {
                0
            } else {
                (before + of_date).saturating_sub(1)
            },
            anchor: (!is_last).then(|| last.clone()),
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
            .map(|id| ((*id).to_owned(), Seen("r".to_owned(), false)))
            .collect()
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let place =
            Place::default().after(&rows(&[("a", "1"), ("b", "2")]), known(&["a", "b"]), false);
        assert_eq!(Place::read(Some(&place.to_cursor())), Ok(place));
        assert_eq!(Place::read(None), Ok(Place::default()));
        assert!(Place::read(Some(&Cursor("7".to_owned()))).is_err());
    }

    #[test]
    fn what_is_known_is_of_the_last_date_alone() {
        let first = Place::default().after(
            &rows(&[("a", "1"), ("b", "2"), ("c", "2")]),
            known(&["a", "b", "c"]),
            false,
        );
        assert_eq!((first.skip, first.anchor.as_deref()), (1, Some("c")));
        assert!(first.known("c", "2").is_some() && first.known("c", "3").is_none());
        assert!(first.known("a", "1").is_none());
        // The anchor comes once more.
        let second = first.after(&rows(&[("c", "2"), ("d", "2")]), known(&["c", "d"]), false);
        assert_eq!((second.skip, second.seen.len()), (2, 3));
        let third = second.after(&rows(&[("d", "2")]), known(&["d"]), true);
        assert_eq!((third.skip, third.begins(), third.seen.len()), (0, true, 3));
        assert_eq!(third.after(&[], BTreeMap::new(), true), third);
    }
}
