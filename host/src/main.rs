//! The companion's door: arguments, runtime, wiring.
//!
//! ```text
//! argv[1] is an origin ──▶ native::run     the link on stdin and stdout; a browser started us
//! serve ─────────────────▶ serve::run      a hub in this process
//! install, uninstall ────▶ install         manifests of this user's browsers
//! doctor ────────────────▶ install::doctor
//! ```

use clap::Parser;
use lan_broadcaster_host::arguments::{Action, Arguments};
use lan_broadcaster_host::{Error, allocator, install, log, native, open_files, origin, serve};
use std::env;
use std::future::Future;
use std::process::ExitCode;
use tokio::runtime::{Builder, LocalOptions};
use tracing::level_filters::LevelFilter;

fn main() -> ExitCode {
    allocator::give_back();
    let caller = env::args()
        .nth(1)
        .filter(|argument| origin::is_origin(argument));
    match caller {
        // A browser hides stderr; the log file keeps it.
        Some(caller) => finish(started_by_browser(&caller), |error| {
            tracing::error!("{error}")
        }),
        None => finish(started_by_person(Arguments::parse().action), |error| {
            eprintln!("lan-broadcaster-host: {error}");
        }),
    }
}

fn finish(outcome: Result<(), Error>, tell: impl FnOnce(&Error)) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error);
            error.exit_code()
        }
    }
}

/// What follows the origin (`--parent-window=…` on Windows) is of no use to us.
fn started_by_browser(caller: &str) -> Result<(), Error> {
    log::to_stderr_and_file();
    native::check_caller(caller)?;
    open_files::raise_limit();
    block_on(async {
        native::run().await;
        Ok(())
    })
}

fn started_by_person(action: Action) -> Result<(), Error> {
    log::to_stderr(LevelFilter::WARN);
    match action {
        Action::Serve(arguments) => {
            open_files::raise_limit();
            block_on(serve::run(arguments))
        }
        Action::Install(arguments) => install::install(&arguments),
        Action::Uninstall(browsers) => install::uninstall(&browsers),
        Action::Doctor(arguments) => block_on(install::doctor(&arguments)),
    }
}

fn block_on(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default());
    runtime.map_err(anyhow::Error::from)?.block_on(work)
}
