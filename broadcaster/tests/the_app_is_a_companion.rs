//! The Direct Sockets app as companion: accepted by a person, used where the native one is not there or not
//! wanted, told this computer's addresses, and missed when its window is closed.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::hub::Mode;
use broadcaster::limits::APPS_REFUSED;
use broadcaster::link::Command;
use broadcaster::sharing::{
    AppRow, Carrier, Choice, Document, Keeping, Output, Reply, Settings, Setup, Status,
};
use scripted_companion::{Browser, HOME, addresses, hello, listening, setup};
use serde_json::json;
use std::mem::take;
use trust::registry::UnixSeconds;

const APP: &str = "isolated-app://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER: &str = "isolated-app://bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const NOT_FOUND: &str = "Specified native messaging host not found.";
const GATHERED: &str = r#"[{"ip":"192.168.1.5","cost":0}]"#;

/// A browser in which a person has accepted the app.
fn accepting(companion: Choice) -> Browser {
    Browser::new(Setup {
        settings: Settings {
            companion,
            apps: vec![APP.to_owned()],
            ..Settings::default()
        },
        ..setup()
    })
}

/// One that shares by the app.
fn sharing() -> Browser {
    let mut browser = accepting(Choice::App);
    assert!(browser.open_app(APP));
    browser.start();
    browser.say(hello());
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
    browser.commands.clear();
    browser.master.clear();
    browser
}

fn command(kind: &str, origin: &str) -> String {
    json!({"kind": kind, "origin": origin}).to_string()
}

fn port(browser: &Browser) -> Option<u16> {
    browser.commands.iter().find_map(|command| {
        let Command::Listen { port, .. } = command else {
            return None;
        };
        Some(*port)
    })
}

#[test]
fn it_waits_until_a_person_accepts_it() {
    let mut browser = Browser::new(setup());
    assert!(browser.open_app(APP));
    let row = |accepted| {
        let origin = APP.to_owned();
        Some(AppRow { origin, accepted })
    };
    assert_eq!(browser.sharing.state().app, row(false));
    browser.start();
    browser.end(NOT_FOUND);
    assert_eq!((browser.status(), browser.connects), (Status::Missing, 1));
    assert_eq!(browser.command(&command("accept-app", APP)), Reply::Done);
    assert_eq!((browser.carrier, browser.connects), (Carrier::App, 2));
    assert_eq!(browser.sharing.state().app, row(true));
    assert_eq!(browser.settings().apps, [APP]);
    browser.say(hello());
    assert_eq!(port(&browser), Some(39_999));
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
    let companion = browser.sharing.state().companion.expect("it said hello");
    assert_eq!(companion.carrier, Carrier::App);
}

#[test]
fn one_that_is_refused_is_closed_and_not_heard_again() {
    let mut browser = Browser::new(setup());
    assert!(browser.open_app(APP));
    assert_eq!(browser.command(&command("refuse-app", APP)), Reply::Done);
    assert_eq!(
        (browser.drops, browser.sharing.state().app.is_none()),
        (1, true)
    );
    assert!(!browser.open_app(APP));
    assert!(browser.open_app(OTHER));
}

#[test]
fn refusals_are_remembered_up_to_a_bound() {
    let mut browser = Browser::new(setup());
    let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
    let origin = |at: usize| {
        format!(
            "isolated-app://{}{}{}",
            letter(at),
            letter(at / 26),
            &APP[17..]
        )
    };
    for at in 0..=APPS_REFUSED {
        assert!(browser.open_app(&origin(at)));
        assert_eq!(
            browser.command(&command("refuse-app", &origin(at))),
            Reply::Done
        );
    }
    assert!(!browser.open_app(&origin(APPS_REFUSED - 1)));
    assert!(browser.open_app(&origin(APPS_REFUSED)), "it asks again");
}

#[test]
fn who_is_no_isolated_web_app_is_not_heard() {
    let mut browser = Browser::new(setup());
    for origin in [
        "",
        "https://example.org",
        "chrome-extension://abc",
        &APP[1..],
    ] {
        assert!(!browser.open_app(origin), "{origin}");
    }
}

#[test]
fn a_decision_is_about_the_app_that_waits() {
    let mut browser = Browser::new(setup());
    assert!(matches!(
        browser.command(&command("accept-app", APP)),
        Reply::Error { .. }
    ));
    assert!(browser.open_app(OTHER));
    for kind in ["accept-app", "refuse-app"] {
        assert!(matches!(
            browser.command(&command(kind, APP)),
            Reply::Error { .. }
        ));
    }
}

