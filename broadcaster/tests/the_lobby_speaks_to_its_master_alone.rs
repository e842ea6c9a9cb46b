//! Who waits without an invitation: what it sees, what it may say and to whom, and how it ends.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod fake_companion;

use broadcaster::hub::{Event, MemberId, Refusal};
use broadcaster::limits::{
    KNOCK_AGAIN, KNOCKS_REFUSED, LOBBY, LOBBY_FOR, LOBBY_MESSAGES, LOBBY_PER_ADDRESS, SIGNAL_BYTES,
};
use broadcaster::link::ConnId;
use broadcaster::{Millis, Payload};
use fake_companion::{Companion, ENVELOPED, Request, State};
use serde_json::{Value, json};

const REMOTE: &str = "192.168.1.30";
const REQUEST: &str = r#"{"action":"request","from":"S","id":1,"protocols":["jio.2"]}"#;

#[test]
fn who_knocks_and_its_master_hear_of_each_other() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let elsewhere = companion.join_local("/elsewhere");
    let (anna, _) = companion.join(1, ENVELOPED);
    companion.take_local(master);
    companion.take_local(elsewhere);

    let lobby = companion.knock(REMOTE);
    let welcome = companion.take_json(lobby).remove(0);
    assert_eq!(
        (&welcome["kind"], &welcome["mode"]),
        (&json!("welcome"), &json!("invited"))
    );
    assert_eq!(welcome["address"], REMOTE);
    let seen: Vec<_> = welcome["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["kind"])
        .collect();
    assert_eq!(seen, ["local"], "others are none of its business");
    let joined = companion.take_local(master).remove(0);
    assert_eq!(
        (&joined["kind"], &joined["member"]["kind"]),
        (&json!("joined"), &json!("lobby"))
    );
    assert_eq!(companion.take(anna), []);
    assert_eq!(companion.take_local(elsewhere), [] as [Value; 0]);

    companion.end(lobby, 1001);
    assert_eq!(companion.take_local(master)[0]["kind"], "left");
    assert_eq!(companion.take(anna), []);
    assert_eq!(companion.deadline, None);
}

#[test]
fn later_members_do_not_see_the_lobby_and_later_masters_do() {
    let mut companion = Companion::invited();
    companion.join_local("/");
    let lobby = companion.knock(REMOTE);
    companion.take(lobby);
    let (_, welcome) = companion.join(1, ENVELOPED);
    assert!(
        welcome["members"]
            .as_array()
            .unwrap()
            .iter()
            .all(|m| m["kind"] != "lobby")
    );
    assert_eq!(companion.take(lobby), [], "nor does the lobby see them");
    let second = companion.join_local("/");
    let welcome = companion.take_local(second).remove(0);
    assert!(
        welcome["members"]
            .as_array()
            .unwrap()
            .iter()
            .any(|m| m["kind"] == "lobby")
    );
    assert_eq!(companion.take_json(lobby)[0]["kind"], "joined");
}

#[test]
fn what_a_slave_says_reaches_the_master_alone_and_is_answered() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let (anna, _) = companion.join(1, ENVELOPED);
    let lobby = companion.knock(REMOTE);
    let id = companion.take_json(lobby)[0]["id"].clone();
    companion.take_local(master);
    let answer =
        json!({ "action": "answer", "from": "S", "to": "M", "id": 1, "data": "{}" }).to_string();
    let candidate =
        json!({ "action": "candidate", "from": "S", "to": "M", "id": 1, "data": "" }).to_string();
    for (to, data) in [(None, REQUEST), (Some(1), &answer), (Some(1), &candidate)] {
        companion.say(lobby, send(to, data));
        let heard = companion.take_local(master);
        assert_eq!(
            heard,
            [json!({ "kind": "message", "from": id, "data": data })]
        );
    }
    assert_eq!(
        (companion.take(lobby), companion.take(anna)),
        (vec![], vec![])
    );

    let offer = json!({ "kind": "send", "to": id, "data": "{}" }).to_string();
    companion.send_local(master, &offer);
    assert_eq!(
        companion.take_json(lobby),
        [json!({ "kind": "message", "from": 1, "data": "{}" })]
    );
    companion.send_local(master, r#"{"kind":"send","data":"for the room"}"#);
    assert_eq!(companion.take(lobby), []);
    assert_eq!(companion.take(anna).len(), 1);
}

