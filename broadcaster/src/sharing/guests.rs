//! Invited mode: this browser's identity and its invitations. Makes and keeps them, tells the hub their
//! keys and the master's document what it needs, and shows them as links.

use super::machine::Sharing;
use super::output::{Output, Stored};
use super::phase::Phase;
use super::qr::Qr;
use super::settings::Error;
use super::url::Url;
use crate::hub::{self, Hub, MemberId, Mode};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use trust::identity::Identity;
use trust::invitation::InvitationId;
use trust::registry::{self, Invitations, Issued, Kind, Terms, UnixSeconds};
use trust::rights::Rights;
use trust::seed::Seed;

/// What invited mode begins with.
#[derive(Debug, Clone)]
pub struct Keeping {
    /// The text of [`Stored::Guests`]; `None` where none was ever stored.
    pub stored: Option<String>,
    /// 32 random bytes that are used for nothing else.
    pub random: [u8; 32],
    /// The date at `Millis(0)`.
    pub epoch: UnixSeconds,
}

/// What a master's document needs to know its guests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hosting {
    /// The identity, as stored.
    pub identity: String,
    /// The invitations, as stored.
    pub invitations: String,
    /// What those may do who hold no invitation; they are not connected without.
    pub strangers: Option<Rights>,
}

/// An invitation, as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// Whether it is the shared one.
    pub kind: Kind,
    /// What a person calls it.
    pub label: String,
    /// What its holders may do.
    pub rights: Rights,
    /// When it was issued, in seconds since 1970.
    pub issued: UnixSeconds,
    /// When it ends.
    pub expires: Option<UnixSeconds>,
    /// Its link, by the best address there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// An invitation to one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The link.
    pub link: String,
    /// The same as a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr: Option<Qr>,
}

/// The identity and the invitations, or why there are none.
#[derive(Debug)]
pub(super) struct Guests {
    kept: Result<Kept, String>,
    seed: Seed,
    epoch: UnixSeconds,
    /// When the hub wants to be told the time.
    pub(super) hub_due: Option<Millis>,
    /// When the next invitation has ended.
    expires: Option<Millis>,
}

#[derive(Debug)]
struct Kept {
    identity: Identity,
    invitations: Invitations,
}

/// As they are stored.
#[derive(Serialize, Deserialize)]
struct Text {
    version: u32,
    identity: String,
    invitations: String,
}

const VERSION: u32 = 1;

impl Invite {
    fn new(link: String) -> Self {
        let qr = Qr::new(&link);
        Self { link, qr }
    }
}

impl Guests {
    /// Reads what was stored. What cannot be read is never replaced: with another identity, every invitation
    /// would be worthless.
    pub(super) fn new(keeping: Keeping) -> Self {
        let mut seed = Seed::new(keeping.random);
        let kept = match &keeping.stored {
            Some(text) => Kept::from_text(text),
            None => Ok(Kept {
                identity: Identity::from_random(seed.next_bytes()),
                invitations: Invitations::default(),
            }),
        };
        Self {
            kept,
            seed,
            epoch: keeping.epoch,
            hub_due: None,
            expires: None,
        }
    }

    fn date(&self, now: Millis) -> UnixSeconds {
        UnixSeconds(self.epoch.0.saturating_add(now.0 / 1000))
    }

    fn kept(&mut self) -> Result<&mut Kept, Error> {
        let why = |detail: &mut String| Error::Guests(detail.clone());
        self.kept.as_mut().map_err(why)
    }

    fn random(&mut self) -> [u8; 24] {
        let mut random = [0; 24];
        random.copy_from_slice(&self.seed.next_bytes()[..24]);
        random
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        self.hub_due.into_iter().chain(self.expires).min()
    }
}

impl Kept {
    fn from_text(text: &str) -> Result<Self, String> {
        let text: Text = serde_json::from_str(text)
            .map_err(|_| "the stored invitations are damaged; restore them from a saved copy")?;
        if text.version != VERSION {
            let newer = "the stored invitations are a newer version's; update the extension";
            return Err(newer.to_owned());
        }
        let identity = Identity::from_stored(&text.identity).map_err(|error| error.to_string())?;
        let invitations = Invitations::from_stored(&text.invitations);
        let invitations = invitations.map_err(|error| error.to_string())?;
        Ok(Self {
            identity,
            invitations,
        })
    }

