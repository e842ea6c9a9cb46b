//! Settings: what is refused, what is stored, and what changes at once while sharing.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::hub::Mode;
use broadcaster::limits::{
    Limits, MESSAGE_BYTES_MAX, NAME_BYTES, QUEUE_BYTES_MAX, SETTINGS_LISTED,
};
use broadcaster::link::{Command, ConnId, Report};
use broadcaster::sharing::{Error, Reply, Settings, Status};
use scripted_companion::*;
use serde_json::{Value, json};

fn set(browser: &mut Browser, settings: Value) -> Reply {
    browser.command(&json!({"kind": "set", "settings": settings}).to_string())
}

#[test]
fn the_defaults_share_with_nobody_unasked() {
    let settings = Settings::from_json("{}").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!((settings.port, settings.mode), (9999, Mode::Invited));
}

#[test]
fn what_concerns_the_port_is_listened_for_anew_and_members_stay() {
    let limits = serde_json::to_value(Limits {
        connections: 5,
        ..Limits::default()
    })
    .unwrap();
    for (field, value) in [
        ("port", json!(10_000)),
        ("bind", json!(["192.168.1.5"])),
        ("hosts", json!(["ship.local"])),
        ("limits", limits),
    ] {
        let mut browser = Browser::sharing();
        browser.say(asked(1));
        browser.commands.clear();
        assert_eq!(
            set(&mut browser, json!({"mode": "open", field: value})),
            Reply::Done
        );
        let [command @ Command::Listen { .. }] = &browser.commands[..] else {
            panic!("{field}: {:?}", browser.commands);
        };
        assert_eq!(serde_json::to_value(command).unwrap()[field], value);
        assert_eq!(browser.status(), Status::Sharing);
        assert_eq!(browser.sharing.state().members.len(), 1);
    }
}

#[test]
fn the_answer_to_a_new_listen_brings_the_new_urls() {
    let mut browser = Browser::sharing();
    set(&mut browser, json!({"mode": "open", "port": 10_000}));
    assert_eq!(
        browser.sharing.state().port,
        PORT,
        "until the companion has moved"
    );
    browser.say(Report::Listening {
        port: 10_000,
        addresses: addresses(&[HOME]),
    });
    let state = browser.sharing.state();
    assert_eq!(
        (state.port, &*state.urls[0].url),
        (10_000, "ws://192.168.1.5:10000/")
    );
}

#[test]
fn what_concerns_the_hub_is_in_force_for_the_next_who_asks() {
    let mut browser = Browser::sharing();
    let mut ask = |conn| {
        let Report::Asked {
            remote,
            path,
            host,
            protocols,
            ..
        } = asked(conn)
        else {
            unreachable!("asked() asks");
        };
        let origin = Some("https://intranet.example".to_owned());
        browser.say(Report::Asked {
            conn: ConnId(conn),
            remote,
            path,
            host,
            origin,
            protocols,
        });
        let commands = std::mem::take(&mut browser.commands);
        let origins = json!({"mode": "open", "origins": ["https://intranet.example"]});
        assert_eq!(set(&mut browser, origins), Reply::Done);
        assert_eq!(browser.commands, [], "the port is not concerned");
        commands
    };
    assert_eq!(
        ask(1),
        [Command::Refuse {
            conn: ConnId(1),
            status: 403
        }]
    );
    assert!(matches!(
        ask(2)[..],
        [
            Command::Admit {
                conn: ConnId(2),
                ..
            },
            ..
        ]
    ));
}

#[test]
fn equal_settings_change_and_store_nothing() {
    let mut browser = Browser::sharing();
    browser.stored.clear();
    assert_eq!(set(&mut browser, json!({"mode": "open"})), Reply::Done);
    assert_eq!((browser.commands.len(), browser.stored.len()), (0, 0));
}

#[test]
fn settings_of_another_context_are_obeyed_and_not_stored_again() {
    let mut browser = Browser::sharing();
    browser.stored.clear();
    let settings = Settings {
        mode: Mode::Open,
        port: 10_000,
        ..Settings::default()
    };
    browser
        .sharing
        .handle_settings(settings, browser.now)
        .unwrap();
    browser.pass(1000);
    assert_eq!(browser.stored, []);
}

#[test]
fn the_mode_cannot_become_invited_while_sharing() {
    let mut browser = Browser::sharing();
    browser.stored.clear();
    let reply = set(&mut browser, json!({"mode": "invited"}));
    assert!(matches!(reply, Reply::Error { detail } if detail.contains("choose open mode")));
    assert_eq!(
        (browser.stored.len(), browser.sharing.state().mode),
        (0, Mode::Open)
    );
}

