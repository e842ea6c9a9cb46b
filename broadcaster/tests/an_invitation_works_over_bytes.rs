//! Invited mode with hub and executor joined and clients of another make: what is true of hub and fake
//! companion is true of the real one.
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod wire;

use broadcaster::Millis;
use broadcaster::hub::{Config, Hub, Mode};
use broadcaster::limits::{JOIN_WITHIN, Limits};
use serde_json::json;
use trust::identity::Identity;
use trust::invitation::{Invitation, Pasted};
use trust::registry::{Invitations, Terms, UnixSeconds};
use tungstenite::Message;
use tungstenite::protocol::frame::coding::CloseCode;
use wire::{Client, Network, OUTSIDE};

const DATE: UnixSeconds = UnixSeconds(1_800_000_000);
const NOW: Millis = Millis(1000);

#[test]
fn holders_of_a_link_meet_until_it_is_renewed() {
    let identity = Identity::from_random([1; 32]);
    let mut invitations = Invitations::default();
    let issued = invitations
        .share(Terms::default(), [2; 24], DATE)
        .unwrap()
        .clone();
    let link = issued
        .to_invitation(identity.public())
        .to_link("192.168.1.5:9999".parse().unwrap());
    let guest = Pasted::parse(&link).unwrap().invitation;
    let mut network = network(&invitations);

    let [one, two] = [(); 2].map(|()| join(&mut network, &guest));
    network.read(&one);
    network.send(&two, Message::text(r#"{"kind":"send","data":"hello"}"#));
    assert_eq!(
        network.read_json(&one),
        [json!({"kind":"message","from":2,"data":"hello"})]
    );

    invitations.renew(issued.id, [3; 24], DATE).unwrap();
    network.hub.handle_invitations(invitations.keys(DATE), NOW);
    network.settle();
    for client in [&one, &two] {
        assert_eq!(network.read_close(client), Some(CloseCode::Library(4401)));
    }
    let fresh = invitations
        .shared()
        .unwrap()
        .to_invitation(identity.public());
    join(&mut network, &fresh);
    assert_eq!(network.hub.totals().members, 1);
}

#[test]
fn a_silent_guest_is_closed_with_4408_and_a_plain_one_with_4401() {
    let mut network = network(&Invitations::default());
    let silent = network
        .connect(OUTSIDE, "/", Some("lan-broadcaster.1"))
        .unwrap();
    let plain = network.connect(OUTSIDE, "/", None).unwrap();
    assert_eq!(network.read_close(&plain), Some(CloseCode::Library(4401)));
    assert_eq!(network.read_json(&silent)[0]["kind"], "challenge");
    network.hub.handle_timeout(NOW + JOIN_WITHIN);
    network.settle();
    assert_eq!(network.read_close(&silent), Some(CloseCode::Library(4408)));
}

#[test]
fn one_in_the_lobby_reaches_its_master_and_no_member() {
    let mut invitations = Invitations::default();
    let issued = invitations
        .share(Terms::default(), [2; 24], DATE)
        .unwrap()
        .clone();
    let mut network = network(&invitations);
    let master = network.join_local("/");
    let guest = issued.to_invitation(Identity::from_random([1; 32]).public());
    let member = join(&mut network, &guest);
    let lobby = network
        .connect(OUTSIDE, "/", Some("lan-broadcaster.1"))
        .unwrap();
    network.send(&lobby, Message::text(r#"{"kind":"knock"}"#));
    network.locals.clear();
    let request = r#"{"action":"request","from":"S","id":1,"protocols":[]}"#;
    let send = json!({"kind":"send","data":request}).to_string();
    network.send(&lobby, Message::text(send));
    assert_eq!(
        network.locals,
        [json!({"kind":"message","from":3,"data":request})]
    );
    assert_eq!(network.read(&member), []);
    network.read(&lobby);
    network.send_local(master, r#"{"kind":"send","to":3,"data":"an offer"}"#);
    assert_eq!(
        network.read_json(&lobby),
        [json!({"kind":"message","from":1,"data":"an offer"})]
    );
}

fn network(invitations: &Invitations) -> Network {
    let config = Config {
        mode: Mode::Invited,
        ..Config::default()
    };
    let hub = Hub::with_invitations(config, [7; 32], invitations.keys(DATE)).unwrap();
    Network::of(hub, Limits::default())
}

/// Comes in with an invitation, and hears its welcome.
fn join(network: &mut Network, guest: &Invitation) -> Client {
    let client = network
        .connect(OUTSIDE, "/", Some("lan-broadcaster.1"))
        .unwrap();
    let challenge = network.read_json(&client).remove(0);
    let nonce = challenge["nonce"].as_str().unwrap().parse().unwrap();
    let key = guest.secret.to_join_key();
    let proof = key.prove(nonce, "192.168.1.5:9999", "/").to_string();
    let answer = json!({"kind":"join","invitation":guest.id,"proof":proof});
    network.send(&client, Message::text(answer.to_string()));
    assert_eq!(network.read_json(&client)[0]["kind"], "welcome");
    client
}
