//! The order of 2016, both ways, in rooms with and without envelopes.

use crate::world::party::Party;
use crate::world::{Did, OldMaster, OldSlave, Wire, World, good_wire, slave_config};
use broadcaster::hub::Mode;
use broadcaster::signalling::slave::{Event, Slave};
use broadcaster::signalling::{Framing, Way, master};

fn rooms() -> [Wire; 2] {
    [
        good_wire(),
        Wire {
            framing: Framing::Plain,
            echoes: true,
            ..good_wire()
        },
    ]
}

fn add_old(world: &mut World, address: &str, old: Box<dyn crate::world::Actor>) -> usize {
    let node = world.add(address, old);
    world.room.set_plain(node);
    node
}

#[test]
fn our_master_answers_a_slave_of_2016() {
    for wire in rooms() {
        let mut world = World::new(wire, 1);
        let master = world.add_master("192.168.1.2", "M");
        world.run_for(100);
        let slave = add_old(&mut world, "192.168.1.5", Box::new(OldSlave::new("S")));
        world.run_for(2000);
        assert!(world.network.are_joined(slave, master));
        let peer = world.master(master).peers().next().unwrap();
        let (protocol, way) = ("", Way::Direct);
        assert_eq!(peer.status, master::Status::Connected { protocol, way });
    }
}

#[test]
fn our_master_answers_where_gathering_never_ends() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    world.network.without_candidates = vec![master];
    world.run_for(100);
    let slave = add_old(&mut world, "192.168.1.5", Box::new(OldSlave::new("S")));
    world.run_for(2000);
    assert!(world.network.are_joined(slave, master));
}

#[test]
fn our_slave_falls_back_to_a_master_of_2016() {
    for wire in rooms() {
        let mut world = World::new(wire, 1);
        let master = add_old(&mut world, "192.168.1.2", Box::new(OldMaster::default()));
        world.run_for(100);
        let slave = world.add_slave("192.168.1.5", "S");
        world.run_for(3000);
        assert!(world.network.are_joined(slave, master));
        let Some(Did::Slave(Event::Connected {
            master: None,
            protocol,
            ..
        })) = world.last(slave)
        else {
            panic!("{:?}", world.last(slave));
        };
        assert_eq!(protocol, "");
        let at = world.when(slave, |did| {
            matches!(did, Did::Slave(Event::Connected { .. }))
        });
        assert!((1600..2000).contains(&at.unwrap()), "{at:?}");
    }
}

#[test]
fn what_2016_sees_is_plain_ipv4() {
    // `OldMaster` panics on any other address.
    let mut world = World::new(good_wire(), 1);
    let master = add_old(&mut world, "192.168.1.2", Box::new(OldMaster::default()));
    let masked = world.add_slave("192.168.1.5", "S");
    let of_ipv6 = world.add_slave("fd00::5", "T");
    world.network.masked = vec![masked];
    world.run_for(4000);
    assert!(world.network.are_joined(masked, master));
    assert!(world.network.are_joined(of_ipv6, master));
}

#[test]
fn our_own_master_is_preferred_however_late_it_comes() {
    for wire in rooms() {
        let mut world = World::new(wire, 1);
        let slave = world.add_slave("192.168.1.5", "S");
        world.run_for(5000);
        let offers = world
            .room
            .said
            .iter()
            .filter(|(_, text)| text.contains(r#""action":"offer""#));
        assert!(offers.count() >= 1, "it has fallen back");
        let master = world.add_master("192.168.1.2", "M");
        world.run_for(5000);
        assert!(world.network.are_joined(slave, master));
        let peer = world.master(master).peers().next().unwrap();
        let (protocol, way) = ("jio.2", Way::Direct);
        assert_eq!(peer.status, master::Status::Connected { protocol, way });
    }
}

#[test]
fn an_invitation_or_a_wanted_master_or_a_closed_room_forbids_it() {
    type Change = fn(&mut broadcaster::signalling::slave::Config, &mut World);
    let table: [(&str, Change); 3] = [
        ("invitation", |_, _| {}),
        ("wanted", |config, _| {
            config.master = Some("M".try_into().unwrap())
        }),
        ("closed room", |_, world| world.room.mode = Mode::Invited),
    ];
    for (name, change) in table {
        let mut world = World::new(good_wire(), 1);
        add_old(&mut world, "192.168.1.2", Box::new(OldMaster::default()));
        world.run_for(100);
        let mut config = slave_config("S");
        change(&mut config, &mut world);
        let slave = match name {
            "invitation" => Slave::invited(config, Party::new().ticket(1)),
            _ => Slave::new(config),
        };
        let slave = world.add("192.168.1.5", Box::new(slave));
        world.run_for(20_000);
        assert!(
            matches!(world.last(slave), Some(Did::Slave(Event::Failed(_)))),
            "{name}"
        );
        let spoke = world
            .room
            .said
            .iter()
            .any(|(_, text)| text.contains(r#""action":"offer""#));
        assert!(!spoke, "{name}");
    }
}

#[test]
fn our_master_does_not_answer_2016_in_a_closed_room() {
    let mut world = World::new(good_wire(), 1);
    world.room.mode = Mode::Invited;
    let master = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    add_old(&mut world, "192.168.1.5", Box::new(OldSlave::new("S")));
    world.run_for(1000);
    assert_eq!(world.network.connections(master), 0);
    assert_eq!(world.master(master).stats().stray, 1);
}
