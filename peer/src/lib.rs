//! Master and slave for any web page, compiled to WASM; `peer/npm` is the JavaScript half.
//!
//! Loops and tables. What is heard from the broadcaster, from `RTCPeerConnection`s, from the page and from
//! the clock becomes one item in the queue of one task, [`slave`] or [`master`], which gives it to
//! `broadcaster::signalling` and `jio::endpoint` and carries out what comes back. Decides nothing about
//! protocols.
//!
//! ```text
//! page ─▶ face ─▶ queue ─▶ slave ──▶ signalling::Slave        line (WebSocket)
//!                            ├─────▶ connections (WebRTC) ◀─▶ the master's channel
//!                            └─────▶ calls ──▶ endpoint::Caller
//!
//! page ─▶ face ─▶ queue ─▶ master ─▶ signalling::Master       line (WebSocket, extension port)
//!                            ├─────▶ connections (WebRTC) ◀─▶ channels of slaves
//!                            ├─────▶ wires ◀────────────────▶ pages of the same origin (attached)
//!                            └─────▶ serving, one each ──▶ endpoint::Server ──▶ storage
//!                            └─────▶ lookout, jio::live ◀── what changes there
//! ```

mod address;
mod attached;
pub mod backup;
mod calls;
mod connections;
mod face;
mod followers;
mod following;
mod judge;
mod line;
mod lookout;
mod master;
mod pace;
mod page;
mod queue;
pub mod recalled;
mod relayed;
mod serving;
mod slave;
pub mod storage;
