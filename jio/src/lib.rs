//! jIO documents and queries without IO: what a database of plain JSON objects answers.
//!
//! Reads the query language and the options of jIO 3.45, evaluates them over documents in memory
//! and speaks its remote calls. Reads no clock, no storage and no network. In the order of use:
//!
//! - [`rpc::Request`] is what a connected device asks for, completely validated;
//! - [`Collection`] holds documents by [`Id`] and answers [`AllDocs`] with [`Rows`];
//! - [`Query`] is a query by itself, as text and as JSON; a [`Plan`] is compiled options;
//! - [`amended`] is an earlier answer with writes that came since;
//! - [`live`] tells who follows a query what has changed in its answer;
//! - [`layout`] says where attachments lie in IndexedDB;
//! - [`limits`] holds every bound. No input panics, and none costs more than documents × terms ×
//!   length.
//!
//! ```
//! use jio::{CAPACITIES, Collection, Error, Id, rpc::{Call, Request, Response}};
//! use serde_json::{Value, json};
//!
//! /// Answers one message; `random` is fresh for each.
//! fn answer(text: &str, people: &mut Collection, random: [u8; 16]) -> String {
//!     let Request { id, call } = match Request::read(text, CAPACITIES) {
//!         Ok(request) => request,
//!         Err(refused) => return Response::<()>::from(refused).to_text(),
//!     };
//!     let result: Result<Value, Error> = match call {
//!         Call::Post(document) => {
//!             let new = Id::from_random(random);
//!             people.put(new.clone(), document);
//!             Ok(json!(new.as_str()))
//!         }
//!         Call::Get(id) => people.get(&id).map(|document| json!(document)).map_err(Error::from),
//!         // Rows are written from where the documents are, without a copy.
//!         Call::AllDocs(options) => {
//!             let outcome = people.all_docs(&options).map_err(|error| (&error).into());
//!             return Response { id, outcome }.to_text();
//!         }
//!         _ => Ok(Value::Null),
//!     };
//!     Response { id, outcome: result.map_err(|error| (&error).into()) }.to_text()
//! }
//!
//! let mut people = Collection::default();
//! let post = r#"{"id":1,"method_name":"post","argument_list":[{"last":"Hopper"}]}"#;
//! assert!(answer(post, &mut people, [7; 16]).contains("jio_response"));
//! let list = r#"{"id":2,"method_name":"allDocs","argument_list":[{"query":"hop"}]}"#;
//! assert!(answer(list, &mut people, [8; 16]).contains(r#""total_rows":1"#));
//! let odd = r#"{"id":3,"method_name":"post","argument_list":[null]}"#;
//! assert!(answer(odd, &mut people, [9; 16]).contains(r#""status_code":400"#));
//! ```
//!
//! # Deviations from jIO
//!
//! Each is marked `deviates:` where the code obeys it.
//!
//! - A null property, a null among an array's elements, a null `content`, an empty array before
//!   `<`, or a null as the value of `=`: nothing matches there, while in jIO the whole query fails.
//! - A wildcard is a wildcard for every document. jIO forgets the `%` of a query after a document
//!   that lacks the key.
//! - Documents are plain objects. jIO stores anything, and one null then spoils every query.
//! - `include_docs` can be had, also with a query; without it, rows have no `doc` rather than `{}`.
//! - Malformed keys and the key `__proto__` are refused when a query is read, even if no document
//!   gets as far as that term. So is a NOT without a query.
//! - Attachments whose keys collide are refused with 409 instead of overwriting each other.
//! - On typed keys, a date without time zone is UTC, and only ISO and RFC 2822 dates and what
//!   JavaScript prints itself are dates.
//! - Rows that JavaScript's `<` cannot order (numbers among words) come in an order of our own, as
//!   they do in each browser.
//! - Texts with lone surrogates and numbers beyond the range of a double cannot be represented;
//!   messages that contain them are refused as not being JSON.
//! - There are [limits].
//!
//! Properties named like members of `Object.prototype` are ordinary and harmless in documents. Only
//! as keys of a query they never match, as in jIO.

mod amended;
mod collection;
mod document;
pub mod endpoint;
mod error;
mod js;
pub mod layout;
mod limit;
pub mod limits;
pub mod live;
mod matching;
mod names;
mod options;
mod plan;
mod query;
mod rows;
pub mod rpc;
mod schema;
mod sort;
pub mod storage;

pub use amended::amended;
pub use collection::{Collection, Error as CollectionError};
pub use document::{Document, Error as DocumentError, ID_KEY, document};
pub use error::{Error, Kind};
pub use matching::Error as MatchingError;
pub use names::{Error as NameError, Id, Name};
pub use options::{AllDocs, CAPACITIES, Capacity, Error as OptionsError, QUERY_STORAGE_CAPACITIES};
pub use plan::Plan;
pub use query::{Query, ShapeError, SyntaxError, search_text};
pub use rows::{Row, Rows};
pub use schema::{Error as SchemaError, Schema};
pub use sort::Error as SortError;
