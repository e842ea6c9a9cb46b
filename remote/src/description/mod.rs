//! Which storage is meant: a JSON object in the manner of jIO, read completely before anything is opened.
//!
//! ```text
//! { "type": "memory" }
//! { "type": "indexeddb", "database": "serverless" }
//! { "type": "erp5", "url", "default_view_reference"?, "access_token"?,
//!   "query"?, "select_list"?, "date_property"?, "id_property"?, "portion"? }
//! { "type": "couchdb", "url", "username"?, "password"?, "access_token"?, "with_credentials"?,
//!   "compress"? }
//! { "type": "replicate", "local_sub_storage", "remote_sub_storage", "conflict_handling"?,
//!   "check_local_creation"?, …,
//!   "budget"?: { "bytes_per_day"?, "calls_per_day"?, "hours"?: [["22:00", "06:00"], …] } }
//! ```
//!
//! `query` and `uuid`, which a jIO needs above others, are taken and mean nothing: each storage here answers
//! queries and makes ids. What is not known is refused, so that no misspelt option is without effect.

mod members;

use crate::address::Address;
use crate::credentials::Credentials;
use crate::erp5::Settings;
use crate::limits::MAX_DESCRIPTION_DEPTH;
use crate::replication::{Budget, Hours};
use jio::Query;
use members::Members;
use serde_json::{Value, json};

/// A storage.
#[derive(Debug, Clone, PartialEq)]
pub enum Description {
    /// Records that are gone with the page.
    Memory,
    /// Records in the browser.
    IndexedDb {
        /// The name after `jio:`.
        database: String,
    },
    /// Records in an ERP5.
    Erp5 {
        /// The site's address.
        address: Address,
        /// Who asks.
        credentials: Credentials,
        /// What it is used for.
        settings: Box<Settings>,
    },
    /// Records in a CouchDB.
    CouchDb {
        /// The database's address.
        address: Address,
        /// Who asks.
        credentials: Credentials,
        /// Whether requests are compressed; where the browser does not ask the server first, unless given.
        compress: Option<bool>,
    },
    /// Records here and on a server.
    Replicate(Box<Replicate>),
}

/// A storage here, replicated with one on a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicate {
    /// What is read and written.
    pub local: Description,
    /// What it is replicated with.
    pub remote: Description,
    /// What happens where both sides changed a record.
    pub conflict_handling: ConflictHandling,
    /// What of the local side goes to the remote one.
    pub local_checks: Checks,
    /// What of the remote side goes to the local one.
    pub remote_checks: Checks,
    /// What the line may cost.
    pub budget: Budget,
}

/// What happens where both sides changed a record; jIO's numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConflictHandling {
    /// 0: it is told, and a person decides.
    #[default]
    Fail,
    /// 1.
    KeepLocal,
    /// 2.
    KeepRemote,
    /// 3: both stay as they are.
    LeaveBoth,
}

/// Which changes of a side are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// New records.
    pub creation: bool,
    /// Changed ones.
    pub modification: bool,
    /// Removed ones.
    pub deletion: bool,
    /// The same of attachments; carried unless one of jIO's three options says no, whose default there is no.
    pub attachments: bool,
}

/// Why a description is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{rule}")]
pub struct Error {
    /// The members that lead there, with a colon and a space; empty at the top.
    pub place: String,
    /// What is broken.
    pub rule: Rule,
}

