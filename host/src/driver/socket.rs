//! One connection's socket, with the tasks that wait for it.

use super::Driver;
use super::decider::Decider;
use super::engine::Read;
use broadcaster::executor::Executor;
use broadcaster::link::ConnId;
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice};
use std::net::Shutdown;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, spawn_local};

/// A connection's socket. Dropping it closes the socket at once and ends its tasks.
#[derive(Debug)]
pub(super) struct Socket {
    /// The tasks hold it weakly, so that only this owner decides how long it is open.
    pub(super) stream: Rc<TcpStream>,
    pub(super) sending: Sending,
    reader: AbortHandle,
}

/// Where the sending half is.
#[derive(Debug)]
pub(super) enum Sending {
    /// Nothing waits.
    Idle,
    /// Noted for the next flush.
    Noted,
    /// The system's buffer is full; this task waits for room.
    Full(AbortHandle),
}

/// What one system call wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Nothing, for nothing was queued.
    Nothing,
    /// This many bytes; there may be more.
    Bytes(usize),
    /// Nothing, for the system's buffer is full.
    Full,
    /// Nothing, for the connection is broken.
    Broken,
}

impl Socket {
    /// Begins to read a connection that the executor has taken.
    pub(super) fn open<D: Decider>(driver: &Driver<D>, conn: ConnId, stream: TcpStream) -> Self {
        // What is written is batched already. An error means a dead connection; reading will tell.
        let _ = stream.set_nodelay(true);
        let stream = Rc::new(stream);
        let reader = spawn_local(read(driver.clone(), conn, Rc::downgrade(&stream)));
        Self {
            stream,
            sending: Sending::Idle,
            reader: reader.abort_handle(),
        }
    }

    /// Writes what the executor has queued for the connection, or the first part of it.
    pub(super) fn write(&self, executor: &Executor, conn: ConnId) -> Written {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (slice, bytes) in slices.iter_mut().zip(executor.queued(conn)) {
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        if count == 0 {
            return Written::Nothing;
        }
        match self.stream.try_write_vectored(&slices[..count]) {
            Ok(written) => Written::Bytes(written),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Written::Full,
            Err(_) => Written::Broken,
        }
    }

    /// Goes on writing when the system's buffer has room.
    pub(super) fn wait_for_room<D: Decider>(&mut self, driver: &Driver<D>, conn: ConnId) {
        let writer = spawn_local(write(driver.clone(), conn, Rc::downgrade(&self.stream)));
        self.sending = Sending::Full(writer.abort_handle());
    }

    /// Ends the sending half; the other half is read on until the executor drops the connection.
    pub(super) fn finish(&self) {
        // An error means that the connection is gone already, which reading will tell.
        let _ = socket2::SockRef::from(&*self.stream).shutdown(Shutdown::Write);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
        if let Sending::Full(writer) = &self.sending {
            writer.abort();
        }
    }
}

/// Reads a socket to its end.
async fn read<D: Decider>(driver: Driver<D>, conn: ConnId, stream: Weak<TcpStream>) {
    loop {
        // Also gives way to the other tasks now and then, however much this socket has to say.
        poll_fn(|cx| poll_ready(&stream, cx, TcpStream::poll_read_ready)).await;
        let bytes = driver.until_allowed(conn).await;
        driver.until_uncongested().await;
        if driver.turn(|engine| engine.read(conn, bytes)) == Read::Ended {
            return;
        }
    }
}

/// Waits for room, once, and writes.
async fn write<D: Decider>(driver: Driver<D>, conn: ConnId, stream: Weak<TcpStream>) {
    poll_fn(|cx| poll_ready(&stream, cx, TcpStream::poll_write_ready)).await;
    driver.turn(|engine| engine.write(&driver, conn));
}

/// Whether the socket is ready, or broken, which the next system call on it will tell, or closed.
fn poll_ready(
    stream: &Weak<TcpStream>,
    cx: &mut Context<'_>,
    poll: impl Fn(&TcpStream, &mut Context<'_>) -> Poll<std::io::Result<()>>,
) -> Poll<()> {
    if let Some(stream) = stream.upgrade() {
        // The error comes again from the system call, where it is looked at.
        let _ = ready!(poll(&stream, cx));
    }
    Poll::Ready(())
}

/// Buffers given to one `writev`.
const SLICES: usize = 64;
