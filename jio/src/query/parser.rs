//! Reads query text into a tree, by the grammar in [`crate::query`](super).
//!
//! OR and mere juxtaposition bind equally and to the right: `a b OR c` is `a AND (b OR c)`.

use serde_json::Value;

use super::lexer::{Fault, Lexer, Token};
use super::tree::{Key, Logic, Node, Simple};
use crate::limits::{MAX_KEY_BYTES, MAX_QUERY_BYTES, MAX_QUERY_DEPTH, MAX_QUERY_TERMS};

/// How a query text breaks the grammar or a limit; places are bytes from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A `!` without `=`.
    #[error("a lone exclamation mark at byte {0} of the query")]
    LoneExclamation(usize),
    /// A quoted text does not end. A backslash before a quote always escapes it.
    #[error("the quote at byte {0} of the query is not closed")]
    OpenQuote(usize),
    /// A word, sign or bracket where none fits.
    #[error("unexpected word or sign at byte {0} of the query")]
    Unexpected(usize),
    /// The text ends where something must follow.
    #[error("the query ends too early")]
    Incomplete,
    /// The key at this place is longer than [`MAX_KEY_BYTES`].
    #[error("the key at byte {0} of the query is longer than {MAX_KEY_BYTES} bytes")]
    LongKey(usize),
    /// The text is longer than [`MAX_QUERY_BYTES`].
    #[error("the query is longer than {MAX_QUERY_BYTES} bytes")]
    TooLong,
    /// There are more terms than [`MAX_QUERY_TERMS`].
    #[error("the query has more than {MAX_QUERY_TERMS} terms")]
    TooManyTerms,
    /// Brackets or the tree go deeper than [`MAX_QUERY_DEPTH`].
    #[error("the query is nested deeper than {MAX_QUERY_DEPTH} levels")]
    TooDeep,
}

/// Reads a whole query text.
pub(super) fn parse(text: &str) -> Result<Node, Error> {
    parse_within(text, MAX_QUERY_TERMS).map(|part| part.node)
}

/// Reads a whole query text of at most `terms` terms.
pub(super) fn parse_within(text: &str, terms: usize) -> Result<Part, Error> {
    if text.len() > MAX_QUERY_BYTES {
        return Err(Error::TooLong);
    }
    if text.is_empty() {
        return Ok(Part {
            node: Node::All,
            depth: 0,
            terms: 0,
        });
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        terms_left: terms,
        open: 0,
    };
    let (node, depth) = parser.search_text("")?;
    match parser.tokens.get(parser.next) {
        Some((at, _)) => Err(Error::Unexpected(*at)),
        None => Ok(Part {
            node,
            depth,
            terms: terms - parser.terms_left,
        }),
    }
}

/// What was read, and how much of the limits it takes.
pub(super) struct Part {
    pub(super) node: Node,
    pub(super) depth: usize,
    pub(super) terms: usize,
}

/// A node and the levels it has.
type Measured = (Node, usize);

