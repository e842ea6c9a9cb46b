//! A good message and a broken frame in one read: what the hub says to the message still reaches its
//! sender, before the Close frame.

mod support;

use broadcaster::executor::Output;
use broadcaster::limits::Limits;
use broadcaster::link::{Command, Report};
use support::Rig;
use tungstenite::Message;

#[test]
fn the_answer_comes_before_the_close() {
    let mut rig = Rig::new(Limits::default());
    let mut member = rig.member();
    let mut bytes = member.encode(&[Message::text("hello")]);
    bytes.extend([0xf1, 0x80, 0, 0, 0, 0]); // reserved bits set (RFC 6455 §5.2)
    rig.executor.handle_received(member.conn, &bytes, rig.now);
    let mut closed = None;
    loop {
        match rig.executor.poll_output() {
            Output::Report(Report::Received { conn, payload }) => {
                let (group, conn, except) = (None, Some(conn), None);
                let answer = Command::Send {
                    group,
                    conn,
                    except,
                    payload,
                };
                rig.executor.handle_command(answer, rig.now);
            }
            Output::Report(Report::Closed { code, .. }) => closed = Some(code),
            Output::Wait(_) => break,
            Output::Report(_) | Output::Write(_) => {}
            output @ (Output::Listen { .. }
            | Output::StopListening
            | Output::Datagrams(_)
            | Output::Finish(_)
            | Output::Drop(_)) => panic!("{output:?}"),
        }
    }
    assert_eq!(closed, Some(1002));
    let frames: Vec<u8> = rig
        .executor
        .queued(member.conn)
        .map(|frame| frame[0])
        .collect();
    assert_eq!(frames, [0x81, 0x88], "a text frame, then Close");
}
