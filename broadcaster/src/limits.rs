//! Every bound of the broadcaster: its unit, its default, and what happens when it is reached.

use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Bounds a user may change; the rest are constants of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Connections at once, of every kind. One more completes its upgrade and is closed with 1013;
    /// a plain HTTP request beyond it is not accepted.
    pub connections: u32,
    /// Connections from one remote address; loopback is exempt. One more is closed with 4409.
    pub connections_per_address: u32,
    /// Bytes of one message, whole. A longer one ends its connection with 1009.
    pub message_bytes: usize,
    /// Bytes waiting for one receiver. One message over it, the receiver is closed with 1013.
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

/// Connections whose request head is not whole, or whose upgrade is not answered. One more is closed
/// without an answer.
pub const WAITING_HANDSHAKES: usize = 32;
/// Bytes of a request head. One more is answered 431.
pub const HEAD_BYTES: usize = 8 * 1024;
/// Header fields of a request head. One more is answered 431.
pub const HEADERS: usize = 64;
/// From the first byte to the end of the head, and on to the hub's answer. Then the connection ends
/// without an answer while the head is not whole, and with 503 after.
pub const HANDSHAKE: Millis = Millis::from_secs(5);

/// Silence after which a member is pinged (RFC 6455 §5.5.2).
pub const PING_AFTER: Millis = Millis::from_secs(25);
/// Silence after which a member is taken for gone and its connection dropped, reported as 1006.
pub const SILENCE: Millis = Millis::from_secs(60);
/// From our Close frame to the end of the connection; then it is dropped. Without this pause the
/// peer may see a reset, and 1006, in place of our code.
pub const LINGER: Millis = Millis::from_secs(2);
/// Between two reports of counters.
pub const COUNTERS_EVERY: Millis = Millis::from_secs(1);

/// Bytes tungstenite reads at a time into a connection's own buffer; 16 KiB would cost 16 MiB per
/// 1,000 members.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Rooms of one hub. A member that would open one more is closed with 1013.
pub const ROOMS: usize = 128;
/// Bytes of a room's name, which is the raw request path. A longer one is refused with 414.
pub const ROOM_BYTES: usize = 256;
/// Subprotocols listed in one request that are passed on to the hub; further ones are not.
pub const PROTOCOLS: usize = 16;

/// Bytes of one serialised link message; a longer one travels in parts. Chromium ends a native port
/// at 1,048,577 bytes from the host.
pub const LINK_MESSAGE_BYTES: usize = 1_000_000;
/// Bytes a receiver of the link lets its sender have under way and unhandled, each way.
pub const LINK_WINDOW_BYTES: usize = 4 << 20;
/// Bytes waiting on one side of the link. Over it the companion stops reading its sockets, and the hub
/// grants no more credit.
pub const LINK_QUEUE_BYTES: usize = 4 << 20;
/// Bytes of one message joined from its parts: the longest payload where every byte is escaped, and
/// room for the rest. A longer one is answered with an error and dropped.
pub const LINK_JOINED_BYTES: usize = 128 << 20;
