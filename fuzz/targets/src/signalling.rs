//! Master and slave among members that say anything: commands name living connections and come in an order
//! that takes effect, half-open and open ones stay within their bounds, candidates lead to neighbours, and
//! nobody is told more than is asked.

use crate::ice::is_near;
use crate::input::{digit, lines, text};
use crate::machine::{self, Asked, Machine};
use broadcaster::envelope::{ToHub, ToMember};
use broadcaster::hub::MemberId;
use broadcaster::limits::{HALF_OPEN, SIGNAL_BYTES};
use broadcaster::signalling::Framing;
use broadcaster::signalling::candidate::{Attribute, Candidate};
use broadcaster::signalling::description::{Description, Kind};
use broadcaster::signalling::message::Message;
use broadcaster::signalling::rtc::{Command, Event, SessionId};
use broadcaster::{Millis, Payload};
use serde_json::json;
use std::collections::BTreeMap;
use trust::fingerprint::Fingerprint;

/// More than an input can be worth.
const OUTPUTS: usize = 4096;
const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n\
    a=fingerprint:sha-256 01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01\r\n";
const WELCOME: &str = r#"{"kind":"welcome","id":99,"address":"192.168.1.5","room":"/","mode":"open","members":[{"id":1,"address":"192.168.1.21","kind":"enveloped"},{"id":2,"address":"192.168.1.22","kind":"local"},{"id":3,"address":"192.168.1.22","kind":"plain"}]}"#;

/// An input that begins so is about a master that invites, or a guest.
const INVITED: &[u8] = b"I\n";
const CHALLENGE: &str = r#"{"kind":"challenge","nonce":"9dKuf0x2Tn6-7V5aP0Yk1w"}"#;

pub(crate) fn master(data: &[u8]) {
    match data.strip_prefix(INVITED) {
        Some(data) => play(&mut machine::inviting(), data),
        None => play(&mut machine::master(), data),
    }
}

pub(crate) fn slave(data: &[u8]) {
    match data.strip_prefix(INVITED) {
        Some(data) => play(&mut machine::invited(), data),
        None => play(&mut machine::slave(), data),
    }
}

pub(crate) fn visitor(data: &[u8]) {
    play(&mut machine::visitor(), data);
}

fn play(machine: &mut impl Machine, data: &[u8]) {
    let mut world = World::default();
    machine.start(world.now);
    world.drain(machine);
    for (word, rest) in lines(data) {
        world.step(machine, word, rest);
        world.drain(machine);
    }
    machine.stop();
    world.drain(machine);
    assert!(world.sessions.is_empty(), "everything is closed in the end");
}

#[derive(Default)]
struct World {
    now: Millis,
    wait: Option<Millis>,
    sessions: BTreeMap<SessionId, Session>,
    last: Option<SessionId>,
    line: Line,
}

/// The WebSocket, as its driver has it.
#[derive(Default)]
enum Line {
    #[default]
    Closed,
    Opening,
    Open(Framing),
}

#[derive(Default)]
struct Session {
    kind: Option<Kind>,
    has_remote: bool,
    is_open: bool,
}