    fn to_text(&self) -> String {
        let text = Text {
            version: VERSION,
            identity: self.identity.to_stored(),
            invitations: self.invitations.to_stored(),
        };
        serde_json::to_string(&text).expect("texts and a number always serialise")
    }

    fn link(&self, issued: &Issued, at: SocketAddr) -> String {
        issued.to_invitation(self.identity.public()).to_link(at)
    }
}

impl Sharing {
    /// Issues a personal invitation.
    pub(super) fn invite(&mut self, terms: Terms) -> Result<InvitationId, Error> {
        self.change(|invitations, random, date| Ok(invitations.invite(terms, random, date)?.id))
    }

    /// Refuses who waits in the lobby; one that is gone is refused already.
    pub(super) fn refuse(&mut self, member: MemberId) {
        if let Some(hub) = &mut self.hub {
            hub.handle_dismissed(member, self.now);
            self.carry_out();
        }
    }

    /// An invitation's link and its QR code.
    pub(super) fn show(&self, id: InvitationId) -> Result<Invite, Error> {
        let guests = self.guests.as_ref().ok_or(hub::Error::InvitedNotBuilt)?;
        let kept = guests.kept.as_ref();
        let kept = kept.map_err(|detail| Error::Guests(detail.clone()))?;
        let mut issued = kept.invitations.iter();
        let issued = issued.find(|issued| issued.id == id);
        let issued = issued.ok_or(registry::Error::Unknown)?;
        let at = self.addresses().next().ok_or(Error::NoAddress)?;
        Ok(Invite::new(kept.link(issued, at)))
    }

    /// Lets nobody come from an address until the browser is started anew, and takes back the invitation of
    /// who is banned. The shared one stays: others hold it.
    pub(super) fn ban(
        &mut self,
        address: Option<IpAddr>,
        invitation: Option<InvitationId>,
    ) -> Result<(), Error> {
        if let Some(address) = address {
            self.remember(self.memory.with_banned(address));
            if self.hub.is_some() {
                self.configure_hub(&self.settings.clone())?;
                self.carry_out();
            }
        }
        match invitation {
            Some(id) if self.is_personal(id) => self.revoke(id),
            Some(_) | None => Ok(()),
        }
    }

    fn is_personal(&self, id: InvitationId) -> bool {
        let rows = self.invitation_rows();
        rows.iter()
            .any(|row| row.id == id && row.kind == Kind::Personal)
    }

    /// Takes an invitation back, and issues another one in its place. Members and channels of its holders
    /// end.
    pub(super) fn renew(&mut self, id: InvitationId) -> Result<(), Error> {
        self.change(|invitations, random, date| invitations.renew(id, random, date).map(drop))
    }

