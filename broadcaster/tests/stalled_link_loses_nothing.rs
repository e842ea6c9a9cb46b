//! Two sides, both with much to say, over a carrier that stalls for as long as it likes: everything arrives
//! in order, no side ever waits for good, and neither the bytes under way nor a queue passes its bound.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use broadcaster::Payload;
use broadcaster::limits::{LINK_QUEUE_BYTES, LINK_WINDOW_BYTES};
use broadcaster::link::{Command, ConnId, GroupId, Link, Report};
use proptest::prelude::*;
use std::collections::VecDeque;

/// A carrier of one direction: takes everything at once, delivers when the schedule lets it.
#[derive(Default)]
struct Wire {
    texts: VecDeque<String>,
    /// Bytes sent that needed credit.
    sent: usize,
    /// Bytes of credit that have arrived at the sender.
    credited: usize,
}

impl Wire {
    fn send(&mut self, text: String) {
        if !is_free(&text) {
            self.sent += text.len();
        }
        let unhandled = self.sent - self.credited;
        assert!(
            unhandled <= LINK_WINDOW_BYTES,
            "{unhandled} bytes under way"
        );
        self.texts.push_back(text);
    }
}

fn is_free(text: &str) -> bool {
    text.starts_with(r#"[{"kind":"credit""#)
}

fn credit(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(r#"[{"kind":"credit","bytes":"#) else {
        return 0;
    };
    rest.trim_end_matches("}]").parse().unwrap()
}

/// Both sides and the carriers between them.
struct Pair {
    hub: Link<Report, Command>,
    companion: Link<Command, Report>,
    to_companion: Wire,
    to_hub: Wire,
    commands: Vec<u32>,
    reports: Vec<u32>,
}

impl Pair {
    fn new() -> Self {
        Self {
            hub: Link::new(),
            companion: Link::new(),
            to_companion: Wire::default(),
            to_hub: Wire::default(),
            commands: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// Lets the carriers deliver up to `down` and `up` carrier messages.
    fn step(&mut self, down: usize, up: usize) {
        self.poll();
        for text in self
            .to_companion
            .texts
            .drain(..down.min(self.to_companion.texts.len()))
        {
            self.to_hub.credited += credit(&text);
            self.commands.extend(
                self.companion
                    .handle_text(&text)
                    .iter()
                    .map(number_of_command),
            );
            self.companion.grant();
        }
        for text in self.to_hub.texts.drain(..up.min(self.to_hub.texts.len())) {
            self.to_companion.credited += credit(&text);
            self.reports
                .extend(self.hub.handle_text(&text).iter().map(number_of_report));
        }
        if !self.hub.is_congested() {
            self.hub.grant();
        }
        self.poll();
    }

    fn poll(&mut self) {
        while let Some(text) = self.hub.poll_output() {
            self.to_companion.send(text);
        }
        while let Some(text) = self.companion.poll_output() {
            self.to_hub.send(text);
        }
        if !self.hub.is_congested() {
            self.hub.grant();
        }
    }

    fn is_quiet(&self) -> bool {
        self.to_companion.texts.is_empty() && self.to_hub.texts.is_empty()
    }
}

fn number_of_command(command: &Command) -> u32 {
    let Command::Send {
        conn: Some(conn), ..
    } = command
    else {
        panic!("{command:?}")
    };
    conn.0
}

fn number_of_report(report: &Report) -> u32 {
    let Report::Received { conn, .. } = report else {
        panic!("{report:?}")
    };
    conn.0
}

fn command(number: u32, payload: Payload) -> Command {
    Command::Send {
        group: Some(GroupId(0)),
        conn: Some(ConnId(number)),
        except: None,
        payload,
    }
}

fn payload(len: usize) -> Payload {
    Payload::from(&*"x".repeat(len))
}

/// Pushes what the bound lets in, steps, and so on until all is said and delivered.
fn run(down: &[usize], up: &[usize], stalls: &[(usize, usize)]) -> Pair {
    let mut pair = Pair::new();
    let (mut commands, mut reports) = (0, 0);
    let mut stalls = stalls.iter().copied().chain(std::iter::repeat((1, 1)));
    loop {
        while commands < down.len() && !pair.hub.is_congested() {
            pair.hub
                .push(&command(commands as u32, payload(down[commands])));
            commands += 1;
        }
        while reports < up.len() && !pair.companion.is_congested() {
            let conn = ConnId(reports as u32);
            pair.companion.push(&Report::Received {
                conn,
                payload: payload(up[reports]),
            });
            reports += 1;
        }
        // What one push may add: the longest payload here, and a little more.
        let bound = LINK_QUEUE_BYTES + 1_300_000;
        assert!(pair.hub.queued_bytes() < bound && pair.companion.queued_bytes() < bound);
        let (down_now, up_now) = stalls.next().unwrap();
        pair.step(down_now, up_now);
        let all_said = commands == down.len() && reports == up.len();
        if all_said && pair.is_quiet() {
            return pair;
        }
    }
}

fn assert_all_arrived(pair: &Pair, down: usize, up: usize) {
    assert!(
        pair.commands.iter().copied().eq(0..down as u32),
        "{:?}",
        pair.commands
    );
    assert!(
        pair.reports.iter().copied().eq(0..up as u32),
        "{:?}",
        pair.reports
    );
    assert_eq!(
        (pair.hub.queued_bytes(), pair.companion.queued_bytes()),
        (0, 0)
    );
}

#[test]
fn both_directions_full_at_once() {
    let load = [300_000; 30];
    assert_all_arrived(&run(&load, &load, &[]), 30, 30);
}

#[test]
fn one_direction_stalls_until_the_sender_has_no_credit() {
    let load = [200_000; 40];
    let mut stalls = vec![(0, 1); 40];
    stalls.extend([(1, 0); 40]);
    assert_all_arrived(&run(&load, &load, &stalls), 40, 40);
}

#[test]
fn a_receiver_that_grants_nothing_stops_its_sender_at_the_window() {
    let mut companion = Link::<Command, Report>::new();
    for number in 0..100 {
        companion.push(&Report::Received {
            conn: ConnId(number),
            payload: payload(100_000),
        });
    }
    let sent: usize = std::iter::from_fn(|| companion.poll_output())
        .map(|text| text.len())
        .sum();
    assert!(
        sent <= LINK_WINDOW_BYTES && sent > LINK_WINDOW_BYTES - 1_000_000,
        "{sent}"
    );
    assert!(companion.is_congested());
}

#[test]
fn credit_is_granted_in_portions() {
    let mut hub = Link::<Report, Command>::new();
    let mut companion = Link::<Command, Report>::new();
    for _ in 0..1000 {
        companion.push(&Report::Received {
            conn: ConnId(1),
            payload: payload(100),
        });
        hub.handle_text(&companion.poll_output().unwrap());
        hub.grant();
    }
    assert_eq!(
        hub.poll_output(),
        None,
        "1,000 small messages are no quarter of the window"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_load_over_any_stall_arrives(
        down in prop::collection::vec(lengths(), 0..20),
        up in prop::collection::vec(lengths(), 0..20),
        stalls in prop::collection::vec((0usize..4, 0usize..4), 0..60),
    ) {
        let pair = run(&down, &up, &stalls);
        assert_all_arrived(&pair, down.len(), up.len());
    }
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 0usize..2000, 6 => 0usize..200_000, 1 => 900_000usize..1_200_000]
}
