//! What people are told, and what they decide: conflicts in each mode, refusals, removals beyond belief, and
//! lines that are down.

#![allow(clippy::unwrap_used)]

#[allow(dead_code, unused_imports)] // Other tests use the rest of it.
mod model;

use jio::{Document, Id};
use model::{Cut, Flavour, Master, Server, document, finish, id, moment, poll_once, refused};
use remote::Millis;
use remote::replication::{Conflicts, Keep, Line as Doing, Options, Side};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

struct Two {
    server: Rc<RefCell<Server>>,
    master: Master,
    now: u64,
}

impl Two {
    fn new(flavour: Flavour, conflicts: Conflicts) -> Self {
        let server = Rc::new(RefCell::new(Server::new(flavour)));
        let options = Options {
            server: "there".into(),
            conflicts,
            ..Options::default()
        };
        Self {
            master: Master::new(&server, options, 1000),
            server,
            now: 1000,
        }
    }

    /// Both sides changed `a`, each otherwise; none: removed it.
    fn clashed(conflicts: Conflicts, ours: Option<u64>, theirs: Option<u64>) -> Self {
        let mut two = Self::new(Flavour::TellsAll, conflicts);
        two.master.put(&id("a"), document(1));
        two.settle();
        two.server.borrow_mut().edit(&id("a"), theirs.map(document));
        match ours {
            Some(token) => two.master.put(&id("a"), document(token)),
            None => two.master.remove(&id("a")),
        }
        two.settle();
        two
    }

    fn settle(&mut self) {
        self.now += 20 * 60_000;
        self.master.settle(&mut self.now);
    }

    fn ours(&self) -> Option<Document> {
        self.master.store.get(&id("a"))
    }

    fn theirs(&self) -> Option<Document> {
        self.server.borrow().all().remove(&id("a"))
    }

    fn listed(&self) -> usize {
        finish(self.master.replicated.conflicts()).unwrap().len()
    }
}

#[test]
fn each_mode_ends_a_conflict_as_it_says() {
    for (ours, theirs) in [(Some(2), Some(3)), (None, Some(3)), (Some(2), None)] {
        let (two, three) = (ours.map(document), theirs.map(document));
        let table = [
            (Conflicts::Ask, &two, &three, 1),
            (Conflicts::KeepLocal, &two, &two, 0),
            (Conflicts::KeepRemote, &three, &three, 0),
            (Conflicts::Leave, &two, &three, 0),
        ];
        for (mode, here, there, listed) in table {
            let mut world = Two::clashed(mode, ours, theirs);
            for _ in 0..2 {
                assert_eq!((&world.ours(), &world.theirs()), (here, there), "{mode:?}");
                assert_eq!(world.listed(), listed, "{mode:?}");
                // And so it stays, over time and a restart.
                world.master.kill();
                world.settle();
            }
        }
    }
}

#[test]
fn the_same_change_on_both_sides_is_no_conflict() {
    for both in [Some(2), None] {
        let world = Two::clashed(Conflicts::Ask, both, both);
        assert_eq!(world.listed(), 0);
        assert_eq!(world.ours(), both.map(document));
    }
}

#[test]
fn a_person_works_through_the_list() {
    let table = [
        (Keep::Local, vec![2]),
        (Keep::Remote, vec![3]),
        (Keep::Both, vec![2, 3]),
    ];
    for (keep, expected) in table {
        let mut world = Two::clashed(Conflicts::Ask, Some(2), Some(3));
        let conflicts = finish(world.master.replicated.conflicts()).unwrap();
        assert_eq!(conflicts[0].local, Some(document(2)));
        assert_eq!(conflicts[0].remote, Side::Has(Some(document(3))));
        finish(world.master.replicated.resolve(&id("a"), keep)).unwrap();
        let again = finish(world.master.replicated.resolve(&id("a"), keep)).unwrap_err();
        assert_eq!(again.status_code, Some(404));
        world.settle();
        let there: BTreeMap<Id, Document> = world.server.borrow().all();
        assert_eq!(there, world.master.store.all(), "{keep:?}");
        let mut tokens: Vec<u64> = there.values().map(model::token).collect();
        tokens.sort_unstable();
        assert_eq!(tokens, expected, "{keep:?}");
    }
}

#[test]
fn a_conflict_is_over_when_both_became_the_same() {
    let mut world = Two::clashed(Conflicts::Ask, Some(2), Some(3));
    world.master.put(&id("a"), document(3));
    world.settle();
    assert_eq!(world.listed(), 0);
    world.server.borrow_mut().edit(&id("a"), Some(document(4)));
    world.settle();
    assert_eq!(world.ours(), Some(document(4)));
}

#[test]
fn what_the_server_refuses_is_sent_once_and_listed() {
    let mut world = Two::new(Flavour::TellsAll, Conflicts::Ask);
    world.master.put(&id("a"), refused(1));
    world.master.put(&id("b"), document(2));
    world.settle();
    world.master.kill();
    world.settle();
    assert_eq!(world.master.line.sent.borrow().len(), 2);
    let conflicts = finish(world.master.replicated.conflicts()).unwrap();
    assert!(
        matches!(&conflicts[0].remote, Side::Refuses(failure) if failure.status_code == Some(400))
    );
    world.master.put(&id("a"), document(3));
    world.settle();
    assert_eq!(world.theirs(), Some(document(3)));
    assert_eq!(world.listed(), 0);
}

