//! `serve`: hub and executor in one process, joined without JSON; no browser.

mod local;
mod site;

use crate::driver::Driver;
use crate::origin::EXTENSION_ID;
use crate::{Error, arguments, output, signals};
use anyhow::anyhow;
use broadcaster::address::Address;
use broadcaster::hub::{Config, Hub, Mode};
use broadcaster::limits::Limits;
use broadcaster::link::{Command, Failure};
use local::{Local, Notice};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

/// Broadcasts until SIGINT or SIGTERM; then members are closed with 1001.
///
/// # Errors
///
/// For arguments that cannot work, and when the port cannot be opened.
pub async fn run(arguments: arguments::Serve) -> Result<(), Error> {
    check_mode(&arguments)?;
    let site = match &arguments.site {
        Some(directory) => site::read(directory)?,
        None => site::built_in(),
    };
    let hub = Hub::new(config(&arguments)).map_err(|error| Error::Usage(error.to_string()))?;
    let (local, notices) = Local::new(hub);
    let driver = Driver::new(local);
    driver.follow_addresses();
    for command in site.into_iter().chain([listen(&arguments)]) {
        driver.tell(|executor, now| executor.handle_command(command, now));
    }
    tokio::select! {
        // First, so that its handlers are in place before anyone is told that the port is open.
        biased;
        () = signals::end() => {}
        error = announce(&arguments.bind, notices) => return Err(error),
    }
    driver.tell(|executor, now| executor.handle_command(Command::Stop, now));
    // The error is the time running out, which the executor's own deadlines come before.
    let _ = timeout(FAREWELL, driver.until_empty()).await;
    Ok(())
}

fn check_mode(arguments: &arguments::Serve) -> Result<(), Error> {
    let refusal = if !arguments.open {
        "say `serve --open` to let anyone on this network join and read everything; \
         joining by invitation comes in a later version"
    } else if !arguments.allow.is_empty() {
        "--allow is not for open mode: open to everyone, and to other networks, would be open to the \
         world; leave one of the two out"
    } else {
        return Ok(());
    };
    Err(Error::Usage(refusal.to_owned()))
}

fn config(arguments: &arguments::Serve) -> Config {
    Config {
        mode: Mode::Open,
        origins: arguments.origin.clone(),
        own_origins: vec![format!("chrome-extension://{EXTENSION_ID}")],
        limits: limits(arguments),
        ..Config::default()
    }
}

fn listen(arguments: &arguments::Serve) -> Command {
    Command::Listen {
        port: arguments.port,
        bind: arguments.bind.clone(),
        limits: limits(arguments),
        hosts: Vec::new(),
        allow: Vec::new(),
        stun: true,
    }
}

fn limits(arguments: &arguments::Serve) -> Limits {
    let usual = Limits::default();
    let message_bytes = arguments
        .max_message_bytes
        .map_or(usual.message_bytes, |bytes| bytes as usize);
    Limits {
        connections: arguments.max_connections.unwrap_or(usual.connections),
        message_bytes,
        // A message in its envelope must fit, and one behind another.
        queue_bytes: usual.queue_bytes.max(3 * message_bytes),
        ..usual
    }
}

/// Prints each address at which the broadcaster can be reached, once; ends when the port is lost.
async fn announce(bind: &[IpAddr], mut notices: UnboundedReceiver<Notice>) -> Error {
    let mut open = 0;
    let mut printed = BTreeSet::new();
    loop {
        let addresses = match notices.recv().await {
            Some(Notice::Listening(port, addresses)) => {
                open = port;
                addresses
            }
            Some(Notice::Addresses(addresses)) => addresses,
            Some(Notice::Failed {
                code,
                detail,
                ours,
                next,
            }) => {
                return failure(code, &detail, ours, next);
            }
            None => return Error::Environment(anyhow!("the executor is gone")),
        };
        let mut offered: Vec<_> = addresses.into_iter().map(|Address { ip, .. }| ip).collect();
        // An address bound to that is on no interface's list, such as 127.0.0.2, is one all the same.
        if offered.is_empty() {
            offered.extend_from_slice(bind);
        }
        for ip in offered {
            if printed.insert(ip) {
                output::line(format_args!(
                    "listening ws://{}/",
                    SocketAddr::new(ip, open)
                ));
            }
        }
    }
}

/// Says in words why the port is not open. Taken or forbidden ports are the system's affair and end
/// with 1; an address that this computer has not got is a wrong value on the command line, 2.
fn failure(code: Failure, detail: &str, ours: bool, next: Option<u16>) -> Error {
    let advice = match code {
        Failure::PortInUse => {
            let holder = if ours {
                "another LAN Broadcaster"
            } else {
                "another program"
            };
            let next = next.map_or("another --port".to_owned(), |next| {
                format!("--port {next}, which is free")
            });
            format!("{holder} has it: stop that one, or use {next}")
        }
        Failure::PortForbidden => "this user may not open it: use --port 1024 or higher".to_owned(),
        Failure::NoSuchAddress => {
            let words = "an address given with --bind is not one of this computer's: use its own";
            return Error::Usage(format!("{detail}; {words}"));
        }
        Failure::Other => "nothing is listening".to_owned(),
    };
    Error::Environment(anyhow!("{detail}; {advice}"))
}

/// How long the executor may take to close its connections; longer than its own patience with them.
const FAREWELL: Duration = Duration::from_secs(3);
