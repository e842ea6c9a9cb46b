//! Remote calls over a data channel, as of 2016: JSON texts both ways.
//!
//! ```text
//! call     {"id": any, "type": "jio_query", "method_name": text, "argument_list": [any]?}
//! answer   {"id": the same, "result": any, "type": "jio_response"}
//! refusal  {"id": the same, "result": {"status_code": number, "message": text}, "type": "error"}
//! ```
//!
//! A call is validated completely when it is read: what reaches the storage has a known method and
//! arguments of the right shape. The `type` of a call is ignored, as are arguments beyond those a
//! method takes. `null` at the place of an optional argument is as good as none, because that is
//! what JavaScript's `undefined` becomes on its way.

mod arguments;
mod call;
mod request;
mod response;

pub use call::{Call, Content, Format, Method};
pub use request::{Error, Refused, Request, request_text};
pub use response::{Failure, Response};