    /// Takes an invitation back. Members and channels of its holders end.
    pub(super) fn revoke(&mut self, id: InvitationId) -> Result<(), Error> {
        self.change(|invitations, _, _| invitations.revoke(id))
    }

    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Invitations, [u8; 24], UnixSeconds) -> Result<T, registry::Error>,
    ) -> Result<T, Error> {
        let guests = self.guests.as_mut().ok_or(hub::Error::InvitedNotBuilt)?;
        let (random, date) = (guests.random(), guests.date(self.now));
        let kept = guests.kept()?;
        let changed = change(&mut kept.invitations, random, date)?;
        let text = kept.to_text();
        self.outputs.push_back(Output::Store(Stored::Guests(text)));
        self.tell_keys();
        Ok(changed)
    }

    /// Makes a hub; for both modes where there are invitations.
    pub(super) fn make_hub(&mut self, config: hub::Config) -> Result<Hub, Error> {
        let (mode, now) = (config.mode, self.now);
        let Some(guests) = &mut self.guests else {
            return Ok(Hub::new(config)?);
        };
        let (date, seed) = (guests.date(now), guests.seed.next_bytes());
        match (&guests.kept, mode) {
            (Ok(kept), _) => {
                let keys = kept.invitations.keys(date);
                Ok(Hub::with_invitations(config, seed, keys)?)
            }
            (Err(_), Mode::Open) => Ok(Hub::new(config)?),
            (Err(detail), Mode::Invited) => Err(Error::Guests(detail.clone())),
        }
    }

    /// In invited mode there is always a shared invitation.
    pub(super) fn have_shared(&mut self) -> Result<(), Error> {
        let Some(Ok(kept)) = self.guests.as_ref().map(|guests| &guests.kept) else {
            return Ok(());
        };
        if self.settings.mode == Mode::Invited && kept.invitations.shared().is_none() {
            let terms = Terms::default();
            self.change(|all, random, date| all.share(terms, random, date).map(drop))?;
        }
        Ok(())
    }

    /// Tells the hub which invitations are in force, and sees to it that it is told when that changes.
    pub(super) fn tell_keys(&mut self) {
        let Some(guests) = &mut self.guests else {
            return;
        };
        let date = guests.date(self.now);
        let Ok(kept) = &guests.kept else {
            return;
        };
        let end = kept.invitations.next_expiry(date);
        let since = |end: UnixSeconds| end.0.saturating_sub(guests.epoch.0).saturating_mul(1000);
        let keys = kept.invitations.keys(date);
        guests.expires = end.map(|end| Millis(since(end)));
        if let Some(hub) = &mut self.hub {
            hub.handle_invitations(keys, self.now);
            self.carry_out();
        }
    }

    /// Does what was due in invited mode.
    pub(super) fn on_guests_due(&mut self) {
        let now = self.now;
        let Some(guests) = &self.guests else {
            return;
        };
        let is_due = |due: Option<Millis>| due.is_some_and(|due| due <= now);
        let (hub_is_due, has_ended) = (is_due(guests.hub_due), is_due(guests.expires));
        if hub_is_due && let Some(hub) = &mut self.hub {
            self.view.touch();
            hub.handle_timeout(now);
            self.carry_out();
        }
        if has_ended {
            self.view.touch();
            self.tell_keys();
        }
    }

    /// What the master's document is told.
    pub(super) fn hosting(&self) -> Option<Hosting> {
        let kept = self.guests.as_ref()?.kept.as_ref().ok()?;
        let strangers = match self.settings.mode {
            Mode::Open => self.settings.strangers,
            Mode::Invited => None,
        };
        Some(Hosting {
            identity: kept.identity.to_stored(),
            invitations: kept.invitations.to_stored(),
            strangers,
        })
    }

    /// All invitations, as rows.
    pub(super) fn invitation_rows(&self) -> Vec<InvitationRow> {
        let Some(Ok(kept)) = self.guests.as_ref().map(|guests| &guests.kept) else {
            return Vec::new();
        };
        let at = self.addresses().next();
        let row = |issued: &Issued| InvitationRow {
            id: issued.id,
            kind: issued.kind,
            label: issued.label.clone(),
            rights: issued.rights,
            issued: issued.issued,
            expires: issued.expires,
            link: at.map(|at| kept.link(issued, at)),
        };
        kept.invitations.iter().map(row).collect()
    }

    fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let urls = match &self.phase {
            Phase::Open { urls, .. } => &urls[..],
            Phase::Apart(_)
            | Phase::Greeting { .. }
            | Phase::Opening { .. }
            | Phase::Held(_)
            | Phase::Closing { .. } => &[],
        };
        urls.iter().filter_map(Url::authority)
    }

    /// The URLs with the shared invitation, where one is needed.
    pub(super) fn with_invites(&self, urls: &[Url]) -> Vec<Url> {
        let kept = self
            .guests
            .as_ref()
            .and_then(|guests| guests.kept.as_ref().ok());
        let shared = kept.and_then(|kept| Some((kept, kept.invitations.shared()?)));
        let Some((kept, shared)) = shared.filter(|_| self.settings.mode == Mode::Invited) else {
            return urls.to_vec();
        };
        let invite = |url: &Url| Some(Invite::new(kept.link(shared, url.authority()?)));
        let with = |url: &Url| Url {
            invitation: invite(url),
            ..url.clone()
        };
        urls.iter().map(with).collect()
    }
}
