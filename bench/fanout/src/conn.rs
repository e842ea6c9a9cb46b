//! One client's connection: bytes in and out, frames, the opening handshake.

use crate::check::Check;
use crate::ws;
use mio::net::TcpStream;
use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

/// A connection.
pub struct Conn {
    number: usize,
    pub stream: TcpStream,
    /// The server has agreed to speak WebSocket.
    pub is_open: bool,
    /// It was asked to.
    pub is_requested: bool,
    /// Bytes of a frame (or answer head) that is not whole yet.
    pending: Vec<u8>,
    /// A fragmented message so far.
    fragments: Option<(u8, Vec<u8>)>,
    pub out: Vec<u8>,
    written: usize,
}

impl Conn {
    /// The client of this number, which is being connected.
    pub fn new(number: usize, stream: TcpStream) -> Self {
        Conn { number, stream, is_open: false, is_requested: false, pending: vec![], fragments: None, out: vec![], written: 0 }
    }

    /// Asks the server to speak WebSocket, as soon as the socket is connected.
    pub fn request(&mut self, request: &[u8]) -> std::io::Result<()> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        self.stream.set_nodelay(true)?;
        self.is_requested = true;
        self.out.extend_from_slice(request);
        self.flush()
    }

    /// Writes what the socket takes.
    pub fn flush(&mut self) -> std::io::Result<()> {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
                Ok(n) => self.written += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.out.clear();
        self.written = 0;
        Ok(())
    }

    /// Bytes that wait to be written.
    pub fn backlog(&self) -> usize {
        self.out.len() - self.written
    }

    /// Reads what the socket has. Returns false at its end.
    pub fn read(&mut self, scratch: &mut [u8], subprotocol: Option<&str>, check: &mut Check) -> Result<bool, String> {
        loop {
            let n = match self.stream.read(scratch) {
                Ok(0) => return Ok(false),
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e.to_string()),
            };
            self.take(&scratch[..n], subprotocol, check)?;
            // epoll(7): a short read means the socket is empty and the next arrival is a new edge.
            if n < scratch.len() {
                return Ok(true);
            }
        }
    }

    fn take(&mut self, fresh: &[u8], subprotocol: Option<&str>, check: &mut Check) -> Result<(), String> {
        // The usual case, without a copy.
        if self.is_open && self.pending.is_empty() {
            let used = self.frames(fresh, check)?;
            self.pending.extend_from_slice(&fresh[used..]);
            return Ok(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(fresh);
        if !self.is_open {
            if let Some(used) = ws::response(&pending, subprotocol)? {
                pending.drain(..used);
                self.is_open = true;
            }
        }
        if self.is_open {
            let used = self.frames(&pending, check)?;
            pending.drain(..used);
        }
        self.pending = pending;
        Ok(())
    }

    /// Consumes every whole frame at the start of `buf`; returns how many bytes those were.
    fn frames(&mut self, buf: &[u8], check: &mut Check) -> Result<usize, String> {
        let now = Instant::now();
        let mut at = 0;
        while let Some(frame) = ws::frame(&buf[at..])? {
            at += frame.len;
            self.frame(&frame, check, now)?;
        }
        Ok(at)
    }

    fn frame(&mut self, frame: &ws::Frame, check: &mut Check, now: Instant) -> Result<(), String> {
        match frame.opcode {
            ws::OP_TEXT | ws::OP_BIN if self.fragments.is_none() => {
                if frame.fin {
                    check.message(self.number, frame.opcode, frame.payload, now);
                } else {
                    self.fragments = Some((frame.opcode, frame.payload.to_vec()));
                }
            }
            ws::OP_CONT => {
                let (opcode, mut whole) = self.fragments.take().ok_or("continuation of nothing")?;
                whole.extend_from_slice(frame.payload);
                if frame.fin {
                    check.message(self.number, opcode, &whole, now);
                } else {
                    self.fragments = Some((opcode, whole));
                }
            }
            ws::OP_PING => {
                let payload = frame.payload;
                ws::put_frame(&mut self.out, ws::OP_PONG, payload.len(), [7, 1, 9, 3], |p| p.copy_from_slice(payload));
            }
            ws::OP_PONG => {}
            ws::OP_CLOSE => return Err(format!("close frame, {:?}", frame.payload)),
            other => return Err(format!("opcode {other} out of place")),
        }
        Ok(())
    }
}
