//! A guest and its master between whom no packet passes: they speak through the broadcaster, which can
//! neither read, change nor repeat it, until there is a path.

use crate::world::party::{DATE, Party, add_guest, add_guest_at, add_stranger};
use crate::world::{Did, Node, Spoil, World, good_wire};
use broadcaster::Millis;
use broadcaster::limits::{HALF_OPEN_FOR, RELAY_SILENCE, RELAYS, RELAYS_PER_ADDRESS};
use broadcaster::signalling::master::{self, Failed, Left, Status};
use broadcaster::signalling::rtc::SessionId;
use broadcaster::signalling::slave::{Cause, Event};
use broadcaster::signalling::{Master, Slave, Way};
use trust::rights::Rights;

/// A guest of a master that it cannot reach, relayed.
struct Cut {
    world: World,
    party: Party,
    master: Node,
    slave: Node,
}

impl Cut {
    fn new() -> Self {
        let (mut world, party) = (World::new(good_wire(), 1), Party::new());
        let master = party.add_master(&mut world);
        let slave = party.add_slave(&mut world, "S");
        world.network.cut_off.push(slave);
        world.run_for(8000);
        let cut = Self {
            world,
            party,
            master,
            slave,
        };
        assert_eq!(cut.ways(), [Way::Relayed]);
        cut
    }

    /// By which ways the slave was connected, one after the other.
    fn ways(&self) -> Vec<Way> {
        self.world.ways(self.slave)
    }

    fn session(&self) -> SessionId {
        let mut log = self.world.log.iter().rev();
        log.find_map(|(_, node, did)| match did {
            Did::Slave(Event::Connected { session, .. }) if *node == self.slave => Some(*session),
            _ => None,
        })
        .unwrap()
    }

    fn say(&mut self, text: &str) {
        let session = self.session();
        self.world
            .with(self.slave, |slave: &mut Slave, now: Millis| {
                slave.handle_frame(session, &text.into(), now);
            });
    }

    fn answer(&mut self, text: &str) {
        let session = self.world.master(self.master).peers().next().unwrap();
        let session = session.session;
        self.world
            .with(self.master, |master: &mut Master, now: Millis| {
                master.handle_frame(session, &text.into(), now);
            });
    }

    fn losses(&self) -> usize {
        let is_lost = |did: &Did| matches!(did, Did::Slave(Event::Lost { .. }));
        self.world.count(self.slave, is_lost)
    }

    fn statuses(&mut self) -> Vec<Way> {
        let peers = self.world.master(self.master).peers();
        peers
            .filter_map(|peer| match peer.status {
                Status::Connected { way, .. } => Some(way),
                Status::Connecting | Status::Waiting { .. } => None,
            })
            .collect()
    }
}

#[test]
fn it_is_connected_through_the_broadcaster_which_reads_nothing() {
    let mut cut = Cut::new();
    assert_eq!(cut.statuses(), [Way::Relayed]);
    let (long, short) = ("long ".repeat(20_000), "plain words");
    cut.say(&long);
    cut.answer(short);
    cut.world.run_for(100);
    let heard = |did: &Did| match did {
        Did::Master(master::Event::Frame { frame, .. }) => *frame == long.as_str().into(),
        Did::Slave(Event::Frame { frame, .. }) => *frame == short.into(),
        _ => false,
    };
    assert_eq!(cut.world.count(cut.master, heard), 1);
    assert_eq!(cut.world.count(cut.slave, heard), 1);
    let shows = |message: &Vec<u8>| {
        message
            .windows(5)
            .any(|bytes| bytes == b"long " || bytes == b"plain")
    };
    assert!(!cut.world.room.sealed.iter().any(shows));
    assert!(
        cut.world.room.sealed.len() > 5,
        "the long one came in parts"
    );
}

#[test]
fn it_moves_to_a_channel_as_soon_as_there_can_be_one_and_loses_nothing() {
    let mut cut = Cut::new();
    let relayed = cut.session();
    cut.world.network.cut_off.clear();
    cut.world.run_for(30_000);
    assert_eq!(cut.ways(), [Way::Relayed, Way::Direct]);
    assert_eq!(cut.losses(), 0);
    // Until the last call through the broadcaster is answered, there are both.
    assert_eq!(cut.statuses(), [Way::Relayed, Way::Direct]);
    let slave = cut.slave;
    cut.world.with(slave, |slave: &mut Slave, now: Millis| {
        slave.handle_frame(relayed, &"last".into(), now);
    });
    cut.world.run_for(10);
    let is_last = |did: &Did| matches!(did, Did::Master(master::Event::Frame { .. }));
    assert_eq!(cut.world.count(cut.master, is_last), 1);
    cut.world
        .with(slave, |slave: &mut Slave, _| slave.handle_moved());
    cut.world.run_for(100);
    assert_eq!(cut.statuses(), [Way::Direct]);
    assert!(!cut.world.room.is_connected(slave), "it has left the room");
    assert_eq!(cut.losses(), 0);
}

