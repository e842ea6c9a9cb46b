//! What goes over the line: nothing twice, nothing for nothing, and in the order that people want.

#![allow(clippy::unwrap_used)]

#[allow(dead_code, unused_imports)] // Other tests use the rest of it.
mod model;

use jio::rpc::Call;
use jio::storage::Storage;
use model::{Flavour, Master, Server, document, finish, id, moment};
use remote::Millis;
use remote::replication::{Budget, Hours, Line as Doing, Options};
use std::cell::RefCell;
use std::rc::Rc;

const RECORDS: u64 = 10_000;
/// Bytes that the model's protocol puts around each record.
const AROUND: usize = 50;
const DAY: u64 = 24 * 3_600_000;

fn server(flavour: Flavour) -> Rc<RefCell<Server>> {
    Rc::new(RefCell::new(Server::new(flavour)))
}

fn options() -> Options {
    Options {
        server: "there".into(),
        ..Options::default()
    }
}

fn used(master: &Master, now: u64) -> (u64, u64) {
    let today = master.replicated.standing(moment(now)).today;
    (today.bytes, today.calls)
}

#[test]
fn ten_thousand_records_come_in_as_many_calls_as_portions() {
    let server = server(Flavour::TellsAll);
    let mut content = 0;
    for token in 0..RECORDS {
        let document = document(token);
        content += serde_json::to_string(&document).unwrap().len() + AROUND;
        server
            .borrow_mut()
            .edit(&id(&format!("r{token}")), Some(document));
    }
    let master = Master::new(&server, options(), 1000);
    let mut now = 1000;
    master.settle(&mut now);
    assert_eq!(master.store.all(), server.borrow().all());
    let (bytes, calls) = used(&master, now);
    assert_eq!(calls, 10);
    assert_eq!(
        bytes,
        content as u64 + 10 * 100,
        "a call's own 100 bytes, and no content twice"
    );
    let commits = master.journal.commits.get();
    assert!(commits <= 2 * 10 + 3, "{commits}");
    let texts = master.journal.texts.borrow();
    let journal: usize = texts.iter().map(|(key, text)| key.len() + text.len()).sum();
    assert!(journal < RECORDS as usize * 60, "{journal} bytes");
}

#[test]
fn ten_thousand_records_go_in_batches_of_bounded_size() {
    let server = server(Flavour::TellsAll);
    let master = Master::new(&server, options(), 1000);
    let mut content = 0;
    for token in 0..RECORDS {
        content += serde_json::to_string(&document(token)).unwrap().len() + AROUND;
        master.put(&id(&format!("r{token}")), document(token));
    }
    let mut now = 1000;
    master.settle(&mut now);
    assert_eq!(master.store.all(), server.borrow().all());
    let (bytes, calls) = used(&master, now);
    let batches = RECORDS.div_ceil(options().batch_records as u64);
    assert!(calls <= batches + 1, "{calls} calls");
    assert!(
        bytes <= content as u64 + 100 * calls,
        "{bytes} bytes for {content}"
    );
    assert_eq!(master.line.sent.borrow().len() as u64, RECORDS);
    // What was sent does not come back.
    now += DAY;
    master.settle(&mut now);
    assert_eq!(server.borrow().told, 0);
}

#[test]
fn one_changed_record_costs_one_call_on_each_side() {
    for flavour in [Flavour::TellsAll, Flavour::MakesIds] {
        let server = server(flavour);
        let masters = [(); 2].map(|()| Master::new(&server, options(), 1000));
        let mut now = 1000;
        masters[0].put(&id("a"), document(1));
        for master in &masters {
            master.settle(&mut now);
        }
        let calls = |index: usize| masters[index].line.calls.get();
        let (one, other) = (calls(0), calls(1));
        masters[0].put(&id("a"), document(2));
        masters[0].settle(&mut now);
        assert_eq!(calls(0) - one, 1);
        now += 20 * 60_000;
        masters[1].settle(&mut now);
        assert_eq!(calls(1) - other, 1);
        let told = server.borrow().told;
        let before = calls(0);
        masters[0].settle(&mut now);
        assert_eq!(calls(0) - before, 1, "asking what changed");
        assert_eq!(server.borrow().told, told, "nothing that it sent itself");
        assert_eq!(masters[1].store.all().len(), 1);
    }
}

#[test]
fn what_both_sides_have_is_not_sent() {
    let server = server(Flavour::TellsAll);
    let master = Master::new(&server, options(), 1000);
    for token in 0..100 {
        let id = id(&format!("r{token}"));
        server.borrow_mut().edit(&id, Some(document(token)));
        finish(async {
            master.store.documents.borrow_mut().put(id, document(token));
        });
    }
    master.settle(&mut 1000);
    assert_eq!(master.line.sent.borrow().len(), 0);
}

#[test]
fn what_a_person_waits_for_goes_first_then_the_oldest() {
    let server = server(Flavour::TellsAll);
    let one = Options {
        batch_records: 1,
        ..options()
    };
    let master = Master::new(&server, one, 1000);
    let mut now = 1000;
    master.settle(&mut now);
    for (token, name) in (1..).zip(["y", "x", "z", "y"]) {
        master.put(&id(name), document(token));
    }
    master.replicated.hurry(&id("z"));
    master.settle(&mut now);
    let sent = master.line.sent.borrow();
    let order: Vec<_> = sent.iter().map(|write| write.id.as_str()).collect();
    assert_eq!(order, ["z", "y", "x"]);
}

