//! Invitations as people pass them on, and as their masters keep them: what is read is what was written, in
//! one form only, and nothing is read that breaks a rule for what is made.

use crate::input::{lines, text};
use std::collections::BTreeSet;
use trust::identity::Identity;
use trust::invitation::{Invitation, InvitationId, MasterLink, Pasted};
use trust::limits::{INVITATIONS, LABEL_CHARS};
use trust::proof::{Nonce, Proof};
use trust::registry::{Invitations, Kind, UnixSeconds};
use trust::secret::{JoinKey, Secret};

pub(crate) fn invitation(data: &[u8]) {
    for (word, rest) in lines(data) {
        let text = text(rest);
        match word {
            b'p' => pasted(&text),
            b'f' => fragment(&text),
            b'm' => master_link(&text),
            b'i' => identity(&text),
            b'r' => registry(&text),
            b't' => terms(&text),
            _ => {}
        }
    }
}

/// What a person pasted, or a camera read.
fn pasted(text: &str) {
    let Ok(pasted) = Pasted::parse(text) else {
        return;
    };
    let fragment = pasted.invitation.to_fragment();
    assert!(text.contains(&fragment[1..]), "nothing is guessed: {text}");
    if let Some(authority) = &pasted.authority {
        assert!(
            text.to_ascii_lowercase().contains(authority) && !authority.contains(['@', '/', '#']),
            "{text}"
        );
        let again = Pasted::parse(&format!("http://{authority}/{fragment}"));
        assert_eq!(again.as_ref(), Ok(&pasted), "{text}");
        if let Ok(at) = authority.parse() {
            let link = Pasted::parse(&pasted.invitation.to_link(at)).expect("our own link");
            assert_eq!(link.invitation, pasted.invitation);
        }
    }
    self::fragment(&fragment);
}

fn fragment(text: &str) {
    if let Ok(invitation) = Invitation::from_fragment(text) {
        let written = invitation.to_fragment();
        assert_eq!(
            written.trim_start_matches('#'),
            text.trim_start_matches('#')
        );
        assert!(
            MasterLink::from_fragment(text).is_err(),
            "it is one or the other"
        );
    }
}

fn master_link(text: &str) {
    if let Ok(link) = MasterLink::from_fragment(text) {
        let written = link.to_fragment();
        assert_eq!(
            written.trim_start_matches('#'),
            text.trim_start_matches('#')
        );
        assert!(
            Invitation::from_fragment(text).is_err(),
            "it is one or the other"
        );
        let invitations = link.to_invitations();
        let shared = invitations.shared().expect("the one it has");
        let invitation = shared.to_invitation(link.identity.public());
        assert_eq!(
            Invitation::from_fragment(&invitation.to_fragment()),
            Ok(invitation)
        );
    }
}

fn identity(text: &str) {
    if let Ok(identity) = Identity::from_stored(text) {
        assert_eq!(identity.to_stored(), text);
    }
    for bytes in [
        text.parse::<InvitationId>().map(|id| id.to_string()),
        text.parse::<Secret>().map(|secret| secret.to_string()),
        text.parse::<JoinKey>().map(|key| key.to_string()),
        text.parse::<Nonce>().map(|nonce| nonce.to_string()),
        text.parse::<Proof>().map(|proof| proof.to_string()),
    ] {
        assert!(
            bytes.is_err() || bytes.as_deref() == Ok(text),
            "one form only"
        );
    }
}

/// What `serve` and the extension keep.
fn registry(text: &str) {
    let Ok(invitations) = Invitations::from_stored(text) else {
        return;
    };
    let again = Invitations::from_stored(&invitations.to_stored());
    assert_eq!(again.as_ref(), Ok(&invitations), "{text}");
    let all: Vec<_> = invitations.iter().collect();
    let ids: BTreeSet<_> = all.iter().map(|issued| issued.id).collect();
    assert!(all.len() <= INVITATIONS && ids.len() == all.len());
    let shared = all.iter().filter(|issued| issued.kind == Kind::Shared);
    assert!(shared.count() <= 1);
    for issued in &all {
        let chars = issued.label.chars().count();
        assert!((1..=LABEL_CHARS).contains(&chars), "{:?}", issued.label);
        for now in [UnixSeconds(0), UnixSeconds(u64::MAX)] {
            let is_found = invitations.find(issued.id, now).is_ok();
            assert_eq!(is_found, invitations.keys(now).contains_key(&issued.id));
            assert_eq!(is_found, !issued.is_expired(now));
        }
    }
    let next = invitations.next_expiry(UnixSeconds(0));
    assert!(next.is_none_or(|next| next.0 > 0));
    renewed(invitations);
}

/// Whatever was kept can be renewed or taken back, and is then gone.
fn renewed(mut invitations: Invitations) {
    let ids: Vec<_> = invitations.iter().map(|issued| issued.id).collect();
    for (number, id) in ids.into_iter().take(8).enumerate() {
        let now = UnixSeconds(u64::MAX >> number);
        let random = [u8::try_from(number).expect("few"); 24];
        match invitations.renew(id, random, now) {
            Ok(renewed) => assert!(renewed.id != id && !renewed.is_expired(now)),
            Err(_) => assert!(invitations.revoke(id).is_ok()),
        }
        assert!(invitations.find(id, UnixSeconds(0)).is_err());
    }
}

/// The label of a new one: what is issued can be read again.
fn terms(label: &str) {
    let terms = trust::registry::Terms {
        label: label.to_owned(),
        ..Default::default()
    };
    let mut invitations = Invitations::default();
    if invitations.invite(terms, [1; 24], UnixSeconds(9)).is_ok() {
        let again = Invitations::from_stored(&invitations.to_stored());
        assert_eq!(again, Ok(invitations), "{label:?}");
    }
}
