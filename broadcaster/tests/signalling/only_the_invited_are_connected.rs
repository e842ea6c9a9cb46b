//! A master that invites and its guests: each knows who the other is before anything else is said, and a
//! hub that lies changes nothing but that they do not meet.

use crate::world::party::{self, DATE, Party, add_guest, add_stranger};
use crate::world::{Did, Node, Wire, World, good_wire};
use broadcaster::hub::Mode;
use broadcaster::signalling::master::{self, Failed, Left, Strangers};
use broadcaster::signalling::rtc::{Event as RtcEvent, SessionId};
use broadcaster::signalling::slave::{Cause, Event};
use broadcaster::signalling::{Framing, Master, Way};
use trust::identity::Identity;
use trust::registry::UnixSeconds;
use trust::rights::Rights;

fn connected(world: &World, slave: Node) -> Option<bool> {
    let mut log = world.log.iter().rev();
    log.find_map(|(_, node, did)| match did {
        Did::Slave(Event::Connected { is_verified, .. }) if *node == slave => Some(*is_verified),
        _ => None,
    })
}

fn causes(world: &World, slave: Node) -> Vec<Cause> {
    let log = world.log.iter().filter(|(_, node, _)| *node == slave);
    log.filter_map(|(_, _, did)| match did {
        Did::Slave(Event::Failed(failure) | Event::Pausing { failure, .. }) => {
            Some(failure.cause.clone())
        }
        _ => None,
    })
    .collect()
}

fn has_failed(world: &World, slave: Node) -> bool {
    matches!(world.last(slave), Some(Did::Slave(Event::Failed(_))))
}

#[test]
fn an_invited_slave_is_connected_and_both_know_who_is_there() {
    let (mut world, mut party) = (World::new(good_wire(), 1), Party::new());
    let invitation = party.invite(1, Rights::ReadOnly, None);
    let master = party.add_master(&mut world);
    let slave = add_guest(&mut world, "S", invitation.clone());
    world.run_for(1000);
    assert_eq!(connected(&world, slave), Some(true));
    assert!(world.network.are_joined(slave, master));
    assert!(!world.room.is_connected(slave), "it has left the room");
    let peer = world.master(master).peers().next().unwrap();
    let guest = peer.guest.unwrap();
    assert_eq!(
        (guest.invitation, guest.label.as_str()),
        (invitation.id, "guest 1")
    );
    assert_eq!(peer.rights, Rights::ReadOnly);
    let way = Way::Direct;
    let protocol = "jio.2";
    assert_eq!(peer.status, master::Status::Connected { protocol, way });
}

#[test]
fn a_proof_over_a_bad_wire_comes_through() {
    let connects = |seed: &u64| {
        let wire = Wire {
            lost: 10,
            repeated: 20,
            late: 40,
            ..good_wire()
        };
        let (mut world, party) = (World::new(wire, *seed), Party::new());
        let master = party.add_master(&mut world);
        let slave = party.add_slave(&mut world, "S");
        world.run_for(15_000);
        connected(&world, slave) == Some(true) && world.network.are_joined(slave, master)
    };
    let all = (0..100).filter(connects).count();
    assert!(all >= 95, "{all} of 100");
}

#[test]
fn an_invitation_that_is_not_known_is_refused_at_the_door_in_words() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    party.add_master(&mut world);
    let mut foreign = Party {
        identity: Identity::from_random([5; 32]),
        ..Party::new()
    };
    let other = foreign.invite(2, Rights::ReadWrite, None);
    let mut renewed = party.clone();
    let id = renewed.shared().id;
    renewed.invitations.renew(id, [8; 24], DATE).unwrap();
    for (name, invitation) in [("T", renewed.shared()), ("U", other)] {
        let slave = add_guest(&mut world, name, invitation);
        world.run_for(500);
        assert!(has_failed(&world, slave), "{name}");
        assert_eq!(causes(&world, slave), [Cause::Invitation], "{name}");
    }
}

#[test]
fn a_slave_without_an_invitation_is_told_so_at_once_and_says_nothing() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    party.add_master(&mut world);
    let said = world.room.said.len();
    let slave = add_stranger(&mut world, "S");
    world.run_for(100);
    assert_eq!(causes(&world, slave), [Cause::NotInvited]);
    assert!(!world.room.is_connected(slave));
    assert_eq!(world.room.said.len(), said);
}

