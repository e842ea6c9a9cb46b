//! What one side of the link pushes is what the other side is given: same messages, same order, whatever
//! their payloads, and never in a carrier message over the limit.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use broadcaster::Payload;
use broadcaster::limits::{
    LINK_JOINED_BYTES, LINK_MESSAGE_BYTES, MESSAGE_BYTES_MAX, QUEUE_BYTES_MAX,
};
use broadcaster::link::{Command, ConnId, GroupId, Link, Report};
use proptest::prelude::*;

/// Pushes everything at once, then carries messages both ways until nothing moves.
fn carry(commands: &[Command]) -> Vec<Command> {
    let mut hub = Link::<Report, Command>::new();
    let mut companion = Link::<Command, Report>::new();
    for command in commands {
        hub.push(command);
    }
    let mut arrived = Vec::new();
    while let Some(text) = hub.poll_output() {
        assert!(text.len() <= LINK_MESSAGE_BYTES, "{}", text.len());
        arrived.extend(companion.handle_text(&text));
        companion.grant();
        while let Some(text) = companion.poll_output() {
            assert_eq!(
                hub.handle_text(&text),
                [],
                "the companion had nothing to say: {text}"
            );
        }
    }
    assert_eq!(hub.queued_bytes(), 0);
    arrived
}

fn send(payload: Payload) -> Command {
    Command::Send {
        group: Some(GroupId(1)),
        conn: None,
        except: Some(ConnId(2)),
        payload,
    }
}

#[test]
fn payloads_of_a_mebibyte_arrive_whole() {
    let one_of = |text: &str| send(Payload::from(&*text.repeat((1 << 20) / text.len())));
    let payloads = [
        one_of("\""),
        one_of("\0"),
        one_of("\u{2028}"),
        one_of("🐟"),
        send(Payload::from(vec![0xff; 1 << 20])),
    ];
    for payload in payloads {
        let commands = [payload, Command::Stop];
        assert!(carry(&commands) == commands, "a payload was changed");
    }
}

#[test]
fn the_longest_messages_that_may_be_configured_are_within_the_joined_bound() {
    let envelope = "\"".repeat(QUEUE_BYTES_MAX);
    for text in ["\0".repeat(MESSAGE_BYTES_MAX), envelope] {
        let len = serde_json::to_string(&send(Payload::from(&*text)))
            .unwrap()
            .len();
        assert!(
            len <= LINK_JOINED_BYTES && len > LINK_JOINED_BYTES - 65_536,
            "{len}"
        );
    }
}

#[test]
fn nine_hundred_thousand_quotation_marks_arrive() {
    let commands = [send(Payload::from(&*"\"".repeat(900_000)))];
    assert!(carry(&commands) == commands);
}

#[test]
fn a_batch_is_full_to_the_last_byte_and_no_further() {
    let around = serde_json::to_string(&[send(Payload::from(""))])
        .unwrap()
        .len();
    for (over, carrier_messages) in [(0, 1), (1, 2)] {
        let text = "x".repeat(LINK_MESSAGE_BYTES - around + over);
        let mut hub = Link::<Report, Command>::new();
        hub.push(&send(Payload::from(&*text)));
        let lengths: Vec<_> = std::iter::from_fn(|| hub.poll_output())
            .map(|t| t.len())
            .collect();
        assert_eq!(lengths.len(), carrier_messages, "{over} over");
        assert!(
            lengths.iter().all(|len| *len <= LINK_MESSAGE_BYTES),
            "{lengths:?}"
        );
    }
}

#[test]
fn pending_messages_travel_as_one_array() {
    let mut hub = Link::<Report, Command>::new();
    for conn in 1..=3 {
        hub.push(&Command::Refuse {
            conn: ConnId(conn),
            status: 403,
        });
    }
    let batch: serde_json::Value = serde_json::from_str(&hub.poll_output().unwrap()).unwrap();
    assert_eq!(batch.as_array().map(Vec::len), Some(3));
    assert_eq!(hub.poll_output(), None);
}

#[test]
fn hello_goes_ahead_of_what_waits() {
    let mut hub = Link::<Report, Command>::new();
    hub.push(&Command::Stop);
    hub.push(&Command::Hello { version: 1 });
    assert_eq!(
        hub.poll_output().as_deref(),
        Some(r#"[{"kind":"hello","version":1}]"#)
    );
    assert_eq!(hub.poll_output().as_deref(), Some(r#"[{"kind":"stop"}]"#));
}

/// A browser parses and writes the text anew; both sides must still count the same bytes of credit.
#[test]
fn text_is_escaped_as_a_browser_escapes_it() {
    let written_by_a_browser = concat!(
        r#""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#,
        r#"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c"#,
        r#"\u001d\u001e\u001f\"\\/"#,
        "\u{7f}\u{2028}\u{2029}é🐟\"",
    );
    let controls: String = ('\0'..' ').collect();
    let text = format!("{controls}\"\\/\u{7f}\u{2028}\u{2029}é🐟");
    let mut hub = Link::<Report, Command>::new();
    hub.push(&Command::Send {
        group: None,
        conn: None,
        except: None,
        payload: Payload::from(&*text),
    });
    let expected = format!(r#"[{{"kind":"send","text":{written_by_a_browser}}}]"#);
    assert_eq!(hub.poll_output(), Some(expected));
}

fn commands() -> impl Strategy<Value = Command> {
    let len = prop_oneof![30 => 0usize..200, 1 => 990_000usize..1_010_000, 1 => 0usize..1_500_000];
    prop_oneof![
        Just(Command::Stop),
        (any::<u32>(), any::<u16>(), ".{0,20}").prop_map(|(conn, code, reason)| Command::Close {
            conn: ConnId(conn),
            code,
            reason
        }),
        (len.clone(), "\\PC|\"|\\\\|\0|🐟").prop_map(|(len, unit)| {
            send(Payload::from(&*unit.repeat(len / unit.len().max(1))))
        }),
        (len, any::<u8>()).prop_map(|(len, byte)| send(Payload::from(vec![byte; len]))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_arrives(commands in prop::collection::vec(commands(), 0..20)) {
        prop_assert!(carry(&commands) == commands);
    }
}
