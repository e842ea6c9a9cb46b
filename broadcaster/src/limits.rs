//! Every bound of the broadcaster: its unit, its default, and what happens when it is reached.

use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Bounds a user may change; the rest are constants of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Connections at once, of every kind. One more completes its upgrade and is closed with 1013;
    /// a plain HTTP request beyond it is answered 503.
    pub connections: u32,
    /// Connections from one remote address; loopback is exempt. One more is closed with 4409.
    pub connections_per_address: u32,
    /// Bytes of one message, whole. A longer one ends its connection with 1009.
    pub message_bytes: usize,
    /// Bytes waiting for one receiver, 32 counted for each message besides its own. One message over
    /// it, the receiver is closed with 1013. A message over it by itself (in an envelope, a text may
    /// grow sixfold) reaches nobody: its sender is closed with 1009, or told by an error where it is
    /// an enveloped one.
    pub queue_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2048,
            connections_per_address: 64,
            message_bytes: 1 << 20,
            queue_bytes: 4 << 20,
        }
    }
}

/// Default port of the broadcaster, TCP and UDP.
pub const DEFAULT_PORT: u16 = 9999;
/// Default port of the broadcaster where the Direct Sockets app opens it, and the least that Chromium lets it
/// open.
pub const APP_PORT: u16 = 39_999;
/// See [`APP_PORT`].
pub const APP_PORT_LEAST: u16 = 32_768;

/// Connections whose request head is not whole, or whose upgrade is not answered. One more waits in the
/// system's backlog where the driver asks `Executor::is_accepting`, and else is closed without an answer.
pub const WAITING_HANDSHAKES: usize = 32;
/// The same of one remote address; this computer is exempt. One more is closed without an answer. Half
/// of all, so that no address shuts the door for the others, and more than the six connections that a
/// browser opens at once.
pub const WAITING_HANDSHAKES_PER_ADDRESS: usize = WAITING_HANDSHAKES / 2;
/// Bytes of a request head. One more is answered 431.
pub const HEAD_BYTES: usize = 8 * 1024;
/// Header fields of a request head. One more is answered 431.
pub const HEADERS: usize = 64;
/// From accepting a connection to the end of its request head, and on to the hub's answer. Then the connection ends
/// without an answer while the head is not whole, and with 503 after.
pub const HANDSHAKE: Millis = Millis::from_secs(5);

/// Silence after which a member is pinged (RFC 6455 §5.5.2).
pub const PING_AFTER: Millis = Millis::from_secs(25);
/// Silence after which a member is taken for gone and its connection dropped, reported as 1006.
pub const SILENCE: Millis = Millis::from_secs(60);
/// Without progress, from the decision to close to the last queued byte written. Then the connection
/// is dropped with what it did not take.
pub const FLUSH: Millis = Millis::from_secs(10);
/// Bytes given to a stream that loses what it is given while it is full, until the peer has confirmed them:
/// half of what Chromium's stream takes in.
pub const UNCONFIRMED_BYTES: usize = 32 * 1024;
/// Until a peer that was asked whether it has all, by a Ping that such a stream may have lost, is asked again; twice as
/// long the next time.
pub const CONFIRM_AGAIN: Millis = Millis(16);
/// See [`CONFIRM_AGAIN`]; the longest.
pub const CONFIRM_AGAIN_MOST: Millis = Millis::from_secs(1);
/// From our last byte written to the end of the connection; then it is dropped. Without this pause
/// the peer may see a reset, and 1006, in place of our code (RFC 9112 §9.6 for HTTP).
pub const LINGER: Millis = Millis::from_secs(2);
/// The same where the peer has said Close, after which it should send nothing (RFC 6455 §5.5.1): a browser
/// tells its page only at the end of the connection, which a companion may be unable to end by half.
pub const LINGER_CLOSED: Millis = Millis(300);
/// Between two reports of counters.
pub const COUNTERS_EVERY: Millis = Millis::from_secs(1);

