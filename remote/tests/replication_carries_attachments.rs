//! Attachments go last, once, part by part, within the budget; who reads one that has not come is told, or waits
//! until it has; and two contents under one name end as the mode says.

#![allow(clippy::unwrap_used)]

#[allow(dead_code, unused_imports)] // Other tests use the rest of it.
mod model;

use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::storage::Storage;
use jio::{Id, Name};
use model::{Cut, Flavour, Master, Server, bytes, document, finish, finish_both, id, moment, name};
use remote::replication::{
    AttachmentConflict, AttachmentSide, Budget, Conflicts, Keep, Line as Doing, Options,
};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

/// Has six parts of sixteen bytes, the last one short.
const LONG: u64 = 10_000_018;

struct Two {
    server: Rc<RefCell<Server>>,
    master: Master,
    now: u64,
}

impl Two {
    fn new(options: Options) -> Self {
        Self::with(Flavour::TellsAll, options)
    }

    fn with(flavour: Flavour, options: Options) -> Self {
        let server = Rc::new(RefCell::new(Server::new(flavour)));
        let options = Options {
            server: "there".into(),
            part_bytes: 16,
            ..options
        };
        Self {
            master: Master::new(&server, options, 1000),
            server,
            now: 1000,
        }
    }

    /// Both sides have `a`.
    fn agreed(options: Options) -> Self {
        let mut two = Self::new(options);
        two.master.put(&id("a"), document(1));
        two.settle();
        two
    }

    /// Both sides had a photo, and changed it, each otherwise; none: removed it.
    fn clashed(conflicts: Conflicts, ours: Option<u64>, theirs: Option<u64>) -> Self {
        let mut two = Self::agreed(Options {
            conflicts,
            ..Options::default()
        });
        two.master.attach(&id("a"), &photo(), 2);
        two.settle();
        let theirs = theirs.map(bytes);
        two.server.borrow_mut().attach(&id("a"), &photo(), theirs);
        match ours {
            Some(token) => two.master.attach(&id("a"), &photo(), token),
            None => two.master.detach(&id("a"), &photo()),
        }
        two.settle();
        two
    }

    fn settle(&mut self) {
        self.now += 20 * 60_000;
        self.master.settle(&mut self.now);
    }

    /// One step.
    fn step(&mut self) -> Option<u64> {
        let next = finish(self.master.replicated.run(moment(self.now))).next;
        next.map(|next| next.0)
    }

    fn ours(&self) -> Option<Vec<u8>> {
        let files = self.master.store.files.all.borrow();
        files.get(&(id("a"), photo())).cloned()
    }

    fn theirs(&self) -> Option<Vec<u8>> {
        self.server.borrow().all_files().remove(&(id("a"), photo()))
    }

    fn listed(&self) -> Vec<AttachmentConflict> {
        finish(self.master.replicated.attachment_conflicts()).unwrap()
    }

    fn on_their_way(&self) -> usize {
        self.master
            .replicated
            .standing(moment(self.now))
            .attachments
    }
}

fn photo() -> Name {
    name("photo")
}

#[test]
fn what_is_attached_on_one_side_is_attached_on_the_other_and_changes_no_record() {
    let mut two = Two::agreed(Options::default());
    two.master.attach(&id("a"), &photo(), 2);
    assert_eq!(two.on_their_way(), 1);
    two.settle();
    assert_eq!(two.theirs(), Some(bytes(2)));
    assert_eq!(two.on_their_way(), 0);
    let sent = two.master.line.sent.borrow().len();
    let told = two.server.borrow().told;
    two.server
        .borrow_mut()
        .attach(&id("a"), &name("plan"), Some(bytes(3)));
    two.settle();
    let plan = (id("a"), name("plan"));
    assert_eq!(two.master.store.files.all.borrow()[&plan], bytes(3));
    assert_eq!(
        two.master.line.sent.borrow().len(),
        sent,
        "no record was sent"
    );
    assert_eq!(
        two.server.borrow().told,
        told + 1,
        "only the colleague's change was told"
    );
    // A change of the record leaves what is attached to it.
    two.master.put(&id("a"), document(4));
    two.settle();
    assert_eq!(two.server.borrow().all_files().len(), 2);
    assert_eq!(two.master.line.brought.borrow().len(), 1);

    two.master.detach(&id("a"), &photo());
    two.server
        .borrow_mut()
        .attach(&id("a"), &name("plan"), None);
    two.settle();
    assert!(two.server.borrow().all_files().is_empty());
    assert!(two.master.store.files.all.borrow().is_empty());
}

