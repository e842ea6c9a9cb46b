//! Searches: what is asked of ERP5's catalog, and its rows.
//!
//! The text is jIO's. ERP5 has its own collation, types and idea of a word, so rows are never filtered
//! again here: deviates from the other storages, as jIO's does.

use super::template::Filling;
use crate::json::{list, object, taken};
use crate::session::Session;
use jio::endpoint::Failure;
use jio::{AllDocs, Id, search_text};
use serde_json::{Map, Value, json};

/// What each id begins with in a link.
pub(super) const URN: &str = "urn:jio:get:";
/// What jIO asks for where nothing is selected.
const DEFAULT_SELECTION: [&str; 2] = ["title", "reference"];

/// A search in the making.
#[derive(Debug, Default, Clone)]
pub(crate) struct Search {
    /// In jIO's JSON form; null matches everything.
    pub(crate) query: Value,
    pub(crate) select: Vec<String>,
    pub(crate) sort: Vec<Value>,
    /// Rows left out, and rows wanted.
    pub(crate) limit: Option<(u64, u64)>,
}

/// A row: id, and the properties that the catalog gave.
pub(crate) type Row = (Id, Map<String, Value>);

impl Search {
    /// What `allDocs` asks for; `None` where that is no row at all.
    pub(crate) fn of(options: &AllDocs) -> Result<Option<Self>, Failure> {
        let asked = options.to_json();
        let listed = |name: &str| asked[name].as_array().cloned();
        let selected = listed("select_list").map(|list| texts(&list));
        let limit = match listed("limit") {
            None => None,
            Some(places) => match read_limit(&places)? {
                None => return Ok(None),
                some => some,
            },
        };
        Ok(Some(Self {
            query: options.query().to_json(),
            select: selected.unwrap_or_else(|| DEFAULT_SELECTION.map(str::to_owned).to_vec()),
            sort: listed("sort_on").unwrap_or_default(),
            limit,
        }))
    }

    /// The values of the search's URL template.
    pub(crate) fn fillings(&self) -> Result<Vec<(&'static str, Filling)>, Failure> {
        let Terms {
            query,
            roles,
            domains,
        } = Terms::taken_from(self.query.clone());
        let text = match query.is_null() {
            true => Ok(String::new()),
            false => search_text(&query),
        };
        let text = text.map_err(|why| Failure::new(400, why.to_string()))?;
        let limit = self
            .limit
            .map(|(skip, count)| vec![skip.to_string(), count.to_string()]);
        let mut fillings = vec![
            ("query", Filling::Text(text)),
            ("select_list", Filling::List(self.select.clone())),
            ("limit", Filling::List(limit.unwrap_or_default())),
            (
                "sort_on",
                Filling::List(self.sort.iter().map(Value::to_string).collect()),
            ),
            ("local_roles", Filling::List(roles)),
        ];
        if !domains.is_empty() {
            let domains = Value::Object(domains).to_string();
            fillings.push(("selection_domain", Filling::Text(domains)));
        }
        Ok(fillings)
    }
}

/// `[skip, count]` as numbers; `None` where no row is wanted. Ends are not counted from the other side:
/// ERP5 does not.
fn read_limit(places: &[Value]) -> Result<Option<(u64, u64)>, Failure> {
    let skip = places.first().and_then(Value::as_u64).unwrap_or(0);
    match places.get(1) {
        None => Ok(Some((skip, u64::from(u32::MAX)))),
        Some(count) if count.as_f64() == Some(0.5) => Ok(None),
        Some(count) => match count.as_u64() {
            Some(count) => Ok(Some((skip, count))),
            None => Err(Failure::new(400, "ERP5 takes no negative limit")),
        },
    }
}

/// The terms that ERP5 takes apart from the text.
struct Terms {
    query: Value,
    roles: Vec<String>,
    domains: Map<String, Value>,
}

impl Terms {
    /// Takes `local_roles` and `selection_domain_…` out: standing alone, as a group joined by OR, or as
    /// members of the AND at the top.
    fn taken_from(query: Value) -> Self {
        let mut terms = Self {
            query: Value::Null,
            roles: Vec::new(),
            domains: Map::new(),
        };
        if terms.take(&query) {
            return terms;
        }
        let is_and = query["operator"].as_str() == Some("AND");
        terms.query = match query["query_list"].as_array().filter(|_| is_and) {
            Some(members) => {
                let mut left = members.clone();
                left.retain(|member| !terms.take(member));
                joined(left)
            }
            None => query,
        };
        terms
    }

    /// Whether this was such a term, or a group of them, and is kept now.
    fn take(&mut self, query: &Value) -> bool {
        let roles = match query["query_list"].as_array() {
            Some(list) if query["operator"].as_str() == Some("OR") => {
                list.iter().map(role).collect()
            }
            Some(_) => None,
            None => role(query).map(|role| vec![role]),
        };
        if let Some(roles) = roles.filter(|roles| !roles.is_empty()) {
            self.roles.extend(roles);
            return true;
        }
        let key = query["key"]
            .as_str()
            .and_then(|key| key.strip_prefix("selection_domain_"));
        match (key, query["value"].as_str()) {
            (Some(key), Some(path)) if is_plain(query) => {
                self.domains.insert(key.to_owned(), json!(path));
                true
            }
            _ => false,
        }
    }
}

