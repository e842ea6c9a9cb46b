//! What peers can make the companion hold is no more than docs/security.md says, and it is given back.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use broadcaster::limits::{HEAD_BYTES, Limits};
use bytes::Bytes;
use socket2::{Domain, Socket, Type};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};
use support::{Client, PATIENCE, Server, hear, join, join_as, join_over};
use tungstenite::Message;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

/// What an allocator may keep: a queue of small messages, and not one more of each round.
const LEVEL: u64 = 6 << 20;
const MESSAGE: u64 = 1 << 20;
/// What each connection has, whatever it does.
const EACH: u64 = 2 * HEAD_BYTES as u64 + 4 * 1024;

#[test]
fn members_that_stop_in_the_middle_of_a_message() {
    const STOPPING: u64 = 64;
    let server = Server::start(&[]);
    // Code is memory too, once it has run.
    drop(stop_in_the_middle(&server));
    let before = server.memory();
    for round in 0..3 {
        let members: Vec<_> = (0..STOPPING).map(|_| stop_in_the_middle(&server)).collect();
        let held = server.memory() - before;
        let sum = STOPPING * (2 * MESSAGE + EACH);
        assert!(held <= sum, "round {round}: {held} of {sum} bytes");
        assert!(
            held >= STOPPING * (MESSAGE - 1),
            "all was read: {held} bytes"
        );
        drop(members);
        goes_back(&server, before);
    }
}

#[test]
fn receivers_that_never_read() {
    const DEAF: u64 = 200;
    let queue = Limits::default().queue_bytes as u64;
    let server = Server::start(&[]);
    let (mut sender, mut reader) = (join(server.port, "/"), watcher(&server));
    let before = server.memory();
    for round in 0..2 {
        let members: Vec<_> = (0..DEAF).map(|_| deaf(&server)).collect();
        let held = flood(&server, &mut sender, &mut reader, DEAF) - before;
        let sum = queue + 2 * MESSAGE + (DEAF + 2) * EACH;
        assert!(held <= sum, "round {round}: {held} of {sum} bytes");
        assert!(held >= queue / 2, "a queue was filled: {held} bytes");
        drop(members);
        goes_back(&server, before);
    }
}

/// An enveloped member, which hears of others.
fn watcher(server: &Server) -> Client {
    let mut client = join_as(server.port, "/", Some("lan-broadcaster.1"));
    assert_eq!(hear(&mut client)["kind"], "welcome");
    client
}

/// A member whose message lacks its last byte; what it has sent of it was read.
fn stop_in_the_middle(server: &Server) -> Client {
    let mut client = join(server.port, "/");
    let part = vec![7; MESSAGE as usize - 1];
    let frame = Frame::message(part, OpCode::Data(Data::Binary), false);
    client.send(Message::Frame(frame)).unwrap();
    client.send(Message::Ping(Bytes::new())).unwrap();
    assert_eq!(client.read().unwrap(), Message::Pong(Bytes::new()));
    client
}

/// A member that never reads, and for which the system keeps little.
fn deaf(server: &Server) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port));
    socket.connect(&address.into()).unwrap();
    join_over(socket.into(), server.port, "/", None)
}

/// Sends to all until so many have been given up; the most that was held meanwhile.
fn flood(server: &Server, sender: &mut Client, reader: &mut Client, members: u64) -> u64 {
    let (mut most, mut left) = (0, 0);
    while left < members {
        sender.send(Message::binary(vec![7; 64 * 1024])).unwrap();
        loop {
            let heard = hear(reader);
            if heard["kind"] == "message" {
                break;
            }
            left += u64::from(heard["kind"] == "left");
        }
        most = most.max(server.memory());
    }
    most
}

/// Waits until what was held has been given back. The system tells nobody: it is looked at every 20 ms.
fn goes_back(server: &Server, before: u64) {
    let since = Instant::now();
    while server.memory() > before + LEVEL {
        let after = server.memory();
        assert!(since.elapsed() < PATIENCE, "{after} after {before} bytes");
        thread::sleep(Duration::from_millis(20));
    }
}
