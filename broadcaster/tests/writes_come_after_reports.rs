//! What was received together leaves together: one write for each receiver, after all reports.

mod support;

use broadcaster::executor::Output;
use broadcaster::limits::Limits;
use broadcaster::link::{Command, Report};
use support::{ALL, Rig};
use tungstenite::Message;

#[test]
fn a_burst_is_one_write_for_each_receiver() {
    let mut rig = Rig::new(Limits::default());
    let (mut a, b, c) = (rig.member(), rig.member(), rig.member());
    let burst: Vec<_> = (0..32).map(|n| Message::text(n.to_string())).collect();
    let bytes = a.encode(&burst);
    rig.executor.handle_received(a.conn, &bytes, rig.now);
    let mut order = Vec::new();
    loop {
        match rig.executor.poll_output() {
            Output::Report(Report::Received { conn, payload }) => {
                let (group, except) = (Some(ALL), Some(conn));
                let command = Command::Send {
                    group,
                    conn: None,
                    except,
                    payload,
                };
                rig.executor.handle_command(command, rig.now);
                order.push(None);
            }
            Output::Write(conn) => order.push(Some(conn)),
            Output::Wait(_) => break,
            output @ (Output::Report(_)
            | Output::Listen { .. }
            | Output::StopListening
            | Output::Datagrams(_)
            | Output::Finish(_)
            | Output::Drop(_)) => panic!("{output:?}"),
        }
    }
    assert_eq!(order.len(), 32 + 2);
    assert_eq!(order[32..], [Some(b.conn), Some(c.conn)]);
    assert_eq!(rig.executor.queued(b.conn).count(), 32);
    let shared = |conn| {
        rig.executor
            .queued(conn)
            .map(|bytes| bytes.as_ptr())
            .collect::<Vec<_>>()
    };
    assert_eq!(shared(b.conn), shared(c.conn), "one encoding for all");
}
