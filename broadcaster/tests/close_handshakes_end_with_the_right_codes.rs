//! Closing from either side (RFC 6455 §7): codes, the half-close, and the drained rest.

mod support;

use broadcaster::Millis;
use broadcaster::limits::{FLUSH, LINGER, LINGER_CLOSED, Limits};
use broadcaster::link::{Command, Report};
use support::{Rig, SocketState, masked};
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

#[test]
fn the_peers_code_is_echoed_and_told() {
    for code in [1000, 1001, 1003, 1011, 3000, 4401, 4999] {
        let mut rig = Rig::new(Limits::default());
        let mut client = rig.member();
        let close = CloseFrame {
            code: CloseCode::from(code),
            reason: "bye".into(),
        };
        client.close(&mut rig, Some(close));
        assert_eq!(
            rig.take_reports(),
            [Report::Closed {
                conn: client.conn,
                code
            }]
        );
        assert_eq!(rig.state(client.conn), SocketState::Finished);
        let echo = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        assert_eq!(client.read(&mut rig), [Message::Close(Some(echo))]);
        rig.end(client.conn);
        assert_eq!(rig.state(client.conn), SocketState::Dropped);
        rig.pass(LINGER);
        assert_eq!((rig.wait, rig.take_reports()), (None, vec![]));
    }
}

#[test]
fn no_code_is_1005_and_answered_without_one() {
    let mut rig = Rig::new(Limits::default());
    let mut client = rig.member();
    client.close(&mut rig, None);
    assert_eq!(
        rig.take_reports(),
        [Report::Closed {
            conn: client.conn,
            code: 1005
        }]
    );
    assert_eq!(rig.take(client.conn), [0x88, 0]);
}

#[test]
fn a_code_that_may_not_be_sent_is_a_violation() {
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        let mut rig = Rig::new(Limits::default());
        let conn = rig.member().conn;
        rig.receive(conn, &masked(0x88, &code.to_be_bytes()));
        assert_eq!(
            rig.take_reports(),
            [Report::Closed { conn, code: 1002 }],
            "{code}"
        );
        assert_eq!(rig.take(conn), [0x88, 2, 0x03, 0xea], "{code}");
    }
}

#[test]
fn an_end_without_a_close_frame_is_1006() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    rig.end(conn);
    assert_eq!(rig.take_reports(), [Report::Closed { conn, code: 1006 }]);
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn our_close_comes_after_what_is_queued_and_waits_for_the_answer() {
    let mut rig = Rig::new(Limits::default());
    let mut client = rig.member();
    let conn = client.conn;
    rig.set_room(conn, Some(0));
    rig.send_to_all("last words");
    rig.command(Command::Close {
        conn,
        code: 4403,
        reason: "refused".into(),
    });
    assert_eq!(rig.take_reports(), [Report::Closed { conn, code: 4403 }]);
    rig.send_to_all("not any more");
    // Messages of the peer that cross our Close frame are dropped.
    client.send(&mut rig, Message::text("too late"));
    assert_eq!(rig.state(conn), SocketState::Open);
    rig.set_room(conn, None);
    rig.write(conn);
    rig.run();
    let close = CloseFrame {
        code: CloseCode::from(4403),
        reason: "refused".into(),
    };
    assert_eq!(
        client.read(&mut rig),
        [Message::text("last words"), Message::Close(Some(close))]
    );
    assert_eq!(rig.state(conn), SocketState::Finished);
    assert_eq!(rig.take_reports(), []);
    rig.end(conn);
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn a_peer_that_does_not_answer_is_dropped_after_a_pause() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    rig.command(Command::Close {
        conn,
        code: 1000,
        reason: String::new(),
    });
    rig.pass(LINGER - Millis(1));
    assert_eq!(rig.state(conn), SocketState::Open);
    rig.pass(Millis(1));
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn a_peer_that_takes_nothing_is_dropped_after_a_longer_one() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    rig.set_room(conn, Some(0));
    rig.command(Command::Close {
        conn,
        code: 1000,
        reason: String::new(),
    });
    rig.pass(FLUSH - Millis(1));
    assert_eq!(rig.state(conn), SocketState::Open);
    rig.pass(Millis(1));
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn what_comes_after_the_end_is_drained_for_a_pause() {
    let text = &[0x81, 0][..];
    let close = masked(0x88, &[3, 0xe8]);
    for (last, code, pause) in [(text, 1002, LINGER), (&close, 1000, LINGER_CLOSED)] {
        let mut rig = Rig::new(Limits::default());
        let conn = rig.member().conn;
        rig.receive(conn, &[last, &masked(0x81, b"more")].concat());
        assert_eq!(rig.state(conn), SocketState::Finished);
        rig.receive(conn, &[0xff; 100_000]);
        rig.pass(pause - Millis(1));
        assert_eq!(rig.state(conn), SocketState::Finished);
        rig.pass(Millis(1));
        assert_eq!(rig.state(conn), SocketState::Dropped);
        assert_eq!(rig.take_reports(), [Report::Closed { conn, code }]);
    }
}

#[test]
fn a_peer_that_shut_its_half_still_gets_our_answer() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.set_room(conn, Some(0));
    rig.receive(
        conn,
        b"GET /health HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\r\n",
    );
    rig.end(conn);
    assert_eq!(rig.state(conn), SocketState::Open);
    rig.set_room(conn, None);
    rig.write(conn);
    rig.run();
    assert_eq!(rig.take_answer(conn).0, 200);
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn a_failed_write_ends_at_once() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.set_room(conn, Some(0));
    rig.receive(
        conn,
        b"GET /health HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\r\n",
    );
    rig.end(conn);
    rig.end(conn);
    assert_eq!(rig.state(conn), SocketState::Dropped);
}

#[test]
fn close_in_place_of_admit_is_a_refusal_that_a_page_can_read() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.accept();
    rig.receive(conn, support::HANDSHAKE.as_bytes());
    rig.reports.clear();
    rig.command(Command::Close {
        conn,
        code: 4409,
        reason: "too many".into(),
    });
    let written = rig.take(conn);
    assert!(written.starts_with(b"HTTP/1.1 101 "));
    assert!(written.ends_with(b"\r\n\r\n\x88\x0a\x11\x39too many"));
    assert_eq!(rig.take_reports(), [Report::Closed { conn, code: 4409 }]);
}
