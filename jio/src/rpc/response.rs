//! Writing and reading answers.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use serde_json::{Value, json};

use super::request::{Error, Refused, members};
use crate::Error as AnyError;

/// The answer to one call. Serialises to the message that carries it; the result may borrow, so
/// that [`Rows`](crate::Rows) are written without being copied.
#[derive(Debug, Clone, PartialEq)]
pub struct Response<T> {
    /// The id of the call.
    pub id: Value,
    /// What became of it.
    pub outcome: Result<T, Failure>,
}

/// Why a call failed, in the form a connected device makes an error of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// In the manner of HTTP.
    pub status_code: u16,
    /// For people.
    pub message: String,
}

impl Failure {
    /// The code of a failure that says nothing about itself.
    const UNKNOWN: u16 = 500;

    /// Reads the `result` of a refusal. A 2016 master sends `{}` for most of its errors.
    fn from_json(result: &Value) -> Self {
        let code = result.get("status_code").and_then(Value::as_u64);
        let message = result.get("message").and_then(Value::as_str);
        Self {
            status_code: code
                .and_then(|code| u16::try_from(code).ok())
                .unwrap_or(Self::UNKNOWN),
            message: message.unwrap_or("the master could not do it").to_owned(),
        }
    }
}

impl From<&AnyError> for Failure {
    fn from(error: &AnyError) -> Self {
        Self {
            status_code: error.status_code(),
            message: error.to_string(),
        }
    }
}

impl<T> From<Refused> for Response<T> {
    fn from(refused: Refused) -> Self {
        Self {
            id: refused.id,
            outcome: Err(Failure::from(&refused.error)),
        }
    }
}

impl<T: Serialize> Response<T> {
    /// The message.
    pub fn to_text(&self) -> String {
        // Only map keys that are not texts cannot be written, and results have none.
        serde_json::to_string(self).unwrap_or_else(|error| {
            let failure = json!({ "status_code": 500, "message": error.to_string() });
            json!({ "id": self.id, "result": failure, "type": "error" }).to_string()
        })
    }
}

impl Response<Value> {
    /// Reads a message. One without `type` "error" is a success; a missing result is null.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::NotJson`], [`Error::NotAnObject`].
    pub fn read(text: &str) -> Result<Self, Error> {
        let mut members = members(text)?;
        let result = members.remove("result").unwrap_or_default();
        let failed = members.get("type").and_then(Value::as_str) == Some("error");
        let id = members.remove("id").unwrap_or_default();
        let outcome = if failed {
            Err(Failure::from_json(&result))
        } else {
            Ok(result)
        };
        Ok(Self { id, outcome })
    }
}

impl<T: Serialize> Serialize for Response<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("Response", 3)?;
        message.serialize_field("id", &self.id)?;
        match &self.outcome {
            Ok(result) => message.serialize_field("result", result)?,
            Err(failure) => message.serialize_field("result", failure)?,
        }
        let kind = if self.outcome.is_ok() {
            "jio_response"
        } else {
            "error"
        };
        message.serialize_field("type", kind)?;
        message.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::CAPACITIES;
    use crate::rpc::Request;

    #[test]
    fn answers_are_written_in_the_order_of_2016() {
        let response = Response {
            id: json!(1),
            outcome: Ok("x"),
        };
        assert_eq!(
            response.to_text(),
            r#"{"id":1,"result":"x","type":"jio_response"}"#
        );
    }

    #[test]
    fn refusals_carry_code_and_message() {
        let refused = Request::read(r#"{"id":2,"method_name":"bulk"}"#, CAPACITIES).unwrap_err();
        let text = Response::<()>::from(refused).to_text();
        let message = "there is no method of this name";
        let failure = json!({ "status_code": 501, "message": message });
        let expected = json!({ "id": 2, "result": failure, "type": "error" });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }

    #[test]
    fn answers_are_read_again() {
        for outcome in [
            Ok(json!({ "a": 1 })),
            Err(Failure {
                status_code: 404,
                message: "gone".to_owned(),
            }),
        ] {
            let response = Response {
                id: json!("x"),
                outcome,
            };
            assert_eq!(Response::read(&response.to_text()), Ok(response));
        }
        let silent = Response::read(r#"{"id":1,"result":{},"type":"error"}"#).unwrap();
        assert_eq!(silent.outcome.unwrap_err().status_code, Failure::UNKNOWN);
        assert_eq!(Response::read("[]"), Err(Error::NotAnObject));
    }
}
