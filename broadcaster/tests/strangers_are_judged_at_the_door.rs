//! Who is admitted and how a refusal is said, with each limit at the bound and one past it.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;

use broadcaster::envelope::PROTOCOL;
use broadcaster::hub::{Config, Error, Event, Hub, Mode, Refusal};
use broadcaster::limits::{Limits, ROOM_BYTES, ROOMS};
use broadcaster::link::ConnId;
use fake_companion::{Companion, ENVELOPED, NOW, PLAIN, Request, State, open};

#[test]
fn ours_is_the_only_subprotocol_that_is_chosen() {
    for (offered, chosen) in [
        (&[][..], None),
        (&[PROTOCOL], Some(PROTOCOL)),
        (&["chat", PROTOCOL, "other"], Some(PROTOCOL)),
        (&["chat", "lan-broadcaster.2"], None),
        (&["LAN-Broadcaster.1", "lan-broadcaster.1 "], None),
    ] {
        let mut companion = Companion::new(open());
        let conn = companion.ask(Request {
            protocols: offered,
            ..PLAIN
        });
        let protocol = chosen.map(str::to_owned);
        assert_eq!(
            companion.conns[&conn].state,
            State::Member { protocol },
            "{offered:?}"
        );
        assert_eq!(
            companion.take(conn).is_empty(),
            chosen.is_none(),
            "welcome is an envelope"
        );
    }
}

#[test]
fn a_foreign_origin_is_refused_with_403_and_told() {
    let config = Config {
        origins: vec!["https://intranet.example".to_owned()],
        own_origins: vec!["chrome-extension://abcdefghijklmnop".to_owned()],
        ..open()
    };
    for (origin, is_admitted) in [
        (None, true),
        (Some("http://192.168.1.5:9999"), true),
        (Some("http://192.168.1.77:8080"), true),
        (Some("https://intranet.example"), true),
        (Some("chrome-extension://abcdefghijklmnop"), true),
        (Some("chrome-extension://ponmlkjihgfedcba"), false),
        (Some("https://intranet.example.evil"), false),
        (Some("http://8.8.8.8"), false),
        (Some("null"), false),
        (Some("\u{0}"), false),
    ] {
        let mut companion = Companion::new(config.clone());
        let conn = companion.ask(Request { origin, ..PLAIN });
        if is_admitted {
            assert_eq!(
                companion.conns[&conn].state,
                State::Member { protocol: None },
                "{origin:?}"
            );
        } else {
            assert_eq!(
                companion.conns[&conn].state,
                State::Refused(403),
                "{origin:?}"
            );
            assert_refused(&companion, Refusal::Origin, origin);
        }
    }
}

#[test]
fn a_room_name_at_its_bound_is_admitted_and_one_byte_more_is_414() {
    let longest = format!("/{}", "x".repeat(ROOM_BYTES - 1));
    for (path, state) in [
        (longest.clone(), State::Member { protocol: None }),
        (
            format!("{longest}?{longest}"),
            State::Member { protocol: None },
        ),
        (format!("{longest}x"), State::Refused(414)),
        (format!("{longest}x?"), State::Refused(414)),
    ] {
        let mut companion = Companion::new(open());
        let conn = companion.ask(Request {
            path: &path,
            ..PLAIN
        });
        assert_eq!(companion.conns[&conn].state, state);
    }
}

#[test]
fn one_room_past_the_bound_closes_with_1013_until_a_room_is_free() {
    let mut companion = Companion::new(open());
    let paths: Vec<_> = (0..=ROOMS).map(|n| format!("/{n}")).collect();
    let at = |companion: &mut Companion, path: &str| companion.ask(Request { path, ..HERE });
    let members: Vec<_> = paths[..ROOMS]
        .iter()
        .map(|path| at(&mut companion, path))
        .collect();
    assert!(members.iter().all(|&conn| is_member(&companion, conn)));

    let past = at(&mut companion, &paths[ROOMS]);
    assert_eq!(companion.conns[&past].state, State::Closed(1013));
    assert_refused(&companion, Refusal::Rooms, None);
    let existing = at(&mut companion, &paths[0]);
    assert!(is_member(&companion, existing));

    companion.join_local("/ours/is/one/more");
    companion.end(members[1], 1000);
    companion.end(members[2], 1000);
    let again = at(&mut companion, &paths[ROOMS]);
    assert!(is_member(&companion, again));
}

