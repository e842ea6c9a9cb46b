//! The broadcaster without IO.
//!
//! Every type here is a value that is told things and asked things: inputs are `handle_*(…, now)`,
//! outputs come from `poll_output()`, and after each input the driver polls until `Wait`. Nothing in
//! this crate owns a clock, a socket, a thread, a task, randomness or a log.
//!
//! Two such values make a broadcaster: the [`executor`], which holds connections and does as it is
//! told, and the hub, which decides. Between them stand [`link::Report`] and [`link::Command`], passed
//! on directly or as text over the link. A driver owns the sockets. Here it is a test's: one client says
//! hello, and a hub of four lines sends every message to everybody.
//!
//! ```
//! use broadcaster::executor::{Executor, Output};
//! use broadcaster::link::{Command, GroupId, Report};
//! use broadcaster::Millis;
//!
//! const ALL: GroupId = GroupId(1);
//!
//! fn decide(report: Report) -> Option<Command> {
//!     match report {
//!         Report::Asked { conn, .. } => {
//!             Some(Command::Admit { conn, protocol: None, groups: vec![ALL] })
//!         }
//!         Report::Received { payload, .. } => {
//!             Some(Command::Send { group: Some(ALL), conn: None, except: None, payload })
//!         }
//!         _ => None,
//!     }
//! }
//!
//! /// Does what the executor asks for, until it waits; gives what would be written to a socket.
//! fn drive(executor: &mut Executor, now: Millis) -> Vec<u8> {
//!     let mut written = Vec::new();
//!     loop {
//!         match executor.poll_output() {
//!             Output::Report(report) => {
//!                 if let Some(command) = decide(report) {
//!                     executor.handle_command(command, now);
//!                 }
//!             }
//!             Output::Listen { port, .. } => executor.handle_listening(port, now),
//!             Output::Write(conn) => {
//!                 let bytes: Vec<u8> = executor.queued(conn).flatten().copied().collect();
//!                 executor.handle_written(conn, bytes.len(), now);
//!                 written.extend(bytes);
//!             }
//!             Output::StopListening | Output::Datagrams(_) => {}
//!             Output::Finish(_) | Output::Drop(_) => {}
//!             Output::Wait(_until) => return written,
//!         }
//!     }
//! }
//!
//! let (mut executor, now) = (Executor::new(), Millis(0));
//! let listen = r#"{"kind": "listen", "port": 9999}"#;
//! executor.handle_command(serde_json::from_str(listen)?, now);
//! drive(&mut executor, now);
//!
//! let (remote, local) = ("127.0.0.1:50000".parse()?, "127.0.0.1:9999".parse()?);
//! let conn = executor.handle_accepted(remote, local, now).ok_or("not accepted")?;
//! let request = "GET / HTTP/1.1\r\nHost: localhost:9999\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
//!     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
//! executor.handle_received(conn, request.as_bytes(), now);
//! assert!(drive(&mut executor, now).starts_with(b"HTTP/1.1 101 "));
//!
//! let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]; // RFC 6455 §5.7
//! executor.handle_received(conn, &hello, now);
//! assert_eq!(drive(&mut executor, now), b"\x81\x05Hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]

pub mod address;
pub mod admission;
pub mod connection;
pub mod envelope;
pub mod executor;
pub mod frame;
pub mod head;
pub mod http;
pub mod hub;
pub mod limits;
pub mod link;
pub mod payload;
pub mod sharing;
pub mod signalling;
pub mod stun;
pub mod time;

pub use payload::Payload;
pub use time::Millis;
