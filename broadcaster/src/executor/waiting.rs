//! Connections whose handshake is not over, counted in all and by address.

use crate::limits::{WAITING_HANDSHAKES, WAITING_HANDSHAKES_PER_ADDRESS};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Who stands in the door. An address is here in its canonical form.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

impl Waiting {
    /// Whether one more may wait, whoever it is.
    pub(super) fn has_place(&self) -> bool {
        self.all < WAITING_HANDSHAKES
    }

    /// Whether this address has its share of places already.
    pub(super) fn has_share(&self, remote: IpAddr) -> bool {
        let from_there = self.by_address.get(&remote).copied().unwrap_or(0);
        from_there >= WAITING_HANDSHAKES_PER_ADDRESS
    }

    /// One of this address begins to wait.
    pub(super) fn enter(&mut self, remote: IpAddr) {
        self.all += 1;
        *self.by_address.entry(remote).or_default() += 1;
    }

    /// One of this address waits no longer.
    pub(super) fn leave(&mut self, remote: IpAddr) {
        self.all -= 1;
        if let Some(count) = self.by_address.get_mut(&remote) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&remote);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_of_an_address_that_left() {
        let mut waiting = Waiting::default();
        let remote = [192, 168, 1, 23].into();
        waiting.enter(remote);
        waiting.enter(remote);
        waiting.leave(remote);
        assert_eq!(waiting.by_address.len(), 1);
        waiting.leave(remote);
        assert!(waiting.by_address.is_empty() && waiting.all == 0);
    }
}
