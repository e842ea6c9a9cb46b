//! Each status of the sharing session: what leads to it, what is said, and what leads on.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::link::{Command, ConnId, Failure, Report, VERSION};
use broadcaster::sharing::{Reply, Status, Stored};
use scripted_companion::*;

const NOT_FOUND: &str = "Specified native messaging host not found.";

#[test]
fn stopped_at_first_and_no_companion_runs() {
    let browser = Browser::new(setup());
    let state = browser.sharing.state();
    assert_eq!(
        (state.status, state.wanted, state.port),
        (Status::Stopped, false, PORT)
    );
    assert_eq!(browser.connects, 0);
    assert_eq!(
        state.command,
        "lan-broadcaster-host install --extension-id abcdefghijklmnopabcdefghijklmnop"
    );
}

#[test]
fn start_leads_to_sharing() {
    let mut browser = Browser::new(setup());
    browser.start();
    assert_eq!(browser.status(), Status::Starting);
    assert_eq!(browser.commands, [Command::Hello { version: VERSION }]);
    browser.say(hello());
    assert_eq!(browser.kinds(), ["hello", "site", "listen"]);
    assert_eq!(browser.status(), Status::Starting);
    browser.say(listening(&[
        "192.168.1.5",
        "fd77::1",
        "fe80::1",
        "127.0.0.1",
        "::1",
    ]));
    let state = browser.sharing.state();
    assert_eq!(state.status, Status::Sharing);
    let urls: Vec<_> = state
        .urls
        .iter()
        .map(|url| (&*url.url, &*url.page))
        .collect();
    assert_eq!(
        urls,
        [
            ("ws://192.168.1.5:9999/", "http://192.168.1.5:9999/"),
            ("ws://[fd77::1]:9999/", "http://[fd77::1]:9999/"),
        ]
    );
    assert!(state.urls.iter().all(|url| url.qr.is_some()));
    let companion = state.companion.unwrap();
    assert_eq!((&*companion.build, &*companion.os), ("1.2.3", "linux"));
}

#[test]
fn stop_waits_for_the_last_words_of_members() {
    let mut browser = Browser::sharing();
    browser.say(asked(1));
    assert_eq!(browser.sharing.state().members.len(), 1);
    browser.commands.clear();
    browser.stop();
    assert_eq!(browser.commands, [Command::Stop]);
    assert_eq!(browser.status(), Status::Stopped);
    assert!(browser.companion.is_some(), "members are being closed");
    browser.say(Report::Closed {
        conn: ConnId(1),
        code: 1001,
    });
    assert!(browser.companion.is_none());
    assert!(browser.sharing.state().members.is_empty());
}

#[test]
fn stop_does_not_wait_for_ever() {
    let mut browser = Browser::sharing();
    browser.say(asked(1));
    browser.stop();
    browser.pass(2_999);
    assert!(browser.companion.is_some());
    browser.pass(1);
    assert!(browser.companion.is_none());
    assert_eq!(browser.status(), Status::Stopped);
}

