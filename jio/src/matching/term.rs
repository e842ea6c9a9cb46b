//! One term of a query, compiled: where to look and what to find there.
//!
//! deviates: where a null or an empty array makes the whole query of jIO fail, the term does not
//! match. A null counts as absent, on its own, in an array or as `content`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::slice;

use serde_json::Value;

use super::Error;
use super::pattern::Pattern;
use crate::document::{Document, ID_KEY, property};
use crate::js::{self, Primitive, date};
use crate::query::{Comparison, Key, Simple};
use crate::schema::Schema;

/// Names that every JavaScript object inherits. jIO never matches a term with such a key, although
/// a document may have the property. The twelfth, `__proto__`, is an error there and here.
const INHERITED_NAMES: [&str; 11] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// A compiled term.
#[derive(Debug)]
pub(super) struct Term {
    place: Place,
    test: Test,
}

#[derive(Debug)]
enum Place {
    /// The document's id.
    Id,
    /// The property of this name.
    Property(String),
    /// All properties whose value is not false to JavaScript.
    Everywhere,
}

#[derive(Debug)]
enum Test {
    /// On a key that holds instants.
    Instant(Comparison, f64),
    /// On any other key.
    Plain(Check),
}

#[derive(Debug)]
enum Check {
    Equal(Literal),
    Different(Literal),
    Like(Pattern),
    /// `<`, `<=`, `>`, `>=`.
    Ordered(Comparison, Primitive<'static>),
}

impl Term {
    /// Compiles a term; `None` when it can never match.
    pub(super) fn new(simple: &Simple, schema: &Schema) -> Result<Option<Self>, Error> {
        let Some(value) = &simple.value else {
            return Ok(None);
        };
        let (name, is_plain) = match &simple.key {
            Key::Absent => ("undefined", true),
            Key::Name(name) => (name.as_str(), true),
            Key::ReadFrom(name) => (name.as_str(), false),
        };
        let place = match name {
            "" if is_plain => Place::Everywhere,
            "__proto__" if is_plain => return Err(Error::ProtoKey),
            inherited if is_plain && INHERITED_NAMES.contains(&inherited) => return Ok(None),
            ID_KEY => Place::Id,
            name => Place::Property(name.to_owned()),
        };
        let test = match place {
            Place::Everywhere => Some(Test::Plain(Check::contains(value)?)),
            Place::Id | Place::Property(_) if is_plain && schema.is_instant(name) => {
                Test::on_instants(simple.comparison, value)
            }
            Place::Id | Place::Property(_) => {
                Check::new(simple.comparison, value)?.map(Test::Plain)
            }
        };
        Ok(test.map(|test| Self { place, test }))
    }

    /// Does a document satisfy the term?
    pub(super) fn matches(&self, id: &str, document: &Document) -> bool {
        match &self.place {
            Place::Id => self.test.on_text(id),
            Place::Property(name) => {
                property(document, name).is_some_and(|value| self.test.on(value))
            }
            // The name last: most values do not match, and a name is one more place in memory to visit.
            Place::Everywhere => document
                .iter()
                .any(|(name, value)| js::is_truthy(value) && self.test.on(value) && name != ID_KEY),
        }
    }
}

impl Test {
    /// On instants a `%` means nothing, so without operator it is equality.
    fn on_instants(comparison: Option<Comparison>, value: &Value) -> Option<Self> {
        let instant = date::instant(value)?;
        Some(Self::Instant(
            comparison.unwrap_or(Comparison::Equal),
            instant,
        ))
    }

    fn on(&self, value: &Value) -> bool {
        match self {
            Self::Instant(comparison, right) => {
                date::instant(value).is_some_and(|left| comparison.holds(left.partial_cmp(right)))
            }
            Self::Plain(check) => check.on(value),
        }
    }

    /// Tests a text that is no property, the id.
    fn on_text(&self, text: &str) -> bool {
        match self {
            Self::Instant(comparison, right) => {
                date::parse(text).is_some_and(|left| comparison.holds(left.partial_cmp(right)))
            }
            Self::Plain(check) => check.on_text(text),
        }
    }
}

impl Check {
    /// Without operator, a value with `%` is a pattern. A null has a place in order relations only.
    fn new(comparison: Option<Comparison>, value: &Value) -> Result<Option<Self>, Error> {
        Ok(match comparison {
            Some(
                comparison @ (Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual),
            ) => Some(Self::Ordered(comparison, Primitive::of(value).into_owned())),
            _ if value.is_null() => None,
            Some(Comparison::Equal) => Some(Self::Equal(Literal::new(value))),
            Some(Comparison::Different) => Some(Self::Different(Literal::new(value))),
            None => match js::value_text(value) {
                text if text.contains('%') => Some(Self::Like(Pattern::new(&text)?)),
                _ => Some(Self::Equal(Literal::new(value))),
            },
        })
    }

    /// What a term without key looks for, whatever its operator.
    fn contains(value: &Value) -> Result<Self, Error> {
        let pattern = format!("%{}%", js::value_text(value));
        Ok(Self::Like(Pattern::new(&pattern)?))
    }

    /// Tests a property: an array by its elements, order relations by its first one.
    fn on(&self, value: &Value) -> bool {
        let list = match value.as_array() {
            Some(list) => list.as_slice(),
            None if content(value).is_null() => return false,
            None => slice::from_ref(value),
        };
        let mut elements = list
            .iter()
            .map(content)
            .filter(|element| !element.is_null());
        match self {
            Self::Equal(literal) => elements.any(|element| literal.is(element)),
            Self::Different(literal) => !elements.any(|element| literal.is(element)),
            Self::Like(pattern) => {
                elements.any(|element| pattern.matches(&js::value_text(element)))
            }
            Self::Ordered(comparison, right) => list
                .first()
                .map(content)
                .filter(|first| !first.is_null())
                .is_some_and(|first| comparison.holds(js::order(&Primitive::of(first), right))),
        }
    }

    fn on_text(&self, text: &str) -> bool {
        match self {
            Self::Equal(literal) => literal.text == text,
            Self::Different(literal) => literal.text != text,
            Self::Like(pattern) => pattern.matches(text),
            Self::Ordered(comparison, right) => {
                comparison.holds(js::order(&Primitive::Text(Cow::Borrowed(text)), right))
            }
        }
    }
}

/// An object with a `content` stands for that content.
fn content(value: &Value) -> &Value {
    value
        .as_object()
        .and_then(|members| members.get("content"))
        .unwrap_or(value)
}

/// A value to be equal to, prepared so that texts and numbers are compared without being written.
#[derive(Debug)]
struct Literal {
    text: String,
    /// The number that is written like the text.
    number: Option<f64>,
}

impl Literal {
    fn new(value: &Value) -> Self {
        let text = js::value_text(value).into_owned();
        let number = js::to_number(&text);
        let number = (js::number_text(number) == text).then_some(number);
        Self { text, number }
    }

    /// Is `String(value)` this text?
    fn is(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => *text == self.text,
            Value::Number(number) => self.number.is_some_and(|own| number.as_f64() == Some(own)),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                js::value_text(value) == self.text
            }
        }
    }
}

impl Comparison {
    /// Does it hold between two values in this order? Between those without order only `!=` does.
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order.is_some_and(Ordering::is_eq),
            Self::Different => !order.is_some_and(Ordering::is_eq),
            Self::Less => order.is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order.is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}
