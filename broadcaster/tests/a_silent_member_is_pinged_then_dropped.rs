//! Keep-alive (RFC 6455 §5.5.2): who answers stays, who does not is reported as 1006.

mod support;

use broadcaster::Millis;
use broadcaster::limits::{Limits, PING_AFTER, SILENCE};
use broadcaster::link::Report;
use support::{Rig, SocketState};

const PING: [u8; 2] = [0x89, 0];

#[test]
fn silence_ends_with_1006() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    rig.pass(PING_AFTER - Millis(1));
    assert!(rig.take(conn).is_empty());
    rig.pass(Millis(1));
    assert_eq!(rig.take(conn), PING);
    rig.pass(PING_AFTER);
    assert_eq!(rig.take(conn), PING);
    rig.pass(SILENCE - PING_AFTER - PING_AFTER - Millis(1));
    assert_eq!(
        (rig.state(conn), rig.take_events()),
        (SocketState::Open, vec![])
    );
    rig.pass(Millis(1));
    assert_eq!(rig.take_events(), [Report::Closed { conn, code: 1006 }]);
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn an_answer_is_enough_to_stay() {
    let mut rig = Rig::new(Limits::default());
    let mut client = rig.member();
    for _ in 0..10 {
        rig.pass(PING_AFTER);
        assert_eq!(client.read(&mut rig).len(), 1, "one ping");
    }
    assert_eq!(rig.take_events(), []);
}

#[test]
fn who_talks_is_not_pinged() {
    let mut rig = Rig::new(Limits::default());
    let mut client = rig.member();
    for _ in 0..10 {
        rig.pass(PING_AFTER - Millis(1));
        client.send(&mut rig, tungstenite::Message::text("here"));
        assert!(rig.take(client.conn).is_empty());
    }
}
