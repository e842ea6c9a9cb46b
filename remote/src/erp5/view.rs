//! A record as a form: what ERP5 shows of it, and takes.

use super::form::Form;
use super::search::{URN, read_urn};
use crate::address::decoded;
use crate::limits::MAX_FIELDS;
use crate::session::Session;
use jio::Document;
use jio::endpoint::Failure;
use serde_json::{Map, Value};

/// Properties that are not fields but say what and where a record is.
pub(super) const PORTAL_TYPE: &str = "portal_type";
/// See [`PORTAL_TYPE`].
pub(super) const PARENT: &str = "parent_relative_url";
/// The field that names the form itself.
const FORM_ID: &str = "form_id";
/// The kinds of fields whose values are texts and numbers; others, dates among them, are not shown.
const KINDS: [&str; 5] = [
    "StringField",
    "EmailField",
    "IntegerField",
    "FloatField",
    "TextAreaField",
];

/// A form with its values.
#[derive(Debug)]
pub(crate) struct View {
    portal_type: Option<String>,
    parent: Option<String>,
    /// Field by name of the property.
    fields: Map<String, Value>,
    form_id: Option<(String, String)>,
    put: Option<String>,
}

impl View {
    /// Reads `{_links:{type, parent}, _embedded:{_view:{…}}}`.
    pub(crate) fn read(reply: &Value, session: &Session) -> Result<Self, Failure> {
        let form = reply["_embedded"]["_view"].as_object();
        let form = form.ok_or_else(|| session.odd("a record without a form"))?;
        if form.len() > MAX_FIELDS {
            return Err(session.odd("a form of too many fields"));
        }
        let link = |name: &str| reply["_links"][name]["href"].as_str();
        let portal_type = link("type").and_then(|href| href.strip_prefix(URN));
        let portal_type = portal_type.and_then(|url| url.strip_prefix("portal_types/"));
        let named = |name: &str| reply["_embedded"]["_view"][FORM_ID][name].as_str();
        Ok(Self {
            portal_type: portal_type.map(decoded),
            parent: link("parent")
                .and_then(read_urn)
                .map(|id| id.as_str().to_owned()),
            fields: fields(form),
            form_id: named("key")
                .zip(named("default"))
                .map(|(key, id)| (key.to_owned(), id.to_owned())),
            put: form
                .get("_actions")
                .and_then(|actions| actions["put"]["href"].as_str())
                .map(str::to_owned),
        })
    }

    /// The record: what it is, and each field that has a value.
    pub(crate) fn document(&self) -> Document {
        let link =
            |name: &str, value: &Option<String>| Some((name.to_owned(), value.clone()?.into()));
        let links = [
            link(PORTAL_TYPE, &self.portal_type),
            link(PARENT, &self.parent),
        ];
        let fields = self
            .fields
            .iter()
            .filter(|(_, field)| !is_nothing(&field["default"]));
        let fields = fields.map(|(name, field)| (name.clone(), field["default"].clone()));
        links.into_iter().flatten().chain(fields).collect()
    }

    /// Where and what to send so that the record becomes this. A field that has a value, is `owned` and is
    /// not in the document is emptied: a document is the whole. deviates: jIO leaves it as it was, so that
    /// what was removed comes back.
    pub(crate) fn change(
        &self,
        document: &Document,
        owned: impl Fn(&str) -> bool,
    ) -> Result<(String, Form), Failure> {
        let href = self.put.clone().ok_or_else(|| {
            Failure::new(
                403,
                "ERP5 lets nobody change this record who is logged in as this",
            )
        })?;
        let mut form = Form::default();
        if let Some((key, id)) = &self.form_id {
            form.text(key, id);
        }
        for (name, value) in document {
            if name == PORTAL_TYPE || name == PARENT {
                continue;
            }
            let key = self
                .fields
                .get(name)
                .and_then(|field| field["key"].as_str());
            let key = key.ok_or_else(|| unknown(name))?;
            form.text(key, &text(name, value)?);
        }
        for (name, field) in &self.fields {
            let is_shown = !is_nothing(&field["default"]) && owned(name);
            if let Some(key) = field["key"]
                .as_str()
                .filter(|_| is_shown && !document.contains_key(name))
            {
                form.text(key, "");
            }
        }
        Ok((href, form))
    }
}

/// Fields by name without `my_`, where they can be edited, or `your_`; the first of a name counts.
fn fields(form: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, field) in form {
        let mine = name
            .strip_prefix("my_")
            .filter(|_| is_true(&field["editable"]));
        let is_text = field["type"]
            .as_str()
            .is_some_and(|kind| KINDS.contains(&kind));
        if let Some(name) = mine
            .or_else(|| name.strip_prefix("your_"))
            .filter(|_| is_text)
        {
            fields
                .entry(name.to_owned())
                .or_insert_with(|| field.clone());
        }
    }
    fields
}

