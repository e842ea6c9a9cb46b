//! What a message looks like, and whether each arrives as it was sent, once and in order.

use crate::options::Options;
use crate::stats::{Histogram, Ledger};
use crate::ws;
use std::time::Instant;

/// Message header, in ASCII so that it may travel as text: run, sender, sequence number and time of
/// sending (ns of this process' clock), in 4 + 4 + 8 + 16 hexadecimal digits. The rest is filler
/// that follows from sender and number, so every byte of every delivery is checked.
pub const HEADER: usize = 32;
const FILLER_SPAN: usize = 65_521;
/// Whatever should not happen, counted.
#[derive(Default)]
pub struct Faults {
    pub corrupt: u64,
    pub own: u64,
    pub foreign: u64,
    pub closed: u64,
    pub first: Option<String>,
}

impl Faults {
    pub fn note(&mut self, why: String) {
        self.first.get_or_insert(why);
    }
}

/// Every message that arrives is held against what was sent.
pub struct Check {
    pub run: u16,
    pub size: usize,
    pub opcode: u8,
    pub echo: bool,
    pub among_others: bool,
    pub messages: u32,
    pub senders: usize,
    pub filler: Vec<u8>,
    pub epoch: Instant,
    pub ledger: Ledger,
    pub latency: Histogram,
    pub faults: Faults,
    pub last: Instant,
    pub bytes: u64,
}

impl Check {
    /// Nothing sent yet; `random` fills the messages.
    pub fn new(o: &Options, mut random: impl FnMut() -> u64) -> Self {
        let epoch = Instant::now();
        let expected = (o.clients - usize::from(!o.echo)) as u32;
        Check {
            filler: (0..FILLER_SPAN + o.size).map(|_| b' ' + (random() % 94) as u8 + 1).collect(),
            run: random() as u16,
            size: o.size,
            opcode: if o.text { ws::OP_TEXT } else { ws::OP_BIN },
            echo: o.echo,
            among_others: o.among_others,
            messages: o.messages,
            senders: o.senders,
            epoch,
            ledger: Ledger::new(o.clients, o.senders, o.messages, expected),
            latency: Histogram::new(),
            faults: Faults::default(),
            last: epoch,
            bytes: 0,
        }
    }

    fn filler(&self, sender: usize, seq: u32) -> &[u8] {
        let at = (sender * 7919 + seq as usize * 104_729) % FILLER_SPAN;
        &self.filler[at..at + self.size - HEADER]
    }

    /// Writes a sender's message of this number.
    pub fn write(&self, payload: &mut [u8], sender: usize, seq: u32, due: Instant) {
        put_hex(&mut payload[0..4], self.run as u64);
        put_hex(&mut payload[4..8], sender as u64);
        put_hex(&mut payload[8..16], seq as u64);
        put_hex(&mut payload[16..32], (due - self.epoch).as_nanos() as u64);
        payload[HEADER..].copy_from_slice(self.filler(sender, seq));
    }

    /// A message has arrived.
    pub fn message(&mut self, receiver: usize, opcode: u8, payload: &[u8], now: Instant) {
        if payload.len() != self.size || opcode != self.opcode {
            if self.among_others {
                return;
            }
            self.faults.foreign += 1;
            self.faults.note(format!("client {receiver}: message of {} bytes, opcode {opcode}", payload.len()));
            return;
        }
        let (Some(run), Some(sender), Some(seq), Some(sent)) =
            (hex(&payload[0..4]), hex(&payload[4..8]), hex(&payload[8..16]), hex(&payload[16..32]))
        else {
            self.faults.corrupt += 1;
            return self.faults.note(format!("client {receiver}: unreadable header"));
        };
        if run != self.run as u64 {
            self.faults.foreign += 1;
            return self.faults.note(format!("client {receiver}: message of another run"));
        }
        let (sender, seq) = (sender as usize, seq as u32);
        if sender >= self.senders || seq >= self.messages || payload[HEADER..] != *self.filler(sender, seq) {
            self.faults.corrupt += 1;
            return self.faults.note(format!("client {receiver}: content of {sender}/{seq} changed"));
        }
        if sender == receiver && !self.echo {
            self.faults.own += 1;
            return self.faults.note(format!("client {receiver}: got its own message back"));
        }
        if self.ledger.arrival(receiver, sender, seq) {
            self.latency.add(((now - self.epoch).as_nanos() as u64).saturating_sub(sent));
            self.bytes += payload.len() as u64;
            self.last = now;
        }
    }
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |acc, d| Some(acc << 4 | (*d as char).to_digit(16)? as u64))
}

fn put_hex(out: &mut [u8], mut v: u64) {
    for d in out.iter_mut().rev() {
        *d = b"0123456789abcdef"[(v & 15) as usize];
        v >>= 4;
    }
}
