//! What is no proper request gets an answer of the right kind and ends alone; members go on.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use std::io::{Read, Write};
use support::{Server, exchange, exchange_marks, join, socket};
use tungstenite::Message;

#[test]
fn each_fault_has_its_status_and_members_go_on() {
    let server = Server::start(&[]);
    let port = server.port;
    let mut members = [0; 2].map(|_| join(port, "/"));
    exchange_marks(&mut members);
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let long = "x".repeat(9000);
    for (request, status) in [
        ("\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\n{upgrade}\r\n"), 400),
        (
            format!("GET / HTTP/1.1\r\nHost: evil.example:{port}\r\n{upgrade}\r\n"),
            421,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n{upgrade}\r\n"),
            421,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Origin: http://evil.example\r\n{upgrade}\r\n"),
            403,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Long: {long}\r\n{upgrade}\r\n"),
            431,
        ),
        (
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n"),
            405,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}{}\r\n", upgrade.replace("13", "8")),
            426,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}{}\r\n", upgrade.replace("==", "")),
            400,
        ),
    ] {
        let answer = exchange(port, request.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer}"
        );
    }
    exchange_marks(&mut members);
}

#[test]
fn broken_frames_end_with_their_code_and_members_go_on() {
    let server = Server::start(&["--max-message-bytes", "1000"]);
    let mut members = [0; 2].map(|_| join(server.port, "/"));
    exchange_marks(&mut members);
    let unmasked: &[u8] = &[0x81, 1, b'x'];
    let not_utf8: &[u8] = &[0x81, 0x81, 0, 0, 0, 0, 0xff];
    let reserved: &[u8] = &[0xc1, 0x80, 0, 0, 0, 0];
    let too_long: &[u8] = &[0x82, 0xfe, 0x03, 0xe9, 0, 0, 0, 0];
    for (frame, code) in [
        (unmasked, 1002_u16),
        (not_utf8, 1007),
        (reserved, 1002),
        (too_long, 1009),
    ] {
        let mut client = join(server.port, "/elsewhere");
        client.get_mut().write_all(frame).unwrap();
        assert_eq!(support::close_code(&mut client), code, "{frame:?}");
    }
    exchange_marks(&mut members);
}

#[test]
fn one_byte_at_a_time_is_a_request_too() {
    let server = Server::start(&[]);
    let request = format!(
        "GET /health HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        server.port
    );
    let mut slow = socket(server.port);
    for byte in request.bytes() {
        slow.write_all(&[byte]).unwrap();
    }
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn the_longest_message_passes_and_one_byte_more_does_not() {
    let server = Server::start(&["--max-message-bytes", "1000"]);
    let mut members = [0; 2].map(|_| join(server.port, "/"));
    exchange_marks(&mut members);
    members[0].send(Message::text("x".repeat(1000))).unwrap();
    assert_eq!(members[1].read().unwrap().len(), 1000);
    members[0].send(Message::text("x".repeat(1001))).unwrap();
    assert_eq!(support::close_code(&mut members[0]), 1009);
}
