//! The slave in the room: asks for masters, collects their offers, decides or lets the person decide.
//! Where nobody answers, `of_2016` goes on.

use super::machine::{Phase, Slave};
use super::of_2016::Of2016;
use super::output::{Event, Step};
use super::visiting::Visit;
use crate::hub::{Kind as MemberKind, MemberId};
use crate::limits::{CANDIDATE_BYTES, CANDIDATES, MASTERS};
use crate::signalling::description::{Description, Kind};
use crate::signalling::message::{AttemptId, Message, Name, PeerId, Reason};
use crate::signalling::rtc::SessionId;
use crate::time::Millis;
use std::collections::BTreeMap;
use trust::fingerprint::Fingerprint;
use trust::signs::Nonce;

/// One attempt, from the first request to the offer that is taken.
#[derive(Debug)]
pub(super) struct Asking {
    /// Until when other masters are listened for, once one has answered.
    listen_until: Millis,
    ask_again: Millis,
    gap: Millis,
    pub(super) offers: BTreeMap<PeerId, Offer>,
    pub(super) of_2016: Of2016,
    /// In the lobby.
    pub(super) visit: Option<Visit>,
}

/// A master's offer, and what followed it before it was taken.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) master: PeerId,
    pub(super) member: Option<MemberId>,
    pub(super) description: Description,
    /// For one in the lobby.
    pub(super) nonce: Option<Nonce>,
    pub(super) candidates: Vec<String>,
}

/// The person chooses among [`Slave::masters`]. What they choose is asked anew, for the others' offers
/// may have lapsed by then, and hear from that request that they were not chosen.
#[derive(Debug)]
pub(super) struct Choosing;

impl Asking {
    /// The session of our own offer, in the order of 2016.
    pub(super) fn offering(&self) -> Option<SessionId> {
        self.of_2016.session()
    }

    /// The session of our visit.
    pub(super) fn visiting(&self) -> Option<SessionId> {
        self.visit.as_ref().map(Visit::session)
    }

    pub(super) fn due(&self) -> Millis {
        let of_2016 = self.of_2016.due();
        let listen = (!self.offers.is_empty()).then_some(self.listen_until);
        of_2016
            .into_iter()
            .chain(listen)
            .fold(self.ask_again, Millis::min)
    }
}

impl Slave {
    /// Begins a new attempt.
    pub(super) fn ask(&mut self, now: Millis) {
        self.attempt += 1;
        self.announced = 0;
        let is_guest = self.standing.ticket().is_some();
        let may_fall_back = !is_guest && self.wanted.is_none() && self.room.is_open();
        let visit = self.is_visiting().then(|| self.begin_visit());
        self.phase = Phase::Asking(Box::new(Asking {
            listen_until: now + LISTEN,
            ask_again: now + ASK_AGAIN,
            gap: ASK_AGAIN,
            offers: BTreeMap::new(),
            of_2016: if may_fall_back {
                Of2016::later(now)
            } else {
                Of2016::Never
            },
            visit,
        }));
        self.push_event(Event::Step(Step::Asking));
        self.say_request(None, self.wanted.clone());
    }

