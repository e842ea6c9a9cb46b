//! Envelopes, both ways: what is read is what was written.

use crate::input::text;
use broadcaster::envelope::{ToHub, ToMember};

pub(crate) fn envelope(data: &[u8]) {
    let text = text(data);
    match ToHub::from_text(&text) {
        Ok(envelope) => assert_eq!(ToHub::from_text(&envelope.to_text()), Ok(envelope)),
        Err(error) => {
            assert!(!error.to_string().is_empty() && serde_json::to_string(&error.code()).is_ok())
        }
    }
    if let Ok(envelope) = serde_json::from_str::<ToMember>(&text) {
        let again = serde_json::from_str(&envelope.to_text());
        assert!(again.is_ok_and(|again: ToMember| again == envelope));
    }
}
