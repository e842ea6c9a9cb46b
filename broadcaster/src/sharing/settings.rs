//! What a person may set, its defaults, and what is refused.

use super::app::{Choice, is_app};
use crate::admission::{self, Host, Origin};
use crate::hub::{self, Mode};
use crate::limits::{
    APP_PORT, APP_PORT_LEAST, DEFAULT_PORT, Limits, MESSAGE_BYTES_MAX, NAME_BYTES, QUEUE_BYTES_MAX,
    SETTINGS_LISTED,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use trust::rights::Rights;

/// What a person may set. In JSON, what is left out takes its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The port, TCP and UDP; 0 lets the system choose one, which is then kept.
    pub port: u16,
    /// Who may join.
    pub mode: Mode,
    /// Addresses of this computer to listen on; none means all interfaces.
    #[serde(deserialize_with = "addresses")]
    pub bind: Vec<IpAddr>,
    /// Names of this computer, besides its addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Origins of pages that may connect, besides ours.
    pub origins: Vec<String>,
    /// Bounds in force.
    pub limits: Limits,
    /// The broadcaster's name, for people; that of its master too.
    pub name: String,
    /// Whether this browser's records are served to the devices that connect.
    pub serve: bool,
    /// What devices may do there that come without an invitation in open mode; `null` does not connect them.
    pub strangers: Option<Rights>,
    /// Which companion opens the port.
    pub companion: Choice,
    /// The port, TCP and UDP, where the Direct Sockets app opens it.
    pub app_port: u16,
    /// Origins of Direct Sockets apps that a person accepted.
    pub apps: Vec<String>,
}