    /// Says the request; in the lobby not before there is something to commit to.
    pub(super) fn say_request(&mut self, member: Option<MemberId>, to: Option<PeerId>) {
        let commitment = match &self.phase {
            Phase::Asking(asking) => asking.visit.as_ref().map(Visit::commitment),
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Choosing(_)
            | Phase::Connecting(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => None,
        };
        if commitment == Some(None) {
            return;
        }
        self.trial.tally.asked += 1;
        let (from, id) = (self.config.id.clone(), AttemptId::Number(self.attempt));
        let protocols = self.config.protocols.clone();
        let invitation = self.standing.ticket().map(|ticket| ticket.invitation.id);
        self.say(
            member,
            &Message::Request {
                from,
                id,
                protocols,
                to,
                invitation,
                commitment: commitment.flatten(),
            },
        );
    }

    pub(super) fn on_message(&mut self, member: Option<MemberId>, message: Message, now: Millis) {
        let current = AttemptId::Number(self.attempt);
        let own = self.config.id.clone();
        match message {
            Message::Announce { from, .. } => self.on_announced(member, &from, now),
            Message::Request { from, .. } | Message::Offer { from, to: None, .. } => {
                if from != own {
                    self.askers.extend(member);
                    self.decide(now);
                }
            }
            Message::Offer {
                from,
                to: Some(to),
                id: Some(id),
                name,
                nonce,
                data,
                ..
            } if to == own && id == current => {
                let from = (from, name.unwrap_or_default());
                self.on_offer(member, from, nonce, &data, now);
            }
            Message::Answer { to, data, .. } if to == own => {
                self.on_answer_of_2016(member, &data, now);
            }
            Message::Candidate { from, to, id, data } if to == own && id == current => {
                self.on_remote_candidate(member, &from, data);
            }
            Message::Relay {
                from,
                to,
                id,
                protocols,
                data,
            } if to == own && id == current => {
                self.on_relay(member, &from, protocols.concat(), &data, now);
            }
            Message::Refuse { from, to, id, .. }
                if to == own && self.is_end_of_relay(member, &from, id.as_ref()) =>
            {
                self.lose_relay("the master ended it", now);
            }
            Message::Refuse {
                from,
                to,
                id,
                reason,
            } if to == own && id == Some(current) => {
                self.on_refused(member, &from, reason, now);
            }
            Message::Offer { to: Some(to), .. }
            | Message::Candidate { to, .. }
            | Message::Relay { to, .. }
            | Message::Refuse { to, .. } => self.stats.stray += u64::from(to == own),
            Message::Answer { .. } => {}
        }
    }

    /// A master came into the room: it is asked without waiting for the next turn.
    fn on_announced(&mut self, member: Option<MemberId>, master: &PeerId, now: Millis) {
        if self.wanted.as_ref().is_some_and(|wanted| wanted != master) {
            return;
        }
        match self.phase {
            Phase::Pausing { .. } => self.resume(now),
            Phase::Asking(_) | Phase::Choosing(_) if self.announced < MASTERS => {
                self.announced += 1;
                self.say_request(member, Some(master.clone()));
            }
            Phase::Asking(_) | Phase::Choosing(_) => self.stats.stray += 1,
            Phase::Idle
            | Phase::Reaching { .. }
            | Phase::Connecting(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => {}
        }
    }

    fn on_offer(
        &mut self,
        member: Option<MemberId>,
        (master, name): (PeerId, Name),
        nonce: Option<Nonce>,
        data: &str,
        now: Millis,
    ) {
        let is_certified = |offer: &Description| Fingerprint::from_sdp(&offer.sdp).is_ok();
        let is_of_use = |offer: &Description| match self.standing.ticket() {
            Some(_) => is_certified(offer),
            None if self.is_visiting() => {
                self.has_committed() && nonce.is_some() && is_certified(offer)
            }
            None => true,
        };
        let offer = Description::parse(data, Kind::Offer).ok().filter(is_of_use);
        let Some(description) = offer else {
            self.stats.descriptions += 1;
            return;
        };
        if !self.list(&master, name, member) {
            self.stats.stray += 1;
            return;
        }
        if let Phase::Asking(asking) = &mut self.phase {
            let offer = Offer {
                master: master.clone(),
                member,
                description,
                nonce,
                candidates: Vec::new(),
            };
            asking.offers.entry(master).or_insert(offer);
            self.decide(now);
        }
    }

    /// Puts a master into the list; `false` if there are too many.
    fn list(&mut self, master: &PeerId, name: Name, member: Option<MemberId>) -> bool {
        let entry = (name, member);
        if self.masters.get(master) == Some(&entry) {
            return true;
        }
        if !self.masters.contains_key(master) && self.masters.len() >= MASTERS {
            return false;
        }
        self.masters.insert(master.clone(), entry);
        let masters = self.masters();
        self.push_event(Event::Masters(masters));
        true
    }

    /// Takes an offer if it is clear which one.
    pub(super) fn decide(&mut self, now: Millis) {
        let Phase::Asking(asking) = &self.phase else {
            return;
        };
        let has_listened = asking.listen_until <= now || self.is_only_master(asking);
        let Phase::Asking(asking) = &mut self.phase else {
            return;
        };
        let taken = match (&self.wanted, asking.offers.len()) {
            (Some(wanted), _) => asking.offers.remove(wanted),
            (None, 2..) => return self.let_choose(),
            (None, 0 | 1) if has_listened => asking.offers.pop_first().map(|(_, offer)| offer),
            (None, 0 | 1) => None,
        };
        if let Some(offer) = taken {
            self.take(offer, now);
        }
    }

    /// Whether no member of the room could be one more master: those that answered are, those that ask
    /// are not, and a master of ours speaks envelopes where it can.
    fn is_only_master(&self, asking: &Asking) -> bool {
        let Some(members) = self.room.members() else {
            return false;
        };
        let has_offered = |id: &MemberId| {
            asking
                .offers
                .values()
                .any(|offer| offer.member == Some(*id))
        };
        let known = |id: &MemberId| self.askers.contains(id) || has_offered(id);
        members
            .iter()
            .all(|(id, present)| present.kind == MemberKind::Plain || known(id))
    }

    fn let_choose(&mut self) {
        self.abandon();
        self.trial.deadline = None;
        self.phase = Phase::Choosing(Choosing);
        self.push_event(Event::Step(Step::Choosing));
    }

    fn take(&mut self, offer: Offer, now: Millis) {
        let revealed = self.reveal(&offer);
        self.abandon();
        let session = match &revealed {
            Some(revealed) => revealed.session,
            None => self.next_session(),
        };
        self.connect(offer, session, now);
        if let Phase::Connecting(connecting) = &mut self.phase {
            connecting.revealed = revealed;
        }
    }

    pub(super) fn next_session(&mut self) -> SessionId {
        self.last_session = SessionId(self.last_session.0 + 1);
        self.last_session
    }

    /// A candidate of a master: of the session's, or of one that may still be taken.
    fn on_remote_candidate(&mut self, member: Option<MemberId>, from: &PeerId, data: String) {
        match &mut self.phase {
            Phase::Connecting(_) => self.on_connecting_candidate(member, from, &data),
            Phase::Asking(asking) => {
                let offer = asking
                    .offers
                    .get_mut(from)
                    .filter(|offer| offer.member == member);
                match offer {
                    // One more than the bound: the end of candidates.
                    Some(offer)
                        if offer.candidates.len() <= CANDIDATES
                            && data.len() <= CANDIDATE_BYTES =>
                    {
                        offer.candidates.push(data);
                    }
                    Some(_) | None => self.stats.stray += 1,
                }
            }
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Choosing(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => self.stats.stray += 1,
        }
    }

    fn on_refused(&mut self, member: Option<MemberId>, from: &PeerId, reason: Reason, now: Millis) {
        match &mut self.phase {
            Phase::Connecting(connecting) if connecting.is_of(from, member) => {
                self.trial.tally.declined = (reason != Reason::Gone).then_some(reason);
                self.pause(now);
            }
            Phase::Relaying(relaying) if relaying.is_of(from, member) => self.pause(now),
            Phase::Asking(asking) => {
                // A place may become free any moment: ask as often as at first.
                asking.gap = Millis::default();
                self.trial.tally.declined = Some(reason);
            }
            Phase::Idle
            | Phase::Pausing { .. }
            | Phase::Reaching { .. }
            | Phase::Choosing(_)
            | Phase::Connecting(_)
            | Phase::Relaying(_)
            | Phase::Connected { .. } => self.stats.stray += 1,
        }
    }

    pub(super) fn on_asking_due(&mut self, now: Millis) {
        self.decide(now);
        let Phase::Asking(asking) = &mut self.phase else {
            return;
        };
        if !asking.offers.is_empty() {
            // Only others than the wanted one have answered; that changes nothing.
            asking.listen_until = asking.ask_again;
        }
        match &asking.of_2016 {
            Of2016::After(at) if *at <= now => self.begin_of_2016(),
            Of2016::Gathering { outgoing, .. }
                if outgoing.complete_at().is_some_and(|at| at <= now) =>
            {
                self.end_gathering();
            }
            Of2016::Never
            | Of2016::After(_)
            | Of2016::Gathering { .. }
            | Of2016::Offered { .. } => {}
        }
        self.ask_again(now);
    }

    /// Repeats the request. From the second time on all masters may answer it, so that a person sees
    /// who is there where the wanted one is not.
    fn ask_again(&mut self, now: Millis) {
        let Phase::Asking(asking) = &mut self.phase else {
            return;
        };
        if now < asking.ask_again {
            return;
        }
        asking.gap = (asking.gap + asking.gap).clamp(ASK_AGAIN, ASK_LATEST);
        asking.ask_again = now + asking.gap;
        asking.listen_until = now + LISTEN;
        match asking.of_2016 {
            Of2016::Offered { .. } => self.say_offer_of_2016(),
            Of2016::Never | Of2016::After(_) | Of2016::Gathering { .. } => {
                self.say_request(None, None);
            }
        }
    }
}

/// How long other masters are listened for after a request, where there could be some.
const LISTEN: Millis = Millis(500);
/// From a request to its first repetition; then twice as long each time.
const ASK_AGAIN: Millis = Millis::from_secs(1);
/// The longest time between two requests.
const ASK_LATEST: Millis = Millis::from_secs(8);
