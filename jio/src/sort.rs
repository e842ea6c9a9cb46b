//! `sort_on`: rows in the order of their properties.
//!
//! Values are compared as JavaScript's `<` and `>` do. Numbers and words are then neither less nor
//! greater than each other, so the comparison is no order on mixed rows.
//! deviates: what browsers make of such rows differs; the merge sort here gives some order of its
//! own. The sort of the standard library may panic.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use crate::document::{Document, ID_KEY, property};
use crate::error::Kind;
use crate::js::{self, Primitive, date};
use crate::schema::Schema;

/// Why rows cannot be ordered. Found out when two rows are compared, not before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A direction other than "ascending" and "descending".
    #[error("the direction of '{0}' must be 'ascending' or 'descending'")]
    Direction(String),
    /// A document has no date under a key that holds dates.
    #[error("a document has no date under '{0}'")]
    NoDate(String),
}

impl Error {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Direction(_) => Kind::Type,
            Self::NoDate(_) => Kind::Range,
        }
    }
}

/// One pair of `sort_on`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortKey {
    pub(crate) name: String,
    /// `None`: neither of the two words.
    pub(crate) direction: Option<Direction>,
}

/// The two words a direction can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// Sorts rows, stable, by keys in turn.
pub(crate) fn sort<'a>(
    rows: Vec<(&'a str, &'a Document)>,
    keys: &[SortKey],
    schema: &Schema,
) -> Result<Vec<(&'a str, &'a Document)>, Error> {
    if keys.is_empty() {
        return Ok(rows);
    }
    let cells: Vec<Vec<Cell<'_>>> = rows
        .iter()
        .map(|(id, document)| {
            keys.iter()
                .map(|key| Cell::new(id, document, key, schema))
                .collect()
        })
        .collect();
    let order = merge_sorted(rows.len(), |later, earlier| {
        for (key, (later, earlier)) in keys.iter().zip(cells[later].iter().zip(&cells[earlier])) {
            let order = key.compare(later, earlier)?;
            if order.is_ne() {
                return Ok(order);
            }
        }
        Ok(Ordering::Equal)
    })?;
    Ok(order.into_iter().map(|at| rows[at]).collect())
}

