//! The open port: its listening sockets, and the tasks that take connections from them.

use super::Driver;
use super::decider::Decider;
use super::engine::Engine;
use super::{listen, port};
use broadcaster::link::Failure;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, spawn_local};

/// The port while it is open, or while a refusal is looked into.
#[derive(Debug, Default)]
pub(super) struct Port {
    /// The tasks hold them weakly, so that closing is closing at once.
    listeners: Vec<Rc<TcpListener>>,
    tasks: Vec<AbortHandle>,
}

impl Port {
    /// Closes the listening sockets; connections stay.
    pub(super) fn close(&mut self) {
        self.listeners.clear();
        for task in self.tasks.drain(..) {
            task.abort();
        }
    }
}

impl<D: Decider> Engine<D> {
    /// Opens the port in place of the one open now, and tells the executor how that went.
    pub(super) fn listen(&mut self, driver: &Driver<D>, port: u16, bind: Vec<IpAddr>) {
        self.port.close();
        match self.open_port(driver, port, &bind) {
            Ok(port) => self.executor.handle_listening(port, self.now()),
            Err(error) => {
                self.port.close();
                let inquiry = spawn_local(report_failure(driver.clone(), error, port, bind));
                self.port.tasks.push(inquiry.abort_handle());
            }
        }
    }

    fn open_port(
        &mut self,
        driver: &Driver<D>,
        port: u16,
        bind: &[IpAddr],
    ) -> Result<u16, listen::Error> {
        let mut opened = port;
        for listener in listen::open(port, bind)? {
            let failed = |error| listen::Error::new(port, &error);
            opened = listener.local_addr().map_err(failed)?.port();
            let listener = Rc::new(TcpListener::from_std(listener).map_err(failed)?);
            let accepting = spawn_local(accept(driver.clone(), Rc::downgrade(&listener)));
            self.port.tasks.push(accepting.abort_handle());
            self.port.listeners.push(listener);
        }
        Ok(opened)
    }
}

/// Tells the executor why the port could not be opened, and what might help.
async fn report_failure<D: Decider>(
    driver: Driver<D>,
    error: listen::Error,
    port: u16,
    bind: Vec<IpAddr>,
) {
    let listen::Error { code, detail } = error;
    let (ours, next) = match code {
        Failure::PortInUse => (
            port::holder(port, &bind).await == port::Holder::Ours,
            port::next_free(port, &bind),
        ),
        Failure::PortForbidden | Failure::NoSuchAddress | Failure::Other => (false, None),
    };
    driver.turn(|engine| {
        let now = engine.now();
        engine.executor.handle_failed(code, detail, ours, next, now);
    });
}

/// Takes connections until the listener is closed.
async fn accept<D: Decider>(driver: Driver<D>, listener: Weak<TcpListener>) {
    loop {
        driver.until_accepting().await;
        match poll_fn(|cx| poll_accept(&listener, cx)).await {
            None => return,
            Some(Ok((stream, remote))) => {
                driver.turn(|engine| engine.accept(&driver, stream, remote));
            }
            Some(Err(error)) if is_about_the_peer(&error) => {}
            // Out of descriptors or memory. The waiting connections stay with the system; asking
            // again at once would turn in a circle.
            Some(Err(error)) => {
                tracing::warn!("no connection can be accepted for now: {error}");
                // The error is the time running out: the lack may be another process's.
                let _ = tokio::time::timeout(PAUSE, driver.until_closed_one()).await;
            }
        }
    }
}

fn poll_accept(
    listener: &Weak<TcpListener>,
    cx: &mut Context<'_>,
) -> Poll<Option<io::Result<(TcpStream, SocketAddr)>>> {
    match listener.upgrade() {
        Some(listener) => listener.poll_accept(cx).map(Some),
        None => Poll::Ready(None),
    }
}

/// Whether only the connection about to be accepted is at fault (accept(2)).
fn is_about_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}

/// How long accepting rests when the system cannot give a socket, if none of ours is closed before.
const PAUSE: Duration = Duration::from_secs(1);
