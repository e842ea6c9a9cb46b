//! Replication of a local storage with a server: [`Replicated`] is a storage whose reads and writes are those
//! of this computer, and which carries changes to and from a [`crate::replica::Replica`] when the line is there.
//!
//! A driver calls [`Replicated::run`] in a loop: each call does one step, with one request to the server at
//! most, and tells when to call again; [`Replicated::on_work`] tells of something to do before that.
//!
//! # What is kept
//!
//! The [`Journal`] has for each record that both sides have: the name of its content ([`Content`]), the
//! server's revision, and the server's id where that is another. A record is *changed here* when its content
//! has another name than the agreed one: that is compared, never noted, so no kill can lose it. Callers' writes
//! only say which records to compare; after opening, all are compared once. Besides, the journal has how far
//! the server's changes were read, the batch that is on its way to the server (`sending`), the portion that is
//! on its way from it (`incoming`), and what waits for a person.
//!
//! Of each attachment that both sides have: the name of its content here, and the server's name for it. What the
//! server has is told by the revision of its record ([`crate::replica::Replica::attachments`]), so that a new one
//! needs no other news. Reading all attachments at each opening would be too dear, so here it is noted, not found: a
//! caller's write of one, or its removal, is *marked* in the journal before it is stored. An attachment that is
//! marked is compared; another is what it was. Once, all that are here are listed, and what is not known is marked.
//!
//! # The steps, in this order
//!
//! 1. Open: read the journal, list what is here, compare, end what was cut. The line is not used.
//! 2. Send again the batch that was cut, before anything else: only then is it known what the server has, and
//!    a record that it made an id for is not taken for a new one.
//! 3. Send what a person waits for (told by [`Replicated::hurry`], or noticed: where more waits than one batch takes,
//!    the few records that callers read or write between two steps are a person's); then in turn ask what changed and send what was written, oldest first.
//!    Whatever was found different at opening is sent after everything was read: most of it, where a journal
//!    was lost, the server has already.
//! 4. Once a day, where the server tells of removals in no other way, compare its list of ids.
//! 5. Attachments: only when no record waits, but for those that a person waits for, which go after the records
//!    of that kind. Look at one, then carry it: to the server whole, from it in parts (`part_bytes`). One that is
//!    larger than what is left of the day waits for the next, once; what is larger than a day goes as it is.
//!    Servers without any (ERP5) have none to look at.
//!
//! What the server tells is judged by three contents: ours, theirs, the agreed one. Ours equal to theirs: agree.
//! Ours equal to the agreed: take it over. Theirs equal to the agreed: ours is to be sent over the new revision.
//! None equal: a conflict, ended as [`Conflicts`] says. An answer to a write is judged by the same rule.
//! States whose revision is known are not even fetched.
//!
//! Attachments are judged alike, by whether each side differs from the last that was known of it. Both differ and
//! have one length: the bytes are fetched and compared where the server's name for them is no MD5. A change of an
//! attachment gives its record a new revision at the server, which is agreed on, as the document is the same. A
//! record is not removed over an attachment that the other side has not seen: that is a conflict of the record.
//!
//! # Where it can be cut, and why nothing is lost or doubled
//!
//! A kill, a full disk, and a future that is dropped amid a step are the same: what was not written to the
//! journal counts as not known, and is written with the next batch where the program lives on.
//!
//! - *A caller's write, before it is stored*: nobody was told that it is safe. *After*: it differs from what was
//!   agreed, and is found.
//! - *Before `sending` is written*: nothing was sent. *After it, before or after the server took the batch,
//!   until the answer is written*: it is sent again, marked as such ([`crate::replica::Write::is_again`]). A
//!   server that names states finds its own state to be one that was tried, and both sides agree; one that
//!   makes ids is given the very document of the first try, whatever was written here since.
//!   A record whose creation is in doubt, and that somebody else removed meanwhile, is made anew: a copy too
//!   many rather than a record lost.
//! - *While a portion is taken over*: `incoming` is written before the records. What of it is here at the next
//!   opening is agreed on; of what is not, the cursor, written after the records, makes the server tell again.
//!   Without `incoming`, a record just taken over would look changed here, and the next state of it a conflict.
//!   A caller that wants to write such a record waits until that is sorted out.
//! - *Between a look at a record and the writing of the server's state over it*, no caller writes it: callers
//!   and the replication take turns, record by record, for as long as a local write lasts.
//!
//! - *A caller's write of an attachment, after the mark*: it is compared, and is what it was or what was written.
//! - *An attachment on its way to the server* is noted before it goes (`bringing`). Where the answer was lost, the
//!   server is asked for its names: it is brought again only if it is not there. A server that packs what it has
//!   gives it back for that, where all but the name fits. CouchDB takes no part of one: a cut costs all that went.
//! - *An attachment on its way from it*: each part is stored beside the records, under an id that no record has, and
//!   then noted (`fetching`); a cut costs the part that was under way. With all parts here, the content is noted
//!   before it takes the place of what was, for the reason of `incoming`.
//!
//! What costs: one small commit of the journal before and one after each request. What is not kept is the
//! order of writes over a restart: those found at opening go in the order of their ids.

mod attachments;
mod book;
mod budget;
mod calls;
mod entries;
mod hash;
mod join;
mod journal;
mod meter;
mod noticed;
mod opening;
mod options;
mod pulling;
mod queue;
mod replicated;
mod resolving;
mod running;
mod sending;
mod standing;
mod taking;
mod texts;
mod turns;
mod verdict;

pub use attachments::{AttachmentConflict, AttachmentSide};
pub use budget::{Budget, Hours, Moment, Usage};
pub use hash::Content;
pub use journal::{Batch, Journal};
pub use meter::{Meter, Metered};
pub use options::{Carried, Conflicts, Options};
pub use replicated::Replicated;
pub use resolving::{Conflict, Keep, Side};
pub use running::Outcome;
pub use standing::{Line, Standing};
