//! The session that has copies kept: each order of the master's document gets one outcome, whatever becomes
//! of the companion.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use broadcaster::Millis;
use broadcaster::limits::{COMPANION_GREETING, COPY_ANSWER, COPY_CHUNK_BYTES, LINK_MESSAGE_BYTES};
use broadcaster::link::{Command, Link, Order, Outcome, Report, SetId, VERSION};
use broadcaster::sharing::{CopyOutput, Copying};
use bytes::Bytes;

const LIST: &str = r#"{"does":"list"}"#;

/// A session, its companion and its document.
struct Relay {
    copying: Copying,
    now: Millis,
    /// The companion's side, until its port is closed.
    companion: Option<Link<Command, Report>>,
    commands: Vec<Command>,
    told: Vec<Outcome>,
    wait: Option<Millis>,
}

impl Relay {
    fn new() -> Self {
        let now = Millis(5000);
        let mut relay = Self {
            copying: Copying::new(now),
            now,
            companion: Some(Link::new()),
            commands: Vec::new(),
            told: Vec::new(),
            wait: None,
        };
        relay.run();
        relay
    }

    /// With a companion that has said hello.
    fn greeted() -> Self {
        let mut relay = Self::new();
        relay.say(hello(VERSION));
        relay.commands.clear();
        relay
    }

    fn run(&mut self) {
        loop {
            match self.copying.poll_output() {
                CopyOutput::Send(text) => {
                    let companion = self.companion.as_mut().unwrap();
                    assert!(text.len() <= LINK_MESSAGE_BYTES);
                    self.commands.extend(companion.handle_text(&text));
                    companion.grant();
                }
                CopyOutput::Disconnect => self.companion = None,
                CopyOutput::Tell(outcome) => self.told.push(outcome),
                CopyOutput::Wait(until) => break self.wait = until,
            }
        }
        let mut texts = Vec::new();
        while let Some(text) = self.companion.as_mut().and_then(Link::poll_output) {
            texts.push(text);
        }
        for text in &texts {
            self.copying.handle_text(text, self.now);
        }
        if !texts.is_empty() {
            self.run();
        }
    }

    fn order(&mut self, text: &str) {
        self.copying.handle_order(text, self.now);
        self.run();
    }

    fn say(&mut self, report: Report) {
        self.companion.as_mut().unwrap().push(&report);
        self.run();
    }

    fn end(&mut self, error: Option<&str>) {
        self.companion = None;
        self.copying.handle_disconnected(error, self.now);
        self.run();
    }

    /// What is due by then happens, `late` after its time.
    fn pass(&mut self, span: Millis, late: u64) {
        self.now = self.now + span + Millis(late);
        if self.wait.is_some_and(|wait| wait <= self.now) {
            self.copying.handle_timeout(self.now);
            self.run();
        }
    }

