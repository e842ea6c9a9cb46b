//! The slave: finds a master through a room, connects to it, leaves the room, and comes back when the
//! connection is lost.
//!
//! ```text
//!         start                 inside                    offer              channel open
//!  Idle ────────▶ Reaching ──────────────▶ Asking ─────────────────▶ Connecting ─────────▶ Connected
//!   ▲   ▲            │  ▲                   │  │  two masters            │                     │
//!   │   │     closed │  │ pause over        │  └────▶ Choosing ─choice─▶ Asking                │
//!   │   │            ▼  │                   │                            │ failed, 7 s         │ lost
//!   │   │          Pausing ◀────────────────┴────────────────────────────┴─────────────────────┘
//!   │   └── deadline of 15 s (the first time only): Failed
//!   └── stop
//! ```
//!
//! **Several masters.** Each offer carries its master's id and name. A slave that wants one master in
//! particular takes that one's offer and no other. One that does not takes the only master there is: at
//! once where no other member of the room could be one, else after 0.5 s of listening, and after that
//! as soon as one answers. When two have answered, the person chooses, without a deadline, and the
//! machine never chooses or switches by itself: a slave that was connected wants the same master from
//! then on. A master that answers later is listed and changes nothing.
//!
//! **The order of 2016.** Where the room is open, no invitation is held and no master in particular is
//! wanted, 1.5 s of silence make the slave offer as in 2016, with a complete description. Its `id` makes
//! our own master take that for one more request, so both kinds are found.
//!
//! **An invitation.** A slave that holds one proves that to the hub, names it in its requests, and is not
//! connected before the master has proven on the channel that the invitation is its own.
//!
//! **The lobby.** A slave without one knocks where the hub asks for it, if it is a visitor, and else is told at
//! once that it needs one. Its request commits it to a certificate and a nonce; when its channel is open it
//! shows the signs that follow, and waits for a person. Being let in is to be handed an invitation over that
//! channel, from which on it goes as with any other.
//!
//! **No path.** A slave that was invited and finds no path to a master that answered asks it to speak through
//! the room (`Relaying`), and then is connected that way. It stays in the room and goes on looking for a path,
//! after growing pauses, through the same phases; when it has a channel the room is left as soon as the
//! driver has nothing more to say through it.
//!
//! **Loss.** A request is repeated after 1, 2, 4 and 8 s, an answer after 0.5, 1, 2 and 4 s; a master
//! replies to a repeated one with what it had said. An announced master is asked at once.

mod asking;
mod connecting;
mod failure;
mod machine;
mod of_2016;
mod output;
mod proving;
mod relaying;
mod trial;
mod visiting;

pub use failure::{Cause, Failure};
pub use machine::{Config, Slave};
pub use output::{Event, Listed, Output, Stats, Step};
pub use visiting::{Door, Ticket};
