//! The hub's state and inputs: who comes, who goes, what is known of each. Who may come stands in
//! `entry`, `guest` and `lobby`, who must go in `farewell`, who gets what in `broadcast`, what members are told about each other in
//! `presence`.

use super::config::{Config, Error, Mode};
use super::entry::Asked;
use super::guest::Guest;
use super::lobby::Stay;
use super::member::{Member, MemberId, Route};
use super::output::{Event, Output, Totals};
use super::room::{RoomId, Rooms, name};
use crate::address::Address;
use crate::admission::OriginRule;
use crate::link::{Command, ConnId, Counters, GroupId, Report};
use crate::payload::Payload;
use crate::time::Millis;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use trust::invitation::InvitationId;
use trust::proof::Nonces;
use trust::secret::JoinKey;

/// The hub of one broadcaster.
///
/// A companion's reports are believed about the world and not about themselves: a report about a
/// connection that is no member, twice the same one, or one that comes too late changes nothing.
#[derive(Debug)]
pub struct Hub {
    pub(super) config: Config,
    /// What `config` says about origins.
    pub(super) origins: OriginRule,
    /// The port and this computer's addresses, as last reported.
    pub(super) port: Option<u16>,
    pub(super) addresses: Vec<Address>,
    pub(super) rooms: Rooms,
    pub(super) conns: BTreeMap<ConnId, Place>,
    /// Connections that are admitted and no members: not yet, or not any more.
    pub(super) guests: BTreeMap<ConnId, Guest>,
    /// The stay of each member in the lobby.
    pub(super) lobby: BTreeMap<ConnId, Stay>,
    /// Addresses that a person has just refused in the lobby, and until when they are not asked about again.
    pub(super) refused: BTreeMap<IpAddr, Millis>,
    /// Keys of the invitations in force.
    pub(super) keys: BTreeMap<InvitationId, JoinKey>,
    /// The challenges' nonces, where invited mode can be had.
    pub(super) nonces: Option<Nonces>,
    pub(super) last_member: u32,
    /// Members and guests with a connection, by remote address.
    pub(super) per_address: BTreeMap<IpAddr, u32>,
    pub(super) outputs: VecDeque<Output>,
    /// Sums only; what is now is counted when asked for.
    pub(super) totals: Totals,
    locals: BTreeMap<MemberId, Place>,
}

/// Where a member is: all that the way of a message needs, found with one look-up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) id: MemberId,
    pub(super) room: RoomId,
    pub(super) route: Route,
}

/// Who is to be seated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer {
    pub(super) address: IpAddr,
    pub(super) route: Route,
    pub(super) invitation: Option<InvitationId>,
}