/// Bytes tungstenite reads at a time into a connection's own buffer; 16 KiB would cost 16 MiB per
/// 1,000 members.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Bytes a second that are read of one address at once, whatever others do; this computer is exempt. What
/// an address sends beyond that it shares with the others over theirs: see [`RATE_SPARE_BYTES`].
pub const RATE_BYTES: u64 = 64 * 1024;
/// Bytes that an address may have said too early before it is over its rate.
pub const RATE_BURST_BYTES: u64 = 256 * 1024;
/// Bytes a second that are read of all those over their rates together, in turns. They are read more
/// slowly, and nobody is closed for it.
pub const RATE_SPARE_BYTES: u64 = 2 << 20;
/// Bytes of such a turn.
pub const RATE_TURN_BYTES: usize = 1024;
/// What a message counts besides its bytes: a short one costs a hub as much as half a KiB more of a long one.
pub const RATE_MESSAGE_BYTES: u64 = 512;
/// What a message counts for each of its receivers, where its sender is over its rate.
pub const RATE_DELIVERY_BYTES: u64 = 64;
/// What a connection counts, whatever becomes of it.
pub const RATE_CONNECTION_BYTES: u64 = 4 * 1024;
/// Addresses whose rate is reckoned with. While as many have said something lately, a further one is over its
/// rate.
pub const RATE_ACCOUNTS: usize = 4096;

/// Rooms of one hub. A member that would open one more is closed with 1013.
pub const ROOMS: usize = 128;
/// Bytes of a room's name, which is the raw request path. A longer one is refused with 414.
pub const ROOM_BYTES: usize = 256;
/// Subprotocols listed in one request that are passed on to the hub; further ones are not.
pub const PROTOCOLS: usize = 16;

/// Invited mode: from the challenge to a member's proof. Then the connection is closed with 4408.
pub const JOIN_WITHIN: Millis = Millis::from_secs(5);
/// Bytes of a message while a challenge is open. A longer one is not read, and its sender closed with 4401.
pub const JOIN_BYTES: usize = 1024;
/// Open challenges of one address; loopback is exempt. One more is closed with 4409. In all there are no
/// more than connections, so that a few addresses cannot keep the rest out.
pub const JOINS_PER_ADDRESS: usize = 8;
/// Members in the lobby. One more is closed with 1013. A master has no more of them waiting for its person, and
/// refuses one more as `busy`.
pub const LOBBY: usize = 8;
/// The same of one address; loopback is exempt. One more is closed with 4409.
pub const LOBBY_PER_ADDRESS: usize = 2;
/// A member's time in the lobby, and with a master until its person has answered. Then it is closed with 4408.
pub const LOBBY_FOR: Millis = Millis::from_secs(600);
/// From a person's refusal to the next knock from that address. One before is closed with 4403.
pub const KNOCK_AGAIN: Millis = Millis::from_secs(30);
/// Addresses of which such a refusal is remembered. One more may knock again at once.
pub const KNOCKS_REFUSED: usize = 256;
/// Messages of a member in the lobby. With one more it is closed with 1008.
pub const LOBBY_MESSAGES: u32 = 1024;
/// Addresses that a person does not want to hear of. With one more, the first of them may come again.
pub const BANNED: usize = 256;

