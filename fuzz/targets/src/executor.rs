//! The executor among peers and a hub that do anything in any order: each that asked is told closed at most
//! once, waiting handshakes stay within their bounds, and in the end nothing is left.

use crate::input::{digit, lines};
use crate::rig::{HANDSHAKE, Rig, listen};
use broadcaster::Millis;
use broadcaster::limits::WAITING_HANDSHAKES;
use broadcaster::link::{Command, ConnId, GroupId, Report};
use std::collections::BTreeSet;

const GROUP: GroupId = GroupId(1);

pub(crate) fn executor(data: &[u8]) {
    let mut rig = Rig::new();
    let mut waiting = BTreeSet::new();
    for (word, rest) in lines(data) {
        step(&mut rig, &mut waiting, word, rest);
        waiting
            .retain(|conn| rig.sockets[conn].written.is_empty() && !rig.sockets[conn].is_dropped);
        assert!(waiting.len() <= WAITING_HANDSHAKES);
    }
    check(&rig.reports);
    rig.executor.handle_detached(rig.now);
    rig.run();
    rig.pass(Millis::from_secs(30));
    assert!(rig.sockets.values().all(|socket| socket.is_dropped));
    assert_eq!(rig.wait, None);
}

fn step(rig: &mut Rig, waiting: &mut BTreeSet<ConnId>, word: u8, rest: &[u8]) {
    let (of, bytes) = digit(rest);
    let conn = ConnId(of + 1);
    match word {
        b'a' => waiting.extend(rig.accept(of as u8)),
        b'h' => rig.receive(conn, HANDSHAKE),
        b'b' => rig.receive(conn, bytes),
        b'm' => rig.receive(conn, &masked(bytes)),
        b'e' => {
            rig.executor.handle_ended(conn, rig.now);
            rig.run();
        }
        b'p' => rig.pass(Millis(u64::from(of) * 4700)),
        b'A' => rig.command(Command::Admit {
            conn,
            protocol: None,
            groups: vec![GROUP],
        }),
        b'R' => rig.command(Command::Refuse {
            conn,
            status: 400 + of as u16,
        }),
        b'C' => {
            let reason = String::from_utf8_lossy(bytes).into_owned();
            rig.command(Command::Close {
                conn,
                code: 1000 + of as u16,
                reason,
            });
        }
        b'J' => rig.command(Command::Join {
            conn,
            group: GroupId(of % 3),
        }),
        b'L' => rig.command(Command::Leave {
            conn,
            group: GroupId(of % 3),
        }),
        b'S' => rig.command(Command::Send {
            group: Some(GROUP),
            conn: None,
            except: Some(conn),
            payload: bytes.to_vec().into(),
        }),
        b'Q' => rig.command(Command::Stop),
        b'O' => rig.command(listen()),
        b'D' => {
            rig.executor.handle_detached(rig.now);
            rig.run();
        }
        _ => {}
    }
}

fn check(reports: &[Report]) {
    let (mut asked, mut closed) = (BTreeSet::new(), BTreeSet::new());
    for report in reports {
        if let Report::Asked { conn, .. } = report {
            assert!(asked.insert(conn), "asked once");
        } else if let Report::Closed { conn, .. } = report {
            assert!(asked.contains(&conn) && closed.insert(conn), "closed once");
        } else if let Report::Received { conn, .. } = report {
            assert!(asked.contains(&conn) && !closed.contains(&conn));
        }
    }
}

/// A client's frame of up to 125 bytes, its first byte first; masked with zeros, which changes nothing and
/// is a mask all the same.
fn masked(bytes: &[u8]) -> Vec<u8> {
    let (first, payload) = bytes.split_first().unwrap_or((&0x81, &[]));
    let payload = &payload[..payload.len().min(125)];
    [
        &[*first, 0x80 | payload.len() as u8, 0, 0, 0, 0][..],
        payload,
    ]
    .concat()
}
