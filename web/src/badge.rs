//! The toolbar icon's badge and its tooltip.

use crate::chrome::{ACTION, Action};
use crate::{Error, task};
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen_futures::JsFuture;

/// What the toolbar icon says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// At most four characters; none hides the badge.
    pub text: String,
    /// Background, as CSS writes it.
    pub colour: &'static str,
    /// The tooltip, which screen readers say too.
    pub title: String,
}

impl Badge {
    /// Shows it.
    pub fn show(&self) {
        ACTION.with(|action| {
            call(action, Action::set_badge_text, "text", &self.text);
            call(
                action,
                Action::set_badge_background_color,
                "color",
                self.colour,
            );
            call(action, Action::set_badge_text_color, "color", "#ffffff");
            call(action, Action::set_title, "title", &self.title);
        });
    }
}

fn call(action: &Action, method: fn(&Action, &Object) -> Promise, field: &str, value: &str) {
    let details = Object::new();
    // Setting a field of a fresh plain object cannot fail.
    let _ = Reflect::set(&details, &field.into(), &value.into());
    let done = method(action, &details);
    task::spawn(async move {
        JsFuture::from(done)
            .await
            .map(drop)
            .map_err(Error::doing("showing the badge"))
    });
}
