//! The extension's background, compiled to WASM: the hub in a service worker.
//!
//! A loop and a table. What is heard from the companion, from pages of the extension, from the storage
//! and from the clock becomes one [`event::Event`]; one task gives it to `broadcaster::sharing` and
//! carries out what comes back. Decides nothing about protocols. Listeners that start the worker are
//! registered by the door, `extension/worker.js`.

mod background;
mod badge;
mod copies;
mod document;
mod event;
mod page;
mod shell;
mod single;
mod site;
