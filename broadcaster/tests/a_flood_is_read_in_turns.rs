//! A member over its address's rate is read more slowly and stays; others, this computer and who comes later
//! from elsewhere are read at once.

mod support;

use broadcaster::Millis;
use broadcaster::executor::Allowance;
use broadcaster::limits::{
    Limits, RATE_BURST_BYTES, RATE_BYTES, RATE_CONNECTION_BYTES, RATE_MESSAGE_BYTES,
    RATE_TURN_BYTES,
};
use broadcaster::link::ConnId;
use support::{Rig, SocketState};
use tungstenite::Message;

fn allowance(rig: &mut Rig, conn: ConnId) -> Allowance {
    let now = rig.now;
    rig.executor.allowance(conn, now)
}

fn is_at_once(rig: &mut Rig, conn: ConnId) -> bool {
    matches!(allowance(rig, conn), Allowance::Now(_))
}

/// Frames of this many bytes in all, each a message of 100.
fn chatter(messages: usize) -> Vec<Message> {
    vec![Message::text("x".repeat(100)); messages]
}

#[test]
fn a_member_over_its_rate_waits_for_its_turn_and_stays() {
    let mut rig = Rig::new(Limits::default());
    let mut member = rig.member();
    let conn = member.conn;
    let left = |rig: &mut Rig| match allowance(rig, conn) {
        Allowance::Now(bytes) => bytes as u64,
        Allowance::At(at) => panic!("it waits until {at:?}"),
    };
    let before = left(&mut rig);
    assert!(before <= RATE_BURST_BYTES - RATE_CONNECTION_BYTES);
    let said = member.encode(&chatter(10));
    rig.receive(member.conn, &said);
    assert_eq!(
        before - left(&mut rig),
        said.len() as u64 + 10 * RATE_MESSAGE_BYTES
    );
    let flood = member.encode(&chatter(500));
    rig.receive(member.conn, &flood);
    // Twice a turn: the first one is free.
    allowance(&mut rig, member.conn);
    let Allowance::At(at) = allowance(&mut rig, member.conn) else {
        panic!("it is over its rate");
    };
    assert!(at > rig.now);
    assert_eq!(rig.state(member.conn), SocketState::Open);
    // One of another address is not, and the same address's second connection is.
    let other = rig.accept_from("192.168.1.77:1").expect("another address");
    assert!(is_at_once(&mut rig, other));
    let second = rig.accept();
    assert!(!is_at_once(&mut rig, second));
    rig.pass(at - rig.now);
    assert_eq!(
        allowance(&mut rig, member.conn),
        Allowance::Now(RATE_TURN_BYTES)
    );
    rig.pass(Millis(RATE_BURST_BYTES * 2000 / RATE_BYTES));
    assert!(
        matches!(allowance(&mut rig, member.conn), Allowance::Now(bytes) if bytes > RATE_TURN_BYTES)
    );
}

#[test]
fn this_computer_has_no_rate() {
    let mut rig = Rig::new(Limits::default());
    for own in ["127.0.0.1:50000", "192.168.1.5:50000"] {
        let conn = rig.accept_from(own).expect("this computer");
        assert_eq!(allowance(&mut rig, conn), Allowance::Now(usize::MAX));
    }
}
