//! The invitations a master has issued: one shared, any number personal, each with a label for people,
//! rights, and a date on which it ends. Keeps and finds them; members and channels are cut by those who
//! hold them, when an id is no longer found.

use crate::identity::PublicKey;
use crate::invitation::{Invitation, InvitationId};
use crate::limits::{INVITATIONS, LABEL_CHARS, REGISTRY_BYTES};
use crate::rights::Rights;
use crate::secret::{JoinKey, Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub u64);

/// Whether an invitation is meant for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The one that the QR code shows.
    Shared,
    /// For one person or device.
    Personal,
}

/// What an invitation is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What a person calls it.
    pub label: String,
    /// What its holders may do.
    pub rights: Rights,
    /// When it ends; `None` is never.
    pub expires: Option<UnixSeconds>,
}

impl Default for Terms {
    /// To read and write, without an end.
    fn default() -> Self {
        Self {
            label: "Everyone".to_owned(),
            rights: Rights::ReadWrite,
            expires: None,
        }
    }
}

/// An invitation as its master has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Which one it is.
    pub id: InvitationId,
    /// What its holders share with the master.
    pub secret: Secret,
    /// Whether it is meant for many.
    pub kind: Kind,
    /// What a person calls it.
    pub label: String,
    /// What its holders may do.
    pub rights: Rights,
    /// Since when it is.
    pub issued: UnixSeconds,
    /// When it ends; `None` is never.
    pub expires: Option<UnixSeconds>,
}

impl Issued {
    /// What its holder gets.
    pub fn to_invitation(&self, master: PublicKey) -> Invitation {
        Invitation {
            master,
            id: self.id,
            secret: self.secret.clone(),
        }
    }

    /// Whether it has ended: the second of its end is its last.
    pub fn is_expired(&self, now: UnixSeconds) -> bool {
        self.expires.is_some_and(|end| end < now)
    }
}

/// All invitations of a master.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invitations(BTreeMap<InvitationId, Issued>);

impl Invitations {
    /// The one shared invitation, and no other.
    pub(crate) fn of_shared(issued: Issued) -> Self {
        Self(BTreeMap::from([(issued.id, issued)]))
    }

    /// Issues a personal invitation, of 24 random bytes that are used for nothing else.
    ///
    /// # Errors
    /// The terms are of no use, or there are too many; nothing was changed.
    pub fn invite(
        &mut self,
        terms: Terms,
        random: [u8; 24],
        now: UnixSeconds,
    ) -> Result<&Issued, Error> {
        self.insert(make(Kind::Personal, terms, random, now)?)
    }

    /// Issues the shared invitation; an earlier one is revoked.
    ///
    /// # Errors
    /// As [`invite`](Self::invite).
    pub fn share(
        &mut self,
        terms: Terms,
        random: [u8; 24],
        now: UnixSeconds,
    ) -> Result<&Issued, Error> {
        let made = make(Kind::Shared, terms, random, now)?;
        let earlier = self.shared().map(|issued| issued.id);
        self.replace(earlier, made)
    }

