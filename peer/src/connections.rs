//! The `RTCPeerConnection`s of a signalling machine and their channels: commands in, events out.

use broadcaster::signalling::candidate::Candidate;
use broadcaster::signalling::description::Description;
use broadcaster::signalling::rtc::{Command, Event, SessionId};
use jio::endpoint::Frame;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;
use trust::fingerprint::Fingerprint;
use web::rtc::{
    self, Certificate, Channel, ChannelHeard, Incoming, Peer, PeerHeard, PeerState, Stopgap,
};
use web::timer::Timer;
use web::{log, task};

/// What a connection says.
pub(crate) enum Said {
    /// Something for the signalling machine.
    Rtc(Event),
    /// The other side opened a channel: hand it to [`Connections::accept`].
    Incoming(Incoming),
    /// A message of the channel.
    Frame(Frame),
    /// The channel has room again.
    Drained,
}

type Say = Rc<dyn Fn(SessionId, Said)>;

/// The connections of one machine.
pub(crate) struct Connections {
    open: BTreeMap<SessionId, Connection>,
    /// Made before their sessions' connections; `None` while they are being made.
    certificates: Rc<RefCell<BTreeMap<SessionId, Option<Certificate>>>>,
    /// For the next session.
    spare: Rc<RefCell<Option<Spare>>>,
    /// Ends the spare.
    stale: Option<Timer>,
    ahead: Ahead,
    servers: Vec<String>,
    closed: u32,
    say: Say,
}

struct Connection {
    peer: Peer,
    channel: Option<Channel>,
}

/// How much of the next session is done ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// The peer connection is made: for a side that answers.
    Made,
    /// It has described itself besides: for a side that offers. What takes the browser as long as several
    /// messages over the network is over when it is asked for.
    Offering,
}

/// A peer connection made ahead.
enum Spare {
    Made(Made),
    Offering(Offering),
}

/// A peer connection, and the session that it is for, if there is one yet.
struct Made {
    peer: Peer,
    session: Rc<Cell<Option<SessionId>>>,
}

/// One that offers, or will in a moment.
struct Offering {
    made: Made,
    stopgap: Stopgap,
    described: Rc<Cell<Described>>,
}

/// How far the description of a spare is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Described {
    Pending,
    Done,
    Failed,
}

/// How long an offer is kept for somebody. The browser adds the addresses of new networks to it; a limit
/// there is because an idle master is to have no open ports.
const KEPT: Duration = Duration::from_secs(600);

/// Chromium frees closed connections at garbage collection only, and allows 500 in a renderer; after
/// this many a collection is provoked.
const COLLECT_EVERY: u32 = 300;

impl Connections {
    /// No connections yet; they will ask these STUN servers.
    pub(crate) fn new(
        servers: Vec<String>,
        ahead: Ahead,
        say: impl Fn(SessionId, Said) + 'static,
    ) -> Self {
        Self {
            open: BTreeMap::new(),
            certificates: Rc::default(),
            spare: Rc::default(),
            stale: None,
            ahead,
            servers,
            closed: 0,
            say: Rc::new(say),
        }
    }

    /// Does ahead what can be done of the next session.
    pub(crate) fn prepare(&mut self) {
        if self.spare.borrow().is_some() {
            return;
        }
        // What cannot be made now is made when it is needed, and its failure told.
        let spare = self.connect(None).ok().map(|made| match self.ahead {
            Ahead::Made => Spare::Made(made),
            Ahead::Offering => Spare::Offering(Offering::new(made, self.say.clone())),
        });
        self.spare.replace(spare);
        let place = self.spare.clone();
        let kept = KEPT.as_millis() as u64;
        self.stale = Some(Timer::new(kept, move || drop(place.take())));
    }

    /// There will be no session for a while, or in another network.
    pub(crate) fn rest(&mut self) {
        self.spare.take();
        self.stale = None;
    }

    /// Does what the machine asks for.
    pub(crate) fn execute(&mut self, command: Command) {
        match command {
            Command::Offer {
                session,
                label,
                protocol,
            } => self.offer(session, &label, protocol),
            Command::Certify { session } => self.certify(session),
            Command::Answer { session, offer } => self.answer(session, &offer),
            Command::Accept { session, answer } => self.take(session, &answer),
            Command::Add { session, candidate } => self.add(session, candidate),
            Command::Send { session, message } => self.send(session, &Frame::Binary(message)),
            Command::Close { session } => self.close(session),
        }
    }

    /// Takes the channel that the other side opened; the first one counts.
    pub(crate) fn accept(&mut self, session: SessionId, incoming: Incoming) {
        let say = self.say.clone();
        if let Some(connection) = self.open.get_mut(&session)
            && connection.channel.is_none()
        {
            let on = channel_heard(session, incoming.protocol(), say);
            connection.channel = Some(Channel::accept(incoming, on));
        }
    }