#[test]
fn start_while_stopping_shares_again() {
    let mut browser = Browser::sharing();
    browser.say(asked(1));
    browser.stop();
    browser.start();
    assert_eq!(browser.status(), Status::Starting);
    browser.say(Report::Closed {
        conn: ConnId(1),
        code: 1001,
    });
    assert_eq!(browser.connects, 2);
    browser.say(hello());
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn the_end_of_the_port_means_what_its_words_say() {
    for (error, status) in [
        (NOT_FOUND, Status::Missing),
        (
            "Specified native messaging host is not registered.",
            Status::Missing,
        ),
        ("Failed to start native messaging host.", Status::Missing),
        (
            "Access to the specified native messaging host is forbidden.",
            Status::Forbidden,
        ),
        ("Native host has exited.", Status::Crashed),
        (
            "Error when communicating with the native messaging host.",
            Status::Crashed,
        ),
        ("Something new.", Status::Crashed),
    ] {
        let mut browser = Browser::new(setup());
        browser.start();
        browser.end(error);
        let state = browser.sharing.state();
        assert_eq!(state.status, status, "{error}");
        assert_eq!(
            state.retry_in,
            (status == Status::Crashed).then_some(1),
            "{error}"
        );
        assert!(state.wanted && state.detail.is_some(), "{error}");
    }
}

#[test]
fn the_popup_looks_for_a_companion_before_start_is_pressed() {
    let mut browser = Browser::new(setup());
    browser.open_popup();
    assert_eq!(browser.status(), Status::Stopped);
    browser.end(NOT_FOUND);
    assert_eq!(browser.status(), Status::Missing);
    browser.pass(60_000);
    assert_eq!(browser.connects, 1, "nothing is tried again unasked");

    browser.open_popup();
    assert_eq!(
        browser.status(),
        Status::Missing,
        "until it is known better"
    );
    browser.say(hello());
    let state = browser.sharing.state();
    assert_eq!(state.status, Status::Stopped);
    assert_eq!(state.companion.unwrap().build, "1.2.3");
    assert!(browser.companion.is_none(), "it was only looked");
    assert_eq!(browser.kinds(), ["hello", "hello"]);
}

#[test]
fn start_while_looking_goes_on_to_share() {
    let mut browser = Browser::new(setup());
    browser.open_popup();
    browser.start();
    assert_eq!(browser.status(), Status::Starting);
    browser.say(hello());
    browser.say(listening(&[HOME]));
    assert_eq!((browser.status(), browser.connects), (Status::Sharing, 1));
}

#[test]
fn missing_is_left_by_retry_and_by_the_popup() {
    let ways: [fn(&mut Browser); 3] = [
        |browser| browser.open_popup(),
        |browser| browser.start(),
        |browser| assert_eq!(browser.command(r#"{"kind":"retry"}"#), Reply::Done),
    ];
    for way in ways {
        let mut browser = Browser::new(setup());
        browser.start();
        browser.end(NOT_FOUND);
        way(&mut browser);
        assert_eq!(browser.status(), Status::Starting);
        browser.say(hello());
        browser.say(listening(&[HOME]));
        assert_eq!(browser.status(), Status::Sharing);
    }
}

#[test]
fn outdated_names_both_versions_and_the_side_to_update() {
    for (version, update) in [
        (VERSION + 1, "Update this extension"),
        (VERSION - 1, "Update the companion"),
    ] {
        let mut browser = Browser::new(setup());
        browser.start();
        browser.say(Report::Hello {
            version,
            build: "9".to_owned(),
            os: "linux".to_owned(),
            addresses: Vec::new(),
        });
        assert_eq!(browser.status(), Status::Outdated);
        let detail = browser.detail();
        for words in [update, &version.to_string(), &VERSION.to_string()] {
            assert!(detail.contains(words), "{detail}");
        }
        assert!(browser.companion.is_none());
        assert_eq!(browser.kinds(), ["hello"]);
        browser.open_popup();
        browser.say(hello());
        assert_eq!(browser.kinds(), ["hello", "hello", "site", "listen"]);
    }
}

#[test]
fn a_companion_that_never_says_hello_is_given_up() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.pass(9_999);
    assert_eq!(browser.status(), Status::Starting);
    browser.pass(1);
    assert_eq!(browser.status(), Status::Crashed);
    assert!(browser.companion.is_none());
}

#[test]
fn a_companion_that_does_not_answer_listen_is_given_up() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(hello());
    browser.pass(10_000);
    assert_eq!(browser.status(), Status::Crashed);
}

#[test]
fn what_comes_before_hello_is_not_believed() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Starting);
    assert_eq!(browser.kinds(), ["hello", "error"]);
    browser.say(Report::Error {
        detail: "no".to_owned(),
    });
    assert_eq!(
        browser.kinds(),
        ["hello", "error"],
        "an error answers no error"
    );
}

#[test]
fn port_in_use_offers_the_next_one() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(hello());
    browser.say(in_use(false, Some(10_001)));
    let state = browser.sharing.state();
    assert_eq!(
        (state.status, state.next, state.ours),
        (Status::PortInUse, Some(10_001), Some(false))
    );
    assert!(state.detail.unwrap().contains("Use port 10001"));

    browser.commands.clear();
    assert_eq!(
        browser.command(r#"{"kind":"use-port","port":10001}"#),
        Reply::Done
    );
    assert_eq!(browser.status(), Status::Starting);
    assert!(matches!(
        &browser.commands[..],
        [Command::Listen { port: 10_001, .. }]
    ));
    assert_eq!(browser.settings().port, 10_001);
    browser.say(Report::Listening {
        port: 10_001,
        addresses: addresses(&[HOME]),
    });
    let state = browser.sharing.state();
    assert_eq!(
        (state.status, &*state.urls[0].url),
        (Status::Sharing, "ws://192.168.1.5:10001/")
    );
}

