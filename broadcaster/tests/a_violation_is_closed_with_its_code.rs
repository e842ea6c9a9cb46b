//! What breaks a rule ends its own connection with the right code (RFC 6455 §7.4.1); the others go on.

mod support;

use broadcaster::limits::Limits;
use broadcaster::link::Report;
use support::{Rig, SocketState, masked};
use tungstenite::Message;

const LIMIT: usize = 1000;

#[test]
fn each_has_its_code() {
    let announced = [
        &[0x82, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff][..],
        &[0; 4],
    ]
    .concat();
    for (bytes, code) in [
        (vec![0x81, 2, b'h', b'i'], 1002),
        (masked(0xc1, b"reserved bit"), 1002),
        (masked(0x83, b"unknown opcode"), 1002),
        (masked(0x80, b"continues nothing"), 1002),
        (
            [masked(0x01, b"not ended"), masked(0x81, b"begun")].concat(),
            1002,
        ),
        (masked(0x09, b"fragmented ping"), 1002),
        (masked(0x89, &[0; 126]), 1002),
        (masked(0x88, &[3]), 1002),
        (masked(0x81, b"\xc3\x28"), 1007),
        (masked(0x81, b"\xf4\x90\x80\x80"), 1007),
        ([masked(0x01, b"\xc3"), masked(0x80, b"")].concat(), 1007),
        (masked(0x82, &[0; LIMIT + 1]), 1009),
        (
            [masked(0x02, &[0; LIMIT]), masked(0x80, &[0])].concat(),
            1009,
        ),
        (announced, 1009),
    ] {
        let mut rig = Rig::new(Limits {
            message_bytes: LIMIT,
            ..Limits::default()
        });
        let (conn, mut other) = (rig.member().conn, rig.member());
        rig.receive(conn, &bytes);
        let shown = &bytes[..bytes.len().min(20)];
        assert_eq!(
            rig.take_reports(),
            [Report::Closed { conn, code }],
            "{shown:02x?}"
        );
        let [high, low] = code.to_be_bytes();
        assert_eq!(rig.take(conn), [0x88, 2, high, low], "{shown:02x?}");
        assert_eq!(rig.state(conn), SocketState::Finished);
        // Nothing of it is read any more, and nothing reaches it.
        rig.receive(conn, &masked(0x81, b"again"));
        rig.send_to_all("to the others");
        assert_eq!(rig.take_events(), []);
        assert!(rig.take(conn).is_empty());
        assert_eq!(other.read(&mut rig), [Message::text("to the others")]);
    }
}

#[test]
fn a_message_at_the_limit_is_none() {
    let mut rig = Rig::new(Limits {
        message_bytes: LIMIT,
        ..Limits::default()
    });
    let conn = rig.member().conn;
    let payload = vec![7; LIMIT];
    rig.receive(conn, &masked(0x82, &payload));
    rig.receive(conn, &masked(0x02, &payload[1..]));
    rig.receive(conn, &masked(0x80, &payload[..1]));
    let received = || Report::Received {
        conn,
        payload: payload.clone().into(),
    };
    assert_eq!(rig.take_reports(), [received(), received()]);
}

#[test]
fn messages_before_the_violation_are_kept() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    rig.receive(conn, &[masked(0x81, b"kept"), vec![0x81, 0]].concat());
    let received = Report::Received {
        conn,
        payload: "kept".into(),
    };
    assert_eq!(
        rig.take_reports(),
        [received, Report::Closed { conn, code: 1002 }]
    );
}
