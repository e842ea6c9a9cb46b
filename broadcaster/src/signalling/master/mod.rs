//! The master: answers the slaves of a room and keeps their connections within its bounds.
//!
//! ```text
//!  request ──▶ (line) ──▶ HalfOpen: Describing ──answer──▶ Joining ──channel open──▶ Connected
//!                 │              │                           │                           │
//!                 └── busy,      └── 10 s, superseded, lost ─┴──▶ Failed                 └──▶ Left
//!                     full
//! ```
//!
//! - A slave has one session. Its newest attempt replaces one that is not open yet at once, and an
//!   open one when it opens itself; an older attempt that comes late is ignored, and a repeated
//!   request gets the same offer again.
//! - Sessions that are not open yet are bounded: one of each member, 4 of each address, 32 in all, 10 s
//!   each. Who comes beyond that waits in a line of 512. At 500 connections slaves are refused.
//! - A member that leaves the room ends its half-open session a little later, not at once: a slave
//!   leaves as soon as the channel is open on its side.
//! - A master that invites wants a proof on each open channel of a slave that says it holds an invitation,
//!   and of every one where strangers are refused; for 10 s the session is half-open still. When an
//!   invitation ends, the sessions of its holders do.
//! - A slave that finds no path asks to speak through the broadcaster, as whose member it then stays: 32 at a
//!   time, each with an invitation. Its first message may be an old one that somebody sends again, so it
//!   counts as connected with the first sealed one. When it has a channel after all it leaves, and until
//!   then it has both.
//! - Who comes from the lobby waits on its open channel for a person, as long as the lobby lasts, and bounded
//!   as that; it shows signs that both sides have a part in. Let in, it is handed an invitation, and proves it.
//! - Open connections outlive the room, those through the broadcaster do not. The room is entered again after growing pauses.

mod admission;
mod dialogue;
mod guests;
mod knocks;
mod line;
mod machine;
mod output;
mod relays;
mod session;

pub use guests::{Guest, Host, Strangers};
pub use machine::{Config, Master};
pub use output::{Event, Failed, Left, Output, Stats};
pub use session::{Peer, Status};
