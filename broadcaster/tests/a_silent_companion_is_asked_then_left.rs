//! A companion that hangs: its port is there and it says nothing. It is asked for a sign of life, and left
//! where it gives none.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::Millis;
use broadcaster::limits::{
    COMPANION_ANSWER, COMPANION_ASKS, COMPANION_KILLED, COMPANION_LATE, COMPANION_SILENCE,
};
use broadcaster::link::Report;
use broadcaster::sharing::Status;
use scripted_companion::*;

/// From the last word of a companion until it is left.
const LEFT: u64 = COMPANION_SILENCE.0 + COMPANION_ASKS as u64 * COMPANION_ANSWER.0;

/// A browser that shares, with a companion that hangs from now on.
fn hanging() -> Browser {
    let mut browser = Browser::sharing();
    browser.hangs = true;
    browser
}

#[test]
fn it_is_asked_after_a_time_of_silence_and_once_more() {
    let mut browser = hanging();
    browser.pass(COMPANION_SILENCE.0 - 1);
    assert_eq!(browser.kinds(), [""; 0]);
    browser.pass(1);
    assert_eq!(browser.kinds(), ["listen"]);
    browser.pass(COMPANION_ANSWER.0 - 1);
    assert_eq!(browser.kinds(), ["listen"]);
    browser.pass(1);
    assert_eq!(browser.kinds(), ["listen", "listen"]);
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn it_is_left_when_it_does_not_answer_and_started_again_when_it_has_been_killed() {
    let mut browser = hanging();
    browser.say(asked(1));
    browser.pass(LEFT - 1);
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
    browser.pass(LEFT - 1);
    browser.say(Report::Counters { counters: vec![] });
    browser.pass(LEFT - 1);
    assert_eq!((browser.status(), browser.connects), (Status::Sharing, 1));
}

/// Lets time pass as it does while a computer sleeps: no timer comes, then all that are due.
fn sleep(browser: &mut Browser, millis: u64) {
    browser.now = browser.now + Millis(millis);
    browser.pass(0);
}

#[test]
fn a_computer_that_slept_asks_twice_before_it_judges() {
    for slept in [COMPANION_LATE.0 + 1, COMPANION_ANSWER.0, 3_600_000] {
        for asks in 1..=COMPANION_ASKS as usize {
            let mut browser = hanging();
            browser.pass(COMPANION_SILENCE.0 + (asks as u64 - 1) * COMPANION_ANSWER.0);
            assert_eq!(browser.kinds().len(), asks);
            browser.commands.clear();
            sleep(&mut browser, COMPANION_ANSWER.0 + slept);
            browser.pass(LEFT - COMPANION_SILENCE.0 - 1);
            assert_eq!(browser.kinds(), ["listen", "listen"], "slept {slept} ms");
            assert_eq!(browser.status(), Status::Sharing);
            browser.pass(1);
            assert_eq!(browser.status(), Status::Crashed, "it had its time");
        }
    }
}

#[test]
fn an_answer_that_lay_unread_while_the_browser_stood_still_counts() {
    let mut browser = hanging();
    browser.pass(COMPANION_SILENCE.0);
    // Its timer is the first thing that the browser hears, the answer the next.
    sleep(&mut browser, COMPANION_ANSWER.0);
    browser.say(listening(&[HOME]));
    browser.pass(LEFT - 1);
    assert_eq!((browser.status(), browser.connects), (Status::Sharing, 1));
}

#[test]
fn a_computer_that_slept_waits_for_a_companion_that_has_just_been_started() {
    let mut browser = Browser::new(setup());
    browser.start();
    sleep(&mut browser, 3_600_000);
    browser.say(hello());
    sleep(&mut browser, 3_600_000);
    browser.say(listening(&[HOME]));
    assert_eq!((browser.status(), browser.connects), (Status::Sharing, 1));
}

#[test]
fn a_clock_that_goes_backwards_judges_nobody() {
    let mut browser = hanging();
    browser.pass(COMPANION_SILENCE.0);
    browser.now = Millis(0);
    browser.pass(LEFT - COMPANION_SILENCE.0 - 1);
    assert_eq!(browser.status(), Status::Sharing);
}
