//! The master's document is open while records are served, and its port is a member while also sharing.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::hub::Mode;
use broadcaster::link::Command;
use broadcaster::sharing::{Brief, BrowserSession, Document, Output, Reply, Settings, Setup};
use scripted_companion::*;
use serde_json::{Value, json};
use std::mem::take;

const ON: &str = r#"{"kind":"serve","on":true}"#;
const OFF: &str = r#"{"kind":"serve","on":false}"#;

fn tell(sharing: bool) -> Output {
    let name = "LAN Broadcaster".to_owned();
    let hosting = None;
    Output::Tell(Brief {
        name,
        sharing,
        addresses: false,
        hosting,
    })
}

/// A browser that serves records and shares at home; its master's port is open.
fn serving() -> Browser {
    let mut browser = Browser::sharing();
    assert_eq!(browser.command(ON), Reply::Done);
    browser.attach();
    browser
}

/// The envelopes delivered to the master; nothing else may be there.
fn envelopes(browser: &mut Browser) -> Vec<Value> {
    let envelope = |output| {
        let Output::Deliver(text) = &output else {
            panic!("{output:?}");
        };
        serde_json::from_str(text).unwrap()
    };
    take(&mut browser.master)
        .into_iter()
        .map(envelope)
        .collect()
}

#[test]
fn the_document_follows_the_setting_and_the_setting_is_stored() {
    let mut browser = Browser::new(setup());
    assert_eq!(take(&mut browser.master), [Output::CloseDocument]);
    assert_eq!(browser.command(ON), Reply::Done);
    assert!(browser.settings().serve && browser.sharing.state().serve);
    assert_eq!(
        take(&mut browser.master),
        [tell(false), Output::OpenDocument(Document::Master)]
    );
    assert_eq!(browser.command(ON), Reply::Done);
    assert_eq!(take(&mut browser.master), []);
    assert_eq!(browser.command(OFF), Reply::Done);
    assert!(!browser.settings().serve && !browser.sharing.state().serve);
    assert_eq!(take(&mut browser.master), [Output::CloseDocument]);
}

#[test]
fn a_new_worker_has_the_document_opened_again() {
    let settings = Settings {
        serve: true,
        ..Settings::default()
    };
    let session = BrowserSession::Same;
    let mut browser = Browser::new(Setup {
        settings,
        session,
        ..setup()
    });
    assert_eq!(
        take(&mut browser.master),
        [tell(false), Output::OpenDocument(Document::Master)]
    );
}

