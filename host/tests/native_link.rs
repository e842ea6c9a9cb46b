//! The companion as a browser starts it, driven by a scripted one.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use lan_broadcaster_host::origin::EXTENSION_ID;
use serde_json::json;
use std::time::Duration;
use support::{Browser, Client, close_code, companion, join, wait};
use tungstenite::Message;

/// Opens a port and joins as its only member.
fn member(browser: &mut Browser) -> (Client, serde_json::Value) {
    browser.send(json!([
        {"kind": "hello", "version": 1},
        {"kind": "listen", "port": 0, "bind": ["127.0.0.1"]},
    ]));
    let port = browser.expect("listening")["port"].as_u64().unwrap();
    let joining = std::thread::spawn(move || join(u16::try_from(port).unwrap(), "/room?x"));
    let asked = browser.expect("asked");
    assert_eq!(asked["path"], "/room?x");
    assert_eq!(asked["host"], format!("127.0.0.1:{port}"));
    let conn = asked["conn"].clone();
    browser.send(json!([{"kind": "admit", "conn": conn, "groups": [1]}]));
    (joining.join().unwrap(), conn)
}

#[test]
fn it_says_hello_first_of_all() {
    let mut browser = Browser::start();
    let first = browser.read().unwrap().remove(0);
    assert_eq!(first["kind"], "hello");
    assert_eq!(first["version"], 1);
    assert_eq!(first["os"], std::env::consts::OS);
}

#[test]
fn messages_cross_both_ways() {
    let mut browser = Browser::start();
    let (mut client, conn) = member(&mut browser);
    client.send(Message::text("in \" ü")).unwrap();
    let received = browser.expect("received");
    assert_eq!(
        (&received["conn"], &received["text"]),
        (&conn, &json!("in \" ü"))
    );
    client.send(Message::binary(vec![0, 255])).unwrap();
    assert_eq!(browser.expect("received")["binary"], "AP8=");
    browser.send(json!([
        {"kind": "send", "group": 1, "text": "out"},
        {"kind": "send", "conn": conn, "binary": "AP8="},
        {"kind": "close", "conn": conn, "code": 4403, "reason": "refused"},
    ]));
    assert_eq!(client.read().unwrap(), Message::text("out"));
    assert_eq!(client.read().unwrap(), Message::binary(vec![0, 255]));
    assert_eq!(close_code(&mut client), 4403);
    while client.read().is_ok() {}
    assert_eq!(browser.expect("closed")["code"], 4403);
}

