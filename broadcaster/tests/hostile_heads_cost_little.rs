//! Slow, huge and crowded request heads: an answer of the right kind, and little held.

mod support;

use broadcaster::Millis;
use broadcaster::limits::{HANDSHAKE, HEAD_BYTES, LINGER, Limits};
use broadcaster::link::Report;
use support::{Rig, SocketState};

#[test]
fn a_head_of_single_bytes_is_read() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    for byte in support::HANDSHAKE.bytes() {
        assert_eq!(rig.reports, []);
        rig.receive(conn, &[byte]);
    }
    assert!(matches!(rig.take_reports()[..], [Report::Asked { .. }]));
}

#[test]
fn twenty_megabytes_of_header_are_answered_431_and_drained() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.receive(conn, b"GET / HTTP/1.1\r\nHost: 192.168.1.5:9999\r\nX: ");
    let chunk = vec![b'x'; 64 * 1024];
    for _ in 0..320 {
        rig.receive(conn, &chunk);
    }
    let (status, head, body) = rig.take_answer(conn);
    assert_eq!((status, rig.state(conn)), (431, SocketState::Finished));
    assert!(head.contains("Connection: close") && body.ends_with(".\n"));
    rig.pass(LINGER);
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn two_thousand_fields_are_answered_431() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    let fields = "a:\n".repeat(2000);
    assert!(fields.len() < HEAD_BYTES);
    rig.receive(
        conn,
        format!("GET / HTTP/1.1\nHost: 192.168.1.5:9999\n{fields}\n").as_bytes(),
    );
    assert_eq!(rig.take_answer(conn).0, 431);
}

#[test]
fn an_endless_target_is_answered_414() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.receive(conn, format!("GET /{}", "a".repeat(HEAD_BYTES)).as_bytes());
    assert_eq!(rig.take_answer(conn).0, 414);
}

#[test]
fn a_head_that_is_not_whole_in_time_ends_without_an_answer() {
    for bytes in ["", "GET / HT"] {
        let mut rig = Rig::new(Limits::default());
        let conn = rig.accept();
        if !bytes.is_empty() {
            rig.receive(conn, bytes.as_bytes());
        }
        rig.pass(HANDSHAKE - Millis(1));
        // A drip does not buy time.
        rig.receive(conn, b"G");
        assert_eq!(rig.state(conn), SocketState::Open);
        rig.pass(Millis(1));
        assert_eq!(
            (rig.state(conn), rig.take(conn)),
            (SocketState::Dropped, vec![])
        );
        assert_eq!(rig.take_reports(), []);
    }
}

#[test]
fn an_upgrade_the_hub_does_not_answer_in_time_is_answered_503() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.receive(conn, support::HANDSHAKE.as_bytes());
    rig.reports.clear();
    rig.pass(HANDSHAKE);
    assert_eq!(rig.take_answer(conn).0, 503);
    assert_eq!(rig.take_reports(), [Report::Closed { conn, code: 1006 }]);
}

#[test]
fn who_talks_too_much_before_the_answer_is_refused() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.receive(conn, support::HANDSHAKE.as_bytes());
    rig.receive(conn, &[0; HEAD_BYTES]);
    assert!(matches!(rig.take_reports()[..], [Report::Asked { .. }]));
    rig.receive(conn, &[0]);
    assert_eq!(rig.take_answer(conn).0, 400);
    assert_eq!(rig.take_reports(), [Report::Closed { conn, code: 1006 }]);
}

#[test]
fn a_tls_greeting_is_answered_at_once() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.receive(conn, &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
    assert_eq!(rig.take_answer(conn).0, 400);
}