#[test]
fn a_server_that_lists_nothing_any_more_does_not_empty_this_computer() {
    let mut world = Two::new(Flavour::MakesIds, Conflicts::Ask);
    for token in 0..30 {
        world.master.put(&id(&format!("r{token}")), document(token));
    }
    world.settle();
    let there: Vec<Id> = world.server.borrow().all().into_keys().collect();
    for id in &there {
        world.server.borrow_mut().edit(id, None);
    }
    world.master.replicated.sync_now();
    world.settle();
    assert_eq!(world.master.store.all().len(), 30);
    assert_eq!(
        world.master.replicated.standing(moment(world.now)).missing,
        30
    );
    world.master.replicated.accept_removals();
    world.settle();
    assert_eq!(world.master.store.all().len(), 0);
    assert_eq!(
        world.master.replicated.standing(moment(world.now)).missing,
        0
    );
}

#[test]
fn who_asks_while_changes_are_read_gets_those_since() {
    for flavour in [Flavour::TellsAll, Flavour::MakesIds] {
        let mut world = Two::new(flavour, Conflicts::Ask);
        world.settle();
        world.now += 20 * 60_000;
        let calls = world.master.line.calls.get();
        let mut run = Box::pin(world.master.replicated.run(moment(world.now)));
        while world.master.line.calls.get() == calls {
            assert!(poll_once(run.as_mut()).is_none());
        }
        // The answer is on its way, and has nothing of this.
        world.server.borrow_mut().edit(&id("a"), Some(document(1)));
        world.master.replicated.sync_now();
        finish(run);
        world.master.settle(&mut world.now);
        assert_eq!(world.ours(), Some(document(1)));
    }
}

#[test]
fn a_list_of_ids_is_asked_for_once_a_day() {
    let mut world = Two::new(Flavour::MakesIds, Conflicts::Ask);
    for token in 0..3 {
        world.master.put(&id(&format!("r{token}")), document(token));
    }
    world.settle();
    let one = world.server.borrow().all().into_keys().next().unwrap();
    world.server.borrow_mut().edit(&one, None);
    world.settle();
    assert_eq!(world.master.store.all().len(), 3, "nobody said so yet");
    world.now += 24 * 3_600_000;
    world.settle();
    assert_eq!(world.master.store.all().len(), 2);
}

#[test]
fn a_line_that_is_down_is_told_and_tried_when_it_is_back() {
    let mut world = Two::new(Flavour::TellsAll, Conflicts::Ask);
    world.master.line.cut.set(Cut::Before);
    world.master.put(&id("a"), document(1));
    let replicated = world.master.replicated.clone();
    let mut next = Some(Millis(0));
    while next.is_some_and(|next| next.0 <= world.now) {
        next = finish(replicated.run(moment(world.now))).next;
    }
    let standing = replicated.standing(moment(world.now));
    let Doing::Offline { until, .. } = standing.line else {
        panic!("{standing:?}");
    };
    assert_eq!(next, Some(until));
    assert_eq!((standing.waiting, standing.last_success), (1, None));
    let calls = world.master.line.calls.get();
    finish(replicated.run(moment(world.now)));
    assert_eq!(world.master.line.calls.get(), calls, "it is waited");
    world.master.line.cut.set(Cut::Not);
    let woken = Rc::new(RefCell::new(0));
    let count = woken.clone();
    replicated.on_work(move || *count.borrow_mut() += 1);
    replicated.line_is_back();
    assert_eq!(*woken.borrow(), 1);
    world.master.settle(&mut world.now);
    let standing = replicated.standing(moment(world.now));
    assert_eq!((standing.line, standing.waiting), (Doing::Idle, 0));
    assert!(standing.last_success.is_some());
}

#[test]
fn who_is_not_logged_in_is_not_tried_again_by_itself() {
    let mut world = Two::new(Flavour::TellsAll, Conflicts::Ask);
    world.master.line.cut.set(Cut::Login);
    let mut next = Some(Millis(0));
    while next.is_some() {
        next = finish(world.master.replicated.run(moment(world.now))).next;
    }
    let standing = world.master.replicated.standing(moment(world.now));
    assert!(matches!(standing.line, Doing::NeedsLogin { .. }));
    world.master.line.cut.set(Cut::Not);
    world.master.replicated.line_is_back();
    world.settle();
}

#[test]
fn a_journal_that_cannot_be_written_keeps_nobody_from_writing_and_sends_nothing() {
    let mut world = Two::new(Flavour::MakesIds, Conflicts::Ask);
    world.settle();
    world.master.journal.is_full.set(true);
    world.master.put(&id("a"), document(1));
    for _ in 0..20 {
        finish(world.master.replicated.run(moment(world.now)));
        world.now += 1000;
    }
    assert_eq!(world.master.line.sent.borrow().len(), 0);
    let standing = world.master.replicated.standing(moment(world.now));
    assert!(
        matches!(standing.line, Doing::Failed { .. }),
        "{standing:?}"
    );
    world.master.journal.is_full.set(false);
    world.settle();
    assert_eq!(world.server.borrow().all().len(), 1);
}

#[test]
fn a_journal_that_cannot_be_written_at_opening_is_told() {
    let mut world = Two::new(Flavour::TellsAll, Conflicts::Ask);
    world.master.journal.is_full.set(true);
    let mut next = Some(Millis(0));
    while next.is_some_and(|next| next.0 <= world.now) {
        next = finish(world.master.replicated.run(moment(world.now))).next;
    }
    let doing = world.master.standing(world.now);
    assert!(matches!(doing, Doing::Failed { .. }), "{doing:?}");
    assert_eq!(next, doing.until());
    world.master.journal.is_full.set(false);
    world.settle();
}
