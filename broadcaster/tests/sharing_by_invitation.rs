//! The session in invited mode: identity and invitations are made once and kept, told to the hub and the
//! master's document, shown as links; and who is not invited any more is out.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may fail, and looks for one command among many"
)]

mod scripted_companion;

use broadcaster::limits::BANNED;
use broadcaster::link::{Command, ConnId, Report};
use broadcaster::payload::Payload;
use broadcaster::sharing::{
    Brief, BrowserSession, InvitationRow, Keeping, Output, Reply, Setup, Stored,
};
use scripted_companion::*;
use serde_json::{Value, json};
use std::mem::take;
use trust::invitation::Pasted;
use trust::registry::{Kind, UnixSeconds};
use trust::rights::Rights;

const START: &str = r#"{"kind":"start","mode":"invited"}"#;

fn keeping(stored: Option<String>, random: u8) -> Setup {
    let keeping = Keeping {
        stored,
        random: [random; 32],
        epoch: UnixSeconds(1_800_000_000),
    };
    Setup {
        guests: Some(keeping),
        ..setup()
    }
}

fn inviting() -> Browser {
    let mut browser = Browser::new(keeping(None, 1));
    assert_eq!(browser.command(START), Reply::Done);
    browser.say(hello());
    browser.say(listening(&[HOME, "fd00::5"]));
    browser
}

/// Someone asks, and hears a challenge: its nonce.
fn challenge(browser: &mut Browser, conn: u32) -> String {
    let Report::Asked {
        conn,
        remote,
        path,
        host,
        origin,
        ..
    } = asked(conn)
    else {
        unreachable!("that is what it makes");
    };
    let protocols = vec!["lan-broadcaster.1".to_owned()];
    browser.say(Report::Asked {
        conn,
        remote,
        path,
        host,
        origin,
        protocols,
    });
    let commands = take(&mut browser.commands);
    let nonce = commands.iter().find_map(|command| match command {
        Command::Send {
            payload: Payload::Text(text),
            ..
        } => serde_json::from_str::<Value>(text).unwrap()["nonce"]
            .as_str()
            .map(str::to_owned),
        _ => None,
    });
    nonce.unwrap()
}

/// Someone joins with the invitation of a link.
fn join(browser: &mut Browser, conn: u32, link: &str) {
    let nonce = challenge(browser, conn).parse().unwrap();
    let invitation = Pasted::parse(link).unwrap().invitation;
    let host = format!("{HOME}:{PORT}");
    let proof = invitation.secret.to_join_key().prove(nonce, &host, "/");
    let join = json!({ "kind": "join", "invitation": invitation.id, "proof": proof.to_string() });
    browser.say(received(conn, &join.to_string()));
}

fn stored(browser: &Browser) -> Option<String> {
    let mut stored = browser.stored.iter().rev();
    stored.find_map(|stored| match stored {
        Stored::Guests(text) => Some(text.clone()),
        Stored::Settings(_) | Stored::Memory(_) => None,
    })
}

fn rows(browser: &Browser) -> Vec<InvitationRow> {
    browser.sharing.state().invitations
}

#[test]
fn the_first_start_makes_a_shared_invitation_and_each_url_has_its_link() {
    let browser = inviting();
    let state = browser.sharing.state();
    let [row] = &state.invitations[..] else {
        panic!("{:?}", state.invitations);
    };
    assert_eq!((row.kind, row.rights), (Kind::Shared, Rights::ReadWrite));
    for url in &state.urls {
        let invite = url.invitation.as_ref().unwrap();
        assert!(invite.link.starts_with(&url.page) && invite.qr.is_some());
        assert_eq!(Pasted::parse(&invite.link).unwrap().invitation.id, row.id);
    }
    assert!(stored(&browser).is_some());
}

#[test]
fn identity_and_invitations_outlive_the_worker_and_what_is_damaged_is_not_replaced() {
    let browser = inviting();
    let (text, link) = (stored(&browser), rows(&browser)[0].id);
    let mut again = Browser::new(keeping(text.clone(), 2));
    assert_eq!(again.command(START), Reply::Done);
    assert_eq!(rows(&again)[0].id, link);
    let mut damaged = Browser::new(keeping(text.map(|text| text.replace('A', "B!")), 2));
    let Reply::Error { detail } = damaged.command(START) else {
        panic!("it begins anew");
    };
    assert!(detail.contains("damaged"), "{detail}");
    assert_eq!(stored(&damaged), None);
}

