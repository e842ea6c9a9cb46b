//! What members that read envelopes are told about the members of their room.

use super::machine::{Hub, Place};
use super::member::{Member, MemberId, Route};
use super::output::Event;
use super::room::{Room, RoomId};
use crate::address::{Address, Medium};
use crate::envelope::{self, ToMember};
use std::net::IpAddr;

impl Hub {
    /// Welcomes a member that is in its room now, and tells the others.
    pub(super) fn on_joined(&mut self, place: Place) {
        let lan = self.lan_address();
        let Some(room) = self.rooms.at(place.room) else {
            return;
        };
        let Some(member) = room.members.get(&place.id) else {
            return;
        };
        let member = member.to_described(lan);
        match place.route {
            Route::Plain(_) => {}
            Route::Enveloped(_) | Route::Local => {
                let welcome = self.to_welcome(room, member);
                self.reply(place, &welcome);
            }
        }
        self.announce(place.room, Some(place), &ToMember::Joined { member });
        self.push_event(Event::Joined { member: member.id });
    }

    /// Tells the others about a member that is out of its room already.
    pub(super) fn on_left(&mut self, room: RoomId, member: &Member, code: u16) {
        let id = member.id;
        let member = member.to_described(self.lan_address());
        self.announce(room, None, &ToMember::Left { member });
        self.push_event(Event::Left { member: id, code });
    }

    fn to_welcome(&self, room: &Room, newcomer: envelope::Member) -> ToMember {
        ToMember::Welcome {
            id: newcomer.id,
            address: newcomer.address,
            room: room.name.to_string(),
            mode: self.config.mode,
            members: self.describe_besides(room, newcomer.id),
        }
    }

    fn describe_besides(&self, room: &Room, newcomer: MemberId) -> Vec<envelope::Member> {
        let lan = self.lan_address();
        let others = room.members.values().filter(|other| other.id != newcomer);
        others.map(|other| other.to_described(lan)).collect()
    }

    /// This computer's best address for others, once it is known.
    fn lan_address(&self) -> Option<IpAddr> {
        let is_lan =
            |address: &&Address| address.medium != Medium::Loopback && !address.ip.is_loopback();
        self.addresses.iter().find(is_lan).map(|address| address.ip)
    }
}
