//! What members that read envelopes are told about the members of their room: of each that they see.

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
            Route::Enveloped(_) | Route::Local | Route::Lobby(_) => {
                let welcome = self.to_welcome(room, member, place.route);
                self.reply(place, &welcome);
            }
        }
        self.tell_others(
            place.room,
            place.route,
            Some(place),
            &ToMember::Joined { member },
        );
        self.push_event(Event::Joined { member: member.id });
    }

    /// Tells the others about a member that is out of its room already.
    pub(super) fn on_left(&mut self, room: RoomId, member: &Member, code: u16) {
        let (id, route) = (member.id, member.route);
        let member = member.to_described(self.lan_address());
        self.tell_others(room, route, None, &ToMember::Left { member });
        self.push_event(Event::Left { member: id, code });
    }

    /// Tells of one member those who see it; `there` is its place while it has one.
    fn tell_others(&mut self, room: RoomId, route: Route, there: Option<Place>, told: &ToMember) {
        match route {
            Route::Plain(_) | Route::Enveloped(_) => self.announce(room, there, told),
            Route::Local => {
                self.announce(room, there, told);
                self.announce_to_lobby(room, told);
            }
            Route::Lobby(_) => self.announce_to_locals(room, told),
        }
    }

    fn to_welcome(&self, room: &Room, newcomer: envelope::Member, route: Route) -> ToMember {
        ToMember::Welcome {
            id: newcomer.id,
            address: newcomer.address,
            room: room.name.to_string(),
            mode: self.config.mode,
            members: self.describe_besides(room, newcomer.id, route),
        }
    }

    fn describe_besides(
        &self,
        room: &Room,
        newcomer: MemberId,
        route: Route,
    ) -> Vec<envelope::Member> {
        let lan = self.lan_address();
        let is_seen = |other: &&Member| other.id != newcomer && route.sees(other.route);
        let others = room.members.values().filter(is_seen);
        others.map(|other| other.to_described(lan)).collect()
    }

    /// This computer's best address for others, once it is known.
    fn lan_address(&self) -> Option<IpAddr> {
        let is_lan =
            |address: &&Address| address.medium != Medium::Loopback && !address.ip.is_loopback();
        self.addresses.iter().find(is_lan).map(|address| address.ip)
    }
}
