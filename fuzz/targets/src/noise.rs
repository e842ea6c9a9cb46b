//! The handshake of a channel and what follows it, among changed, cut, repeated and made-up messages: only
//! what the other end said, unchanged and in order, is believed.

use crate::input::lines;
use trust::fingerprint::Fingerprint;
use trust::handshake::{Binding, Error, Request, Sealed, Slave, Way, check_ready, ready};
use trust::identity::Identity;
use trust::invitation::{Invitation, InvitationId};
use trust::secret::Secret;

/// Handshakes of one input: each costs as much as a thousand other steps.
const HANDSHAKES: usize = 8;

pub(crate) fn noise(data: &[u8]) {
    let (way, rest) = data.split_first().unwrap_or((&0, &[]));
    let pair = Pair::new(way % 2 == 0);
    let (mut ends, mut made) = (pair.open(), 1);
    for (word, rest) in lines(rest) {
        if b"abfg".contains(&word) {
            made += 1;
            if made > HANDSHAKES {
                return;
            }
        }
        match word {
            b'a' => pair.change_first(rest),
            b'b' => pair.change_second(rest),
            b'f' => pair.hear_first(rest),
            b'g' => pair.hear_second(rest),
            b'r' => assert_eq!(check_ready(rest).is_ok(), rest == ready()),
            _ => ends.step(word, rest),
        }
    }
}

/// A master, and who holds its invitation.
struct Pair {
    identity: Identity,
    invitation: Invitation,
    binding: Binding,
}

impl Pair {
    fn new(is_direct: bool) -> Self {
        let identity = Identity::from_random([1; 32]);
        let way = match is_direct {
            true => Way::Channel {
                slave: Fingerprint::from_bytes([4; 32]),
                master: Fingerprint::from_bytes([5; 32]),
            },
            false => Way::Relay,
        };
        Self {
            invitation: Invitation {
                master: identity.public(),
                id: InvitationId::from_random([3; 8]),
                secret: Secret::from_random([2; 16]),
            },
            identity,
            binding: Binding {
                room: "/".to_owned(),
                way,
            },
        }
    }

    fn begin(&self) -> (Slave, Vec<u8>) {
        self.begin_with([6; 32])
    }

    fn begin_with(&self, random: [u8; 32]) -> (Slave, Vec<u8>) {
        Slave::new(&self.invitation, &self.binding, random).expect("a room's name")
    }

    fn accept(&self, first: &[u8]) -> Result<(Sealed, Vec<u8>), Error> {
        let request = Request::parse(first)?;
        let key = self.invitation.secret.to_channel_key();
        request.accept(&self.identity, &key, &self.binding, [7; 32])
    }

    /// With keys that no input was written with: what a corpus has sealed is nobody's here.
    fn open(&self) -> Ends {
        let (slave, first) = self.begin_with([8; 32]);
        let (master, second) = self.accept(&first).expect("it is the guest");
        let slave = slave.finish(&second).expect("it is the master");
        assert_eq!(slave.channel_hash(), master.channel_hash());
        Ends {
            ends: [slave, master],
            said: Vec::new(),
        }
    }

    fn change_first(&self, by: &[u8]) {
        let (_, first) = self.begin();
        let changed = change(&first, by);
        assert_eq!(self.accept(&changed).is_ok(), changed == first);
    }

    fn change_second(&self, by: &[u8]) {
        let (slave, first) = self.begin();
        let (_, second) = self.accept(&first).expect("it is the guest");
        let changed = change(&second, by);
        assert_eq!(slave.finish(&changed).is_ok(), changed == second);
    }

    fn hear_first(&self, message: &[u8]) {
        let (_, first) = self.begin();
        assert_eq!(self.accept(message).is_ok(), message == first);
    }

    fn hear_second(&self, message: &[u8]) {
        let (slave, first) = self.begin();
        let (_, second) = self.accept(&first).expect("it is the guest");
        assert_eq!(slave.finish(message).is_ok(), message == second);
    }
}

/// Both ends, after the handshake.
struct Ends {
    ends: [Sealed; 2],
    /// What was sealed, and by whom: all of it is old.
    said: Vec<(usize, Vec<u8>)>,
}

impl Ends {
    fn step(&mut self, word: u8, rest: &[u8]) {
        match word {
            b'0' | b'1' => self.say(usize::from(word - b'0'), rest),
            b'c' => self.say_changed(rest),
            b'x' => self.repeat(rest),
            b't' => self.ends.iter_mut().for_each(|end| {
                assert!(end.open(rest).is_err(), "nobody sealed that");
            }),
            _ => {}
        }
    }

    /// One end says it, the other hears it, and by then nothing that came in between has done harm.
    fn say(&mut self, from: usize, message: &[u8]) {
        let sealed = self.ends[from].seal(message).expect("a short one");
        assert!(self.ends[from].open(&sealed).is_err(), "sent back");
        let heard = self.ends[1 - from].open(&sealed);
        assert_eq!(heard.as_deref(), Ok(message));
        self.said.push((from, sealed));
    }

    fn say_changed(&mut self, by: &[u8]) {
        let sealed = self.ends[0].seal(by).expect("a short one");
        let changed = change(&sealed, by);
        if changed != sealed {
            assert_eq!(self.ends[1].open(&changed), Err(Error::Refused));
        }
        assert_eq!(self.ends[1].open(&sealed).as_deref(), Ok(by));
    }

    fn repeat(&mut self, which: &[u8]) {
        let which = usize::from(*which.first().unwrap_or(&0));
        if let Some((from, old)) = self.said.get(which % self.said.len().max(1)) {
            assert!(self.ends[1 - from].open(old).is_err(), "again");
            assert!(self.ends[*from].open(old).is_err(), "sent back");
        }
    }
}

/// The message with some bytes changed, each by a place and what is added there; or cut, or longer.
fn change(message: &[u8], by: &[u8]) -> Vec<u8> {
    let mut changed = message.to_vec();
    for step in by.chunks_exact(2) {
        match step {
            [255, to] => changed.truncate(usize::from(*to)),
            [254, more] => changed.push(*more),
            [at, with] => {
                let length = changed.len().max(1);
                if let Some(byte) = changed.get_mut(usize::from(*at) % length) {
                    *byte ^= with;
                }
            }
            _ => {}
        }
    }
    changed
}