/// Bytes of one text from the broadcaster as a master or slave reads it: a message in its envelope,
/// where each byte may be escaped. A longer one is dropped unread.
pub const ENVELOPE_BYTES: usize = 2 << 20;
/// Members of a room that a master or slave keeps in mind. Further ones are served all the same, with
/// their address unknown.
pub const KNOWN_MEMBERS: usize = 8192;
/// Bytes of one signalling message. A longer one is dropped unread.
pub const SIGNAL_BYTES: usize = 256 * 1024;
/// Bytes of a session description in JSON. A longer one is dropped.
pub const DESCRIPTION_BYTES: usize = 64 * 1024;
/// Bytes of a candidate in JSON. A longer one is dropped and counted.
pub const CANDIDATE_BYTES: usize = 1024;
/// Candidates of one session from each side. Further ones are dropped and counted.
pub const CANDIDATES: usize = 32;
/// Bytes of a master's or slave's id. A message with a longer one is dropped.
pub const PEER_ID_BYTES: usize = 64;
/// Characters of a master's name. The rest is cut off.
pub const NAME_CHARS: usize = 64;
/// Masters a slave lists. Offers of further ones are ignored.
pub const MASTERS: usize = 16;

/// RTCPeerConnections of one master. One more slave is refused as `full`. Chromium refuses the 501st
/// of a renderer process.
pub const PEER_CONNECTIONS: usize = 500;
/// Connections of a master that are not open yet. Further slaves wait in line.
pub const HALF_OPEN: usize = 32;
/// The same of one address. Further slaves of it wait in line.
pub const HALF_OPEN_PER_ADDRESS: usize = 4;
/// From a slave's request to its open channel, and its time in the line. Then it is forgotten.
pub const HALF_OPEN_FOR: Millis = Millis::from_secs(10);
/// Slaves waiting in a master's line. One more is refused as `busy`.
pub const WAITING_SLAVES: usize = 512;

/// Slaves of a master that speak through the broadcaster. One more is refused as `full`.
pub const RELAYS: usize = 32;
/// The same of one address. One more is refused as `full`, so that no address takes all of them.
pub const RELAYS_PER_ADDRESS: usize = 8;
/// Bytes of a frame that wait to be joined, or of one to be sent. With a longer one the relay ends.
pub const RELAY_FRAME_BYTES: usize = 256 * 1024;
/// Bytes of one sealed message, before it is sealed. Longer frames travel as several, so that signalling
/// of others goes in between; a longer one ends the relay.
pub const RELAY_PART_BYTES: usize = 16 * 1024;
/// Bytes under way through the broadcaster to one end and not taken there. Over it an end has no room for
/// the next frame, so that with it and that frame, [`RELAYS`] sessions never fill a receiver's queue or
/// the link.
pub const RELAY_WINDOW_BYTES: usize = 64 * 1024;
/// Silence of the master after which a relayed slave asks whether it is there; after as much again the
/// relay is lost.
pub const RELAY_SILENCE: Millis = Millis::from_secs(10);

/// STUN: bytes of a datagram that is looked at (RFC 8489 §6.1). A longer one meets silence.
pub const STUN_BYTES: usize = 548;
/// STUN: answers a second to one source, and as many at once. Further requests meet silence.
pub const STUN_PER_SOURCE: u32 = 20;
/// STUN: answers a second in all, and as many at once. Further requests meet silence.
pub const STUN_IN_ALL: u32 = 500;
/// STUN: sources remembered. While all of them are active, a further one meets silence.
pub const STUN_SOURCES: usize = 1024;

/// Bytes of one serialised link message; a longer one travels in parts. Chromium ends a native port
/// at 1,048,577 bytes from the host.
pub const LINK_MESSAGE_BYTES: usize = 1_000_000;
/// Bytes a receiver of the link lets its sender have under way and unhandled, each way.
pub const LINK_WINDOW_BYTES: usize = 4 << 20;
/// Bytes waiting on one side of the link. Over it the companion stops reading its sockets, and the hub
/// grants no more credit.
pub const LINK_QUEUE_BYTES: usize = 4 << 20;
/// Bytes of error and hello messages waiting for the carrier; they travel without credit. Further errors
/// are counted and told as one.
pub const LINK_FREE_BYTES: usize = 64 * 1024;
/// Most that [`Limits::message_bytes`] may be set to. A greater value is refused where it is set.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Most that [`Limits::queue_bytes`] may be set to. A greater value is refused where it is set.
pub const QUEUE_BYTES_MAX: usize = 3 * MESSAGE_BYTES_MAX;
/// Bytes of one link message joined from its parts, and 64 KiB for what stands around a payload. That is
/// the longest message with every byte escaped as `\u0000`, and just as much the longest envelope, one of
/// [`QUEUE_BYTES_MAX`], with every byte escaped as `\"`. A longer one is answered with an error and
/// dropped.
pub const LINK_JOINED_BYTES: usize = 6 * MESSAGE_BYTES_MAX + 64 * 1024;

