//! Who may be read when, so that nobody who says much keeps the others waiting. Each address has a rate of
//! its own, within which it is read at once; those over theirs share what is spare, and are read in turns. What
//! is not read stays with the system, and TCP slows its sender down: nobody is closed for it.
//!
//! What a message costs is counted in bytes: its own, and so many more for the work it makes.

use crate::limits::{
    RATE_ACCOUNTS, RATE_BURST_BYTES, RATE_BYTES, RATE_SPARE_BYTES, RATE_TURN_BYTES,
};
use crate::time::Millis;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// When and how much of a connection may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// So many bytes, now.
    Now(usize),
    /// Not before this time; then it is to be asked again.
    At(Millis),
}

/// A connection's turn among those over their rate.
pub(super) type Turn = Option<Millis>;

/// What has been read of whom. An address is here in its canonical form.
#[derive(Debug, Default)]
pub(super) struct Pace {
    accounts: BTreeMap<IpAddr, Account>,
    /// When the spare is free again, in microseconds.
    spare_at: u64,
}

/// Bytes that were read and are not forgotten yet.
#[derive(Debug, Clone, Copy)]
struct Account {
    debt: u64,
    since: Millis,
}

impl Account {
    fn debt(&self, now: Millis) -> u64 {
        self.debt
            .saturating_sub((now - self.since).0 * RATE_BYTES / 1000)
    }
}

impl Pace {
    /// When and how much may be read of a connection of this address, which keeps `turn`.
    pub(super) fn allow(&mut self, remote: IpAddr, turn: &mut Turn, now: Millis) -> Allowance {
        if let Some(at) = *turn {
            if at > now {
                return Allowance::At(at);
            }
            *turn = None;
            return Allowance::Now(RATE_TURN_BYTES);
        }
        let left = RATE_BURST_BYTES.saturating_sub(self.debt(remote, now));
        if left > 0 {
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            return Allowance::Now(left.max(RATE_TURN_BYTES));
        }
        let at = self.spare_at.max(micros(now));
        self.spare_at = at + span(RATE_TURN_BYTES as u64);
        let at = Millis(at.div_ceil(1000));
        if at <= now {
            return Allowance::Now(RATE_TURN_BYTES);
        }
        *turn = Some(at);
        Allowance::At(at)
    }

    /// What this address said cost so much.
    pub(super) fn charge(&mut self, remote: IpAddr, cost: u64, now: Millis) {
        let has_place = self.has_place(remote, now);
        let debt = self.debt(remote, now);
        // A turn has paid for its bytes already.
        self.take_spare(debt, cost.saturating_sub(RATE_TURN_BYTES as u64), now);
        if has_place {
            let debt = (debt + cost).min(RATE_BURST_BYTES * DEBT_MAX);
            let account = Account { debt, since: now };
            self.accounts.insert(remote, account);
        }
    }

    /// What this address said cost so much more in reaching others. Who is within its rate has nothing to do
    /// with how many they are; those over theirs wait for it.
    pub(super) fn charge_deliveries(&mut self, remote: IpAddr, cost: u64, now: Millis) {
        self.take_spare(self.debt(remote, now), cost, now);
    }

    fn take_spare(&mut self, debt: u64, cost: u64, now: Millis) {
        if debt >= RATE_BURST_BYTES {
            self.spare_at = self.spare_at.max(micros(now)) + span(cost);
        }
    }

    fn debt(&self, remote: IpAddr, now: Millis) -> u64 {
        match self.accounts.get(&remote) {
            Some(account) => account.debt(now),
            None if self.accounts.len() < RATE_ACCOUNTS => 0,
            // Whoever is one too many is over its rate.
            None => RATE_BURST_BYTES,
        }
    }

    /// Whether this address has an account, or may have one.
    fn has_place(&mut self, remote: IpAddr, now: Millis) -> bool {
        if self.accounts.contains_key(&remote) {
            return true;
        }
        if self.accounts.len() >= RATE_ACCOUNTS {
            self.accounts.retain(|_, account| account.debt(now) > 0);
        }
        self.accounts.len() < RATE_ACCOUNTS
    }
}

/// How many bursts are remembered of who is over its rate: it takes that long until it is read at once
/// again.
const DEBT_MAX: u64 = 4;

fn micros(time: Millis) -> u64 {
    time.0.saturating_mul(1000)
}

