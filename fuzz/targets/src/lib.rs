//! What must hold for whatever a peer sends: one function for each parser and each machine that hears
//! peers. A function takes any bytes and panics where a promise is broken; that nothing panics by itself
//! is the least of them.
//!
//! The same functions are run by the fuzzer (`fuzz/fuzz_targets/`, three lines each) and over the committed
//! corpus by a test of the stable toolchain (`tests/replay.rs`).

mod admission;
mod backup;
mod connection;
mod endpoint;
mod envelope;
mod executor;
mod head;
mod http;
mod hub;
mod ice;
mod input;
mod invitation;
mod link;
mod machine;
mod native;
mod noise;
mod query;
mod relay;
mod remote;
mod replication;
mod rig;
mod rpc;
mod signalling;

/// A target: takes any bytes, panics where a promise is broken.
pub type Target = fn(&[u8]);

/// Every target, by the name of its folder in `fuzz/corpus` and of its door in `fuzz/fuzz_targets`.
pub const TARGETS: &[(&str, Target)] = &[
    ("admission", admission::admission),
    ("backup", backup::backup),
    ("candidate", ice::candidate),
    ("connection", connection::connection),
    ("description", ice::description),
    ("endpoint", endpoint::endpoint),
    ("envelope", envelope::envelope),
    ("executor", executor::executor),
    ("head", head::head),
    ("http", http::http),
    ("hub", hub::hub),
    ("invitation", invitation::invitation),
    ("link", link::link),
    ("master", signalling::master),
    ("native", native::native),
    ("noise", noise::noise),
    ("query", query::query),
    ("relay", relay::relay),
    ("remote", remote::remote),
    ("replication", replication::replication),
    ("request", rpc::request),
    ("slave", signalling::slave),
    ("stun", ice::stun),
    ("visitor", signalling::visitor),
];

/// Runs the target of this name.
///
/// # Panics
/// The target found a broken promise, or there is none of this name.
pub fn run(name: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = found.expect("a target of this name");
    target(data);
}
