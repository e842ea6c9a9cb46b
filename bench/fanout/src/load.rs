//! The load: every connection opened, then messages sent and received until all have arrived.

use crate::check::Check;
use crate::conn::Conn;
use crate::options::Options;
use crate::report::Measured;
use crate::stats::Proc;
use crate::ws;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::error::Error;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

/// Connections that are being opened at once: no listen backlog overflows.
const MAX_OPENING: usize = 64;
/// Bytes that wait at a sender, over which it sends no more.
const OUT_HIGH: usize = 1 << 20;
/// Bytes read at once.
const SCRATCH: usize = 128 * 1024;

/// Clients, and what they have seen.
pub struct Load<'a> {
    o: &'a Options,
    poll: Poll,
    events: Events,
    scratch: Vec<u8>,
    random: Random,
    conns: Vec<Conn>,
    /// Clients whose connection has ended.
    dead: Vec<bool>,
    /// Messages sent so far, of each sender.
    sent: Vec<u32>,
    check: Check,
    /// The server's processes before anything, at rest with all open, and this process when it begins to send.
    before: Proc,
    idle: Proc,
    mine: Proc,
    open_s: f64,
    start: Instant,
    finished: Instant,
}

impl<'a> Load<'a> {
    /// Nothing is open yet.
    pub fn new(o: &'a Options) -> Result<Self, Box<dyn Error>> {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ u64::from(std::process::id()));
        let now = Instant::now();
        Ok(Load {
            o,
            poll: Poll::new()?,
            events: Events::with_capacity(4096),
            scratch: vec![0; SCRATCH],
            check: Check::new(o, || random.next()),
            random,
            conns: Vec::with_capacity(o.clients),
            dead: vec![false; o.clients],
            sent: vec![0; o.senders],
            before: Proc::read(&o.server),
            idle: Proc::default(),
            mine: Proc::default(),
            open_s: 0.0,
            start: now,
            finished: now,
        })
    }

    /// Opens every connection.
    pub fn open(&mut self) -> Result<(), Box<dyn Error>> {
        let request = ws::request(&self.o.host, &self.o.path, self.o.subprotocol.as_deref());
        let begin = Instant::now();
        let mut opened = 0;
        while opened < self.o.clients {
            self.connect(opened)?;
            self.poll.poll(&mut self.events, Some(self.o.timeout))?;
            if self.events.is_empty() {
                return Err(format!("only {opened} of {} connections opened", self.o.clients).into());
            }
            opened += self.opened(&request)?;
        }
        self.open_s = begin.elapsed().as_secs_f64();
        Ok(())
    }

    /// Begins to connect as many as may be on the way.
    fn connect(&mut self, opened: usize) -> Result<(), Box<dyn Error>> {
        while self.conns.len() < self.o.clients && self.conns.len() - opened < MAX_OPENING {
            let number = self.conns.len();
            let mut stream = TcpStream::connect(self.o.addr)?;
            self.poll.registry().register(&mut stream, Token(number), Interest::READABLE | Interest::WRITABLE)?;
            self.conns.push(Conn::new(number, stream));
        }
        Ok(())
    }

    /// Goes on with the handshakes; how many have ended well.
    fn opened(&mut self, request: &[u8]) -> Result<usize, Box<dyn Error>> {
        let mut opened = 0;
        for event in self.events.iter() {
            let c = event.token().0;
            let conn = &mut self.conns[c];
            if event.is_writable() && !conn.is_requested {
                conn.request(request).map_err(|e| format!("client {c}: {e}"))?;
            }
            if event.is_readable() && conn.is_requested {
                let was_open = conn.is_open;
                if !conn.read(&mut self.scratch, self.o.subprotocol.as_deref(), &mut self.check)? {
                    return Err(format!("client {c}: closed during the handshake").into());
                }
                opened += usize::from(conn.is_open && !was_open);
            }
        }
        Ok(opened)
    }

    /// Reads what idle members cost, once the server has come to rest: that is what `--settle-ms` is for.
    pub fn settle(&mut self) {
        std::thread::sleep(self.o.settle);
        self.idle = Proc::read(&self.o.server);
    }

