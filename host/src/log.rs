//! Where log lines go: stderr, and for a companion that a browser started also a small rotating file,
//! because browsers hide stderr. Addresses, names and payload appear at debug and below only.

use crate::directories::Directories;
use anyhow::{Context, Result};
use file_rotate::{ContentLimit, FileRotate, compression::Compression, suffix::AppendCount};
use std::env;
use std::fs::{self, OpenOptions};
use std::io::stderr;
use std::sync::Mutex;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::{Layer, writer::MakeWriterExt};
use tracing_subscriber::prelude::*;

/// Sends log lines to stderr, from `usual` upwards unless `LAN_BROADCASTER_LOG` names another level.
pub fn to_stderr(usual: LevelFilter) {
    tracing_subscriber::registry()
        .with(stderr_layer())
        .with(level(usual))
        .init();
}

/// Sends log lines to stderr and to the file; where that cannot be opened, says so and goes on.
pub fn to_stderr_and_file() {
    let level = level(LevelFilter::INFO);
    match open_file() {
        Ok(file) => {
            let file = Layer::new().with_ansi(false).with_writer(Mutex::new(file));
            tracing_subscriber::registry()
                .with(stderr_layer())
                .with(file)
                .with(level)
                .init();
        }
        Err(error) => {
            tracing_subscriber::registry()
                .with(stderr_layer())
                .with(level)
                .init();
            tracing::warn!("no log file: {error:#}");
        }
    }
}

fn stderr_layer<S>() -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'s> tracing_subscriber::registry::LookupSpan<'s>,
{
    Layer::new()
        .with_ansi(false)
        .with_target(false)
        .with_writer(stderr.with_max_level(tracing::Level::TRACE))
}

/// A word that is no level is taken for the usual one: a wrong log level must not stop the companion.
fn level(usual: LevelFilter) -> LevelFilter {
    env::var("LAN_BROADCASTER_LOG")
        .ok()
        .and_then(|word| word.parse().ok())
        .unwrap_or(usual)
}

/// Opens the file once by hand, because `FileRotate` takes one that cannot be opened for empty.
fn open_file() -> Result<FileRotate<AppendCount>> {
    let directory = Directories::open()?.state;
    fs::create_dir_all(&directory).with_context(|| format!("creating {}", directory.display()))?;
    let path = directory.join("host.log");
    let mut options = OpenOptions::new();
    options.read(true).create(true).append(true);
    options
        .open(&path)
        .with_context(|| format!("opening {}", path.display()))?;
    let limit = ContentLimit::BytesSurpassed(FILE_BYTES);
    let older = AppendCount::new(OLDER_FILES);
    Ok(FileRotate::new(
        path,
        older,
        limit,
        Compression::None,
        Some(options),
    ))
}

/// Bytes after which the log file is put aside and a new one begun.
const FILE_BYTES: usize = 256 * 1024;
/// Files put aside that are kept; the oldest one beyond is deleted.
const OLDER_FILES: usize = 2;