/// A rule of descriptions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Not JSON at all.
    #[error("this is not JSON")]
    NotJson,
    /// Not an object.
    #[error("a storage is described by an object with a type")]
    NotAnObject,
    /// No such kind.
    #[error("there is no storage “{0}”; there are memory, indexeddb, erp5, couchdb and replicate")]
    UnknownType(String),
    /// A member is needed.
    #[error("it is missing")]
    Missing,
    /// A member has another form.
    #[error("it must be {0}")]
    NotA(&'static str),
    /// The kind has no such option.
    #[error("{0} has no such option")]
    UnknownOption(&'static str),
    /// An address that is none.
    #[error(transparent)]
    Address(#[from] crate::AddressError),
    /// A query that is none.
    #[error("{0}")]
    Query(String),
    /// A password or token that no header can hold.
    #[error("it has characters that cannot be sent to a server")]
    Unsendable,
    /// Two ways to say who asks.
    #[error(
        "one way to log in is enough: a name with a password, a token, or the browser's cookies"
    )]
    TwoLogins,
    /// A replicated storage cannot be a side of another.
    #[error("a side of a replication is no replication itself, and the local one no server")]
    Side,
    /// More levels than [`MAX_DESCRIPTION_DEPTH`].
    #[error("storages stand in each other too deeply")]
    TooDeep,
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// It breaks a [`Rule`]; where, is told.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let value = serde_json::from_str(text).map_err(|_| Error {
            place: String::new(),
            rule: Rule::NotJson,
        })?;
        Self::read(value, "", 1)
    }

    /// Reads a description that is JSON already.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_json(value: Value) -> Result<Self, Error> {
        Self::read(value, "", 1)
    }

    fn read(value: Value, place: &str, level: usize) -> Result<Self, Error> {
        let mut members = Members::new(value, place)?;
        if level > MAX_DESCRIPTION_DEPTH {
            return Err(members.error("", Rule::TooDeep));
        }
        let kind = members
            .text("type")?
            .ok_or_else(|| members.error("type", Rule::Missing))?;
        let read = match kind.as_str() {
            "memory" => Self::Memory,
            "indexeddb" => Self::IndexedDb {
                database: members
                    .text("database")?
                    .unwrap_or_else(|| "serverless".to_owned()),
            },
            "erp5" => read_erp5(&mut members)?,
            "couchdb" => read_couchdb(&mut members)?,
            "replicate" => Self::Replicate(Box::new(read_replicate(&mut members, level)?)),
            "query" | "uuid" => {
                let (below, place) = members.needed("sub_storage")?;
                Self::read(below, &place, level + 1)?
            }
            _ => return Err(members.error("type", Rule::UnknownType(kind))),
        };
        members.finish(
            KINDS
                .iter()
                .find(|known| **known == kind)
                .copied()
                .unwrap_or("it"),
        )?;
        Ok(read)
    }
}

const KINDS: [&str; 7] = [
    "memory",
    "indexeddb",
    "erp5",
    "couchdb",
    "replicate",
    "query",
    "uuid",
];

fn read_erp5(members: &mut Members) -> Result<Description, Error> {
    let defaults = Settings::default();
    let address = read_address(members)?;
    let token = members.text("access_token")?.map(Credentials::access_token);
    let credentials = token.unwrap_or_else(Credentials::cookies);
    if !credentials.is_sendable() {
        return Err(members.error("access_token", Rule::Unsendable));
    }
    let query = match members.take("query") {
        None => defaults.query,
        Some(query) => {
            let read = Query::from_json(&query);
            read.map_err(|why| members.error("query", Rule::Query(why.to_string())))?
                .to_json()
        }
    };
    let portion = members.number("portion", 2..=10_000)?;
    let settings = Settings {
        default_view_reference: members.text("default_view_reference")?,
        query,
        select_list: members.texts("select_list")?.unwrap_or_default(),
        date_property: members
            .text("date_property")?
            .unwrap_or(defaults.date_property),
        id_property: members.text("id_property")?,
        portion: portion.unwrap_or(defaults.portion),
    };
    Ok(Description::Erp5 {
        address,
        credentials,
        settings: Box::new(settings),
    })
}

fn read_couchdb(members: &mut Members) -> Result<Description, Error> {
    let address = read_address(members)?;
    let basic = match (members.text("username")?, members.text("password")?) {
        (Some(name), Some(password)) => Some(Credentials::basic(name, password)),
        (Some(_), None) => return Err(members.error("password", Rule::Missing)),
        (None, Some(_)) => return Err(members.error("username", Rule::Missing)),
        (None, None) => None,
    };
    let token = members.text("access_token")?.map(Credentials::bearer);
    let cookies = members
        .truth("with_credentials", false)?
        .then(Credentials::cookies);
    let mut logins = [basic, token, cookies].into_iter().flatten();
    let credentials = logins.next().unwrap_or_default();
    if logins.next().is_some() {
        return Err(members.error("", Rule::TwoLogins));
    }
    if !credentials.is_sendable() {
        return Err(members.error("password", Rule::Unsendable));
    }
    Ok(Description::CouchDb {
        address,
        credentials,
        compress: members.choice("compress")?,
    })
}

fn read_address(members: &mut Members) -> Result<Address, Error> {
    let url = members
        .text("url")?
        .ok_or_else(|| members.error("url", Rule::Missing))?;
    Address::new(&url).map_err(|why| members.error("url", why.into()))
}