#[test]
fn a_lost_channel_becomes_a_relay_where_it_cannot_be_made_again() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    let slave = party.add_slave(&mut world, "S");
    world.run_for(1000);
    world.network.cut_off.push(slave);
    let session = world.master(master).peers().next().unwrap().session;
    world.with(master, |master: &mut Master, now: Millis| {
        master.handle_dismissed(session, now);
    });
    world.run_for(15_000);
    assert_eq!(world.ways(slave), [Way::Direct, Way::Relayed]);
}

#[test]
fn pauses_between_its_looks_for_a_path_grow() {
    let mut cut = Cut::new();
    let tries = |cut: &mut Cut, span: u64| {
        let connecting = |did: &Did| matches!(did, Did::Master(master::Event::Connecting { .. }));
        let before = cut.world.count(cut.master, connecting);
        cut.world.run_for(span);
        cut.world.count(cut.master, connecting) - before
    };
    let (soon, later) = (tries(&mut cut, 60_000), tries(&mut cut, 60_000));
    assert!(soon > later && later > 0, "{soon}, then {later}");
    assert_eq!(cut.ways(), [Way::Relayed]);
    let is_told = |did: &Did| matches!(did, Did::Slave(Event::Pausing { .. }));
    assert_eq!(cut.world.count(cut.slave, is_told), 0);
}

#[test]
fn a_message_that_was_changed_or_repeated_ends_it_and_it_begins_anew() {
    for spoil in [Spoil::Changes, Spoil::Repeats] {
        for is_slaves in [true, false] {
            let mut cut = Cut::new();
            cut.world.room.spoil = Some(spoil);
            if is_slaves {
                cut.say("to the master");
            } else {
                cut.answer("to the slave");
            }
            cut.world.run_for(10);
            cut.world.room.spoil = None;
            assert_eq!(cut.losses(), 1, "{spoil:?}");
            cut.world.run_for(15_000);
            assert_eq!(cut.ways(), [Way::Relayed, Way::Relayed], "{spoil:?}");
            assert_eq!(cut.statuses(), [Way::Relayed], "{spoil:?}");
        }
    }
}

