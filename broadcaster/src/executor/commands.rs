//! The hub's commands, carried out.

use super::Executor;
use super::machine::{Hub, mark, note};
use super::output::Output;
use super::port::{Listening, Port};
use crate::admission::Host;
use crate::frame::{self, code};
use crate::http::File;
use crate::limits::RATE_DELIVERY_BYTES;
use crate::link::{Command, ConnId, GroupId, Report};
use crate::payload::Payload;
use crate::time::Millis;

/// Why members are closed when sharing ends.
const STOPPED: &str = "sharing was stopped";

impl Executor {
    /// Does what the hub says. Commands about connections that are gone change nothing, since the hub
    /// may not know yet.
    pub fn handle_command(&mut self, command: Command, now: Millis) {
        self.hub = Hub::Attached;
        match command {
            // Versions and broken messages are the link's matter, files are the companion's.
            Command::Hello { .. } | Command::Error { .. } | Command::Copy(_) => {}
            Command::Site {
                path,
                content_type,
                etag,
                body,
            } => {
                let result = self.site.insert(
                    path,
                    File {
                        content_type,
                        etag,
                        body,
                    },
                );
                self.report_error(result);
            }
            Command::Listen {
                port,
                bind,
                limits,
                hosts,
                allow,
                stun,
            } => {
                let hosts = self.read_hosts(&hosts);
                self.limits = limits;
                self.listen(Listening {
                    port,
                    bind,
                    stun,
                    hosts,
                    allow,
                });
            }
            Command::Stop => self.stop(now),
            Command::Addresses { addresses } => self.handle_addresses(addresses, now),
            Command::Admit {
                conn,
                protocol,
                groups,
            } => {
                self.admit(conn, protocol.as_deref(), &groups, now);
            }
            Command::Refuse { conn, status } => self.refuse(conn, status, now),
            Command::Join { conn, group } => self.join(conn, group),
            Command::Leave { conn, group } => self.leave(conn, group),
            Command::Send {
                group,
                conn,
                except,
                payload,
            } => match (group, conn) {
                (Some(group), None) => self.send(Target::Group(group), except, &payload, now),
                (None, Some(conn)) => self.send(Target::Member(conn), except, &payload, now),
                (Some(_), Some(_)) | (None, None) => {
                    self.report_error(Err("exactly one of group and conn is to be given"));
                }
            },
            Command::Close { conn, code, reason } => self.close(conn, code, &reason, now),
        }
    }

    /// The hub is gone: members are closed with 1001 and the port as well; nobody is asked until the
    /// next command.
    pub fn handle_detached(&mut self, now: Millis) {
        self.hub = Hub::Gone;
        self.outputs
            .retain(|output| !matches!(output, Output::Report(_)));
        self.stop(now);
    }

    /// Opens the port, or moves it; the connections stay. Where the sockets can stay, they do.
    fn listen(&mut self, listening: Listening) {
        let (port, bind) = (listening.port, listening.bind.clone());
        match std::mem::take(&mut self.port) {
            Port::Open(before, actual) if listening.has_sockets_of(&before, actual) => {
                self.port = Port::Open(listening, actual);
                self.update_datagrams();
                let addresses = self.offered.clone();
                return self.report(Report::Listening {
                    port: actual,
                    addresses,
                });
            }
            Port::Open(..) => self.outputs.push_back(Output::StopListening),
            Port::Opening(_) | Port::Closed => {}
        }
        self.port = Port::Opening(listening);
        self.update_datagrams();
        self.outputs.push_back(Output::Listen { port, bind });
    }

    fn stop(&mut self, now: Millis) {
        let conns: Vec<_> = self.connections.keys().copied().collect();
        for conn in conns {
            self.close(conn, code::GOING_AWAY, STOPPED, now);
        }
        match std::mem::take(&mut self.port) {
            Port::Open(..) | Port::Opening(_) => self.outputs.push_back(Output::StopListening),
            Port::Closed => {}
        }
        self.update_datagrams();
    }

    fn admit(&mut self, conn: ConnId, protocol: Option<&str>, groups: &[GroupId], now: Millis) {
        let message_bytes = self.limits.message_bytes;
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        let Some(early) = entry.connection.admit(protocol, message_bytes, now) else {
            return;
        };
        for &group in groups {
            self.join(conn, group);
        }
        self.read(conn, &early, now);
        self.settle(conn, now);
    }

    fn refuse(&mut self, conn: ConnId, status: u16, now: Millis) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        let status = if (400..600).contains(&status) {
            status
        } else {
            403
        };
        let event = entry.connection.refuse(status, now);
        self.handle_event(conn, event, now);
        self.settle(conn, now);
    }

    fn join(&mut self, conn: ConnId, group: GroupId) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        if entry.connection.is_open() && self.groups.join(conn, group) {
            entry.groups.push(group);
        }
    }

    fn leave(&mut self, conn: ConnId, group: GroupId) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        entry.groups.retain(|joined| *joined != group);
        self.groups.leave(conn, group);
    }

    /// The one place all messages pass: one encoding, and per receiver one look-up, one shared
    /// reference, one mark.
    fn send(&mut self, to: Target, except: Option<ConnId>, payload: &Payload, now: Millis) {
        let bound = self.limits.queue_bytes;
        let receivers = match &to {
            Target::Group(group) => self.groups.members(*group),
            Target::Member(conn) => std::slice::from_ref(conn),
        };
        if receivers.iter().all(|conn| Some(*conn) == except) {
            return;
        }
        let frame = frame::message(payload);
        let deliveries = receivers.len() as u64;
        let mut slow = Vec::new();
        for conn in receivers {
            let Some(entry) = self.connections.get_mut(conn) else {
                continue;
            };
            if Some(*conn) == except {
                continue;
            }
            if entry.connection.send(&frame, bound) {
                mark(&mut self.dirty, *conn, entry);
                note(&mut self.tally, *conn, entry, now);
            } else {
                slow.push(*conn);
            }
        }
        for conn in slow {
            self.close_slow(conn, now);
        }
        if let Some(sender) = except {
            self.charge_deliveries(sender, deliveries * RATE_DELIVERY_BYTES, now);
        }
    }

    fn close(&mut self, conn: ConnId, code: u16, reason: &str, now: Millis) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        let event = entry.connection.close(code, reason, now);
        self.handle_event(conn, event, now);
        self.settle(conn, now);
    }

    fn close_slow(&mut self, conn: ConnId, now: Millis) {
        let Some(entry) = self.connections.get_mut(&conn) else {
            return;
        };
        let event = entry.connection.close_slow(now);
        self.handle_event(conn, event, now);
        self.settle(conn, now);
    }

    /// Reads further names; one that is none is reported and left out.
    fn read_hosts(&mut self, names: &[String]) -> Vec<Host> {
        let mut hosts = Vec::new();
        for name in names {
            match name.parse() {
                Ok(host) => hosts.push(host),
                Err(error) => self.report_error(Err(format!("{name:?} in hosts: {error}"))),
            }
        }
        hosts
    }

    fn report_error(&mut self, result: Result<(), impl ToString>) {
        if let Err(error) = result {
            self.report(Report::Error {
                detail: error.to_string(),
            });
        }
    }
}

/// Who receives a message.
enum Target {
    Group(GroupId),
    Member(ConnId),
}
