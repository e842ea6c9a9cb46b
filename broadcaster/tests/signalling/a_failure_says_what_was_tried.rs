//! At the deadline, and not before or after, a slave says how far it came.

use crate::world::{Did, Node, World, good_wire};
use broadcaster::signalling::message::Reason;
use broadcaster::signalling::slave::{Cause, Event, Failure};
use broadcaster::signalling::{Master, master};

fn failure(world: &World, slave: Node) -> (u64, Failure) {
    let failures = world.log.iter().filter_map(|(at, node, did)| match did {
        Did::Slave(Event::Failed(failure)) if *node == slave => Some((at - 1000, failure.clone())),
        _ => None,
    });
    let mut failures: Vec<_> = failures.collect();
    assert_eq!(failures.len(), 1, "{:?}", world.last(slave));
    failures.remove(0)
}

#[test]
fn no_broadcaster() {
    let mut world = World::new(good_wire(), 1);
    world.set_broadcaster(false);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(60_000);
    let (at, failure) = failure(&world, slave);
    assert_eq!((at, failure.cause), (15_000, Cause::Unreachable));
    assert!((4..7).contains(&failure.reached), "{}", failure.reached);
}

#[test]
fn no_master() {
    let mut world = World::new(good_wire(), 1);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(60_000);
    let (at, failure) = failure(&world, slave);
    assert_eq!(
        (at, failure.cause, failure.reached),
        (15_000, Cause::NoMaster, 1)
    );
    assert!(failure.asked >= 4);
    assert_eq!(failure.own, Some("192.168.1.5".parse().unwrap()));
    assert!(!world.room.is_connected(slave));
    assert_eq!(world.network.connections(slave), 0);
}

#[test]
fn no_path() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    let slave = world.add_slave("192.168.1.5", "S");
    world.network.cut_off = vec![slave];
    world.run_for(60_000);
    let (at, failure) = failure(&world, slave);
    assert_eq!((at, failure.cause), (15_000, Cause::NoPath));
    assert_eq!(failure.connections, 2);
    assert_eq!(failure.answered[0].as_str(), "name of M");
    assert_eq!(failure.local.to_string(), "192.168.1.5");
    assert_eq!(failure.remote.to_string(), "192.168.1.2");
    assert_eq!(world.network.connections(master), 0);
}

#[test]
fn no_addresses() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    let slave = world.add_slave("192.168.1.5", "S");
    world.network.without_candidates = vec![slave, master];
    world.run_for(60_000);
    assert_eq!(failure(&world, slave).1.cause, Cause::NoAddresses);
}

#[test]
fn a_refusal_of_the_person_is_final() {
    let mut world = World::new(good_wire(), 1);
    world.room.refuses = true;
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(60_000);
    let (at, failure) = failure(&world, slave);
    let reason = "closed by the test".to_owned();
    assert_eq!(
        (at, failure.cause),
        (3, Cause::Refused { code: 4403, reason })
    );
}

#[test]
fn a_full_master() {
    let mut world = World::new(good_wire(), 1);
    let mut config = master::Config::new("M".try_into().unwrap(), "M".into());
    config.connections = 1;
    let master = world.add("192.168.1.2", Box::new(Master::new(config)));
    let first = world.add_slave("192.168.1.5", "S1");
    world.run_for(1000);
    let second = world.add_slave("192.168.1.6", "S2");
    world.run_for(5000);
    world.kill(first);
    world.run_for(9000);
    assert!(
        world.network.are_joined(second, master),
        "a place became free in time"
    );
    let third = world.add_slave("192.168.1.7", "S3");
    world.run_for(60_000);
    assert_eq!(
        failure(&world, third).1.cause,
        Cause::Declined(Reason::Full)
    );
}

#[test]
fn a_browser_that_makes_no_more_connections() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    world.network.budget.insert(master, 1);
    let slaves = ["S1", "S2"].map(|id| {
        let slave = world.add_slave("192.168.1.5", id);
        world.run_for(1000);
        slave
    });
    world.run_for(60_000);
    assert!(world.network.are_joined(slaves[0], master));
    assert_eq!(
        failure(&world, slaves[1]).1.cause,
        Cause::Declined(Reason::Full)
    );
    let refused = |did: &Did| {
        matches!(
            did,
            Did::Master(master::Event::Failed {
                why: master::Failed::Refused(_),
                ..
            })
        )
    };
    assert!(world.count(master, refused) >= 2);
    assert_eq!(world.network.connections(master), 1);
}
