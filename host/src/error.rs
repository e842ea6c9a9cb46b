//! Why a command did not do its work, and the exit code that says so.

use std::process::ExitCode;

/// What stops a command. Its text goes to stderr and says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value on the command line that cannot work; exit code 2, as for values that do not parse.
    #[error("{0}")]
    Usage(String),
    /// The system refused something; exit code 1.
    #[error("{0:#}")]
    Environment(#[from] anyhow::Error),
}

impl Error {
    /// The exit code of a process that stops with this error.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Environment(_) => ExitCode::FAILURE,
        }
    }
}
