//! `serve`: hub and executor in one process, joined without JSON; no browser.

mod local;
mod site;
mod state;

use crate::directories::Directories;
use crate::driver::Driver;
use crate::origin::EXTENSION_ID;
use crate::{Error, arguments, output, signals};
use anyhow::anyhow;
use broadcaster::address::Address;
use broadcaster::hub::{Config, Hub, Mode};
use broadcaster::limits::Limits;
use broadcaster::link::{Command, Failure};
use local::{Local, Notice};
use state::State;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
    let state = open_state(&arguments)?;
    let (local, notices) = Local::new(hub(&arguments, state.as_ref())?);
    let driver = Driver::new(local);
    driver.follow_addresses();
    for command in site.into_iter().chain([listen(&arguments)]) {
        driver.tell(|executor, now| executor.handle_command(command, now));
    }
    tokio::select! {
        // First, so that its handlers are in place before anyone is told that the port is open.
        biased;
        () = signals::end() => {}
        error = announce(&arguments, state.as_ref(), notices) => return Err(error),
    }
    driver.tell(|executor, now| executor.handle_command(Command::Stop, now));
    // The error is the time running out, which the executor's own deadlines come before.
    let _ = timeout(FAREWELL, driver.until_empty()).await;
    Ok(())
}

fn check_mode(arguments: &arguments::Serve) -> Result<(), Error> {
    if arguments.open && !arguments.allow.is_empty() {
        let refusal = "--allow is not for open mode: open to everyone, and to other networks, would be open \
                       to the world; leave one of the two out";
        return Err(Error::Usage(refusal.to_owned()));
    }
    Ok(())
}

/// What invited mode needs; nothing in open mode.
fn open_state(arguments: &arguments::Serve) -> Result<Option<State>, Error> {
    if arguments.open {
        return Ok(None);
    }
    let path = match &arguments.state {
        Some(path) => path.clone(),
        None => Directories::open()
            .map_err(Error::Environment)?
            .data
            .join("serve.json"),
    };
    let state = State::open(&path, arguments.renew).map_err(Error::Environment)?;
    Ok(Some(state))
}

fn hub(arguments: &arguments::Serve, state: Option<&State>) -> Result<Hub, Error> {
    let config = config(arguments);
    let hub = match state {
        None => Hub::new(config),
        Some(state) => {
            let seed = state::random().map_err(Error::Environment)?;
            Hub::with_invitations(config, seed, state.invitations.keys(state::now()))
        }
    };
    hub.map_err(|error| Error::Usage(error.to_string()))
}

fn config(arguments: &arguments::Serve) -> Config {
    Config {
        mode: if arguments.open {
            Mode::Open
        } else {
            Mode::Invited
        },
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
        allow: arguments.allow.clone(),
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

/// Prints each address at which the broadcaster can be reached, once, and in invited mode the invitation to
/// it; ends when the port is lost.
async fn announce(
    arguments: &arguments::Serve,
    state: Option<&State>,
    mut notices: UnboundedReceiver<Notice>,
) -> Error {
    let mut open = 0;
    let mut printed = BTreeSet::new();
    let mut link = state.and_then(State::master_link);
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
            offered.extend_from_slice(&arguments.bind);
        }
        for ip in offered {
            if printed.insert(ip) {
                tell(SocketAddr::new(ip, open), state);
            }
        }
        if let Some(link) = link.take().filter(|_| arguments.master) {
            let at = SocketAddr::new(own_address(&arguments.bind), open);
            output::line(format_args!("master http://{at}/{}", link.to_fragment()));
        }
    }
}

fn tell(at: SocketAddr, state: Option<&State>) {
    output::line(format_args!("listening ws://{at}/"));
    if let Some(invitation) = state.and_then(State::invitation) {
        output::line(format_args!("invitation {}", invitation.to_link(at)));
    }
}

/// Where a page on this computer reaches the port, whatever becomes of the network.
fn own_address(bind: &[IpAddr]) -> IpAddr {
    let is_all = |ip: &IpAddr| ip.is_unspecified();
    match bind.first() {
        Some(ip) if !bind.iter().any(is_all) => *ip,
        Some(_) | None => Ipv4Addr::LOCALHOST.into(),
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
