//! The lobby, from a knock to a person's word: both sides show the same signs, or somebody is in between;
//! who is let in is a guest like any other, and until then nobody.

use crate::world::party::{DATE, Party, add_visitor};
use crate::world::{Did, Node, World, good_wire};
use broadcaster::limits::{LOBBY, LOBBY_FOR};
use broadcaster::signalling::Master;
use broadcaster::signalling::master::{self, Failed};
use broadcaster::signalling::rtc::SessionId;
use broadcaster::signalling::slave::{Cause, Event, Failure, Step};
use trust::registry::Terms;
use trust::rights::Rights;
use trust::signs::Signs;

const ADDRESS: &str = "192.168.1.23";

/// A master that invites, and somebody who knocks.
fn knocked() -> (World, Party, Node, Node) {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    let slave = add_visitor(&mut world, ADDRESS, "S");
    world.run_for(1000);
    (world, party, master, slave)
}

/// What the slave shows, the last it was told.
fn shown(world: &World, slave: Node) -> Option<Signs> {
    match world.last(slave) {
        Some(Did::Slave(Event::Step(Step::Waiting(signs)))) => Some(*signs),
        _ => None,
    }
}

/// What the master shows of each that waits.
fn asked(world: &mut World, master: Node) -> Vec<(SessionId, Signs)> {
    let peers = world.master(master).peers();
    peers
        .filter_map(|peer| match peer.status {
            master::Status::Waiting { signs } => Some((peer.session, signs)),
            master::Status::Connecting | master::Status::Connected { .. } => None,
        })
        .collect()
}

fn knocks(world: &World, master: Node) -> usize {
    world.count(master, |did| {
        matches!(did, Did::Master(master::Event::Knocked { .. }))
    })
}

fn is_connected(world: &World, slave: Node) -> bool {
    matches!(
        world.last(slave),
        Some(Did::Slave(Event::Connected {
            is_verified: true,
            ..
        }))
    )
}

fn was_connected(world: &World, node: Node) -> bool {
    let is_it = |did: &Did| {
        matches!(
            did,
            Did::Slave(Event::Connected { .. }) | Did::Master(master::Event::Connected { .. })
        )
    };
    world.count(node, is_it) > 0
}

fn failure(world: &World, slave: Node) -> Failure {
    match world.last(slave) {
        Some(Did::Slave(Event::Failed(failure))) => failure.clone(),
        other => panic!("no failure but {other:?}"),
    }
}

fn failed(world: &World, master: Node, why: &Failed) -> usize {
    world.count(
        master,
        |did| matches!(did, Did::Master(master::Event::Failed { why: is, .. }) if is == why),
    )
}

/// A person presses Allow: the worker issues an invitation and tells of it before or after the word.
fn let_in(world: &mut World, party: &mut Party, master: Node, session: SessionId, is_known: bool) {
    let terms = Terms {
        label: ADDRESS.to_owned(),
        rights: Rights::AskFirst,
        expires: None,
    };
    let issued = party.invitations.invite(terms, [5; 24], DATE).unwrap().id;
    if is_known {
        party.tell(world, master);
    }
    world.with(master, |master: &mut Master, now| {
        master.handle_let_in(session, issued, now);
    });
    if !is_known {
        world.run_for(2000);
        party.tell(world, master);
    }
}

#[test]
fn both_sides_show_the_same_signs_and_nothing_is_served() {
    let (mut world, _, master, slave) = knocked();
    let [(_, signs)] = asked(&mut world, master)[..] else {
        panic!("one waits");
    };
    assert_eq!(shown(&world, slave), Some(signs));
    let peer = world.master(master).peers().next().unwrap();
    assert_eq!(peer.address, Some(ADDRESS.parse().unwrap()));
    assert!(peer.member.is_some() && peer.guest.is_none());
    world.run_for(60_000);
    assert!(!was_connected(&world, master) && !was_connected(&world, slave));
    assert_eq!(knocks(&world, master), 1, "it is asked once");
}