#[test]
fn what_was_attached_before_replication_began_is_sent() {
    let server = Rc::new(RefCell::new(Server::new(Flavour::TellsAll)));
    let mut two = Two::new(Options::default());
    two.master = Master::new(
        &server,
        Options {
            server: "there".into(),
            ..Options::default()
        },
        9,
    );
    let store = &two.master.store;
    store.documents.borrow_mut().put(id("a"), document(1));
    store
        .files
        .all
        .borrow_mut()
        .insert((id("a"), photo()), bytes(2));
    two.server = server;
    two.settle();
    assert_eq!(two.theirs(), Some(bytes(2)));
}

#[test]
fn records_go_first_unless_a_person_waits() {
    for is_hurried in [false, true] {
        let mut two = Two::agreed(Options::default());
        two.master.attach(&id("a"), &photo(), 2);
        for number in 3..6 {
            two.master.put(&id(&number.to_string()), document(number));
        }
        if is_hurried {
            two.master.replicated.hurry(&id("a"));
        }
        while two.theirs().is_none() {
            two.now = two.step().unwrap().max(two.now);
        }
        let sent = two.server.borrow().all().len();
        assert_eq!(sent, if is_hurried { 1 } else { 4 });
    }
}

#[test]
fn a_cut_costs_the_part_that_was_under_way() {
    for is_killed in [false, true] {
        let mut two = Two::agreed(Options::default());
        two.server
            .borrow_mut()
            .attach(&id("a"), &photo(), Some(bytes(LONG)));
        two.master.replicated.sync_now();
        while two.master.line.fetched.borrow().len() < 3 {
            two.step();
        }
        two.master.line.cut.set(Cut::After);
        two.step();
        if is_killed {
            two.master.kill();
        }
        two.master.line.cut.set(Cut::Not);
        two.settle();
        assert_eq!(two.ours(), Some(bytes(LONG)));
        let mut parts = two.master.line.fetched.borrow().clone();
        let count = parts.len();
        parts.sort();
        parts.dedup();
        assert_eq!(parts.len(), bytes(LONG).len().div_ceil(16));
        assert_eq!(count, parts.len(), "nothing that came was fetched again");
        assert_eq!(
            two.master.store.files.all.borrow().len(),
            1,
            "no parts are left"
        );
    }
}

#[test]
fn what_was_brought_and_not_answered_is_asked_for_and_not_brought_again() {
    for packs in [false, true] {
        for is_killed in [false, true] {
            let mut two = Two::agreed(Options::default());
            two.server.borrow_mut().packs = packs;
            two.master.attach(&id("a"), &photo(), 2);
            two.master.line.cut.set(Cut::After);
            while two.theirs().is_none() {
                two.step();
            }
            let calls = two.master.line.calls.get();
            if is_killed {
                two.master.kill();
            }
            two.master.line.cut.set(Cut::Not);
            two.settle();
            assert!(two.listed().is_empty());
            assert_eq!(two.on_their_way(), 0);
            assert!(two.master.line.brought.borrow().is_empty(), "brought again");
            assert!(two.master.line.calls.get() > calls);
        }
    }
}

fn read(two: &Two, named: &Name) -> Result<Vec<u8>, Failure> {
    let work = async {
        // As the page's loop does, woken by whoever waits.
        for passed in 0..60 {
            let now = moment(two.now + passed * 1_000);
            two.master.replicated.run(now).await;
        }
    };
    let replicated = &two.master.replicated;
    let reading = async {
        let mut reader = replicated
            .get_attachment(id("a"), named.clone(), None)
            .await?;
        let mut whole = Vec::new();
        while (whole.len() as u64) < reader.size() {
            whole.extend(reader.read(whole.len() as u64).await?);
        }
        Ok(whole)
    };
    finish_both(work, reading).1
}