#[test]
fn a_false_master_is_found_out() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let thief = Party {
        // It has seen the invitation; what it lacks is the master's key.
        identity: Identity::from_random([5; 32]),
        invitations: party.invitations.clone(),
    };
    thief.add_master(&mut world);
    let slave = party.add_slave(&mut world, "S");
    world.run_for(20_000);
    assert_eq!(connected(&world, slave), None);
    assert!(has_failed(&world, slave));
    assert!(
        causes(&world, slave)
            .iter()
            .all(|cause| *cause == Cause::Unproven)
    );
}

#[test]
fn a_master_that_wants_no_proof_is_not_believed() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let slave = party.add_slave(&mut world, "S");
    world.add_master("192.168.1.2", "M");
    world.run_for(20_000);
    assert_eq!(connected(&world, slave), None);
    assert_eq!(causes(&world, slave).last(), Some(&Cause::Invitation));
}

#[test]
fn a_hub_that_swaps_a_fingerprint_is_found_out_on_both_sides() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    // Whatever a certificate begins with, it begins with FF afterwards.
    world.room.lie =
        Some(|text| text.replace("a=fingerprint:sha-256 00", "a=fingerprint:sha-256 FF"));
    let slave = party.add_slave(&mut world, "S");
    world.run_for(20_000);
    assert_eq!(connected(&world, slave), None);
    assert!(causes(&world, slave).contains(&Cause::Unproven));
    let is_unproven = |did: &Did| {
        matches!(
            did,
            Did::Master(master::Event::Failed {
                why: Failed::Unproven,
                ..
            })
        )
    };
    assert!(world.count(master, is_unproven) > 0);
    assert_eq!(world.master(master).peers().count(), 0);
}

#[test]
fn a_hub_that_adds_a_fingerprint_gets_its_offer_dropped() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    party.add_master(&mut world);
    world.room.lie =
        Some(|text| text.replace("a=ice-ufrag", "a=FINGERPRINT:sha-1 00\\\\r\\\\na=ice-ufrag"));
    let slave = party.add_slave(&mut world, "S");
    world.run_for(20_000);
    assert_eq!(connected(&world, slave), None);
    assert_eq!(world.network.connections(slave), 0);
}

#[test]
fn revoking_and_renewing_cut_channels_and_who_comes_again_is_told() {
    for renews in [false, true] {
        let (mut world, mut party) = (World::new(good_wire(), 1), Party::new());
        let other = party.invite(1, Rights::ReadWrite, None);
        let master = party.add_master(&mut world);
        let slave = party.add_slave(&mut world, "S");
        world.run_for(1000);
        let stays = add_guest(&mut world, "T", other);
        world.run_for(1000);
        let id = party.shared().id;
        if renews {
            party.invitations.renew(id, [8; 24], DATE).unwrap();
        } else {
            party.invitations.revoke(id).unwrap();
        }
        party.tell(&mut world, master);
        let left = |did: &Did| {
            matches!(
                did,
                Did::Master(master::Event::Left {
                    why: Left::Revoked,
                    ..
                })
            )
        };
        assert_eq!(world.count(master, left), 1);
        world.run_for(5000);
        assert!(has_failed(&world, slave), "renewed: {renews}");
        assert_eq!(causes(&world, slave).last(), Some(&Cause::Invitation));
        assert!(world.network.are_joined(stays, master));
    }
}

#[test]
fn an_invitation_ends_on_its_date() {
    let (mut world, mut party) = (World::new(good_wire(), 1), Party::new());
    let end = UnixSeconds(DATE.0 + 30);
    let invitation = party.invite(1, Rights::ReadWrite, Some(end));
    let master = party.add_master(&mut world);
    let slave = add_guest(&mut world, "S", invitation);
    world.run_for(25_000);
    assert!(world.network.are_joined(slave, master));
    world.run_for(10_000);
    assert_eq!(world.master(master).peers().count(), 0);
}