impl Hub {
    /// Makes a hub without members, for open mode.
    ///
    /// # Errors
    ///
    /// When the configuration asks for what this hub cannot do, or a listed origin is none.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::make(config, None)
    }

    /// Makes a hub without members, for both modes. The seed is 32 random bytes that are used for nothing
    /// else: the nonces of challenges come of it.
    ///
    /// # Errors
    ///
    /// When a listed origin is none.
    pub fn with_invitations(
        config: Config,
        seed: [u8; 32],
        keys: BTreeMap<InvitationId, JoinKey>,
    ) -> Result<Self, Error> {
        let hub = Self::make(config, Some(Nonces::new(seed)))?;
        Ok(Self { keys, ..hub })
    }

    fn make(config: Config, nonces: Option<Nonces>) -> Result<Self, Error> {
        check_mode(&config, nonces.as_ref())?;
        Ok(Self {
            origins: config.to_origin_rule()?,
            config,
            guests: BTreeMap::new(),
            lobby: BTreeMap::new(),
            refused: BTreeMap::new(),
            keys: BTreeMap::new(),
            nonces,
            port: None,
            addresses: Vec::new(),
            rooms: Rooms::default(),
            conns: BTreeMap::new(),
            per_address: BTreeMap::new(),
            outputs: VecDeque::new(),
            totals: Totals::default(),
            locals: BTreeMap::new(),
            last_member: 0,
        })
    }

    /// Tells what the companion reports.
    pub fn handle_report(&mut self, report: Report, now: Millis) {
        match report {
            Report::Received { conn, payload } => self.on_received(conn, payload, now),
            Report::Asked {
                conn,
                remote,
                path,
                host,
                origin,
                protocols,
            } => {
                let asked = Asked {
                    conn,
                    remote: remote.ip().to_canonical(),
                    path,
                    host,
                    origin,
                    protocols,
                };
                self.on_asked(asked, now);
            }
            Report::Closed { conn, code } => self.on_closed(conn, code),
            Report::Counters { counters } => self.on_counters(&counters),
            Report::Listening { port, addresses } => {
                self.port = Some(port);
                self.addresses = addresses;
            }
            Report::Addresses { addresses } => self.addresses = addresses,
            Report::Hello { .. } => self.handle_detached(now),
            Report::Failed { .. } | Report::Copy(_) => {}
            Report::Error { detail } => self.push_event(Event::Misunderstood { detail }),
        }
    }

    /// Puts a new configuration in force for those who ask from now on; members stay. Where invited mode
    /// takes the place of open mode, those stay who were invited.
    ///
    /// # Errors
    ///
    /// As [`Hub::new`]; the old configuration stays in force.
    pub fn handle_configured(&mut self, config: Config, _now: Millis) -> Result<(), Error> {
        check_mode(&config, self.nonces.as_ref())?;
        self.origins = config.to_origin_rule()?;
        let before = std::mem::replace(&mut self.config, config).mode;
        match (before, self.config.mode) {
            (Mode::Open, Mode::Invited) => self.on_closed_to_strangers(),
            (Mode::Invited, Mode::Open) => self.on_opened(),
            (Mode::Open, Mode::Open) | (Mode::Invited, Mode::Invited) => {}
        }
        self.send_banned_away();
        Ok(())
    }

    /// Tells that it is `now`: challenges and stays in the lobby come to their end.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.end_challenges(now);
        self.end_stays(now);
    }

    /// Tells that the companion is gone, and every connection with it. Its successor counts
    /// connections anew, so a companion's hello says the same.
    pub fn handle_detached(&mut self, _now: Millis) {
        self.per_address.clear();
        self.guests.clear();
        self.lobby.clear();
        let places = std::mem::take(&mut self.conns);
        let left: Vec<_> = places
            .into_values()
            .filter_map(|place| Some((place.room, self.rooms.leave(place.room, place.id)?)))
            .collect();
        for (room, member) in left {
            self.on_left(room, &member, LOST);
        }
    }

    /// Puts a member without a connection into a room, which is named as a request path names it.
    /// It hears `welcome` first. The bounds on members and rooms are for strangers; a local member
    /// is one of ours.
    pub fn handle_local_joined(&mut self, room: &str, now: Millis) -> MemberId {
        let address = Ipv4Addr::LOCALHOST.into();
        let newcomer = Newcomer {
            address,
            route: Route::Local,
            invitation: None,
        };
        let (place, _) = self.seat(name(room), newcomer, now);
        self.locals.insert(place.id, place);
        self.on_joined(place);
        place.id
    }

    /// Tells what a local member says: an envelope. A member that has left says nothing.
    pub fn handle_local_message(&mut self, member: MemberId, text: &str, _now: Millis) {
        let Some(&place) = self.locals.get(&member) else {
            return;
        };
        if let Some(member) = self.rooms.member_mut(place.room, place.id) {
            member.received += 1;
        }
        self.count(text.len());
        self.on_envelope(place, text);
    }

    /// Takes a local member out of its room.
    pub fn handle_local_left(&mut self, member: MemberId, _now: Millis) {
        let Some(place) = self.locals.remove(&member) else {
            return;
        };
        if let Some(member) = self.rooms.leave(place.room, place.id) {
            self.on_left(place.room, &member, NORMAL);
        }
    }

    /// Every member, room by room.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.rooms.members()
    }

    /// The sums until now.
    pub fn totals(&self) -> Totals {
        let members = self.conns.len() - self.lobby.len() + self.locals.len();
        Totals {
            members: members as u64,
            rooms: self.rooms.len() as u64,
            ..self.totals
        }
    }

    /// The hub's next wish. [`Output::Wait`] ends the round.
    pub fn poll_output(&mut self) -> Output {
        self.outputs
            .pop_front()
            .unwrap_or_else(|| Output::Wait(self.deadline()))
    }

    /// Gives a new member its id and its place in the room `name`.
    pub(super) fn seat(
        &mut self,
        name: &str,
        newcomer: Newcomer,
        now: Millis,
    ) -> (Place, Option<GroupId>) {
        let Newcomer {
            address,
            route,
            invitation,
        } = newcomer;
        self.last_member = self
            .last_member
            .checked_add(1)
            .expect("2³¹ ids are for local members");
        let id = MemberId(self.last_member);
        let (room, name) = self.rooms.open(name);
        let member = Member {
            id,
            address,
            room: name,
            invitation,
            since: now,
            received: 0,
            sent: 0,
            queued: 0,
            route,
        };
        self.totals.joined += match route {
            Route::Plain(_) | Route::Enveloped(_) | Route::Local => 1,
            Route::Lobby(_) => 0,
        };
        (Place { id, room, route }, self.rooms.enter(room, member))
    }

    fn on_closed(&mut self, conn: ConnId, code: u16) {
        if let Some(guest) = self.guests.remove(&conn) {
            return self.discount(guest.address);
        }
        let Some(place) = self.conns.remove(&conn) else {
            return;
        };
        self.lobby.remove(&conn);
        let Some(member) = self.rooms.leave(place.room, place.id) else {
            return;
        };
        self.discount(member.address);
        self.totals.slow += u64::from(code == TOO_SLOW);
        self.on_left(place.room, &member, code);
    }

    /// One connection of this address less.
    fn discount(&mut self, address: IpAddr) {
        if let Some(count) = self.per_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&address);
            }
        }
    }

    fn on_received(&mut self, conn: ConnId, payload: Payload, now: Millis) {
        let Some(&place) = self.conns.get(&conn) else {
            return self.on_guest_message(conn, &payload, now);
        };
        self.count(payload.len());
        self.on_message(place, payload);
    }

    fn on_counters(&mut self, counters: &[Counters]) {
        for &Counters(conn, received, sent, queued) in counters {
            let Some(&place) = self.conns.get(&conn) else {
                continue;
            };
            if let Some(member) = self.rooms.member_mut(place.room, place.id) {
                (member.received, member.sent, member.queued) = (received, sent, queued);
            }
        }
    }

    fn count(&mut self, bytes: usize) {
        self.totals.messages += 1;
        self.totals.bytes += bytes as u64;
    }

    fn deadline(&self) -> Option<Millis> {
        let challenges = self.guests.values().filter_map(Guest::deadline);
        let stays = self.lobby.values().map(|stay| stay.until);
        challenges.chain(stays).min()
    }

    pub(super) fn push_command(&mut self, command: Command) {
        self.outputs.push_back(Output::Command(command));
    }

    pub(super) fn push_event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

