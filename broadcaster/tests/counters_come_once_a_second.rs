//! Counters of those that changed, a second after the first change, and silence where nothing did.

mod support;

use broadcaster::Millis;
use broadcaster::limits::{COUNTERS_EVERY, Limits};
use broadcaster::link::{Counters, Report};
use support::Rig;
use tungstenite::Message;

#[test]
fn changes_are_gathered() {
    let mut rig = Rig::new(Limits::default());
    let (mut a, b) = (rig.member(), rig.member());
    rig.pass(COUNTERS_EVERY);
    rig.take_reports();
    rig.set_room(b.conn, Some(0));
    a.send(&mut rig, Message::text("one"));
    rig.pass(Millis(300));
    a.send(&mut rig, Message::text("two"));
    rig.send_to_all("to both");
    rig.take_reports();
    rig.pass(COUNTERS_EVERY - Millis(301));
    assert_eq!(rig.take_reports(), []);
    rig.pass(Millis(1));
    let counters = vec![Counters(a.conn, 2, 1, 0), Counters(b.conn, 0, 1, 9)];
    assert_eq!(rig.take_reports(), [Report::Counters { counters }]);
    rig.pass(COUNTERS_EVERY);
    assert_eq!(rig.take_reports(), []);
}

#[test]
fn who_has_left_is_not_counted() {
    let mut rig = Rig::new(Limits::default());
    let mut a = rig.member();
    a.send(&mut rig, Message::text("one"));
    rig.end(a.conn);
    rig.take_reports();
    rig.pass(COUNTERS_EVERY);
    assert_eq!(rig.take_reports(), []);
}