    /// Sends and receives until everything has arrived, or nothing does any more.
    pub fn exchange(&mut self) -> Result<(), Box<dyn Error>> {
        self.mine = Proc::read(&me());
        self.start = Instant::now();
        self.check.last = self.start;
        let wanted = self.check.ledger.wanted();
        // One more look at the end catches duplicates, and own messages, that come late.
        let mut is_last_look = false;
        loop {
            let next_due = self.send_all();
            let is_late = self.check.last.elapsed() > self.o.timeout && next_due.is_none();
            let is_whole = self.check.ledger.delivered == wanted;
            if is_last_look || (is_late && !is_whole) {
                break;
            }
            is_last_look = is_whole;
            match self.poll.poll(&mut self.events, Some(pause(next_due))) {
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                done => done?,
            }
            self.receive_all();
        }
        self.finished = self.check.last;
        Ok(())
    }

    /// Has every sender send what it may; when the next message is due.
    fn send_all(&mut self) -> Option<Instant> {
        let mut next_due = None;
        for s in 0..self.o.senders {
            if self.dead[s] {
                continue;
            }
            if let Some(due) = self.send(s) {
                next_due = Some(next_due.map_or(due, |next: Instant| next.min(due)));
            }
            if let Err(e) = self.conns[s].flush() {
                self.on_dead(s, &e.to_string());
            }
        }
        next_due
    }

    /// Queues a sender's messages as far as clock, window and queue allow; when its next one is due.
    fn send(&mut self, s: usize) -> Option<Instant> {
        while self.sent[s] < self.o.messages && self.conns[s].backlog() < OUT_HIGH {
            let seq = self.sent[s];
            let now = Instant::now();
            let due = self.due(s, seq).unwrap_or(now);
            if due > now {
                return Some(due);
            }
            if self.o.rate.is_none() && seq - self.check.ledger.complete[s] >= self.o.window {
                break;
            }
            let mask = (self.random.next() as u32).to_be_bytes();
            let (check, size) = (&self.check, self.o.size);
            ws::put_frame(&mut self.conns[s].out, check.opcode, size, mask, |p| check.write(p, s, seq, due));
            self.sent[s] += 1;
        }
        None
    }

    /// When a message is due by the clock: senders take turns within one interval.
    fn due(&self, s: usize, seq: u32) -> Option<Instant> {
        let interval = Duration::from_secs_f64(1.0 / self.o.rate?);
        Some(self.start + interval.mul_f64(f64::from(seq) + s as f64 / self.o.senders as f64))
    }

    fn receive_all(&mut self) {
        let ready: Vec<(usize, bool)> = self.events.iter().map(|event| (event.token().0, event.is_readable())).collect();
        for (c, is_readable) in ready {
            if !self.dead[c] {
                match self.receive(c, is_readable) {
                    Ok(true) => {}
                    Ok(false) => self.on_dead(c, "closed by the server"),
                    Err(why) => self.on_dead(c, &why),
                }
            }
        }
    }

    /// Reads and writes what a socket has and takes; false at its end.
    fn receive(&mut self, c: usize, is_readable: bool) -> Result<bool, String> {
        let conn = &mut self.conns[c];
        if is_readable && !conn.read(&mut self.scratch, self.o.subprotocol.as_deref(), &mut self.check)? {
            return Ok(false);
        }
        if conn.backlog() > 0 {
            conn.flush().map_err(|e| e.to_string())?;
        }
        Ok(true)
    }

    fn on_dead(&mut self, c: usize, why: &str) {
        self.dead[c] = true;
        self.check.faults.closed += 1;
        self.check.faults.note(format!("client {c}: {why}"));
    }

    /// What came of it.
    pub fn end(self) -> Measured {
        let spent = Proc::read(&me()).cpu_s - self.mine.cpu_s;
        Measured {
            open_s: self.open_s,
            run_s: (self.finished - self.start).as_secs_f64().max(1e-9),
            client_cpu_s: spent,
            client_util: spent / self.start.elapsed().as_secs_f64(),
            before: self.before,
            idle: self.idle,
            after: Proc::read(&self.o.server),
            check: self.check,
        }
    }
}

/// epoll waits in whole milliseconds: the last one before a message is due is spun through.
fn pause(next_due: Option<Instant>) -> Duration {
    let Some(due) = next_due else {
        return Duration::from_millis(200);
    };
    let wait = due.saturating_duration_since(Instant::now()).saturating_sub(Duration::from_millis(1));
    Duration::from_millis(wait.as_millis() as u64)
}

fn me() -> [String; 1] {
    [std::process::id().to_string()]
}

/// xorshift64: masks and filler need to differ, and to cost nothing.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