#[test]
fn one_connection_past_the_bound_closes_with_1013_until_one_leaves() {
    let limits = Limits {
        connections: 3,
        ..Limits::default()
    };
    let mut companion = Companion::new(Config { limits, ..open() });
    let members = [(); 3].map(|()| companion.ask(PLAIN));
    assert!(members.iter().all(|&conn| is_member(&companion, conn)));
    let past = companion.ask(ENVELOPED);
    assert_eq!(companion.conns[&past].state, State::Closed(1013));
    assert_refused(&companion, Refusal::Full, None);
    companion.end(members[0], 1000);
    let again = companion.ask(PLAIN);
    assert!(is_member(&companion, again));
}

#[test]
fn one_connection_past_the_bound_per_address_closes_with_4409() {
    let limits = Limits {
        connections_per_address: 2,
        ..Limits::default()
    };
    let mut companion = Companion::new(Config { limits, ..open() });
    let members = ["192.168.1.20", "::ffff:192.168.1.20"]
        .map(|remote| companion.ask(Request { remote, ..PLAIN }));
    assert!(members.iter().all(|&conn| is_member(&companion, conn)));
    let past = companion.ask(PLAIN);
    assert_eq!(companion.conns[&past].state, State::Closed(4409));
    assert_refused(&companion, Refusal::Address, None);
    let neighbour = companion.ask(Request {
        remote: "192.168.1.21",
        ..PLAIN
    });
    assert!(is_member(&companion, neighbour));
    companion.end(members[0], 1000);
    let again = companion.ask(PLAIN);
    assert!(is_member(&companion, again));
    let here = ["127.0.0.1", "127.0.0.1", "127.0.0.1", "::1", "::1", "::1"]
        .map(|remote| companion.ask(Request { remote, ..PLAIN }));
    assert!(here.iter().all(|&conn| is_member(&companion, conn)));
}

#[test]
fn one_refused_hears_nothing_and_is_no_member() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let mut companion = Companion::new(Config { limits, ..open() });
    let member = companion.ask(ENVELOPED);
    let refused = companion.ask(ENVELOPED);
    companion.take(member);
    companion.send(refused, r#"{"kind":"send","data":"x"}"#);
    companion.send(member, r#"{"kind":"send","data":"x"}"#);
    companion.send(member, r#"{"kind":"send","to":2,"data":"x"}"#);
    assert_eq!(companion.take(refused), []);
    assert_eq!(companion.take_json(member)[0]["code"], "no-such-member");
    assert_eq!(companion.hub.totals().members, 1);
    assert_eq!(companion.hub.totals().refused, 1);
    assert_eq!(companion.hub.totals().messages, 2);
}

#[test]
fn a_new_configuration_is_for_those_who_come_later() {
    let mut companion = Companion::new(open());
    let members = [(); 2].map(|()| companion.ask(PLAIN));
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    companion
        .hub
        .handle_configured(Config { limits, ..open() }, NOW)
        .unwrap();
    let past = companion.ask(PLAIN);
    assert_eq!(companion.conns[&past].state, State::Closed(1013));
    companion.send(members[0], "still here");
    assert_eq!(companion.take(members[1]), ["still here".into()]);

    assert_eq!(
        companion.hub.handle_configured(Config::default(), NOW),
        Err(Error::InvitedNotBuilt)
    );
    companion.end(members[0], 1000);
    let again = companion.ask(PLAIN);
    assert!(
        is_member(&companion, again),
        "the configuration before stays in force"
    );
}

#[test]
fn what_the_hub_cannot_do_is_an_error_from_the_start() {
    assert_eq!(
        Hub::new(Config::default()).unwrap_err(),
        Error::InvitedNotBuilt
    );
    let invited = Config {
        mode: Mode::Invited,
        ..open()
    };
    assert_eq!(Hub::new(invited).unwrap_err(), Error::InvitedNotBuilt);
    let origins = vec!["http://192.168.1.9".to_owned(), "192.168.1.9/".to_owned()];
    let error = Hub::new(Config { origins, ..open() }).unwrap_err();
    assert!(matches!(error, Error::NoOrigin { origin, .. } if origin == "192.168.1.9/"));
}

const HERE: Request = Request {
    remote: "127.0.0.1",
    ..PLAIN
};

fn is_member(companion: &Companion, conn: ConnId) -> bool {
    matches!(companion.conns[&conn].state, State::Member { .. })
}

fn assert_refused(companion: &Companion, why: Refusal, from: Option<&str>) {
    let refused = companion.events.last();
    let Some(Event::Refused { reason, origin, .. }) = refused else {
        panic!("no refusal but {refused:?}");
    };
    assert_eq!((*reason, origin.as_deref()), (why, from));
}
