//! Whatever the peers send and whenever, the executor goes on, and each that asked is told closed at
//! most once.

mod support;

use broadcaster::Millis;
use broadcaster::limits::Limits;
use broadcaster::link::{Command, ConnId, GroupId, Report};
use proptest::prelude::*;
use std::collections::BTreeSet;
use support::{ALL, HANDSHAKE, Rig, SocketState};

#[derive(Debug, Clone)]
enum Step {
    Accept,
    Bytes(usize, Vec<u8>),
    Handshake(usize),
    End(usize),
    Pass(u64),
    Admit(usize),
    Refuse(usize, u16),
    Close(usize, u16),
    Join(usize, u32),
    Send(Vec<u8>),
    Stop,
    Detach,
    Listen,
}

fn step() -> impl Strategy<Value = Step> {
    let frame = (any::<u8>(), prop::collection::vec(any::<u8>(), 0..140))
        .prop_map(|(first, payload)| support::masked(first, &payload));
    let bytes = prop_oneof![frame, prop::collection::vec(any::<u8>(), 1..60)];
    let conn = 0..8_usize;
    prop_oneof![
        4 => Just(Step::Accept),
        8 => (conn.clone(), bytes).prop_map(|(conn, bytes)| Step::Bytes(conn, bytes)),
        4 => conn.clone().prop_map(Step::Handshake),
        1 => conn.clone().prop_map(Step::End),
        2 => (0..70_000_u64).prop_map(Step::Pass),
        6 => conn.clone().prop_map(Step::Admit),
        1 => (conn.clone(), any::<u16>()).prop_map(|(conn, status)| Step::Refuse(conn, status)),
        1 => (conn.clone(), any::<u16>()).prop_map(|(conn, code)| Step::Close(conn, code)),
        1 => (conn, 0..3_u32).prop_map(|(conn, group)| Step::Join(conn, group)),
        4 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Step::Send),
        1 => Just(Step::Stop),
        1 => Just(Step::Detach),
        2 => Just(Step::Listen),
    ]
}

fn take(rig: &mut Rig, conns: &mut Vec<ConnId>, step: Step) {
    let conn = |at: usize, conns: &[ConnId]| {
        conns
            .get(conns.len().wrapping_sub(at + 1))
            .copied()
            .unwrap_or(ConnId(9999))
    };
    let is_open = |rig: &Rig, conn| {
        rig.sockets
            .get(&conn)
            .is_some_and(|socket| socket.state != SocketState::Dropped)
    };
    match step {
        Step::Accept => conns.extend(rig.accept_from("192.168.1.23:50000")),
        Step::Bytes(at, bytes) if is_open(rig, conn(at, conns)) => {
            rig.receive(conn(at, conns), &bytes);
        }
        Step::Handshake(at) if is_open(rig, conn(at, conns)) => {
            rig.receive(conn(at, conns), HANDSHAKE.as_bytes());
        }
        Step::Bytes(..) | Step::Handshake(_) => {}
        Step::End(at) => rig.end(conn(at, conns)),
        Step::Pass(span) => rig.pass(Millis(span)),
        Step::Admit(at) => {
            let conn = conn(at, conns);
            rig.command(Command::Admit {
                conn,
                protocol: None,
                groups: vec![ALL],
            });
        }
        Step::Refuse(at, status) => rig.command(Command::Refuse {
            conn: conn(at, conns),
            status,
        }),
        Step::Close(at, code) => {
            let reason = "é".repeat(99);
            rig.command(Command::Close {
                conn: conn(at, conns),
                code,
                reason,
            });
        }
        Step::Join(at, group) => {
            rig.command(Command::Join {
                conn: conn(at, conns),
                group: GroupId(group),
            });
        }
        Step::Send(bytes) => rig.send_to_all(bytes),
        Step::Stop => rig.command(Command::Stop),
        Step::Detach => {
            rig.executor.handle_detached(rig.now);
            rig.run();
        }
        Step::Listen => rig.command(support::listen(Limits::default())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn whatever_happens(steps in prop::collection::vec(step(), 0..60)) {
        let (mut rig, mut conns) = (Rig::new(Limits::default()), Vec::new());
        for step in steps {
            take(&mut rig, &mut conns, step);
        }
        let (mut asked, mut closed) = (BTreeSet::new(), BTreeSet::new());
        for report in rig.take_reports() {
            if let Report::Asked { conn, .. } = report {
                prop_assert!(asked.insert(conn));
            } else if let Report::Closed { conn, .. } = report {
                prop_assert!(asked.contains(&conn) && closed.insert(conn));
            } else if let Report::Received { conn, .. } = report {
                prop_assert!(asked.contains(&conn) && !closed.contains(&conn));
            }
        }
        // In the end everything is let go of: no socket and no timer stays behind.
        rig.executor.handle_detached(rig.now);
        rig.run();
        rig.pass(Millis::from_secs(30));
        prop_assert!(rig.sockets.values().all(|socket| socket.state == SocketState::Dropped));
        prop_assert_eq!(rig.wait, None);
    }
}
