//! A page that is reloaded fifty times in a second ends with exactly one session.

use crate::world::{Did, Wire, World, good_wire};
use broadcaster::signalling::{Framing, master, slave};

/// Reloads a page every 20 ms; `id` names the slave of each load.
fn storm(wire: Wire, id: impl Fn(u32) -> String) {
    let mut world = World::new(wire, 1);
    let master = world.add_master("192.168.1.2", "M");
    let other = world.add_slave("192.168.1.7", "other");
    world.run_for(1000);
    let mut last = world.add_slave("192.168.1.5", &id(0));
    for load in 1..50 {
        world.run_for(20);
        world.kill(last);
        last = world.add_slave("192.168.1.5", &id(load));
    }
    world.run_for(2500);
    assert!(
        world.network.are_joined(last, master),
        "the last load is connected"
    );
    world.run_for(12_000);
    assert_eq!(
        world.network.connections(master),
        2,
        "the storm left one session"
    );
    assert!(world.network.are_joined(last, master));
    assert!(world.network.are_joined(other, master));
    let lost = |did: &Did| matches!(did, Did::Slave(slave::Event::Lost { .. }));
    assert_eq!(world.count(other, lost) + world.count(last, lost), 0);
    assert_eq!(world.master(master).peers().count(), 2);
}

#[test]
fn with_a_new_slave_each_time() {
    storm(good_wire(), |load| format!("S{load}"));
}

#[test]
fn with_the_same_slave_each_time() {
    storm(good_wire(), |_| "S".to_owned());
}

#[test]
fn with_late_messages() {
    storm(
        Wire {
            late: 30,
            repeated: 30,
            ..good_wire()
        },
        |_| "S".to_owned(),
    );
}

#[test]
fn without_envelopes() {
    let wire = Wire {
        framing: Framing::Plain,
        ..good_wire()
    };
    storm(wire, |load| format!("S{load}"));
}

#[test]
fn an_open_session_is_replaced_only_by_an_open_one() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    // Somebody else asks in its name and never answers the offer.
    let liar = world.add_slave("192.168.1.66", "liar");
    world.run_for(2);
    world.kill_later(liar, 9000);
    world.run_for(10);
    world.say(
        liar,
        Some(master),
        r#"{"action":"request","from":"S","id":99,"protocols":[]}"#,
    );
    world.run_for(12_000);
    assert!(world.network.are_joined(slave, master));
    let left = |did: &Did| matches!(did, Did::Master(master::Event::Left { .. }));
    assert_eq!(world.count(slave, left), 0);
}
