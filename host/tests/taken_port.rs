//! A port that somebody else has: who it is, and which one is free.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use support::{Browser, Server, run, text};

fn failure(port: u16) -> serde_json::Value {
    let mut browser = Browser::start();
    browser.send(json!([{"kind": "listen", "port": port, "bind": ["127.0.0.1"]}]));
    browser.expect("failed")
}

#[test]
fn a_broadcaster_of_ours_is_recognised() {
    let server = Server::start(&[]);
    let failure = failure(server.port);
    assert_eq!(
        (&failure["code"], &failure["ours"]),
        (&json!("port-in-use"), &json!(true))
    );
    let next = u16::try_from(failure["next"].as_u64().unwrap()).unwrap();
    assert!(next > server.port);
    TcpListener::bind((Ipv4Addr::LOCALHOST, next)).expect("the next one is free");
}

#[test]
fn another_program_is_not_ours_even_when_it_says_nothing() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let failure = failure(other.local_addr().unwrap().port());
    assert_eq!(failure["code"], "port-in-use");
    assert_ne!(failure["ours"], true);
}

#[test]
fn serve_says_so_and_exits_with_1() {
    let server = Server::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let port = server.port.to_string();
    let output = run(
        &home,
        &["serve", "--open", "--bind", "127.0.0.1", "--port", &port],
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains(&port) && stderr.contains("another LAN Broadcaster"),
        "{stderr}"
    );
}

#[test]
fn an_address_of_somebody_else_is_told_as_that() {
    let mut browser = Browser::start();
    browser.send(json!([{"kind": "listen", "port": 0, "bind": ["192.0.2.1"]}]));
    assert_eq!(browser.expect("failed")["code"], "no-such-address");
    // The link goes on.
    browser.send(json!([{"kind": "listen", "port": 0, "bind": ["127.0.0.1"]}]));
    browser.expect("listening");
}

#[test]
fn the_port_moves_and_the_old_one_is_free_at_once() {
    let mut browser = Browser::start();
    browser.send(json!([{"kind": "listen", "port": 0, "bind": ["127.0.0.1"]}]));
    let first = browser.expect("listening")["port"].as_u64().unwrap();
    browser.send(json!([{"kind": "listen", "port": 0, "bind": ["127.0.0.1", "127.0.0.2"]}]));
    let second = browser.expect("listening")["port"].as_u64().unwrap();
    assert_ne!(first, second);
    // Back, in one message with the way there.
    browser.send(json!([
        {"kind": "stop"},
        {"kind": "listen", "port": second, "bind": ["127.0.0.1"]},
    ]));
    assert_eq!(browser.expect("listening")["port"], second);
    TcpListener::bind((Ipv4Addr::LOCALHOST, u16::try_from(first).unwrap())).expect("free");
}
