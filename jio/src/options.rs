//! The options of `allDocs`: what is asked for, and whether the storage offers it.

use std::fmt;

use serde_json::Value;

use crate::Error as Failure;
use crate::document::ID_KEY;
use crate::error::Kind;
use crate::js;
use crate::limit::Limit;
use crate::limits::{MAX_SELECT_KEYS, MAX_SORT_KEYS};
use crate::query::Query;
use crate::sort::{Direction, SortKey};

/// What is wrong with options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The options are not an object.
    #[error("the options of allDocs must be an object")]
    NotAnObject,
    /// The storage does not offer what an option asks for.
    #[error("Capacity '{0}' is not implemented")]
    Capacity(Capacity),
    /// The option of this name is something else than an array.
    #[error("the option {0} must be an array")]
    NotAnArray(&'static str),
    /// `sort_on` has more keys than [`MAX_SORT_KEYS`].
    #[error("sort_on has more than {MAX_SORT_KEYS} keys")]
    TooManySortKeys,
    /// `select_list` has more keys than [`MAX_SELECT_KEYS`].
    #[error("select_list has more than {MAX_SELECT_KEYS} keys")]
    TooManySelectKeys,
}

impl Error {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::NotAnObject | Self::NotAnArray(_) => Kind::Type,
            Self::Capacity(_) | Self::TooManySortKeys | Self::TooManySelectKeys => Kind::Jio,
        }
    }

    pub(crate) fn status_code(&self) -> u16 {
        match self {
            Self::Capacity(_) => 501,
            Self::NotAnObject
            | Self::NotAnArray(_)
            | Self::TooManySortKeys
            | Self::TooManySelectKeys => 400,
        }
    }
}

/// Something a storage may be able to do when it lists documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// Listing at all.
    List,
    /// The option `query`.
    Query,
    /// The option `sort_on`.
    Sort,
    /// The option `limit`.
    Limit,
    /// The option `select_list`.
    Select,
    /// The option `include_docs`.
    Include,
    /// The option `group_by`. No storage of this crate has it.
    Group,
}

impl Capacity {
    /// The options, in the order in which jIO checks them.
    const OF_OPTIONS: [(&'static str, Self); 6] = [
        ("query", Self::Query),
        ("sort_on", Self::Sort),
        ("limit", Self::Limit),
        ("select_list", Self::Select),
        ("include_docs", Self::Include),
        ("group_by", Self::Group),
    ];

    /// The name that `hasCapacity` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Query => "query",
            Self::Sort => "sort",
            Self::Limit => "limit",
            Self::Select => "select",
            Self::Include => "include",
            Self::Group => "group",
        }
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a [`Collection`](crate::Collection) offers: everything but grouping.
///
/// deviates: jIO's `query` storage refuses `include_docs`; here it can be had with a query, so that
/// one call returns the documents.
pub const CAPACITIES: &[Capacity] = &[
    Capacity::List,
    Capacity::Query,
    Capacity::Sort,
    Capacity::Limit,
    Capacity::Select,
    Capacity::Include,
];

/// What jIO's own `query` storage offers: no documents in the rows.
pub const QUERY_STORAGE_CAPACITIES: &[Capacity] = &[
    Capacity::List,
    Capacity::Query,
    Capacity::Sort,
    Capacity::Limit,
    Capacity::Select,
];

/// Validated options of `allDocs`. The default asks for all ids.
///
/// Options of other names are ignored, as are those that are false to JavaScript.
#[derive(Debug, Clone, PartialEq)]
pub struct AllDocs {
    pub(crate) query: Query,
    pub(crate) sort_on: Vec<SortKey>,
    pub(crate) limit: Limit,
    pub(crate) select_list: Option<Vec<String>>,
    pub(crate) include_docs: bool,
}

impl Default for AllDocs {
    fn default() -> Self {
        Self {
            query: Query::ALL,
            sort_on: Vec::new(),
            limit: Limit::default(),
            select_list: None,
            include_docs: false,
        }
    }
}

impl AllDocs {
    /// Reads options for a storage of some capacities.
    ///
    /// An option needs its capacity as soon as it is there, even as null or false.
    ///
    /// # Errors
    /// [`Failure::Options`] for a missing capacity (501) or an option of the wrong shape (400);
    /// [`Failure::Syntax`] and [`Failure::Shape`] for a query that is not one.
    pub fn from_json(options: &Value, capacities: &[Capacity]) -> Result<Self, Failure> {
        let members = options.as_object().ok_or(Error::NotAnObject)?;
        let option = |name| members.get(name).filter(|value| js::is_truthy(value));
        let asked = Capacity::OF_OPTIONS
            .iter()
            .filter(|(name, _)| members.contains_key(*name));
        let needed = std::iter::once(Capacity::List).chain(asked.map(|(_, capacity)| *capacity));
        for capacity in needed {
            if !capacities.contains(&capacity) {
                return Err(Error::Capacity(capacity).into());
            }
        }
        Ok(Self {
            select_list: option("select_list").map(read_select).transpose()?,
            query: option("query").map_or(Ok(Query::ALL), Query::from_json)?,
            sort_on: option("sort_on").map_or(Ok(Vec::new()), read_sort)?,
            limit: option("limit").map_or(Ok(Limit::default()), read_limit)?,
            include_docs: option("include_docs").is_some(),
        })
    }

