//! STUN over real sockets: the port's number on UDP answers Binding requests, and nothing else.

#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use support::{PATIENCE, Server};

/// A Binding request without attributes (RFC 8489 §5), told from others by `mark`.
fn request(mark: u8) -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    bytes.extend([mark; 12]);
    bytes
}

fn client(server: &Server) -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect((Ipv4Addr::LOCALHOST, server.port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 1500];
    let length = socket.recv(&mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// The address in XOR-MAPPED-ADDRESS (RFC 8489 §14.2), the answer's one attribute.
fn mapped(answer: &[u8]) -> SocketAddr {
    assert_eq!(answer[..2], [1, 1], "a success response");
    assert_eq!(answer[20..26], [0, 0x20, 0, 8, 0, 1], "of IPv4");
    let port = u16::from_be_bytes([answer[26] ^ 0x21, answer[27] ^ 0x12]);
    let ip = [
        answer[28] ^ 0x21,
        answer[29] ^ 0x12,
        answer[30] ^ 0xa4,
        answer[31] ^ 0x42,
    ];
    SocketAddr::new(Ipv4Addr::from(ip).into(), port)
}

#[test]
fn who_asks_learns_its_own_address() {
    let server = Server::start(&[]);
    let socket = client(&server);
    socket.send(&request(1)).unwrap();
    let answer = receive(&socket);
    assert_eq!(answer[8..20], [1; 12]);
    assert_eq!(mapped(&answer), socket.local_addr().unwrap());
}

#[test]
fn anything_else_meets_silence() {
    let server = Server::start(&[]);
    let socket = client(&server);
    let mut long = request(2);
    long[2..4].copy_from_slice(&600_u16.to_be_bytes());
    long.extend([0x80, 0x22, 2, 84]);
    long.resize(620, b'x');
    for garbage in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", &[0xff; 1400], &long] {
        socket.send(garbage).unwrap();
    }
    // Datagrams on loopback keep their order: an answer to garbage would come first.
    socket.send(&request(3)).unwrap();
    assert_eq!(receive(&socket)[8..20], [3; 12]);
}

#[test]
fn a_source_that_floods_is_answered_twenty_times_a_second() {
    let server = Server::start(&[]);
    let socket = client(&server);
    let began = Instant::now();
    for _ in 0..100 {
        socket.send(&request(4)).unwrap();
    }
    for _ in 0..20 {
        receive(&socket);
    }
    socket
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let mut more = 0;
    while socket.recv(&mut [0; 100]).is_ok() {
        more += 1;
    }
    let earned = began.elapsed().as_millis() / 50 + 1;
    assert!(more <= earned, "{more} more, {earned} earned meanwhile");
}