impl World {
    fn step(&mut self, machine: &mut impl Machine, word: u8, rest: &[u8]) {
        let (of, bytes) = digit(rest);
        let now = self.now;
        match word {
            b'P' => self.open(machine, Framing::Plain),
            b'E' => {
                self.open(machine, Framing::Enveloped);
                self.hear(machine, WELCOME);
            }
            b'e' => self.open(machine, Framing::Enveloped),
            b'W' => self.hear(machine, WELCOME),
            // Into a lobby, or past a proof.
            b'I' => {
                self.open(machine, Framing::Enveloped);
                self.hear(machine, CHALLENGE);
                self.drain(machine);
                self.hear(machine, &WELCOME.replace(r#""open""#, r#""invited""#));
            }
            b'X' => self.close(machine, 4400 + of as u16),
            b'x' => self.close(machine, 1000 + of as u16),
            b't' => self.hear(machine, &text(rest)),
            // Member `of` says it.
            b's' => {
                let said = json!({"kind": "message", "from": of, "data": text(bytes)});
                self.hear(machine, &said.to_string());
            }
            // Bytes of member `of`: a relay is made of those.
            b'k' => {
                let payload = bytes.to_vec().into();
                let from = MemberId(of);
                self.hear(machine, &ToMember::Message { from, payload }.to_text());
            }
            // The hub wants a proof.
            b'h' => {
                let nonce = text(rest);
                self.hear(machine, &ToMember::Challenge { nonce }.to_text());
            }
            b'l' => {
                let gone = json!({"id": of, "address": "192.168.1.21", "kind": "plain"});
                self.hear(
                    machine,
                    &json!({"kind": "left", "member": gone}).to_string(),
                );
            }
            b'f' => {
                let made = Fingerprint::from_sdp(SDP).expect("it has one");
                self.event(machine, of, Event::Certified(made));
            }
            b'd' => self.described(machine, of),
            b'o' => self.opened(machine, of, &text(bytes)),
            b'c' => {
                let candidate = (!bytes.is_empty()).then(|| Candidate {
                    candidate: text(bytes),
                    sdp_mid: Some("0".into()),
                    sdp_m_line_index: Some(0),
                    username_fragment: None,
                });
                self.event(machine, of, Event::Candidate(candidate));
            }
            b'm' => self.event(machine, of, Event::Frame(bytes.to_vec())),
            b'L' => self.event(
                machine,
                of,
                Event::Lost {
                    detail: text(bytes),
                },
            ),
            b'F' => self.event(
                machine,
                of,
                Event::Refused {
                    detail: text(bytes),
                },
            ),
            b'p' => self.pass(machine, Millis(u64::from(of) * 700)),
            b'r' => machine.retry(now),
            b'w' => machine.wish(self.session(of), &text(bytes), now),
            b'q' => machine.stop(),
            b'b' => machine.start(now),
            _ => {}
        }
    }

    fn open(&mut self, machine: &mut impl Machine, framing: Framing) {
        if matches!(self.line, Line::Opening) {
            self.line = Line::Open(framing);
            machine.opened(framing, self.now);
        }
    }

    fn close(&mut self, machine: &mut impl Machine, code: u16) {
        if !matches!(std::mem::take(&mut self.line), Line::Closed) {
            machine.closed(code, self.now);
        }
    }

    fn hear(&self, machine: &mut impl Machine, text: &str) {
        if matches!(self.line, Line::Open(_)) {
            machine.hear(text, self.now);
        }
    }

    /// The session `of` before the last one.
    fn session(&self, of: u32) -> SessionId {
        SessionId(self.last.map_or(0, |last| last.0.saturating_sub(of)))
    }

    fn described(&mut self, machine: &mut impl Machine, of: u32) {
        let session = self.session(of);
        if let Some(kind) = self.sessions.get(&session).and_then(|session| session.kind) {
            let sdp = SDP.to_owned();
            machine.rtc(
                session,
                Event::Described(Description { kind, sdp }),
                self.now,
            );
        }
    }

    fn opened(&mut self, machine: &mut impl Machine, of: u32, protocol: &str) {
        let session = self.session(of);
        if let Some(known) = self.sessions.get_mut(&session) {
            known.is_open = true;
            let protocol = protocol.to_owned();
            machine.rtc(session, Event::Opened { protocol }, self.now);
        }
    }

    /// Events come of living connections, and now and then late ones of dead ones.
    fn event(&mut self, machine: &mut impl Machine, of: u32, event: Event) {
        machine.rtc(self.session(of), event, self.now);
    }

    fn pass(&mut self, machine: &mut impl Machine, span: Millis) {
        let end = self.now + span;
        for _ in 0..OUTPUTS {
            let Some(at) = self.wait.filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(at);
            machine.timeout(self.now);
            self.drain(machine);
        }
        panic!("time does not pass");
    }

    fn drain(&mut self, machine: &mut impl Machine) {
        for _ in 0..OUTPUTS {
            match machine.poll() {
                Asked::Connect => self.line = Line::Opening,
                Asked::Disconnect => self.line = Line::Closed,
                Asked::Told => {}
                Asked::Send(text) => self.check_said(&text),
                Asked::Rtc(command) => self.on_command(command, machine.most()),
                Asked::Wait(until) => {
                    self.wait = until;
                    return;
                }
            }
        }
        panic!("it never waits");
    }

    fn check_said(&self, said: &str) {
        let text = match self.line {
            Line::Closed | Line::Opening => panic!("nothing is said outside"),
            Line::Open(Framing::Plain) => said.to_owned(),
            Line::Open(Framing::Enveloped) => match ToHub::from_text(said) {
                Ok(ToHub::Send {
                    payload: Payload::Text(text),
                    ..
                }) => text.to_string(),
                // Sealed, or a proof: nobody else can read it.
                Ok(ToHub::Knock | ToHub::Send { to: Some(_), .. } | ToHub::Join { .. }) => return,
                other => panic!("{other:?}"),
            },
        };
        assert!(text.len() <= SIGNAL_BYTES);
        assert!(Message::parse(&text).is_ok(), "{text}");
    }

    fn on_command(&mut self, command: Command, most: usize) {
        match command {
            Command::Offer { session, .. } => self.begin(session, Kind::Offer, most),
            Command::Certify { session } => self.begin(session, Kind::Answer, most),
            Command::Answer { session, offer } => {
                // One that was certified begins with that.
                if !self.sessions.contains_key(&session) {
                    self.begin(session, Kind::Answer, most);
                }
                self.check_description(session, &offer);
            }
            Command::Accept { session, answer } => self.check_description(session, &answer),
            Command::Add { session, candidate } => {
                let known = self.sessions.get(&session).expect("it lives");
                assert!(
                    known.has_remote,
                    "a candidate before the remote description"
                );
                if let Some(candidate) = candidate {
                    check_candidate(&candidate.candidate);
                }
            }
            Command::Send { session, .. } => {
                let known = self.sessions.get(&session).expect("it lives");
                assert!(known.is_open, "a message before there is a channel");
            }
            Command::Close { session } => {
                self.sessions.remove(&session).expect("it lives");
            }
        }
    }

    fn begin(&mut self, session: SessionId, kind: Kind, most: usize) {
        assert!(self.last.is_none_or(|last| last < session), "never reused");
        self.last = Some(session);
        let (has_remote, is_open) = (false, false);
        self.sessions.insert(
            session,
            Session {
                kind: Some(kind),
                has_remote,
                is_open,
            },
        );
        assert!(
            self.sessions.len() <= most,
            "{} connections",
            self.sessions.len()
        );
        let half_open = self
            .sessions
            .values()
            .filter(|session| !session.is_open)
            .count();
        assert!(half_open <= HALF_OPEN);
    }

    fn check_description(&mut self, session: SessionId, description: &Description) {
        let known = self.sessions.get_mut(&session).expect("it lives");
        assert!(
            !std::mem::replace(&mut known.has_remote, true),
            "one remote description"
        );
        let lines = description.sdp.lines();
        lines
            .filter_map(|line| line.strip_prefix("a="))
            .filter(|text| text.starts_with("candidate:"))
            .for_each(check_candidate);
    }
}

fn check_candidate(text: &str) {
    let attribute = Attribute::parse(text);
    assert!(
        attribute.is_ok_and(|attribute| is_near(attribute.target)),
        "{text:?}"
    );
}