#[test]
fn a_second_window_is_closed_and_an_accepted_app_goes_before_others() {
    let mut browser = accepting(Choice::Auto);
    assert!(browser.open_app(OTHER));
    assert!(browser.open_app(APP), "the one that is accepted");
    assert!(!browser.open_app(APP), "a second window");
    assert!(!browser.open_app(OTHER));
}

#[test]
fn the_native_companion_comes_first_where_both_are_there() {
    let mut browser = accepting(Choice::Auto);
    assert!(browser.open_app(APP));
    browser.start();
    browser.say(hello());
    assert_eq!(
        (browser.carrier, port(&browser)),
        (Carrier::Native, Some(9999))
    );
}

#[test]
fn the_app_takes_the_place_of_a_native_companion_that_is_missing() {
    let mut browser = accepting(Choice::Auto);
    assert!(browser.open_app(APP));
    browser.start();
    browser.end(NOT_FOUND);
    assert_eq!((browser.carrier, browser.connects), (Carrier::App, 2));
}

#[test]
fn the_app_is_no_way_out_where_the_native_companion_was_chosen() {
    let mut browser = accepting(Choice::Native);
    assert!(browser.open_app(APP));
    browser.start();
    browser.end(NOT_FOUND);
    assert_eq!((browser.status(), browser.connects), (Status::Missing, 1));
}

#[test]
fn an_open_popup_sees_that_the_app_is_there() {
    let mut browser = accepting(Choice::App);
    browser.open_popup();
    assert_eq!(browser.status(), Status::AppAway);
    assert!(browser.open_app(APP));
    assert_eq!((browser.status(), browser.connects), (Status::Stopped, 0));
    browser.open_popup();
    assert_eq!((browser.status(), browser.connects), (Status::Stopped, 0));
}