    /// Whether a channel takes a frame now, without piling up what the network does not carry.
    pub(crate) fn has_room(&self, session: SessionId) -> bool {
        let channel = self.channel(session);
        channel.is_some_and(|channel| channel.buffered() < Channel::HIGH)
    }

    /// Sends a frame.
    pub(crate) fn send(&self, session: SessionId, frame: &Frame) {
        let Some(channel) = self.channel(session) else {
            return;
        };
        let sent = match frame {
            Frame::Text(text) => channel.send_text(text),
            Frame::Binary(bytes) => channel.send_bytes(bytes),
        };
        if let Err(error) = sent {
            lost(&self.say, session, &error);
        }
    }

    fn channel(&self, session: SessionId) -> Option<&Channel> {
        self.open.get(&session)?.channel.as_ref()
    }

    fn offer(&mut self, session: SessionId, label: &str, protocol: String) {
        let on = channel_heard(session, protocol.clone(), self.say.clone());
        if let Some(offering) = self.take_offering() {
            let connection =
                offering.begin(session, &self.say, |peer| peer.open(label, &protocol, on));
            self.open.insert(session, connection);
            return;
        }
        let Some(peer) = self.make(session) else {
            return;
        };
        let channel = Some(peer.open(label, &protocol, on));
        describe(session, peer.describe(), self.say.clone());
        self.open.insert(session, Connection { peer, channel });
    }

    /// The spare, if it offers.
    fn take_offering(&mut self) -> Option<Offering> {
        let mut spare = self.spare.borrow_mut();
        match spare.take()? {
            Spare::Offering(offering) if offering.described.get() != Described::Failed => {
                Some(offering)
            }
            Spare::Offering(_) => None,
            made @ Spare::Made(_) => {
                *spare = Some(made);
                None
            }
        }
    }

    /// The spare, if it does not offer yet.
    fn take_made(&mut self) -> Option<Made> {
        let mut spare = self.spare.borrow_mut();
        match spare.take()? {
            Spare::Made(made) => Some(made),
            offering @ Spare::Offering(_) => {
                *spare = Some(offering);
                None
            }
        }
    }

    fn certify(&self, session: SessionId) {
        let (place, say) = (self.certificates.clone(), self.say.clone());
        place.borrow_mut().insert(session, None);
        spawn(async move {
            let made = certify().await;
            // Closed in the meantime: nobody wants it any more.
            let Some(place) = place.borrow_mut().get_mut(&session).map(|place| {
                made.map(|(certificate, fingerprint)| {
                    *place = Some(certificate);
                    fingerprint
                })
            }) else {
                return;
            };
            let event = match place {
                Ok(fingerprint) => Event::Certified(fingerprint),
                Err(detail) => Event::Refused { detail },
            };
            say(session, Said::Rtc(event));
        });
    }

    fn answer(&mut self, session: SessionId, offer: &Description) {
        let Some(peer) = self.make(session) else {
            return;
        };
        let (set, made) = (peer.set_remote(&offer.to_data()), peer.describe());
        describe(
            session,
            async {
                set.await?;
                made.await
            },
            self.say.clone(),
        );
        let channel = None;
        self.open.insert(session, Connection { peer, channel });
    }

    fn take(&self, session: SessionId, answer: &Description) {
        if let Some(connection) = self.open.get(&session) {
            let (set, say) = (
                connection.peer.set_remote(&answer.to_data()),
                self.say.clone(),
            );
            spawn(async move {
                if let Err(error) = set.await {
                    lost(&say, session, &error);
                }
            });
        }
    }

    /// Adds a candidate. One that the browser does not take is one address less to try.
    fn add(&self, session: SessionId, candidate: Option<Candidate>) {
        // The end of candidates tells the browser nothing that it needs.
        if let (Some(connection), Some(candidate)) = (self.open.get(&session), candidate) {
            let add = connection.peer.add_candidate(&candidate.to_data());
            spawn(async move {
                if let Err(error) = add.await {
                    log::debug(&error.to_string());
                }
            });
        }
    }

    fn close(&mut self, session: SessionId) {
        self.certificates.borrow_mut().remove(&session);
        if self.open.remove(&session).is_some() {
            self.closed += 1;
            if self.closed.is_multiple_of(COLLECT_EVERY) {
                rtc::collect();
            }
        }
    }

    /// The peer connection of a session, made after a collection if there are too many; tells the machine
    /// if that fails.
    fn make(&mut self, session: SessionId) -> Option<Peer> {
        let certificate = self.certificates.borrow_mut().remove(&session).flatten();
        let certificate = certificate.as_ref();
        let spare = match certificate {
            Some(_) => None,
            None => self.take_made(),
        };
        let made = spare.map_or_else(|| self.connect(certificate), Ok);
        let made = made.or_else(|_| {
            rtc::collect();
            self.connect(certificate)
        });
        match made {
            Ok(made) => {
                made.session.set(Some(session));
                Some(made.peer)
            }
            Err(error) => {
                let detail = error.to_string();
                (self.say)(session, Said::Rtc(Event::Refused { detail }));
                None
            }
        }
    }