#[test]
fn each_knock_has_signs_of_its_own() {
    let (mut world, _, master, slave) = knocked();
    let before = shown(&world, slave);
    world.kill(slave);
    world.run_for(10_000);
    assert_eq!(asked(&mut world, master), []);
    let again = add_visitor(&mut world, ADDRESS, "T");
    world.run_for(1000);
    assert!(shown(&world, again).is_some() && shown(&world, again) != before);
}

#[test]
fn who_is_let_in_is_handed_an_invitation_and_proves_it_on_the_same_channel() {
    for is_known in [true, false] {
        let (mut world, mut party, master, slave) = knocked();
        let session = asked(&mut world, master)[0].0;
        let before = world.network.connections(slave);
        let_in(&mut world, &mut party, master, session, is_known);
        world.run_for(1000);
        assert!(is_connected(&world, slave), "known first: {is_known}");
        assert_eq!((before, world.network.connections(slave)), (1, 1));
        assert!(world.network.are_joined(slave, master));
        assert!(!world.room.is_connected(slave), "it has left the lobby");
        let peer = world.master(master).peers().next().unwrap();
        assert_eq!(peer.guest.unwrap().label, ADDRESS);
        assert_eq!((peer.session, peer.rights), (session, Rights::AskFirst));
        let handed = |did: &Did| matches!(did, Did::Slave(Event::Invited(_)));
        assert_eq!(world.count(slave, handed), 1);
    }
}

#[test]
fn who_was_let_in_comes_back_by_itself_until_the_invitation_is_revoked() {
    let (mut world, mut party, master, slave) = knocked();
    let session = asked(&mut world, master)[0].0;
    let_in(&mut world, &mut party, master, session, true);
    world.run_for(1000);
    world.with(master, |master: &mut Master, now| {
        master.handle_dismissed(session, now);
    });
    world.run_for(5000);
    assert!(is_connected(&world, slave));
    assert_eq!(knocks(&world, master), 1);
    let peer = world.master(master).peers().next().unwrap();
    let id = peer.guest.unwrap().invitation;
    party.invitations.revoke(id).unwrap();
    party.tell(&mut world, master);
    world.run_for(5000);
    assert_eq!(failure(&world, slave).cause, Cause::Invitation);
}

#[test]
fn who_is_refused_is_told_what_to_do_and_leaves_nothing_half_open() {
    let (mut world, _, master, slave) = knocked();
    world.close(slave, 4403);
    world.run_for(5000);
    let failure = failure(&world, slave);
    assert!(matches!(failure.cause, Cause::Refused { code: 4403, .. }));
    assert!(failure.to_string().contains("Talk to the person"));
    assert_eq!(world.master(master).peers().count(), 0);
    let left = [master, slave].map(|node| world.network.connections(node));
    assert_eq!(left, [0, 0]);
}

#[test]
fn a_knock_that_nobody_answers_ends_in_words() {
    let (mut world, _, master, slave) = knocked();
    world.run_for(LOBBY_FOR.0 - 2000);
    assert_eq!(asked(&mut world, master).len(), 1);
    world.close(slave, 4408);
    world.run_for(5000);
    let failure = failure(&world, slave).to_string();
    assert!(
        failure.contains("to answer, then connect again"),
        "{failure}"
    );
    assert_eq!(world.master(master).peers().count(), 0);
}

#[test]
fn the_master_ends_a_knock_in_time_also_where_the_hub_does_not() {
    let (mut world, _, master, slave) = knocked();
    world.run_for(LOBBY_FOR.0 - 1500);
    assert_eq!(failed(&world, master, &Failed::NotLetIn), 0);
    world.run_for(1500);
    assert_eq!(failed(&world, master, &Failed::NotLetIn), 1);
    assert!(!was_connected(&world, slave));
}

