//! One session for each slave, whatever the wire does, or a failure at the deadline.

use crate::world::{Did, Wire, World, good_wire, slave_config};
use broadcaster::signalling::{Framing, Slave, Way, master, slave};
use proptest::prelude::*;

fn is_connected(did: &Did) -> bool {
    matches!(did, Did::Slave(slave::Event::Connected { .. }))
}

#[test]
fn a_slave_connects_in_a_few_round_trips_and_leaves_the_room() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(40);
    assert!(world.when(slave, is_connected).unwrap() < 100 + 30);
    assert!(world.network.are_joined(slave, master));
    assert!(!world.room.is_connected(slave));
    let Some(Did::Slave(slave::Event::Connected {
        master: Some(listed),
        protocol,
        ..
    })) = world.last(slave)
    else {
        panic!("{:?}", world.last(slave));
    };
    assert_eq!(
        (listed.id.as_str(), listed.name.as_str()),
        ("M", "name of M")
    );
    assert_eq!(protocol, "jio.2");
    let peer = world.master(master).peers().next().unwrap();
    assert_eq!(peer.address, Some("192.168.1.5".parse().unwrap()));
    let (protocol, way) = ("jio.2", Way::Direct);
    assert_eq!(peer.status, master::Status::Connected { protocol, way });
}

#[test]
fn masked_slaves_connect_by_what_the_broadcaster_sees() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    let slave = world.add_slave("192.168.1.5", "S");
    world.network.masked = vec![master, slave];
    world.run_for(1000);
    assert!(world.network.are_joined(slave, master));
    assert!(
        !world
            .room
            .said
            .iter()
            .any(|(_, text)| text.contains(".local"))
    );
}

#[test]
fn a_room_without_envelopes_will_do() {
    for echoes in [false, true] {
        let wire = Wire {
            framing: Framing::Plain,
            echoes,
            ..good_wire()
        };
        let mut world = World::new(wire, 1);
        let master = world.add_master("192.168.1.2", "M");
        let slaves = ["S1", "S2"].map(|id| world.add_slave("192.168.1.5", id));
        world.network.masked = vec![master];
        world.network.has_multicast = true;
        world.run_for(2000);
        assert!(
            slaves
                .iter()
                .all(|slave| world.network.are_joined(*slave, master))
        );
    }
}

#[test]
fn a_hundred_slaves_of_one_address_connect() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    let slaves: Vec<_> = (0..100)
        .map(|number| world.add_slave("192.168.1.5", &format!("S{number}")))
        .collect();
    world.run_for(5000);
    assert!(
        slaves
            .iter()
            .all(|slave| world.network.are_joined(*slave, master))
    );
    assert_eq!(world.network.connections(master), 100);
}

#[test]
fn repetition_makes_up_for_a_fifth_of_all_messages() {
    let connected = |seed: u64| {
        let mut world = World::new(
            Wire {
                lost: 20,
                late: 50,
                ..good_wire()
            },
            seed,
        );
        let master = world.add_master("192.168.1.2", "M");
        let slave = world.add_slave("192.168.1.5", "S");
        world.run_for(15_000);
        world.network.are_joined(slave, master)
    };
    let all = (0..200).filter(|seed| connected(*seed)).count();
    assert!(all >= 190, "{all} of 200");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn every_slave_ends_with_one_session_or_a_failure(
        seed: u64,
        lost in 0u64..40,
        repeated in 0u64..50,
        late in 0u64..600,
        is_plain: bool,
        masters in 1usize..3,
    ) {
        let framing = if is_plain { Framing::Plain } else { Framing::Enveloped };
        let mut world = World::new(Wire { framing, lost, repeated, late, echoes: false }, seed);
        let masters: Vec<_> =
            (0..masters).map(|m| world.add_master("192.168.1.2", &format!("M{m}"))).collect();
        let add_slave = |number| {
            let mut config = slave_config(&format!("S{number}"));
            config.master = Some("M0".try_into().unwrap());
            world.add(&format!("192.168.1.{}", 10 + number), Box::new(Slave::new(config)))
        };
        let slaves: Vec<_> = (0..4).map(add_slave).collect();
        // The deadline, the last late message, and the time in which masters give up what it began.
        world.run_for(15_000 + 1000 + 10_000);
        for slave in slaves {
            let failed = world.when(slave, |did| matches!(did, Did::Slave(slave::Event::Failed(_))));
            match world.when(slave, is_connected) {
                Some(_) => prop_assert!(world.network.are_joined(slave, masters[0])),
                None => prop_assert!(failed.is_some_and(|at| at == 15_000)),
            }
            prop_assert!(lost > 0 || failed.is_none());
        }
        for master in masters {
            let open = world.master(master).peers().all(|peer| peer.status != master::Status::Connecting);
            prop_assert!(open);
            prop_assert_eq!(world.master(master).peers().count(), world.network.connections(master));
        }
    }
}