    /// The same options for a storage of another kind: those that ask for something.
    pub fn to_json(&self) -> Value {
        let sort_on: Vec<Value> = self.sort_on.iter().map(SortKey::to_json).collect();
        let asked = [
            (
                "query",
                (self.query != Query::ALL).then(|| write_query(&self.query)),
            ),
            ("sort_on", (!sort_on.is_empty()).then(|| sort_on.into())),
            (
                "limit",
                (self.limit != Limit::default()).then(|| self.limit.to_json()),
            ),
            ("select_list", self.select_list.clone().map(Value::from)),
            (
                "include_docs",
                self.include_docs.then_some(Value::Bool(true)),
            ),
        ];
        let asked = asked.into_iter();
        asked
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    /// The query asked for.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether whole documents are asked for.
    pub fn includes_documents(&self) -> bool {
        self.include_docs
    }
}

/// As text, which more storages take than JSON, where that has words for it.
fn write_query(query: &Query) -> Value {
    let text = Value::from(query.to_text());
    match Query::from_json(&text) {
        Ok(read) if read == *query => text,
        Ok(_) | Err(_) => query.to_json(),
    }
}

fn read_list<'a>(value: &'a Value, option: &'static str) -> Result<&'a [Value], Error> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or(Error::NotAnArray(option))
}

/// Reads names of properties, each once; the id cannot be selected.
fn read_select(value: &Value) -> Result<Vec<String>, Error> {
    let list = read_list(value, "select_list")?;
    if list.len() > MAX_SELECT_KEYS {
        return Err(Error::TooManySelectKeys);
    }
    let mut keys: Vec<String> = Vec::with_capacity(list.len());
    for key in list.iter().map(js::value_text) {
        if key != ID_KEY && !keys.iter().any(|known| *known == key) {
            keys.push(key.into_owned());
        }
    }
    Ok(keys)
}

fn read_limit(value: &Value) -> Result<Limit, Error> {
    Ok(Limit::new(read_list(value, "limit")?))
}

/// Reads pairs. What is not a pair has no direction, which is an error once rows are compared.
fn read_sort(value: &Value) -> Result<Vec<SortKey>, Error> {
    let list = read_list(value, "sort_on")?;
    if list.len() > MAX_SORT_KEYS {
        return Err(Error::TooManySortKeys);
    }
    Ok(list.iter().map(read_sort_key).collect())
}

fn read_sort_key(pair: &Value) -> SortKey {
    let direction = match pair.get(1).and_then(Value::as_str) {
        Some("ascending") => Some(Direction::Ascending),
        Some("descending") => Some(Direction::Descending),
        Some(_) | None => None,
    };
    let name = pair.get(0).map(js::value_text).unwrap_or_default();
    SortKey {
        name: name.into_owned(),
        direction,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(options: Value) -> Result<AllDocs, Failure> {
        AllDocs::from_json(&options, CAPACITIES)
    }

    #[test]
    fn false_options_and_others_are_ignored() {
        let nothing = json!({
            "query": "", "sort_on": [], "limit": 0, "select_list": null, "include_docs": false,
            "foo": 1,
        });
        assert_eq!(read(nothing), Ok(AllDocs::default()));
        assert_eq!(read(json!({})), Ok(AllDocs::default()));
    }

    #[test]
    fn options_written_and_read_again_are_the_same() {
        let table = [
            json!({}),
            json!({"query": "last:\"%love%\" OR (a:b AND NOT c)", "include_docs": true}),
            json!({"query": {"type": "simple", "key": "", "value": "x\"y"}}),
            json!({"query": {"type": "simple", "key": "two words", "value": 5}}),
            json!({"sort_on": [["last", "ascending"], ["first", "descending"], ["x", "up"]]}),
            json!({"limit": [3]}),
            json!({"limit": [3, 4]}),
            json!({"limit": [0, -2]}),
            json!({"limit": [0, 0.5]}),
            json!({"select_list": []}),
            json!({"select_list": ["first", "last"]}),
        ];
        for options in table {
            let asked = read(options).unwrap();
            let written = asked.to_json();
            assert_eq!(read(written.clone()), Ok(asked), "{written}");
        }
        assert_eq!(AllDocs::default().to_json(), json!({}));
    }

    #[test]
    fn wrong_shapes_are_refused() {
        let table = [
            (json!(null), Error::NotAnObject),
            (json!("title:x"), Error::NotAnObject),
            (json!({"sort_on": "title"}), Error::NotAnArray("sort_on")),
            (json!({"limit": 3}), Error::NotAnArray("limit")),
            (json!({"limit": {}}), Error::NotAnArray("limit")),
            (
                json!({"select_list": "title"}),
                Error::NotAnArray("select_list"),
            ),
            (json!({"group_by": null}), Error::Capacity(Capacity::Group)),
        ];
        for (options, error) in table {
            assert_eq!(read(options), Err(Failure::Options(error)));
        }
        assert!(matches!(
            read(json!({"query": "("})),
            Err(Failure::Syntax(_))
        ));
        assert!(matches!(read(json!({"query": 5})), Err(Failure::Shape(_))));
    }

    #[test]
    fn capacity_is_needed_as_soon_as_the_option_is_there() {
        for value in [json!(true), json!(false), json!(null)] {
            let options = json!({ "include_docs": value, "limit": 3 });
            let found = AllDocs::from_json(&options, QUERY_STORAGE_CAPACITIES);
            assert_eq!(
                found,
                Err(Failure::Options(Error::Capacity(Capacity::Include)))
            );
        }
        let none = AllDocs::from_json(&json!({}), &[]);
        assert_eq!(none, Err(Failure::Options(Error::Capacity(Capacity::List))));
    }

    #[test]
    fn keys_are_selected_once_and_as_texts() {
        let options = read(json!({ "select_list": ["a", 5, "__id", "a", "5", null] }));
        let keys = ["a", "5", "null"].map(str::to_owned).to_vec();
        assert_eq!(options.map(|options| options.select_list), Ok(Some(keys)));
    }

    #[test]
    fn lists_hold_at_the_bound_and_one_past() {
        let sort = |count| json!({ "sort_on": vec![json!(["k", "ascending"]); count] });
        assert!(read(sort(MAX_SORT_KEYS)).is_ok());
        let error = Err(Failure::Options(Error::TooManySortKeys));
        assert_eq!(read(sort(MAX_SORT_KEYS + 1)), error);
        let select = |count| json!({ "select_list": vec!["k"; count] });
        assert!(read(select(MAX_SELECT_KEYS)).is_ok());
        let error = Err(Failure::Options(Error::TooManySelectKeys));
        assert_eq!(read(select(MAX_SELECT_KEYS + 1)), error);
    }
}
