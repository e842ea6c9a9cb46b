//! HTTP answers (RFC 9110, RFC 9112): the site's files, `/health`, errors in one sentence, and 101.
//! Every answer but 101 ends its connection. There is no `Date`: nothing here owns a clock
//! (RFC 9110 §6.6.1).

mod answer;
mod site;

pub use answer::{Answer, error, health, switching};
pub use site::{Error, File, Site};
