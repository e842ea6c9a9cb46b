//! Lines on stdout, for people and scripts. Never used while stdout carries the link.

use std::fmt::Display;
use std::io::{Write, stdout};

/// Prints one line and sends it off.
pub fn line(text: impl Display) {
    let mut stdout = stdout().lock();
    // Nobody reading is no reason to stop working.
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}
