//! The end of sharing, and of the hub: members are told, the port closes, nobody is asked any more.

mod support;

use broadcaster::Millis;
use broadcaster::executor::Output;
use broadcaster::limits::Limits;
use broadcaster::link::{Command, Report};
use support::{Rig, SocketState};
use tungstenite::Message;

#[test]
fn stop_tells_everybody_and_frees_the_port() {
    let mut rig = Rig::new(Limits::default());
    let mut members = [rig.member(), rig.member()];
    let (asked, reading) = (rig.accept(), rig.accept());
    rig.receive(asked, support::HANDSHAKE.as_bytes());
    rig.reports.clear();
    rig.command(Command::Stop);
    let closed = |conn| Report::Closed { conn, code: 1001 };
    assert_eq!(
        rig.take_reports(),
        [members[0].conn, members[1].conn, asked].map(closed)
    );
    assert_eq!(rig.listening, [Output::StopListening]);
    for member in &mut members {
        let Some(Message::Close(Some(close))) = member.read(&mut rig).pop() else {
            panic!()
        };
        assert_eq!(u16::from(close.code), 1001);
        assert_eq!(rig.state(member.conn), SocketState::Finished);
    }
    assert!(rig.take(asked).ends_with(b"\x03\xe9sharing was stopped"));
    assert_eq!(rig.state(reading), SocketState::Dropped);
    assert_eq!(rig.accept_from("192.168.1.23:1"), None);
}

#[test]
fn a_lost_hub_is_the_same_without_reports() {
    let mut rig = Rig::new(Limits::default());
    let mut member = rig.member();
    rig.executor.handle_detached(rig.now);
    rig.run();
    let Some(Message::Close(Some(close))) = member.read(&mut rig).pop() else {
        panic!()
    };
    assert_eq!(u16::from(close.code), 1001);
    assert_eq!(rig.listening, [Output::StopListening]);
    rig.pass(Millis::from_secs(30));
    assert_eq!((rig.take_reports(), rig.wait), (vec![], None));
    assert_eq!(rig.state(member.conn), SocketState::Dropped);
}

#[test]
fn the_next_hub_listens_again() {
    let mut rig = Rig::new(Limits::default());
    let first = rig.member().conn;
    rig.executor.handle_detached(rig.now);
    rig.run();
    rig.command(Command::Hello { version: 1 });
    rig.command(support::listen(Limits::default()));
    assert!(matches!(
        rig.take_reports()[..],
        [Report::Listening {
            port: support::PORT,
            ..
        }]
    ));
    let mut member = rig.member();
    assert_ne!(member.conn, first, "connections are never reused");
    rig.send_to_all("hello again");
    assert_eq!(member.read(&mut rig), [Message::text("hello again")]);
}
