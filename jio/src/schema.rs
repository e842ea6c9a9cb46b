//! Typed keys: properties whose texts are instants.

use std::collections::BTreeSet;

use serde_json::Value;

/// Which properties hold instants (`{"type":"string","format":"date-time"}`, the only type there
/// is). Terms and sorting compare them as `Date` would, whatever their spelling and time zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    instants: BTreeSet<String>,
}

/// Why a schema is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The schema is not an object.
    #[error("a schema must be an object")]
    NotAnObject,
    /// A key has another type than date-time.
    #[error("the schema of '{0}' must be a string of format date-time")]
    UnknownType(String),
}

impl Schema {
    /// Reads a schema: one object with a member for each typed key.
    ///
    /// # Errors
    /// Either variant of the module's error.
    pub fn from_json(schema: &Value) -> Result<Self, Error> {
        let members = schema.as_object().ok_or(Error::NotAnObject)?;
        let instants = members
            .iter()
            .map(
                |(key, form)| match (form["type"].as_str(), form["format"].as_str()) {
                    (Some("string"), Some("date-time")) => Ok(key.clone()),
                    _ => Err(Error::UnknownType(key.clone())),
                },
            )
            .collect::<Result<_, _>>()?;
        Ok(Self { instants })
    }

    pub(crate) fn is_instant(&self, key: &str) -> bool {
        self.instants.contains(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_date_time_is_a_type() {
        let date = json!({ "type": "string", "format": "date-time" });
        let schema = Schema::from_json(&json!({ "date": date })).unwrap();
        assert!(schema.is_instant("date"));
        assert!(!schema.is_instant("title"));
        assert_eq!(Schema::from_json(&json!({})), Ok(Schema::default()));
        assert_eq!(Schema::from_json(&json!([])), Err(Error::NotAnObject));
        for other in [
            json!({ "type": "number" }),
            json!({ "type": "string" }),
            json!(null),
        ] {
            let found = Schema::from_json(&json!({ "n": other }));
            assert_eq!(found, Err(Error::UnknownType("n".to_owned())));
        }
    }
}
