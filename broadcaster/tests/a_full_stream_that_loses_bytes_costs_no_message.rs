//! Chromium 156's stream of a socket: it takes in 64 KiB, and loses what is written while it is exactly full,
//! and says that it was written. What is asked of the executor is never lost, since it asks the peer.

mod support;

use broadcaster::Millis;
use broadcaster::limits::{CONFIRM_AGAIN_MOST, FLUSH, Limits};
use broadcaster::link::Command;
use proptest::prelude::*;
use support::{Client, Rig, SocketState};
use tungstenite::Message;

const TAKES_IN: usize = 64 * 1024;
/// The bytes of a frame before a payload of nearly so much (RFC 6455 §5.2).
const HEADER: usize = 4;

/// A member behind such a stream.
struct Behind {
    rig: Rig,
    client: Client,
    /// What the stream holds.
    held: Vec<u8>,
    /// What is still to go into it of the chunk that is being written, and how long that is.
    writing: Option<(Vec<u8>, usize)>,
    read: Vec<Message>,
}

impl Behind {
    fn new() -> Self {
        let mut rig = Rig::new(Limits::default());
        let client = rig.member();
        // Nothing goes the other way, in which bytes may be written at any time.
        rig.set_room(client.conn, Some(0));
        Self {
            rig,
            client,
            held: Vec::new(),
            writing: None,
            read: Vec::new(),
        }
    }

    /// Writes as the app does: a chunk after the other.
    fn write(&mut self) {
        loop {
            let Some((rest, length)) = &mut self.writing else {
                let chunk = self
                    .rig
                    .executor
                    .next_chunk(self.client.conn, 256 * 1024, self.rig.now)
                    .concat();
                if chunk.is_empty() {
                    return;
                }
                let length = chunk.len();
                let is_lost = self.held.len() == TAKES_IN;
                self.writing = Some((if is_lost { Vec::new() } else { chunk }, length));
                continue;
            };
            let fits = rest.len().min(TAKES_IN - self.held.len());
            self.held.extend(rest.drain(..fits));
            if !rest.is_empty() {
                return;
            }
            let length = *length;
            self.writing = None;
            self.rig
                .executor
                .handle_written(self.client.conn, length, self.rig.now);
            self.rig.run();
        }
    }

    fn send(&mut self, length: usize) {
        self.rig.send_to_all("m".repeat(length).as_str());
        self.write();
    }

    /// The member reads so much and answers.
    fn read(&mut self, most: usize) {
        let read = self.held.drain(..most.min(self.held.len()));
        let socket = self.rig.sockets.get_mut(&self.client.conn);
        socket.expect("it was accepted").bytes.extend(read);
        self.read.extend(self.client.read(&mut self.rig));
        self.write();
    }

    fn pass(&mut self, span: Millis) {
        self.rig.pass(span);
        self.write();
    }

    /// The lengths of the messages read until nothing more comes, and whether a Close did.
    fn rest(mut self) -> (Vec<usize>, bool) {
        for _ in 0..8 {
            while !self.held.is_empty() {
                self.read(TAKES_IN);
            }
            self.pass(CONFIRM_AGAIN_MOST);
        }
        let is_closed = matches!(self.read.last(), Some(Message::Close(Some(_))));
        let texts = self
            .read
            .iter()
            .filter_map(|message| message.to_text().ok());
        let texts = texts.filter(|text| text.starts_with('m'));
        (texts.map(str::len).collect(), is_closed)
    }
}

#[test]
fn a_message_that_fills_it_exactly_is_followed_by_the_next() {
    let mut behind = Behind::new();
    let lengths = [TAKES_IN - HEADER, 1, 2];
    behind.send(lengths[0]);
    assert_eq!(behind.held.len(), TAKES_IN);
    behind.send(lengths[1]);
    behind.send(lengths[2]);
    assert_eq!(behind.rest(), (lengths.to_vec(), false));
}

#[test]
fn a_message_by_itself_brings_no_ping() {
    let mut behind = Behind::new();
    behind.send(2 * TAKES_IN);
    while !behind.held.is_empty() {
        behind.read(TAKES_IN);
    }
    assert_eq!(behind.read.len(), 1, "the message and nothing else");
}

#[test]
fn a_peer_that_takes_nothing_is_not_asked_for_ever_while_we_close() {
    let mut behind = Behind::new();
    behind.send(TAKES_IN - HEADER);
    let conn = behind.client.conn;
    let reason = "refused".into();
    let code = 4403;
    behind.rig.command(Command::Close { conn, code, reason });
    behind.write();
    let mut passed = Millis(0);
    while behind.rig.state(conn) != SocketState::Dropped {
        assert!(passed <= FLUSH, "it is given up in time");
        passed = passed + CONFIRM_AGAIN_MOST;
        behind.pass(CONFIRM_AGAIN_MOST);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Send(usize),
    Read(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![
        3 => 0..9_usize,
        2 => TAKES_IN / 2 - 20..TAKES_IN / 2 + 20,
        4 => TAKES_IN - 20..TAKES_IN + 20,
        1 => 2 * TAKES_IN - 20..2 * TAKES_IN + 20,
    ];
    prop_oneof![
        4 => length.prop_map(|length| Step::Send(length + 1)),
        3 => prop_oneof![0..20_usize, Just(TAKES_IN)].prop_map(Step::Read),
        2 => (0..2_000_u64).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Within the time in which a silent member is taken for gone.
    #[test]
    fn whoever_reads_gets_all_in_order(steps in prop::collection::vec(step(), 1..25), is_closed: bool) {
        let mut behind = Behind::new();
        let mut sent = Vec::new();
        for step in steps {
            match step {
                Step::Send(length) => {
                    behind.send(length);
                    sent.push(length);
                }
                Step::Read(most) => behind.read(most),
                Step::Pass(span) => behind.pass(Millis(span)),
            }
        }
        if is_closed {
            let (conn, code) = (behind.client.conn, 4403);
            behind.rig.command(Command::Close { conn, code, reason: "bye".into() });
            behind.write();
        }
        prop_assert_eq!(behind.rest(), (sent, is_closed));
    }
}