fn read_replicate(members: &mut Members, level: usize) -> Result<Replicate, Error> {
    let (local, place) = members.needed("local_sub_storage")?;
    let local = Description::read(local, &place, level + 1)?;
    let (remote, place) = members.needed("remote_sub_storage")?;
    let remote = Description::read(remote, &place, level + 1)?;
    if !matches!(local, Description::Memory | Description::IndexedDb { .. }) {
        return Err(members.error("local_sub_storage", Rule::Side));
    }
    if !matches!(
        remote,
        Description::Erp5 { .. } | Description::CouchDb { .. }
    ) {
        return Err(members.error("remote_sub_storage", Rule::Side));
    }
    let conflict_handling = match members.number("conflict_handling", 0..=3)? {
        None | Some(0) => ConflictHandling::Fail,
        Some(1) => ConflictHandling::KeepLocal,
        Some(2) => ConflictHandling::KeepRemote,
        Some(_) => ConflictHandling::LeaveBoth,
    };
    Ok(Replicate {
        local,
        remote,
        conflict_handling,
        local_checks: read_checks(members, "local")?,
        remote_checks: read_checks(members, "remote")?,
        budget: read_budget(members)?,
    })
}

/// jIO has one option for each change; those of attachments are one here: they come and go with a record, and
/// stay where they are if one of the three says so.
fn read_checks(members: &mut Members, side: &str) -> Result<Checks, Error> {
    let mut check = |what: &str, default| members.truth(&format!("check_{side}_{what}"), default);
    let creation = check("creation", true)?;
    let modification = check("modification", true)?;
    let deletion = check("deletion", true)?;
    let mut attachments = true;
    for what in [
        "attachment_creation",
        "attachment_modification",
        "attachment_deletion",
    ] {
        attachments &= check(what, true)?;
    }
    Ok(Checks {
        creation,
        modification,
        deletion,
        attachments,
    })
}

/// What a day may cost; hours are of local time, and go over midnight where the second is not later.
fn read_budget(members: &mut Members) -> Result<Budget, Error> {
    let Some(value) = members.take("budget") else {
        return Ok(Budget::default());
    };
    let mut members = members.inner("budget", value)?;
    let budget = Budget {
        bytes_per_day: members.count("bytes_per_day")?,
        calls_per_day: members.count("calls_per_day")?,
        hours: read_hours(&mut members)?,
    };
    members.finish("a budget")?;
    Ok(budget)
}

fn read_hours(members: &mut Members) -> Result<Vec<Hours>, Error> {
    let Some(value) = members.take("hours") else {
        return Ok(Vec::new());
    };
    let pairs = serde_json::from_value::<Vec<(String, String)>>(value).ok();
    let hours = pairs.and_then(|pairs| {
        let hours = pairs.iter().map(|(from, to)| {
            Some(Hours {
                from_minute: minute(from)?,
                to_minute: minute(to)?,
            })
        });
        hours.collect()
    });
    let rule = Rule::NotA("a list of pairs of times, like [[\"22:00\", \"06:00\"]]");
    hours.ok_or_else(|| members.error("hours", rule))
}

/// The minute of the day that a time such as 22:00 names.
fn minute(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    Some(digits(hours, 24)? * 60 + digits(minutes, 60)?)
}

/// Two digits, of a number below another.
fn digits(text: &str, below: u16) -> Option<u16> {
    let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| *number < below);
    number.filter(|_| is_plain)
}

impl Description {
    /// Which server, in words that hold no secret; `None` where there is none.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Erp5 { address, .. } => Some(format!("erp5 {}", address.as_str())),
            Self::CouchDb { address, .. } => Some(format!("couchdb {}", address.as_str())),
            Self::Memory | Self::IndexedDb { .. } | Self::Replicate(_) => None,
        }
    }

    /// Which of its records and what of them, in words.
    pub fn scope(&self) -> String {
        match self {
            Self::Erp5 { settings, .. } => {
                let view = &settings.default_view_reference;
                let found_by = &settings.date_property;
                json!([settings.query, settings.select_list, view, found_by]).to_string()
            }
            Self::CouchDb { .. } | Self::Memory | Self::IndexedDb { .. } | Self::Replicate(_) => {
                String::new()
            }
        }
    }
}

#[cfg(test)]
mod tests;
