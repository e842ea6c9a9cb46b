//! Every bound of the crate, with its unit and what happens when it is reached.

use crate::Millis;

/// Bytes of a response's body; a longer one is not read on, and the request fails with 413.
pub const MAX_BODY_BYTES: usize = 64 << 20;
/// Bytes of an attachment that is brought or fetched: it is held whole, twice for a moment. A longer one
/// fails with 413.
pub const MAX_ATTACHMENT_BYTES: u64 = 48 << 20;
/// Bytes of a URL; a longer one, which is a long query's, fails with 400. What servers and proxies take
/// differs; most take this.
pub const MAX_URL_BYTES: usize = 16 << 10;
/// Bytes of a server's address.
pub const MAX_ADDRESS_BYTES: usize = 2 << 10;
/// Bytes of a server's own words that are passed on; the rest is cut off.
pub const MAX_WORDS_BYTES: usize = 300;
/// Documents that are fetched to answer one query of a server that has no such queries; where there are
/// more, the query fails with 413 and says so.
pub const MAX_SCANNED: usize = 20_000;
/// Documents fetched one by one for one `allDocs` with `include_docs`; more fail with 413.
pub const MAX_SINGLY: usize = 500;
/// Ids that a server is asked for to find out what was removed; more fail with 413.
pub const MAX_IDS: usize = 200_000;
/// After this time a server's date of change, of whole seconds, is past: a change bears another. Longer than a
/// transaction there, which has the date of its beginning.
pub const DATE_PAST: Millis = Millis::from_minutes(1);
/// Records remembered at one date of change; more fail with 507.
pub const MAX_SEEN: usize = 50_000;
/// How often a listing is begun again because records moved under it, before it fails with 503.
pub const MAX_RESTARTS: usize = 5;
/// How often a write of a storage is begun again because somebody wrote in between, before it fails with 409.
pub const MAX_RACES: usize = 5;
/// Fields of a form; more, and the reply is not taken.
pub const MAX_FIELDS: usize = 2_000;
/// Levels of a description of a storage.
pub const MAX_DESCRIPTION_DEPTH: usize = 8;
