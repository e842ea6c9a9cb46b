//! An invitation as it travels: `http://ADDRESS:PORT/#…`, where `…` is base64url of a version, the master's
//! public key (32 bytes), the invitation's id (8) and its secret (16). What stands after `#` is never sent
//! by a browser. What it allows is the master's to know: see [`registry`](crate::registry).

use crate::encoding::{self, in_base64url};
use crate::identity::{Identity, PublicKey};
use crate::limits::PASTED_BYTES;
use crate::registry::{Invitations, Issued, Kind, Terms, UnixSeconds};
use crate::secret::Secret;
use std::fmt;
use std::net::SocketAddr;
use zeroize::Zeroizing;

/// An invitation's id. Not secret: it says which key a proof is made with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvitationId(pub(crate) [u8; 8]);

in_base64url!(InvitationId, 8);

impl InvitationId {
    /// An id of 8 random bytes.
    pub fn from_random(random: [u8; 8]) -> Self {
        Self(random)
    }
}

impl fmt::Debug for InvitationId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "InvitationId({self})")
    }
}

/// An invitation as its holder has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The master that invites.
    pub master: PublicKey,
    /// Which of its invitations this is.
    pub id: InvitationId,
    /// What its holder and the master share.
    pub secret: Secret,
}

impl Invitation {
    /// The part of a link that begins with `#`.
    pub fn to_fragment(&self) -> String {
        let mut bytes = Zeroizing::new([VERSION; BYTES]);
        bytes[1..33].copy_from_slice(self.master.as_bytes());
        bytes[33..41].copy_from_slice(&self.id.0);
        bytes[41..].copy_from_slice(self.secret.as_bytes());
        format!("#{}", encoding::to_text(&bytes[..]))
    }

    /// The link to a broadcaster at this address.
    pub fn to_link(&self, at: SocketAddr) -> String {
        // A zone is this computer's own business (RFC 6874 §1), so an IPv6 address goes without.
        let at = SocketAddr::new(at.ip(), at.port());
        format!("http://{at}/{}", self.to_fragment())
    }

    /// Reads the fragment of a link, with or without its `#`.
    ///
    /// # Errors
    /// It is none of ours, in words for who opened the link.
    pub fn from_fragment(text: &str) -> Result<Self, Error> {
        let text = text.strip_prefix('#').unwrap_or(text);
        if text.is_empty() {
            return Err(Error::NoInvitation);
        }
        if text.len() > PASTED_BYTES {
            return Err(Error::TooLong(text.len()));
        }
        check_version(text)?;
        if text.len() != CHARS {
            return Err(Error::Length(text.len()));
        }
        let bytes = encoding::from_text::<BYTES>(text).ok_or(Error::Damaged)?;
        Ok(Self::from_bytes(&Zeroizing::new(bytes)))
    }

    fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        let mut master = [0; 32];
        let mut id = [0; 8];
        let mut secret = [0; 16];
        master.copy_from_slice(&bytes[1..33]);
        id.copy_from_slice(&bytes[33..41]);
        secret.copy_from_slice(&bytes[41..]);
        Self {
            master: PublicKey(master),
            id: InvitationId(id),
            secret: Secret::from_random(secret),
        }
    }
}

/// What a page needs to be the master of one shared invitation: the key itself, and the invitation. As a
/// link it has an invitation's length; whoever has it is that master, so it is nobody else's to see.
#[derive(Debug, Clone)]
pub struct MasterLink {
    /// The master's key.
    pub identity: Identity,
    /// The shared invitation's id.
    pub id: InvitationId,
    /// Its secret.
    pub secret: Secret,
}

impl MasterLink {
    /// The part of a link that begins with `#`.
    pub fn to_fragment(&self) -> String {
        let mut bytes = Zeroizing::new([MASTER_VERSION; BYTES]);
        bytes[1..33].copy_from_slice(self.identity.secret_bytes());
        bytes[33..41].copy_from_slice(&self.id.0);
        bytes[41..].copy_from_slice(self.secret.as_bytes());
        format!("#{}", encoding::to_text(&bytes[..]))
    }

