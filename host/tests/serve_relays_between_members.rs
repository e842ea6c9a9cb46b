//! `serve` over real sockets: what one member sends reaches the others unchanged.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use support::{Server, exchange, exchange_marks, join, join_as};
use tungstenite::Message;

#[test]
fn text_and_binary_reach_all_others_verbatim() {
    let server = Server::start(&[]);
    let mut clients = [0; 3].map(|_| join(server.port, "/"));
    exchange_marks(&mut clients);
    let all_bytes: Vec<u8> = (0..=255).collect();
    for message in [
        Message::text("Grüße, 世界 \"\\ \u{0}"),
        Message::text(""),
        Message::binary(all_bytes),
        Message::binary(vec![7; 900 * 1024]),
    ] {
        clients[0].send(message.clone()).unwrap();
        assert_eq!(clients[1].read().unwrap(), message);
        assert_eq!(clients[2].read().unwrap(), message);
    }
    // Had anything come back to the sender, it would have come before this.
    clients[1].send(Message::text("end")).unwrap();
    assert_eq!(clients[0].read().unwrap(), Message::text("end"));
}

#[test]
fn rooms_do_not_leak() {
    let server = Server::start(&[]);
    let mut here = [0; 2].map(|_| join(server.port, "/here"));
    let mut there = [0; 2].map(|_| join(server.port, "/there"));
    exchange_marks(&mut here);
    exchange_marks(&mut there);
    here[0].send(Message::text("only here")).unwrap();
    there[0].send(Message::text("only there")).unwrap();
    assert_eq!(here[1].read().unwrap(), Message::text("only here"));
    assert_eq!(there[1].read().unwrap(), Message::text("only there"));
}

#[test]
fn plain_and_enveloped_members_hear_each_other() {
    let server = Server::start(&[]);
    let mut enveloped = join_as(server.port, "/", Some("lan-broadcaster.1"));
    let welcome: serde_json::Value = json(&enveloped.read().unwrap());
    assert_eq!(welcome["kind"], "welcome");
    let mut plain = join(server.port, "/");
    assert_eq!(json(&enveloped.read().unwrap())["kind"], "joined");
    plain.send(Message::text("raw")).unwrap();
    let message = json(&enveloped.read().unwrap());
    assert_eq!(
        (&message["kind"], &message["data"]),
        (&"message".into(), &"raw".into())
    );
    enveloped
        .send(Message::text(r#"{"kind":"send","data":"back"}"#))
        .unwrap();
    assert_eq!(plain.read().unwrap(), Message::text("back"));
}

#[test]
fn the_port_answers_http_too() {
    let server = Server::start(&[]);
    let get = |path: &str| {
        let host = format!("127.0.0.1:{}", server.port);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        exchange(server.port, request.as_bytes())
    };
    for (path, content) in [
        ("/", include_str!("../../pages/slave.html")),
        ("/console.html", include_str!("../../pages/console.html")),
    ] {
        let page = get(path);
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        assert!(page.ends_with(content), "{page}");
    }
    let health = get("/health");
    let body = health.split_once("\r\n\r\n").unwrap().1;
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&body["status"], &body["protocol"]),
        (&"ok".into(), &1.into())
    );
    assert!(get("/absent").starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_site_of_one_s_own_takes_the_place_of_the_built_in_one() {
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("index.html"), "mine").unwrap();
    let server = Server::start(&["--site", site.path().to_str().unwrap()]);
    let request = format!(
        "GET / HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        server.port
    );
    assert!(exchange(server.port, request.as_bytes()).ends_with("\r\n\r\nmine"));
}

fn json(message: &Message) -> serde_json::Value {
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}
