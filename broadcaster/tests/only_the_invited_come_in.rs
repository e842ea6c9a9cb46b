//! Invited mode's challenge: who answers it comes in, and each way around it ends at the door.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;

use broadcaster::hub::{Config, Event, Mode, Refusal};
use broadcaster::limits::{JOIN_BYTES, JOIN_WITHIN, JOINS_PER_ADDRESS, Limits, ROOMS};
use broadcaster::link::ConnId;
use broadcaster::{Millis, Payload};
use fake_companion::invited::{HOST, config, invitation, join, keys};
use fake_companion::{Companion, ENVELOPED, PLAIN, Request, State, open};
use proptest::prelude::*;

#[test]
fn a_proof_opens_the_room() {
    let mut companion = Companion::invited();
    let (anna, welcome) = companion.join(1, ENVELOPED);
    assert_eq!(
        (&welcome["mode"], &welcome["room"]),
        (&"invited".into(), &"/".into())
    );
    assert_eq!(welcome["members"], serde_json::json!([]));
    let (bert, welcome) = companion.join(2, ENVELOPED);
    assert_eq!(welcome["members"][0]["id"], 1);
    assert_eq!(companion.take_json(anna)[0]["kind"], "joined");
    companion.say(bert, r#"{"kind":"send","data":"hello"}"#);
    assert_eq!(companion.take_json(anna)[0]["data"], "hello");
    assert_eq!(companion.deadline, None, "no challenge is open");
    let invitations: Vec<_> = companion
        .hub
        .members()
        .map(|member| member.invitation)
        .collect();
    assert_eq!(invitations, [1, 2].map(|n| Some(invitation(n).id)));
}

#[test]
fn nothing_reaches_a_guest_nor_comes_from_one() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let (anna, _) = companion.join(1, ENVELOPED);
    let (guest, _) = companion.ask_challenged(ENVELOPED);
    companion.take_local(master);
    companion.say(anna, r#"{"kind":"send","data":"for members"}"#);
    companion.say(
        anna,
        r#"{"kind":"send","to":3,"data":"for whoever is third"}"#,
    );
    assert_eq!(companion.take(guest), []);
    companion.say(guest, r#"{"kind":"send","data":"from nobody"}"#);
    assert_refused(&companion, guest, 4401, Refusal::Unexpected);
    assert_eq!(companion.take_local(master).len(), 1);
    let totals = companion.hub.totals();
    assert_eq!((totals.members, totals.messages), (2, 2));
}

#[test]
fn a_proof_for_something_else_is_none() {
    let one = invitation(1);
    let forged = fake_companion::invited::Invitation {
        id: invitation(1).id,
        key: invitation(9).key,
    };
    let other = "9dKuf0x2Tn6-7V5aP0Yk1w";
    for (why, answer) in [
        (
            "another nonce",
            Box::new(|_: &str| join(&one, other, HOST, "/")) as Box<dyn Fn(&str) -> String>,
        ),
        (
            "another host",
            Box::new(|nonce| join(&one, nonce, "192.168.1.6:9999", "/")),
        ),
        (
            "another port",
            Box::new(|nonce| join(&one, nonce, "192.168.1.5:80", "/")),
        ),
        (
            "another room",
            Box::new(|nonce| join(&one, nonce, HOST, "/other")),
        ),
        (
            "a query is no part of the room",
            Box::new(|nonce| join(&one, nonce, HOST, "/?x")),
        ),
        (
            "an invitation nobody has issued",
            Box::new(|nonce| join(&invitation(3), nonce, HOST, "/")),
        ),
        (
            "another secret",
            Box::new(|nonce| join(&forged, nonce, HOST, "/")),
        ),
    ] {
        let mut companion = Companion::invited();
        let (conn, nonce) = companion.ask_challenged(ENVELOPED);
        companion.say(conn, answer(&nonce));
        assert_refused(&companion, conn, 4401, Refusal::Invitation);
        assert_eq!(companion.hub.totals().members, 0, "{why}");
    }
}

#[test]
fn a_replayed_proof_is_none_even_to_the_same_hub() {
    let mut companion = Companion::invited();
    let (anna, nonce) = companion.ask_challenged(ENVELOPED);
    let overheard = join(&invitation(1), &nonce, HOST, "/");
    companion.say(anna, overheard.as_str());
    assert_eq!(companion.take_json(anna)[0]["kind"], "welcome");
    let (evil, fresh) = companion.ask_challenged(ENVELOPED);
    assert_ne!(nonce, fresh);
    companion.say(evil, overheard.as_str());
    assert_refused(&companion, evil, 4401, Refusal::Invitation);
}

#[test]
fn a_proof_relayed_from_another_broadcaster_is_none() {
    let mut honest = Companion::invited();
    let (relay, nonce) = honest.ask_challenged(ENVELOPED);
    let lured = join(&invitation(1), &nonce, "192.168.1.66:9999", "/");
    honest.say(relay, lured);
    assert_refused(&honest, relay, 4401, Refusal::Invitation);
}

#[test]
fn a_proof_with_one_bit_flipped_is_none() {
    for at in [0, 10, 42] {
        let mut companion = Companion::invited();
        let (conn, nonce) = companion.ask_challenged(ENVELOPED);
        let answer = join(&invitation(1), &nonce, HOST, "/");
        let mut answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let mut proof = answer["proof"].as_str().unwrap().to_owned().into_bytes();
        proof[at] = if proof[at] == b'A' { b'E' } else { b'A' };
        answer["proof"] = String::from_utf8(proof).unwrap().into();
        companion.say(conn, answer.to_string());
        assert_refused(&companion, conn, 4401, Refusal::Invitation);
    }
}

#[test]
fn an_answer_of_odd_form_ends_at_the_door() {
    let named = |id: &str, proof: &str| {
        serde_json::json!({ "kind": "join", "invitation": id, "proof": proof }).to_string()
    };
    let proof = "A".repeat(43);
    let id = invitation(1).id.to_string();
    for (answer, reason) in [
        (named("__proto__", &proof), Refusal::Invitation),
        (named("constructor", "toString"), Refusal::Invitation),
        (named("", ""), Refusal::Invitation),
        (named(&id, ""), Refusal::Invitation),
        (named(&id, &"A".repeat(500)), Refusal::Invitation),
        (named(&format!("{id}="), &proof), Refusal::Invitation),
        (named(&id, &"A".repeat(JOIN_BYTES)), Refusal::Unexpected),
        (r#"{"kind":"join"}"#.to_owned(), Refusal::Unexpected),
        (
            r#"{"kind":"join","invitation":1,"proof":2}"#.to_owned(),
            Refusal::Unexpected,
        ),
        (
            r#"{"kind":"send","data":"x"}"#.to_owned(),
            Refusal::Unexpected,
        ),
        (r#"{"kind":"welcome"}"#.to_owned(), Refusal::Unexpected),
        ("}".to_owned(), Refusal::Unexpected),
        (String::new(), Refusal::Unexpected),
        ("x".repeat(1 << 20), Refusal::Unexpected),
    ] {
        let mut companion = Companion::invited();
        let (conn, _) = companion.ask_challenged(ENVELOPED);
        companion.say(conn, answer.as_str());
        assert_refused(&companion, conn, 4401, reason);
    }
    let mut companion = Companion::invited();
    let (conn, _) = companion.ask_challenged(ENVELOPED);
    companion.send(conn, Payload::Binary(vec![0; 4].into()));
    assert_refused(&companion, conn, 4401, Refusal::Unexpected);
}

#[test]
fn an_answer_is_read_up_to_its_limit() {
    for (bytes, code) in [(JOIN_BYTES, None), (JOIN_BYTES + 1, Some(4401))] {
        let mut companion = Companion::invited();
        let (conn, nonce) = companion.ask_challenged(ENVELOPED);
        let answer = join(&invitation(1), &nonce, HOST, "/");
        let padding = " ".repeat(bytes - answer.len());
        companion.say(conn, format!("{answer}{padding}"));
        assert_eq!(closed(&companion, conn), code, "{bytes}");
    }
}

#[test]
fn who_was_wrong_once_is_not_heard_again() {
    let mut companion = Companion::invited();
    let (conn, nonce) = companion.ask_challenged(ENVELOPED);
    let right = join(&invitation(1), &nonce, HOST, "/");
    // Both are on their way before the companion has closed the connection.
    let texts = ["}", right.as_str()].map(|text| Payload::Text(text.into()));
    for payload in texts {
        companion.hub.handle_report(
            broadcaster::link::Report::Received { conn, payload },
            companion.now,
        );
    }
    companion.settle();
    assert_refused(&companion, conn, 4401, Refusal::Unexpected);
    assert_eq!(companion.hub.totals().members, 0);
}

#[test]
fn an_answer_counts_until_the_last_millisecond() {
    let last = Millis(JOIN_WITHIN.0 - 1);
    let mut companion = Companion::invited();
    let (in_time, nonce) = companion.ask_challenged(ENVELOPED);
    let (late, _) = companion.ask_challenged(ENVELOPED);
    assert_eq!(companion.deadline, Some(companion.now + JOIN_WITHIN));
    companion.pass(last);
    companion.say(in_time, join(&invitation(1), &nonce, HOST, "/"));
    assert_eq!(closed(&companion, in_time), None);
    companion.pass(Millis(1));
    assert_refused(&companion, late, 4408, Refusal::Late);
    assert_eq!(closed(&companion, in_time), None);
    assert_eq!(companion.deadline, None);
}

#[test]
fn one_challenge_past_the_bound_of_an_address_closes_with_4409() {
    let mut companion = Companion::invited();
    let waiting: Vec<_> = (0..JOINS_PER_ADDRESS)
        .map(|_| companion.ask_challenged(ENVELOPED))
        .collect();
    let past = companion.ask(Request {
        remote: "::ffff:192.168.1.20",
        ..ENVELOPED
    });
    assert_refused(&companion, past, 4409, Refusal::Challenges);
    companion.ask_challenged(Request {
        remote: "192.168.1.21",
        ..ENVELOPED
    });
    for _ in 0..=JOINS_PER_ADDRESS {
        companion.ask_challenged(Request {
            remote: "127.0.0.1",
            ..ENVELOPED
        });
    }
    let (conn, nonce) = &waiting[0];
    companion.say(*conn, join(&invitation(1), nonce, HOST, "/"));
    companion.ask_challenged(ENVELOPED);
}

#[test]
fn guests_count_as_connections_until_they_are_gone() {
    let limits = Limits {
        connections: 3,
        connections_per_address: 2,
        ..Limits::default()
    };
    let mut companion = Companion::invited_with(Config { limits, ..config() });
    let (first, _) = companion.ask_challenged(ENVELOPED);
    companion.join(1, ENVELOPED);
    let past = companion.ask(ENVELOPED);
    assert_refused(&companion, past, 4409, Refusal::Address);
    let other = Request {
        remote: "192.168.1.21",
        ..ENVELOPED
    };
    companion.ask_challenged(other);
    let past = companion.ask(Request {
        remote: "192.168.1.22",
        ..ENVELOPED
    });
    assert_refused(&companion, past, 1013, Refusal::Full);
    companion.end(first, 1001);
    companion.ask_challenged(ENVELOPED);
}

#[test]
fn a_room_too_many_is_refused_also_when_it_filled_up_meanwhile() {
    let mut companion = Companion::invited();
    let past = Request {
        path: "/past",
        ..ENVELOPED
    };
    let (conn, nonce) = companion.ask_challenged(past);
    for n in 0..ROOMS {
        companion.join_local(&format!("/{n}"));
    }
    companion.say(conn, join(&invitation(1), &nonce, HOST, "/past"));
    assert_refused(&companion, conn, 1013, Refusal::Rooms);
    companion.join(
        1,
        Request {
            path: "/7",
            ..ENVELOPED
        },
    );
}

#[test]
fn plain_clients_have_no_way_in() {
    let mut companion = Companion::invited();
    let conn = companion.ask(PLAIN);
    assert_refused(&companion, conn, 4401, Refusal::Plain);
    companion.say(conn, "hello");
    assert_eq!(companion.hub.totals().members, 0);
}

#[test]
fn pages_of_the_neighbours_are_strangers_in_invited_mode() {
    for (origin, is_asked) in [
        ("http://192.168.1.5:9999", true),
        ("http://192.168.1.77:8080", false),
        ("null", false),
    ] {
        let mut companion = Companion::invited();
        let conn = companion.ask(Request {
            origin: Some(origin),
            ..ENVELOPED
        });
        let is_refused = companion.conns[&conn].state == State::Refused(403);
        assert_eq!(!is_refused, is_asked, "{origin}");
    }
}

#[test]
fn a_revoked_invitation_closes_its_members_and_nobody_else() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let [anna, again] = [(); 2].map(|()| companion.join(1, ENVELOPED).0);
    let bert = companion.join(2, ENVELOPED).0;
    let (guest, nonce) = companion.ask_challenged(ENVELOPED);
    companion.take(bert);
    companion.take_local(master);

    companion.tell_keys(&[2]);
    for conn in [anna, again] {
        assert_eq!(closed(&companion, conn), Some(4401));
    }
    assert_eq!(closed(&companion, bert), None);
    let kinds = |heard: Vec<serde_json::Value>| {
        heard
            .iter()
            .map(|one| one["kind"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(companion.take_json(bert)), [r#""left""#; 2]);
    assert_eq!(kinds(companion.take_local(master)), [r#""left""#; 2]);
    companion.say(guest, join(&invitation(1), &nonce, HOST, "/"));
    assert_refused(&companion, guest, 4401, Refusal::Invitation);
    assert_eq!(companion.hub.totals().members, 2);
}

#[test]
fn one_with_a_revoked_invitation_is_neither_heard_nor_spoken_to() {
    let mut companion = Companion::invited();
    let (anna, _) = companion.join(1, ENVELOPED);
    let (bert, _) = companion.join(2, ENVELOPED);
    companion.take(anna);
    companion.hub.handle_invitations(keys(&[2]), companion.now);
    // What was under way when it was revoked.
    let payload = Payload::Text(r#"{"kind":"send","data":"last words"}"#.into());
    companion.hub.handle_report(
        broadcaster::link::Report::Received {
            conn: anna,
            payload,
        },
        companion.now,
    );
    companion.settle();
    companion.say(bert, r#"{"kind":"send","data":"secret"}"#);
    companion.say(bert, r#"{"kind":"send","to":1,"data":"secret"}"#);
    assert_eq!(companion.take(anna), []);
    let heard = companion.take_json(bert);
    assert_eq!(
        heard.iter().map(|one| &one["kind"]).collect::<Vec<_>>(),
        ["left", "error"]
    );
}

#[test]
fn an_invitation_with_a_new_key_under_its_old_id_is_another_one() {
    let mut companion = Companion::invited();
    let (anna, _) = companion.join(1, ENVELOPED);
    companion.hub.handle_invitations(
        [(invitation(1).id, invitation(9).key)].into(),
        companion.now,
    );
    companion.settle();
    assert_eq!(closed(&companion, anna), Some(4401));
}

#[test]
fn keys_told_again_change_nothing() {
    let mut companion = Companion::invited();
    let (anna, _) = companion.join(1, ENVELOPED);
    companion.tell_keys(&[1, 2, 3]);
    assert_eq!(closed(&companion, anna), None);
    companion.join(3, ENVELOPED);
}

#[test]
fn a_dismissed_member_is_closed_with_4403() {
    let mut companion = Companion::invited();
    let (anna, welcome) = companion.join(1, ENVELOPED);
    let id = broadcaster::hub::MemberId(u32::try_from(welcome["id"].as_u64().unwrap()).unwrap());
    companion.hub.handle_dismissed(id, companion.now);
    companion.hub.handle_dismissed(id, companion.now);
    companion.settle();
    assert_eq!(closed(&companion, anna), Some(4403));
    assert_eq!(
        companion.events.last(),
        Some(&Event::Left {
            member: id,
            code: 4403
        })
    );
    assert_eq!(companion.hub.totals().members, 0);
}

#[test]
fn closing_the_door_sends_strangers_out_and_opening_it_lets_guests_come_again() {
    let mut companion = Companion::invited_with(open());
    let master = companion.join_local("/");
    let strangers = [companion.ask(PLAIN), companion.ask(ENVELOPED)];
    companion
        .hub
        .handle_configured(config(), companion.now)
        .unwrap();
    companion.settle();
    assert!(
        strangers
            .iter()
            .all(|&conn| closed(&companion, conn) == Some(4401))
    );
    let (anna, _) = companion.join(1, ENVELOPED);
    let (guest, _) = companion.ask_challenged(ENVELOPED);
    let waiting = companion.knock("192.168.1.30");

    companion
        .hub
        .handle_configured(open(), companion.now)
        .unwrap();
    companion.settle();
    assert_eq!(closed(&companion, anna), None);
    assert!(
        [guest, waiting]
            .iter()
            .all(|&conn| closed(&companion, conn) == Some(1012))
    );
    companion.ask(PLAIN);
    assert_eq!(companion.hub.totals().members, 3);
    assert_eq!(companion.deadline, None);
    companion.leave_local(master);
}

#[test]
fn a_lost_companion_takes_its_guests_along() {
    let mut companion = Companion::invited();
    companion.join(1, ENVELOPED);
    companion.ask_challenged(ENVELOPED);
    companion.crash();
    assert_eq!(
        (companion.hub.totals().members, companion.deadline),
        (0, None)
    );
    companion.join(1, ENVELOPED);
}

#[test]
fn a_hub_without_a_seed_has_no_invited_mode() {
    let mut companion = Companion::new(open());
    let refused = companion.hub.handle_configured(config(), companion.now);
    assert_eq!(refused, Err(broadcaster::hub::Error::InvitedNotBuilt));
    assert_eq!(config().mode, Mode::Invited);
}

proptest! {
    #[test]
    fn no_text_but_a_proof_comes_in(text in "\\{\"kind\":\"(join|send|welcome)\"(,\"(invitation|proof|data|to)\":\"[A-Za-z0-9_-]{0,43}\"){0,3}\\}|.*") {
        let mut companion = Companion::invited();
        let (conn, _) = companion.ask_challenged(ENVELOPED);
        companion.say(conn, text.as_str());
        prop_assert_eq!(companion.hub.totals().members, 0);
        prop_assert_eq!(closed(&companion, conn), Some(4401));
    }
}

fn closed(companion: &Companion, conn: ConnId) -> Option<u16> {
    match companion.conns[&conn].state {
        State::Closed(code) => Some(code),
        State::Asking | State::Refused(_) | State::Member { .. } => None,
    }
}

fn assert_refused(companion: &Companion, conn: ConnId, code: u16, why: Refusal) {
    assert_eq!(closed(companion, conn), Some(code), "{why:?}");
    let last = companion.events.last();
    let Some(Event::Refused { reason, .. }) = last else {
        panic!("no refusal but {last:?}");
    };
    assert_eq!(*reason, why);
}
