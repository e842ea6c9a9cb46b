//! With no descriptor left the companion goes on, and takes new members when one is free again.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::Command;
use support::{ON_LOOPBACK, Server, companion, exchange_marks, join, socket};

#[test]
fn accepting_survives_and_goes_on_when_one_is_free() {
    let home = tempfile::tempdir().unwrap();
    let inner = companion(&home);
    // The shell lowers the limit; both limits, since the companion raises the soft one.
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -n 24 && exec \"$0\" \"$@\""])
        .arg(inner.get_program())
        .args(ON_LOOPBACK)
        .env("HOME", home.path());
    let mut server = Server::spawn(home, shell);
    let mut log = BufReader::new(server.child.stderr.take().unwrap()).lines();
    let mut members = [0; 2].map(|_| join(server.port, "/"));
    exchange_marks(&mut members);
    // More than there are descriptors: the last ones wait in the system's backlog.
    let hoard: Vec<_> = (0..30).map(|_| socket(server.port)).collect();
    let words = log.next().expect("words about it").unwrap();
    assert!(words.contains("no connection can be accepted"), "{words}");
    let before = ticks(&server);
    exchange_marks(&mut members);
    drop(hoard);
    let mut late = [0; 2].map(|_| join(server.port, "/late"));
    exchange_marks(&mut late);
    exchange_marks(&mut members);
    assert!(ticks(&server) - before < 100, "it turned in a circle");
}

/// Processor time used, in hundredths of a second (proc(5), fields 14 and 15).
fn ticks(server: &Server) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1;
    let mut fields = fields
        .split_whitespace()
        .skip(11)
        .map(|field| field.parse::<u64>().unwrap());
    fields.next().unwrap() + fields.next().unwrap()
}
