//! How far the session with the companion has come.

use super::trouble::Trouble;
use super::url::Url;
use crate::time::Millis;

/// How far the session with the companion has come.
///
/// ```text
///            Connect            hello, sharing wanted       listening
///  Apart ──────────────▶ Greeting ───────────────▶ Opening ──────────▶ Open
///    ▲  ▲                   │ hello, only looked      │ failed           │ failed
///    │  └───────────────────┘                         ▼                  │
///    │                         listen again ◀─────── Held ◀──────────────┘
///    │  all closed, or too slow
///    └───────────────────────── Closing ◀── stop, or another network: from Opening, Open and Held
/// ```
///
/// The end of the companion's port leads back to `Apart` from everywhere.
#[derive(Debug)]
pub(super) enum Phase {
    /// There is no port to the companion. `Some` says why, `None` that none is needed.
    Apart(Option<Trouble>),
    /// The port is there, and our hello sent; the companion's is awaited. `before` is shown while it is
    /// only looked whether there is a companion.
    Greeting {
        until: Millis,
        before: Option<Trouble>,
    },
    /// `listen` was sent, first at `began`, and is to be sent again or answered by `next`.
    Opening { began: Millis, next: Next },
    /// The port is open. A companion that is silent until `due` is sent `listen` again, which changes
    /// nothing and is to be answered; `asks` counts how often that was done in vain.
    Open {
        port: u16,
        urls: Vec<Url>,
        asks: u32,
        due: Millis,
    },
    /// The companion is there, and could not open the port: a person decides.
    Held(Trouble),
    /// `stop` was sent; members hear their last words until then.
    Closing { until: Millis },
}

/// What comes after `listen`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    /// The companion's answer, until then.
    Answer(Millis),
    /// `listen` once more, at that time.
    Again(Millis),
}

impl Phase {
    /// When something is due without anything happening.
    pub(super) fn deadline(&self) -> Option<Millis> {
        match *self {
            Self::Apart(Some(Trouble::Crashed { retry_at, .. })) => retry_at,
            Self::Greeting { until, .. } | Self::Closing { until } => Some(until),
            Self::Opening {
                next: Next::Answer(at) | Next::Again(at),
                ..
            }
            | Self::Open { due: at, .. } => Some(at),
            Self::Apart(_) | Self::Held(_) => None,
        }
    }
}