fn is_true(value: &Value) -> bool {
    !is_nothing(value)
}

/// What JavaScript takes for false: ERP5's way of saying that there is no value.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// A value as a form has it.
fn text(name: &str, value: &Value) -> Result<String, Failure> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) => Ok(comparable(value)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            let why =
                format!("ERP5's fields hold texts and numbers; the property “{name}” is neither");
            Err(Failure::new(400, why))
        }
    }
}

/// A value as text, by which values that a form and the catalog write differently are the same.
pub(super) fn comparable(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace("\r\n", "\n"),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
            Some(_) | None => number.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn unknown(name: &str) -> Failure {
    let why = if name == FORM_ID {
        "form_id is not a property of a record".to_owned()
    } else {
        format!("the form of this record has no field for the property “{name}”")
    };
    Failure::new(400, why)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::credentials::Credentials;
    use crate::scripted::Scripted;
    use serde_json::json;

    /// A person as ERP5 shows one.
    pub(crate) fn person(id: &str, title: &str, age: u32) -> Value {
        let field = |name: &str, default: Value, kind: &str, editable: u8| json!({ "key": format!("field_{name}"), "default": default, "editable": editable, "type": kind });
        json!({
            "_links": {
                "self": { "href": format!("urn:jio:get:{id}") },
                "type": { "href": "urn:jio:get:portal_types/Web%20Person", "name": "Person" },
                "parent": { "href": "urn:jio:get:person_module" },
            },
            "_embedded": { "_view": {
                "form_id": { "key": "form_id", "default": "Person_view" },
                "_actions": { "put": { "href": format!("https://erp.example/{id}/Base_edit") } },
                "my_title": field("my_title", json!(title), "StringField", 1),
                "my_age": field("my_age", json!(age), "IntegerField", 1),
                "my_reference": field("my_reference", json!(""), "StringField", 1),
                "my_locked": field("my_locked", json!("x"), "StringField", 0),
                "my_born": field("my_born", json!("2000/01/01"), "DateTimeField", 1),
                "your_note": field("your_note", json!("n"), "TextAreaField", 0),
                "listbox": { "type": "ListBox", "default": [] },
            } },
        })
    }

    fn read(reply: &Value) -> Result<View, Failure> {
        let address = crate::Address::new("https://erp.example/").unwrap();
        let session = Session::new(Scripted::new([]), address, Credentials::none(), "ERP5");
        View::read(reply, &session)
    }

    #[test]
    fn a_record_is_what_its_form_shows() {
        let view = read(&person("person_module/1", "Ada", 36)).unwrap();
        let expected = json!({
            "portal_type": "Web Person", "parent_relative_url": "person_module",
            "title": "Ada", "age": 36, "note": "n",
        });
        assert_eq!(Value::Object(view.document()), expected);
    }

    #[test]
    fn a_change_names_the_form_sets_fields_and_empties_what_is_gone() {
        let view = read(&person("person_module/1", "Ada", 36)).unwrap();
        let change = |document: Value| {
            let document = jio::document(document).unwrap();
            let changed = view.change(&document, |name| name != "note");
            changed.map(|(_, form)| {
                let bytes = form.finish().1;
                let text = String::from_utf8(bytes).unwrap();
                let parts = text.split("name=\"").skip(1);
                let part = |part: &str| {
                    part.replace("\"\r\n\r\n", "=")
                        .split("\r\n")
                        .next()
                        .unwrap()
                        .to_owned()
                };
                parts.map(part).collect::<Vec<_>>()
            })
        };
        let asked = json!({ "portal_type": "X", "title": "Eve", "reference": 1.0 });
        let expected = [
            "form_id=Person_view",
            "field_my_title=Eve",
            "field_my_reference=1",
            "field_my_age=",
        ];
        assert_eq!(change(asked).unwrap(), expected);
        for odd in [
            json!({ "form_id": "x" }),
            json!({ "locked": "x" }),
            json!({ "title": [1] }),
        ] {
            assert_eq!(change(odd).unwrap_err().status_code, Some(400));
        }
    }

    #[test]
    fn a_record_that_may_not_be_changed_is_forbidden() {
        let mut reply = person("person_module/1", "Ada", 36);
        reply["_embedded"]["_view"]["_actions"] = json!({});
        let changed = read(&reply).unwrap().change(&Document::new(), |_| true);
        assert_eq!(changed.unwrap_err().status_code, Some(403));
    }

    #[test]
    fn a_reply_without_a_form_or_with_too_many_fields_is_not_taken() {
        assert_eq!(read(&json!({})).unwrap_err().status_code, Some(502));
        let fields = |count: usize| {
            let fields: Map<_, _> = (0..count).map(|n| (n.to_string(), json!({}))).collect();
            read(&json!({ "_embedded": { "_view": fields } }))
        };
        assert!(fields(MAX_FIELDS).is_ok());
        assert!(fields(MAX_FIELDS + 1).is_err());
    }
}
