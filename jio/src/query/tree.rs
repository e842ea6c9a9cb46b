//! The tree a query is, whatever form it came in. Always within the limits, because it is only
//! made by reading text or JSON.

use serde_json::Value;

use super::{json, parser, text};
use crate::Error;

/// A query: what a document must be like.
///
/// ```
/// let query = jio::Query::parse("last:(Hopper OR Lovelace) NOT retired:true")?;
/// assert_eq!(jio::Query::from_json(&query.to_json())?, query);
/// # Ok::<(), jio::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub(super) root: Node,
}

impl Query {
    /// The query that every document matches; its text is empty.
    pub const ALL: Self = Self { root: Node::All };

    /// Reads the text form. The empty text matches everything.
    ///
    /// # Errors
    /// [`Error::Syntax`] when the text breaks the grammar or a limit.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self {
            root: parser::parse(text)?,
        })
    }

    /// Reads what the option `query` may hold: a text, a JSON query, or a false value (null,
    /// false, 0) for everything.
    ///
    /// # Errors
    /// [`Error::Shape`] when the value is neither, or over a limit; [`Error::Syntax`] when a text
    /// in it breaks the grammar.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        Ok(Self {
            root: json::read(value)?,
        })
    }

    /// The JSON form; null for the query that matches everything.
    pub fn to_json(&self) -> Value {
        json::write(&self.root)
    }

    /// The text form, in the spacing of [`search_text`](crate::search_text).
    ///
    /// Reading it again gives the same query, except where the text form has no words for it:
    /// keys that are not plain words, values in which a backslash stands before a quote or at the
    /// end, values that are not texts.
    pub fn to_text(&self) -> String {
        text::of_node(&self.root)
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }
}

/// One level of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Matches everything.
    All,
    /// One term.
    Simple(Simple),
    /// Children joined by a word. NOT looks at the first child only and always has one.
    Complex(Logic, Vec<Self>),
}

/// The word that joins the children of a complex query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logic {
    And,
    Or,
    Not,
}

impl Logic {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::And => "AND",
            Self::Or => "OR",
            Self::Not => "NOT",
        }
    }
}

/// One term: a value that a property is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Simple {
    pub(crate) key: Key,
    /// Absent only in JSON; then nothing matches.
    pub(crate) value: Option<Value>,
    /// Absent: equality, or a wildcard pattern when the value has a `%`.
    pub(crate) comparison: Option<Comparison>,
}

/// Where a term looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// Absent, in JSON only: jIO then looks up a property named "undefined".
    Absent,
    /// The property of this name; the empty name means all properties.
    Name(String),
    /// `{"read_from": name}`: the property of this name, whatever the schema says about it.
    ReadFrom(String),
}

/// The six operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    const ALL: [Self; 6] = [
        Self::Equal,
        Self::Different,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];

    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Different => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    pub(crate) fn from_sign(sign: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|comparison| comparison.sign() == sign)
    }
}