#[test]
fn an_old_first_message_that_is_sent_again_connects_nobody() {
    let mut cut = Cut::new();
    let (_, first) = cut
        .world
        .room
        .said
        .iter()
        .find(|(_, said)| said.contains("\"relay\""))
        .unwrap();
    let replayed = first.replace(r#""id":2"#, r#""id":99"#);
    let thief = add_guest(&mut cut.world, "T", cut.party.shared());
    cut.world.network.cut_off.push(thief);
    cut.world.run_for(100);
    let connected = |did: &Did| matches!(did, Did::Master(master::Event::Connected { .. }));
    let before = cut.world.count(cut.master, connected);
    let master = cut.master;
    cut.world.say(thief, Some(master), &replayed);
    cut.world.run_for(HALF_OPEN_FOR.0 / 4);
    assert_eq!(cut.world.count(cut.master, connected), before);
    assert_eq!(cut.statuses(), [Way::Relayed]);
    cut.say("still here");
    cut.world.run_for(10);
    let heard = |did: &Did| matches!(did, Did::Master(master::Event::Frame { .. }));
    assert_eq!(cut.world.count(cut.master, heard), 1);
    cut.world.run_for(HALF_OPEN_FOR.0 * 2);
    let unproven = |did: &Did| {
        matches!(
            did,
            Did::Master(master::Event::Failed {
                why: Failed::Unproven | Failed::Superseded,
                ..
            })
        )
    };
    assert!(cut.world.count(cut.master, unproven) > 0);
}

#[test]
fn revoking_ends_it_and_so_does_the_masters_person() {
    let mut cut = Cut::new();
    let id = cut.party.shared().id;
    cut.party.invitations.renew(id, [8; 24], DATE).unwrap();
    let master = cut.master;
    cut.party.tell(&mut cut.world, master);
    cut.world.run_for(10);
    assert_eq!(cut.losses(), 1);
    assert_eq!(cut.statuses(), []);
    let left = |did: &Did| {
        matches!(
            did,
            Did::Master(master::Event::Left {
                why: Left::Revoked,
                ..
            })
        )
    };
    assert_eq!(cut.world.count(master, left), 1);
    cut.world.run_for(5000);
    let Some(Did::Slave(Event::Failed(failure))) = cut.world.last(cut.slave) else {
        panic!("it has to be told");
    };
    assert_eq!(failure.cause, Cause::Invitation);

    let mut cut = Cut::new();
    let session = cut.world.master(cut.master).peers().next().unwrap().session;
    let master = cut.master;
    cut.world.with(master, |master: &mut Master, now: Millis| {
        master.handle_dismissed(session, now);
    });
    cut.world.run_for(10);
    assert_eq!(cut.losses(), 1);
}

#[test]
fn it_ends_with_the_room_and_comes_back_with_it() {
    let mut cut = Cut::new();
    cut.world.set_broadcaster(false);
    cut.world.run_for(100);
    assert_eq!(cut.losses(), 1);
    assert_eq!(cut.statuses(), []);
    cut.world.set_broadcaster(true);
    cut.world.run_for(30_000);
    assert_eq!(cut.ways(), [Way::Relayed, Way::Relayed]);
    let (master, slave) = (cut.master, cut.slave);
    cut.world.kill(master);
    cut.world.run_for(100);
    assert_eq!(cut.losses(), 2);
    assert!(
        cut.world
            .count(slave, |did| matches!(did, Did::Slave(Event::Failed(_))))
            == 0
    );
}

#[test]
fn a_master_that_is_not_heard_any_more_is_asked_and_then_given_up() {
    let mut cut = Cut::new();
    cut.world.run_for(RELAY_SILENCE.0 * 3);
    assert_eq!(cut.losses(), 0, "it answers");
    cut.world.room.spoil = Some(Spoil::Swallows);
    cut.world.run_for(RELAY_SILENCE.0 * 2);
    assert_eq!(cut.losses(), 1);
}

#[test]
fn a_slave_without_an_invitation_is_not_relayed() {
    let mut world = World::new(good_wire(), 1);
    world.add_master("192.168.1.2", "M");
    let slave = add_stranger(&mut world, "S");
    world.network.cut_off.push(slave);
    world.run_for(20_000);
    assert_eq!(world.ways(slave), []);
    let Some(Did::Slave(Event::Failed(failure))) = world.last(slave) else {
        panic!("it has to be told");
    };
    assert_eq!(failure.cause, Cause::NoPath);
}

#[test]
fn a_master_relays_for_so_many_of_an_address_and_then_for_others() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    party.add_master(&mut world);
    let add = |world: &mut World, address: &str, number: usize| {
        let slave = add_guest_at(world, address, &format!("S{number}"), party.shared());
        world.network.cut_off.push(slave);
        // Those of an address look for a path four at a time.
        world.run_for(60_000);
        slave
    };
    let crowd: Vec<Node> = (1..=RELAYS_PER_ADDRESS)
        .map(|number| add(&mut world, "192.168.2.1", number))
        .collect();
    let is_relayed = |world: &World, slave| !world.ways(slave).is_empty();
    assert!(crowd.iter().all(|slave| is_relayed(&world, *slave)));
    let late = add(&mut world, "192.168.2.1", RELAYS_PER_ADDRESS + 1);
    assert_eq!(world.ways(late), []);
    let other = add(&mut world, "192.168.2.2", RELAYS_PER_ADDRESS + 2);
    assert!(is_relayed(&world, other));
    world.kill(crowd[0]);
    let next = add(&mut world, "192.168.2.1", RELAYS_PER_ADDRESS + 3);
    assert!(is_relayed(&world, next) || is_relayed(&world, late));
}

#[test]
fn a_master_relays_for_so_many_and_no_more() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    let add = |world: &mut World, number: usize| {
        let (address, id) = (format!("192.168.2.{number}"), format!("S{number}"));
        let slave = add_guest_at(world, &address, &id, party.shared());
        world.network.cut_off.push(slave);
        world.run_for(8000);
        slave
    };
    let relayed: Vec<Node> = (1..=RELAYS).map(|number| add(&mut world, number)).collect();
    let is_relayed = |world: &World, slave| world.ways(slave) == [Way::Relayed];
    assert!(relayed.iter().all(|slave| is_relayed(&world, *slave)));
    let late = add(&mut world, RELAYS + 1);
    assert_eq!(world.ways(late), []);
    world.kill(relayed[0]);
    world.run_for(20_000);
    assert_eq!(
        world
            .master(master)
            .peers()
            .filter(|peer| peer.guest.is_some())
            .count(),
        RELAYS - 1
    );
}

#[test]
fn what_a_person_has_taken_from_a_guest_it_does_not_get_back_by_moving() {
    let mut cut = Cut::new();
    let session = cut.world.master(cut.master).peers().next().unwrap().session;
    let master = cut.master;
    cut.world.with(master, |master: &mut Master, _| {
        master.handle_rights(session, Rights::ReadOnly);
    });
    cut.world.network.cut_off.clear();
    cut.world.run_for(30_000);
    let rights: Vec<Rights> = cut
        .world
        .master(master)
        .peers()
        .map(|peer| peer.rights)
        .collect();
    assert_eq!(rights, [Rights::ReadOnly, Rights::ReadOnly]);
}
