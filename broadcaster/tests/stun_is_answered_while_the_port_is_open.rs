//! STUN requests are answered while the port is open with `stun`, on the addresses served, and to those
//! admitted. What a request is, and how often it is answered, is tested beside `stun`.

mod support;

use broadcaster::executor::Output;
use broadcaster::limits::Limits;
use broadcaster::link::Command;
use std::net::SocketAddr;
use support::{Rig, lan_address};

const HERE: &str = "192.168.1.5:9999";

fn listen(stun: bool, bind: &[&str]) -> Command {
    let address = |text: &&str| text.parse().expect("an address");
    Command::Listen {
        port: support::PORT,
        bind: bind.iter().map(address).collect(),
        limits: Limits::default(),
        hosts: Vec::new(),
        allow: Vec::new(),
        stun,
    }
}

fn rig(command: Command) -> Rig {
    let mut rig = Rig::new(Limits::default());
    rig.command(command);
    rig
}

fn sockets(addresses: &[&str]) -> Output {
    let address = |text: &&str| text.parse().expect("an address");
    Output::Datagrams(addresses.iter().map(address).collect())
}

/// Sends a Binding request without attributes; whether it is answered.
fn is_answered(rig: &mut Rig, remote: &str, local: &str) -> bool {
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    request.extend([7; 12]);
    let [remote, local] = [remote, local].map(|text| text.parse::<SocketAddr>().expect("one"));
    let answer = rig
        .executor
        .handle_datagram(remote, local, &request, rig.now);
    answer.is_some_and(|answer| answer[..2] == [1, 1] && answer[8..20] == [7; 12])
}

#[test]
fn who_is_admitted_is_answered_where_it_was_asked_for() {
    let mut rig = rig(listen(true, &[]));
    assert_eq!(rig.listening, [sockets(&[HERE])], "the port stays open");
    assert!(is_answered(&mut rig, "192.168.1.20:4000", HERE));
    assert!(is_answered(&mut rig, "[::ffff:192.168.1.20]:4000", HERE));
    assert!(!is_answered(&mut rig, "8.8.8.8:4000", HERE));
}

#[test]
fn without_stun_there_is_no_socket_and_no_answer() {
    let mut rig = rig(listen(false, &[]));
    assert_eq!(rig.listening, []);
    assert!(!is_answered(&mut rig, "192.168.1.20:4000", HERE));
}

#[test]
fn an_address_not_listened_on_does_not_answer() {
    let mut rig = rig(listen(true, &["127.0.0.2", "192.168.1.5"]));
    let wanted = sockets(&["127.0.0.2:9999", HERE]);
    assert_eq!(rig.listening.last(), Some(&wanted));
    assert!(!is_answered(
        &mut rig,
        "192.168.1.20:4000",
        "127.0.0.1:9999"
    ));
}

#[test]
fn sockets_follow_the_addresses() {
    let mut rig = rig(listen(true, &[]));
    rig.listening.clear();
    let addresses = ["192.168.1.5", "fe80::5", "fd00::5"].map(lan_address);
    rig.executor.handle_addresses(addresses.to_vec(), rig.now);
    rig.run();
    assert_eq!(rig.listening, [sockets(&[HERE, "[fd00::5]:9999"])]);
}

#[test]
fn the_end_of_sharing_closes_the_sockets() {
    let mut rig = rig(listen(true, &[]));
    rig.listening.clear();
    rig.command(Command::Stop);
    assert_eq!(rig.listening, [Output::StopListening, sockets(&[])]);
    assert!(!is_answered(&mut rig, "192.168.1.20:4000", HERE));
}
