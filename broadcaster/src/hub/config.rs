//! What a hub is told when it starts: who may join, and the bounds in force.

use crate::admission::{self, Origin, OriginRule, Reach};
use crate::limits::Limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Who may join a hub.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Holders of an invitation.
    #[default]
    Invited,
    /// Anyone on the network.
    Open,
}

/// What a hub starts with, and may be given anew while it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Who may join.
    pub mode: Mode,
    /// Origins listed by the user, besides ours.
    pub origins: Vec<String>,
    /// Origins of ours that are no page of the port, such as `chrome-extension://ID`.
    pub own_origins: Vec<String>,
    /// Bounds in force.
    pub limits: Limits,
    /// The broadcaster's name, for people.
    pub name: String,
    /// Addresses from which nobody may come.
    pub banned: BTreeSet<IpAddr>,
}

impl Config {
    /// The rule over `Origin` that this configuration puts in force.
    ///
    /// # Errors
    ///
    /// When the configuration asks for what the hub cannot do, or a listed origin is none.
    pub(super) fn to_origin_rule(&self) -> Result<OriginRule, Error> {
        let reach = match self.mode {
            Mode::Open => Reach::Networks,
            Mode::Invited => Reach::Listed,
        };
        let listed = || self.origins.iter().chain(&self.own_origins);
        OriginRule::new(listed(), reach).map_err(|reason| {
            let is_broken = |origin: &&String| origin.parse::<Origin>().is_err();
            let origin = listed().find(is_broken).cloned().unwrap_or_default();
            Error::NoOrigin { origin, reason }
        })
    }
}

/// Why a configuration is of no use; nothing was started or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Invited mode needs a hub made by [`Hub::with_invitations`](super::Hub::with_invitations).
    #[error(
        "invited mode is not built yet; choose open mode, where anyone on this network may join"
    )]
    InvitedNotBuilt,
    /// A listed origin is no origin.
    #[error("`{origin}` is no origin: {reason}; correct it or take it off the list")]
    NoOrigin {
        /// The origin as listed.
        origin: String,
        /// What is wrong with it.
        reason: admission::Error,
    },
}
