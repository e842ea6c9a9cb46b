//! The examples of `docs/protocol.md`: each is what the types read and write, and every kind has one.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use broadcaster::envelope::{ToHub, ToMember};
use broadcaster::link::{Command, Link, Message, Report};
use broadcaster::signalling;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// The fenced JSON examples, each with the line before its fence.
fn examples() -> Vec<(&'static str, &'static str)> {
    let fences = DOCUMENT.split("```json\n").collect::<Vec<_>>();
    let labels = fences
        .iter()
        .map(|text| text.trim_end().lines().last().unwrap_or_default());
    let bodies = fences
        .iter()
        .skip(1)
        .map(|text| text.split("```").next().unwrap().trim());
    labels.zip(bodies).collect()
}

fn labelled(label: &str) -> Vec<&'static str> {
    let examples = examples().into_iter().filter(|example| example.0 == label);
    examples.map(|example| example.1).collect()
}

fn assert_same<T: Serialize>(read: &T, example: &str) {
    let example: Value = serde_json::from_str(example).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), example);
}

/// Checks the examples of one direction of the link, and that no kind is left out.
fn check_link<M: Message>(label: &str) {
    let mut kinds = BTreeSet::new();
    for example in labelled(label) {
        let message: M = serde_json::from_str(example).unwrap_or_else(|e| panic!("{e}: {example}"));
        assert_same(&message, example);
        let value: Value = serde_json::from_str(example).unwrap();
        kinds.insert(value["kind"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        kinds,
        M::KINDS.iter().map(|kind| (*kind).to_owned()).collect()
    );
}

#[test]
fn every_example_says_what_it_is() {
    let known = [
        "carrier",
        "companion → hub",
        "hub → companion",
        "hub → client",
        "client → hub",
        "signalling",
        // Read by jio/tests/protocol_examples_are_true.rs.
        "caller → server",
        "server → caller",
    ];
    for (label, example) in examples() {
        assert!(known.contains(&label), "{label:?} before {example}");
    }
    let labels: BTreeSet<_> = examples().iter().map(|example| example.0).collect();
    assert_eq!(labels, BTreeSet::from(known));
}

#[test]
fn reports() {
    check_link::<Report>("companion → hub");
}

#[test]
fn commands() {
    check_link::<Command>("hub → companion");
}

#[test]
fn envelopes_for_members() {
    for example in labelled("hub → client") {
        let envelope: ToMember = serde_json::from_str(example).unwrap();
        assert_same(&envelope, example);
    }
}

#[test]
fn envelopes_for_the_hub() {
    for example in labelled("client → hub") {
        assert_same(&ToHub::from_text(example).unwrap(), example);
    }
}

#[test]
fn signalling_messages() {
    let mut actions = BTreeSet::new();
    for example in labelled("signalling") {
        let message = signalling::Message::parse(example).unwrap();
        assert_same(&message, example);
        let value: Value = serde_json::from_str(example).unwrap();
        actions.insert(value["action"].as_str().unwrap().to_owned());
        let is_json = |data: &&str| !data.is_empty() && value["action"] != "relay";
        if let Some(data) = value["data"].as_str().filter(is_json) {
            assert!(
                serde_json::from_str::<Value>(data).unwrap().is_object(),
                "{data}"
            );
        }
    }
    let all = [
        "announce",
        "answer",
        "candidate",
        "offer",
        "refuse",
        "relay",
        "request",
    ];
    assert_eq!(actions, all.map(str::to_owned).into());
}

#[test]
fn carrier_messages_in_their_order() {
    let mut hub = Link::<Report, Command>::new();
    let given: Vec<_> = labelled("carrier")
        .into_iter()
        .map(|example| hub.handle_text(example))
        .collect();
    assert_eq!(
        hub.poll_output(),
        None,
        "nothing was answered with an error"
    );
    let [batch, first_part, last_part, credit] = &given[..] else {
        panic!("{given:?}");
    };
    assert_eq!((batch.len(), last_part.len()), (2, 1));
    assert_eq!(
        batch[0], last_part[0],
        "the parts are the batch's first message"
    );
    assert_eq!((&first_part[..], &credit[..]), (&[][..], &[][..]));

    let mut companion = Link::<Command, Report>::new();
    for report in batch {
        companion.push(report);
    }
    assert_eq!(
        companion.poll_output().as_deref(),
        Some(labelled("carrier")[0])
    );
}
