//! `sort_on`: rows in the order of their properties.
//!
//! Values are compared as JavaScript's `<` and `>` do. Numbers and words are then neither less nor
//! greater than each other, so the comparison is no order on mixed rows.
//! deviates: what browsers make of such rows differs; the merge sort here gives some order of its
//! own. The sort of the standard library may panic. Rows whose values are all of one kind, which is
//! most of them, have an order: then it is found by ranks, and only for the rows that are wanted.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value, json};

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

/// The rows at the places `wanted` once they are sorted, stable, by keys in turn.
pub(crate) fn sort<'a>(
    rows: &[(&'a str, &'a Document)],
    keys: &[SortKey],
    schema: &Schema,
    wanted: Range<usize>,
) -> Result<Vec<(&'a str, &'a Document)>, Error> {
    let (order, _) = order(rows, keys, schema, wanted)?;
    Ok(order.into_iter().map(|at| rows[at]).collect())
}

/// The numbers of the rows at the places `wanted` once they are sorted, and whether any two rows by themselves
/// tell their order.
pub(crate) fn order(
    rows: &[(&str, &Document)],
    keys: &[SortKey],
    schema: &Schema,
    wanted: Range<usize>,
) -> Result<(Vec<usize>, bool), Error> {
    if keys.is_empty() {
        return Ok((wanted.collect(), true));
    }
    let columns: Vec<Vec<Cell<'_>>> = keys
        .iter()
        .map(|key| {
            let cells = rows.iter();
            cells
                .map(|(id, document)| Cell::new(id, document, key, schema))
                .collect()
        })
        .collect();
    let ranks: Option<Vec<Vec<u32>>> = keys
        .iter()
        .zip(&columns)
        .map(|(key, cells)| key.ranks(cells))
        .collect();
    Ok(match ranks {
        Some(ranks) => (ranked(rows.len(), &ranks, wanted), true),
        None => (
            compared(rows.len(), keys, &columns)?[wanted].to_vec(),
            false,
        ),
    })
}

/// The numbers of the rows `wanted`, by their ranks under each key, and among equals by their number.
fn ranked(count: usize, ranks: &[Vec<u32>], wanted: Range<usize>) -> Vec<usize> {
    let compare = |left: &usize, right: &usize| {
        let differing = ranks
            .iter()
            .map(|ranks| ranks[*left].cmp(&ranks[*right]))
            .find(|order| order.is_ne());
        differing.unwrap_or_else(|| left.cmp(right))
    };
    let mut order: Vec<usize> = (0..count).collect();
    if wanted.end < count {
        order.select_nth_unstable_by(wanted.end, compare);
        order.truncate(wanted.end);
    }
    order.sort_unstable_by(compare);
    order.drain(..wanted.start);
    order
}

/// The numbers of all rows, in the order in which they compare.
fn compared(
    count: usize,
    keys: &[SortKey],
    columns: &[Vec<Cell<'_>>],
) -> Result<Vec<usize>, Error> {
    merge_sorted(count, |later, earlier| {
        for (key, cells) in keys.iter().zip(columns) {
            let order = key.compare(&cells[later], &cells[earlier])?;
            if order.is_ne() {
                return Ok(order);
            }
        }
        Ok(Ordering::Equal)
    })
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
    /// For each cell how many different ones come before it; `None` where cells have no order that
    /// holds for all of them, or may not be compared.
    fn ranks(&self, cells: &[Cell<'_>]) -> Option<Vec<u32>> {
        let mut ranks = match cells.first()?.single()? {
            Single::Text(_) => ranks_of(cells, Single::text)?,
            Single::Number(_) => ranks_of(cells, Single::number)?,
        };
        match self.direction? {
            Direction::Ascending => {}
            Direction::Descending => ranks.iter_mut().for_each(|rank| *rank = u32::MAX - *rank),
        }
        Some(ranks)
    }

    /// The pair again.
    pub(crate) fn to_json(&self) -> Value {
        let direction = self.direction.map(|direction| match direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        });
        json!([self.name, direction])
    }

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

/// A cell that is one text or one number.
#[derive(Clone, Copy)]
enum Single<'a> {
    Text(&'a str),
    Number(f64),
}

impl<'a> Single<'a> {
    fn text(self) -> Option<Utf16<'a>> {
        match self {
            Self::Text(text) => Some(Utf16(text)),
            Self::Number(_) => None,
        }
    }

    /// A number as an integer of the same order; one for both zeros.
    fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => {
                let bits = (number + 0.0).to_bits().cast_signed();
                Some(if bits < 0 { bits ^ i64::MAX } else { bits })
            }
            Self::Text(_) => None,
        }
    }
}

