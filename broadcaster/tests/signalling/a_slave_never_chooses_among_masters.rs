//! Several masters: the person chooses, and the slave stays with whom it was connected with.

use crate::world::{Did, Node, World, good_wire, slave_config};
use broadcaster::limits::MASTERS;
use broadcaster::signalling::slave::{Event, Slave, Step};

fn listed(world: &World, slave: Node) -> Vec<String> {
    let mut lists = world
        .log
        .iter()
        .rev()
        .filter_map(|(_, node, did)| match did {
            Did::Slave(Event::Masters(list)) if *node == slave => Some(list),
            _ => None,
        });
    let last = lists.next().unwrap();
    last.iter()
        .map(|master| format!("{}: {}", master.id, master.name))
        .collect()
}

fn choose(world: &mut World, slave: Node, master: &str) {
    let master = master.try_into().unwrap();
    world.with(slave, |slave: &mut Slave, now| {
        slave.handle_choice(master, now)
    });
}

fn is_choosing(did: &Did) -> bool {
    *did == Did::Slave(Event::Step(Step::Choosing))
}

#[test]
fn two_masters_are_listed_and_the_chosen_one_is_taken() {
    let mut world = World::new(good_wire(), 1);
    let masters = ["A", "B"].map(|id| world.add_master("192.168.1.2", id));
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    // A person takes their time: no deadline runs.
    world.run_for(60_000);
    assert_eq!(world.count(slave, is_choosing), 1);
    assert_eq!(listed(&world, slave), ["A: name of A", "B: name of B"]);
    assert_eq!(
        masters.map(|master| world.network.connections(master)),
        [0, 0]
    );

    choose(&mut world, slave, "B");
    world.run_for(50);
    assert!(world.network.are_joined(slave, masters[1]));
    assert_eq!(world.network.connections(masters[0]), 0);
}

#[test]
fn a_quick_choice_frees_the_other_master_at_once() {
    let mut world = World::new(good_wire(), 1);
    let masters = ["A", "B"].map(|id| world.add_master("192.168.1.2", id));
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(500);
    assert_eq!(
        masters.map(|master| world.network.connections(master)),
        [1, 1]
    );
    choose(&mut world, slave, "A");
    world.run_for(50);
    assert!(world.network.are_joined(slave, masters[0]));
    assert_eq!(world.network.connections(masters[1]), 0);
}

#[test]
fn others_that_could_be_masters_are_listened_for() {
    let mut world = World::new(good_wire(), 1);
    let is_connected = |did: &Did| matches!(did, Did::Slave(Event::Connected { .. }));
    let first = world.add_master("192.168.1.2", "A");
    world.run_for(100);
    let alone = world.add_slave("192.168.1.5", "S");
    world.run_for(100);
    assert!(
        world.when(alone, is_connected).unwrap() < 130,
        "nobody else could be one"
    );

    // A member that is silent to this slave: a slave that knows its master of old.
    let mut config = slave_config("Q");
    config.master = Some("elsewhere".try_into().unwrap());
    world.add("192.168.1.9", Box::new(Slave::new(config)));
    world.run_for(100);
    let began = world.now - 1000;
    let beside = world.add_slave("192.168.1.6", "T");
    world.run_for(1000);
    let took = world.when(beside, is_connected).unwrap() - began;
    assert!((500..550).contains(&took), "{took}");
    assert!(world.network.are_joined(beside, first));
}

#[test]
fn a_master_that_answers_late_changes_nothing() {
    let mut world = World::new(good_wire(), 1);
    let first = world.add_master("192.168.1.2", "A");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.network.without_candidates = vec![first, slave];
    world.run_for(20);
    let late = world.add_master("192.168.1.3", "B");
    world.run_for(60);
    let offer = r#"{"action":"offer","from":"B","to":"S","id":1,"name":"b","data":DATA}"#;
    let sdp = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
    let data = serde_json::json!({ "type": "offer", "sdp": sdp }).to_string();
    let offer = offer.replace("DATA", &serde_json::json!(data).to_string());
    world.say(late, Some(slave), &offer);
    world.run_for(10);
    assert_eq!(listed(&world, slave), ["A: name of A", "B: b"]);
    assert_eq!(world.count(slave, is_choosing), 0);
    assert_eq!(world.network.connections(late), 0);
}

#[test]
fn a_slave_stays_with_its_master() {
    let mut world = World::new(good_wire(), 1);
    let first = world.add_master("192.168.1.2", "A");
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    assert!(world.network.are_joined(slave, first));

    world.add_master("192.168.1.3", "B");
    world.kill(first);
    world.run_for(60_000);
    assert_eq!(listed(&world, slave), ["B: name of B"]);
    assert_eq!(
        world.count(slave, |did| matches!(
            did,
            Did::Slave(Event::Connected { .. })
        )),
        1
    );

    let again = world.add_master("192.168.1.2", "A");
    world.run_for(1000);
    assert!(world.network.are_joined(slave, again));
}

#[test]
fn a_person_may_switch() {
    let mut world = World::new(good_wire(), 1);
    let masters = ["A", "B"].map(|id| world.add_master("192.168.1.2", id));
    let mut config = slave_config("S");
    config.master = Some("A".try_into().unwrap());
    let slave = world.add("192.168.1.5", Box::new(Slave::new(config)));
    world.run_for(1000);
    assert!(world.network.are_joined(slave, masters[0]));
    choose(&mut world, slave, "B");
    world.run_for(1000);
    assert!(world.network.are_joined(slave, masters[1]));
    assert_eq!(world.network.connections(masters[0]), 0);
}

#[test]
fn masters_that_leave_are_no_choice() {
    let mut world = World::new(good_wire(), 1);
    let masters = ["A", "B"].map(|id| world.add_master("192.168.1.2", id));
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(1000);
    world.kill(masters[0]);
    world.run_for(1000);
    assert_eq!(listed(&world, slave), ["B: name of B"]);
    assert_eq!(world.network.connections(slave), 0);
    world.kill(masters[1]);
    world.run_for(100);
    let third = world.add_master("192.168.1.4", "C");
    world.run_for(1000);
    assert!(world.network.are_joined(slave, third));
}

#[test]
fn so_many_masters_are_listed_and_one_more_is_not() {
    let mut world = World::new(good_wire(), 1);
    for number in 0..=MASTERS {
        world.add_master("192.168.1.2", &format!("M{number:02}"));
    }
    world.run_for(100);
    let slave = world.add_slave("192.168.1.5", "S");
    world.run_for(60_000);
    assert_eq!(listed(&world, slave).len(), MASTERS);
}