#[test]
fn a_word_for_one_that_has_left_is_for_nobody() {
    let (mut world, mut party, master, slave) = knocked();
    let session = asked(&mut world, master)[0].0;
    world.kill(slave);
    world.run_for(10);
    assert_eq!(failed(&world, master, &Failed::Gone), 1);
    let next = add_visitor(&mut world, ADDRESS, "S");
    world.run_for(1000);
    let_in(&mut world, &mut party, master, session, true);
    world.run_for(1000);
    assert!(
        shown(&world, next).is_some(),
        "the same id, and another session"
    );
    assert!(!was_connected(&world, next));
}

#[test]
fn a_hub_in_between_changes_the_signs_or_is_found_out() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    // Its own nonce in place of each, as if it spoke with both sides; certificates stay, so that they connect.
    world.room.lie = Some(|text| {
        let Some(at) = text.find(r#""nonce":""#) else {
            return text.to_owned();
        };
        let (before, after) = text.split_at(at + 9);
        format!("{before}AAAAAAAAAAAAAAAAAAAAAA{}", &after[22..])
    });
    let slave = add_visitor(&mut world, ADDRESS, "S");
    world.run_for(20_000);
    assert!(failed(&world, master, &Failed::Unproven) > 0);
    assert_eq!((knocks(&world, master), shown(&world, slave)), (0, None));
}

#[test]
fn a_hub_that_swaps_the_masters_certificate_makes_other_signs() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    world.room.lie = Some(|text| {
        if text.contains(r#""action":"offer""#) {
            text.replace("a=fingerprint:sha-256 00", "a=fingerprint:sha-256 FF")
        } else {
            text.to_owned()
        }
    });
    let slave = add_visitor(&mut world, ADDRESS, "S");
    world.run_for(1000);
    let on_master = asked(&mut world, master)[0].1;
    let on_slave = shown(&world, slave).unwrap();
    assert_ne!(on_slave, on_master);
}

#[test]
fn a_hub_that_answers_in_the_slaves_place_is_no_slave_that_has_asked() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    world.room.lie = Some(|text| {
        if text.contains(r#""action":"answer""#) {
            text.replace("a=fingerprint:sha-256 00", "a=fingerprint:sha-256 FF")
        } else {
            text.to_owned()
        }
    });
    add_visitor(&mut world, ADDRESS, "S");
    world.run_for(5000);
    assert_eq!(knocks(&world, master), 0);
    assert!(failed(&world, master, &Failed::Unproven) > 0);
}

#[test]
fn no_more_wait_than_the_lobby_holds() {
    let (mut world, mut party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    let all: Vec<Node> = (0..=LOBBY)
        .map(|n| {
            let node = add_visitor(
                &mut world,
                &format!("192.168.1.{}", 30 + n),
                &format!("S{n}"),
            );
            world.run_for(500);
            node
        })
        .collect();
    assert_eq!(asked(&mut world, master).len(), LOBBY);
    assert!(failed(&world, master, &Failed::Busy) > 0);
    let last = all[LOBBY];
    assert_eq!(shown(&world, last), None);
    assert!(!was_connected(&world, last));
    // They take no place of those who come with an invitation.
    let guest = party.add_slave(&mut world, "G");
    world.run_for(1000);
    assert!(is_connected(&world, guest));
    let session = asked(&mut world, master)[0].0;
    let_in(&mut world, &mut party, master, session, true);
    world.run_for(15_000);
    assert_eq!(asked(&mut world, master).len(), LOBBY, "its place is taken");
}

#[test]
fn a_master_that_invites_nobody_lets_nobody_knock() {
    let mut world = World::new(good_wire(), 1);
    let master = world.add_master("192.168.1.2", "M");
    world.run_for(100);
    let text = r#"{"action":"request","from":"S","id":1,"protocols":["jio.2"],"commitment":"LW20nO0809m_YwOPo-qVICde8d7vYyyJj0Dm4Q_dT5Q"}"#;
    let slave = add_visitor(&mut world, ADDRESS, "T");
    world.say(slave, Some(master), text);
    world.run_for(10);
    let sessions = world.master(master).peers();
    assert!(sessions.filter(|peer| peer.peer.as_str() == "S").count() == 0);
}
