//! What `serve` keeps in invited mode: its identity and its invitation, in a file that only its owner reads.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use trust::identity::Identity;
use trust::invitation::{Invitation, MasterLink};
use trust::registry::{Invitations, Terms, UnixSeconds};

/// The identity, and one shared invitation at least.
#[derive(Debug)]
pub(super) struct State {
    identity: Identity,
    pub(super) invitations: Invitations,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    identity: String,
    invitations: String,
}

const VERSION: u32 = 1;

impl State {
    /// Reads the file, or makes it. `renew` takes the shared invitation back and issues another.
    ///
    /// # Errors
    /// It cannot be read or written, is not ours, or others can read it. It is never replaced then: with
    /// the identity, every invitation would be worthless.
    pub(super) fn open(path: &Path, renew: bool) -> Result<Self> {
        let now = now();
        let read = read(path).with_context(|| format!("{} cannot be used", path.display()))?;
        let is_new = read.is_none();
        let mut state = match read {
            Some(state) => state,
            None => Self {
                identity: Identity::from_random(random()?),
                invitations: Invitations::default(),
            },
        };
        let shared = state.invitations.shared().map(|issued| issued.id);
        match shared {
            Some(id) if renew => drop(state.invitations.renew(id, random()?, now)?),
            Some(_) => {}
            None => drop(state.invitations.share(Terms::default(), random()?, now)?),
        }
        if is_new || renew || shared.is_none() {
            state
                .write(path)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(state)
    }

    /// What is printed for guests.
    pub(super) fn invitation(&self) -> Option<Invitation> {
        let shared = self.invitations.shared()?;
        Some(shared.to_invitation(self.identity.public()))
    }

    /// What is printed for the page that serves records.
    pub(super) fn master_link(&self) -> Option<MasterLink> {
        let shared = self.invitations.shared()?;
        Some(MasterLink {
            identity: self.identity.clone(),
            id: shared.id,
            secret: shared.secret.clone(),
        })
    }

    /// In one step: what is there is the old or the new, whole.
    fn write(&self, path: &Path) -> Result<()> {
        let stored = Stored {
            version: VERSION,
            identity: self.identity.to_stored(),
            invitations: self.invitations.to_stored(),
        };
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let next = path.with_extension("new");
        // One that is there is left over from a process that was ended, with whatever permissions.
        match fs::remove_file(&next) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        let mut file = private(&next)?;
        file.write_all(serde_json::to_string(&stored)?.as_bytes())?;
        file.sync_all()?;
        Ok(fs::rename(&next, path)?)
    }
}

fn read(path: &Path) -> Result<Option<State>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    check_private(path)?;
    let stored: Stored = serde_json::from_str(&text).context("it is no file of ours")?;
    if stored.version != VERSION {
        bail!(
            "it is of version {}, this program knows {VERSION}",
            stored.version
        );
    }
    Ok(Some(State {
        identity: Identity::from_stored(&stored.identity)?,
        invitations: Invitations::from_stored(&stored.invitations)?,
    }))
}

/// Makes a file that only its owner reads and writes, from the first moment on.
fn private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?)
}

#[cfg(unix)]
fn check_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("others can read it: take that from them with `chmod 600`, and give --renew once");
    }
    Ok(())
}

/// Elsewhere the directory of the user's data is the user's alone.
#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<()> {
    Ok(())
}

/// Random bytes of the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system has no random bytes")?;
    Ok(bytes)
}

/// The date; a clock before 1970 is one that was never set.
pub(super) fn now() -> UnixSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixSeconds(since.map_or(0, |since| since.as_secs()))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn identity_and_invitation_are_kept_for_their_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deep/serve.json");
        let first = State::open(&path, false).unwrap().invitation();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(State::open(&path, false).unwrap().invitation(), first);
        let renewed = State::open(&path, true).unwrap().invitation().unwrap();
        let first = first.unwrap();
        assert_eq!(renewed.master, first.master);
        assert_ne!(renewed.id, first.id);
        assert_ne!(renewed.secret, first.secret);
        let again = State::open(&path, false).unwrap();
        assert_eq!(again.invitation(), Some(renewed));
    }

    #[test]
    fn a_file_that_others_read_or_that_is_none_of_ours_is_not_touched() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("serve.json");
        State::open(&path, false).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = format!("{:#}", State::open(&path, true).unwrap_err());
        assert!(error.contains("others can read it"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for text in ["", "{}", r#"{"version":2,"identity":"","invitations":""}"#] {
            fs::write(&path, text).unwrap();
            State::open(&path, true).unwrap_err();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
