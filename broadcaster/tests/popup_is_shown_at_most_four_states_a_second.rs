//! How often the popup is shown a state, and that the newest always comes. The scripted browser fails any
//! test that is shown two within 250 ms.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::link::{ConnId, Counters, Report};
use broadcaster::sharing::Status;
use scripted_companion::*;

#[test]
fn a_change_after_silence_is_shown_at_once() {
    let mut browser = Browser::sharing();
    browser.pass(1000);
    let shown = browser.states.len();
    browser.say(asked(1));
    assert_eq!(browser.states.len(), shown + 1);
    assert_eq!(browser.states.last().unwrap().1.members.len(), 1);
}

#[test]
fn the_newest_of_many_changes_is_shown() {
    let mut browser = Browser::sharing();
    browser.say(asked(1));
    browser.pass(1000);
    browser.states.clear();
    for n in 1..=100 {
        browser.say(received(1, "x"));
        browser.pass(if n % 10 == 0 { 100 } else { 0 });
    }
    browser.pass(1000);
    assert_eq!(browser.states.len(), 5, "0, 250, 500, 750 ms and the last");
    assert_eq!(browser.states.last().unwrap().1.totals.messages, 100);
}

#[test]
fn nothing_new_is_not_shown() {
    let mut browser = Browser::sharing();
    browser.pass(1000);
    browser.states.clear();
    browser.say(Report::Addresses {
        addresses: addresses(&[HOME]),
    });
    browser.pass(10_000);
    assert_eq!(browser.states, []);
}

#[test]
fn a_popup_that_opens_is_shown_the_state_anew() {
    let mut browser = Browser::sharing();
    browser.pass(1000);
    browser.states.clear();
    browser.open_popup();
    assert_eq!(browser.states.len(), 1);
}

#[test]
fn the_first_state_comes_with_the_worker() {
    let browser = Browser::new(setup());
    assert_eq!(browser.states.len(), 1);
    assert_eq!(browser.states[0].1.status, Status::Stopped);
}

#[test]
fn members_are_sorted_and_counted() {
    let mut browser = Browser::sharing();
    for conn in [7, 3, 5] {
        browser.say(asked(conn));
    }
    browser.pass(61_500);
    browser.say(received(3, "hello"));
    browser.say(Report::Counters {
        counters: vec![Counters(ConnId(7), 2, 9, 4096)],
    });
    browser.pass(250);
    let state = serde_json::to_value(&browser.states.last().unwrap().1).unwrap();
    let member = |id: u32, received: u32, sent: u32, queued: u32| {
        serde_json::json!({
            "id": id, "address": "192.168.1.20", "room": "/", "kind": "plain",
            "since": 61, "received": received, "sent": sent, "queued": queued,
        })
    };
    assert_eq!(state["members"][0], member(1, 2, 9, 4096));
    assert_eq!(state["members"][1]["id"], 2);
    assert_eq!(state["members"][2]["id"], 3);
    assert_eq!(state["totals"]["members"], 3);
}

#[test]
fn the_state_is_what_the_popup_reads() {
    let browser = Browser::sharing();
    let state = serde_json::to_value(browser.sharing.state()).unwrap();
    let page = "http://192.168.1.5:9999/";
    assert_eq!(state["status"], "sharing");
    assert_eq!(state["port"], 9999);
    assert_eq!(state["mode"], "open");
    assert_eq!(state["wanted"], true);
    assert_eq!(state["urls"][0]["url"], "ws://192.168.1.5:9999/");
    assert_eq!(state["urls"][0]["page"], page);
    assert_eq!(state["urls"][0]["interface"], "eth0");
    assert_eq!(state["urls"][0]["medium"], "wired");
    assert_eq!(state["urls"][0]["qr"]["size"], 33);
    assert!(
        state["urls"][0]["qr"]["path"]
            .as_str()
            .unwrap()
            .starts_with("M4 4h7v1h-7z")
    );
    assert_eq!(
        state["companion"],
        serde_json::json!({"build": "1.2.3", "carrier": "native", "os": "linux"})
    );
    for absent in ["detail", "retry_in", "next", "ours"] {
        assert_eq!(state.get(absent), None, "{absent}");
    }
}
