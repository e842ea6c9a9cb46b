//! A companion that ends by itself: started again after growing pauses, and what its members become.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::sharing::Status;
use scripted_companion::*;

const EXITED: &str = "Native host has exited.";

/// The pause after the companion's end, in seconds, as it comes about and as it is shown.
fn pause(browser: &mut Browser) -> u64 {
    browser.end(EXITED);
    let state = browser.sharing.state();
    assert_eq!(state.status, Status::Crashed);
    let connects = browser.connects;
    let mut seconds = 0;
    while browser.connects == connects {
        browser.pass(1000);
        seconds += 1;
    }
    assert_eq!(state.retry_in, Some(seconds));
    seconds
}

#[test]
fn pauses_grow_to_twenty_seconds() {
    let mut browser = Browser::new(setup());
    browser.start();
    let pauses: Vec<_> = (0..8).map(|_| pause(&mut browser)).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 20, 20, 20]);
}

#[test]
fn a_minute_of_health_makes_the_next_pause_short() {
    for (health, next) in [(59_999, 8), (60_000, 1)] {
        let mut browser = Browser::new(setup());
        browser.start();
        for _ in 0..3 {
            pause(&mut browser);
        }
        browser.say(hello());
        browser.say(listening(&[HOME]));
        browser.pass(health);
        assert_eq!(pause(&mut browser), next, "after {health} ms");
    }
}

#[test]
fn start_makes_the_next_pause_short() {
    let mut browser = Browser::new(setup());
    browser.start();
    for _ in 0..3 {
        pause(&mut browser);
    }
    browser.start();
    assert_eq!(pause(&mut browser), 1);
}

#[test]
fn retry_does_not_wait_for_the_pause() {
    let mut browser = Browser::sharing();
    browser.end(EXITED);
    browser.command(r#"{"kind":"retry"}"#);
    assert_eq!((browser.status(), browser.connects), (Status::Starting, 2));
}

#[test]
fn the_popup_leaves_the_pause_alone() {
    let mut browser = Browser::sharing();
    browser.end(EXITED);
    browser.open_popup();
    assert_eq!((browser.status(), browser.connects), (Status::Crashed, 1));
}

#[test]
fn stop_ends_the_pause() {
    let mut browser = Browser::sharing();
    browser.end(EXITED);
    browser.stop();
    browser.pass(60_000);
    assert_eq!((browser.status(), browser.connects), (Status::Stopped, 1));
}

#[test]
fn one_that_ends_while_it_is_only_looked_for_is_left() {
    let mut browser = Browser::new(setup());
    browser.open_popup();
    browser.end(EXITED);
    assert_eq!(browser.status(), Status::Crashed);
    assert!(browser.detail().contains("Press Retry"));
    browser.pass(60_000);
    assert_eq!(browser.connects, 1);
}

#[test]
fn one_that_ends_while_stopping_has_done_its_duty() {
    let mut browser = Browser::sharing();
    browser.say(asked(1));
    browser.stop();
    browser.end(EXITED);
    assert_eq!(browser.status(), Status::Stopped);
    browser.pass(60_000);
    assert_eq!(browser.connects, 1);
}

#[test]
fn members_end_with_it_and_new_ones_come_on_the_same_port() {
    let mut browser = Browser::sharing();
    browser.say(asked(1));
    browser.say(asked(2));
    browser.end(EXITED);
    assert!(browser.sharing.state().members.is_empty());
    browser.pass(1000);
    browser.say(hello());
    assert_eq!(browser.kinds().last().map(String::as_str), Some("listen"));
    browser.say(listening(&[HOME]));
    browser.say(asked(1));
    let members = browser.sharing.state().members;
    assert_eq!(
        members.iter().map(|member| member.id.0).collect::<Vec<_>>(),
        [3]
    );
}
