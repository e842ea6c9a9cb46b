//! Live queries: whoever applies what it is told has the rows that `allDocs` finds, whatever changes, however
//! slowly it reads and however often it comes back.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use jio::live::{ALL_SUBSCRIPTIONS, Changed, FOLLOWED, Live, REMEMBERED, VIEWS};
use jio::{AllDocs, CAPACITIES, Collection, Id, document};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The storage and those who follow it.
#[derive(Default)]
struct World {
    documents: Collection,
    live: Live<u32>,
}

/// What a subscriber makes of what it is told, as docs/protocol.md says.
#[derive(Default, Clone)]
struct Subscriber {
    options: Value,
    rows: Vec<Value>,
}

impl Subscriber {
    fn apply(&mut self, text: &str) {
        let mut told: Value = serde_json::from_str(text).unwrap();
        if let Some(Value::Array(rows)) = told.pointer_mut("/data/rows").map(Value::take) {
            self.rows = rows;
            return;
        }
        let rows = told["rows"].as_array().unwrap().clone();
        let removed = told["removed"].as_array().unwrap();
        let gone = |row: &Value| {
            removed.contains(&row["id"]) || rows.iter().any(|new| new["id"] == row["id"])
        };
        self.rows.retain(|row| !gone(row));
        for mut row in rows {
            let at = row.as_object_mut().unwrap().remove("at");
            let order = |row: &Value| Id::new(row["id"].as_str().unwrap()).unwrap();
            let at = match at {
                Some(at) => usize::try_from(at.as_u64().unwrap()).unwrap(),
                None => self
                    .rows
                    .partition_point(|other| order(other) < order(&row)),
            };
            self.rows.insert(at, row);
        }
    }
}

impl World {
    fn put(&mut self, id: &str, doc: Value) {
        self.documents.put(key(id), document(doc).unwrap());
        self.live.handle_changed(&[key(id)].into_iter().collect());
    }

    fn remove(&mut self, id: &str) {
        self.documents.remove(&key(id));
        self.live.handle_changed(&[key(id)].into_iter().collect());
    }

    fn subscribe(&mut self, who: u32, options: &Value) -> Result<Subscriber, Option<u16>> {
        let asked = AllDocs::from_json(options, CAPACITIES).unwrap();
        let text = self
            .live
            .handle_subscribed(who, &asked, &self.documents)
            .map_err(|failure| failure.status_code)?;
        let mut subscriber = Subscriber {
            options: options.clone(),
            ..Subscriber::default()
        };
        subscriber.apply(&text);
        Ok(subscriber)
    }

    /// Tells a subscriber what there is to tell; whether there was anything.
    fn read(&mut self, who: u32, subscriber: &mut Subscriber) -> bool {
        let Some(text) = self.live.poll(&who, &self.documents) else {
            return false;
        };
        subscriber.apply(&text.unwrap());
        true
    }

    fn found(&self, options: &Value) -> Vec<Value> {
        let options = AllDocs::from_json(options, CAPACITIES).unwrap();
        let rows = self.documents.all_docs(&options).unwrap();
        let rows = serde_json::to_value(rows).unwrap();
        rows["data"]["rows"].as_array().unwrap().clone()
    }
}

fn key(id: &str) -> Id {
    Id::new(id).unwrap()
}

/// What is asked for: all, some, the first of them, pages, sorted, sorted by what has no order.
fn questions() -> Vec<Value> {
    vec![
        json!({}),
        json!({"include_docs": true}),
        json!({"query": "n: > 3", "select_list": ["n"]}),
        json!({"query": "w: \"a\"", "include_docs": true}),
        json!({"limit": [0, 3], "include_docs": true}),
        json!({"limit": [2, 3]}),
        json!({"limit": [1, -1]}),
        json!({"limit": [0, 0.5]}),
        json!({"limit": [3]}),
        json!({"sort_on": [["n", "ascending"]], "include_docs": true}),
        json!({"sort_on": [["n", "descending"]], "limit": [0, 3], "include_docs": true}),
        json!({"query": "w: \"a\"", "sort_on": [["n", "ascending"]], "limit": [1, 3]}),
        json!({"sort_on": [["mixed", "descending"]], "limit": [0, 4], "include_docs": true}),
        json!({"sort_on": [["mixed", "ascending"], ["n", "ascending"]], "include_docs": true}),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Put(u8, u8, bool, u8),
    Remove(u8),
    /// The storage was restored: this is all there is.
    Restore(Vec<(u8, u8)>),
    Read(usize),
    /// The connection is lost; the same is asked for again.
    Return(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..12u8, 0..8u8, any::<bool>(), 0..6u8).prop_map(|(id, n, w, m)| Step::Put(id, n, w, m)),
        3 => (0..12u8).prop_map(Step::Remove),
        1 => prop::collection::vec((0..12u8, 0..8u8), 0..6).prop_map(Step::Restore),
        6 => (0..64usize).prop_map(Step::Read),
        1 => (0..64usize).prop_map(Step::Return),
    ];
    prop::collection::vec(step, 0..60)
}