#[test]
fn a_channel_without_a_proof_is_closed_after_ten_seconds_or_at_the_first_wrong_word() {
    for word in [
        None,
        Some(b"{\"type\":\"hello\"}".to_vec()),
        Some(vec![1; 57]),
    ] {
        let mut master =
            Master::inviting(party::config("M"), Party::new().host(Strangers::Refused));
        let now = broadcaster::Millis;
        master.handle_start(now(0));
        master.handle_opened(Framing::Plain, now(0));
        let id = Party::new().shared().id;
        let request = format!(
            r#"{{"action":"request","from":"S","id":1,"protocols":["jio.2"],"invitation":"{id}"}}"#
        );
        master.handle_text(&request, now(0));
        let session = SessionId(1);
        let protocol = "jio.2".to_owned();
        master.handle_rtc(session, RtcEvent::Opened { protocol }, now(9000));
        let failed = |master: &mut Master| {
            let outputs = std::iter::from_fn(|| match master.poll_output() {
                master::Output::Wait(_) => None,
                output => Some(output),
            });
            outputs
                .filter(|output| {
                    matches!(
                        output,
                        master::Output::Event(master::Event::Failed {
                            why: Failed::Unproven,
                            ..
                        })
                    )
                })
                .count()
        };
        match word {
            Some(word) => master.handle_rtc(session, RtcEvent::Frame(word), now(9001)),
            None => {
                master.handle_timeout(now(18_999));
                assert_eq!(failed(&mut master), 0);
                master.handle_timeout(now(19_000));
            }
        }
        assert_eq!(failed(&mut master), 1);
        assert_eq!(master.peers().count(), 0);
    }
}

#[test]
fn in_open_mode_a_guest_is_verified_and_a_stranger_is_none() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let host = party.host(Strangers::Admitted);
    let mut config = party::config("M");
    config.rights = Rights::AskFirst;
    let master = world.add("192.168.1.2", Box::new(Master::inviting(config, host)));
    world.run_for(100);
    let guest = party.add_slave(&mut world, "S");
    world.run_for(2000);
    let stranger = add_stranger(&mut world, "T");
    world.run_for(2000);
    assert_eq!(connected(&world, guest), Some(true));
    assert_eq!(connected(&world, stranger), Some(false));
    let rights: Vec<_> = world
        .master(master)
        .peers()
        .map(|peer| (peer.guest.is_some(), peer.rights))
        .collect();
    assert_eq!(
        rights,
        [(true, Rights::ReadWrite), (false, Rights::AskFirst)]
    );
    world.room.mode = Mode::Invited;
    party.tell(&mut world, master);
    let left: Vec<_> = world
        .master(master)
        .peers()
        .map(|peer| peer.guest.is_some())
        .collect();
    assert_eq!(left, [true]);
}

#[test]
fn a_person_changes_what_a_guest_may_do() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let master = party.add_master(&mut world);
    party.add_slave(&mut world, "S");
    world.run_for(1000);
    world.with(master, |master: &mut Master, _| {
        let session = master.peers().next().unwrap().session;
        master.handle_rights(session, Rights::ReadOnly);
    });
    let peer = world.master(master).peers().next().unwrap();
    assert_eq!(peer.rights, Rights::ReadOnly);
}

#[test]
fn what_strangers_may_is_changed_for_those_who_are_connected_but_not_what_was_said_of_one() {
    let (mut world, party) = (World::new(good_wire(), 1), Party::new());
    let host = || party.host(Strangers::Admitted);
    let inviting = Master::inviting(party::config("M"), host());
    let master = world.add("192.168.1.2", Box::new(inviting));
    world.run_for(100);
    for id in ["S", "T"] {
        add_stranger(&mut world, id);
        world.run_for(2000);
    }
    let rights = |world: &mut World| {
        let peers = world.master(master).peers();
        peers.map(|peer| peer.rights).collect::<Vec<_>>()
    };
    assert_eq!(rights(&mut world), [Rights::AskFirst, Rights::AskFirst]);
    let first = world.master(master).peers().next().unwrap().session;
    world.with(master, |master: &mut Master, now| {
        master.handle_rights(first, Rights::RemoveAllowed);
        master.handle_host(host(), Rights::ReadOnly, now);
    });
    assert_eq!(
        rights(&mut world),
        [Rights::RemoveAllowed, Rights::ReadOnly]
    );
}
