//! Whatever a carrier message holds, the link answers what it cannot understand, gives the rest, and goes on.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use broadcaster::limits::{LINK_FREE_BYTES, LINK_MESSAGE_BYTES, LINK_WINDOW_BYTES};
use broadcaster::link::{Command, Link, Report, VERSION, VersionMismatch, check_version};
use proptest::prelude::*;

type Companion = Link<Command, Report>;

/// The `detail`s of the errors that `link` has to say.
fn errors(link: &mut Companion) -> Vec<String> {
    let batches = std::iter::from_fn(|| link.poll_output());
    let items =
        batches.flat_map(|text| serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap());
    items
        .filter(|item| item["kind"] == "error")
        .map(|item| item["detail"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn each_broken_message_is_answered_and_the_rest_given() {
    let table: &[(&str, usize, &str)] = &[
        (
            r#"[{"kind":"dance"},{"kind":"stop"}]"#,
            1,
            "unknown kind `dance`",
        ),
        (r#"{"kind":"dance"}"#, 0, "unknown kind `dance`"),
        (
            r#"[{"kind":"stop"},{"kind":"join","conn":-1,"group":1}]"#,
            1,
            "broken `join`: ",
        ),
        (r#"[{"kind":"send","group":1}]"#, 0, "broken `send`: "),
        (
            r#"[{"kind":"send","group":1,"binary":"???"},{"kind":"stop"}]"#,
            1,
            "broken `send`: ",
        ),
        (r#"[{"kind":"credit"}]"#, 0, "broken `credit`: "),
        (r#"[{"kind":"credit","bytes":-1}]"#, 0, "broken `credit`: "),
        (r#"[{"kind":"part","id":1}]"#, 0, "broken `part`: "),
        (
            r#"[{"kind":"part","id":1,"more":false,"data":"{"}]"#,
            0,
            "an item without a kind: ",
        ),
        (
            r#"[{"kind":"part","id":1,"more":false,"data":"{\"kind\":\"part\"}"}]"#,
            0,
            "unknown kind `part`",
        ),
        (
            r#"[{"kind":"part","id":1,"more":true,"data":"{"},{"kind":"part","id":2,"more":false,"data":"{\"kind\":\"stop\"}"}]"#,
            1,
            "the message in parts 1 ended",
        ),
        (
            r#"[1,"kind",null,[],{},{"kind":"stop"}]"#,
            1,
            "an item without a kind: ",
        ),
        (r#"[{"kind":7}]"#, 0, "an item without a kind: "),
        (r#"[{"kind":"stop""#, 0, "not JSON: "),
        ("", 0, "not JSON: "),
        (r#"{"kind":"stop"} {"kind":"stop"}"#, 0, "not JSON: "),
    ];
    for (text, given, start) in table {
        let mut companion = Companion::new();
        assert_eq!(companion.handle_text(text).len(), *given, "{text}");
        let errors = errors(&mut companion);
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert!(errors[0].starts_with(start), "{text}: {errors:?}");
        assert_eq!(
            companion.handle_text(r#"[{"kind":"stop"}]"#),
            [Command::Stop],
            "after {text}"
        );
    }
}

#[test]
fn nesting_without_end_is_no_danger() {
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for text in [
        deep("[", "]"),
        format!(r#"[{{"kind":"stop","x":{}}}]"#, deep("[", "]")),
        format!(
            r#"[{{"kind":"dance","x":{}}}]"#,
            deep(r#"{"a":"#, "}").replace(":}", ":0}")
        ),
        "[".repeat(900_000),
    ] {
        let mut companion = Companion::new();
        companion.handle_text(&text);
        assert_eq!(errors(&mut companion).len(), 1);
        assert_eq!(
            companion.handle_text(r#"[{"kind":"stop"}]"#),
            [Command::Stop]
        );
    }
}

#[test]
fn what_is_well_said_is_not_answered() {
    let table: &[(&str, usize)] = &[
        ("[]", 0),
        (" [ { \"kind\" : \"stop\" } ] ", 1),
        (r#"{"kind":"stop","later":{"field":[1]}}"#, 1),
        (r#"[{"kind":"credit","bytes":5,"why":"none"}]"#, 0),
        (r#"[{"kind":"error","detail":"what?"}]"#, 1),
        (r#"[{"kind":"error"}]"#, 0),
    ];
    for (text, given) in table {
        let mut companion = Companion::new();
        assert_eq!(companion.handle_text(text).len(), *given, "{text}");
        assert_eq!(companion.poll_output(), None, "{text}");
    }
}

#[test]
fn an_answer_is_never_longer_than_what_it_answers() {
    let kind = "é".repeat(300_000);
    let mut companion = Companion::new();
    companion.handle_text(&format!(r#"[{{"kind":"{kind}"}},1,2,3]"#));
    let errors = errors(&mut companion);
    assert_eq!(
        errors,
        [format!("unknown kind `{}`; and 3 more", "é".repeat(100))]
    );
}

#[test]
fn errors_that_wait_are_bounded_and_counted() {
    let mut companion = Companion::new();
    for _ in 0..100_000 {
        companion.handle_text("[0]");
    }
    let first = companion.poll_output().unwrap();
    assert!(first.len() < LINK_FREE_BYTES + 1000, "{}", first.len());
    let rest = errors(&mut companion);
    assert_eq!(rest.len(), 1);
    assert!(
        rest[0].ends_with("further messages were not understood"),
        "{rest:?}"
    );
}

#[test]
fn a_carrier_message_at_the_limit_passes_and_one_over_is_refused() {
    let padded = |len: usize| format!(r#"[{{"kind":"stop"}}{}]"#, " ".repeat(len - 17));
    let mut companion = Companion::new();
    assert_eq!(
        companion.handle_text(&padded(LINK_MESSAGE_BYTES)),
        [Command::Stop]
    );
    assert_eq!(companion.poll_output(), None);
    assert_eq!(companion.handle_text(&padded(LINK_MESSAGE_BYTES + 1)), []);
    assert!(errors(&mut companion)[0].starts_with("a carrier message of 1000001 bytes"));
}

#[test]
fn bytes_over_the_credit_are_told_and_handled() {
    let batch = format!(r#"[{{"kind":"stop"}}{}]"#, " ".repeat((1 << 19) - 17));
    let mut companion = Companion::new();
    for _ in 0..LINK_WINDOW_BYTES >> 19 {
        companion.handle_text(&batch);
        assert_eq!(companion.poll_output(), None);
    }
    assert_eq!(
        companion.handle_text(r#"[{"kind":"stop"}]"#),
        [Command::Stop]
    );
    assert_eq!(
        errors(&mut companion),
        ["a carrier message of 17 bytes where 0 were granted"]
    );
}

#[test]
fn versions_are_equal_or_refused_with_both_numbers() {
    assert_eq!(check_version(VERSION), Ok(()));
    for (theirs, is_other_older) in [(VERSION - 1, true), (VERSION + 1, false)] {
        let mismatch = check_version(theirs).unwrap_err();
        assert_eq!(
            mismatch,
            VersionMismatch {
                ours: VERSION,
                theirs
            }
        );
        assert_eq!(mismatch.is_other_older(), is_other_older);
        let words = mismatch.to_string();
        assert!(words.contains(&theirs.to_string()) && words.contains(&VERSION.to_string()));
    }
}

/// JSON with the link's own words in wrong places.
fn hostile() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just(r#""kind""#),
        Just(r#""part""#),
        Just(r#""credit""#),
        Just(r#""send""#),
        Just(r#""text""#),
        Just(r#""stop""#),
        Just(r#""id""#),
        Just(r#""more""#),
        Just(r#""data""#),
        Just(r#""\ud800""#),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(","),
        Just(":"),
        Just("true"),
        Just("1"),
        Just("-1e999"),
        Just("99999999999999999999"),
        Just("\\"),
        Just("\u{0}"),
    ];
    prop_oneof![
        prop::collection::vec(word, 0..40).prop_map(|words| words.concat()),
        ".{0,100}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_input_panics_and_the_link_goes_on(texts in prop::collection::vec(hostile(), 0..6)) {
        let mut companion = Companion::new();
        for text in &texts {
            companion.handle_text(text);
            companion.grant();
        }
        while companion.poll_output().is_some() {}
        prop_assert_eq!(companion.handle_text(r#"[{"kind":"stop"}]"#), [Command::Stop]);
    }
}
