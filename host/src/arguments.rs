//! The command line.

use crate::origin::ExtensionId;
use broadcaster::limits::{DEFAULT_PORT, MESSAGE_BYTES_MAX};
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use std::net::IpAddr;
use std::path::PathBuf;

/// Lets this computer's browser serve its neighbours: opens the port that an extension cannot.
///
/// The browser starts it by itself once it is installed; then it is told its caller's origin in
/// place of a command.
#[derive(Debug, Parser)]
#[command(name = "lan-broadcaster-host", version, arg_required_else_help = true, after_help = AFTERWARDS)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What a person can ask for.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Broadcast without a browser, until Ctrl-C.
    Serve(Serve),
    /// Make this companion known to this user's browsers.
    Install(Install),
    /// Take back what `install` did.
    Uninstall(Browsers),
    /// Say what is installed, whether it works, and whether the port is free.
    Doctor(Doctor),
}

/// What `serve` is told.
#[derive(Debug, Args)]
pub struct Serve {
    /// Let anyone on this network join and read everything, in place of those who hold the invitation.
    #[arg(long)]
    pub open: bool,
    /// Keep identity and invitation in this file, in place of one among this user's data.
    #[arg(long, value_name = "FILE", conflicts_with = "open")]
    pub state: Option<PathBuf>,
    /// Take the invitation back, and issue another.
    #[arg(long, conflicts_with = "open")]
    pub renew: bool,
    /// Also print the link with which a page on this computer serves its records to the invited. Whoever has it
    /// can pretend to be that page.
    #[arg(long, conflicts_with = "open")]
    pub master: bool,
    /// The TCP port; 0 takes any free one.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// Listen on this address of this computer only; may be given several times.
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Vec<IpAddr>,
    /// Let web pages of this origin join, such as `http://intranet.example`; may be given several times.
    #[arg(long)]
    pub origin: Vec<String>,
    /// Serve the files of this directory in place of the built-in page.
    #[arg(long, value_name = "DIRECTORY")]
    pub site: Option<PathBuf>,
    /// Let this prefix join besides the local networks; not in open mode.
    #[arg(long, value_name = "PREFIX")]
    pub allow: Vec<IpNet>,
    /// The longest message accepted, in bytes; a longer one ends its sender's connection.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..=MESSAGE_BYTES_MAX as i64))]
    pub max_message_bytes: Option<u32>,
    /// The most connections at once.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub max_connections: Option<u32>,
}

/// What `install` is told.
#[derive(Debug, Args)]
pub struct Install {
    /// Which browsers.
    #[command(flatten)]
    pub browsers: Browsers,
    /// Obey this extension too, besides the published one; may be given several times.
    #[arg(long, value_name = "ID")]
    pub extension_id: Vec<ExtensionId>,
}

/// Which browsers are meant; all that are found when nothing is given.
#[derive(Debug, Args)]
pub struct Browsers {
    /// Only this browser; a wrong name lists the known ones.
    #[arg(long, value_name = "NAME")]
    pub browser: Option<String>,
    /// Only the browser that runs with this `--user-data-dir`.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "browser")]
    pub user_data_dir: Option<PathBuf>,
}

/// What `doctor` is told.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The port to look at.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub port: u16,
}

const AFTERWARDS: &str = "\
Exit codes: 0 done, 1 the system refused something, 2 a wrong value on the command line.
LAN_BROADCASTER_LOG=debug makes it say more on stderr; addresses appear in it.";
