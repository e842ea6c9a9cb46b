//! An address that comes while the broadcaster listens is told too.

#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use std::io::Write;
use std::process::Command;
use support::{Server, companion};

/// Needs a network of its own, which not every system lets its users make.
#[test]
fn an_address_that_comes_later_is_printed_then() {
    let private = ["--net", "--user", "--map-root-user"];
    let may = Command::new("unshare")
        .args(private)
        .args(["ip", "link"])
        .output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("not tested: this system gives us no network of our own");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut shell = Command::new("unshare");
    // A line on stdin brings the address.
    shell.args(private).args([
        "sh",
        "-c",
        "ip link set lo up; exec 3<&0; { read -r go <&3; ip addr add 10.9.8.7/24 dev lo; } & \
         exec \"$0\" \"$@\"",
    ]);
    shell
        .arg(companion(&home).get_program())
        .args(["serve", "--open", "--port", "0"]);
    let mut server = Server::spawn(home, shell);
    writeln!(server.child.stdin.take().unwrap(), "go").unwrap();
    let expected = format!("listening ws://10.9.8.7:{}/", server.port);
    assert!(server.lines.any(|line| line.unwrap() == expected));
}
