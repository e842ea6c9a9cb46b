//! Why a slave has no connection: what was tried, and what a person should look at.

use crate::signalling::exchange::Seen;
use crate::signalling::message::{Name, Reason};
use std::fmt;
use std::net::IpAddr;

/// What was tried since the person asked, or since the connection was lost.
///
/// Its `Display` is for the person: what happened, what was tried where that tells something, and
/// what to check; a sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How far it came.
    pub cause: Cause,
    /// How often a WebSocket to the broadcaster was opened, or tried to be.
    pub reached: u32,
    /// How often masters were asked.
    pub asked: u32,
    /// How many connections were tried.
    pub connections: u32,
    /// The masters that answered.
    pub answered: Vec<Name>,
    /// Our own address, where the broadcaster told it.
    pub own: Option<IpAddr>,
    /// Our candidates of the last connection that was tried.
    pub local: Seen,
    /// The master's candidates of it.
    pub remote: Seen,
}

/// How far a slave came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The connection has just been lost, in the browser's words, and nothing was tried yet.
    Lost(String),
    /// No WebSocket to the broadcaster came to be.
    Unreachable,
    /// The broadcaster closed it with this code and reason.
    Refused {
        /// The close code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// The broadcaster is for holders of an invitation, and there is none.
    NotInvited,
    /// The invitation is none that is known, or not any more.
    Invitation,
    /// Who answered did not prove to be the one that invites.
    Unproven,
    /// Nobody in the room answered.
    NoMaster,
    /// Others answered, but not the master that is wanted.
    OtherMasters,
    /// The master has no place, or says something we do not know.
    Declined(Reason),
    /// The browser makes no connection, in its words.
    Browser(String),
    /// A master answered, and neither side knows an address of its own.
    NoAddresses,
    /// A master answered, and no path to it was found.
    NoPath,
}

impl Cause {
    /// What a person can do about it.
    fn check(&self) -> &'static str {
        match self {
            Self::Lost(_) => "It comes back by itself as soon as the master can be reached again",
            Self::Unreachable => {
                "Check that sharing is on, that the address is typed right, and that both devices \
                 are on the same network"
            }
            Self::Refused {
                code: DISMISSED, ..
            } => "Talk to the person at the broadcaster's computer, then connect again",
            Self::Refused { code: LATE, .. } => {
                "Ask the person at the broadcaster's computer to answer, then connect again"
            }
            Self::Refused { code: FULL, .. } => "Wait a moment, then connect again",
            Self::Refused { code: MANY, .. } => {
                "Close the other pages of this device that wait or are connected, then connect again"
            }
            Self::Refused { .. } => "Ask the person who shares to look at the broadcaster",
            Self::NotInvited => {
                "Ask the person who shares for an invitation, and open its link on this device"
            }
            Self::Invitation => "Ask for a new one",
            Self::Unproven => {
                "Somebody on this network may be in between, or the sharing computer has begun \
                 anew: ask the person who shares for the newest invitation"
            }
            Self::NoMaster => "On the sharing computer, press Serve my records",
            Self::OtherMasters => "Start that master again, or choose one of the others",
            Self::Declined(_) => "Try again when another device has left",
            Self::Browser(_) => "Check that WebRTC is not switched off in the browser",
            Self::NoAddresses | Self::NoPath => {
                "Check that both devices are on the same network, that no firewall or VPN is in the \
                 way, and that the Wi-Fi lets devices talk to each other (no guest network)"
            }
        }
    }
}

impl Failure {
    fn happened(&self) -> String {
        match &self.cause {
            Cause::Lost(detail) => format!("The connection was lost: {detail}"),
            Cause::Unreachable => "The broadcaster could not be reached".into(),
            Cause::Refused { code, reason } if reason.is_empty() => {
                format!("The broadcaster closed the connection (code {code})")
            }
            Cause::Refused {
                code: DISMISSED | LATE | FULL | MANY,
                reason,
            } => capitalised(reason),
            Cause::Refused { reason, .. } => {
                format!("The broadcaster closed the connection: {reason}")
            }
            Cause::NotInvited => "This broadcaster is for invited devices only".into(),
            Cause::Invitation => "This invitation is not known here or was renewed".into(),
            Cause::Unproven => "Who answered could not prove to be the one that invited you".into(),
            Cause::NoMaster => "The broadcaster is there, but nobody serves records".into(),
            Cause::OtherMasters => "The chosen master did not answer".into(),
            Cause::Declined(Reason::Full) => format!("{} has no free connection", self.master()),
            Cause::Declined(Reason::Busy) => {
                format!("{} is busy with others who connect", self.master())
            }
            Cause::Declined(Reason::Gone | Reason::Invitation | Reason::Other) => {
                format!("{} declined", self.master())
            }
            Cause::Browser(detail) => format!("The browser makes no connection: {detail}"),
            Cause::NoAddresses => "Neither device found an address to be reached at".into(),
            Cause::NoPath => format!("{} answered, but no path to it was found", self.master()),
        }
    }