#[test]
fn one_in_the_lobby_that_says_anything_else_is_told_so_and_heard_by_nobody() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let (anna, _) = companion.join(1, ENVELOPED);
    let lobby = companion.knock(REMOTE);
    companion.take(lobby);
    companion.take_local(master);
    let offer = json!({ "action": "offer", "from": "S", "data": "{}" }).to_string();
    let long = format!(
        "{{\"action\":\"request\",\"from\":\"S\",\"id\":1,\"x\":\"{}\"}}",
        "x".repeat(SIGNAL_BYTES)
    );
    let announce = r#"{"action":"announce","from":"S","name":"I am the master"}"#;
    let with_own_id = r#"{"action":"request","from":"S","id":{"__proto__":1}}"#;
    for (text, code) in [
        (send(None, "hello"), "unexpected"),
        (send(None, announce), "unexpected"),
        (send(None, &offer), "unexpected"),
        (send(None, with_own_id), "unexpected"),
        (send(None, &long), "unexpected"),
        (send(Some(2), REQUEST), "no-such-member"),
        (send(Some(3), REQUEST), "no-such-member"),
        (send(Some(99), REQUEST), "no-such-member"),
        (
            json!({ "kind": "send", "binary": "AQL/" }).to_string(),
            "unexpected",
        ),
        (json!({ "kind": "knock" }).to_string(), "unexpected"),
        (
            json!({ "kind": "join", "invitation": "", "proof": "" }).to_string(),
            "unexpected",
        ),
        (json!({ "kind": "__proto__" }).to_string(), "unknown-kind"),
        ("}".to_owned(), "not-json"),
    ] {
        companion.say(lobby, text.as_str());
        let heard = companion.take_json(lobby);
        assert_eq!(
            (heard.len(), &heard[0]["code"]),
            (1, &json!(code)),
            "{text:.80}"
        );
    }
    companion.send(lobby, Payload::Binary(vec![1].into()));
    assert_eq!(companion.take_json(lobby)[0]["code"], "binary-frame");
    assert_eq!(companion.take(anna), []);
    assert_eq!(companion.take_local(master), [] as [Value; 0]);
}

#[test]
fn a_member_cannot_speak_to_the_lobby() {
    let mut companion = Companion::invited();
    companion.join_local("/");
    let (anna, _) = companion.join(1, ENVELOPED);
    let lobby = companion.knock(REMOTE);
    let id = companion.take_json(lobby)[0]["id"].as_u64().unwrap();
    companion.say(
        anna,
        send(Some(u32::try_from(id).unwrap()), "I am your master"),
    );
    assert_eq!(companion.take_json(anna)[0]["code"], "no-such-member");
    assert_eq!(companion.take(lobby), []);
}

#[test]
fn one_past_the_bounds_of_the_lobby_is_refused_until_one_leaves() {
    let mut companion = Companion::invited();
    companion.join_local("/");
    let inside: Vec<_> = (0..LOBBY_PER_ADDRESS)
        .map(|_| companion.knock(REMOTE))
        .collect();
    let past = companion.knock(REMOTE);
    assert_refused(&companion, past, 4409, Refusal::LobbyAddress);
    for n in LOBBY_PER_ADDRESS..LOBBY {
        let conn = companion.knock(&format!("192.168.1.{}", 40 + n));
        assert_eq!(closed(&companion, conn), None);
    }
    let past = companion.knock("192.168.1.99");
    assert_refused(&companion, past, 1013, Refusal::LobbyFull);
    companion.end(inside[0], 1001);
    let again = companion.knock("192.168.1.99");
    assert_eq!(closed(&companion, again), None);
    assert_eq!(companion.hub.members().count(), 1 + LOBBY);
    let totals = companion.hub.totals();
    assert_eq!(
        (totals.members, totals.joined),
        (1, 1),
        "none of them is in"
    );
}

#[test]
fn nobody_waits_where_nobody_could_let_one_in() {
    let mut companion = Companion::invited();
    companion.join_local("/elsewhere");
    companion.join(1, ENVELOPED);
    let conn = companion.knock(REMOTE);
    assert_refused(&companion, conn, 4401, Refusal::LobbyAlone);
}