struct Parser<'a> {
    tokens: Vec<(usize, Token<'a>)>,
    next: usize,
    terms_left: usize,
    /// Brackets that are open here.
    open: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take_if(&mut self, token: &Token<'_>) -> bool {
        let is_next = self.peek() == Some(token);
        self.next += usize::from(is_next);
        is_next
    }

    /// The error of finding the next token where it does not fit.
    fn unexpected(&self) -> Error {
        self.tokens
            .get(self.next)
            .map_or(Error::Incomplete, |(at, _)| Error::Unexpected(*at))
    }

    /// Expressions under one key; `key` is empty outside of all keys.
    fn search_text(&mut self, key: &str) -> Result<Measured, Error> {
        let mut before = Vec::new();
        loop {
            let part = self.and_expr(key)?;
            let joined_by = match self.peek() {
                None | Some(Token::Close) => return fold_right(before, part),
                Some(Token::Or) => Logic::Or,
                Some(_) => Logic::And,
            };
            self.take_if(&Token::Or);
            before.push((part, joined_by));
        }
    }

    fn and_expr(&mut self, key: &str) -> Result<Measured, Error> {
        let first = self.bool_expr(key)?;
        if self.peek() != Some(&Token::And) {
            return Ok(first);
        }
        let mut group = Group::new(Logic::And);
        group.push(first);
        while self.take_if(&Token::And) {
            group.push(self.bool_expr(key)?);
        }
        group.close()
    }

    fn bool_expr(&mut self, key: &str) -> Result<Measured, Error> {
        if !self.take_if(&Token::Not) {
            return self.expression(key);
        }
        let (node, depth) = self.expression(key)?;
        match node {
            Node::Complex(Logic::Not, mut inner) if inner.len() == 1 => {
                Ok((inner.remove(0), depth - 1))
            }
            node @ (Node::All | Node::Simple(_) | Node::Complex(..)) => {
                let mut group = Group::new(Logic::Not);
                group.push((node, depth));
                group.close()
            }
        }
    }

    fn expression(&mut self, key: &str) -> Result<Measured, Error> {
        let mut key = key;
        while let Some((at, Token::Word(word))) = self.tokens.get(self.next)
            && matches!(self.tokens.get(self.next + 1), Some((_, Token::Colon)))
        {
            if word.len() > MAX_KEY_BYTES {
                return Err(Error::LongKey(*at));
            }
            key = word;
            self.next += 2;
        }
        let key = key.to_owned();
        if self.take_if(&Token::Open) {
            self.group(&key)
        } else {
            self.term(key)
        }
    }

    fn group(&mut self, key: &str) -> Result<Measured, Error> {
        self.open += 1;
        if self.open > MAX_QUERY_DEPTH {
            return Err(Error::TooDeep);
        }
        let inner = self.search_text(key)?;
        self.open -= 1;
        if self.take_if(&Token::Close) {
            Ok(inner)
        } else {
            Err(self.unexpected())
        }
    }

    fn term(&mut self, key: String) -> Result<Measured, Error> {
        let comparison = match self.peek() {
            Some(Token::Operator(comparison)) => Some(*comparison),
            _ => None,
        };
        self.next += usize::from(comparison.is_some());
        let value = match self.peek() {
            Some(Token::Word(word)) => (*word).to_owned(),
            Some(Token::Quoted(text)) => text.clone().into_owned(),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        self.terms_left = self.terms_left.checked_sub(1).ok_or(Error::TooManyTerms)?;
        let value = Some(Value::String(value));
        Ok((
            Node::Simple(Simple {
                key: Key::Name(key),
                value,
                comparison,
            }),
            1,
        ))
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Error> {
    Lexer::new(text)
        .map(|(at, token)| match token {
            Ok(token) => Ok((at, token)),
            Err(Fault::LoneExclamation) => Err(Error::LoneExclamation(at)),
            Err(Fault::OpenQuote) => Err(Error::OpenQuote(at)),
        })
        .collect()
}

/// Joins expressions from the right: `a OR b c` is `a OR (b AND c)`.
fn fold_right(before: Vec<(Measured, Logic)>, last: Measured) -> Result<Measured, Error> {
    let mut joined = last;
    let mut parts = before.into_iter().rev().peekable();
    while let Some((part, logic)) = parts.next() {
        let mut group = Group::reversed(logic);
        group.push(joined);
        group.push(part);
        while let Some((part, _)) = parts.next_if(|(_, next)| *next == logic) {
            group.push(part);
        }
        joined = group.close()?;
    }
    Ok(joined)
}

/// The children of a complex node while they are collected. Children with the same word, bracketed
/// or not, are taken in instead of their node.
struct Group {
    logic: Logic,
    children: Vec<Node>,
    depth: usize,
    is_reversed: bool,
}

impl Group {
    fn new(logic: Logic) -> Self {
        Self {
            logic,
            children: Vec::new(),
            depth: 0,
            is_reversed: false,
        }
    }

    /// A group whose children come last first.
    fn reversed(logic: Logic) -> Self {
        Self {
            is_reversed: true,
            ..Self::new(logic)
        }
    }

    fn push(&mut self, (node, depth): Measured) {
        match node {
            Node::Complex(logic, inner) if logic == self.logic && logic != Logic::Not => {
                self.depth = self.depth.max(depth - 1);
                if self.is_reversed {
                    self.children.extend(inner.into_iter().rev());
                } else {
                    self.children.extend(inner);
                }
            }
            node @ (Node::All | Node::Simple(_) | Node::Complex(..)) => {
                self.depth = self.depth.max(depth);
                self.children.push(node);
            }
        }
    }

    fn close(mut self) -> Result<Measured, Error> {
        if self.depth >= MAX_QUERY_DEPTH {
            return Err(Error::TooDeep);
        }
        if self.is_reversed {
            self.children.reverse();
        }
        Ok((Node::Complex(self.logic, self.children), self.depth + 1))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Writes a tree on one line: `AND[k:a NOT[b]]`.
    fn drawn(node: &Node) -> String {
        match node {
            Node::All => "all".to_owned(),
            Node::Simple(Simple {
                key,
                value,
                comparison,
            }) => {
                let key = if let Key::Name(key) = key { key } else { "?" };
                let colon = if key.is_empty() { "" } else { ":" };
                let sign = comparison.map_or("", |comparison| comparison.sign());
                let value = value
                    .as_ref()
                    .unwrap_or(&json!("?"))
                    .as_str()
                    .unwrap()
                    .to_owned();
                format!("{key}{colon}{sign}{value}")
            }
            Node::Complex(logic, children) => {
                let children: Vec<_> = children.iter().map(drawn).collect();
                format!("{}[{}]", logic.word(), children.join(" "))
            }
        }
    }

    fn parsed(text: &str) -> Result<String, Error> {
        parse(text).map(|node| drawn(&node))
    }

    #[test]
    fn words_join_terms_as_the_grammar_says() {
        let table = [
            ("", "all"),
            ("a b c", "AND[a b c]"),
            ("a b OR c", "AND[a OR[b c]]"),
            ("a OR b c", "OR[a AND[b c]]"),
            ("a OR b c OR d", "OR[a AND[b OR[c d]]]"),
            ("a AND b OR c", "OR[AND[a b] c]"),
            ("a OR b AND c d", "OR[a AND[b c d]]"),
            ("(a b) AND (c OR (d OR e))", "AND[a b OR[c d e]]"),
            ("NOT a b", "AND[NOT[a] b]"),
            ("NOT (NOT (NOT a))", "NOT[a]"),
            ("x OR NOT (NOT (a OR b))", "OR[x a b]"),
            ("NOT(a)NOT(b)", "AND[NOT[a] NOT[b]]"),
            ("k:(a OR j:b NOT c)", "OR[k:a AND[j:b NOT[k:c]]]"),
            ("a:b:c", "b:c"),
            ("k: >= \"5\"", "k:>=5"),
            ("k:a=b", "AND[k:a =b]"),
            ("k = v", "AND[k =v]"),
        ];
        for (text, tree) in table {
            assert_eq!(parsed(text).as_deref(), Ok(tree), "{text}");
        }
    }

    #[test]
    fn broken_rules_are_told_apart() {
        let table = [
            ("   ", Error::Incomplete),
            ("k:", Error::Incomplete),
            ("a AND", Error::Incomplete),
            ("(a", Error::Incomplete),
            ("()", Error::Unexpected(1)),
            ("a)", Error::Unexpected(1)),
            ("NOT NOT a", Error::Unexpected(4)),
            ("k: NOT a", Error::Unexpected(3)),
            ("k:=(a)", Error::Unexpected(3)),
            ("\"k\":a", Error::Unexpected(3)),
            ("a::b", Error::Unexpected(2)),
            ("a OR AND b", Error::Unexpected(5)),
            ("a !", Error::LoneExclamation(2)),
            ("a \"b", Error::OpenQuote(2)),
        ];
        for (text, error) in table {
            assert_eq!(parsed(text), Err(error), "{text}");
        }
    }

    #[test]
    fn limits_hold_at_the_bound_and_one_past() {
        let nested = |levels| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
        assert_eq!(parsed(&nested(MAX_QUERY_DEPTH)).as_deref(), Ok("a"));
        assert_eq!(parsed(&nested(MAX_QUERY_DEPTH + 1)), Err(Error::TooDeep));

        let alternating = |levels| "a OR b ".repeat(levels / 2);
        assert!(parse(&alternating(MAX_QUERY_DEPTH)).is_ok());
        assert_eq!(
            parsed(&alternating(MAX_QUERY_DEPTH + 2)),
            Err(Error::TooDeep)
        );

        assert!(parse(&"a ".repeat(MAX_QUERY_TERMS)).is_ok());
        assert_eq!(
            parsed(&"a ".repeat(MAX_QUERY_TERMS + 1)),
            Err(Error::TooManyTerms)
        );

        let keyed = |len| format!("{}:a", "k".repeat(len));
        assert!(parse(&keyed(MAX_KEY_BYTES)).is_ok());
        assert_eq!(parsed(&keyed(MAX_KEY_BYTES + 1)), Err(Error::LongKey(0)));

        assert!(parse(&"a".repeat(MAX_QUERY_BYTES)).is_ok());
        assert_eq!(
            parsed(&"a".repeat(MAX_QUERY_BYTES + 1)),
            Err(Error::TooLong)
        );
    }

    #[test]
    fn chain_of_keys_is_no_nesting() {
        assert_eq!(
            parsed(&format!("{}a", "k:".repeat(10_000))).as_deref(),
            Ok("k:a")
        );
    }
}