    /// What was tried, where a person can make something of it.
    fn tried(&self) -> Option<String> {
        match &self.cause {
            Cause::Unreachable => Some(format!("Tried {}", Times(self.reached))),
            Cause::NoMaster => Some(format!("Asked {}", Times(self.asked))),
            Cause::OtherMasters => Some(format!("Others did: {}", self.names().join(", "))),
            Cause::NoPath => Some(format!(
                "Tried {}, from this device at {} to the master at {}",
                Times(self.connections),
                self.local,
                self.remote
            )),
            Cause::NoAddresses => Some(format!("Tried {}", Times(self.connections))),
            Cause::Lost(_)
            | Cause::Refused { .. }
            | Cause::NotInvited
            | Cause::Invitation
            | Cause::Unproven
            | Cause::Declined(_)
            | Cause::Browser(_) => None,
        }
    }

    /// The master as the subject of a sentence: by its name, where only one answered and has one.
    fn master(&self) -> String {
        match self.names()[..] {
            [name] => format!("“{name}”"),
            _ => "The master".into(),
        }
    }

    fn names(&self) -> Vec<&str> {
        let names = self.answered.iter().map(Name::as_str);
        names.filter(|name| !name.is_empty()).collect()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The browser's words, and a broadcaster's, may bring their own full stop.
        write!(f, "{}. ", self.happened().trim_end_matches('.'))?;
        if let Some(tried) = self.tried() {
            write!(f, "{tried}. ")?;
        }
        write!(f, "{}.", self.cause.check())
    }
}

impl std::error::Error for Failure {}

/// The close code for an invitation that is missing or not in force.
const UNINVITED: u16 = 4401;
/// The close codes whose reason says enough: a person does not want it, no person answered, and the bounds of
/// the broadcaster and of one address.
const DISMISSED: u16 = 4403;
const LATE: u16 = 4408;
const FULL: u16 = 1013;
const MANY: u16 = 4409;

/// A reason as the beginning of a sentence.
fn capitalised(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A number of times in words.
struct Times(u32);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            times => write!(f, "{times} times"),
        }
    }
}

/// What a failure is made of, counted while the slave tries.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) reached: u32,
    pub(super) entered: u32,
    pub(super) asked: u32,
    pub(super) connections: u32,
    pub(super) closed: Option<(u16, String)>,
    pub(super) declined: Option<Reason>,
    pub(super) refused: Option<String>,
    /// The broadcaster wants an invitation, and there is none.
    pub(super) is_uninvited: bool,
    /// Somebody answered who is not known to be the one that invites.
    pub(super) is_unproven: bool,
    /// Why the connection ended that is to be made again; only until the next try begins.
    pub(super) lost: Option<String>,
    pub(super) local: Seen,
    pub(super) remote: Seen,
}

impl Tally {
    /// The furthest that the slave came; `answered` are the masters that did.
    pub(super) fn to_failure(
        &self,
        answered: Vec<Name>,
        own: Option<IpAddr>,
        is_invited: bool,
    ) -> Failure {
        Failure {
            cause: self.cause(!answered.is_empty(), is_invited),
            reached: self.reached,
            asked: self.asked,
            connections: self.connections,
            answered,
            own,
            local: self.local.clone(),
            remote: self.remote.clone(),
        }
    }

