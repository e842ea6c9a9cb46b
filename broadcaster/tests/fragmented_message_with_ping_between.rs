//! Control frames may stand between the fragments of a message (RFC 6455 §5.4).

mod support;

use broadcaster::limits::Limits;
use broadcaster::link::Report;
use support::{Rig, masked};

#[test]
fn the_ping_is_answered_at_once_and_the_message_whole() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    rig.receive(conn, &masked(0x01, b"frag"));
    rig.receive(conn, &masked(0x89, b"between"));
    assert_eq!(rig.take(conn), b"\x8a\x07between");
    rig.receive(conn, &masked(0x00, b"men"));
    assert_eq!(rig.take_reports(), []);
    rig.receive(conn, &masked(0x80, b"ted"));
    assert_eq!(
        rig.take_reports(),
        [Report::Received {
            conn,
            payload: "fragmented".into()
        }]
    );
}

#[test]
fn a_character_may_be_cut_between_fragments() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    let text = "κόσμε";
    for (at, byte) in text.bytes().enumerate() {
        let first = if at == 0 { 0x01 } else { 0x00 };
        rig.receive(conn, &masked(first, &[byte]));
    }
    rig.receive(conn, &masked(0x80, b""));
    assert_eq!(
        rig.take_reports(),
        [Report::Received {
            conn,
            payload: text.into()
        }]
    );
}

#[test]
fn ten_pings_have_ten_pongs_in_their_order() {
    let mut rig = Rig::new(Limits::default());
    let conn = rig.member().conn;
    let pings: Vec<u8> = (0..10).flat_map(|n| masked(0x89, &[n])).collect();
    rig.receive(conn, &pings);
    let pongs: Vec<u8> = (0..10).flat_map(|n| [0x8a, 1, n]).collect();
    assert_eq!(rig.take(conn), pongs);
}
