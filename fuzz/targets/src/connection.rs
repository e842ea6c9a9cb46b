//! A WebSocket's frames: any cut of the bytes gives the same messages and the same end, no message is over
//! its bound, and what we keep for a peer that only sends stays small.

use crate::input::pieces;
use crate::rig::HANDSHAKE;
use broadcaster::Millis;
use broadcaster::connection::{Connection, Event};
use broadcaster::head::Wish;

const NOW: Millis = Millis(1000);
const MESSAGE_BYTES: usize = 4096;
/// Our answer to the handshake, at most 33 Pong frames and a Close frame.
const QUEUED_BYTES: usize = 512 + 33 * 127 + 127;

pub(crate) fn connection(data: &[u8]) {
    let whole = events(std::iter::once(data).filter(|data| !data.is_empty()));
    assert_eq!(whole, events(pieces(data)));
    let ends = whole
        .iter()
        .filter(|event| matches!(event, Event::Closed(_)));
    assert!(
        ends.count() <= 1
            && !whole
                .iter()
                .rev()
                .skip(1)
                .any(|event| matches!(event, Event::Closed(_)))
    );
    for event in &whole {
        match event {
            Event::Message(payload) => assert!(payload.len() <= MESSAGE_BYTES),
            // RFC 6455 §7.4: what a peer may say, and what we say of a peer that said nothing.
            Event::Closed(code) => assert!((1000..5000).contains(code), "{code}"),
            Event::Requested(_) => panic!("a second request"),
        }
    }
}

fn events<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut connection = open();
    let mut events = Vec::new();
    for mut piece in pieces {
        while let Some(event) = connection.handle_received(&mut piece, NOW) {
            events.push(event);
        }
        assert!(piece.is_empty(), "everything is read");
        assert!(connection.queued_bytes() <= QUEUED_BYTES);
        if connection.is_over() {
            events.extend(connection.conclude(NOW));
            assert!(!connection.is_open());
        }
    }
    events
}

fn open() -> Connection {
    let (mut connection, mut request) = (Connection::new(NOW), HANDSHAKE);
    let Some(Event::Requested(head)) = connection.handle_received(&mut request, NOW) else {
        panic!("the handshake is one");
    };
    let Wish::Upgrade(upgrade) = head.wish else {
        panic!("it asks for an upgrade");
    };
    connection.ask(upgrade);
    let early = connection
        .admit(None, MESSAGE_BYTES, NOW)
        .expect("it asked");
    assert!(early.is_empty());
    connection
}
