//! Listening, moving, failing, and addresses that change.

mod support;

use broadcaster::executor::Output;
use broadcaster::limits::Limits;
use broadcaster::link::{Command, Failure, Report};
use support::{Rig, SocketState, lan_address};
use tungstenite::Message;

fn listen(port: u16, queue_bytes: usize) -> Command {
    let (bind, hosts, allow) = (Vec::new(), Vec::new(), Vec::new());
    let limits = Limits {
        queue_bytes,
        ..Limits::default()
    };
    Command::Listen {
        port,
        bind,
        limits,
        hosts,
        allow,
        stun: false,
    }
}

fn listening(port: u16) -> Report {
    Report::Listening {
        port,
        addresses: vec![lan_address("192.168.1.5")],
    }
}

#[test]
fn another_port_closes_the_old_sockets_and_keeps_the_members() {
    let mut rig = Rig::new(Limits::default());
    let mut member = rig.member();
    rig.opens = Some(10_000);
    rig.command(listen(10_000, 4000));
    let opened = Output::Listen {
        port: 10_000,
        bind: vec![],
    };
    assert_eq!(rig.listening, [Output::StopListening, opened]);
    assert_eq!(rig.take_reports(), [listening(10_000)]);
    rig.send_to_all("still here");
    assert_eq!(member.read(&mut rig), [Message::text("still here")]);
}

#[test]
fn the_same_port_changes_the_limits_alone() {
    let mut rig = Rig::new(Limits::default());
    let member = rig.member().conn;
    rig.command(listen(support::PORT, 10));
    assert_eq!(
        (rig.take_reports(), &rig.listening[..]),
        (vec![listening(support::PORT)], &[][..])
    );
    rig.send_to_all("longer than ten bytes");
    assert_eq!(
        rig.take_events(),
        [Report::Closed {
            conn: member,
            code: 1013
        }]
    );
}

#[test]
fn a_failure_is_told_and_nothing_listens() {
    let mut rig = Rig::new(Limits::default());
    let member = rig.member().conn;
    rig.opens = None;
    rig.command(listen(80, 4000));
    rig.executor
        .handle_failed(Failure::PortInUse, "in use".into(), true, Some(81), rig.now);
    rig.run();
    let (code, detail) = (Failure::PortInUse, "in use".into());
    assert_eq!(
        rig.take_reports(),
        [Report::Failed {
            code,
            detail,
            ours: true,
            next: Some(81)
        }]
    );
    assert_eq!(rig.accept_from("192.168.1.23:1"), None);
    assert_eq!(rig.state(member), SocketState::Open);
}

#[test]
fn sockets_opened_too_late_are_closed_again() {
    let mut rig = Rig::new(Limits::default());
    rig.opens = None;
    rig.command(listen(10_000, 4000));
    rig.command(Command::Stop);
    rig.listening.clear();
    rig.executor.handle_listening(10_000, rig.now);
    rig.run();
    assert_eq!(rig.listening, [Output::StopListening]);
    assert_eq!(rig.take_reports(), []);
    rig.executor
        .handle_failed(Failure::Other, "late".into(), false, None, rig.now);
    rig.run();
    assert_eq!(rig.take_reports(), []);
}

#[test]
fn new_addresses_are_told_once_and_only_while_listening() {
    let mut rig = Rig::new(Limits::default());
    let addresses = vec![lan_address("10.0.0.5"), lan_address("192.168.1.5")];
    for _ in 0..2 {
        rig.executor.handle_addresses(addresses.clone(), rig.now);
        rig.run();
    }
    assert_eq!(rig.take_reports(), [Report::Addresses { addresses }]);
    rig.command(Command::Stop);
    rig.executor.handle_addresses(vec![], rig.now);
    rig.run();
    assert_eq!(rig.take_reports(), []);
}