fn record(n: u8, w: bool, mixed: u8) -> Value {
    let mixed = match mixed {
        0 => Value::Null,
        1 => json!("word"),
        2 => json!([n, "x"]),
        _ => json!(mixed),
    };
    json!({"n": n, "w": if w { "a" } else { "b" }, "mixed": mixed})
}

proptest! {
    #[test]
    fn what_a_subscriber_applies_is_what_all_docs_finds(
        chosen in prop::collection::vec(0..questions().len(), 1..8),
        steps in steps(),
    ) {
        let mut world = World::default();
        for id in 0..4u8 {
            world.put(&id.to_string(), record(id, id % 2 == 0, id));
        }
        let mut all: Vec<Subscriber> = (0..).zip(&chosen)
            .map(|(who, one)| world.subscribe(who, &questions()[*one]).unwrap())
            .collect();
        for step in steps {
            match step {
                Step::Put(id, n, w, mixed) => world.put(&id.to_string(), record(n, w, mixed)),
                Step::Remove(id) => world.remove(&id.to_string()),
                Step::Restore(records) => {
                    let records = records.into_iter();
                    let kept = |(id, n): (u8, u8)| {
                        (key(&id.to_string()), document(record(n, true, n)).unwrap())
                    };
                    world.documents = records.map(kept).collect();
                    world.live.handle_changed(&Changed::All);
                }
                Step::Read(one) => {
                    let one = one % all.len();
                    world.read(u32::try_from(one).unwrap(), &mut all[one]);
                    prop_assert_eq!(&all[one].rows, &world.found(&all[one].options));
                }
                Step::Return(one) => {
                    let one = one % all.len();
                    let who = u32::try_from(one).unwrap();
                    world.live.handle_gone(&who);
                    all[one] = world.subscribe(who, &all[one].options.clone()).unwrap();
                    prop_assert_eq!(&all[one].rows, &world.found(&all[one].options));
                }
            }
        }
        for (who, subscriber) in (0..).zip(&mut all) {
            world.read(who, subscriber);
            prop_assert_eq!(&subscriber.rows, &world.found(&subscriber.options));
            prop_assert!(!world.read(who, subscriber), "nothing is told twice");
        }
        for who in (0..).take(all.len()) {
            world.live.handle_gone(&who);
        }
        prop_assert_eq!((world.live.views(), world.live.subscribers()), (0, 0));
    }
}

/// 1,000 records, and so many who follow the same.
fn followed(subscribers: u32, options: &Value) -> (World, Vec<Subscriber>) {
    let mut world = World::default();
    for n in 0..1_000 {
        world.put(&format!("{n:04}"), json!({"n": n, "w": "a"}));
    }
    let subscribe = |who| world.subscribe(who, options).unwrap();
    let all = (0..subscribers).map(subscribe).collect();
    (world, all)
}

#[test]
fn a_hundred_who_ask_the_same_cost_one_evaluation_of_each_change() {
    let (mut world, _) = followed(100, &json!({"query": "w: \"a\"", "include_docs": true}));
    assert_eq!((world.live.views(), world.live.evaluations()), (1, 1_000));
    for n in 0..1_000 {
        world.put(
            "0500",
            json!({"n": n, "w": if n % 2 == 0 { "b" } else { "a" }}),
        );
        for who in 0..100 {
            assert!(world.live.poll(&who, &world.documents).is_some());
        }
    }
    assert_eq!(world.live.evaluations(), 2_000);
}