#[test]
fn a_stay_ends_after_its_time_with_4408() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let lobby = companion.knock(REMOTE);
    assert_eq!(companion.deadline, Some(companion.now + LOBBY_FOR));
    companion.pass(Millis(LOBBY_FOR.0 - 1));
    assert_eq!(closed(&companion, lobby), None);
    companion.take_local(master);
    companion.pass(Millis(1));
    assert_eq!(closed(&companion, lobby), Some(4408));
    assert_eq!(companion.take_local(master)[0]["kind"], "left");
    assert_eq!(companion.deadline, None);
}

#[test]
fn one_refused_by_the_person_is_closed_with_4403() {
    let mut companion = Companion::invited();
    companion.join_local("/");
    let lobby = companion.knock(REMOTE);
    let id = companion.take_json(lobby)[0]["id"].as_u64().unwrap();
    companion
        .hub
        .handle_dismissed(MemberId(u32::try_from(id).unwrap()), companion.now);
    companion.settle();
    assert_eq!(closed(&companion, lobby), Some(4403));
}

#[test]
fn one_refused_waits_a_moment_before_it_is_asked_about_again() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let lobby = companion.knock(REMOTE);
    let id = companion.take_json(lobby)[0]["id"].as_u64().unwrap();
    let id = MemberId(u32::try_from(id).unwrap());
    companion.hub.handle_dismissed(id, companion.now);
    companion.settle();
    companion.take_local(master);
    companion.pass(Millis(KNOCK_AGAIN.0 - 1));
    let soon = companion.knock(REMOTE);
    assert_refused(&companion, soon, 4403, Refusal::LobbyRefused);
    assert_eq!(companion.take_local(master), [] as [Value; 0]);
    let other = companion.knock("192.168.1.31");
    assert_eq!(closed(&companion, other), None, "others are asked about");
    companion.pass(Millis(1));
    let again = companion.knock(REMOTE);
    assert_eq!(closed(&companion, again), None);
}

#[test]
fn refusals_are_remembered_up_to_their_bound() {
    let mut companion = Companion::invited();
    companion.join_local("/");
    let address = |n: usize| format!("192.168.{}.{}", n / 200, 1 + n % 200);
    for n in 0..=KNOCKS_REFUSED {
        let lobby = companion.knock(&address(n));
        let id = companion.take_json(lobby)[0]["id"].as_u64().unwrap();
        let id = MemberId(u32::try_from(id).unwrap());
        companion.hub.handle_dismissed(id, companion.now);
        companion.settle();
        companion.end(lobby, 4403);
    }
    let within = companion.knock(&address(KNOCKS_REFUSED - 1));
    assert_eq!(closed(&companion, within), Some(4403));
    let past = companion.knock(&address(KNOCKS_REFUSED));
    assert_eq!(closed(&companion, past), None);
}

#[test]
fn one_message_past_the_bound_ends_a_stay() {
    let mut companion = Companion::invited();
    let master = companion.join_local("/");
    let lobby = companion.knock(REMOTE);
    for _ in 0..LOBBY_MESSAGES {
        companion.say(lobby, send(None, REQUEST));
    }
    assert_eq!(closed(&companion, lobby), None);
    companion.take_local(master);
    companion.say(lobby, send(None, REQUEST));
    assert_eq!(closed(&companion, lobby), Some(1008));
    assert_eq!(companion.take_local(master)[0]["kind"], "left");
}

#[test]
fn revoking_every_invitation_leaves_the_lobby_alone() {
    let mut companion = Companion::invited();
    companion.join_local("/");
    let lobby = companion.knock(REMOTE);
    companion.tell_keys(&[]);
    assert_eq!(closed(&companion, lobby), None);
}

#[test]
fn the_master_of_another_room_hears_nothing() {
    let mut companion = Companion::invited();
    let other = companion.join_local("/other");
    companion.join_local("/");
    let (conn, _) = companion.ask_challenged(Request {
        remote: REMOTE,
        ..ENVELOPED
    });
    companion.say(conn, r#"{"kind":"knock"}"#);
    companion.take_local(other);
    companion.say(conn, send(None, REQUEST));
    companion.say(conn, send(Some(1), REQUEST));
    assert_eq!(companion.take_local(other), [] as [Value; 0]);
}

fn send(to: Option<u32>, data: &str) -> String {
    match to {
        Some(to) => json!({ "kind": "send", "to": to, "data": data }).to_string(),
        None => json!({ "kind": "send", "data": data }).to_string(),
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