/// How long the spare is taken by so many bytes.
fn span(bytes: u64) -> u64 {
    bytes.saturating_mul(1_000_000) / RATE_SPARE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    /// What is read of the connections within a second, each asked as soon as it may be.
    fn read_within_a_second(pace: &mut Pace, conns: &[IpAddr], from: Millis) -> Vec<u64> {
        let mut turns = vec![None; conns.len()];
        let mut read = vec![0; conns.len()];
        for now in (0..1000).map(|ms| from + Millis(ms)) {
            for (number, remote) in conns.iter().enumerate() {
                while let Allowance::Now(bytes) = pace.allow(*remote, &mut turns[number], now) {
                    read[number] += bytes as u64;
                    pace.charge(*remote, bytes as u64, now);
                }
            }
        }
        read
    }

    #[test]
    fn an_address_is_read_at_once_up_to_its_burst_and_then_in_turns() {
        let (mut pace, mut turn) = (Pace::default(), None);
        pace.charge(ip(1), RATE_BURST_BYTES - 1, Millis(5));
        let at_the_bound = pace.allow(ip(1), &mut turn, Millis(5));
        assert_eq!(at_the_bound, Allowance::Now(RATE_TURN_BYTES));
        pace.charge(ip(1), 1, Millis(5));
        // The spare is free, so the first turn is at once, and the next one is not.
        let past_it = pace.allow(ip(1), &mut turn, Millis(5));
        assert_eq!(past_it, Allowance::Now(RATE_TURN_BYTES));
        let next = pace.allow(ip(1), &mut turn, Millis(5));
        let at = Millis(5 + (RATE_TURN_BYTES as u64 * 1000).div_ceil(RATE_SPARE_BYTES));
        assert_eq!(next, Allowance::At(at));
        assert_eq!(
            pace.allow(ip(1), &mut turn, at),
            Allowance::Now(RATE_TURN_BYTES)
        );
    }

    #[test]
    fn who_was_silent_is_read_at_once_again() {
        let (mut pace, mut turn) = (Pace::default(), None);
        pace.charge(ip(1), RATE_BURST_BYTES, Millis(0));
        let over = Millis(RATE_BURST_BYTES * 1000 / RATE_BYTES);
        let all = usize::try_from(RATE_BURST_BYTES).unwrap();
        assert_eq!(pace.allow(ip(1), &mut turn, over), Allowance::Now(all));
    }

    #[test]
    fn who_stays_within_its_rate_never_waits_whatever_the_others_do() {
        let mut pace = Pace::default();
        let crowd: Vec<IpAddr> = (10..210).map(ip).collect();
        let mut turns = vec![None; crowd.len()];
        for now in (0..5000).map(Millis) {
            for (number, remote) in crowd.iter().enumerate() {
                while let Allowance::Now(bytes) = pace.allow(*remote, &mut turns[number], now) {
                    pace.charge(*remote, bytes as u64 * 8, now);
                }
            }
            if now.0 % 100 == 0 {
                let honest = pace.allow(ip(1), &mut None, now);
                assert!(matches!(honest, Allowance::Now(_)), "{now:?}");
                pace.charge(ip(1), RATE_BYTES / 10, now);
            }
        }
    }

    #[test]
    fn those_over_their_rate_share_the_spare_alike() {
        let mut pace = Pace::default();
        let conns: Vec<IpAddr> = (1..=20).map(ip).collect();
        for remote in &conns {
            pace.charge(*remote, RATE_BURST_BYTES * 2, Millis(0));
        }
        let read = read_within_a_second(&mut pace, &conns, Millis(0));
        let all: u64 = read.iter().sum();
        let turn = RATE_TURN_BYTES as u64;
        assert!(all <= RATE_SPARE_BYTES + turn, "{all}");
        assert!(all >= RATE_SPARE_BYTES * 9 / 10, "{all}");
        let (least, most) = (read.iter().min().unwrap(), read.iter().max().unwrap());
        assert!(most - least <= most / 10, "{least} to {most}");
    }

    #[test]
    fn reaching_many_costs_those_over_their_rate_alone() {
        let mut pace = Pace::default();
        pace.charge(ip(1), RATE_BURST_BYTES - 1, Millis(0));
        pace.charge_deliveries(ip(1), RATE_SPARE_BYTES, Millis(0));
        assert_eq!(pace.spare_at, 0, "at the bound");
        pace.charge(ip(1), 1, Millis(0));
        pace.charge_deliveries(ip(1), RATE_SPARE_BYTES, Millis(0));
        assert_eq!(
            pace.spare_at, 1_000_000,
            "one past it: a second of the spare"
        );
    }

    #[test]
    fn accounts_are_bounded_and_one_more_shares_the_spare() {
        let mut pace = Pace::default();
        let remote = |n: usize| IpAddr::V6((n as u128).into());
        for n in 0..RATE_ACCOUNTS {
            pace.charge(remote(n), RATE_BYTES, Millis(0));
        }
        let late = remote(RATE_ACCOUNTS);
        pace.charge(late, 1, Millis(0));
        assert_eq!(pace.accounts.len(), RATE_ACCOUNTS);
        assert_eq!(pace.debt(late, Millis(0)), RATE_BURST_BYTES);
        // What is forgotten makes room.
        pace.charge(late, 1, Millis(2000));
        assert_eq!(pace.accounts.len(), 1);
        assert_eq!(pace.debt(late, Millis(2000)), 1);
    }
}