#[test]
fn who_holds_an_invitation_that_is_taken_back_is_out_and_the_document_is_told() {
    let mut browser = inviting();
    assert_eq!(
        browser.command(r#"{"kind":"serve","on":true}"#),
        Reply::Done
    );
    let invite = json!({ "kind": "invite", "label": "Ann", "rights": "read-only" });
    assert!(matches!(
        browser.command(&invite.to_string()),
        Reply::Invitation { .. }
    ));
    let row = rows(&browser)
        .into_iter()
        .find(|row| row.label == "Ann")
        .unwrap();
    join(&mut browser, 7, row.link.as_deref().unwrap());
    assert_eq!(browser.sharing.state().members.len(), 1);
    take(&mut browser.master);
    take(&mut browser.commands);
    let revoke = json!({ "kind": "revoke", "id": row.id });
    assert_eq!(browser.command(&revoke.to_string()), Reply::Done);
    assert!(browser.sharing.state().members.is_empty());
    let is_out = |command: &Command| {
        matches!(
            command,
            Command::Close {
                conn: ConnId(7),
                code: 4401,
                ..
            }
        )
    };
    assert!(
        browser.commands.iter().any(is_out),
        "{:?}",
        browser.commands
    );
    let told = take(&mut browser.master);
    let [
        Output::Tell(Brief {
            hosting: Some(hosting),
            ..
        }),
    ] = &told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!(hosting.strangers, None);
    assert!(!hosting.invitations.contains(&row.id.to_string()));
}

#[test]
fn who_does_not_answer_the_challenge_is_closed_in_time() {
    let mut browser = inviting();
    challenge(&mut browser, 7);
    browser.pass(5000);
    let is_late = |command: &Command| matches!(command, Command::Close { code: 4408, .. });
    assert!(
        browser.commands.iter().any(is_late),
        "{:?}",
        browser.commands
    );
}

fn set_strangers(browser: &mut Browser, mode: &str, rights: Option<Rights>) {
    let settings = json!({ "mode": mode, "serve": true, "strangers": rights });
    let set = json!({ "kind": "set", "settings": settings });
    assert_eq!(browser.command(&set.to_string()), Reply::Done);
}

/// What the master was last told that strangers may do.
fn strangers(browser: &mut Browser) -> Option<Rights> {
    let told = take(&mut browser.master);
    let Some(Output::Tell(brief)) = told
        .iter()
        .rfind(|output| matches!(output, Output::Tell(_)))
    else {
        panic!("{told:?}");
    };
    brief.hosting.as_ref().unwrap().strangers
}

#[test]
fn open_mode_connects_strangers_who_ask_first_unless_a_person_says_otherwise() {
    let mut browser = Browser::new(keeping(None, 1));
    browser.command(r#"{"kind":"serve","on":true}"#);
    assert_eq!(
        browser.command(r#"{"kind":"start","mode":"open"}"#),
        Reply::Done
    );
    assert_eq!(strangers(&mut browser), Some(Rights::AskFirst));
    assert!(browser.sharing.state().invitations.is_empty());
    for rights in [None, Some(Rights::ReadOnly), Some(Rights::ReadWrite)] {
        set_strangers(&mut browser, "open", rights);
        assert_eq!(strangers(&mut browser), rights);
        assert_eq!(browser.sharing.state().strangers, rights);
    }
}

#[test]
fn invited_mode_connects_no_stranger_whatever_open_mode_would() {
    let mut browser = inviting();
    set_strangers(&mut browser, "invited", Some(Rights::RemoveAllowed));
    assert_eq!(strangers(&mut browser), None);
}

#[test]
fn an_invitation_is_shown_as_link_and_code_where_there_is_an_address() {
    let mut browser = Browser::new(keeping(None, 1));
    let invite = json!({ "kind": "invite", "label": "Ann", "rights": "read-only" }).to_string();
    let id = |browser: &Browser| rows(browser)[0].id;
    let made = browser.command(&invite);
    let id = id(&browser);
    let nowhere = Reply::Invitation { id, invite: None };
    assert_eq!(made, nowhere, "no address yet");
    let show = json!({ "kind": "show", "id": id }).to_string();
    let Reply::Error { detail } = browser.command(&show) else {
        panic!("a link to nowhere");
    };
    assert!(detail.contains("share first"), "{detail}");
    browser.command(START);
    browser.say(hello());
    browser.say(listening(&[HOME]));
    let Reply::Invitation {
        invite: Some(shown),
        ..
    } = browser.command(&show)
    else {
        panic!("not shown");
    };
    let row = rows(&browser)
        .into_iter()
        .find(|row| row.label == "Ann")
        .unwrap();
    assert_eq!(Some(&shown.link), row.link.as_ref());
    assert!(shown.qr.is_some());
    let Reply::Invitation {
        invite: Some(made), ..
    } = browser.command(&invite)
    else {
        panic!("what is made is shown");
    };
    assert_ne!(made.link, shown.link);
    let unknown = browser.command(r#"{"kind":"show","id":"AAAAAAAAAAA"}"#);
    assert!(matches!(unknown, Reply::Error { .. }));
}

fn close_codes(browser: &mut Browser) -> Vec<(u32, u16)> {
    let closed = |command: &Command| match command {
        Command::Close { conn, code, .. } => Some((conn.0, *code)),
        _ => None,
    };
    let commands = take(&mut browser.commands);
    commands.iter().filter_map(closed).collect()
}

#[test]
fn who_is_banned_is_out_and_stays_out_until_the_browser_is_started_anew() {
    let mut browser = inviting();
    let shared = rows(&browser)[0].clone();
    join(&mut browser, 7, shared.link.as_deref().unwrap());
    challenge(&mut browser, 8);
    let ban = json!({ "kind": "ban", "address": "192.168.1.20", "invitation": shared.id });
    assert_eq!(browser.command(&ban.to_string()), Reply::Done);
    let closed = close_codes(&mut browser);
    assert_eq!(
        closed,
        [(7, 4403), (8, 4403)],
        "a member, and who has proven nothing yet"
    );
    assert_eq!(rows(&browser), [shared], "others hold it too");
    browser.say(asked(9));
    assert_eq!(close_codes(&mut browser), [(9, 4403)]);

    let mut worker = Browser::new(Setup {
        memory: browser.memory(),
        session: BrowserSession::Same,
        ..keeping(stored(&browser), 2)
    });
    worker.say(hello());
    worker.say(listening(&[HOME]));
    worker.say(asked(1));
    assert_eq!(
        close_codes(&mut worker),
        [(1, 4403)],
        "another worker knows"
    );

    let restarted = Browser::new(Setup {
        memory: browser.memory(),
        ..keeping(stored(&browser), 3)
    });
    assert!(restarted.memory().banned.is_empty());
}

#[test]
fn a_ban_takes_a_personal_invitation_back() {
    let mut browser = inviting();
    browser
        .command(&json!({ "kind": "invite", "label": "Ann", "rights": "read-only" }).to_string());
    let ann = rows(&browser)
        .into_iter()
        .find(|row| row.label == "Ann")
        .unwrap();
    let ban = json!({ "kind": "ban", "invitation": ann.id });
    assert_eq!(browser.command(&ban.to_string()), Reply::Done);
    assert!(rows(&browser).iter().all(|row| row.id != ann.id));
}

#[test]
fn banned_addresses_are_bounded() {
    let mut browser = inviting();
    for n in 0..=BANNED {
        let address = format!("10.1.{}.{}", n / 256, n % 256);
        let ban = json!({ "kind": "ban", "address": address });
        assert_eq!(browser.command(&ban.to_string()), Reply::Done);
        let banned = browser.memory().banned;
        assert_eq!(banned.len(), BANNED.min(n + 1));
        assert_eq!(banned.last().unwrap().to_string(), address);
    }
}
