//! Invited mode after the browser's restart: on by itself where it was, with the same invitations; elsewhere a
//! person is asked, and no port is opened before.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::link::{Command, Report};
use broadcaster::sharing::{BrowserSession, Keeping, Question, Reply, Setup, Status, Stored, Wish};
use scripted_companion::*;
use trust::registry::UnixSeconds;

const START: &str = r#"{"kind":"start","mode":"invited"}"#;

fn keeping(stored: Option<String>) -> Option<Keeping> {
    Some(Keeping {
        stored,
        random: [1; 32],
        epoch: UnixSeconds(1_800_000_000),
    })
}

/// A browser that shares by invitation at home.
fn inviting() -> Browser {
    let mut browser = Browser::new(Setup {
        guests: keeping(None),
        ..setup()
    });
    assert_eq!(browser.command(START), Reply::Done);
    browser.say(hello_at(&[HOME]));
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
    browser
}

/// The same one, started anew: of what it was there is what was stored.
fn restarted(before: &Browser) -> Browser {
    let guests = before.stored.iter().rev().find_map(|stored| match stored {
        Stored::Guests(text) => Some(text.clone()),
        Stored::Memory(_) | Stored::Settings(_) => None,
    });
    Browser::new(Setup {
        settings: before.sharing.settings().clone(),
        memory: before.memory(),
        session: BrowserSession::New,
        guests: keeping(guests),
        ..setup()
    })
}

fn has_listened(browser: &Browser) -> bool {
    let listens = |command: &Command| matches!(command, Command::Listen { .. });
    browser.commands.iter().any(listens)
}

#[test]
fn in_the_same_network_it_shares_by_itself_with_the_same_invitation() {
    let before = inviting();
    let mut browser = restarted(&before);
    assert_eq!((browser.status(), browser.connects), (Status::Starting, 1));
    assert!(!has_listened(&browser), "not before it knows where it is");
    browser.say(hello_at(&["fe80::1", HOME]));
    assert!(has_listened(&browser));
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
    let urls = |browser: &Browser| browser.sharing.state().urls;
    assert!(urls(&browser)[0].invitation.is_some());
    assert_eq!(urls(&browser), urls(&before));
    browser.say(asked(7));
    let challenged =
        |command: &Command| matches!(command, Command::Send { .. } | Command::Admit { .. });
    assert!(browser.commands.iter().any(challenged), "its hub is there");
}

#[test]
fn in_another_network_a_person_is_asked_and_nothing_is_opened() {
    let mut browser = restarted(&inviting());
    browser.say(hello_at(&[CAFE]));
    assert_eq!(browser.status(), Status::OtherNetwork);
    assert_eq!(browser.memory().wish, Wish::Asking(Question::OtherNetwork));
    assert!(browser.companion.is_none() && !has_listened(&browser));
    assert_eq!(browser.command(START), Reply::Done);
    browser.say(hello_at(&[CAFE]));
    browser.say(listening(&[CAFE]));
    assert_eq!(browser.status(), Status::Sharing, "the person has agreed");
}

#[test]
fn where_it_has_no_address_it_waits_for_one_and_compares_that() {
    for (address, status) in [(HOME, Status::Sharing), (CAFE, Status::OtherNetwork)] {
        let mut browser = restarted(&inviting());
        browser.say(hello_at(&["127.0.0.1"]));
        browser.say(listening(&["127.0.0.1"]));
        assert_eq!(browser.status(), Status::NoAddress);
        browser.say(Report::Addresses {
            addresses: addresses(&[address]),
        });
        assert_eq!(browser.status(), status);
    }
}

#[test]
fn a_companion_that_fails_meanwhile_changes_nothing_of_that() {
    let mut browser = restarted(&inviting());
    browser.end("Native host has exited.");
    assert_eq!(browser.status(), Status::Crashed);
    browser.pass(5000);
    browser.say(hello_at(&[CAFE]));
    assert_eq!(browser.status(), Status::OtherNetwork);
    assert!(!has_listened(&browser));
}

#[test]
fn a_person_who_is_faster_has_agreed_or_stopped_it() {
    let mut browser = restarted(&inviting());
    assert_eq!(browser.command(START), Reply::Done);
    browser.say(hello_at(&[CAFE]));
    browser.say(listening(&[CAFE]));
    assert_eq!(browser.status(), Status::Sharing);

    let mut browser = restarted(&inviting());
    browser.stop();
    assert_eq!(browser.status(), Status::Stopped);
    assert!(!has_listened(&browser));
}