/// A text in the order of its UTF-16 code units.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Utf16<'a>(&'a str);

impl Ord for Utf16<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        js::cmp_utf16(self.0, other.0)
    }
}

impl PartialOrd for Utf16<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The rank of each cell, if all of them are of the kind that `read` reads.
fn ranks_of<'a, K: Ord + Copy>(
    cells: &[Cell<'a>],
    read: impl Fn(Single<'a>) -> Option<K>,
) -> Option<Vec<u32>> {
    let all = cells.iter();
    let values: Vec<K> = all
        .map(|cell| read(cell.single()?))
        .collect::<Option<_>>()?;
    let mut ranks: BTreeMap<K, u32> = values.iter().map(|value| (*value, 0)).collect();
    for (rank, place) in (0..).zip(ranks.values_mut()) {
        *place = rank;
    }
    Some(values.iter().map(|value| ranks[value]).collect())
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

    /// Its value, if that is a single text or number.
    fn single(&self) -> Option<Single<'a>> {
        match self {
            Cell::Id(id) => Some(Single::Text(id)),
            Cell::Date(instant) => instant.map(Single::Number),
            Cell::Values([Value::String(text)]) => Some(Single::Text(text)),
            Cell::Values([Value::Number(number)]) => number.as_f64().map(Single::Number),
            Cell::Values(_) => None,
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
    use super::*;

    fn sorted(values: &[Value], direction: Option<Direction>) -> Result<Vec<usize>, Error> {
        let documents: Vec<Document> = values
            .iter()
            .map(|value| [("k".to_owned(), value.clone())].into_iter().collect())
            .collect();
        let ids: Vec<String> = (0..values.len()).map(|at| at.to_string()).collect();
        let rows: Vec<_> = ids.iter().map(String::as_str).zip(&documents).collect();
        let keys = [SortKey {
            name: "k".to_owned(),
            direction,
        }];
        let rows = sort(&rows, &keys, &Schema::default(), 0..values.len())?;
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
    fn ranks_and_comparison_give_the_same_rows() {
        let key = |name: &str, direction| SortKey {
            name: name.to_owned(),
            direction: Some(direction),
        };
        let keys = [
            key("text", Direction::Descending),
            key("number", Direction::Ascending),
            key(ID_KEY, Direction::Descending),
        ];
        let texts = ["b", "a", "", "😀", "ａ", "aa"];
        let numbers = [0.0, -0.0, -1.5, 3.0, 1e300, -1e300];
        let documents: Vec<Document> = (0..200_usize)
            .map(|n| {
                let members =
                    json!({ "text": texts[n * 7 % 6], "number": numbers[n * 5 % 11 % 6] });
                members.as_object().unwrap().clone().into_iter().collect()
            })
            .collect();
        let ids: Vec<String> = (0..200).map(|n| format!("{}", n * 37 % 100)).collect();
        let rows: Vec<_> = ids.iter().map(String::as_str).zip(&documents).collect();
        let schema = Schema::default();
        for keys in [&keys[..], &keys[..1], &keys[1..2], &keys[..2]] {
            let columns: Vec<Vec<Cell<'_>>> = keys
                .iter()
                .map(|key| {
                    let cells = rows.iter();
                    cells
                        .map(|(id, doc)| Cell::new(id, doc, key, &schema))
                        .collect()
                })
                .collect();
            let order = compared(rows.len(), keys, &columns).unwrap();
            let ranks: Vec<_> = keys
                .iter()
                .zip(&columns)
                .map(|(key, cells)| key.ranks(cells).unwrap())
                .collect();
            for wanted in [0..200, 0..20, 5..6, 190..200, 200..200, 0..0] {
                assert_eq!(ranked(200, &ranks, wanted.clone()), order[wanted]);
            }
        }
    }

    #[test]
    fn what_is_not_of_one_kind_has_no_ranks() {
        let key = SortKey {
            name: "k".to_owned(),
            direction: Some(Direction::Ascending),
        };
        let (text, number) = ([json!("a")], [json!(1)]);
        let (null, two) = ([json!(null)], [json!(1), json!(2)]);
        for other in [&number[..], &null, &two, &[]] {
            let cells = [Cell::Values(&text), Cell::Values(other)];
            assert_eq!(key.ranks(&cells), None);
        }
        assert_eq!(
            key.ranks(&[Cell::Values(&text), Cell::Id("b")]),
            Some(vec![0, 1])
        );
        assert_eq!(key.ranks(&[Cell::Date(Some(2.0)), Cell::Date(None)]), None);
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
