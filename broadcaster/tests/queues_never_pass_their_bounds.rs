//! Receivers that read by fits and starts: none ever has more waiting than its bound, and none misses a
//! message without being closed.

mod support;

use broadcaster::connection::ENTRY_BYTES;
use broadcaster::limits::Limits;
use broadcaster::link::Report;
use proptest::prelude::*;
use support::{Client, Rig};
use tungstenite::Message;

const BOUND: usize = 2000;
/// The longest Close frame of ours, and a Ping: control frames may go over the bound.
const CONTROL: usize = 127 + 2;

#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    Read(usize),
    Room(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..700).prop_map(Step::Send),
        1 => (0..3_usize).prop_map(Step::Read),
        1 => (0..3_usize, 0..900_usize).prop_map(|(at, room)| Step::Room(at, room)),
    ]
}

struct Receiver {
    client: Client,
    received: Vec<Message>,
}

impl Receiver {
    fn read(&mut self, rig: &mut Rig) {
        let messages = self.client.read(rig);
        self.received.extend(messages);
        rig.write(self.client.conn);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whoever_reads_how(steps in prop::collection::vec(step(), 0..60)) {
        let mut rig = Rig::new(Limits { queue_bytes: BOUND, ..Limits::default() });
        let mut receivers: Vec<_> =
            (0..3).map(|_| Receiver { client: rig.member(), received: Vec::new() }).collect();
        let mut sent = Vec::new();
        for step in steps {
            match step {
                Step::Send(bytes) => {
                    sent.push(Message::binary(bytes.clone()));
                    rig.send_to_all(bytes);
                }
                Step::Read(at) => receivers[at].read(&mut rig),
                Step::Room(at, room) => {
                    let conn = receivers[at].client.conn;
                    rig.set_room(conn, Some(room));
                    rig.write(conn);
                }
            }
            for receiver in &receivers {
                let queued = rig.executor.queued(receiver.client.conn);
                let (count, bytes) = queued.fold((0, 0), |(n, sum), b| (n + 1, sum + b.len()));
                prop_assert!(bytes + count * ENTRY_BYTES <= BOUND + CONTROL + 2 * ENTRY_BYTES);
            }
        }
        check_deliveries(&mut rig, &mut receivers, &sent)?;
    }
}

/// Who was not closed has every message in order; who was has the first of them, and the code.
fn check_deliveries(
    rig: &mut Rig,
    receivers: &mut [Receiver],
    sent: &[Message],
) -> Result<(), TestCaseError> {
    let reports = rig.take_reports();
    for receiver in receivers {
        let conn = receiver.client.conn;
        rig.set_room(conn, None);
        rig.write(conn);
        receiver.read(rig);
        let slow = Report::Closed { conn, code: 1013 };
        if reports.contains(&slow) {
            let Some(Message::Close(Some(close))) = receiver.received.pop() else {
                return Err(TestCaseError::fail("no Close frame"));
            };
            prop_assert_eq!(u16::from(close.code), 1013);
            prop_assert!(sent.starts_with(&receiver.received));
        } else {
            prop_assert_eq!(sent, &receiver.received);
        }
    }
    Ok(())
}