#[test]
fn settings_of_no_use_are_refused_and_the_old_ones_stay() {
    let many = |entry: &str, len: usize| json!(vec![entry; len]);
    let ok = |reply: &Reply| *reply == Reply::Done;
    for (settings, is_of_use) in [
        (json!({"port": 65_535}), true),
        (json!({"port": 65_536}), false),
        (json!({"name": ""}), false),
        (json!({"name": "x".repeat(100)}), true),
        (json!({"name": "x".repeat(101)}), false),
        (json!({"name": "a\nb"}), false),
        (json!({"hosts": ["ship.local"]}), true),
        (json!({"hosts": ["ship.local:80"]}), false),
        (json!({"hosts": many("a", 64)}), true),
        (json!({"hosts": many("a", 65)}), false),
        (json!({"bind": many("::", 65)}), false),
        (json!({"bind": ["eth0"]}), false),
        (json!({"origins": ["https://example.org", "null"]}), true),
        (json!({"origins": ["https://example.org/"]}), false),
        (json!({"origins": many("null", 65)}), false),
        (
            json!({"limits": {"message_bytes": MESSAGE_BYTES_MAX}}),
            true,
        ),
        (
            json!({"limits": {"message_bytes": MESSAGE_BYTES_MAX + 1}}),
            false,
        ),
        (json!({"limits": {"message_bytes": 0}}), false),
        (
            json!({"limits": {"message_bytes": 2, "queue_bytes": 1}}),
            false,
        ),
        (json!({"limits": {"queue_bytes": QUEUE_BYTES_MAX}}), true),
        (
            json!({"limits": {"queue_bytes": QUEUE_BYTES_MAX + 1}}),
            false,
        ),
        (json!({"limits": {"connections": 0}}), false),
        (json!({"limits": {"connections": 65_536}}), false),
        (json!({"limits": {"connections_per_address": 0}}), false),
        (json!({"mode": "everyone"}), false),
        (json!("none"), false),
        (json!({"colour": "blue", "port": 1}), true),
    ] {
        let mut browser = Browser::new(setup());
        let reply = set(&mut browser, settings.clone());
        assert_eq!(ok(&reply), is_of_use, "{settings}: {reply:?}");
        assert_eq!(browser.stored.is_empty(), !is_of_use, "{settings}");
    }
}

#[test]
fn the_error_names_the_rule() {
    let limits = Limits {
        message_bytes: 0,
        ..Limits::default()
    };
    let refused = Settings {
        limits,
        ..Settings::default()
    }
    .check()
    .unwrap_err();
    let allowed = 1..=MESSAGE_BYTES_MAX;
    let limit = "the limit of bytes in a message";
    assert_eq!(
        refused,
        Error::Limit {
            limit,
            value: 0,
            allowed
        }
    );
    assert!(matches!(
        Settings::from_json("{"),
        Err(Error::NotSettings(_))
    ));
}

#[test]
fn an_address_that_is_none_is_named() {
    let mut browser = Browser::new(setup());
    let reply = browser.command(r#"{"kind":"set","settings":{"bind":["10.0.0.1","10.0.0.256"]}}"#);
    let detail = "`10.0.0.256` is no address; write it like 192.168.1.5".to_owned();
    assert_eq!(reply, Reply::Error { detail });
}

#[test]
fn an_unknown_command_is_answered() {
    let mut browser = Browser::new(setup());
    for text in [
        r#"{"kind":"dance"}"#,
        r#"{"kind":"start"}"#,
        "",
        "[]",
        r#"{"kind":"use-port","port":-1}"#,
    ] {
        let reply = browser.command(text);
        assert!(matches!(reply, Reply::Error { .. }), "{text}: {reply:?}");
    }
    let reply = serde_json::to_value(browser.command(r#"{"kind":"dance"}"#)).unwrap();
    assert_eq!(reply["kind"], "error");
    assert!(reply["detail"].as_str().unwrap().contains("dance"));
    assert_eq!(
        serde_json::to_value(Reply::Done).unwrap(),
        json!({"kind": "done"})
    );
}

#[test]
fn lists_and_names_have_their_bounds() {
    let origins = |count: usize| (0..count).map(|n| format!("https://{n}.example"));
    let mut settings = Settings {
        origins: origins(SETTINGS_LISTED).collect(),
        name: "n".repeat(NAME_BYTES),
        ..Settings::default()
    };
    assert_eq!(settings.check(), Ok(()));
    settings.origins = origins(SETTINGS_LISTED + 1).collect();
    assert!(
        matches!(settings.check(), Err(Error::TooMany { len, .. }) if len == SETTINGS_LISTED + 1)
    );
    settings.origins.clear();
    settings.name.push('n');
    assert_eq!(settings.check(), Err(Error::NoName(settings.name.clone())));
}