    /// Takes an invitation back and issues one of the same terms in its place; what would have ended ends
    /// as long after now as it had from the start.
    ///
    /// # Errors
    /// There is none of this id; nothing was changed.
    pub fn renew(
        &mut self,
        id: InvitationId,
        random: [u8; 24],
        now: UnixSeconds,
    ) -> Result<&Issued, Error> {
        let old = self.0.get(&id).ok_or(Error::Unknown)?;
        let span = |end: UnixSeconds| end.0.saturating_sub(old.issued.0);
        let expires = old
            .expires
            .map(|end| UnixSeconds(now.0.saturating_add(span(end))));
        let terms = Terms {
            label: old.label.clone(),
            rights: old.rights,
            expires,
        };
        let made = make(old.kind, terms, random, now)?;
        self.replace(Some(id), made)
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn revoke(&mut self, id: InvitationId) -> Result<(), Error> {
        self.0.remove(&id).map(drop).ok_or(Error::Unknown)
    }

    /// The invitation of an id that is in force.
    ///
    /// # Errors
    /// There is none, or it has ended. The holder learns the same in both cases.
    pub fn find(&self, id: InvitationId, now: UnixSeconds) -> Result<&Issued, Error> {
        let issued = self.0.get(&id).ok_or(Error::Unknown)?;
        if issued.is_expired(now) {
            Err(Error::Expired)
        } else {
            Ok(issued)
        }
    }

    /// The shared invitation, in force or not.
    pub fn shared(&self) -> Option<&Issued> {
        self.iter().find(|issued| issued.kind == Kind::Shared)
    }

    /// All of them, expired ones included.
    pub fn iter(&self) -> impl Iterator<Item = &Issued> {
        self.0.values()
    }

    /// What a hub is told: the keys of those in force. Anew after each change, and at
    /// [`next_expiry`](Self::next_expiry).
    pub fn keys(&self, now: UnixSeconds) -> BTreeMap<InvitationId, JoinKey> {
        let in_force = self.iter().filter(|issued| !issued.is_expired(now));
        in_force
            .map(|issued| (issued.id, issued.secret.to_join_key()))
            .collect()
    }

    /// The first second in which one more has ended.
    pub fn next_expiry(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        let in_force = self.iter().filter(|issued| !issued.is_expired(now));
        let ends = in_force.filter_map(|issued| issued.expires);
        ends.min().map(|end| UnixSeconds(end.0.saturating_add(1)))
    }

    /// The form in which they are kept, where only their owner reads.
    pub fn to_stored(&self) -> String {
        let stored = Stored {
            version: STORED_VERSION,
            invitations: self.iter().cloned().collect(),
        };
        serde_json::to_string(&stored).expect("texts and numbers always serialise")
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote.
    ///
    /// # Errors
    /// It is none of ours, or breaks a rule that holds for each invitation.
    pub fn from_stored(text: &str) -> Result<Self, Error> {
        if text.len() > REGISTRY_BYTES {
            return Err(Error::Damaged);
        }
        let Version { version } = serde_json::from_str(text).map_err(|_| Error::Damaged)?;
        if version != STORED_VERSION {
            return Err(Error::Version(version));
        }
        let stored: Stored = serde_json::from_str(text).map_err(|_| Error::Damaged)?;
        let mut invitations = Self::default();
        for issued in stored.invitations {
            check_label(&issued.label)?;
            if issued.kind == Kind::Shared && invitations.shared().is_some() {
                return Err(Error::Damaged);
            }
            invitations.insert(issued)?;
        }
        Ok(invitations)
    }

    fn insert(&mut self, issued: Issued) -> Result<&Issued, Error> {
        self.replace(None, issued)
    }

    /// Puts an invitation in, in place of an earlier one.
    fn replace(&mut self, earlier: Option<InvitationId>, issued: Issued) -> Result<&Issued, Error> {
        let id = issued.id;
        if self.0.contains_key(&id) {
            return Err(Error::NotRandom);
        }
        match earlier {
            Some(earlier) => drop(self.0.remove(&earlier)),
            None if self.0.len() >= INVITATIONS => return Err(Error::Full),
            None => {}
        }
        Ok(self.0.entry(id).or_insert(issued))
    }
}

/// Why invitations stay as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No invitation has this id: it was never there, or was revoked or renewed.
    #[error("this invitation is no longer valid; ask for a new one")]
    Unknown,
    /// It has ended.
    #[error("this invitation has expired; ask for a new one")]
    Expired,
    /// The end asked for is over already.
    #[error("this invitation would have ended already; choose a later date")]
    Past,
    /// The label is none.
    #[error("a label has 1 to {LABEL_CHARS} characters, without line breaks")]
    Label,
    /// There are too many.
    #[error("there are {INVITATIONS} invitations already; revoke one first")]
    Full,
    /// The random bytes were used before.
    #[error("the source of randomness is broken; no invitation was made")]
    NotRandom,
    /// Not what was stored.
    #[error("the stored invitations are damaged; restore them from a saved copy")]
    Damaged,
    /// Stored by a newer program.
    #[error(
        "the stored invitations are of version {0}, this program knows {STORED_VERSION}; update it"
    )]
    Version(u32),
}

fn make(kind: Kind, terms: Terms, random: [u8; 24], now: UnixSeconds) -> Result<Issued, Error> {
    check_label(&terms.label)?;
    let (mut id, mut secret) = ([0; 8], [0; 16]);
    id.copy_from_slice(&random[..8]);
    secret.copy_from_slice(&random[8..]);
    let issued = Issued {
        id: InvitationId::from_random(id),
        secret: Secret::from_random(secret),
        kind,
        label: terms.label,
        rights: terms.rights,
        issued: now,
        expires: terms.expires,
    };
    if issued.is_expired(now) {
        return Err(Error::Past);
    }
    Ok(issued)
}

fn check_label(label: &str) -> Result<(), Error> {
    let chars = label.chars().count();
    if label.trim().is_empty() || chars > LABEL_CHARS || label.contains(char::is_control) {
        return Err(Error::Label);
    }
    Ok(())
}

const STORED_VERSION: u32 = 1;

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    invitations: Vec<Issued>,
}

#[cfg(test)]
mod tests;
