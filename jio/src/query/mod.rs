//! Queries: from text or JSON to a tree, and back.
//!
//! ```text
//! query       = "" | search_text                          an empty text matches everything
//! search_text = and_expr [ [ "OR" ] search_text ]         without "OR": both must match
//! and_expr    = bool_expr [ "AND" and_expr ]
//! bool_expr   = [ "NOT" ] expression
//! expression  = "(" search_text ")" | WORD ":" expression | [ OPERATOR ] ( WORD | STRING )
//! ```

mod json;
mod lexer;
mod parser;
mod text;
mod tree;

pub use json::Error as ShapeError;
pub use parser::Error as SyntaxError;
pub use text::search_text;
pub use tree::Query;

pub(crate) use tree::{Comparison, Key, Logic, Node, Simple};
