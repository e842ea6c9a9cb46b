//! Signalling: how a master and its slaves find each other through a room, and agree on a WebRTC
//! connection. Without IO.
//!
//! | who says it | message | means |
//! |---|---|---|
//! | master → room | `{"action":"announce","from":M,"name"}` | I am here now |
//! | slave → room | `{"action":"request","from":S,"id":R,"protocols":["jio.2"],"to"?:M}` | who is a master? |
//! | master → slave | `{"action":"offer","from":M,"to":S,"id":R,"name","data"}` | I am; my description |
//! | slave → master | `{"action":"answer","from":S,"to":M,"id":R,"data"}` | I take it; my description |
//! | both | `{"action":"candidate","from","to","id":R,"data"}` | try this address; `""` ends them |
//! | both | `{"action":"relay","from","to","id":R,"protocols","data"}` | there is no path: speak through the room |
//! | master → slave | `{"action":"refuse","from":M,"to":S,"id":R,"reason"}` | `full`, `busy`, or `gone` |
//! | slave of 2016 → room | `{"action":"offer","from":S,"data"}` | my complete description |
//! | master → that slave | `{"action":"answer","to":S,"data"}` | mine |
//!
//! In the lobby, a request has a `commitment`, its offer and answer a `nonce`: see [`trust::signs`].
//!
//! `data` of `relay` is a message of the handshake, all other is JSON in a string: `{"type","sdp"}` or `{"candidate","sdpMid",…}`. `R` is a number that grows
//! with each attempt of a slave, or any text. Where the hub knows envelopes everything but `announce`,
//! `request` and the slave's offer of 2016 is sent to the one member it is meant for, and taken from
//! that one only. After `relay` the two send each other sealed bytes, each to the other's member.
//!
//! [`Master`] and [`Slave`] are driven alike; a master has a few inputs less.
//!
//! ```
//! use broadcaster::Millis;
//! use broadcaster::signalling::{Framing, Slave, slave};
//!
//! let mut slave = Slave::new(slave::Config::new("S".try_into()?));
//! slave.handle_start(Millis(0));
//! let mut said = Vec::new();
//! let next = loop {
//!     match slave.poll_output() {
//!         // A shell opens the WebSocket, and calls this when it is open.
//!         slave::Output::Connect => slave.handle_opened(Framing::Plain, Millis(5)),
//!         slave::Output::Disconnect => said.clear(),
//!         slave::Output::Send(text) => said.push(text),
//!         slave::Output::Rtc(command) => unreachable!("nobody has answered: {command:?}"),
//!         slave::Output::Event(event) => println!("{event:?}"),
//!         slave::Output::Wait(until) => break until,
//!     }
//! };
//! assert_eq!(said, [r#"{"action":"request","from":"S","id":1,"protocols":[]}"#]);
//! assert_eq!(next, Some(Millis(1005)));
//! # Ok::<(), broadcaster::signalling::message::PeerIdError>(())
//! ```

mod backoff;
pub mod candidate;
pub mod description;
mod exchange;
pub mod master;
pub mod message;
mod near;
mod relay;
mod room;
pub mod rtc;
pub mod slave;

pub use exchange::Seen;
pub use master::Master;
pub use message::Message;
pub use near::Near;
pub use relay::Way;
pub use room::Framing;
pub use slave::Slave;
