//! Splits query text into tokens. At each place the first rule that fits wins, not the longest.

use std::borrow::Cow;

use super::tree::Comparison;
use crate::js::is_white_space;

/// The smallest piece of a query text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    And,
    Or,
    Not,
    Colon,
    Operator(Comparison),
    /// A run of ordinary characters; the only token that can be a key.
    Word(&'a str),
    /// What stood between quotes, unescaped.
    Quoted(Cow<'a, str>),
}

/// A token, or what no token begins with, and the byte it begins at.
pub(super) type Spanned<'a> = (usize, Result<Token<'a>, Fault>);

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A `!` that no `=` follows.
    LoneExclamation,
    /// A quote without its closing one.
    OpenQuote,
}

/// The tokens of a text, in order. Ends after the first fault.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn token(&self, rest: &'a str) -> Result<(Token<'a>, usize), Fault> {
        if let Some(content) = rest.strip_prefix('"') {
            let len = quoted_len(content).ok_or(Fault::OpenQuote)?;
            return Ok((Token::Quoted(unescaped(&content[..len])), len + 2));
        }
        if let Some(found) = sign(rest).or_else(|| keyword(rest)) {
            return Ok(found);
        }
        let word = &rest[..rest.find(ends_word).unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(Fault::LoneExclamation);
        }
        Ok((Token::Word(word), word.len()))
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Spanned<'a>;

    fn next(&mut self) -> Option<Spanned<'a>> {
        let rest = self.text[self.at..].trim_start_matches(is_white_space);
        let start = self.text.len() - rest.len();
        if rest.is_empty() {
            return None;
        }
        let token = self.token(rest);
        self.at = token
            .as_ref()
            .map_or(self.text.len(), |(_, len)| start + len);
        Some((start, token.map(|(token, _)| token)))
    }
}

fn sign(rest: &str) -> Option<(Token<'static>, usize)> {
    let bytes = rest.as_bytes();
    let followed = bytes.get(1) == Some(&b'=');
    let operator = |alone, with_equal| {
        if followed {
            Some((Token::Operator(with_equal), 2))
        } else {
            Some((Token::Operator(alone), 1))
        }
    };
    match bytes.first()? {
        b'(' => Some((Token::Open, 1)),
        b')' => Some((Token::Close, 1)),
        b':' => Some((Token::Colon, 1)),
        b'=' => Some((Token::Operator(Comparison::Equal), 1)),
        b'!' if followed => Some((Token::Operator(Comparison::Different), 2)),
        b'<' => operator(Comparison::Less, Comparison::LessOrEqual),
        b'>' => operator(Comparison::Greater, Comparison::GreaterOrEqual),
        _ => None,
    }
}

/// AND, OR, NOT when no ASCII letter, digit or underscore follows: `ANDROID` is a word, while
/// `ANDé` is AND and a word.
fn keyword(rest: &str) -> Option<(Token<'static>, usize)> {
    [("AND", Token::And), ("OR", Token::Or), ("NOT", Token::Not)]
        .into_iter()
        .find_map(|(word, token)| {
            let next = rest.strip_prefix(word)?.bytes().next();
            let ends = !next.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
            ends.then_some((token, word.len()))
        })
}

fn ends_word(c: char) -> bool {
    matches!(c, '"' | '(' | ')' | ':' | '<' | '>' | '!' | '=') || is_white_space(c)
}

/// Bytes up to the closing quote: the first one that no backslash stands before.
fn quoted_len(content: &str) -> Option<usize> {
    let bytes = content.as_bytes();
    (0..bytes.len()).find(|&at| bytes[at] == b'"' && (at == 0 || bytes[at - 1] != b'\\'))
}

/// Takes the backslash from each `\"`. Backslashes are looked at in pairs with what follows them,
/// so that in `\\"` the first two stay and the quote is an ordinary character.
fn unescaped(content: &str) -> Cow<'_, str> {
    if !content.contains('\\') {
        return Cow::Borrowed(content);
    }
    let mut text = String::with_capacity(content.len());
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('"') => text.push('"'),
            Some(other) => text.extend([c, other]),
            None => text.push(c),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Result<Token<'_>, Fault>> {
        Lexer::new(text).map(|(_, token)| token).collect()
    }

    fn quoted(text: &str) -> Result<Token<'_>, Fault> {
        Ok(Token::Quoted(Cow::Borrowed(text)))
    }

    #[test]
    fn first_rule_that_fits_wins() {
        use Token::{And, Close, Colon, Not, Open, Operator, Word};
        let table = [
            ("", vec![]),
            (" \u{feff}\u{3000}\n", vec![]),
            ("\u{85}", vec![Word("\u{85}")]),
            ("(k:a)", vec![Open, Word("k"), Colon, Word("a"), Close]),
            (
                "ANDROID AND_x AND1",
                vec![Word("ANDROID"), Word("AND_x"), Word("AND1")],
            ),
            ("AND-x", vec![And, Word("-x")]),
            ("ANDé", vec![And, Word("é")]),
            ("NOT(", vec![Not, Open]),
            ("xAND and", vec![Word("xAND"), Word("and")]),
            ("<=5", vec![Operator(Comparison::LessOrEqual), Word("5")]),
            (
                "<>",
                vec![Operator(Comparison::Less), Operator(Comparison::Greater)],
            ),
            (
                "==",
                vec![Operator(Comparison::Equal), Operator(Comparison::Equal)],
            ),
            (
                "=>",
                vec![Operator(Comparison::Equal), Operator(Comparison::Greater)],
            ),
            (
                "a!=b",
                vec![Word("a"), Operator(Comparison::Different), Word("b")],
            ),
            (r"'%_*,.-\", vec![Word(r"'%_*,.-\")]),
        ];
        for (text, expected) in table {
            assert_eq!(
                tokens(text),
                expected.into_iter().map(Ok).collect::<Vec<_>>(),
                "{text}"
            );
        }
    }

    #[test]
    fn quotes_keep_every_backslash_but_the_one_before_a_quote() {
        let table = [
            (r#""""#, ""),
            (r#""a\nb""#, r"a\nb"),
            (r#""a\"b""#, r#"a"b"#),
            (r#""a\\b""#, r"a\\b"),
            (r#""a\\"b""#, r#"a\\"b"#),
            (r#""a\\\"b""#, r#"a\\"b"#),
        ];
        for (text, content) in table {
            assert_eq!(tokens(text), [quoted(content)], "{text}");
        }
        assert_eq!(tokens(r#"a"b""#), [Ok(Token::Word("a")), quoted("b")]);
    }

    #[test]
    fn faults_end_the_tokens() {
        assert_eq!(
            tokens("a ! b"),
            [Ok(Token::Word("a")), Err(Fault::LoneExclamation)]
        );
        for text in ["\"", "\"a", r#""a\""#, r#""a\\""#] {
            assert_eq!(tokens(text), [Err(Fault::OpenQuote)], "{text}");
        }
    }
}
