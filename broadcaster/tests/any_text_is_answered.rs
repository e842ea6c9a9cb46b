//! Envelopes nobody should send: each is answered, its sender and all others go on.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;

use broadcaster::Payload;
use broadcaster::envelope::{Code, ToHub};
use broadcaster::link::ConnId;
use fake_companion::{Companion, ENVELOPED, PLAIN, State, open};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn each_broken_rule_has_its_code() {
    let base64 = "binary is standard base64 with padding";
    for (text, code, why) in [
        ("", Code::NotJson, "nothing"),
        ("{", Code::NotJson, "unfinished"),
        ("{} {}", Code::NotJson, "two values"),
        (
            "[\"send\",null,\"x\"]",
            Code::NotJson,
            "an array is no object",
        ),
        ("\"send\"", Code::NotJson, "a string is no object"),
        (
            r#"{"kind":"send","data":"\ud800"}"#,
            Code::NotJson,
            "half a character",
        ),
        ("{}", Code::UnknownKind, "no kind"),
        (r#"{"kind":null}"#, Code::UnknownKind, "null is absent"),
        (
            r#"{"kind":"Send","data":"x"}"#,
            Code::UnknownKind,
            "case counts",
        ),
        (
            r#"{"kind":"welcome","id":1}"#,
            Code::UnknownKind,
            "the hub's own kind",
        ),
        (r#"{"kind":5}"#, Code::Malformed, "kind is a string"),
        (r#"{"kind":"send"}"#, Code::Malformed, "no content"),
        (
            r#"{"kind":"send","data":null}"#,
            Code::Malformed,
            "null is absent",
        ),
        (
            r#"{"kind":"send","data":{"a":1}}"#,
            Code::Malformed,
            "data is a string",
        ),
        (
            r#"{"kind":"send","data":"","binary":""}"#,
            Code::Malformed,
            "two contents",
        ),
        (
            r#"{"kind":"send","data":"a","data":"b"}"#,
            Code::Malformed,
            "data twice",
        ),
        (
            r#"{"kind":"send","to":"1","data":""}"#,
            Code::Malformed,
            "to is a number",
        ),
        (
            r#"{"kind":"send","to":[1],"data":""}"#,
            Code::Malformed,
            "to is one member",
        ),
        (
            r#"{"kind":"send","to":-1,"data":""}"#,
            Code::Malformed,
            "ids start at 1",
        ),
        (
            r#"{"kind":"send","to":4294967296,"data":""}"#,
            Code::Malformed,
            "ids end at 2^32",
        ),
        (
            r#"{"kind":"send","to":1.5,"data":""}"#,
            Code::Malformed,
            "ids are whole",
        ),
        (r#"{"kind":"send","binary":"AA"}"#, Code::Malformed, base64),
        (
            r#"{"kind":"send","binary":"AB=="}"#,
            Code::Malformed,
            base64,
        ),
        (
            r#"{"kind":"send","binary":"_w=="}"#,
            Code::Malformed,
            base64,
        ),
        (
            r#"{"kind":"send","binary":"AA\n=="}"#,
            Code::Malformed,
            base64,
        ),
        (
            r#"{"kind":"send","to":9,"data":""}"#,
            Code::NoSuchMember,
            "nobody there",
        ),
        (
            r#"{"kind":"send","to":0,"data":""}"#,
            Code::NoSuchMember,
            "ids start at 1",
        ),
        (r#"{"kind":"join"}"#, Code::Malformed, "no proof"),
        (
            r#"{"kind":"join","invitation":"a","proof":"b"}"#,
            Code::Unexpected,
            "open mode",
        ),
    ] {
        let mut room = Room::new();
        let answer = room.answer(text);
        assert_eq!(answer["code"], json!(code), "{why}: {text}");
        room.assert_unharmed();
    }
}

#[test]
fn a_binary_frame_is_no_envelope() {
    let mut room = Room::new();
    let answer = room.answer(br#"{"kind":"send","data":"x"}"#.to_vec());
    assert_eq!(answer["code"], "binary-frame");
    room.assert_unharmed();
}

#[test]
fn unknown_fields_are_skipped_however_deep() {
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    let text = format!(r#"{{"future":{deep},"kind":"send","data":"x"}}"#);
    let mut room = Room::new();
    room.companion.send(room.sender, text.as_str());
    assert_eq!(room.companion.take(room.plain), ["x".into()]);
    room.assert_unharmed();
    let unfinished = format!(
        r#"{{"kind":"send","data":"x","future":{}"#,
        "{\"a\":".repeat(200_000)
    );
    assert_eq!(room.answer(unfinished.as_str())["code"], "not-json");
    let misplaced = format!(r#"{{"kind":"send","data":{deep}}}"#);
    assert_eq!(room.answer(misplaced.as_str())["code"], "malformed");
    room.assert_unharmed();
}

proptest! {
    #[test]
    fn any_text_is_a_message_or_answered_with_an_error(text in "\\PC*|[\\[\\]{}\",:a-e0-9\\\\ ]*") {
        let mut room = Room::new();
        prop_assert!(room.answer(text.as_str())["code"].is_string());
        room.assert_unharmed();
    }

    #[test]
    fn any_object_of_known_fields_is_a_message_or_answered_with_an_error(
        fields in prop::collection::vec((name(), value()), 0..6)
    ) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let text = format!("{{{}}}", fields.join(","));
        let mut room = Room::new();
        room.companion.send(room.sender, text.as_str());
        let heard = room.companion.take_json(room.sender);
        prop_assert_eq!(heard.len(), usize::from(!reaches_others(&text)));
    }

    #[test]
    fn what_is_written_is_read_back(to in any::<Option<u32>>(), text in any::<Option<String>>(), bytes: Vec<u8>) {
        let payload = text.map_or_else(|| Payload::from(bytes), |text| Payload::from(text.as_str()));
        let envelope = ToHub::Send { to: to.map(broadcaster::hub::MemberId), payload };
        prop_assert_eq!(ToHub::from_text(&envelope.to_text()), Ok(envelope));
    }
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "kind",
        "to",
        "data",
        "binary",
        "invitation",
        "proof",
        "__proto__",
        "",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "\"send\"", "\"join\"", "null", "1", "3", "-0", "1e400", "true", "{}", "[[]]", "\"AAAA\"",
        "\"=\"",
    ])
    .prop_map(str::to_owned)
}

/// Whether a text of the sender's is for the room, or for one of the two that are in it besides.
fn reaches_others(text: &str) -> bool {
    match ToHub::from_text(text) {
        Ok(ToHub::Send { to, .. }) => to.is_none_or(|to| [2, 3].contains(&to.0)),
        Ok(ToHub::Join { .. } | ToHub::Knock) | Err(_) => false,
    }
}

/// A sender, and two who must not notice: members 1, 2 and 3.
struct Room {
    companion: Companion,
    sender: ConnId,
    enveloped: ConnId,
    plain: ConnId,
}

impl Room {
    fn new() -> Self {
        let mut companion = Companion::new(open());
        let [sender, enveloped] = [(); 2].map(|()| companion.ask(ENVELOPED));
        let plain = companion.ask(PLAIN);
        companion.take(sender);
        companion.take(enveloped);
        Self {
            companion,
            sender,
            enveloped,
            plain,
        }
    }

    /// What the sender hears for a message that nobody else gets.
    fn answer(&mut self, payload: impl Into<Payload>) -> Value {
        self.companion.send(self.sender, payload);
        assert_eq!(self.companion.take(self.enveloped), []);
        assert_eq!(self.companion.take(self.plain), []);
        let mut heard = self.companion.take_json(self.sender);
        assert_eq!(heard.len(), 1, "one answer");
        let answer = heard.remove(0);
        assert_eq!(answer["kind"], "error");
        assert_ne!(answer["detail"], "");
        answer
    }

    fn assert_unharmed(&mut self) {
        self.companion.take(self.enveloped);
        self.companion
            .send(self.sender, r#"{"kind":"send","data":"on"}"#);
        assert_eq!(self.companion.take(self.plain), ["on".into()]);
        assert_eq!(self.companion.take(self.enveloped).len(), 1);
        let protocol = Some(broadcaster::envelope::PROTOCOL.to_owned());
        assert_eq!(
            self.companion.conns[&self.sender].state,
            State::Member { protocol }
        );
    }
}
