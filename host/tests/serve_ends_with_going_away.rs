//! `serve` ends on SIGTERM and SIGINT: members hear 1001, the exit code is 0.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use rustix::process::Signal;
use std::net::{Ipv4Addr, TcpListener};
use support::{Server, close_code, exchange_marks, join, wait};

#[test]
fn members_hear_1001_and_the_port_is_free_again() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&[]);
        let mut clients = [0; 3].map(|_| join(server.port, "/"));
        exchange_marks(&mut clients);
        server.signal(signal);
        for mut client in clients {
            assert_eq!(close_code(&mut client), 1001);
            // Answers the Close, as a browser does.
            while client.read().is_ok() {}
        }
        assert_eq!(wait(&mut server.child).0.code(), Some(0));
        TcpListener::bind((Ipv4Addr::LOCALHOST, server.port)).expect("the port is free");
    }
}

#[test]
fn a_member_that_never_answers_does_not_keep_it_alive() {
    let mut server = Server::start(&[]);
    let mut clients = [0; 2].map(|_| join(server.port, "/"));
    exchange_marks(&mut clients);
    server.signal(Signal::TERM);
    let (status, took) = wait(&mut server.child);
    assert_eq!(status.code(), Some(0));
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn nothing_but_addresses_is_printed() {
    let mut server = Server::start(&[]);
    server.signal(Signal::TERM);
    assert_eq!(wait(&mut server.child).0.code(), Some(0));
    assert!(server.lines.next().is_none());
}
