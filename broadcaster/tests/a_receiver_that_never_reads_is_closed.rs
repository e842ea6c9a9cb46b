//! A stalled receiver is closed with 1013 and told once; the others miss nothing.

mod support;

use broadcaster::limits::Limits;
use broadcaster::link::Report;
use support::{Rig, SocketState};
use tungstenite::Message;

/// Room for exactly four messages of 100 bytes: a header of 2, and 32 for the entry.
const BOUND: usize = 4 * (100 + 2 + 32);

fn message(n: u8) -> Vec<u8> {
    vec![n; 100]
}

#[test]
fn at_the_bound_it_stays_and_one_past_it_is_closed() {
    let mut rig = Rig::new(Limits {
        queue_bytes: BOUND,
        ..Limits::default()
    });
    let (mut slow, mut other) = (rig.member(), rig.member());
    rig.set_room(slow.conn, Some(0));
    for n in 0..4 {
        rig.send_to_all(message(n));
    }
    assert_eq!(rig.take_events(), []);
    rig.send_to_all(message(4));
    assert_eq!(
        rig.take_events(),
        [Report::Closed {
            conn: slow.conn,
            code: 1013
        }]
    );
    rig.send_to_all(message(5));
    assert_eq!(rig.take_events(), []);
    assert_eq!(
        other.read(&mut rig),
        (0..6)
            .map(|n| Message::binary(message(n)))
            .collect::<Vec<_>>()
    );
    // It reads at last, and learns why.
    rig.set_room(slow.conn, None);
    rig.write(slow.conn);
    let Some(Message::Close(Some(close))) = slow.read(&mut rig).pop() else {
        panic!()
    };
    assert_eq!(u16::from(close.code), 1013);
    assert_eq!(rig.state(slow.conn), SocketState::Finished);
}

#[test]
fn a_message_begun_is_finished_before_the_close_frame() {
    let mut rig = Rig::new(Limits {
        queue_bytes: BOUND,
        ..Limits::default()
    });
    let mut slow = rig.member();
    rig.set_room(slow.conn, Some(50));
    for n in 0..6 {
        rig.send_to_all(message(n));
    }
    assert_eq!(
        rig.take_events(),
        [Report::Closed {
            conn: slow.conn,
            code: 1013
        }]
    );
    rig.set_room(slow.conn, None);
    rig.write(slow.conn);
    let messages = slow.read(&mut rig);
    assert_eq!(messages[0], Message::binary(message(0)));
    assert!(matches!(messages[1..], [Message::Close(Some(_))]));
}

#[test]
fn pings_alone_never_close_a_receiver() {
    let mut rig = Rig::new(Limits {
        queue_bytes: BOUND,
        ..Limits::default()
    });
    let conn = rig.member().conn;
    rig.set_room(conn, Some(0));
    for n in 0..10_000_u16 {
        let ping = [&n.to_be_bytes()[..], &[0; 123]].concat();
        rig.receive(conn, &support::masked(0x89, &ping));
    }
    let waiting: usize = rig.executor.queued(conn).map(bytes::Bytes::len).sum();
    assert!(waiting <= 32 * 127, "{waiting}");
    assert_eq!(rig.take_events(), []);
    // The newest is answered (RFC 6455 §5.5.3).
    rig.set_room(conn, None);
    rig.write(conn);
    rig.run();
    let written = rig.take(conn);
    assert_eq!(written[written.len() - 125..][..2], 9_999_u16.to_be_bytes());
}