/// From the start of the companion to its hello; on a busy computer its program must be read from disk.
/// Then it counts as crashed.
pub const COMPANION_GREETING: Millis = Millis::from_secs(10);
/// From `listen` to its answer. Then the companion counts as crashed.
pub const COMPANION_OPENING: Millis = Millis::from_secs(10);
/// Silence of a companion whose port is open, after which it is asked to answer `listen` once more.
pub const COMPANION_SILENCE: Millis = Millis::from_secs(10);
/// How often a silent companion is asked: the answer to the first may lie unread in a browser that stood
/// still. Then it counts as crashed.
pub const COMPANION_ASKS: u32 = 2;
/// From asking a silent companion to asking it again, or leaving it.
pub const COMPANION_ANSWER: Millis = Millis::from_secs(5);
/// A companion's deadline that is noticed so late was slept over: it begins anew.
pub const COMPANION_LATE: Millis = Millis::from_secs(1);
/// From leaving a companion that does not answer to the start of the next one, at least: a process that
/// hangs keeps its port until Chromium kills it, two seconds after its port was closed.
pub const COMPANION_KILLED: Millis = Millis::from_secs(4);
/// From `stop` until the companion is left, whoever has not closed: members linger, and a little more.
pub const COMPANION_CLOSING: Millis = Millis(LINGER.0 + 1000);
/// Bytes of a copy in one link message, each way; in base64 they fit in one. More at once break a copy off.
pub const COPY_CHUNK_BYTES: usize = 512 * 1024;
/// Bytes of a copy. One that grows longer is broken off.
pub const COPY_BYTES: u64 = 4 << 30;
/// Copies kept of each set: the oldest goes when one more comes.
pub const COPIES_KEPT: u32 = 7;
/// Sets of copies, each of another browser or of one that was made anew. One more is refused.
pub const COPY_SETS: usize = 32;
/// From an order about copies to its outcome: as long as a slow disk takes to have all of a copy. Then the
/// companion counts as hanging.
pub const COPY_ANSWER: Millis = Millis::from_secs(120);
/// A companion that lived this long is healthy: the pause after its end is the shortest again.
pub const COMPANION_HEALTHY: Millis = Millis::from_secs(60);
/// The longest pause before a companion that ended is started again; the first is a second, each further
/// one twice as long. Chromium stops a worker without a port after 30 s of silence, and its timers with
/// it.
pub const COMPANION_PAUSE_MAX: Millis = Millis::from_secs(20);
/// How long a port that another broadcaster of ours has is asked for: our own companion of before needs
/// up to a second to leave it. Then a person is told.
pub const PORT_OURS_LEAVES: Millis = Millis::from_secs(3);
/// Between two such attempts.
pub const PORT_OURS_AGAIN: Millis = Millis(250);
/// Between two states shown in the popup, at least; the newest is shown then.
pub const STATE_EVERY: Millis = Millis(250);
/// Entries of one list in the settings. Settings with more are refused.
pub const SETTINGS_LISTED: usize = 64;
/// Origins of Direct Sockets apps whose refusal is remembered. More of them ask again.
pub const APPS_REFUSED: usize = 64;
/// Addresses of this computer that a document may gather. A longer list is refused.
pub const ADDRESSES_GATHERED: usize = 64;
/// Bytes of the broadcaster's name. Settings with a longer one are refused.
pub const NAME_BYTES: usize = 100;