/// Why settings are of no use; the old ones stay in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not the JSON of settings.
    #[error("these are no settings: {0}")]
    NotSettings(String),
    /// A list is too long.
    #[error("{list} has {len} entries; {SETTINGS_LISTED} are the most")]
    TooMany {
        /// The list's name.
        list: &'static str,
        /// Its length.
        len: usize,
    },
    /// A name is empty, too long, or has characters that no name has.
    #[error("`{0}` is no name; use 1 to {NAME_BYTES} bytes without control characters")]
    NoName(String),
    /// A listed name of this computer is none.
    #[error("`{host}` is no name of a computer: {reason}; write it like printer.local")]
    NoHost {
        /// The name as listed.
        host: String,
        /// What is wrong with it.
        reason: admission::Error,
    },
    /// A listed origin is none.
    #[error("`{origin}` is no origin: {reason}; write it like https://example.org")]
    NoOrigin {
        /// The origin as listed.
        origin: String,
        /// What is wrong with it.
        reason: admission::Error,
    },
    /// A bound is out of its own bounds.
    #[error("{limit} is {value}; choose {} to {}", allowed.start(), allowed.end())]
    Limit {
        /// The bound's name.
        limit: &'static str,
        /// What was asked for.
        value: usize,
        /// What may be asked for.
        allowed: RangeInclusive<usize>,
    },
    /// A listed app is none.
    #[error("`{0}` is no app; write it like isolated-app:// and its 56 letters")]
    NoApp(String),
    /// The app that a person decides about is not the one that waits.
    #[error("this app is not open any more; open it again")]
    NoSuchApp,
    /// What was gathered is no list of addresses.
    #[error("these are no addresses of a computer: {0}")]
    NoAddresses(String),
    /// Identity and invitations cannot be read.
    #[error("{0}")]
    Guests(String),
    /// An invitation cannot be made or changed.
    #[error(transparent)]
    Invitations(#[from] trust::registry::Error),
    /// A link was asked for while this computer has none.
    #[error("share first: a link needs this computer's address in a network")]
    NoAddress,
    /// The hub refuses them.
    #[error(transparent)]
    Hub(#[from] hub::Error),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: DEFAULT_PORT,
            mode: Mode::default(),
            bind: Vec::new(),
            hosts: Vec::new(),
            origins: Vec::new(),
            limits: Limits::default(),
            name: "LAN Broadcaster".to_owned(),
            serve: false,
            strangers: Some(Rights::AskFirst),
            companion: Choice::default(),
            app_port: APP_PORT,
            apps: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads settings that were stored, or that a person wrote.
    ///
    /// # Errors
    /// The text is no JSON of settings, or [`check`](Self::check) refuses them.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let read = |error: serde_json::Error| Error::NotSettings(error.to_string());
        let settings: Self = serde_json::from_str(text).map_err(read)?;
        settings.check()?;
        Ok(settings)
    }

    /// Looks whether they can be put in force.
    ///
    /// # Errors
    /// The first entry that is of no use.
    pub fn check(&self) -> Result<(), Error> {
        check_list("the list of addresses", &self.bind)?;
        check_list("the list of names", &self.hosts)?;
        check_list("the list of origins", &self.origins)?;
        check_list("the list of apps", &self.apps)?;
        check_name(&self.name)?;
        self.hosts.iter().try_for_each(|host| check_host(host))?;
        self.origins
            .iter()
            .try_for_each(|origin| check_origin(origin))?;
        if let Some(app) = self.apps.iter().find(|app| !is_app(app)) {
            return Err(Error::NoApp(app.clone()));
        }
        check_limit(
            "the app's port",
            self.app_port.into(),
            APP_PORT_LEAST.into()..=u16::MAX.into(),
        )?;
        self.check_limits()
    }

    /// Whether `other` asks the companion to open its port otherwise.
    pub(super) fn listens_like(&self, other: &Self) -> bool {
        let listening = |settings: &Self| {
            let Self {
                port,
                app_port,
                bind,
                hosts,
                limits,
                ..
            } = settings.clone();
            (port, app_port, bind, hosts, limits)
        };
        listening(self) == listening(other)
    }

    fn check_limits(&self) -> Result<(), Error> {
        let Limits {
            connections,
            connections_per_address,
            message_bytes,
            queue_bytes,
        } = self.limits;
        check_limit("the limit of connections", connections as usize, 1..=65_535)?;
        check_limit(
            "the limit of connections from one address",
            connections_per_address as usize,
            1..=65_535,
        )?;
        check_limit(
            "the limit of bytes in a message",
            message_bytes,
            1..=MESSAGE_BYTES_MAX,
        )?;
        check_limit(
            "the limit of bytes waiting for one member",
            queue_bytes,
            message_bytes..=QUEUE_BYTES_MAX,
        )
    }
}

/// Reads addresses one by one, so that an error names the one that is none.
fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpAddr>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let address = |text: &String| {
        let no_address = |_| {
            D::Error::custom(format_args!(
                "`{text}` is no address; write it like 192.168.1.5"
            ))
        };
        text.parse().map_err(no_address)
    };
    texts.iter().map(address).collect()
}

fn check_list<T>(list: &'static str, entries: &[T]) -> Result<(), Error> {
    if entries.len() > SETTINGS_LISTED {
        return Err(Error::TooMany {
            list,
            len: entries.len(),
        });
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > NAME_BYTES || name.contains(char::is_control) {
        return Err(Error::NoName(name.to_owned()));
    }
    Ok(())
}

fn check_host(host: &str) -> Result<(), Error> {
    match host.parse::<Host>() {
        Ok(_) => Ok(()),
        Err(reason) => Err(Error::NoHost {
            host: host.to_owned(),
            reason,
        }),
    }
}

fn check_origin(origin: &str) -> Result<(), Error> {
    match origin.parse::<Origin>() {
        Ok(_) => Ok(()),
        Err(reason) => Err(Error::NoOrigin {
            origin: origin.to_owned(),
            reason,
        }),
    }
}

fn check_limit(
    limit: &'static str,
    value: usize,
    allowed: RangeInclusive<usize>,
) -> Result<(), Error> {
    if !allowed.contains(&value) {
        return Err(Error::Limit {
            limit,
            value,
            allowed,
        });
    }
    Ok(())
}
