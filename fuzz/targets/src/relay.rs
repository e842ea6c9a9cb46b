//! A guest that speaks through the broadcaster, holds the keys, and says anything: the master takes what the
//! rules allow and nothing else, joins no more than its bound, and ends the session at the first message
//! that breaks a rule.

use crate::input::{lines, text};
use broadcaster::envelope::{ToHub, ToMember};
use broadcaster::hub::MemberId;
use broadcaster::limits::{RELAY_FRAME_BYTES, RELAY_PART_BYTES, RELAY_WINDOW_BYTES};
use broadcaster::signalling::master::{self, Event, Host, Output, Strangers};
use broadcaster::signalling::message::{AttemptId, Message};
use broadcaster::signalling::rtc::SessionId;
use broadcaster::signalling::{Framing, Master};
use broadcaster::{Millis, Payload};
use trust::handshake::{self, Binding, Sealed};
use trust::identity::Identity;
use trust::invitation::Invitation;
use trust::registry::{Invitations, Terms, UnixSeconds};
use trust::seed::Seed;

const NOW: Millis = Millis(5);
const DATE: UnixSeconds = UnixSeconds(1_800_000_000);
const GUEST: MemberId = MemberId(1);
/// Steps of one input; a handshake is one too, and costs the most.
const STEPS: usize = 64;
const WELCOME: &str = r#"{"kind":"welcome","id":99,"address":"192.168.1.5","room":"/","mode":"invited","members":[{"id":1,"address":"192.168.1.21","kind":"enveloped"}]}"#;

pub(crate) fn relay(data: &[u8]) {
    let mut world = World::new();
    world.begin();
    for (word, rest) in lines(data).take(STEPS) {
        world.step(word, rest);
    }
}

struct World {
    master: Master,
    invitation: Invitation,
    attempt: u64,
    guest: Option<Guest>,
    /// What the master's page was told since the last step.
    told: Vec<Event>,
}

/// The guest's end, and what the master has to make of all that it said.
struct Guest {
    sealed: Sealed,
    session: SessionId,
    joined: Vec<u8>,
    under_way: usize,
    last: Vec<u8>,
}

/// What the rules make of a sealed message.
enum Rule {
    Nothing,
    Frame(Payload),
    End,
}

impl World {
    fn new() -> Self {
        let identity = Identity::from_random([3; 32]);
        let mut invitations = Invitations::default();
        let shared = invitations.share(Terms::default(), [7; 24], DATE);
        let invitation = shared
            .expect("the first one")
            .to_invitation(identity.public());
        let id = "M".try_into().expect("an id");
        let mut config = master::Config::new(id, "Kitchen".into());
        config.protocols = vec!["jio.2".into()];
        let host = Host {
            identity,
            invitations,
            room: "/".to_owned(),
            authority: None,
            strangers: Strangers::Refused,
            epoch: DATE,
            seed: Seed::new([9; 32]),
        };
        let mut world = Self {
            master: Master::inviting(config, host),
            invitation,
            attempt: 0,
            guest: None,
            told: Vec::new(),
        };
        world.master.handle_start(NOW);
        world.master.handle_opened(Framing::Enveloped, NOW);
        world.master.handle_text(WELCOME, NOW);
        assert!(world.sent().len() <= 1, "it announces itself");
        world
    }

    /// A handshake as the rules want it, with a newer attempt than the last.
    fn begin(&mut self) {
        self.attempt += 1;
        let binding = Binding {
            room: "/".to_owned(),
            way: handshake::Way::Relay,
        };
        let random = [u8::try_from(self.attempt).expect("few"); 32];
        let (slave, data) =
            handshake::Slave::new(&self.invitation, &binding, random).expect("a room's name");
        let relay = Message::Relay {
            from: "S".try_into().expect("an id"),
            to: "M".try_into().expect("an id"),
            id: AttemptId::Number(self.attempt),
            protocols: vec!["jio.2".into()],
            data,
        };
        self.hear(Payload::Text(relay.to_text().into()));
        let answer = self.sent().into_iter().find_map(|payload| match payload {
            Payload::Text(text) => match Message::parse(&text) {
                Ok(Message::Relay { data, .. }) => Some(data),
                _ => None,
            },
            Payload::Binary(_) => None,
        });
        let sealed = slave
            .finish(&answer.expect("it is a guest"))
            .expect("it is the master");
        let session = self.master.peers().last().expect("it is there").session;
        self.told.clear();
        self.guest = Some(Guest {
            sealed,
            session,
            joined: Vec::new(),
            under_way: 0,
            last: Vec::new(),
        });
    }

    fn step(&mut self, word: u8, rest: &[u8]) {
        match (word, rest) {
            (b'x', _) => self.begin(),
            (b's', _) => self.seal(rest),
            // Long parts, which a short input could not hold.
            (b'n', [kind, sixteenths, ..]) => {
                let part = vec![b'a'; usize::from(*sixteenths) % 17 * RELAY_PART_BYTES / 16];
                self.seal(&[&[kind % 8][..], &part].concat());
            }
            (b'm', _) => self.say(&Payload::Text(text(rest).into())),
            (b'M', [sixteenths, ..]) => {
                let length = usize::from(*sixteenths) % 17 * RELAY_FRAME_BYTES / 16;
                self.say(&vec![0; length].into());
            }
            (b'r', _) => {
                let last = self.guest.as_ref().map(|guest| guest.last.clone());
                self.break_it(&last.unwrap_or_default());
            }
            (b'u', _) => self.break_it(rest),
            _ => {}
        }
        self.check();
    }

