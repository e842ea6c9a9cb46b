//! A message that would close every receiver, however quick: its sender is told instead.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;

use broadcaster::Payload;
use broadcaster::hub::Config;
use broadcaster::limits::Limits;
use fake_companion::{Companion, ENVELOPED, PLAIN, State, open};
use serde_json::json;

const QUEUE_BYTES: usize = 1000;
/// Text that fits in an envelope from a member with an id of one digit, and not a byte more.
const FITS: usize = QUEUE_BYTES - 64 - r#"{"kind":"message","from":1,"data":""}"#.len();

#[test]
fn a_plain_sender_is_closed_with_1009() {
    let mut companion = narrow();
    let [sender, plain] = [(); 2].map(|()| companion.ask(PLAIN));
    let enveloped = companion.ask(ENVELOPED);
    companion.take(enveloped);
    let longest = "x".repeat(FITS);
    companion.send(sender, longest.as_str());
    assert_eq!(companion.take(plain), [longest.as_str().into()]);
    assert_eq!(companion.take(enveloped).len(), 1);

    companion.send(sender, format!("{longest}x").as_str());
    assert_eq!(companion.conns[&sender].state, State::Closed(1009));
    assert_eq!(companion.take(plain), [], "none of the receivers gets it");
    assert_eq!(companion.take_json(enveloped)[0]["kind"], "left");
    assert!(is_member(&companion, plain) && is_member(&companion, enveloped));
}

#[test]
fn characters_count_as_they_are_written() {
    for (text, fits) in [
        ("\u{1}".repeat(FITS / 6), true),
        ("\u{1}".repeat(FITS / 6 + 1), false),
        ("\"".repeat(FITS / 2), true),
        ("\"".repeat(FITS / 2 + 1), false),
    ] {
        let mut companion = narrow();
        let sender = companion.ask(PLAIN);
        let enveloped = companion.ask(ENVELOPED);
        companion.take(enveloped);
        companion.send(sender, text.as_str());
        assert_eq!(companion.take_json(enveloped)[0]["kind"] == "message", fits);
        assert_eq!(is_member(&companion, sender), fits);
    }
}

#[test]
fn nobody_reads_envelopes_so_the_raw_length_counts() {
    let mut companion = narrow();
    let [sender, plain] = [(); 2].map(|()| companion.ask(PLAIN));
    let longest = "\u{1}".repeat(QUEUE_BYTES - 64);
    companion.send(sender, longest.as_str());
    assert_eq!(companion.take(plain), [longest.as_str().into()]);
    companion.send(sender, vec![1; QUEUE_BYTES - 63]);
    assert_eq!(companion.conns[&sender].state, State::Closed(1009));
    assert_eq!(companion.take(plain), []);
}

#[test]
fn an_enveloped_or_local_sender_gets_an_error_and_goes_on() {
    let mut companion = narrow();
    let [sender, enveloped] = [(); 2].map(|()| companion.ask(ENVELOPED));
    let local = companion.join_local("/");
    let plain = companion.ask(PLAIN);
    for to in [None, Some(1), Some(2), Some(3), Some(4)] {
        companion.take_local(local);
        for conn in [sender, enveloped] {
            companion.take(conn);
        }
        let long = json!({"kind":"send","to":to,"data":"x".repeat(QUEUE_BYTES)}).to_string();
        companion.send(sender, long.as_str());
        assert_eq!(companion.take_json(sender)[0]["code"], "too-long");
        companion.send_local(local, &long);
        assert_eq!(companion.take_local(local)[0]["code"], "too-long");
        assert!(
            [sender, enveloped, plain]
                .iter()
                .all(|&conn| companion.take(conn).is_empty())
        );
    }
    companion.send(sender, r#"{"kind":"send","data":"on"}"#);
    assert_eq!(companion.take(plain), [Payload::from("on")]);
}

fn narrow() -> Companion {
    let limits = Limits {
        queue_bytes: QUEUE_BYTES,
        ..Limits::default()
    };
    Companion::new(Config { limits, ..open() })
}

fn is_member(companion: &Companion, conn: broadcaster::link::ConnId) -> bool {
    matches!(companion.conns[&conn].state, State::Member { .. })
}