#[test]
fn it_is_told_the_addresses_that_a_document_gathers() {
    let mut browser = accepting(Choice::App);
    assert!(browser.open_app(APP));
    browser.master.clear();
    browser.start();
    assert_eq!(
        take(&mut browser.master),
        [Output::OpenDocument(Document::Addresses)]
    );
    browser.say(hello());
    browser.gather(GATHERED).unwrap();
    let told = browser.commands.iter().filter_map(|command| {
        let Command::Addresses { addresses } = command else {
            return None;
        };
        Some(addresses.len())
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [0, 3],
        "none at first, then those with loopback's two"
    );
    browser.stop();
    assert_eq!(take(&mut browser.master), [Output::CloseDocument]);
}

#[test]
fn no_network_is_said_only_when_it_is_known() {
    let mut browser = accepting(Choice::App);
    assert!(browser.open_app(APP));
    browser.start();
    browser.say(hello());
    browser.say(listening(&[]));
    assert_eq!(browser.status(), Status::Starting);
    browser.gather("[]").unwrap();
    assert_eq!(browser.status(), Status::NoAddress);
}

#[test]
fn addresses_that_are_none_leave_the_known_ones() {
    let mut browser = sharing();
    let gathered = |text: &str, browser: &mut Browser| {
        browser.sharing.handle_gathered(text, browser.now).is_ok()
    };
    assert!(gathered(GATHERED, &mut browser));
    assert!(!gathered("nonsense", &mut browser));
    browser.close_app();
    assert!(browser.open_app(APP));
    browser.say(hello());
    let last = browser.commands.iter().rev().find_map(|command| {
        let Command::Addresses { addresses } = command else {
            return None;
        };
        Some(addresses.clone())
    });
    assert_eq!(last.expect("told")[0].ip, addresses(&[HOME])[0].ip);
}

#[test]
fn its_end_is_told_and_its_return_takes_sharing_up() {
    let mut browser = sharing();
    browser.close_app();
    assert_eq!(browser.status(), Status::AppAway);
    assert!(
        browser.detail().contains("Open it again"),
        "{}",
        browser.detail()
    );
    browser.pass(3_600_000);
    assert_eq!(
        browser.status(),
        Status::AppAway,
        "nothing else brings it back"
    );
    assert!(browser.open_app(APP));
    browser.say(hello());
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn it_is_missed_where_there_is_no_program() {
    let mut browser = accepting(Choice::Auto);
    assert!(browser.open_app(APP));
    browser.start();
    browser.end(NOT_FOUND);
    browser.say(hello());
    browser.say(listening(&[HOME]));
    browser.close_app();
    assert_eq!(browser.status(), Status::AppAway);
    browser.open_popup();
    assert_eq!(
        (browser.status(), browser.carrier),
        (Status::AppAway, Carrier::Native),
        "also while the program is looked for"
    );
    browser.end(NOT_FOUND);
    assert_eq!(browser.status(), Status::AppAway);
    assert!(browser.open_app(APP));
    browser.say(hello());
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn it_is_missed_before_sharing_begins() {
    let mut browser = accepting(Choice::Auto);
    browser.open_popup();
    browser.end(NOT_FOUND);
    assert_eq!(browser.status(), Status::AppAway);
    assert!(browser.detail().contains("then start"));
    assert!(browser.open_app(APP));
    assert_eq!(browser.status(), Status::Stopped);
}

#[test]
fn after_the_browsers_restart_it_waits_for_the_addresses() {
    let before = sharing();
    let restarted = || {
        let mut browser = Browser::new(Setup {
            settings: Settings {
                mode: Mode::Invited,
                ..before.sharing.settings().clone()
            },
            memory: before.memory(),
            guests: Some(Keeping {
                stored: None,
                random: [1; 32],
                epoch: UnixSeconds(1_800_000_000),
            }),
            ..setup()
        });
        assert!(browser.open_app(APP));
        assert_eq!((browser.status(), browser.connects), (Status::Starting, 0));
        assert!(
            browser
                .master
                .contains(&Output::OpenDocument(Document::Addresses))
        );
        browser
    };
    let mut at_home = restarted();
    at_home.gather(GATHERED).unwrap();
    at_home.say(hello());
    assert_eq!(port(&at_home), Some(39_999));
    let mut elsewhere = restarted();
    elsewhere
        .gather(r#"[{"ip":"10.20.30.40","cost":0}]"#)
        .unwrap();
    elsewhere.say(hello());
    assert_eq!(elsewhere.status(), Status::OtherNetwork);
    assert_eq!(port(&elsewhere), None, "nothing is opened before");
    elsewhere.start();
    assert!(elsewhere.open_app(APP));
    elsewhere.say(hello());
    assert_eq!(port(&elsewhere), Some(39_999));
}

#[test]
fn stopping_leaves_it_and_its_next_port_waits() {
    let mut browser = sharing();
    browser.stop();
    assert_eq!(
        (browser.status(), browser.companion.is_none()),
        (Status::Stopped, true)
    );
    assert!(browser.open_app(APP));
    assert_eq!((browser.status(), browser.connects), (Status::Stopped, 1));
    browser.start();
    assert_eq!(browser.connects, 2);
}

#[test]
fn one_that_is_accepted_no_more_is_left_at_once() {
    let mut browser = sharing();
    let settings = Settings {
        apps: Vec::new(),
        ..browser.sharing.settings().clone()
    };
    browser.command(&json!({"kind": "set", "settings": settings}).to_string());
    assert_eq!(browser.status(), Status::AppAway);
    assert!(browser.companion.is_none());
}

#[test]
fn another_choice_moves_sharing_to_the_other_companion() {
    let mut browser = sharing();
    let chosen = |companion, browser: &Browser| {
        let settings = Settings {
            companion,
            ..browser.sharing.settings().clone()
        };
        json!({"kind": "set", "settings": settings}).to_string()
    };
    let text = chosen(Choice::Native, &browser);
    assert_eq!(browser.command(&text), Reply::Done);
    assert_eq!(browser.carrier, Carrier::Native);
    browser.say(hello());
    assert_eq!(port(&browser), Some(9999));
    let text = chosen(Choice::App, &browser);
    assert_eq!(browser.command(&text), Reply::Done);
    assert_eq!(browser.status(), Status::AppAway);
    assert!(browser.open_app(APP));
    assert_eq!(browser.carrier, Carrier::App);
}

#[test]
fn a_port_in_use_moves_the_apps_port() {
    let mut browser = accepting(Choice::App);
    assert!(browser.open_app(APP));
    browser.start();
    browser.say(hello());
    browser.say(scripted_companion::in_use(false, Some(40_000)));
    browser.commands.clear();
    browser.command(r#"{"kind":"use-port","port":40000}"#);
    assert_eq!(port(&browser), Some(40_000));
    let settings = browser.settings();
    assert_eq!((settings.app_port, settings.port), (40_000, 9999));
}

#[test]
fn settings_name_apps_and_a_port_that_chromium_opens() {
    let refused = |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.check().is_err()
    };
    assert!(refused(|settings| settings.app_port = 32_767));
    assert!(!refused(|settings| settings.app_port = 32_768));
    assert!(refused(
        |settings| settings.apps = vec!["https://example.org".to_owned()]
    ));
    assert!(!refused(|settings| settings.apps = vec![APP.to_owned(); 64]));
    assert!(refused(|settings| settings.apps = vec![APP.to_owned(); 65]));
}
