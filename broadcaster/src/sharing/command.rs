//! What a person asks of the session through the popup and the options page, and the answer.

use super::app::Carrier;
use super::guests::Invite;
use super::machine::Sharing;
use super::master::Asks;
use super::settings::{Error, Settings};
use crate::hub::{MemberId, Mode};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use trust::invitation::InvitationId;
use trust::registry::{Terms, UnixSeconds};
use trust::rights::Rights;

/// A person's wish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PopupCommand {
    /// Share with those whom `mode` lets in. There is no default: who starts says with whom.
    Start {
        /// Who may join.
        mode: Mode,
    },
    /// Share no more.
    Stop,
    /// Put these settings in the place of the old ones; what is left out takes its default.
    Set {
        /// The settings.
        settings: Settings,
    },
    /// Try again what did not succeed.
    Retry,
    /// Serve this browser's records to the devices that connect, or serve them no more.
    Serve {
        /// Whether to.
        on: bool,
    },
    /// Issue a personal invitation.
    Invite {
        /// What a person calls it.
        label: String,
        /// What its holders may do.
        rights: Rights,
        /// When it ends, in seconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<UnixSeconds>,
    },
    /// Show an invitation as a link and a QR code.
    Show {
        /// Which one.
        id: InvitationId,
    },
    /// Take an invitation back, and issue another one in its place.
    Renew {
        /// Which one.
        id: InvitationId,
    },
    /// Take an invitation back.
    Revoke {
        /// Which one.
        id: InvitationId,
    },
    /// Refuse an address until the browser is started anew, and take back a personal invitation.
    Ban {
        /// The address, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
        /// What its holder has proven to hold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitation: Option<InvitationId>,
    },
    /// Refuse who waits in the lobby.
    Refuse {
        /// The member that it is.
        member: MemberId,
    },
    /// The master's document says who waits for a person's word.
    Asking(Asks),
    /// Let the Direct Sockets app of this origin open the port.
    AcceptApp {
        /// Its origin, as the state shows it.
        origin: String,
    },
    /// Do not.
    RefuseApp {
        /// Its origin, as the state shows it.
        origin: String,
    },
    /// Use another port, and try again.
    UsePort {
        /// The port.
        port: u16,
    },
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Reply {
    /// Understood; what becomes of it is seen in the state.
    Done,
    /// The invitation that was made or asked for.
    Invitation {
        /// Its id.
        id: InvitationId,
        /// Its link, where this computer has an address.
        #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
        invite: Option<Invite>,
    },
    /// Nothing was changed.
    Error {
        /// Why, and what to do, for a person.
        detail: String,
    },
}

impl Reply {
    fn refusal(error: &impl ToString) -> Self {
        let detail = error.to_string();
        Self::Error { detail }
    }
}

impl Sharing {
    /// Carries out a [`PopupCommand`], given as JSON, and gives the answer.
    pub fn handle_command(&mut self, text: &str, now: Millis) -> Reply {
        self.arrive(now);
        // By way of a value: an error then speaks of the content, and of no line and column.
        let value = serde_json::from_str::<serde_json::Value>(text);
        match value.and_then(serde_json::from_value) {
            Ok(command) => match self.obey(command, now) {
                Ok(reply) => reply,
                Err(error) => Reply::refusal(&error),
            },
            Err(error) => Reply::refusal(&error),
        }
    }

    fn obey(&mut self, command: PopupCommand, now: Millis) -> Result<Reply, Error> {
        match command {
            PopupCommand::Start { mode } => self.handle_start(mode, now)?,
            PopupCommand::Stop => self.handle_stop(now),
            PopupCommand::Set { settings } => self.set(settings, now)?,
            PopupCommand::Retry => self.handle_retry(now),
            PopupCommand::Serve { on: serve } => {
                let settings = self.settings.clone();
                self.set(Settings { serve, ..settings }, now)?;
            }
            PopupCommand::Invite {
                label,
                rights,
                expires,
            } => {
                let terms = Terms {
                    label,
                    rights,
                    expires,
                };
                let id = self.invite(terms)?;
                let invite = self.show(id).ok();
                return Ok(Reply::Invitation { id, invite });
            }
            PopupCommand::Show { id } => {
                let invite = Some(self.show(id)?);
                return Ok(Reply::Invitation { id, invite });
            }
            PopupCommand::Renew { id } => self.renew(id)?,
            PopupCommand::Revoke { id } => self.revoke(id)?,
            PopupCommand::Ban {
                address,
                invitation,
            } => self.ban(address, invitation)?,
            PopupCommand::Refuse { member } => self.refuse(member),
            PopupCommand::Asking(asks) => self.master.asks = asks,
            PopupCommand::AcceptApp { origin } => self.accept_app(&origin)?,
            PopupCommand::RefuseApp { origin } => self.refuse_app(&origin)?,
            PopupCommand::UsePort { port } => {
                self.set(self.with_port(port), now)?;
                self.handle_retry(now);
            }
        }
        Ok(Reply::Done)
    }

    /// The settings with another port for the companion that is in use.
    fn with_port(&self, port: u16) -> Settings {
        let settings = self.settings.clone();
        match self.carrier {
            Carrier::Native => Settings { port, ..settings },
            Carrier::App => Settings {
                app_port: port,
                ..settings
            },
        }
    }

    fn set(&mut self, settings: Settings, now: Millis) -> Result<(), Error> {
        let is_new = settings != self.settings;
        self.handle_settings(settings, now)?;
        if is_new {
            self.store_settings();
        }
        Ok(())
    }
}