    fn connect(&self, certificate: Option<&Certificate>) -> Result<Made, web::Error> {
        let session = Rc::new(Cell::new(None));
        let (of, say) = (session.clone(), self.say.clone());
        let peer = Peer::certified(&self.servers, certificate, move |heard| {
            if let (Some(session), Some(said)) = (of.get(), peer_said(heard)) {
                say(session, said);
            }
        })?;
        Ok(Made { peer, session })
    }
}

impl Offering {
    /// Begins to describe itself.
    fn new(made: Made, say: Say) -> Self {
        let stopgap = made.peer.open_stopgap();
        let described = Rc::new(Cell::new(Described::Pending));
        let (making, state, of) = (
            made.peer.describe(),
            described.clone(),
            made.session.clone(),
        );
        spawn(async move {
            let made = making.await;
            state.set(made.as_ref().map_or(Described::Failed, |_| Described::Done));
            if let Some(session) = of.get() {
                tell_described(session, made, &say);
            }
        });
        Self {
            made,
            stopgap,
            described,
        }
    }

    /// Makes it the connection of a session. Candidates told until now are in the description.
    fn begin(
        self,
        session: SessionId,
        say: &Say,
        open: impl FnOnce(&Peer) -> Channel,
    ) -> Connection {
        let Made { peer, session: of } = self.made;
        of.set(Some(session));
        let channel = Some(open(&peer));
        drop(self.stopgap);
        match self.described.get() {
            Described::Done => tell_described(session, peer.description(), say),
            // It tells itself.
            Described::Pending | Described::Failed => {}
        }
        Connection { peer, channel }
    }
}

fn peer_said(heard: PeerHeard) -> Option<Said> {
    match heard {
        PeerHeard::Candidate(text) if text.is_empty() => Some(Said::Rtc(Event::Candidate(None))),
        PeerHeard::Candidate(text) => {
            let candidate = Candidate::parse(&text).ok()?;
            Some(Said::Rtc(Event::Candidate(Some(candidate))))
        }
        PeerHeard::Channel(incoming) => Some(Said::Incoming(incoming)),
        PeerHeard::State(PeerState::Failed) => Some(Said::Rtc(Event::Lost {
            detail: "the network path is gone".into(),
        })),
        // Short losses mend themselves, and lasting ones become `Failed`.
        PeerHeard::State(
            PeerState::Connecting
            | PeerState::Connected
            | PeerState::Disconnected
            | PeerState::Closed,
        ) => None,
    }
}

fn channel_heard(
    session: SessionId,
    protocol: String,
    say: Say,
) -> impl FnMut(ChannelHeard) + 'static {
    move |heard| {
        let said = match heard {
            ChannelHeard::Opened => Said::Rtc(Event::Opened {
                protocol: protocol.clone(),
            }),
            ChannelHeard::Text(text) => Said::Frame(Frame::Text(text)),
            ChannelHeard::Bytes(bytes) => Said::Frame(Frame::Binary(bytes)),
            ChannelHeard::Drained => Said::Drained,
            ChannelHeard::Closed => Said::Rtc(Event::Lost {
                detail: "the other side closed the connection".into(),
            }),
        };
        say(session, said);
    }
}

/// A certificate and its fingerprint.
async fn certify() -> Result<(Certificate, Fingerprint), String> {
    let told = |error: web::Error| error.to_string();
    let certificate = Certificate::generate().await.map_err(told)?;
    let description = certificate.describe().await.map_err(told)?;
    let description: Description =
        serde_json::from_str(&description).map_err(|error| error.to_string())?;
    let fingerprint = Fingerprint::from_sdp(&description.sdp);
    Ok((certificate, fingerprint.map_err(|error| error.to_string())?))
}

/// Tells the machine what a description has become.
fn describe(
    session: SessionId,
    made: impl Future<Output = Result<String, web::Error>> + 'static,
    say: Say,
) {
    spawn(async move { tell_described(session, made.await, &say) });
}

fn tell_described(session: SessionId, made: Result<String, web::Error>, say: &Say) {
    match made {
        Ok(text) => match serde_json::from_str(&text) {
            Ok(description) => say(session, Said::Rtc(Event::Described(description))),
            Err(error) => lost(say, session, &error),
        },
        Err(error) => lost(say, session, &error),
    }
}

fn lost(say: &Say, session: SessionId, error: &dyn std::fmt::Display) {
    let detail = error.to_string();
    say(session, Said::Rtc(Event::Lost { detail }));
}

/// Runs a task that tells its outcome itself.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    task::spawn(async {
        task.await;
        Ok::<_, Infallible>(())
    });
}
