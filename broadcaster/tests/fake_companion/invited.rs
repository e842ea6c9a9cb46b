//! Invited mode on a fake companion: two invitations, and clients that answer the challenge.

use super::{Companion, ENVELOPED, LAN, Request};
use broadcaster::hub::{Config, Hub, Mode};
use broadcaster::link::ConnId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use trust::invitation::InvitationId;
use trust::secret::{JoinKey, Secret};

pub(crate) const HOST: &str = "192.168.1.5:9999";

/// An invitation, as much as a hub and a client have to do with it.
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) key: JoinKey,
}

pub(crate) fn invitation(n: u8) -> Invitation {
    Invitation {
        id: InvitationId::from_random([n; 8]),
        key: Secret::from_random([n; 16]).to_join_key(),
    }
}

pub(crate) fn keys(of: &[u8]) -> BTreeMap<InvitationId, JoinKey> {
    let all = of.iter().map(|&n| invitation(n));
    all.map(|one| (one.id, one.key)).collect()
}

pub(crate) fn config() -> Config {
    Config {
        mode: Mode::Invited,
        ..Config::default()
    }
}

impl Companion {
    /// With a hub in invited mode, and the invitations 1 and 2 in force.
    pub(crate) fn invited() -> Self {
        Self::invited_with(config())
    }

    pub(crate) fn invited_with(config: Config) -> Self {
        assert!(HOST.starts_with(LAN));
        let mut companion =
            Self::of(Hub::with_invitations(config, [7; 32], keys(&[1, 2])).unwrap());
        companion.has_deadlines = true;
        companion
    }

    /// Asks, and gives the nonce of the challenge.
    pub(crate) fn ask_challenged(&mut self, request: Request) -> (ConnId, String) {
        let conn = self.ask(request);
        let heard = self.take_json(conn);
        assert_eq!(heard.len(), 1, "a challenge, and nothing else: {heard:?}");
        assert_eq!(heard[0]["kind"], "challenge");
        (conn, heard[0]["nonce"].as_str().unwrap().to_owned())
    }

    /// Asks, proves to hold invitation `n`, and gives the welcome.
    pub(crate) fn join(&mut self, n: u8, request: Request) -> (ConnId, Value) {
        let room = request.path.to_owned();
        let (conn, nonce) = self.ask_challenged(request);
        self.say(conn, join(&invitation(n), &nonce, HOST, &room));
        let mut heard = self.take_json(conn);
        assert_eq!(heard[0]["kind"], "welcome", "{heard:?}");
        (conn, heard.remove(0))
    }

    /// Asks, and knocks.
    pub(crate) fn knock(&mut self, remote: &str) -> ConnId {
        let (conn, _) = self.ask_challenged(Request {
            remote,
            ..ENVELOPED
        });
        self.send(conn, r#"{"kind":"knock"}"#);
        conn
    }

    /// Lets a member or guest say a text.
    pub(crate) fn say(&mut self, conn: ConnId, text: impl AsRef<str>) {
        self.send(conn, text.as_ref());
    }

    pub(crate) fn tell_keys(&mut self, of: &[u8]) {
        self.hub.handle_invitations(keys(of), self.now);
        self.settle();
    }
}

/// The answer to a challenge.
pub(crate) fn join(invitation: &Invitation, nonce: &str, host: &str, room: &str) -> String {
    let proof = invitation.key.prove(nonce.parse().unwrap(), host, room);
    let (id, proof) = (invitation.id.to_string(), proof.to_string());
    json!({ "kind": "join", "invitation": id, "proof": proof }).to_string()
}