fn role(term: &Value) -> Option<String> {
    let is_role = term["key"].as_str() == Some("local_roles") && is_plain(term);
    term["value"]
        .as_str()
        .filter(|_| is_role)
        .map(str::to_owned)
}

/// Whether a term has no operator but equality.
fn is_plain(term: &Value) -> bool {
    matches!(term["operator"].as_str(), None | Some("="))
}

/// What queries mean together.
pub(crate) fn joined(mut queries: Vec<Value>) -> Value {
    match queries.len() {
        0 => Value::Null,
        1 => queries.remove(0),
        _ => json!({ "type": "complex", "operator": "AND", "query_list": queries }),
    }
}

/// One term.
pub(crate) fn term(key: &str, operator: Option<&str>, value: &str) -> Value {
    let mut term = json!({ "type": "simple", "key": key, "value": value });
    if let Some(operator) = operator {
        term["operator"] = json!(operator);
    }
    term
}

/// Reads `{_embedded:{contents:[{_links:{self:{href}}, …}]}}`.
pub(crate) fn read_rows(mut reply: Value, session: &Session) -> Result<Vec<Row>, Failure> {
    let contents = list(taken(&mut taken(&mut reply, "_embedded"), "contents"));
    let contents = contents.ok_or_else(|| session.odd("no rows"))?;
    let rows = contents.into_iter().map(|content| {
        let mut row = object(content).ok_or_else(|| session.odd("a row that is none"))?;
        let links = row.remove("_links").unwrap_or_default();
        let id = links["self"]["href"].as_str().and_then(read_urn);
        let id = id.ok_or_else(|| session.odd("a row without its record"))?;
        Ok((id, row))
    });
    rows.collect()
}

/// The id that a link names.
pub(crate) fn read_urn(href: &str) -> Option<Id> {
    Id::new(href.strip_prefix(URN)?).ok()
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jio::CAPACITIES;

    fn fillings(options: Value) -> Vec<(&'static str, Filling)> {
        let options = AllDocs::from_json(&options, CAPACITIES).unwrap();
        let all = Search::of(&options).unwrap().unwrap().fillings().unwrap();
        let is_something = |(_, filling): &(&str, Filling)| *filling != Filling::List(Vec::new());
        all.into_iter().filter(is_something).collect()
    }

    fn text(text: &str) -> Filling {
        Filling::Text(text.to_owned())
    }

    fn texts_of(list: &[&str]) -> Filling {
        Filling::List(list.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn options_become_the_values_of_the_template() {
        let selected = || ("select_list", texts_of(&["title", "reference"]));
        let table = [
            (json!({}), vec![("query", text("")), selected()]),
            (
                json!({ "query": { "type": "simple", "key": "title", "value": "%a\"b%" }, "select_list": [] }),
                vec![("query", text("title:  \"%a\\\"b%\""))],
            ),
            (
                json!({ "query": "x", "limit": [2, 5], "sort_on": [["title", "descending"], ["id", "ascending"]] }),
                vec![
                    ("query", text(" \"x\"")),
                    selected(),
                    ("limit", texts_of(&["2", "5"])),
                    (
                        "sort_on",
                        texts_of(&[r#"["title","descending"]"#, r#"["id","ascending"]"#]),
                    ),
                ],
            ),
        ];
        for (options, expected) in table {
            assert_eq!(fillings(options.clone()), expected, "{options}");
        }
    }

    #[test]
    fn roles_and_domains_leave_the_text() {
        let table = [
            ("local_roles:\"Owner\"", "", &["Owner"][..], json!(null)),
            (
                "local_roles:(\"Owner\" OR \"Author\")",
                "",
                &["Owner", "Author"],
                json!(null),
            ),
            (
                "local_roles:Owner AND title:a",
                "title:  \"a\"",
                &["Owner"],
                json!(null),
            ),
            (
                "title:a AND selection_domain_group:\"group/x\" AND b:c",
                "( title:  \"a\" AND b:  \"c\" )",
                &[],
                json!({ "group": "group/x" }),
            ),
            (
                "NOT local_roles:Owner",
                "NOT ( local_roles:  \"Owner\" )",
                &[],
                json!(null),
            ),
            (
                "local_roles:a OR title:b",
                "( local_roles:  \"a\" OR title:  \"b\" )",
                &[],
                json!(null),
            ),
        ];
        for (query, left, roles, domains) in table {
            let mut expected = vec![("query", text(left))];
            if !roles.is_empty() {
                expected.push(("local_roles", texts_of(roles)));
            }
            if !domains.is_null() {
                expected.push(("selection_domain", text(&domains.to_string())));
            }
            let found = fillings(json!({ "query": query, "select_list": [] }));
            assert_eq!(found, expected, "{query}");
        }
    }

    #[test]
    fn limits_that_erp5_has_no_words_for_are_refused_or_answered_here() {
        let of = |limit: Value| {
            let options = AllDocs::from_json(&json!({ "limit": limit }), CAPACITIES).unwrap();
            Search::of(&options).map(|search| search.map(|search| search.limit))
        };
        assert_eq!(of(json!([0, 0.5])), Ok(None));
        assert_eq!(of(json!([3])), Ok(Some(Some((3, u64::from(u32::MAX))))));
        assert!(of(json!([0, -1])).is_err());
    }
}