#[test]
fn who_reads_what_has_not_come_has_it_fetched_or_is_told_that_it_comes() {
    let mut two = Two::agreed(Options::default());
    two.server
        .borrow_mut()
        .attach(&id("a"), &photo(), Some(bytes(LONG)));
    two.master.replicated.sync_now();
    two.step(); // Now it is known, and not here.
    assert_eq!(two.ours(), None);
    let names = finish(two.master.replicated.execute(Call::AllAttachments(id("a"))));
    assert_eq!(names, Ok(json!({ "photo": {} })));
    two.master.line.cut.set(Cut::Before);
    let failure = read(&two, &photo()).unwrap_err();
    assert_eq!(failure.status_code, Some(503));
    assert!(
        failure.message.contains("comes when the line is there"),
        "{failure}"
    );
    two.master.line.cut.set(Cut::Not);
    two.master.replicated.line_is_back();
    assert_eq!(read(&two, &photo()), Ok(bytes(LONG)));
    let missing = read(&two, &name("plan")).unwrap_err();
    assert_eq!(missing.status_code, Some(404));
    // One that was removed here does not come back because it is read.
    two.master.detach(&id("a"), &photo());
    assert_eq!(read(&two, &photo()).unwrap_err().status_code, Some(404));
}

#[test]
fn each_mode_ends_a_conflict_as_it_says() {
    for (ours, theirs) in [(Some(3), Some(4)), (None, Some(4)), (Some(3), None)] {
        let (three, four) = (ours.map(bytes), theirs.map(bytes));
        let table = [
            (Conflicts::Ask, &three, &four, 1),
            (Conflicts::KeepLocal, &three, &three, 0),
            (Conflicts::KeepRemote, &four, &four, 0),
            (Conflicts::Leave, &three, &four, 0),
        ];
        for (mode, here, there, listed) in table {
            let two = Two::clashed(mode, ours, theirs);
            assert_eq!((&two.ours(), &two.theirs()), (here, there), "{mode:?}");
            assert_eq!(two.listed().len(), listed, "{mode:?}");
            let conflicts = two.master.replicated.standing(moment(two.now)).conflicts;
            assert_eq!(conflicts, listed, "{mode:?}");
        }
    }
}

#[test]
fn a_person_chooses_which_attachment_stays() {
    let length = |token| Some(bytes(token).len() as u64);
    for (keep, kept) in [(Keep::Local, 3), (Keep::Remote, 4)] {
        for is_killed in [false, true] {
            let mut two = Two::clashed(Conflicts::Ask, Some(3), Some(4));
            let expected = AttachmentConflict {
                id: id("a"),
                name: photo(),
                local: length(3),
                remote: AttachmentSide::Has(length(4)),
            };
            assert_eq!(two.listed(), [expected]);
            let replicated = two.master.replicated.clone();
            let decide = |keep| finish(replicated.resolve_attachment(&id("a"), &photo(), keep));
            assert_eq!(decide(Keep::Both).unwrap_err().status_code, Some(400));
            decide(keep).unwrap();
            assert_eq!(decide(keep).unwrap_err().status_code, Some(404));
            if is_killed {
                two.master.kill();
            }
            two.settle();
            assert_eq!(
                (two.ours(), two.theirs()),
                (Some(bytes(kept)), Some(bytes(kept)))
            );
            assert!(two.listed().is_empty());
        }
    }
}

#[test]
fn the_same_on_both_sides_is_no_conflict() {
    for packs in [false, true] {
        let mut two = Two::agreed(Options::default());
        two.server.borrow_mut().packs = packs;
        two.server
            .borrow_mut()
            .attach(&id("a"), &photo(), Some(bytes(2)));
        two.master.attach(&id("a"), &photo(), 2);
        two.settle();
        assert!(two.listed().is_empty());
        assert!(two.master.line.brought.borrow().is_empty());
    }
}

