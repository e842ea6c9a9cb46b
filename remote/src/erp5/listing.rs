//! Rows in portions, in an order that does not move: each portion begins with the last row of the one
//! before, so that it shows when rows before it came or went.

use super::Inner;
use super::search::{Row, Search};
use crate::limits::{MAX_IDS, MAX_RESTARTS};
use jio::Id;
use jio::endpoint::Failure;
use serde_json::{Value, json};

/// ERP5's number for each record: what makes the order of equal dates stay.
const UID: &str = "uid";
/// Rows asked for at once, where only ids are wanted.
const IDS: u64 = 1_000;

impl Inner {
    /// A search in the order of these columns, the last of which no two records share.
    pub(super) fn ordered(query: Value, by: Option<&str>, select: Vec<String>) -> Search {
        let ascending = |name: &str| json!([name, "ascending"]);
        Search {
            query,
            select,
            sort: by.into_iter().chain([UID]).map(ascending).collect(),
            limit: None,
        }
    }

    /// The ids of all records that are replicated.
    pub(super) async fn all_ids(&self) -> Result<Vec<Id>, Failure> {
        let search = Self::ordered(self.settings.query.clone(), None, vec![UID.to_owned()]);
        for _ in 0..MAX_RESTARTS {
            if let Some(ids) = self.try_all_ids(search.clone()).await? {
                return Ok(ids);
            }
        }
        let why = "ERP5's records changed all the while they were listed: try again later";
        Err(Failure::new(503, why))
    }

    /// `None` where rows moved meanwhile: an id may be missing then.
    async fn try_all_ids(&self, mut search: Search) -> Result<Option<Vec<Id>>, Failure> {
        let mut ids: Vec<Id> = Vec::new();
        loop {
            let skip = ids.len().saturating_sub(1);
            search.limit = Some((skip as u64, IDS));
            let rows: Vec<Row> = self.search(&search).await?;
            let is_last = (rows.len() as u64) < IDS;
            let mut rows = rows.into_iter().map(|(id, _)| id);
            if let Some(anchor) = ids.last()
                && rows.next().as_ref() != Some(anchor)
            {
                return Ok(None);
            }
            ids.extend(rows);
            if ids.len() > MAX_IDS {
                let why =
                    format!("there are more than {MAX_IDS} records to replicate: narrow the query");
                return Err(Failure::new(413, why));
            }
            if is_last {
                return Ok(Some(ids));
            }
        }
    }
}
