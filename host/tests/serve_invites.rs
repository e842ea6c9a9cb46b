//! `serve` without `--open`: a challenge for everyone, a proof for those who come in, words for the rest.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use serde_json::{Value, json};
use support::{Client, Server, close_code, companion, join, join_as};
use trust::invitation::{Invitation, MasterLink, Pasted};
use tungstenite::Message;

const ENVELOPE: Option<&str> = Some("lan-broadcaster.1");

struct Inviting {
    server: Server,
    invitation: Invitation,
    master: MasterLink,
}

fn start() -> Inviting {
    let home = tempfile::tempdir().unwrap();
    let mut command = companion(&home);
    command.args(["serve", "--port", "0", "--bind", "127.0.0.1", "--master"]);
    let mut server = Server::spawn(home, command);
    let mut next = |word: &str| {
        let line = server.lines.next().unwrap().unwrap();
        line.strip_prefix(word).unwrap().to_owned()
    };
    let (invitation, master) = (next("invitation "), next("master "));
    let pasted = Pasted::parse(&invitation).unwrap();
    let authority = format!("127.0.0.1:{}", server.port);
    assert_eq!(pasted.authority, Some(authority));
    let (_, fragment) = master.split_once('#').unwrap();
    let master = MasterLink::from_fragment(fragment).unwrap();
    assert_eq!(master.identity.public(), pasted.invitation.master);
    assert_eq!(master.id, pasted.invitation.id);
    Inviting {
        server,
        invitation: pasted.invitation,
        master,
    }
}

fn read(client: &mut Client) -> Value {
    serde_json::from_str(client.read().unwrap().to_text().unwrap()).unwrap()
}

fn answer(port: u16, invitation: &Invitation, room: &str, host: &str) -> Client {
    let mut client = join_as(port, room, ENVELOPE);
    let challenge = read(&mut client);
    assert_eq!(challenge["kind"], "challenge");
    let nonce = challenge["nonce"].as_str().unwrap().parse().unwrap();
    let proof = invitation.secret.to_join_key().prove(nonce, host, room);
    let join = json!({ "kind": "join", "invitation": invitation.id, "proof": proof.to_string() });
    client.send(Message::text(join.to_string())).unwrap();
    client
}

#[test]
fn holders_of_the_invitation_come_in_and_hear_each_other() {
    let Inviting {
        server, invitation, ..
    } = start();
    let host = format!("127.0.0.1:{}", server.port);
    let mut clients = [0; 2].map(|_| answer(server.port, &invitation, "/", &host));
    let welcome = read(&mut clients[0]);
    assert_eq!(
        (&welcome["kind"], &welcome["mode"]),
        (&json!("welcome"), &json!("invited"))
    );
    assert_eq!(read(&mut clients[1])["kind"], "welcome");
    let said = json!({ "kind": "send", "data": "hello" });
    clients[1].send(Message::text(said.to_string())).unwrap();
    assert_eq!(read(&mut clients[0])["kind"], "joined");
    assert_eq!(read(&mut clients[0])["data"], "hello");
}

#[test]
fn the_rest_is_told_why_and_hears_nothing() {
    let Inviting {
        server,
        invitation,
        master,
    } = start();
    let port = server.port;
    let host = format!("127.0.0.1:{port}");
    let foreign = Invitation {
        secret: trust::secret::Secret::from_random([1; 16]),
        ..invitation
    };
    assert_eq!(master.secret, invitation.secret);
    assert_eq!(close_code(&mut join(port, "/")), 4401);
    assert_eq!(close_code(&mut answer(port, &foreign, "/", &host)), 4401);
    let elsewhere = "192.168.1.5:9999";
    assert_eq!(
        close_code(&mut answer(port, &invitation, "/", elsewhere)),
        4401
    );
}

#[test]
fn who_does_not_answer_is_closed_in_time() {
    let server = start().server;
    let mut silent = join_as(server.port, "/", ENVELOPE);
    assert_eq!(read(&mut silent)["kind"], "challenge");
    assert_eq!(close_code(&mut silent), 4408);
}
