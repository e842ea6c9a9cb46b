//! A companion that hangs: its port is there and it says nothing. It is asked for a sign of life, and left
//! where it gives none.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::Millis;
use broadcaster::limits::{COMPANION_KILLED, COMPANION_OPENING, COMPANION_SILENCE};
use broadcaster::link::Report;
use broadcaster::sharing::Status;
use scripted_companion::*;

/// A browser that shares, with a companion that hangs from now on.
fn hanging() -> Browser {
    let mut browser = Browser::sharing();
    browser.hangs = true;
    browser
}

#[test]
fn it_is_asked_after_a_time_of_silence() {
    let mut browser = hanging();
    browser.pass(COMPANION_SILENCE.0 - 1);
    assert_eq!(browser.kinds(), [""; 0]);
    browser.pass(1);
    assert_eq!(browser.kinds(), ["listen"]);
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn it_is_left_when_it_does_not_answer_and_started_again_when_it_has_been_killed() {
    let mut browser = hanging();
    browser.say(asked(1));
    browser.pass(COMPANION_SILENCE.0 + COMPANION_OPENING.0 - 1);
    assert_eq!(browser.status(), Status::Sharing);
    browser.pass(1);
    let state = browser.sharing.state();
    assert_eq!(state.status, Status::Crashed);
    assert_eq!(state.retry_in, Some(COMPANION_KILLED.0 / 1000));
    assert!(state.members.is_empty());
    assert!(browser.companion.is_none(), "its port is closed");
    assert_eq!(
        browser.detail(),
        "The companion ended (it does not answer) and is started again by itself."
    );
    browser.pass(COMPANION_KILLED.0 - 1);
    assert_eq!(browser.connects, 1);
    browser.pass(1);
    assert_eq!(browser.connects, 2);
    browser.hangs = false;
    browser.say(hello());
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn one_that_answers_is_asked_again_and_again() {
    let mut browser = Browser::sharing();
    let shown = browser.states.len();
    browser.pass(10 * COMPANION_SILENCE.0);
    assert_eq!((browser.status(), browser.connects), (Status::Sharing, 1));
    assert!(
        browser.states.len() <= shown + 1,
        "nothing changes for the popup"
    );
}

#[test]
fn whatever_it_says_is_a_sign_of_life() {
    let mut browser = hanging();
    browser.say(asked(1));
    for _ in 0..5 {
        browser.pass(COMPANION_SILENCE.0 - 1);
        browser.say(received(1, "here"));
    }
    assert!(!browser.kinds().contains(&"listen".to_owned()));
    browser.pass(COMPANION_SILENCE.0 + COMPANION_OPENING.0 - 1);
    browser.say(Report::Counters { counters: vec![] });
    browser.pass(COMPANION_OPENING.0 - 1);
    assert_eq!((browser.status(), browser.connects), (Status::Sharing, 1));
}

#[test]
fn a_computer_that_slept_asks_before_it_judges() {
    let mut browser = hanging();
    browser.pass(COMPANION_SILENCE.0);
    browser.commands.clear();
    // Timers rest while a computer sleeps.
    browser.now = browser.now + COMPANION_OPENING + Millis::from_secs(3600);
    browser.pass(0);
    assert_eq!(browser.kinds(), ["listen"]);
    assert_eq!(browser.status(), Status::Sharing);
    browser.pass(COMPANION_OPENING.0);
    assert_eq!(browser.status(), Status::Crashed, "it had its time");
}
