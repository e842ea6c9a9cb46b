//! The companion's executor as an echo server on the loopback address: everybody is admitted, and each
//! message goes back to its sender alone. For conformance suites, which want an answer to what they say.

use broadcaster::Millis;
use broadcaster::limits::Limits;
use broadcaster::link::{Command, Report};
use clap::Parser;
use lan_broadcaster_host::driver::{Decider, Driver};
use lan_broadcaster_host::{output, signals};
use std::collections::VecDeque;
use std::net::Ipv4Addr;
use tokio::runtime::{Builder, LocalOptions};

#[derive(Debug, Parser)]
struct Arguments {
    /// The TCP port; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The longest message accepted, in bytes.
    #[arg(long, default_value_t = 16 << 20)]
    max_message_bytes: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    runtime.block_on(async {
        let driver = Driver::new(Echo::default());
        driver.follow_addresses();
        driver.tell(|executor, now| executor.handle_command(listen(&arguments), now));
        signals::end().await;
    });
    Ok(())
}

fn listen(arguments: &Arguments) -> Command {
    Command::Listen {
        port: arguments.port,
        bind: vec![Ipv4Addr::LOCALHOST.into()],
        limits: Limits {
            message_bytes: arguments.max_message_bytes,
            // An echo waits for its own sender, who may send several before it reads.
            queue_bytes: 4 * arguments.max_message_bytes,
            ..Limits::default()
        },
        hosts: Vec::new(),
        allow: Vec::new(),
        stun: false,
    }
}

#[derive(Debug, Default)]
struct Echo {
    commands: VecDeque<Command>,
}

impl Decider for Echo {
    fn handle_report(&mut self, report: Report, _now: Millis) {
        match report {
            Report::Asked { conn, .. } => {
                self.commands.push_back(Command::Admit {
                    conn,
                    protocol: None,
                    groups: Vec::new(),
                });
            }
            Report::Received { conn, payload } => self.commands.push_back(Command::Send {
                group: None,
                conn: Some(conn),
                except: None,
                payload,
            }),
            Report::Listening { port, .. } => {
                output::line(format_args!("listening ws://127.0.0.1:{port}/"));
            }
            Report::Failed { detail, .. } => eprintln!("echo: {detail}"),
            Report::Hello { .. }
            | Report::Closed { .. }
            | Report::Counters { .. }
            | Report::Addresses { .. }
            | Report::Copy(_)
            | Report::Error { .. } => {}
        }
    }

    fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }
}
