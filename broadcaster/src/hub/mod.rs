//! The hub: rooms, their members, who may join them, and who gets which message. Decides and
//! commands; the companion's executor holds the connections and carries the commands out.
//!
//! Reports of the companion and calls for local members go in, outputs come out:
//!
//! ```
//! use broadcaster::hub::{Config, Hub, Mode, Output};
//! use broadcaster::link::Report;
//! use broadcaster::Millis;
//!
//! fn drive(hub: &mut Hub, report: Report, now: Millis) -> Option<Millis> {
//!     hub.handle_report(report, now);
//!     loop {
//!         match hub.poll_output() {
//!             Output::Command(command) => println!("to the companion: {command:?}"),
//!             Output::Deliver { member, text } => println!("to local {member:?}: {text}"),
//!             Output::Event(event) => println!("happened: {event:?}"),
//!             Output::Wait(deadline) => return deadline,
//!         }
//!     }
//! }
//!
//! let mut hub = Hub::new(Config { mode: Mode::Open, ..Config::default() })?;
//! drive(&mut hub, Report::Addresses { addresses: Vec::new() }, Millis(0));
//! # Ok::<(), broadcaster::hub::Error>(())
//! ```

mod broadcast;
mod config;
mod entry;
mod farewell;
mod guest;
mod lobby;
mod machine;
mod member;
mod output;
mod presence;
mod room;

pub use config::{Config, Error, Mode};
pub use entry::Refusal;
pub use machine::Hub;
pub use member::{Kind, Member, MemberId};
pub use output::{Event, Output, Totals};
