//! attack: hostile connections to a WebSocket server of this machine's own test network, all at once and
//! until the time is over: what an honest pair notices of them is measured beside it.
//!
//! A thread for each connection; whoever is thrown out comes again. Prints how often each kind came in and
//! what it has sent, so that an attack that did not take place is seen.

#[path = "../ws.rs"]
#[allow(dead_code)]
mod ws;

use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const USAGE: &str = "attack --to ADDRESS:PORT --from ADDRESS,ADDRESS,... --kind KIND --connections N --seconds S
  garbage  enters, and sends bytes that are no frames
  slow     sends a request, a byte at a time, and never its end
  flood    small messages at full rate, 20 members to a room
  here     the same, in the room / in which the honest ones are
  deaf     floods too, and never reads what it is sent
  huge     messages of 1 MiB at full rate
  storm    enters and leaves, as fast as it can
  all      each in turn, but for `here`";

const KINDS: [&str; 6] = ["garbage", "slow", "flood", "deaf", "huge", "storm"];

#[derive(Default)]
struct Tally {
    entered: AtomicU64,
    bytes: AtomicU64,
}

struct Hostile {
    to: SocketAddr,
    from: IpAddr,
    /// The room it is in, of those of its kind.
    room: usize,
    kind: &'static str,
    until: Instant,
    tally: &'static Tally,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    use lexopt::prelude::*;
    let (mut to, mut from, mut kind, mut connections, mut seconds) = (None, vec![], String::new(), 200, 10);
    let mut p = lexopt::Parser::from_env();
    while let Some(arg) = p.next()? {
        match arg {
            Long("to") => to = Some(p.value()?.parse::<SocketAddr>()?),
            Long("from") => from = p.value()?.string()?.split(',').map(str::parse).collect::<Result<Vec<IpAddr>, _>>()?,
            Long("kind") => kind = p.value()?.string()?,
            Long("connections") => connections = p.value()?.parse()?,
            Long("seconds") => seconds = p.value()?.parse()?,
            _ => return Err(USAGE.into()),
        }
    }
    let to = to.ok_or(USAGE)?;
    let is_near = match to.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    if !is_near || from.is_empty() {
        return Err("only loopback and private addresses: this is for a test network of one's own".into());
    }
    let kinds: Vec<&'static str> = match &kind[..] {
        "all" => KINDS.to_vec(),
        "here" => vec!["here"],
        one => vec![*KINDS.iter().find(|known| **known == one).ok_or(USAGE)?],
    };
    let until = Instant::now() + Duration::from_secs(seconds);
    let tallies: &'static [Tally] = Box::leak(kinds.iter().map(|_| Tally::default()).collect());
    let threads = (0..connections).map(|number| {
        let hostile = Hostile {
            to,
            from: from[number % from.len()],
            room: number / kinds.len() / 20,
            kind: kinds[number % kinds.len()],
            until,
            tally: &tallies[number % kinds.len()],
        };
        std::thread::Builder::new().stack_size(128 * 1024).spawn(move || hostile.run())
    });
    for thread in threads.collect::<Vec<_>>() {
        thread?.join().map_err(|_| "a thread panicked")?;
    }
    let told = kinds.iter().zip(tallies).map(|(kind, tally)| {
        format!("\"{kind}\":[{},{}]", tally.entered.load(Ordering::Relaxed), tally.bytes.load(Ordering::Relaxed))
    });
    println!("{{{}}}", told.collect::<Vec<_>>().join(","));
    Ok(())
}

impl Hostile {
    /// Comes again and again; refused or thrown out, it waits a moment, or the attack would be one on its
    /// own machine.
    fn run(self) {
        while Instant::now() < self.until {
            let _ = self.once(); // However it ends, it comes again.
            let pause = if self.kind == "storm" { 1 } else { 20 };
            std::thread::sleep(Duration::from_millis(pause));
        }
    }

    fn once(&self) -> std::io::Result<()> {
        let mut stream = self.connect()?;
        let request = ws::request(&self.to.to_string(), &self.room(), None);
        if self.kind == "slow" {
            return self.drip(&mut stream, &request);
        }
        stream.write_all(&request)?;
        let mut answer = vec![0; 4096];
        let mut got = 0;
        while !matches!(ws::response(&answer[..got], None), Ok(Some(_))) {
            match stream.read(&mut answer[got..])? {
                0 => return Ok(()),
                count => got += count,
            }
        }
        self.tally.entered.fetch_add(1, Ordering::Relaxed);
        match self.kind {
            "storm" => Ok(()),
            "garbage" => self.send(&mut stream, &[0xff; 4096]),
            "huge" => self.repeat(&mut stream, 1 << 20, 1),
            _ => self.repeat(&mut stream, 64, 64),
        }
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.to), Type::STREAM, None)?;
        socket.bind(&SocketAddr::new(self.from, 0).into())?;
        socket.connect_timeout(&self.to.into(), Duration::from_secs(2))?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        // Longer than a server takes to answer, and short enough to see the end.
        stream.set_read_timeout(Some(Duration::from_secs(6)))?;
        stream.set_write_timeout(Some(Duration::from_millis(500)))?;
        Ok(stream)
    }

    fn room(&self) -> String {
        match self.kind {
            "here" => "/".to_owned(),
            kind => format!("/{kind}/{}", self.room),
        }
    }

    /// Sends byte after byte, without an end: 20 a second are enough to look alive.
    fn drip(&self, stream: &mut TcpStream, request: &[u8]) -> std::io::Result<()> {
        for byte in request[..request.len() - 2].chunks(1).cycle() {
            if Instant::now() >= self.until {
                break;
            }
            self.send(stream, byte)?;
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// The same messages over and over, so many at a time.
    fn repeat(&self, stream: &mut TcpStream, bytes: usize, at_once: usize) -> std::io::Result<()> {
        let mut frames = Vec::new();
        for _ in 0..at_once {
            ws::put_frame(&mut frames, ws::OP_TEXT, bytes, [0; 4], |payload| payload.fill(b'x'));
        }
        stream.set_read_timeout(Some(Duration::from_millis(1)))?;
        let mut heard = vec![0; 256 * 1024];
        while Instant::now() < self.until {
            let mut rest = &frames[..];
            while !rest.is_empty() && Instant::now() < self.until {
                stream.set_write_timeout(Some(Duration::from_millis(5)))?;
                match stream.write(rest) {
                    Ok(0) => return Ok(()),
                    Ok(count) => {
                        self.tally.bytes.fetch_add(count as u64, Ordering::Relaxed);
                        rest = &rest[count..];
                    }
                    Err(error) if is_later(&error) => {}
                    Err(error) => return Err(error),
                }
                if self.kind != "deaf" {
                    match stream.read(&mut heard) {
                        Ok(0) => return Ok(()),
                        Ok(_) => {}
                        Err(error) if is_later(&error) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok(())
    }

    fn send(&self, stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
        stream.write_all(bytes)?;
        self.tally.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn is_later(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
