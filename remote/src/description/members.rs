//! The members of a description, taken one by one: what is left at the end is known by nobody.

use super::{Error, Rule};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

pub(super) struct Members {
    members: Map<String, Value>,
    /// Where they stand in the whole.
    place: String,
}

impl Members {
    pub(super) fn new(value: Value, place: &str) -> Result<Self, Error> {
        let Value::Object(members) = value else {
            return Err(Error {
                place: if place.is_empty() {
                    String::new()
                } else {
                    format!("{place}: ")
                },
                rule: Rule::NotAnObject,
            });
        };
        Ok(Self {
            members,
            place: place.to_owned(),
        })
    }

    /// An error of a member; of the whole where the name is empty.
    pub(super) fn error(&self, name: &str, rule: Rule) -> Error {
        let place = match self.path(name) {
            path if path.is_empty() => path,
            path => format!("{path}: "),
        };
        Error { place, rule }
    }

    fn path(&self, name: &str) -> String {
        let parts = [self.place.as_str(), name];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(".")
    }

    /// A member; null is as good as none.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// A member that must be there, and its place.
    pub(super) fn needed(&mut self, name: &str) -> Result<(Value, String), Error> {
        let value = self
            .take(name)
            .ok_or_else(|| self.error(name, Rule::Missing))?;
        Ok((value, self.path(name)))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(self.error(name, Rule::NotA("a text that is not empty"))),
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let texts = serde_json::from_value(value);
        texts
            .map(Some)
            .map_err(|_| self.error(name, Rule::NotA("a list of texts")))
    }

    pub(super) fn truth(&mut self, name: &str, default: bool) -> Result<bool, Error> {
        Ok(self.choice(name)?.unwrap_or(default))
    }

    pub(super) fn choice(&mut self, name: &str) -> Result<Option<bool>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(self.error(name, Rule::NotA("true or false"))),
        }
    }

    pub(super) fn number(
        &mut self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Error> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = value.as_u64().filter(|number| range.contains(number));
        let rule = if *range.end() == 3 {
            "0, 1, 2 or 3"
        } else {
            "a whole number between 2 and 10000"
        };
        number
            .map(Some)
            .ok_or_else(|| self.error(name, Rule::NotA(rule)))
    }

    /// The members of a member.
    pub(super) fn inner(&self, name: &str, value: Value) -> Result<Self, Error> {
        Self::new(value, &self.path(name))
    }

    /// A whole number of any size.
    pub(super) fn count(&mut self, name: &str) -> Result<Option<u64>, Error> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = value.as_u64().map(Some);
        number.ok_or_else(|| self.error(name, Rule::NotA("a whole number")))
    }

    /// Nothing must be left.
    pub(super) fn finish(self, kind: &'static str) -> Result<(), Error> {
        match self.members.keys().next() {
            Some(name) => Err(self.error(name, Rule::UnknownOption(kind))),
            None => Ok(()),
        }
    }
}
