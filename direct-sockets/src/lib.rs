//! The companion as an Isolated Web App, compiled to WASM: the port is opened by the browser itself
//! (<https://wicg.github.io/direct-sockets/>), the hub is the extension at the other end of a port of
//! `chrome.runtime`.
//!
//! The same executor, connections and link as in the native companion; here is only what moves bytes.
//! Everything happens in turns, as there:
//!
//! ```text
//!  accept ─┐                 ┌─▶ reports ─▶ link::Companion ─▶ port ─▶ the extension
//!  read   ─┼─▶ turn ─▶ Executor ◀── commands ◀──┘
//!  tick   ─┘                 └─▶ dirty connections ─▶ flush ─▶ one write under way for each
//! ```
#![warn(missing_docs)]

mod chunk;
mod driver;
mod engine;
mod face;
mod listen;
mod socket;
mod status;