/// A master that was handed a hundred records, of which the first ten are on their way.
fn busy(server: &Rc<RefCell<Server>>) -> (Master, u64) {
    let ten = Options {
        batch_records: 10,
        ..options()
    };
    let master = Master::new(server, ten, 1000);
    let mut now = 1000;
    master.settle(&mut now);
    for token in 0..100 {
        master.put(&id(&format!("r{token:02}")), document(token));
    }
    finish(master.replicated.run(moment(now)));
    now += 2000;
    while master.line.sent.borrow().is_empty() {
        finish(master.replicated.run(moment(now)));
    }
    (master, now)
}

/// What goes in the steps that come next, until something was sent.
fn next_sent(master: &Master, now: u64) -> Vec<String> {
    let before = master.line.sent.borrow().len();
    while master.line.sent.borrow().len() == before {
        finish(master.replicated.run(moment(now)));
    }
    let sent = master.line.sent.borrow();
    sent[before..]
        .iter()
        .map(|write| write.id.to_string())
        .collect()
}

#[test]
fn what_is_opened_or_written_by_itself_goes_before_a_long_queue() {
    let server = server(Flavour::TellsAll);
    let (master, now) = busy(&server);
    finish(master.replicated.execute(Call::Get(id("r95")))).unwrap();
    finish(master.replicated.execute_to_text(Call::Get(id("r97")))).unwrap();
    finish(master.replicated.execute(Call::Get(id("r00")))).unwrap();
    master.put(&id("mine"), document(7));
    assert_eq!(next_sent(&master, now), ["r95", "r97", "mine"]);
}

#[test]
fn what_a_program_reads_or_writes_keeps_its_place() {
    let server = server(Flavour::TellsAll);
    let (master, now) = busy(&server);
    for token in 90..99 {
        finish(
            master
                .replicated
                .execute(Call::Get(id(&format!("r{token}")))),
        )
        .unwrap();
    }
    assert_eq!(next_sent(&master, now)[0], "r10");
}

#[test]
fn a_queue_that_goes_at_once_still_waits_a_moment_for_others() {
    let server = server(Flavour::TellsAll);
    let master = Master::new(&server, options(), 1000);
    let mut now = 1000;
    master.settle(&mut now);
    let calls = master.line.calls.get();
    master.put(&id("a"), document(1));
    finish(master.replicated.execute(Call::Get(id("a")))).unwrap();
    finish(master.replicated.run(moment(now)));
    assert_eq!(master.line.calls.get(), calls);
}

#[test]
fn writes_wait_a_moment_for_others_and_go_together() {
    let server = server(Flavour::TellsAll);
    let master = Master::new(&server, options(), 1000);
    let mut now = 1000;
    master.settle(&mut now);
    let calls = master.line.calls.get();
    master.put(&id("a"), document(1));
    assert_eq!(
        finish(master.replicated.run(moment(now))).next,
        Some(Millis(now + 1000))
    );
    master.put(&id("b"), document(2));
    master.put(&id("a"), document(3));
    master.settle(&mut now);
    assert_eq!(master.line.calls.get() - calls, 1);
    assert_eq!(master.line.sent.borrow().len(), 2);
}

#[test]
fn a_budget_that_is_used_up_waits_for_the_next_day() {
    let server = server(Flavour::TellsAll);
    let budget = Budget {
        calls_per_day: Some(3),
        ..Budget::default()
    };
    let options = Options {
        batch_records: 1,
        budget,
        ..options()
    };
    let master = Master::new(&server, options, 1000);
    for token in 0..5 {
        master.put(&id(&format!("r{token}")), document(token));
    }
    let mut now = 10 * DAY + 5000;
    let mut until = Some(Millis(0));
    while until.is_some_and(|until| until.0 <= now + 1000) {
        now = now.max(until.unwrap().0);
        until = finish(master.replicated.run(moment(now))).next;
    }
    assert_eq!(used(&master, now).1, 3);
    let until = Millis(11 * DAY);
    assert_eq!(master.standing(now), Doing::OverBudget { until });
    assert_eq!(master.waiting(now), 3);
    // Killed, it knows all the same.
    let mut master = master;
    master.kill();
    for _ in 0..10 {
        finish(master.replicated.run(moment(now)));
    }
    assert_eq!(used(&master, now).1, 3);
    now = until.0;
    for _ in 0..20 {
        finish(master.replicated.run(moment(now)));
    }
    assert_eq!(used(&master, now).1, 3, "and as many on the next");
}

#[test]
fn the_line_is_left_alone_outside_of_its_hours() {
    let server = server(Flavour::TellsAll);
    let hours = vec![Hours {
        from_minute: 22 * 60,
        to_minute: 6 * 60,
    }];
    let budget = Budget {
        hours,
        ..Budget::default()
    };
    let master = Master::new(
        &server,
        Options {
            budget,
            ..options()
        },
        1000,
    );
    master.put(&id("a"), document(1));
    let noon = 10 * DAY + DAY / 2;
    for _ in 0..5 {
        finish(master.replicated.run(moment(noon)));
    }
    assert_eq!(master.line.calls.get(), 0);
    let until = Millis(10 * DAY + 22 * 3_600_000);
    assert_eq!(master.standing(noon), Doing::Closed { until });
    let mut night = until.0;
    master.settle(&mut night);
    assert_eq!(server.borrow().all().len(), 1);
}