    /// The guest seals this.
    fn seal(&mut self, content: &[u8]) {
        let Some(guest) = &mut self.guest else {
            return;
        };
        let sealed = guest.sealed.seal(content).expect("not too long");
        let rule = guest.on_said(content);
        guest.last.clone_from(&sealed);
        self.hear(Payload::Binary(sealed.into()));
        self.receive();
        match rule {
            Rule::Nothing => assert!(self.frames().is_empty() && !self.is_over()),
            Rule::Frame(frame) => assert!(self.frames() == [frame] && !self.is_over()),
            Rule::End => self.end(),
        }
        self.told.clear();
    }

    /// What no end has sealed now.
    fn break_it(&mut self, message: &[u8]) {
        self.hear(Payload::Binary(message.to_vec().into()));
        self.receive();
        if self.guest.is_some() {
            self.end();
        }
    }

    fn end(&mut self) {
        assert!(self.frames().is_empty(), "nothing is believed");
        assert!(self.is_over(), "a rule was broken");
        self.guest = None;
        self.told.clear();
    }

    /// The master sends this, if it may.
    fn say(&mut self, frame: &Payload) {
        let Some(guest) = &mut self.guest else {
            return;
        };
        let is_open = self.master.has_room(guest.session);
        assert_eq!(is_open, Some(guest.under_way < RELAY_WINDOW_BYTES));
        if is_open == Some(true) {
            guest.under_way += frame.len();
            self.master.handle_frame(guest.session, frame, NOW);
            self.receive();
        }
    }

    fn hear(&mut self, payload: Payload) {
        let from = GUEST;
        let text = ToMember::Message { from, payload }.to_text();
        self.master.handle_text(&text, NOW);
    }

    /// The guest opens what it is sent: in order, and in parts of their bound.
    fn receive(&mut self) {
        for payload in self.sent() {
            if let (Payload::Binary(message), Some(guest)) = (payload, &mut self.guest) {
                let content = guest.sealed.open(&message).expect("the next one");
                assert!(content.len() <= RELAY_PART_BYTES + 1);
            }
        }
    }

    /// What the master sends to the guest; what it tells its page is kept.
    fn sent(&mut self) -> Vec<Payload> {
        let mut sent = Vec::new();
        loop {
            match self.master.poll_output() {
                Output::Send(text) => match ToHub::from_text(&text) {
                    Ok(ToHub::Send { payload, .. }) => sent.push(payload),
                    other => panic!("{other:?}"),
                },
                Output::Event(event) => self.told.push(event),
                Output::Connect | Output::Disconnect => {}
                Output::Rtc(command) => panic!("there is no connection: {command:?}"),
                Output::Wait(_) => return sent,
            }
        }
    }

    fn frames(&self) -> Vec<Payload> {
        let mut frames = Vec::new();
        for event in &self.told {
            if let Event::Frame { frame, .. } = event {
                frames.push(frame.clone());
            }
        }
        frames
    }

    fn is_over(&self) -> bool {
        let is_end = |event: &Event| matches!(event, Event::Left { .. } | Event::Failed { .. });
        self.told.iter().any(is_end)
    }

    fn check(&self) {
        assert!(self.master.peers().count() <= 1, "one session a guest");
        let relayed = self
            .guest
            .as_ref()
            .and_then(|guest| self.master.has_room(guest.session));
        assert_eq!(relayed.is_some(), self.guest.is_some());
    }
}

impl Guest {
    fn on_said(&mut self, content: &[u8]) -> Rule {
        let Some((kind, content)) = content.split_first() else {
            return Rule::End;
        };
        match (*kind, content) {
            (0..=2, _) if self.joined.len() + content.len() > RELAY_FRAME_BYTES => Rule::End,
            (0..=2, _) => {
                self.joined.extend_from_slice(content);
                self.on_joined(*kind)
            }
            (3, [a, b, c, d]) => {
                let taken = u32::from_be_bytes([*a, *b, *c, *d]);
                let left = usize::try_from(taken).ok();
                match left.and_then(|taken| self.under_way.checked_sub(taken)) {
                    Some(left) => {
                        self.under_way = left;
                        Rule::Nothing
                    }
                    None => Rule::End,
                }
            }
            (4, _) => Rule::Nothing,
            _ => Rule::End,
        }
    }

    fn on_joined(&mut self, kind: u8) -> Rule {
        if kind == 0 {
            return Rule::Nothing;
        }
        let joined = std::mem::take(&mut self.joined);
        match (kind, String::from_utf8(joined)) {
            (1, Ok(text)) => Rule::Frame(text.as_str().into()),
            (1, Err(_)) => Rule::End,
            (_, Ok(text)) => Rule::Frame(text.into_bytes().into()),
            (_, Err(bytes)) => Rule::Frame(bytes.into_bytes().into()),
        }
    }
}
