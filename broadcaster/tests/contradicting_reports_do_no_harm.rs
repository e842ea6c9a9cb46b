//! A companion whose reports contradict each other, and one that dies: the hub goes on.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;

use broadcaster::Payload;
use broadcaster::address::Medium;
use broadcaster::envelope::PROTOCOL;
use broadcaster::hub::{Config, Event, Hub, MemberId, Output};
use broadcaster::limits::Limits;
use broadcaster::link::{Command, ConnId, Counters, Failure, Report};
use fake_companion::{Companion, ENVELOPED, NOW, PLAIN, Request, State, address, asked, open};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn a_connection_that_asks_twice_is_admitted_once() {
    let mut companion = Companion::new(open());
    let conn = companion.ask(PLAIN);
    let other = companion.ask(PLAIN);
    companion.report(asked(
        conn,
        Request {
            path: "/elsewhere",
            ..ENVELOPED
        },
    ));
    companion.send(conn, "x");
    assert_eq!(companion.take(other), ["x".into()]);
    assert_eq!(companion.take(conn), []);
    assert_eq!(companion.hub.totals().members, 2);
}

#[test]
fn reports_about_nobody_change_nothing() {
    let mut companion = Companion::new(open());
    let [gone, member] = [(); 2].map(|()| companion.ask(PLAIN));
    companion.end(gone, 1000);
    let before = companion.hub.totals();
    companion.events.clear();
    for conn in [gone, ConnId(0), ConnId(u32::MAX)] {
        companion.report(Report::Received {
            conn,
            payload: "x".into(),
        });
        companion.report(Report::Closed { conn, code: 1013 });
        companion.report(Report::Counters {
            counters: vec![Counters(conn, 1, 1, 1)],
        });
    }
    assert_eq!(companion.hub.totals(), before);
    assert_eq!(companion.events, []);
    assert_eq!(companion.take(member), []);
}

