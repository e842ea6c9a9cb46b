//! Reconnection: a restarted master, a broadcaster that is away, growing pauses.

use crate::world::{Did, World, good_wire};
use broadcaster::signalling::master;
use broadcaster::signalling::slave::{Cause, Event, Slave, Step};

fn is_reaching(did: &Did) -> bool {
    *did == Did::Slave(Event::Step(Step::Reaching))
}

#[test]
fn a_restarted_master_gets_its_slaves_back() {
    let mut world = World::new(good_wire(), 1);
    let first = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slaves: Vec<_> = (0..20)
        .map(|s| world.add_slave(&format!("192.168.1.{}", 10 + s), &format!("S{s}")))
        .collect();
    world.run_for(2000);
    world.kill(first);
    world.run_for(30_000);
    let second = world.add_master("192.168.1.2", "M");
    world.run_for(3000);
    assert!(
        slaves
            .iter()
            .all(|slave| world.network.are_joined(*slave, second))
    );
}

#[test]
fn a_loss_is_told_as_one_before_anything_was_tried() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    world.kill(master);
    world.run_for(60_000);
    let causes = world.log.iter().filter_map(|(_, node, did)| match did {
        Did::Slave(Event::Pausing { failure, .. }) if *node == slave => Some(failure.cause.clone()),
        _ => None,
    });
    let causes: Vec<_> = causes.collect();
    assert!(matches!(causes[0], Cause::Lost(_)), "{causes:?}");
    assert!(causes.len() > 1, "{causes:?}");
    assert!(
        causes[1..].iter().all(|cause| *cause == Cause::NoMaster),
        "{causes:?}"
    );
}

#[test]
fn connections_go_on_without_the_broadcaster() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    world.set_broadcaster(false);
    world.run_for(120_000);
    assert!(world.network.are_joined(slave, master));
    assert!(matches!(
        world.last(master),
        Some(Did::Master(master::Event::Away { .. }))
    ));
    assert!(matches!(
        world.last(slave),
        Some(Did::Slave(Event::Connected { .. }))
    ));
    world.set_broadcaster(true);
    world.run_for(31_000);
    assert_eq!(
        world.last(master),
        Some(&Did::Master(master::Event::Entered))
    );
}

#[test]
fn a_slave_outlasts_a_broadcaster_that_is_away() {
    let mut world = World::new(good_wire(), 1);
    let first = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    world.set_broadcaster(false);
    world.kill(first);
    let before = world.count(slave, is_reaching);
    world.run_for(300_000);
    // 0.5 + 1 + 2 + 4 + 8 + 16 s, then every 30 s, each a quarter longer or shorter.
    let tries = world.count(slave, is_reaching) - before;
    assert!((12..=19).contains(&tries), "{tries} tries in five minutes");
    world.set_broadcaster(true);
    let second = world.add_master("192.168.1.2", "M");
    world.run_for(31_000);
    assert!(world.network.are_joined(slave, second));
}

#[test]
fn waking_up_does_not_wait_for_the_pause() {
    let mut world = World::new(good_wire(), 1);
    let first = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    world.set_broadcaster(false);
    world.kill(first);
    world.run_for(100_000);
    world.set_broadcaster(true);
    let second = world.add_master("192.168.1.2", "M");
    world.run_for(10);
    world.with(slave, |slave: &mut Slave, now| slave.handle_retry(now));
    world.run_for(400);
    assert!(world.network.are_joined(slave, second));
}

#[test]
fn a_dead_room_is_entered_anew() {
    let mut world = World::new(good_wire(), 1);
    let first = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    world.kill(first);
    // Nobody speaks: from inside, that looks like a WebSocket that died without a word.
    world.run_for(200_000);
    assert!(world.count(slave, is_reaching) >= 3);
}

#[test]
fn a_slave_that_is_stopped_stays_stopped() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    world.with(slave, |slave: &mut Slave, _| slave.handle_stop());
    world.run_for(60_000);
    assert_eq!(
        world.network.connections(slave) + world.network.connections(master),
        0
    );
    assert!(!world.room.is_connected(slave));
    let left = |did: &Did| matches!(did, Did::Master(master::Event::Left { .. }));
    assert_eq!(world.count(master, left), 1);
    world.with(slave, |slave: &mut Slave, now| slave.handle_start(now));
    world.run_for(1000);
    assert!(world.network.are_joined(slave, master));
}