#[test]
fn the_end_of_stdin_ends_it_within_a_second() {
    let mut browser = Browser::start();
    let (mut client, _) = member(&mut browser);
    browser.close();
    assert_eq!(close_code(&mut client), 1001);
    let (status, took) = wait(&mut browser.child);
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn what_is_broken_is_answered_and_the_rest_goes_on() {
    let mut browser = Browser::start();
    browser.send_bytes(b"{");
    browser.expect("error");
    browser.send_bytes(b"\xff");
    browser
        .send(json!([{"kind": "dance"}, 7, {"kind": "listen", "port": 0, "bind": ["127.0.0.1"]}]));
    browser.expect("error");
    browser.expect("listening");
}

#[test]
fn a_hub_of_another_version_is_told_both_numbers() {
    let mut browser = Browser::start();
    browser.send(json!([{"kind": "hello", "version": 77}]));
    let detail = browser.expect("error")["detail"].clone();
    let detail = detail.as_str().unwrap();
    assert!(detail.contains("77") && detail.contains('1'), "{detail}");
}

#[test]
fn copies_are_kept_and_given_back_beside_members() {
    let mut browser = Browser::start();
    let (mut client, _) = member(&mut browser);
    let set = "000102030405060708090a0b0c0d0e0f";
    let write = |offset: u64, last: bool, data: &str| json!([{"kind": "copy", "does": "write", "set": set, "offset": offset, "last": last, "data": data}]);
    browser.send(write(0, false, "AQL/"));
    assert_eq!(browser.expect("copy")["bytes"], 3);
    client.send(Message::text("meanwhile")).unwrap();
    assert_eq!(browser.expect("received")["text"], "meanwhile");
    browser.send(write(3, true, "AA=="));
    let kept = browser.expect("copy")["copies"][0].clone();
    assert_eq!((&kept["set"], &kept["bytes"]), (&json!(set), &json!(4)));
    browser.send(json!([{"kind": "copy", "does": "read", "set": set, "number": 1, "offset": 0}]));
    assert_eq!(
        browser.expect("copy"),
        json!({"kind": "copy", "did": "given", "last": true, "data": "AQL/AA=="})
    );
}

#[test]
fn an_order_that_does_not_wait_for_the_last_one_fails() {
    let mut browser = Browser::start();
    let list = json!({"kind": "copy", "does": "list"});
    browser.send(json!([list, list, list]));
    let mut did: Vec<_> = (0..3)
        .map(|_| browser.expect("copy")["did"].clone())
        .collect();
    did.sort_by_key(ToString::to_string);
    assert_eq!(did, ["failed", "failed", "listed"]);
}

#[test]
fn a_length_over_the_limit_ends_it() {
    let mut browser = Browser::start();
    let (mut client, _) = member(&mut browser);
    browser.send_raw(&u32::MAX.to_ne_bytes());
    assert_eq!(close_code(&mut client), 1001);
    assert_eq!(wait(&mut browser.child).0.code(), Some(0));
}

#[test]
fn a_hub_that_grants_nothing_holds_members_back_and_loses_nothing() {
    let mut browser = Browser::start();
    let (mut client, _) = member(&mut browser);
    let text = |number| format!("{number:0>65000}");
    // Until the socket takes no more, because the companion does not read it.
    client
        .get_mut()
        .set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let mut sent = 0;
    while client.send(Message::text(text(sent))).is_ok() {
        sent += 1;
        assert!(sent < 1024, "64 MiB were taken in without a grant");
    }
    client.get_mut().set_write_timeout(None).unwrap();
    let sending = std::thread::spawn(move || client.flush().map(|()| client));
    for number in 0..=sent {
        assert_eq!(browser.expect("received")["text"], text(number));
        browser.send(json!([{"kind": "credit", "bytes": 65_000 + 64}]));
    }
    sending.join().unwrap().unwrap();
}

#[test]
fn only_extensions_that_are_listed_may_start_it() {
    let home = tempfile::tempdir().unwrap();
    let binary = home.path().join("lan-broadcaster-host");
    std::fs::copy(env!("CARGO_BIN_EXE_lan-broadcaster-host"), &binary).unwrap();
    let other = "abcdefghijklmnopabcdefghijklmnop";
    let exit_code = |id: &str| {
        let mut command = std::process::Command::new(&binary);
        command
            .env("HOME", home.path())
            .arg(format!("chrome-extension://{id}/"));
        command
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(
        (exit_code(EXTENSION_ID), exit_code(other)),
        (Some(0), Some(2))
    );
    std::fs::write(home.path().join("extension-ids"), format!("{other}\n")).unwrap();
    assert_eq!(
        (exit_code(EXTENSION_ID), exit_code(other)),
        (Some(0), Some(0))
    );
}

#[test]
fn it_keeps_a_log_file_that_names_nobody() {
    let mut browser = Browser::start();
    let (client, _) = member(&mut browser);
    drop(client);
    browser.expect("closed");
    browser.close();
    wait(&mut browser.child);
    let file = browser
        .home
        .path()
        .join(".local/state/lan-broadcaster/host.log");
    let log = std::fs::read_to_string(file).unwrap();
    assert!(log.contains("the browser closed the link"), "{log}");
    assert!(!log.contains("127.0.0.1"), "{log}");
}

#[test]
fn without_a_place_for_the_log_it_works_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".local"), "not a directory").unwrap();
    let output = companion(&home)
        .arg(format!("chrome-extension://{EXTENSION_ID}/"))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(support::text(&output.stderr).contains("no log file"));
}
