//! The UDP sockets of the port, and the tasks that answer what arrives there.

use super::Driver;
use super::decider::Decider;
use super::engine::Engine;
use broadcaster::limits::STUN_BYTES;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use tokio::net::UdpSocket;
use tokio::task::{AbortHandle, spawn_local};

/// The open UDP sockets, each with the task that owns it.
#[derive(Debug, Default)]
pub(super) struct Datagrams(HashMap<SocketAddr, AbortHandle>);

impl<D: Decider> Engine<D> {
    /// Has sockets open on exactly these addresses. STUN is an aid: where a socket cannot be had, because
    /// another program has that port or the address is gone already, devices do without.
    pub(super) fn open_datagrams(&mut self, driver: &Driver<D>, wanted: &[SocketAddr]) {
        let open = &mut self.datagrams.0;
        open.retain(|address, task| {
            let stays = wanted.contains(address) && !task.is_finished();
            if !stays {
                task.abort();
            }
            stays
        });
        for &address in wanted {
            if open.contains_key(&address) {
                continue;
            }
            match bind(address) {
                Ok(socket) => {
                    let task = spawn_local(answer(driver.clone(), socket, address));
                    open.insert(address, task.abort_handle());
                }
                Err(error) => tracing::warn!("no STUN on one address: {error}"),
            }
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Answers one by one, for as long as the socket works.
async fn answer<D: Decider>(driver: Driver<D>, socket: UdpSocket, local: SocketAddr) {
    // One byte more than is read, so that a longer datagram is seen to be too long.
    let mut buffer = [0; STUN_BYTES + 1];
    loop {
        let (length, remote) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) if is_about_the_peer(&error) => continue,
            Err(error) => return tracing::warn!("no more STUN on one address: {error}"),
        };
        let datagram = &buffer[..length];
        let answer = driver.turn(|engine| {
            let now = engine.now();
            engine
                .executor
                .handle_datagram(remote, local, datagram, now)
        });
        if let Some(answer) = answer {
            // An answer that is lost is asked for again (RFC 8489 §6.2.1).
            let _ = socket.try_send_to(&answer, remote);
        }
    }
}

/// Whether only one sender is at fault. Windows tells so that an answer did not arrive, or that a
/// datagram was longer than the buffer.
fn is_about_the_peer(error: &io::Error) -> bool {
    const MESSAGE_TOO_LONG: i32 = 10040;
    error.kind() == ErrorKind::ConnectionReset
        || cfg!(windows) && error.raw_os_error() == Some(MESSAGE_TOO_LONG)
}