#[test]
fn a_dead_companion_takes_its_members_along_and_leaves_the_local_ones() {
    for is_hello in [false, true] {
        let mut companion = Companion::new(open());
        let local = companion.join_local("/");
        let conns = [PLAIN, ENVELOPED, ENVELOPED].map(|request| companion.ask(request));
        companion.take_local(local);
        companion.events.clear();
        if is_hello {
            let (build, os) = (String::new(), String::new());
            companion.hub.handle_report(
                Report::Hello {
                    version: 1,
                    build,
                    os,
                    addresses: Vec::new(),
                },
                NOW,
            );
        }
        companion.crash();

        let left = |id, kind| json!({"kind":"left","member":{"id":id,"address":"192.168.1.20","kind":kind}});
        let expected = [left(2, "plain"), left(3, "enveloped"), left(4, "enveloped")];
        assert_eq!(companion.take_local(local), expected);
        let lost = |id| Event::Left {
            member: MemberId(id),
            code: 1006,
        };
        assert_eq!(companion.events, [lost(2), lost(3), lost(4)]);
        assert_eq!(companion.hub.totals().members, 1);

        // The next companion counts connections from the start.
        for conn in conns {
            companion.conns.remove(&conn);
        }
        companion
            .conns
            .insert(conns[0], fake_companion::Connection::default());
        companion.report(asked(conns[0], PLAIN));
        assert_eq!(
            companion.conns[&conns[0]].state,
            State::Member { protocol: None }
        );
        companion.send_local(local, r#"{"kind":"send","data":"again"}"#);
        assert_eq!(companion.take(conns[0]), ["again".into()]);
    }
}

#[test]
fn a_dead_companion_takes_what_it_counted_along() {
    let limits = Limits {
        connections: 1,
        connections_per_address: 1,
        ..Limits::default()
    };
    let mut companion = Companion::new(Config { limits, ..open() });
    companion.ask(PLAIN);
    companion.crash();
    let again = companion.ask(PLAIN);
    let state = &companion.conns[&again].state;
    assert_eq!(*state, State::Member { protocol: None });
}

#[test]
fn a_command_the_companion_did_not_understand_is_told() {
    let mut companion = Companion::new(open());
    companion.report(Report::Error {
        detail: "what?".to_owned(),
    });
    assert_eq!(
        companion.events,
        [Event::Misunderstood {
            detail: "what?".to_owned()
        }]
    );
}

#[test]
fn a_local_member_that_left_is_not_heard() {
    let mut companion = Companion::new(open());
    let plain = companion.ask(PLAIN);
    let local = companion.join_local("/");
    companion.leave_local(local);
    companion.leave_local(local);
    companion.leave_local(MemberId(1)); // not a local one
    companion.send_local(local, r#"{"kind":"send","data":"x"}"#);
    companion.send_local(MemberId(1), r#"{"kind":"send","data":"x"}"#);
    assert_eq!(companion.take(plain), []);
    assert_eq!(companion.hub.totals().members, 1);
}

proptest! {
    /// Whatever the reports, commands are about connections that asked and are not known to be closed.
    #[test]
    fn any_reports_in_any_order_are_survived(reports in prop::collection::vec(report(), 0..80)) {
        let mut hub = Hub::new(open()).unwrap();
        let mut alive = BTreeSet::new();
        for report in reports {
            match &report {
                Report::Asked { conn, .. } => {
                    alive.insert(*conn);
                }
                Report::Closed { conn, .. } => {
                    alive.remove(conn);
                }
                Report::Hello { .. } => alive.clear(),
                Report::Listening { .. }
                | Report::Failed { .. }
                | Report::Received { .. }
                | Report::Counters { .. }
                | Report::Addresses { .. }
                | Report::Copy(_)
                | Report::Error { .. } => {}
            }
            hub.handle_report(report, NOW);
            for conn in addressed(&mut hub) {
                prop_assert!(alive.contains(&conn));
            }
            prop_assert!(hub.members().count() <= alive.len());
            prop_assert_eq!(hub.totals().members, hub.members().count() as u64);
        }
    }
}

fn addressed(hub: &mut Hub) -> Vec<ConnId> {
    let mut conns = Vec::new();
    loop {
        match hub.poll_output() {
            Output::Command(
                Command::Admit { conn, .. }
                | Command::Refuse { conn, .. }
                | Command::Close { conn, .. },
            ) => conns.push(conn),
            Output::Command(Command::Send { conn, except, .. }) => conns.extend(conn.or(except)),
            Output::Command(other) => panic!("not the hub's to command: {other:?}"),
            Output::Deliver { .. } => panic!("there is no local member"),
            Output::Event(_) => {}
            Output::Wait(_) => return conns,
        }
    }
}

fn report() -> impl Strategy<Value = Report> {
    let conn = || (0..5_u32).prop_map(ConnId);
    let path = prop::sample::select(vec!["/", "/a", "", "?", "//?/"]);
    let origin = prop::sample::select(vec![
        None,
        Some("null"),
        Some("http://192.168.1.5:9999"),
        Some(""),
    ]);
    let payload = prop_oneof![
        prop::sample::select(vec![
            "",
            "x",
            r#"{"kind":"send","to":1,"data":"x"}"#,
            r#"{"kind":"send","data":"x"}"#
        ])
        .prop_map(Payload::from),
        any::<Vec<u8>>().prop_map(Payload::from),
    ];
    prop_oneof![
        4 => (conn(), path, origin, any::<bool>()).prop_map(|(conn, path, origin, is_enveloped)| {
            let protocols: &[&str] = if is_enveloped { &[PROTOCOL] } else { &[] };
            asked(conn, Request { path, origin, protocols, ..PLAIN })
        }),
        6 => (conn(), payload).prop_map(|(conn, payload)| Report::Received { conn, payload }),
        3 => (conn(), any::<u16>()).prop_map(|(conn, code)| Report::Closed { conn, code }),
        1 => (conn(), any::<u64>()).prop_map(|(conn, n)| Report::Counters {
            counters: vec![Counters(conn, n, n, n), Counters(conn, 0, 0, 0)]
        }),
        1 => any::<u16>().prop_map(|port| Report::Listening {
            port,
            addresses: vec![address("192.168.1.5", Medium::Wired)]
        }),
        1 => Just(Report::Addresses { addresses: vec![] }),
        1 => Just(Report::Failed { code: Failure::Other, detail: String::new(), ours: false, next: None }),
        1 => Just(Report::Hello { version: 7, build: String::new(), os: String::new(), addresses: Vec::new() }),
    ]
}