#[test]
fn what_the_server_refuses_waits_with_its_words_until_it_changes() {
    let mut two = Two::agreed(Options::default());
    let attach = |two: &Two, bytes: &[u8]| {
        finish(two.master.attaching_bytes(&id("a"), &photo(), bytes));
    };
    attach(&two, b"refuse 1-");
    two.settle();
    let listed = two.listed();
    let AttachmentSide::Refuses(failure) = &listed[0].remote else {
        panic!("{listed:?}");
    };
    assert_eq!(failure.status_code, Some(413));
    let calls = two.master.line.calls.get();
    two.master.kill();
    two.settle();
    assert!(
        two.master.line.calls.get() <= calls + 1,
        "it is not tried again and again"
    );
    attach(&two, b"2-");
    two.settle();
    assert_eq!(two.theirs().as_deref(), Some(&b"2-"[..]));
    assert!(two.listed().is_empty());
}

#[test]
fn one_that_is_too_large_for_the_rest_of_the_day_waits_for_the_next() {
    let day = 24 * 3_600_000;
    let budget = Budget {
        bytes_per_day: Some(2_000),
        ..Budget::default()
    };
    let mut two = Two::agreed(Options {
        budget,
        ..Options::default()
    });
    let attach = |two: &Two, named: &str, length: usize| {
        finish(
            two.master
                .attaching_bytes(&id("a"), &name(named), &vec![b'7'; length]),
        );
    };
    attach(&two, "large", 1_950);
    attach(&two, "small", 100);
    let there = |two: &Two| -> Vec<String> {
        let all = two.server.borrow().all_files();
        all.keys()
            .map(|(_, name): &(Id, Name)| name.to_string())
            .collect()
    };
    while two.step().is_some_and(|next| next <= two.now) {}
    assert_eq!(there(&two), ["small"]);
    assert_eq!(
        two.master.standing(two.now),
        Doing::OverBudget {
            until: remote::Millis(day)
        }
    );
    two.now = day;
    while two.step().is_some_and(|next| next <= two.now) {}
    assert_eq!(there(&two), ["large", "small"]);
    // Larger than any day: when there is anything left of one.
    attach(&two, "huge", 3_000);
    two.now = 2 * day;
    while two.step().is_some_and(|next| next <= two.now) {}
    assert_eq!(there(&two), ["huge", "large", "small"]);
}

#[test]
fn a_removal_does_not_take_what_the_other_side_attached_meanwhile() {
    // Removed there, attached here.
    let mut two = Two::agreed(Options::default());
    two.master.line.cut.set(Cut::Before);
    two.master.attach(&id("a"), &photo(), 2);
    two.server.borrow_mut().edit(&id("a"), None);
    two.master.line.cut.set(Cut::Not);
    two.settle();
    assert_eq!(two.ours(), Some(bytes(2)));
    assert_eq!(finish(two.master.replicated.conflicts()).unwrap().len(), 1);
    finish(two.master.replicated.resolve(&id("a"), Keep::Local)).unwrap();
    two.settle();
    assert_eq!(
        two.theirs(),
        Some(bytes(2)),
        "made anew with what is attached"
    );

    // Removed here, attached there.
    let mut two = Two::agreed(Options::default());
    two.master.remove(&id("a"));
    two.server
        .borrow_mut()
        .attach(&id("a"), &photo(), Some(bytes(3)));
    two.settle();
    assert_eq!(two.theirs(), Some(bytes(3)));
    assert_eq!(finish(two.master.replicated.conflicts()).unwrap().len(), 1);
    finish(two.master.replicated.resolve(&id("a"), Keep::Local)).unwrap();
    two.settle();
    assert_eq!(two.theirs(), None);
}

#[test]
fn with_a_server_that_has_none_they_stay_here() {
    let mut two = Two::with(Flavour::MakesIds, Options::default());
    two.master.put(&id("a"), document(1));
    two.master.attach(&id("a"), &photo(), 2);
    two.settle();
    assert_eq!(two.on_their_way(), 0);
    assert_eq!(read(&two, &photo()), Ok(bytes(2)));
    let journal = two.master.journal.texts.borrow();
    assert!(!journal.keys().any(|key| key.starts_with("f/")));
}
