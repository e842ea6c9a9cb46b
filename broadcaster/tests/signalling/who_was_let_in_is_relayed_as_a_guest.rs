//! The lobby and the relay: nobody is relayed out of the lobby; who was let in is a guest, and relayed as any.

use crate::world::party::{DATE, Party, add_visitor};
use crate::world::{Did, Node, World, good_wire};
use broadcaster::limits::LOBBY_FOR;
use broadcaster::signalling::rtc::SessionId;
use broadcaster::signalling::slave::{Cause, Event, Step};
use broadcaster::signalling::{Master, Way, master};
use trust::registry::Terms;

/// Somebody knocks at a master that invites, and as long as it waits no time is lost.
fn add_knock(world: &mut World, master: Node) -> (Node, SessionId) {
    let slave = add_visitor(world, "192.168.1.23", "S");
    world.run_for(1000);
    let is_asked = |did: &Did| matches!(did, Did::Slave(Event::Step(Step::Waiting(_))));
    assert_eq!(world.count(slave, is_asked), 1);
    let session = world.master(master).peers().next().unwrap().session;
    (slave, session)
}

/// A person presses Allow.
fn let_in(world: &mut World, party: &mut Party, master: Node, session: SessionId) {
    let issued = party.invitations.invite(Terms::default(), [5; 24], DATE);
    let issued = issued.unwrap().id;
    party.tell(world, master);
    world.with(master, |master: &mut Master, now| {
        master.handle_let_in(session, issued, now);
    });
}

#[test]
fn who_finds_no_path_out_of_the_lobby_is_told_and_not_relayed() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    party.add_master(&mut world);
    let slave = add_visitor(&mut world, "192.168.1.23", "S");
    world.network.cut_off.push(slave);
    world.run_for(20_000);
    assert_eq!(world.ways(slave), []);
    let Some(Did::Slave(Event::Failed(failure))) = world.last(slave) else {
        panic!("it has to be told");
    };
    assert_eq!(failure.cause, Cause::NoPath);
    let said = |text: &str| {
        world
            .room
            .said
            .iter()
            .filter(|(_, said)| said.contains(text))
            .count()
    };
    assert!(said(r#""commitment""#) > 0 && said(r#""relay""#) == 0);
}

#[test]
fn who_was_let_in_comes_back_through_the_broadcaster_where_the_path_is_gone() {
    let (mut world, mut party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    let (slave, session) = add_knock(&mut world, master);
    let_in(&mut world, &mut party, master, session);
    world.run_for(1000);
    assert_eq!(world.ways(slave), [Way::Direct]);
    world.network.cut_off.push(slave);
    world.with(master, |master: &mut Master, now| {
        master.handle_dismissed(session, now);
    });
    world.run_for(15_000);
    assert_eq!(world.ways(slave), [Way::Direct, Way::Relayed]);
    let peer = world.master(master).peers().next().unwrap();
    assert!(
        peer.guest.is_some(),
        "by the invitation that was handed over"
    );
}

#[test]
fn who_loses_its_path_as_it_is_let_in_leaves_the_lobby_and_comes_in_by_the_door() {
    let (mut world, mut party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    let (slave, session) = add_knock(&mut world, master);
    world.network.cut_off.push(slave);
    let_in(&mut world, &mut party, master, session);
    let is_handed = |did: &Did| matches!(did, Did::Slave(Event::Invited(_)));
    while world.count(slave, is_handed) == 0 {
        world.run_for(1);
    }
    world.with(master, |master: &mut Master, now| {
        master.handle_dismissed(session, now);
    });
    world.run_for(15_000);
    assert_eq!(world.ways(slave), [Way::Relayed]);
    let knocked = |did: &Did| matches!(did, Did::Master(master::Event::Knocked { .. }));
    assert_eq!(world.count(master, knocked), 1, "nobody is asked again");
    world.run_for(LOBBY_FOR.0);
    assert_eq!(world.ways(slave), [Way::Relayed], "a member's stay");
}
