//! Connections and waiting handshakes; message, queue and head have their own files.

mod support;

use broadcaster::limits::{HANDSHAKE, Limits, WAITING_HANDSHAKES, WAITING_HANDSHAKES_PER_ADDRESS};
use broadcaster::link::{Command, Report};
use support::{ALL, Rig, SocketState};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\r\n";

#[test]
fn waiting_handshakes() {
    let mut rig = Rig::new(Limits::default());
    let waiting: Vec<_> = (0..WAITING_HANDSHAKES)
        .filter_map(|host| rig.accept_from(&format!("192.168.1.{}:50000", 100 + host)))
        .collect();
    assert_eq!(waiting.len(), WAITING_HANDSHAKES);
    assert!(!rig.executor.is_accepting());
    assert_eq!(rig.accept_from("192.168.1.23:1"), None);
    // An upgrade that waits for the hub still counts; one that is admitted does not.
    rig.receive(waiting[0], support::HANDSHAKE.as_bytes());
    assert!(!rig.executor.is_accepting());
    rig.command(Command::Admit {
        conn: waiting[0],
        protocol: None,
        groups: vec![ALL],
    });
    assert!(rig.executor.is_accepting());
    rig.accept();
    assert_eq!(rig.accept_from("192.168.1.23:1"), None);
    rig.receive(waiting[1], HEALTH);
    rig.end(waiting[2]);
    rig.accept();
    rig.accept();
    assert_eq!(rig.accept_from("192.168.1.23:1"), None);
    rig.pass(HANDSHAKE);
    assert!(rig.executor.is_accepting());
}

#[test]
fn waiting_handshakes_of_one_address() {
    let mut rig = Rig::new(Limits::default());
    let waiting: Vec<_> = (0..WAITING_HANDSHAKES_PER_ADDRESS)
        .map(|_| rig.accept())
        .collect();
    // In IPv4, or as a dual-stack socket says it.
    for same in ["192.168.1.23:1", "[::ffff:192.168.1.23]:1"] {
        assert_eq!(rig.accept_from(same), None);
    }
    assert!(rig.executor.is_accepting(), "the door is open to others");
    let other = rig.accept_from("192.168.1.24:1").expect("another address");
    rig.receive(other, HEALTH);
    assert_eq!(rig.take_answer(other).0, 200);
    // A request that is answered, an end, and time each free a place.
    rig.receive(waiting[0], HEALTH);
    rig.end(waiting[1]);
    rig.accept();
    rig.accept();
    assert_eq!(rig.accept_from("192.168.1.23:1"), None);
    rig.pass(HANDSHAKE);
    rig.accept();
}

#[test]
fn waiting_handshakes_of_this_computer() {
    for own in ["127.0.0.1:50000", "192.168.1.5:50000"] {
        let mut rig = Rig::new(Limits::default());
        for _ in 0..WAITING_HANDSHAKES {
            rig.accept_from(own).expect("exempt");
        }
        assert_eq!(rig.accept_from(own), None);
    }
}

#[test]
fn connections() {
    let mut rig = Rig::new(Limits {
        connections: 3,
        ..Limits::default()
    });
    let members = [rig.member(), rig.member()];
    let third = rig.accept();
    rig.receive(third, HEALTH);
    assert_eq!(rig.take_answer(third).0, 200);
    // One more is read, so that the hub can close it with 1013; a plain request is told the same.
    let fourth = rig.accept();
    rig.receive(fourth, HEALTH);
    assert_eq!(rig.take_answer(fourth).0, 503);
    let fifth = rig.accept();
    rig.receive(fifth, support::HANDSHAKE.as_bytes());
    assert!(matches!(rig.take_events()[..], [Report::Asked { conn, .. }] if conn == fifth));
    for conn in [third, fourth, fifth, members[0].conn] {
        rig.end(conn);
        assert_eq!(rig.state(conn), SocketState::Dropped);
    }
    assert!(rig.executor.is_accepting());
}

#[test]
fn connections_that_only_linger_count_too() {
    let mut rig = Rig::new(Limits {
        connections: 0,
        ..Limits::default()
    });
    for _ in 0..WAITING_HANDSHAKES {
        let conn = rig.accept();
        rig.receive(conn, HEALTH);
        assert_eq!(rig.state(conn), SocketState::Finished);
    }
    assert!(!rig.executor.is_accepting());
    assert_eq!(rig.accept_from("192.168.1.23:1"), None);
}
