//! Rooms: which members are where, and the groups by which the companion reaches them with one
//! command per encoding. Sends nothing by itself.

use super::member::{Member, MemberId, Route};
use crate::limits;
use crate::link::{ConnId, GroupId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The room that a request path or a local member names: the path without its query, undecoded.
pub(super) fn name(path: &str) -> &str {
    path.split_once('?').map_or(path, |(name, _query)| name)
}

/// All rooms of a hub. A room is there while it has a member.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    names: BTreeMap<Arc<str>, RoomId>,
    rooms: Vec<Option<Room>>,
    last_group: u32,
}

/// A room's place in [`Rooms`], good while the room has a member; then it is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RoomId(usize);

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Members that get messages verbatim.
    pub(super) plain: Group,
    /// Members that get envelopes over a connection.
    pub(super) enveloped: Group,
    /// Members that get envelopes without a connection.
    pub(super) locals: BTreeSet<MemberId>,
    /// All of them.
    pub(super) members: BTreeMap<MemberId, Member>,
}

/// The members of one room with one encoding, and their group in the companion.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Made by the first member, forgotten with the last.
    id: Option<GroupId>,
    members: usize,
}

impl Rooms {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether a member may go into the room `name`: it is there, or one more is within the bound.
    pub(super) fn has_place_for(&self, name: &str) -> bool {
        self.names.contains_key(name) || self.len() < limits::ROOMS
    }

    /// The room `name`, made if need be. It is the caller's to put a member in at once.
    pub(super) fn open(&mut self, name: &str) -> (RoomId, Arc<str>) {
        if let Some((name, &id)) = self.names.get_key_value(name) {
            return (id, Arc::clone(name));
        }
        let name: Arc<str> = name.into();
        let free = self
            .rooms
            .iter()
            .position(Option::is_none)
            .unwrap_or_else(|| {
                self.rooms.push(None);
                self.rooms.len() - 1
            });
        self.rooms[free] = Some(Room::new(Arc::clone(&name)));
        self.names.insert(Arc::clone(&name), RoomId(free));
        (RoomId(free), name)
    }

    /// The room in this place.
    pub(super) fn at(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(id.0)?.as_ref()
    }

    /// A member, to change its counters.
    pub(super) fn member_mut(&mut self, id: RoomId, member: MemberId) -> Option<&mut Member> {
        self.at_mut(id)?.members.get_mut(&member)
    }

    /// Puts a member into a room, and tells the group its connection belongs to.
    pub(super) fn enter(&mut self, id: RoomId, member: Member) -> Option<GroupId> {
        let Self {
            rooms, last_group, ..
        } = self;
        let room = rooms.get_mut(id.0)?.as_mut()?;
        let group = match member.route {
            Route::Plain(_) => Some(room.plain.enter(last_group)),
            Route::Enveloped(_) => Some(room.enveloped.enter(last_group)),
            Route::Local => {
                room.locals.insert(member.id);
                None
            }
            Route::Lobby(_) => None,
        };
        room.members.insert(member.id, member);
        group
    }

    /// Takes a member out of a room; the room goes with its last one.
    pub(super) fn leave(&mut self, id: RoomId, member: MemberId) -> Option<Member> {
        let room = self.at_mut(id)?;
        let member = room.members.remove(&member)?;
        match member.route {
            Route::Plain(_) => room.plain.leave(),
            Route::Enveloped(_) => room.enveloped.leave(),
            Route::Local => {
                room.locals.remove(&member.id);
            }
            Route::Lobby(_) => {}
        }
        if room.members.is_empty() {
            let name = Arc::clone(&room.name);
            self.names.remove(&name);
            self.rooms[id.0] = None;
        }
        Some(member)
    }

    fn at_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.rooms.get_mut(id.0)?.as_mut()
    }

    /// Places made for rooms, free ones included.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.rooms.len()
    }

    /// Every member, room by room.
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.rooms
            .iter()
            .flatten()
            .flat_map(|room| room.members.values())
    }
}

impl Room {
    /// The local members but for this one.
    pub(super) fn locals_besides(&self, member: Option<MemberId>) -> Vec<MemberId> {
        let locals = self.locals.iter().copied();
        locals.filter(|&local| Some(local) != member).collect()
    }

    /// The group a member's connection belongs to.
    pub(super) fn group_of(&self, route: Route) -> Option<GroupId> {
        match route {
            Route::Plain(_) => self.plain.id,
            Route::Enveloped(_) => self.enveloped.id,
            Route::Local | Route::Lobby(_) => None,
        }
    }

    fn new(name: Arc<str>) -> Self {
        Self {
            name,
            plain: Group::default(),
            enveloped: Group::default(),
            locals: BTreeSet::new(),
            members: BTreeMap::new(),
        }
    }
}

impl Group {
    /// The group to send to, unless nobody is in it but `sender`; `None` where the sender is no
    /// member of it.
    pub(super) fn others(&self, sender: Option<ConnId>) -> Option<GroupId> {
        let others = self.members - usize::from(sender.is_some()).min(self.members);
        self.id.filter(|_| others > 0)
    }

    fn enter(&mut self, last: &mut u32) -> GroupId {
        self.members += 1;
        *self.id.get_or_insert_with(|| {
            *last = last.wrapping_add(1);
            GroupId(*last)
        })
    }

    fn leave(&mut self) {
        self.members = self.members.saturating_sub(1);
        if self.members == 0 {
            self.id = None;
        }
    }
}