    fn cause(&self, has_answers: bool, is_invited: bool) -> Cause {
        let not_welcome = if is_invited {
            Cause::Invitation
        } else {
            Cause::NotInvited
        };
        let nobody_knows_an_address =
            self.local.candidates.is_empty() && self.remote.candidates.is_empty();
        if let Some(detail) = &self.lost {
            return Cause::Lost(detail.clone());
        }
        if self.is_uninvited
            || self
                .closed
                .as_ref()
                .is_some_and(|(code, _)| *code == UNINVITED)
        {
            return not_welcome;
        }
        if let Some((code, reason)) = &self.closed {
            return Cause::Refused {
                code: *code,
                reason: reason.clone(),
            };
        }
        if let Some(detail) = &self.refused {
            return Cause::Browser(detail.clone());
        }
        if self.is_unproven {
            return Cause::Unproven;
        }
        match (self.connections, self.declined) {
            (_, Some(Reason::Invitation)) => not_welcome,
            (_, Some(reason)) => Cause::Declined(reason),
            (1.., None) if nobody_knows_an_address => Cause::NoAddresses,
            (1.., None) => Cause::NoPath,
            (0, None) if has_answers => Cause::OtherMasters,
            (0, None) if self.entered > 0 || self.asked > 0 => Cause::NoMaster,
            (0, None) => Cause::Unreachable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signalling::candidate::Kind;

    #[test]
    fn the_cause_is_the_furthest_point() {
        let refused = Cause::Refused {
            code: 4403,
            reason: "no".into(),
        };
        let seen = Seen {
            candidates: vec![(Kind::Host, "10.0.0.5".into())],
            dropped: 0,
        };
        let tally = Tally::default;
        let table = [
            (tally(), false, Cause::Unreachable),
            (
                Tally {
                    entered: 1,
                    ..tally()
                },
                false,
                Cause::NoMaster,
            ),
            (
                // In a room that was entered in the trial before this one.
                Tally {
                    asked: 1,
                    ..tally()
                },
                false,
                Cause::NoMaster,
            ),
            (
                Tally {
                    entered: 1,
                    ..tally()
                },
                true,
                Cause::OtherMasters,
            ),
            (
                Tally {
                    connections: 1,
                    ..tally()
                },
                true,
                Cause::NoAddresses,
            ),
            (
                Tally {
                    connections: 1,
                    remote: seen,
                    ..tally()
                },
                true,
                Cause::NoPath,
            ),
            (
                Tally {
                    refused: Some("no".into()),
                    ..tally()
                },
                true,
                Cause::Browser("no".into()),
            ),
            (
                Tally {
                    declined: Some(Reason::Full),
                    ..tally()
                },
                true,
                Cause::Declined(Reason::Full),
            ),
            (
                Tally {
                    closed: Some((4403, "no".into())),
                    entered: 1,
                    ..tally()
                },
                false,
                refused,
            ),
        ];
        for (tally, has_answers, cause) in table {
            assert_eq!(tally.cause(has_answers, false), cause, "{tally:?}");
        }
    }

    #[test]
    fn who_is_not_welcome_is_told_by_what_it_came_with() {
        let table = [
            Tally {
                is_uninvited: true,
                ..Tally::default()
            },
            Tally {
                closed: Some((4401, "no".into())),
                ..Tally::default()
            },
            Tally {
                declined: Some(Reason::Invitation),
                ..Tally::default()
            },
        ];
        for tally in table {
            assert_eq!(tally.cause(false, false), Cause::NotInvited, "{tally:?}");
            assert_eq!(tally.cause(false, true), Cause::Invitation, "{tally:?}");
        }
        let tally = Tally {
            closed: Some((4401, String::new())),
            ..Tally::default()
        };
        assert_eq!(
            tally.to_failure(Vec::new(), None, true).to_string(),
            "This invitation is not known here or was renewed. Ask for a new one."
        );
    }

    #[test]
    fn a_failure_says_what_happened_what_was_tried_and_what_to_check() {
        let told = |tally: &Tally, answered: &[&str]| {
            let answered = answered.iter().map(|name| Name::from(*name)).collect();
            tally.to_failure(answered, None, false).to_string()
        };
        let mut tally = Tally {
            reached: 1,
            entered: 1,
            asked: 2,
            ..Tally::default()
        };
        assert_eq!(
            told(&tally, &[]),
            "The broadcaster is there, but nobody serves records. Asked twice. On the sharing \
             computer, press Serve my records."
        );
        assert_eq!(
            told(&tally, &["Library", "Kitchen"]),
            "The chosen master did not answer. Others did: Library, Kitchen. Start that master \
             again, or choose one of the others."
        );
        tally.connections = 3;
        tally.local.candidates.push((Kind::Host, "10.0.0.5".into()));
        let text = told(&tally, &["Kitchen"]);
        assert!(
            text.starts_with(
                "“Kitchen” answered, but no path to it was found. Tried 3 times, from this device \
                 at 10.0.0.5 to the master at an unknown address. Check that both devices"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_was_not_tried_is_not_told() {
        let tally = Tally {
            lost: Some("the network path is gone.".into()),
            ..Tally::default()
        };
        assert_eq!(
            tally
                .to_failure(vec!["Library".into()], None, false)
                .to_string(),
            "The connection was lost: the network path is gone. It comes back by itself as soon as \
             the master can be reached again."
        );
    }
}
