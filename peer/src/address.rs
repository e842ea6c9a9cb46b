//! Where a master or slave goes, and what it takes along: from the JavaScript half, which reads URLs as the
//! browser does.

use broadcaster::signalling::master::{Host, Strangers};
use broadcaster::signalling::slave::{Door, Ticket};
use serde::Deserialize;
use trust::identity::Identity;
use trust::invitation::{Invitation, MasterLink};
use trust::registry::{Invitations, UnixSeconds};
use trust::rights::Rights;
use trust::seed::Seed;

/// A broadcaster's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Address {
    /// The WebSocket's URL; empty where the page provides a transport.
    pub(crate) url: String,
    /// `URL.host`.
    host: String,
    /// `URL.pathname`.
    room: String,
    /// STUN servers to ask.
    pub(crate) servers: Vec<String>,
    /// What stood after `#`; empty where there was nothing.
    fragment: String,
}

/// How a master knows its guests, as `ServeOptions` of index.d.ts has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Hosting {
    /// As stored; without it nobody is asked for a proof.
    identity: Option<String>,
    /// As stored.
    invitations: Option<String>,
    /// What those may do who have none. Without it they are not connected where there is an identity, and where there
    /// is none they ask first.
    strangers: Option<Rights>,
}

impl Address {
    /// Where somebody knocks who has no invitation.
    pub(crate) fn door(&self) -> Door {
        Door {
            host: self.host.clone(),
            room: self.room.clone(),
            seed: seed(),
        }
    }

    /// The invitation that the address brings, if there is one.
    ///
    /// # Errors
    /// What stands after `#` is none, in words for who opened the link.
    pub(crate) fn ticket(&self) -> Result<Option<Ticket>, trust::invitation::Error> {
        if self.fragment.is_empty() {
            return Ok(None);
        }
        Ok(Some(Ticket {
            invitation: Invitation::from_fragment(&self.fragment)?,
            host: self.host.clone(),
            room: self.room.clone(),
            seed: seed(),
        }))
    }
}

impl Hosting {
    /// What a master at this address has for its guests; `None` where it asks nobody who they are.
    ///
    /// # Errors
    /// What was stored cannot be read, or the link is not a master's, in words for a person.
    pub(crate) fn host(&self, at: &Address) -> Result<Option<Host>, Error> {
        let (identity, invitations) = match (&self.identity, at.fragment.as_str()) {
            (Some(identity), _) => {
                let invitations = self.invitations.as_deref().map(Invitations::from_stored);
                let invitations = invitations.transpose()?.unwrap_or_default();
                (Identity::from_stored(identity)?, invitations)
            }
            (None, "") => return Ok(None),
            (None, fragment) => {
                let link = MasterLink::from_fragment(fragment)?;
                (link.identity.clone(), link.to_invitations())
            }
        };
        let authority = Some(at.host.clone()).filter(|host| !host.is_empty());
        let room = Some(at.room.clone()).filter(|room| !room.is_empty());
        Ok(Some(Host {
            identity,
            invitations,
            room: room.unwrap_or_else(|| ROOM.to_owned()),
            authority,
            strangers: self.admitted(),
            // The clock of a page counts since then.
            epoch: UnixSeconds(0),
            seed: seed(),
        }))
    }

    fn admitted(&self) -> Strangers {
        match self.strangers {
            Some(_) => Strangers::Admitted,
            None => Strangers::Refused,
        }
    }

    /// What strangers may do, where they are connected at all.
    pub(crate) fn strangers_rights(&self) -> Rights {
        self.strangers.unwrap_or_default()
    }
}

/// Why a master cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Identity(#[from] trust::identity::Error),
    #[error(transparent)]
    Invitations(#[from] trust::registry::Error),
    #[error(transparent)]
    Link(#[from] trust::invitation::Error),
    #[error(transparent)]
    Web(#[from] web::Error),
}

fn seed() -> Seed {
    Seed::new(web::random::bytes())
}

/// The room of a transport that the page provides.
const ROOM: &str = "/";
