//! One connection, with the tasks that read it and write to it.

use crate::driver::Driver;
use broadcaster::link::ConnId;
use std::rc::Rc;
use web::sockets::{self, Chunk, Receiving};

/// A connection. Dropping it closes it at once, and its tasks end.
pub(crate) struct Socket {
    pub(crate) sending: Sending,
    /// A write under way shares it.
    half: Rc<sockets::Sending>,
    /// The task that reads shares it.
    receiving: Rc<Receiving>,
    /// It is to be finished after the write under way.
    is_finishing: bool,
}

/// Where the sending half is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Nothing waits.
    Idle,
    /// Noted for the next flush.
    Noted,
    /// A write is under way.
    Writing,
}

impl Socket {
    /// Begins to read a connection that the executor has taken.
    pub(crate) fn open(
        driver: &Driver,
        conn: ConnId,
        receiving: Receiving,
        sending: sockets::Sending,
    ) -> Self {
        let receiving = Rc::new(receiving);
        driver.spawn(read(driver.clone(), conn, receiving.clone()));
        Self {
            sending: Sending::Idle,
            half: Rc::new(sending),
            receiving,
            is_finishing: false,
        }
    }

    /// Writes bytes; the end of that is told to the engine.
    pub(crate) fn send(&mut self, driver: &Driver, conn: ConnId, chunk: Chunk) {
        self.sending = Sending::Writing;
        // The stream has the bytes when this returns: a page that is about to go sends them still.
        let written = self.half.send(&chunk);
        let (driver, half) = (driver.clone(), self.half.clone());
        let task = driver.clone();
        driver.spawn(async move {
            let sent = written.await.is_ok().then_some(chunk.len());
            drop(half);
            task.turn(|engine| engine.handle_sent(&task, conn, sent));
        });
    }

    /// Nothing is queued any more.
    pub(crate) fn sent_all(&mut self) {
        self.sending = Sending::Idle;
        if self.is_finishing {
            self.half.finish();
        }
    }

    /// Ends the sending half when all is written.
    pub(crate) fn finish(&mut self) {
        self.is_finishing = true;
        if self.sending != Sending::Writing {
            self.half.finish();
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The task that reads waits for a peer that may never say a word again.
        self.receiving.end();
    }
}

/// Reads a connection to its end.
async fn read(driver: Driver, conn: ConnId, receiving: Rc<Receiving>) {
    loop {
        driver.until_uncongested().await;
        driver.until_allowed(conn).await;
        let bytes = receiving.next().await;
        if !driver.turn(|engine| engine.receive(conn, bytes.as_deref())) {
            return;
        }
    }
}
