//! Header fields by name: those that stand once, and lists over several lines (RFC 9110 §5.3).

use super::Error;
use std::str;

/// The fields of one head, in their order.
pub(super) struct Fields<'a>(pub(super) &'a [httparse::Header<'a>]);

impl<'a> Fields<'a> {
    /// The value of a field that may stand once.
    pub(super) fn single(&self, name: &'static str) -> Result<Option<&'a str>, Error> {
        let mut values = self.values(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Error::Repeated(name));
        }
        let text = str::from_utf8(value).map_err(|_| Error::Unreadable(name))?;
        Ok(Some(text.trim_matches([' ', '\t'])))
    }

    /// The elements of a comma-separated list, over all its lines. Unreadable lines have none.
    pub(super) fn list(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.values(name)
            .filter_map(|value| str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .map(|element| element.trim_matches([' ', '\t']))
            .filter(|element| !element.is_empty())
    }

    /// Whether a list has an element, upper or lower case.
    pub(super) fn lists(&self, name: &'static str, element: &str) -> bool {
        self.list(name)
            .any(|listed| listed.eq_ignore_ascii_case(element))
    }

    /// Whether the field stands at all.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.values(name).next().is_some()
    }

    fn values(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }
}

/// Whether `text` is a token (RFC 9110 §5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}