    /// Reads the fragment of a link, with or without its `#`.
    ///
    /// # Errors
    /// It is none of ours, or an invitation, in words for who opened the link.
    pub fn from_fragment(text: &str) -> Result<Self, Error> {
        let text = text.strip_prefix('#').unwrap_or(text);
        if text.len() != CHARS {
            return Err(Error::Length(text.len()));
        }
        let bytes = encoding::from_text::<BYTES>(text).ok_or(Error::Damaged)?;
        let bytes = Zeroizing::new(bytes);
        if bytes[0] != MASTER_VERSION {
            return Err(Error::NoMasterLink);
        }
        let (mut identity, mut id, mut secret) = (Zeroizing::new([0; 32]), [0; 8], [0; 16]);
        identity.copy_from_slice(&bytes[1..33]);
        id.copy_from_slice(&bytes[33..41]);
        secret.copy_from_slice(&bytes[41..]);
        Ok(Self {
            identity: Identity::from_random(*identity),
            id: InvitationId(id),
            secret: Secret::from_random(secret),
        })
    }

    /// The invitations of this master: the one.
    pub fn to_invitations(&self) -> Invitations {
        let terms = Terms::default();
        Invitations::of_shared(Issued {
            id: self.id,
            secret: self.secret.clone(),
            kind: Kind::Shared,
            label: terms.label,
            rights: terms.rights,
            issued: UnixSeconds(0),
            expires: None,
        })
    }
}

/// What a person pasted, or a camera read: an invitation, and where its broadcaster was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// `ADDRESS:PORT`, unless only the fragment was given. A hint: it proves nothing, and a broadcaster may
    /// have moved.
    pub authority: Option<String>,
    /// The invitation.
    pub invitation: Invitation,
}

impl Pasted {
    /// Reads a link, one with words or brackets around it, or its fragment alone.
    ///
    /// # Errors
    /// There is no invitation in it, in words for who pasted it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > PASTED_BYTES {
            return Err(Error::TooLong(text.len()));
        }
        let mut words = text.split_whitespace();
        let first = words.clone().next().ok_or(Error::Empty)?;
        let word = words.find(|word| word.contains('#')).unwrap_or(first);
        let word = word.trim_matches(|around: char| AROUND.contains(around));
        let (link, fragment) = match word.split_once('#') {
            Some((link, fragment)) => (link, fragment),
            None if word.contains("://") => return Err(Error::NoInvitation),
            None => ("", word),
        };
        let authority = match link {
            "" => None,
            link => Some(read_authority(link)?),
        };
        let invitation = Invitation::from_fragment(fragment)?;
        Ok(Self {
            authority,
            invitation,
        })
    }
}

/// Why a text is no invitation, in words for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing was given.
    #[error("paste the invitation here: the whole link, or what stands after #")]
    Empty,
    /// A link without an invitation in it.
    #[error("this link has no invitation; copy all of it, with the part after #")]
    NoInvitation,
    /// Too long to be read.
    #[error("this text of {0} bytes is too long for an invitation; paste only the link")]
    TooLong(usize),
    /// Not a link to a broadcaster.
    #[error("this is no link of a LAN Broadcaster; one looks like http://192.168.1.5:9999/#…")]
    NoLink,
    /// Some of it is missing, or something was added.
    #[error(
        "this invitation has {0} characters in place of {CHARS}; copy the link again, all of it"
    )]
    Length(usize),
    /// Characters that no invitation has.
    #[error("this invitation was damaged on its way; copy the link again")]
    Damaged,
    /// The master's own link, where an invitation belongs.
    #[error(
        "this is the link of who shares, not an invitation: whoever has it can pretend to be them; \
         have it renewed if others have seen it"
    )]
    MasterLink,
    /// Something else where the master's own link belongs.
    #[error("this link does not let this page serve records; it needs the one that says `master`")]
    NoMasterLink,
    /// Made by a newer program, or not an invitation at all.
    #[error(
        "this invitation is of version {0}, and this page knows {VERSION}; update the extension here"
    )]
    Version(u8),
}