    #[track_caller]
    fn assert_failed(&mut self, words: &str) {
        match self.told.pop() {
            Some(Outcome::Failed { detail }) => assert!(detail.contains(words), "{detail}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(self.told, []);
    }
}

fn hello(version: u32) -> Report {
    Report::Hello {
        version,
        build: "1".to_owned(),
        os: "linux".to_owned(),
        addresses: Vec::new(),
    }
}

fn listed() -> Outcome {
    Outcome::Listed { copies: Vec::new() }
}

#[test]
fn an_order_waits_for_the_companions_hello() {
    let mut relay = Relay::new();
    assert_eq!(relay.commands, [Command::Hello { version: VERSION }]);
    relay.order(LIST);
    assert_eq!(relay.commands.len(), 1);
    relay.say(hello(VERSION));
    assert_eq!(relay.commands[1..], [Command::Copy(Order::List)]);
    relay.say(Report::Copy(listed()));
    assert_eq!(relay.told, [listed()]);
    assert_eq!(relay.wait, None, "an idle session waits for nothing");
}

#[test]
fn a_chunk_travels_in_one_message_each_way() {
    let mut relay = Relay::greeted();
    let data = Bytes::from(vec![0xff; COPY_CHUNK_BYTES]);
    let order = Order::Write {
        set: SetId(7),
        offset: 0,
        last: false,
        data: data.clone(),
    };
    for _ in 0..12 {
        relay.order(&serde_json::to_string(&order).unwrap());
        assert_eq!(relay.commands.pop(), Some(Command::Copy(order.clone())));
        let outcome = Outcome::Given {
            last: false,
            data: data.clone(),
        };
        relay.say(Report::Copy(outcome.clone()));
        assert!(relay.told.pop() == Some(outcome));
    }
}

#[test]
fn a_second_order_is_refused_while_one_is_under_way() {
    let mut relay = Relay::new();
    relay.order(LIST);
    relay.order(LIST);
    relay.assert_failed("one order at a time");
    relay.say(hello(VERSION));
    relay.order(LIST);
    relay.assert_failed("one order at a time");
    relay.say(Report::Copy(listed()));
    assert_eq!(relay.told, [listed()]);
}

#[test]
fn what_is_no_order_is_refused_and_goes_nowhere() {
    let mut relay = Relay::greeted();
    for text in [
        "",
        "7",
        "{}",
        r#"{"does":"remove"}"#,
        r#"{"does":"read","set":"../..","number":1,"offset":0}"#,
    ] {
        relay.order(text);
        assert!(
            matches!(relay.told.pop(), Some(Outcome::Failed { .. })),
            "{text}"
        );
    }
    assert_eq!(relay.commands, []);
    relay.order(LIST);
    assert_eq!(relay.commands, [Command::Copy(Order::List)]);
}

#[test]
fn each_order_without_a_companion_fails_in_words() {
    for (error, words) in [
        (
            "Specified native messaging host not found.",
            "not installed",
        ),
        (
            "Access to the specified native messaging host is forbidden.",
            "another extension",
        ),
        (
            "Native host has exited.",
            "The companion ended (Native host has exited.)",
        ),
    ] {
        let mut relay = Relay::new();
        relay.order(LIST);
        relay.end(Some(error));
        relay.assert_failed(words);
        relay.order(LIST);
        relay.assert_failed(words);
        assert_eq!(relay.wait, None);
    }
}

#[test]
fn a_companion_that_ends_between_orders_is_told_with_the_next() {
    let mut relay = Relay::greeted();
    relay.end(None);
    assert_eq!(relay.told, []);
    relay.order(LIST);
    relay.assert_failed("The companion ended");
}

#[test]
fn another_version_is_told_with_both_numbers() {
    let mut relay = Relay::new();
    relay.order(LIST);
    relay.say(hello(VERSION + 1));
    relay.assert_failed("Update this extension");
    assert!(relay.companion.is_none());
    assert_eq!(relay.commands.len(), 1);
}

#[test]
fn a_companion_that_knows_no_copies_is_older() {
    let mut relay = Relay::greeted();
    relay.order(LIST);
    let detail = "unknown kind".to_owned();
    relay.say(Report::Error { detail });
    relay.assert_failed("older than this extension");
    assert!(relay.companion.is_none());
}

#[test]
fn a_companion_that_hangs_is_left() {
    let mut relay = Relay::new();
    relay.order(LIST);
    relay.pass(Millis(COMPANION_GREETING.0 - 1), 0);
    assert_eq!(relay.told, []);
    relay.pass(Millis(1), 0);
    relay.assert_failed("does not answer");
    assert!(relay.companion.is_none());

    let mut relay = Relay::greeted();
    relay.order(LIST);
    relay.pass(Millis(COPY_ANSWER.0 - 1), 0);
    assert_eq!(relay.told, []);
    relay.pass(Millis(1), 0);
    relay.assert_failed("does not answer");
}

#[test]
fn a_computer_that_slept_waits_for_the_whole_time_once_more() {
    let mut relay = Relay::greeted();
    relay.order(LIST);
    relay.pass(COPY_ANSWER, 3_600_000);
    assert_eq!(relay.told, []);
    relay.say(Report::Copy(listed()));
    assert_eq!(relay.told, [listed()]);
}

#[test]
fn what_a_companion_says_unasked_is_passed_over() {
    let mut relay = Relay::greeted();
    relay.say(Report::Copy(listed()));
    relay.say(hello(VERSION + 1));
    relay.say(Report::Addresses {
        addresses: Vec::new(),
    });
    assert_eq!(relay.told, []);
    relay.order(LIST);
    assert_eq!(relay.commands, [Command::Copy(Order::List)]);
}
