//! Remote calls: each is read or refused under its id, and answers survive their way.

use crate::input::text;
use jio::CAPACITIES;
use jio::rpc::{Request, Response};
use serde_json::Value;

pub(crate) fn request(data: &[u8]) {
    let text = text(data);
    let said = serde_json::from_str::<Value>(&text).ok();
    let id = said
        .as_ref()
        .and_then(|said| said.get("id"))
        .cloned()
        .unwrap_or_default();
    match Request::read(&text, CAPACITIES) {
        Ok(request) => assert_eq!(request.id, id),
        Err(refused) => {
            let is_object = said.as_ref().is_some_and(Value::is_object);
            assert!(!is_object || refused.id == id);
            assert!([400, 501].contains(&refused.error.status_code()));
            let answer = Response::<()>::from(refused).to_text();
            assert!(Response::read(&answer).is_ok_and(|answer| answer.outcome.is_err()));
        }
    }
    if let Ok(response) = Response::read(&text) {
        assert_eq!(Response::read(&response.to_text()), Ok(response));
    }
}