/// The numbers below `count`, in the order of `compare`. Asks at most n log n times, always about a
/// later and an earlier one, and moves the later one forward only when it is less.
fn merge_sorted<E>(
    count: usize,
    compare: impl Fn(usize, usize) -> Result<Ordering, E>,
) -> Result<Vec<usize>, E> {
    let mut sorted: Vec<usize> = (0..count).collect();
    let mut run = 1;
    while run < count {
        let mut merged = Vec::with_capacity(count);
        for pair in sorted.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
                if compare(*second, *first)? == Ordering::Less {
                    merged.push(*second);
                    right = right_rest;
                } else {
                    merged.push(*first);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        sorted = merged;
        run *= 2;
    }
    Ok(sorted)
}

impl SortKey {
    fn compare(&self, left: &Cell<'_>, right: &Cell<'_>) -> Result<Ordering, Error> {
        let direction = self
            .direction
            .ok_or_else(|| Error::Direction(self.name.clone()))?;
        let ascending = match (left, right) {
            (Cell::Date(left), Cell::Date(right)) => {
                let (left, right) = left
                    .zip(*right)
                    .ok_or_else(|| Error::NoDate(self.name.clone()))?;
                left.total_cmp(&right)
            }
            (left, right) => left.compare(right),
        };
        Ok(match direction {
            Direction::Ascending => ascending,
            Direction::Descending => ascending.reverse(),
        })
    }
}

/// What one row is sorted by under one key: a list of values, of which some may be undefined.
enum Cell<'a> {
    /// The document's id.
    Id(&'a str),
    /// An array's elements, a single value, or nothing.
    Values(&'a [Value]),
    /// An instant; `None` for an invalid or missing date.
    Date(Option<f64>),
}

impl<'a> Cell<'a> {
    fn new(id: &'a str, document: &'a Document, key: &SortKey, schema: &Schema) -> Self {
        if key.name == ID_KEY {
            return Cell::Id(id);
        }
        let value = property(document, &key.name);
        if schema.is_instant(&key.name) {
            return Cell::Date(value.and_then(date::instant));
        }
        match value {
            None => Cell::Values(&[]),
            Some(Value::Array(list)) => Cell::Values(list),
            Some(single) => Cell::Values(std::slice::from_ref(single)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Cell::Values(values) => values.len(),
            Cell::Id(_) | Cell::Date(_) => 1,
        }
    }

    /// The value at a place: an object's `content`; undefined for arrays, other objects and past
    /// the end.
    fn at(&self, place: usize) -> Option<Primitive<'a>> {
        match self {
            Cell::Id(id) => Some(Primitive::Text(Cow::Borrowed(id))),
            Cell::Date(instant) => instant.map(Primitive::Number),
            Cell::Values(values) => match values.get(place)? {
                Value::Object(members) => members.get("content").map(Primitive::of),
                Value::Array(_) => None,
                plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                    Some(Primitive::of(plain))
                }
            },
        }
    }

    /// Compares lists place by place; what is undefined, or past the end, comes first. Of two
    /// undefined values jIO lets the one go first that it is asked about, and so does this.
    fn compare(&self, other: &Self) -> Ordering {
        for place in 0..self.len().max(other.len()) {
            let order = match (self.at(place), other.at(place)) {
                (None, _) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (Some(left), Some(right)) => js::order(&left, &right).unwrap_or(Ordering::Equal),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(values: &[Value], direction: Option<Direction>) -> Result<Vec<usize>, Error> {
        let documents: Vec<Document> = values
            .iter()
            .map(|value| [("k".to_owned(), value.clone())].into_iter().collect())
            .collect();
        let ids: Vec<String> = (0..values.len()).map(|at| at.to_string()).collect();
        let rows = ids.iter().map(String::as_str).zip(&documents).collect();
        let keys = [SortKey {
            name: "k".to_owned(),
            direction,
        }];
        let rows = sort(rows, &keys, &Schema::default())?;
        Ok(rows
            .into_iter()
            .map(|(id, _)| id.parse().unwrap())
            .collect())
    }

    #[test]
    fn values_are_ordered_as_javascript_orders_them() {
        let ascending = [
            json!([]),
            json!("10"),
            json!("9"),
            json!("Z"),
            json!(["a"]),
            json!(["a", "a"]),
            json!({"content": "b"}),
            json!("😀"),
            json!("ａ"),
        ];
        let backwards: Vec<Value> = ascending.iter().rev().cloned().collect();
        let last = ascending.len() - 1;
        let places: Vec<usize> = (0..=last).collect();
        assert_eq!(
            sorted(&ascending, Some(Direction::Ascending)),
            Ok(places.clone())
        );
        assert_eq!(sorted(&backwards, Some(Direction::Descending)), Ok(places));
        let numbers = [json!(10), json!(null), json!(-1), json!(true), json!(0.5)];
        assert_eq!(
            sorted(&numbers, Some(Direction::Ascending)),
            Ok(vec![2, 1, 4, 3, 0])
        );
    }

    #[test]
    fn equal_rows_keep_their_order_both_ways() {
        let same = [
            json!("a"),
            json!("a"),
            json!(["a"]),
            json!({"content": "a"}),
        ];
        for direction in [Direction::Ascending, Direction::Descending] {
            assert_eq!(sorted(&same, Some(direction)), Ok(vec![0, 1, 2, 3]));
        }
    }

    #[test]
    fn of_undefined_values_the_later_row_comes_first_and_stays_last_descending() {
        let undefined = [json!("a"), json!({"x": 1}), json!([[1]])];
        assert_eq!(
            sorted(&undefined, Some(Direction::Ascending)),
            Ok(vec![2, 1, 0])
        );
        assert_eq!(
            sorted(&undefined, Some(Direction::Descending)),
            Ok(vec![0, 1, 2])
        );
    }

    #[test]
    fn direction_is_looked_at_when_rows_are_compared() {
        assert_eq!(sorted(&[json!(1)], None), Ok(vec![0]));
        let error = Error::Direction("k".to_owned());
        assert_eq!(sorted(&[json!(1), json!(1)], None), Err(error));
    }

    #[test]
    fn merge_sort_asks_no_more_than_it_must() {
        let asked = std::cell::Cell::new(0);
        let order = merge_sorted(1_000, |left, right| {
            asked.set(asked.get() + 1);
            Ok::<_, ()>((left * 7 % 1_000).cmp(&(right * 7 % 1_000)))
        });
        let order = order.unwrap();
        assert!(order.is_sorted_by_key(|at| at * 7 % 1_000));
        assert!(asked.get() < 10_000, "{}", asked.get());
    }
}
