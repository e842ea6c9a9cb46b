//! Hub and executor joined, with WebSocket clients of another make over scripted wires: what is true
//! of hub and fake companion is true of the real one.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod wire;

use broadcaster::hub::{Config, Kind, Mode};
use broadcaster::limits::Limits;
use broadcaster::link::Command;
use serde_json::{Value, json};
use tungstenite::Message;
use tungstenite::protocol::frame::coding::CloseCode;
use wire::{Client, LAN, Network, OUTSIDE};

#[test]
fn plain_and_enveloped_clients_hear_each_other() {
    let mut network = Network::new(open());
    let one = network.connect(OUTSIDE, "/room?x", None).unwrap();
    let two = network.connect(OUTSIDE, "/room", None).unwrap();
    let enveloped = network
        .connect("127.0.0.1", "/room", Some("lan-broadcaster.1"))
        .unwrap();
    let elsewhere = network.connect(OUTSIDE, "/Room", None).unwrap();

    let member = |id: u32| json!({"id":id,"address":OUTSIDE,"kind":"plain"});
    let welcome = json!({"kind":"welcome","id":3,"address":LAN,"room":"/room","mode":"open",
        "members":[member(1), member(2)]});
    assert_eq!(network.read_json(&enveloped), [welcome]);

    network.send(&one, Message::text("{\"kind\""));
    network.send(&one, Message::binary(vec![0, 255]));
    let raw = [Message::text("{\"kind\""), Message::binary(vec![0, 255])];
    assert_eq!(network.read(&two), raw);
    assert_eq!(network.read(&one), []);
    let heard = [
        json!({"kind":"message","from":1,"data":"{\"kind\""}),
        json!({"kind":"message","from":1,"binary":"AP8="}),
    ];
    assert_eq!(network.read_json(&enveloped), heard);

    network.send(
        &enveloped,
        Message::text(r#"{"kind":"send","data":"to all"}"#),
    );
    network.send(
        &enveloped,
        Message::text(r#"{"kind":"send","to":2,"binary":"AP8="}"#),
    );
    assert_eq!(network.read(&one), [Message::text("to all")]);
    assert_eq!(
        network.read(&two),
        [Message::text("to all"), Message::binary(vec![0, 255])]
    );

    for broken in [
        Message::text("}"),
        Message::binary(vec![1]),
        Message::text(r#"{"kind":"?"}"#),
    ] {
        network.send(&enveloped, broken);
    }
    let answers = network.read_json(&enveloped);
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| answer["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["not-json", "binary-frame", "unknown-kind"]);

    network.close(&two);
    assert_eq!(
        network.read_json(&enveloped),
        [json!({"kind":"left","member":member(2)})]
    );
    assert_eq!(network.read(&elsewhere), []);
    let kinds: Vec<_> = network.hub.members().map(|member| member.kind()).collect();
    assert_eq!(kinds, [Kind::Plain, Kind::Enveloped, Kind::Plain]);
}

#[test]
fn a_local_member_shares_a_room_with_clients() {
    let mut network = Network::new(open());
    let local = network.join_local("/");
    let plain = network.connect(OUTSIDE, "/", None).unwrap();
    network.send(&plain, Message::text("anyone?"));
    network.send_local(local, r#"{"kind":"send","to":2,"data":"me"}"#);
    assert_eq!(network.read(&plain), [Message::text("me")]);
    let kinds = |heard: &[Value]| {
        heard
            .iter()
            .map(|envelope| envelope["kind"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&network.locals), ["welcome", "joined", "message"]);
}

#[test]
fn a_refusal_is_seen_by_the_client() {
    let limits = Limits {
        connections_per_address: 1,
        ..Limits::default()
    };
    let mut network = Network::new(Config { limits, ..open() });
    assert_eq!(
        network
            .connect(OUTSIDE, &format!("/{}", "x".repeat(256)), None)
            .unwrap_err(),
        414
    );
    assert_eq!(
        network
            .connect_from_page(OUTSIDE, "https://evil.example")
            .unwrap_err(),
        403
    );

    let first = network.connect(OUTSIDE, "/", None).unwrap();
    let second = network
        .connect(OUTSIDE, "/", Some("lan-broadcaster.1"))
        .unwrap();
    assert_eq!(network.read_close(&second), Some(CloseCode::Library(4409)));
    network.send(&first, Message::text("alone"));
    assert_eq!(network.hub.totals().members, 1);
}

#[test]
fn a_receiver_that_never_reads_is_closed_with_1013_and_the_others_go_on() {
    let limits = Limits {
        queue_bytes: 10_000,
        ..Limits::default()
    };
    let mut network = Network::new(Config { limits, ..open() });
    let [sender, quick, slow] = [(); 3].map(|()| network.connect(OUTSIDE, "/", None).unwrap());
    network.stall(&slow);
    for _ in 0..30 {
        network.send(&sender, Message::text("x".repeat(1000)));
    }
    assert_eq!(network.read(&quick).len(), 30);
    assert_eq!(network.hub.totals().slow, 1);
    assert_eq!(network.hub.totals().members, 2);
}

#[test]
fn text_that_grows_sixfold_in_an_envelope_comes_back_to_its_sender() {
    let mut network = Network::new(open());
    let sender = network.connect(OUTSIDE, "/", None).unwrap();
    let enveloped = network
        .connect(OUTSIDE, "/", Some("lan-broadcaster.1"))
        .unwrap();
    network.read(&enveloped);
    network.send(&sender, Message::text("\"".repeat(900_000)));
    let heard = network.read_json(&enveloped);
    assert_eq!(heard[0]["data"].as_str().unwrap().len(), 900_000);

    network.send(&sender, Message::text("\u{1}".repeat(900_000)));
    assert_eq!(network.read_close(&sender), Some(CloseCode::Size));
    let heard = network.read_json(&enveloped);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0]["kind"], "left");
}

#[test]
fn when_sharing_stops_every_client_sees_1001() {
    let mut network = Network::new(open());
    let clients: [Client; 2] = [None, Some("lan-broadcaster.1")]
        .map(|protocol| network.connect(OUTSIDE, "/", protocol).unwrap());
    network.command(Command::Stop);
    for client in &clients {
        assert_eq!(network.read_close(client), Some(CloseCode::Away));
    }
    assert_eq!(network.hub.totals().members, 0);
}

fn open() -> Config {
    Config {
        mode: Mode::Open,
        ..Config::default()
    }
}