#[test]
fn a_burst_is_told_once_and_what_does_not_match_not_at_all() {
    let (mut world, mut all) = followed(1, &json!({"query": "w: \"a\""}));
    for n in 0..500 {
        world.put("0500", json!({"n": n, "w": "a"}));
    }
    assert!(world.read(0, &mut all[0]));
    assert!(!world.read(0, &mut all[0]));
    world.put("other", json!({"w": "b"}));
    world.remove("other");
    assert!(!world.read(0, &mut all[0]));
    assert_eq!(world.live.evaluations(), 1_000 + 2);
}

#[test]
fn the_first_rows_of_an_order_are_found_anew_only_when_a_change_can_matter() {
    let first = json!({"sort_on": [["n", "ascending"]], "limit": [0, 10]});
    let (mut world, mut all) = followed(1, &first);
    world.put("0500", json!({"n": 5_000}));
    world.put("0501", json!({"n": 10}));
    assert!(!world.read(0, &mut all[0]));
    assert_eq!(world.live.evaluations(), 1_000 + 2);
    world.put("0502", json!({"n": 5}));
    assert!(world.read(0, &mut all[0]));
    assert_eq!(world.live.evaluations(), 1_000 + 2 + 1_001);
    assert_eq!(all[0].rows, world.found(&first));
}

#[test]
fn where_values_have_no_order_a_record_that_is_no_row_moves_rows_by_going() {
    let first = json!({"sort_on": [["mixed", "descending"]], "limit": [0, 4]});
    let mut world = World::default();
    for (id, n, mixed) in [
        ("0", 1, 1),
        ("10", 0, 0),
        ("2", 3, 3),
        ("5", 0, 0),
        ("6", 0, 2),
    ] {
        world.put(id, record(n, true, mixed));
    }
    let mut follower = world.subscribe(0, &first).unwrap();
    world.remove("5");
    world.read(0, &mut follower);
    assert_eq!(follower.rows, world.found(&first));
}

#[test]
fn who_is_too_far_behind_is_told_everything_anew() {
    let (mut world, mut all) = followed(2, &json!({}));
    for n in 0..=REMEMBERED {
        world.put(&format!("new {n}"), json!({}));
        assert!(world.live.poll(&0, &world.documents).is_some());
    }
    let quick = world.subscribe(0, &json!({})).unwrap();
    let told = world.live.poll(&1, &world.documents).unwrap().unwrap();
    assert!(told.starts_with(r#"{"data""#));
    all[1].apply(&told);
    assert_eq!(all[1].rows, quick.rows);
}

#[test]
fn what_cannot_be_sorted_ends_the_subscription_with_its_error() {
    let odd = json!({"sort_on": [["n", "sideways"]]});
    let mut world = World::default();
    world.put("1", json!({"n": 1}));
    world.subscribe(0, &odd).unwrap();
    world.put("2", json!({"n": 2}));
    let told = world.live.poll(&0, &world.documents).unwrap();
    assert_eq!(told.unwrap_err().status_code, Some(400));
    assert_eq!((world.live.views(), world.live.subscribers()), (0, 0));
    assert_eq!(world.subscribe(0, &odd).err(), Some(Some(400)));
}

#[test]
fn there_are_so_many_subscriptions_views_and_rows_and_one_more_is_refused() {
    let mut world = World::default();
    for who in 0..u32::try_from(ALL_SUBSCRIPTIONS).unwrap() {
        world.subscribe(who, &json!({})).unwrap();
    }
    assert_eq!(world.subscribe(u32::MAX, &json!({})).err(), Some(Some(429)));

    let mut world = World::default();
    let page = |at: usize| json!({"limit": [at + 1]});
    for at in 0..VIEWS {
        world
            .subscribe(u32::try_from(at).unwrap(), &page(at))
            .unwrap();
    }
    assert_eq!(
        world.subscribe(u32::MAX, &page(VIEWS)).err(),
        Some(Some(429))
    );
    world.subscribe(u32::MAX, &page(0)).unwrap();

    let (mut world, _) = followed(0, &json!({}));
    for at in 0..FOLLOWED / 1_000 {
        let options = AllDocs::from_json(&page(at), CAPACITIES).unwrap();
        let who = u32::try_from(at).unwrap();
        world
            .live
            .handle_subscribed(who, &options, &world.documents)
            .unwrap();
    }
    assert_eq!(world.subscribe(u32::MAX, &json!({})).err(), Some(Some(429)));
    world.live.handle_gone(&0);
    world.subscribe(u32::MAX, &json!({})).unwrap();
}