#[test]
fn a_port_that_waits_becomes_a_member_when_sharing_begins() {
    let mut browser = Browser::new(setup());
    browser.command(ON);
    browser.attach();
    browser.master.clear();
    browser.start();
    let welcome = match &take(&mut browser.master)[..] {
        [brief, Output::Deliver(text)] if *brief == tell(true) => {
            serde_json::from_str::<Value>(text).unwrap()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (&welcome["kind"], &welcome["room"], &welcome["members"]),
        (&json!("welcome"), &json!("/"), &json!([]))
    );
}

#[test]
fn master_and_devices_hear_each_other() {
    let mut browser = serving();
    browser.master.clear();
    browser.say(asked(1));
    browser.commands.clear();
    browser.say(received(1, "a slave's request"));
    let heard = envelopes(&mut browser);
    assert_eq!(heard[0]["kind"], "joined");
    assert_eq!(heard[1]["kind"], "message");
    assert_eq!(heard[1]["data"], "a slave's request");

    let to = &heard[1]["from"];
    browser.master_says(&json!({"kind": "send", "to": to, "data": "an offer"}).to_string());
    assert!(
        matches!(&browser.commands[..], [Command::Send { conn: Some(conn), .. }] if conn.0 == 1),
        "{:?}",
        browser.commands
    );
}

#[test]
fn the_master_is_not_shown_as_a_device() {
    let mut browser = serving();
    assert_eq!(browser.sharing.state().members, []);
    browser.say(asked(1));
    assert_eq!(browser.sharing.state().members.len(), 1);
}

#[test]
fn the_end_of_sharing_ends_the_membership_and_not_the_document() {
    let mut browser = serving();
    browser.master.clear();
    browser.stop();
    assert_eq!(take(&mut browser.master), [tell(false), Output::Dismiss]);
    browser.master_says(r#"{"kind":"send","data":"said in vain"}"#);
    assert_eq!(take(&mut browser.master), []);
    // The document begins anew, and waits.
    browser.attach();
    assert_eq!(take(&mut browser.master), [tell(false)]);
}

#[test]
fn a_companion_that_ends_leaves_the_master_in_its_room() {
    let mut browser = serving();
    browser.say(asked(1));
    browser.master.clear();
    browser.end("Native host has exited.");
    let heard = envelopes(&mut browser);
    assert_eq!((heard.len(), &heard[0]["kind"]), (1, &json!("left")));
}

#[test]
fn serving_no_more_ends_the_membership_before_the_document() {
    let mut browser = serving();
    browser.master.clear();
    browser.command(OFF);
    assert_eq!(
        take(&mut browser.master),
        [Output::Dismiss, Output::CloseDocument]
    );
    // A document that opens its port in its last moment is not let in.
    browser.attach();
    assert_eq!(take(&mut browser.master), [Output::Dismiss]);
}

#[test]
fn a_port_that_ended_leaves_the_room_and_its_document_is_looked_for() {
    let mut browser = serving();
    browser.say(asked(1));
    browser.master.clear();
    browser.detach();
    assert_eq!(
        take(&mut browser.master),
        [Output::OpenDocument(Document::Master)]
    );
    browser.attach();
    let outputs = take(&mut browser.master);
    let [brief, Output::Deliver(welcome)] = &outputs[..] else {
        panic!("{outputs:?}");
    };
    let welcome: Value = serde_json::from_str(welcome).unwrap();
    assert_eq!(welcome["members"].as_array().unwrap().len(), 1);
    assert_eq!(*brief, tell(true));
}

#[test]
fn a_second_port_takes_the_place_of_the_first() {
    let mut browser = serving();
    browser.master.clear();
    browser.attach();
    let outputs = take(&mut browser.master);
    let [_, Output::Deliver(welcome)] = &outputs[..] else {
        panic!("{outputs:?}");
    };
    let welcome: Value = serde_json::from_str(welcome).unwrap();
    assert_eq!(welcome["members"], json!([]), "the first has left");
}

#[test]
fn a_new_name_is_told() {
    let mut browser = serving();
    browser.master.clear();
    let settings = Settings {
        name: "Kitchen".to_owned(),
        mode: Mode::Open,
        serve: true,
        ..Settings::default()
    };
    browser.command(&json!({"kind": "set", "settings": settings}).to_string());
    let brief = Brief {
        name: "Kitchen".to_owned(),
        sharing: true,
        addresses: false,
        hosting: None,
    };
    assert_eq!(take(&mut browser.master), [Output::Tell(brief)]);
}

#[test]
fn who_waits_for_a_person_is_what_the_master_says_as_long_as_it_is_there() {
    let mut browser = serving();
    let asks = |browser: &Browser| {
        let state = browser.sharing.state();
        (state.waiting, state.writing)
    };
    let asking = r#"{"kind":"asking","waiting":2,"writing":1}"#;
    assert_eq!(browser.command(asking), Reply::Done);
    assert_eq!(asks(&browser), (2, 1));
    browser.detach();
    assert_eq!(asks(&browser), (0, 0), "it may have crashed");
    browser.attach();
    browser.command(asking);
    browser.stop();
    assert_eq!(asks(&browser), (2, 1), "who is connected still is");
    browser.command(OFF);
    assert_eq!(asks(&browser), (0, 0));
}