fn check_mode(config: &Config, nonces: Option<&Nonces>) -> Result<(), Error> {
    match (config.mode, nonces) {
        (Mode::Invited, None) => Err(Error::InvitedNotBuilt),
        (Mode::Invited, Some(_)) | (Mode::Open, _) => Ok(()),
    }
}

/// Close codes of RFC 6455 §7.4.1 and of its registry, as events tell them.
const NORMAL: u16 = 1000;
const LOST: u16 = 1006;
const TOO_SLOW: u16 = 1013;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Mode;

    #[test]
    fn nothing_is_kept_of_members_that_left() {
        let mut hub = Hub::new(Config {
            mode: Mode::Open,
            ..Config::default()
        })
        .unwrap();
        for n in 1..=1000 {
            let conn = ConnId(n);
            hub.handle_report(asked(conn), Millis(0));
            let local = hub.handle_local_joined(&format!("/local/{n}"), Millis(0));
            hub.handle_report(Report::Closed { conn, code: 1000 }, Millis(0));
            hub.handle_local_left(local, Millis(0));
            while hub.poll_output() != Output::Wait(None) {}
        }
        assert!(hub.conns.is_empty() && hub.locals.is_empty() && hub.per_address.is_empty());
        assert_eq!(hub.rooms.len(), 0);
        assert_eq!(
            hub.rooms.places(),
            2,
            "the most rooms there ever were at once"
        );
    }

    #[test]
    fn nothing_is_kept_of_guests_that_left() {
        let config = Config::default();
        let mut hub = Hub::with_invitations(config, [1; 32], BTreeMap::new()).unwrap();
        hub.handle_local_joined("/", Millis(0));
        for n in 0..1000 {
            let conn = ConnId(n);
            let Report::Asked {
                conn, remote, host, ..
            } = asked(conn)
            else {
                unreachable!("that is what it makes");
            };
            let enveloped = Report::Asked {
                conn,
                remote,
                path: "/".to_owned(),
                host,
                origin: None,
                protocols: vec![crate::envelope::PROTOCOL.to_owned()],
            };
            hub.handle_report(enveloped, Millis(0));
            let word = ["{\"kind\":\"knock\"}", "{\"kind\":\"join\"}"][n as usize % 2];
            let payload = Payload::Text(word.into());
            hub.handle_report(Report::Received { conn, payload }, Millis(0));
            hub.handle_report(Report::Closed { conn, code: 1000 }, Millis(0));
            while hub.poll_output() != Output::Wait(None) {}
        }
        assert!(hub.conns.is_empty() && hub.guests.is_empty());
        assert!(hub.lobby.is_empty() && hub.per_address.is_empty());
        assert_eq!(hub.totals().members, 1);
    }

    #[test]
    fn no_connection_gets_an_id_that_belongs_to_local_members() {
        let mut hub = Hub::new(Config {
            mode: Mode::Open,
            ..Config::default()
        })
        .unwrap();
        hub.last_member = u32::MAX / 2 - 1;
        hub.handle_report(asked(ConnId(1)), Millis(0));
        hub.handle_report(asked(ConnId(2)), Millis(0));
        assert_eq!(hub.totals().members, 1);
        assert_eq!(hub.totals().refused, 1);
        let local = hub.handle_local_joined("/", Millis(0));
        assert_eq!(local, MemberId(u32::MAX / 2 + 1));
    }

    fn asked(conn: ConnId) -> Report {
        Report::Asked {
            conn,
            remote: ([192, 168, 1, (conn.0 % 200) as u8], 40_000).into(),
            path: format!("/{}", conn.0),
            host: "192.168.1.5:9999".to_owned(),
            origin: None,
            protocols: Vec::new(),
        }
    }
}
