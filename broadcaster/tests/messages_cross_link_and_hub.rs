//! The whole way: a client's socket, the companion's executor, the link, the hub in its session, and back.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod whole_broadcaster;

use broadcaster::envelope::PROTOCOL;
use broadcaster::limits::{LINK_WINDOW_BYTES, Limits};
use broadcaster::link::ConnId;
use broadcaster::sharing::{SiteFile, Status};
use serde_json::json;
use tungstenite::Message;
use whole_broadcaster::Whole;

fn pair(whole: &mut Whole) -> (ConnId, ConnId) {
    let one = whole.open("192.168.1.20:5000", "/", None);
    let other = whole.open("192.168.1.21:5000", "/", None);
    (one, other)
}

#[test]
fn text_and_binary_arrive_verbatim_and_do_not_come_back() {
    let mut whole = Whole::new(Vec::new());
    let (one, other) = pair(&mut whole);
    let elsewhere = whole.open("192.168.1.22:5000", "/elsewhere", None);
    for message in [
        Message::text("hello \0 \u{2028} 🐟"),
        Message::binary(vec![0, 255, 1]),
        Message::text(""),
        Message::text("\"".repeat(900_000)),
        Message::text("\0".repeat(1 << 20)),
        Message::binary((0..1 << 20).map(|n| n as u8).collect::<Vec<_>>()),
    ] {
        whole.send(one, message.clone());
        assert!(whole.take(other) == [message], "it was changed");
        assert_eq!(whole.take(one), []);
        assert_eq!(whole.take(elsewhere), []);
    }
}

#[test]
fn a_message_over_the_limit_closes_with_1009() {
    let mut whole = Whole::new(Vec::new());
    let (one, other) = pair(&mut whole);
    whole.send(
        one,
        Message::text("x".repeat(Limits::default().message_bytes + 1)),
    );
    let closed = whole.take(one);
    assert!(matches!(&closed[..], [Message::Close(Some(frame))] if u16::from(frame.code) == 1009));
    assert_eq!(whole.take(other), []);
    whole.pass(5000);
    assert_eq!(whole.sharing.state().members.len(), 1);
}

#[test]
fn plain_and_enveloped_members_understand_each_other() {
    let mut whole = Whole::new(Vec::new());
    let plain = whole.open("192.168.1.20:5000", "/", None);
    let enveloped = whole.open("192.168.1.21:5000", "/", Some(PROTOCOL));
    let heard = whole.take(enveloped);
    let welcome: serde_json::Value = serde_json::from_str(heard[0].to_text().unwrap()).unwrap();
    assert_eq!(welcome["kind"], "welcome");
    whole.send(plain, Message::text("hi"));
    let heard = whole.take(enveloped);
    let message: serde_json::Value = serde_json::from_str(heard[0].to_text().unwrap()).unwrap();
    assert_eq!(message, json!({"kind": "message", "from": 1, "data": "hi"}));
    whole.send(enveloped, Message::text(r#"{"kind":"send","data":"ho"}"#));
    assert_eq!(whole.take(plain), [Message::text("ho")]);
}

#[test]
fn a_stalled_hub_stops_the_sockets_and_nothing_is_lost() {
    let mut whole = Whole::new(Vec::new());
    let (one, other) = pair(&mut whole);
    whole.is_hub_stalled = true;
    for n in 0..30 {
        whole.send_later(one, Message::text(format!("{n} {}", "x".repeat(400_000))));
    }
    whole.run();
    assert!(whole.is_companion_congested(), "sockets are left alone");
    assert!(
        whole.most_to_hub > LINK_WINDOW_BYTES / 2,
        "{}",
        whole.most_to_hub
    );
    whole.is_hub_stalled = false;
    whole.run();
    let heard = whole.take(other);
    let numbers = heard
        .iter()
        .map(|text| text.to_text().unwrap().split(' ').next().unwrap());
    assert!(
        numbers.eq((0..30)
            .map(|n: i32| n.to_string())
            .collect::<Vec<_>>()
            .iter())
    );
}

#[test]
fn a_receiver_that_never_reads_is_closed_with_1013_and_the_others_go_on() {
    let mut whole = Whole::new(Vec::new());
    let (one, other) = pair(&mut whole);
    let deaf = whole.open("192.168.1.22:5000", "/", None);
    whole.clients.get_mut(&deaf).unwrap().is_reading = false;
    for n in 0..30 {
        whole.send(one, Message::text(format!("{n} {}", "x".repeat(400_000))));
    }
    assert_eq!(whole.take(other).len(), 30);
    whole.pass(5000);
    let state = whole.sharing.state();
    assert_eq!((state.members.len(), state.totals.slow), (2, 1));
}

#[test]
fn stop_closes_members_with_1001_and_leaves_the_companion() {
    let mut whole = Whole::new(Vec::new());
    let (one, _) = pair(&mut whole);
    whole.sharing.handle_stop(whole.now);
    whole.run();
    let closed = whole.take(one);
    assert!(matches!(&closed[..], [Message::Close(Some(frame))] if u16::from(frame.code) == 1001));
    whole.pass(3000);
    assert!(!whole.is_connected);
    assert_eq!(whole.sharing.state().status, Status::Stopped);
}

#[test]
fn the_site_is_served_whole() {
    let body: String = (0..300_000)
        .map(|n| char::from(b'a' + (n % 26) as u8))
        .collect();
    let file = |path: &str, body: &str| SiteFile {
        path: path.to_owned(),
        content_type: "text/html; charset=utf-8".to_owned(),
        etag: "1".to_owned(),
        body: body.to_owned().into(),
    };
    let long = body.repeat(8);
    let mut whole = Whole::new(vec![
        file("/", "<!doctype html>"),
        file("/peer.wasm", &long),
    ]);
    assert!(whole.get("/").ends_with(b"\r\n\r\n<!doctype html>"));
    assert!(whole.get("/peer.wasm").ends_with(long.as_bytes()));
}
