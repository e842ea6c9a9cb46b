//! The line of slaves that wait for a half-open session to end: first come, first served, one place
//! for each slave and each member.

use super::session::Ask;
use crate::hub::MemberId;
use crate::limits::{HALF_OPEN, HALF_OPEN_FOR, WAITING_SLAVES};
use crate::signalling::message::PeerId;
use crate::time::Millis;
use std::collections::VecDeque;
use std::net::IpAddr;

#[derive(Debug, Default)]
pub(super) struct Line {
    asks: VecDeque<Ask>,
}

impl Line {
    /// Puts a slave at the end, unless the line is full: then it comes back.
    ///
    /// Offers of 2016 are held whole, up to 64 KiB each, so fewer of them may wait.
    pub(super) fn push(&mut self, ask: Ask) -> Result<(), Box<Ask>> {
        let of_2016 = |ask: &Ask| ask.order.id().is_none();
        let is_full = self.asks.len() >= WAITING_SLAVES
            || of_2016(&ask) && self.asks.iter().filter(|ask| of_2016(ask)).count() >= HALF_OPEN;
        if is_full {
            return Err(Box::new(ask));
        }
        self.asks.push_back(ask);
        Ok(())
    }

    /// Takes the first slave whose address may have a session.
    pub(super) fn pop(&mut self, mut may_begin: impl FnMut(Option<IpAddr>) -> bool) -> Option<Ask> {
        let place = self.asks.iter().position(|ask| may_begin(ask.address))?;
        self.asks.remove(place)
    }

    /// The first in line.
    pub(super) fn first(&self) -> Option<&Ask> {
        self.asks.front()
    }

    /// A slave in the line.
    pub(super) fn find(&self, peer: &PeerId) -> Option<&Ask> {
        self.asks.iter().find(|ask| ask.peer == *peer)
    }

    /// Takes a slave out of the line.
    pub(super) fn remove(&mut self, peer: &PeerId) {
        self.asks.retain(|ask| ask.peer != *peer);
    }

    /// Takes a member out of the line.
    pub(super) fn remove_member(&mut self, member: MemberId) {
        self.asks.retain(|ask| ask.member != Some(member));
    }

    /// Takes out those who have waited too long; they ask again if they still want to.
    pub(super) fn expire(&mut self, now: Millis) {
        self.asks.retain(|ask| now < ask.since + HALF_OPEN_FOR);
    }

    /// When the first one has waited too long.
    pub(super) fn expires_at(&self) -> Option<Millis> {
        self.asks.front().map(|ask| ask.since + HALF_OPEN_FOR)
    }

    pub(super) fn clear(&mut self) {
        self.asks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::Order;
    use super::*;
    use crate::signalling::description::{Description, Kind};
    use crate::signalling::message::AttemptId;

    fn ask(number: usize, order: Order) -> Ask {
        Ask {
            peer: format!("S{number}").try_into().unwrap(),
            member: Some(MemberId(number as u32)),
            address: Some([10, 0, 0, (number % 2) as u8].into()),
            order,
            since: Millis(number as u64),
        }
    }

    fn current(number: usize) -> Ask {
        ask(
            number,
            Order::Current {
                id: AttemptId::Number(1),
                protocol: String::new(),
                invitation: None,
                commitment: None,
            },
        )
    }

    fn of_2016(number: usize) -> Ask {
        let offer = Description {
            kind: Kind::Offer,
            sdp: String::new(),
        };
        ask(number, Order::Of2016 { offer })
    }

    #[test]
    fn the_line_is_bounded() {
        let mut line = Line::default();
        for number in 0..HALF_OPEN {
            assert!(line.push(of_2016(number)).is_ok());
        }
        assert!(line.push(of_2016(HALF_OPEN)).is_err());
        for number in HALF_OPEN..WAITING_SLAVES {
            assert!(line.push(current(number)).is_ok());
        }
        assert!(line.push(current(WAITING_SLAVES)).is_err());
    }

    #[test]
    fn the_first_whose_address_may_comes_first() {
        let mut line = Line::default();
        (0..4).for_each(|number| line.push(current(number)).unwrap());
        let odd = |address: Option<IpAddr>| address == Some([10, 0, 0, 1].into());
        assert_eq!(line.pop(odd).unwrap().peer.as_str(), "S1");
        assert_eq!(line.pop(|_| true).unwrap().peer.as_str(), "S0");
        line.remove_member(MemberId(2));
        line.remove(&"S3".try_into().unwrap());
        assert!(line.pop(|_| true).is_none());
    }

    #[test]
    fn who_waits_too_long_is_forgotten() {
        let mut line = Line::default();
        (0..2).for_each(|number| line.push(current(number)).unwrap());
        assert_eq!(line.expires_at(), Some(HALF_OPEN_FOR));
        line.expire(HALF_OPEN_FOR);
        assert_eq!(line.pop(|_| true).unwrap().peer.as_str(), "S1");
        assert_eq!(line.expires_at(), None);
    }
}
