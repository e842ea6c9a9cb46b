//! The extension's session with a companion: whether this browser shares, on which port, with whom, and
//! what stands in the way. Holds the [`Link`](crate::link::Link) and the [`Hub`](crate::hub::Hub); told
//! of the companion's port and of a person's wishes, it gives the popup its [`State`].
//!
//! The driving loop, once around:
//!
//! ```
//! use broadcaster::Millis;
//! use broadcaster::sharing::{Output, Sharing};
//!
//! fn drive(sharing: &mut Sharing, text: &str, now: Millis) -> Option<Millis> {
//!     sharing.handle_text(text, now);
//!     loop {
//!         match sharing.poll_output() {
//!             Output::Connect(carrier) => println!("open a port to the companion: {carrier:?}"),
//!             Output::Send(text) => println!("through the port: {text}"),
//!             Output::Disconnect => println!("close the port and forget it"),
//!             Output::OpenDocument(document) => println!("have this document open: {document:?}"),
//!             Output::DropApp => println!("close the app's port and forget it"),
//!             Output::CloseDocument => println!("have it closed"),
//!             Output::Tell(brief) => println!("to the document: {brief:?}"),
//!             Output::Deliver(text) => println!("through the master's port: {text}"),
//!             Output::Dismiss => println!("close the master's port"),
//!             Output::State(state) => println!("to the popup: {state:?}"),
//!             Output::Store(stored) => println!("to be kept: {stored:?}"),
//!             Output::Event(event) => println!("to the log: {event:?}"),
//!             Output::Wait(until) => return until,
//!         }
//!     }
//! }
//! ```

mod app;
mod command;
mod copying;
mod gathered;
mod guests;
mod machine;
mod master;
mod memory;
mod output;
mod phase;
mod qr;
mod session;
mod settings;
mod state;
mod trouble;
mod url;
mod view;

pub use app::{AppRow, Carrier, Choice};
pub use command::{PopupCommand, Reply};
pub use copying::{CopyOutput, Copying};
pub use guests::{Hosting, InvitationRow, Invite, Keeping};
pub use machine::{Setup, Sharing, SiteFile};
pub use master::{Asks, Brief, Document};
pub use memory::{BrowserSession, Memory, Network, Question, Resume, Wish, resume};
pub use output::{Output, Stored};
pub use qr::Qr;
pub use settings::{Error, Settings};
pub use state::{Companion, Member, State, Status};
pub use url::Url;