/// Looks at the first byte alone, so that a newer version may have another length.
fn check_version(text: &str) -> Result<(), Error> {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !text.bytes().all(is_digit) {
        return Err(Error::Damaged);
    }
    let start = text.get(..4).and_then(encoding::from_text::<3>);
    match start {
        Some([VERSION, ..]) => Ok(()),
        Some([MASTER_VERSION, ..]) => Err(Error::MasterLink),
        Some([version, ..]) => Err(Error::Version(version)),
        None => Err(Error::Length(text.len())),
    }
}

/// `ADDRESS:PORT` of a link. With `@` a link leads elsewhere than it seems to (RFC 3986 §7.6).
fn read_authority(link: &str) -> Result<String, Error> {
    let scheme = link.get(..SCHEME.len()).ok_or(Error::NoLink)?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(Error::NoLink);
    }
    let rest = &link[SCHEME.len()..];
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if authority.is_empty() || !authority.bytes().all(is_usual) {
        return Err(Error::NoLink);
    }
    Ok(authority.to_ascii_lowercase())
}

const VERSION: u8 = 1;
/// The same version, of the master's own link.
const MASTER_VERSION: u8 = 0x81;
const BYTES: usize = 1 + 32 + 8 + 16;
/// Of [`BYTES`] in base64url: three bytes are four characters, without a rest.
const CHARS: usize = BYTES / 3 * 4;
const SCHEME: &str = "http://";
/// What people and programs put around a link.
const AROUND: &str = "<>()\"'`“”„«».,;:!?";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn invitation() -> Invitation {
        Invitation {
            master: PublicKey([1; 32]),
            id: InvitationId([2; 8]),
            secret: Secret::from_random([3; 16]),
        }
    }

    #[test]
    fn a_masters_own_link_comes_back_and_is_no_invitation() {
        let link = MasterLink {
            identity: Identity::from_random([1; 32]),
            id: InvitationId([2; 8]),
            secret: Secret::from_random([3; 16]),
        };
        let text = link.to_fragment();
        let read = MasterLink::from_fragment(&text).unwrap();
        assert_eq!(read.identity.public(), link.identity.public());
        let invitations = read.to_invitations();
        let invitation = invitations
            .shared()
            .unwrap()
            .to_invitation(link.identity.public());
        assert_eq!((invitation.id, &invitation.secret), (link.id, &link.secret));
        assert_eq!(Invitation::from_fragment(&text), Err(Error::MasterLink));
        let wrong = MasterLink::from_fragment(&invitation.to_fragment());
        assert_eq!(wrong.unwrap_err(), Error::NoMasterLink);
        let cut = MasterLink::from_fragment(&text[..40]);
        assert_eq!(cut.unwrap_err(), Error::Length(39));
    }

    #[test]
    fn a_link_holds_address_and_invitation() {
        let fragment = invitation().to_fragment();
        assert_eq!(fragment.len(), 1 + CHARS);
        for (at, start) in [
            ("192.168.1.5:9999", "http://192.168.1.5:9999/#AQEB"),
            ("[fd00::7]:80", "http://[fd00::7]:80/#AQEB"),
            ("[fe80::7%3]:9999", "http://[fe80::7]:9999/#AQEB"),
        ] {
            let link = invitation().to_link(at.parse().unwrap());
            assert!(
                link.starts_with(start) && link.ends_with(&fragment),
                "{link}"
            );
        }
    }

    #[test]
    fn a_pasted_invitation_is_found() {
        let fragment = invitation().to_fragment();
        let bare = &fragment[1..];
        let here = Some("192.168.1.5:9999");
        for (text, authority) in [
            (format!("http://192.168.1.5:9999/{fragment}"), here),
            (format!("  HTTP://192.168.1.5:9999/{fragment}\r\n"), here),
            (format!("http://192.168.1.5:9999/room?x{fragment}"), here),
            (format!("http://192.168.1.5:9999{fragment}"), here),
            (
                format!("invitation http://192.168.1.5:9999/{fragment}"),
                here,
            ),
            (format!("Open <http://192.168.1.5:9999/{fragment}>."), here),
            (
                format!("http://Ship.local:9999/{fragment}"),
                Some("ship.local:9999"),
            ),
            (
                format!("http://[fd00::7]:9999/{fragment}"),
                Some("[fd00::7]:9999"),
            ),
            (fragment.clone(), None),
            (format!("\n{bare}\n"), None),
        ] {
            let pasted = Pasted::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(pasted.invitation, invitation(), "{text}");
            assert_eq!(pasted.authority.as_deref(), authority, "{text}");
        }
    }

    #[test]
    fn what_is_no_invitation_is_told_apart() {
        let fragment = invitation().to_fragment();
        let newer = fragment.replacen("#AQ", "#Ag", 1);
        let table = [
            (String::new(), Error::Empty),
            (" \n".to_owned(), Error::Empty),
            ("http://192.168.1.5:9999/".to_owned(), Error::NoInvitation),
            ("http://192.168.1.5:9999/#".to_owned(), Error::NoInvitation),
            ("#".to_owned(), Error::NoInvitation),
            (
                format!("https://192.168.1.5:9999/{fragment}"),
                Error::NoLink,
            ),
            (format!("javascript:alert(1){fragment}"), Error::NoLink),
            (format!("http:///{fragment}"), Error::NoLink),
            (format!("192.168.1.5:9999/{fragment}"), Error::NoLink),
            (
                format!("http://192.168.1.5:9999/{}", &fragment[..70]),
                Error::Length(69),
            ),
            (format!("{fragment}A"), Error::Length(CHARS + 1)),
            ("#AQ".to_owned(), Error::Length(2)),
            (fragment.replace('A', "="), Error::Damaged),
            (format!("{}é", &fragment[..76]), Error::Damaged),
            ("#__proto__".to_owned(), Error::Version(0xff)),
            ("constructor".to_owned(), Error::Version(0x72)),
            (newer.clone(), Error::Version(2)),
            (format!("{newer}AAAA"), Error::Version(2)),
        ];
        for (text, error) in table {
            assert_eq!(Pasted::parse(&text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_link_that_leads_elsewhere_than_it_seems_is_refused() {
        let fragment = invitation().to_fragment();
        for link in [
            "http://192.168.1.5:9999@evil.example/",
            "http://192.168.1.5%2f.evil.example/",
            "http://192.168.1.5\\@evil.example/",
            "http://аpple.example/",
        ] {
            let pasted = Pasted::parse(&format!("{link}{fragment}"));
            assert_eq!(pasted, Err(Error::NoLink), "{link}");
        }
    }

    #[test]
    fn a_text_is_read_up_to_its_limit() {
        let link = invitation().to_link("192.168.1.5:9999".parse().unwrap());
        let padded = |bytes: usize| format!("{link}{}", " ".repeat(bytes - link.len()));
        assert!(Pasted::parse(&padded(PASTED_BYTES)).is_ok());
        let error = Error::TooLong(PASTED_BYTES + 1);
        assert_eq!(Pasted::parse(&padded(PASTED_BYTES + 1)), Err(error));
        let long = "A".repeat(PASTED_BYTES + 1);
        assert_eq!(Invitation::from_fragment(&long), Err(error));
    }

    #[test]
    fn debug_shows_no_secret() {
        let secret = encoding::to_text(&[3; 16]);
        assert!(!format!("{:?}", invitation()).contains(&secret));
    }

    proptest! {
        #[test]
        fn an_invitation_comes_back(master: [u8; 32], id: [u8; 8], secret: [u8; 16], v4: [u8; 4], port: u16) {
            let secret = Secret::from_random(secret);
            let invitation = Invitation { master: PublicKey(master), id: InvitationId(id), secret };
            let pasted = Pasted::parse(&invitation.to_link((v4, port).into())).unwrap();
            prop_assert_eq!(pasted.invitation, invitation);
            prop_assert_eq!(pasted.authority, Some(SocketAddr::from((v4, port)).to_string()));
        }

        #[test]
        fn no_text_panics(text in "(http://|#|A|Qé|[fd00::7]|@|/| ){0,40}|.*") {
            let _ = Pasted::parse(&text);
            let _ = Invitation::from_fragment(&text);
        }
    }
}
