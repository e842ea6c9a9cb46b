//! One error for callers of the crate: which rule was broken, and what a remote caller is told.

use crate::{collection, document, layout, matching, names, options, query, rpc, schema, sort};

/// Anything this crate refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A query text breaks the grammar.
    #[error(transparent)]
    Syntax(#[from] query::SyntaxError),
    /// A JSON query has the wrong shape.
    #[error(transparent)]
    Shape(#[from] query::ShapeError),
    /// A query cannot be evaluated within the limits.
    #[error(transparent)]
    Matching(#[from] matching::Error),
    /// An option of `allDocs` is wrong or not offered.
    #[error(transparent)]
    Options(#[from] options::Error),
    /// The order asked for cannot be made.
    #[error(transparent)]
    Sort(#[from] sort::Error),
    /// A schema has a form that does not exist.
    #[error(transparent)]
    Schema(#[from] schema::Error),
    /// An id or attachment name is not one.
    #[error(transparent)]
    Name(#[from] names::Error),
    /// A document is not a plain object.
    #[error(transparent)]
    Document(#[from] document::Error),
    /// A document is not there.
    #[error(transparent)]
    Collection(#[from] collection::Error),
    /// An attachment has no key of its own.
    #[error(transparent)]
    Layout(#[from] layout::Error),
    /// A remote call is malformed.
    #[error(transparent)]
    Rpc(#[from] rpc::Error),
}

/// The four ways in which jIO fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A syntax error of the query text.
    Parse,
    /// An error that carries a status code in jIO too.
    Jio,
    /// A `TypeError` of JavaScript: an argument of the wrong shape.
    Type,
    /// A `RangeError` of JavaScript: a date that is none.
    Range,
}

impl Error {
    /// Which of jIO's failures this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Syntax(_) => Kind::Parse,
            Self::Shape(_) => Kind::Type,
            Self::Options(error) => error.kind(),
            Self::Sort(error) => error.kind(),
            Self::Matching(error) => error.kind(),
            Self::Schema(_)
            | Self::Name(_)
            | Self::Document(_)
            | Self::Collection(_)
            | Self::Layout(_)
            | Self::Rpc(_) => Kind::Jio,
        }
    }

    /// The code a connected device is told, in the manner of HTTP: 400 for what the caller did
    /// wrong, 404 for what is not there, 409 for keys that collide, 501 for what is not offered.
    pub fn status_code(&self) -> u16 {
        match self {
            Self::Options(error) => error.status_code(),
            Self::Collection(collection::Error::Missing(_)) => 404,
            Self::Layout(layout::Error::Ambiguous(_)) => 409,
            Self::Rpc(error) => error.status_code(),
            Self::Syntax(_)
            | Self::Shape(_)
            | Self::Matching(_)
            | Self::Sort(_)
            | Self::Schema(_)
            | Self::Name(_)
            | Self::Document(_) => 400,
        }
    }
}
