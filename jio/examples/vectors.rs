//! Runs a file of golden query cases:
//! `cargo run --release --example vectors -- FILE`.
//!
//! Prints each failure and the totals. Exits with 0 when all pass, 1 when one fails, 2 when the
//! file cannot be read.

#[path = "../tests/common/mod.rs"]
mod common;

use std::process::ExitCode;

use common::Vectors;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("which file? usage: vectors FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read {}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let vectors = match Vectors::read(&text) {
        Ok(vectors) => vectors,
        Err(error) => {
            eprintln!("{} is not a file of query cases: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    report(&vectors)
}

#[allow(
    clippy::print_stdout,
    reason = "what the example prints is what it is for"
)]
fn report(vectors: &Vectors) -> ExitCode {
    let report = vectors.run();
    for failure in &report.failures {
        println!("{failure}");
    }
    println!("{} passed, {} failed", report.passed, report.failures.len());
    if report.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
