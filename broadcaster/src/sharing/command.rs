//! What a person asks of the session through the popup and the options page, and the answer.

use super::machine::Sharing;
use super::settings::{Error, Settings};
use crate::hub::Mode;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

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
    /// Nothing was changed.
    Error {
        /// Why, and what to do, for a person.
        detail: String,
    },
}

impl<E: std::error::Error> From<Result<(), E>> for Reply {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::Error {
                detail: error.to_string(),
            },
        }
    }
}

impl Sharing {
    /// Carries out a [`PopupCommand`], given as JSON, and gives the answer.
    pub fn handle_command(&mut self, text: &str, now: Millis) -> Reply {
        self.arrive(now);
        // By way of a value: an error then speaks of the content, and of no line and column.
        let value = serde_json::from_str::<serde_json::Value>(text);
        match value.and_then(serde_json::from_value) {
            Ok(command) => self.obey(command, now).into(),
            Err(error) => Err(error).into(),
        }
    }

    fn obey(&mut self, command: PopupCommand, now: Millis) -> Result<(), Error> {
        match command {
            PopupCommand::Start { mode } => self.handle_start(mode, now),
            PopupCommand::Stop => {
                self.handle_stop(now);
                Ok(())
            }
            PopupCommand::Set { settings } => self.set(settings, now),
            PopupCommand::Retry => {
                self.handle_retry(now);
                Ok(())
            }
            PopupCommand::Serve { on: serve } => {
                let settings = self.settings.clone();
                self.set(Settings { serve, ..settings }, now)
            }
            PopupCommand::UsePort { port } => {
                let settings = self.settings.clone();
                self.set(Settings { port, ..settings }, now)?;
                self.handle_retry(now);
                Ok(())
            }
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