#[test]
fn a_port_that_ours_has_is_waited_for() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(hello());
    browser.commands.clear();
    for attempt in 0..12 {
        browser.say(in_use(true, None));
        assert_eq!(browser.status(), Status::Starting, "attempt {attempt}");
        browser.pass(250);
        assert_eq!(browser.commands.len(), attempt + 1);
    }
    browser.say(in_use(true, None));
    let state = browser.sharing.state();
    assert_eq!((state.status, state.ours), (Status::PortInUse, Some(true)));
    assert!(state.detail.unwrap().contains("another LAN Broadcaster"));
    assert_eq!(browser.command(r#"{"kind":"retry"}"#), Reply::Done);
    browser.say(listening(&[HOME]));
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn failed_says_why_and_what_to_do() {
    for (code, words) in [
        (Failure::PortForbidden, "choose a port from 1024 up"),
        (Failure::NoSuchAddress, "in the options"),
        (Failure::Other, "Press Retry"),
    ] {
        let mut browser = Browser::new(setup());
        browser.start();
        browser.say(hello());
        browser.say(Report::Failed {
            code,
            detail: "EWHY".to_owned(),
            ours: false,
            next: None,
        });
        assert_eq!(browser.status(), Status::Failed);
        let detail = browser.detail();
        assert!(
            detail.contains(words) && detail.contains("EWHY"),
            "{detail}"
        );
        assert_eq!(browser.command(r#"{"kind":"retry"}"#), Reply::Done);
        browser.say(listening(&[HOME]));
        assert_eq!(browser.status(), Status::Sharing);
    }
}

#[test]
fn a_port_lost_while_sharing_is_told() {
    let mut browser = Browser::sharing();
    browser.say(Report::Failed {
        code: Failure::Other,
        detail: "EBADF".to_owned(),
        ours: false,
        next: None,
    });
    assert_eq!(browser.status(), Status::Failed);
    browser.stop();
    assert_eq!(browser.status(), Status::Stopped);
    assert!(browser.companion.is_none());
}

#[test]
fn no_address_becomes_sharing_by_itself() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(hello());
    browser.say(listening(&["127.0.0.1", "::1", "fe80::1"]));
    let state = browser.sharing.state();
    assert_eq!((state.status, state.urls.len()), (Status::NoAddress, 0));
    browser.say(Report::Addresses {
        addresses: addresses(&["127.0.0.1", HOME]),
    });
    assert_eq!(browser.status(), Status::Sharing);
    browser.say(Report::Addresses {
        addresses: addresses(&["127.0.0.1"]),
    });
    assert_eq!(browser.status(), Status::NoAddress);
    assert_eq!(
        browser.kinds().last().map(String::as_str),
        Some("listen"),
        "the port stays open"
    );
}

#[test]
fn only_addresses_that_are_listened_on_are_offered() {
    let mut browser = Browser::new(setup());
    browser.start();
    browser.say(hello());
    browser.command(r#"{"kind":"set","settings":{"mode":"open","bind":["192.168.1.5","::"]}}"#);
    browser.say(listening(&["10.0.0.1", "192.168.1.5", "fd77::1"]));
    let state = browser.sharing.state();
    let urls: Vec<_> = state.urls.iter().map(|url| &*url.url).collect();
    assert_eq!(urls, ["ws://192.168.1.5:9999/", "ws://[fd77::1]:9999/"]);
}

#[test]
fn another_network_stops_and_asks() {
    let mut browser = Browser::sharing();
    browser.say(Report::Addresses {
        addresses: addresses(&[CAFE, "127.0.0.1"]),
    });
    let state = browser.sharing.state();
    assert_eq!((state.status, state.wanted), (Status::OtherNetwork, false));
    assert!(state.detail.unwrap().contains("Press Start"));
    assert_eq!(browser.commands, [Command::Stop]);
    assert!(browser.companion.is_none());

    browser.start();
    browser.say(hello());
    browser.say(listening(&[CAFE]));
    assert_eq!(browser.status(), Status::Sharing);
}

#[test]
fn invited_mode_is_refused_in_words() {
    let mut browser = Browser::new(setup());
    let Reply::Error { detail } = browser.command(r#"{"kind":"start","mode":"invited"}"#) else {
        panic!("invited mode is not there yet");
    };
    assert!(detail.contains("choose open mode"), "{detail}");
    assert_eq!((browser.status(), browser.connects), (Status::Stopped, 0));
    assert_eq!(browser.stored, Vec::<Stored>::new());
}

#[test]
fn a_stray_end_or_text_of_an_old_port_changes_nothing() {
    let mut browser = Browser::new(setup());
    browser
        .sharing
        .handle_disconnected(Some(NOT_FOUND), browser.now);
    browser.sharing.handle_text(
        r#"[{"kind":"hello","version":7,"build":"","os":""}]"#,
        browser.now,
    );
    assert_eq!(browser.status(), Status::Stopped);
}
