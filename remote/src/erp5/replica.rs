//! An ERP5 as the far side of a replication.
//!
//! It has no revisions: a record's is a hash of what it says. Changes are found by the date of the last one;
//! a write reads the record first, since ERP5 takes any; and adding has two steps, of which the second can be
//! cut off.

use super::cursor::{Place, Reading, Seen};
use super::search::{Row, joined, term};
use super::view::{PARENT, PORTAL_TYPE, View, comparable, is_nothing};
use super::{Erp5, Inner};
use crate::content::fingerprint;
use crate::limits::{DATE_PAST, MAX_SEEN};
use crate::replica::{Changes, Cursor, Replica, Revision, State, Write, Written};
use crate::session::is_passing;
use jio::endpoint::Failure;
use jio::storage::Answer;
use jio::{Document, Id};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// The latest records of a login that are looked through for one whose adding was cut.
const LATEST: u64 = 50;

impl Replica for Erp5 {
    fn changes<'a>(&'a self, since: Option<&'a Cursor>) -> Answer<'a, Changes> {
        Box::pin(self.inner.changes(since))
    }

    fn all_ids(&self) -> Answer<'_, Option<Vec<Id>>> {
        Box::pin(async { self.inner.all_ids().await.map(Some) })
    }

    fn read<'a>(&'a self, id: &'a Id) -> Answer<'a, Option<State>> {
        Box::pin(self.inner.viewed(id))
    }

    fn write(&self, writes: Vec<Write>) -> Answer<'_, Vec<Written>> {
        Box::pin(self.inner.write_all(writes))
    }
}

impl Inner {
    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, Failure> {
        let mut place = Place::read(since)?;
        let (rows, is_last) = self.changed_rows(&mut place).await?;
        let mut dates = Vec::with_capacity(rows.len());
        for (id, row) in &rows {
            dates.push((id.as_str().to_owned(), self.date(row)?));
        }
        let last = dates.last().map(|(_, date)| date.clone());
        let mut changes = BTreeMap::new();
        let mut known = BTreeMap::new();
        for ((id, row), (_, date)) in rows.into_iter().zip(&dates) {
            let seen = place.known(id.as_str(), date);
            // A row of a later date stands beside it, or did before this one was read.
            let is_past = last.as_ref() != Some(date) || place.is_past(date);
            let Some((state, reading)) = self.look(&id, row, seen, is_past, place.pass).await?
            else {
                continue;
            };
            let revision = state.revision.0.clone();
            if seen.is_none_or(|seen| seen.0 != revision) {
                changes.insert(id.clone(), state);
            }
            known.insert(id.as_str().to_owned(), Seen(revision, reading));
        }
        let next = place.after(&dates, &known, is_last);
        if next.seen.len() > MAX_SEEN {
            let why = format!(
                "more than {MAX_SEEN} records of this ERP5 changed at one date: narrow the query"
            );
            return Err(Failure::new(507, why));
        }
        Ok(Changes {
            changes: changes.into_iter().collect(),
            cursor: next.to_cursor(),
            is_last,
        })
    }

    /// The rows at a place, and whether there were no more.
    async fn changed_rows(&self, place: &mut Place) -> Result<(Vec<Row>, bool), Failure> {
        let mut count = self.settings.portion;
        if place.crowded && !place.past {
            place.past = self.newest_date().await? != place.date;
            if !place.past {
                // Still going on: all of it once more, and what came.
                count += place.seen.len() as u64;
            }
        }
        let mut rows = self.rows_since(place, count).await?;
        if place.anchor.is_some() && !self.is_anchored(place, rows.first()) {
            // Rows of this date went away: all of them once more; what is known is left out.
            place.skip = 0;
            rows = self.rows_since(place, count).await?;
        }
        let is_last = (rows.len() as u64) < count;
        Ok((rows, is_last))
    }

    /// Whether the rows left out are those that were read: then the last of them comes first.
    fn is_anchored(&self, place: &Place, first: Option<&Row>) -> bool {
        first.is_some_and(|(id, row)| {
            place.anchor.as_deref() == Some(id.as_str()) && self.date(row).ok() == place.date
        })
    }

    async fn newest_date(&self) -> Result<Option<String>, Failure> {
        let date = &self.settings.date_property;
        let mut search = Self::ordered(self.settings.query.clone(), None, vec![date.clone()]);
        search.sort = vec![json!([date, "descending"])];
        search.limit = Some((0, 1));
        let rows = self.search(&search).await?;
        rows.first().map(|(_, row)| self.date(row)).transpose()
    }

    async fn rows_since(&self, place: &Place, count: u64) -> Result<Vec<Row>, Failure> {
        let date = &self.settings.date_property;
        let since = place
            .date
            .as_ref()
            .map(|since| term(date, Some(">="), since));
        let scope = Some(self.settings.query.clone()).filter(|query| !query.is_null());
        let mut select = self.settings.select_list.clone();
        if !select.is_empty() {
            select.push(PORTAL_TYPE.to_owned());
        }
        select.push(date.clone());
        let query = joined(scope.into_iter().chain(since).collect());
        let mut search = Self::ordered(query, Some(date), select);
        search.limit = Some((place.skip, count));
        self.search(&search).await
    }

    fn date(&self, row: &Document) -> Result<String, Failure> {
        let date = row
            .get(&self.settings.date_property)
            .and_then(Value::as_str);
        let why = || self.session.odd("a row without the date of its change");
        date.filter(|date| !date.is_empty())
            .map(str::to_owned)
            .ok_or_else(why)
    }

    /// The state of a row's record, and its reading where it needs another look; `None` where nothing is new,
    /// or it is gone.
    async fn look(
        &self,
        id: &Id,
        row: Document,
        seen: Option<&Seen>,
        is_past: bool,
        pass: u32,
    ) -> Result<Option<(State, Option<Reading>)>, Failure> {
        if !self.settings.select_list.is_empty() {
            return Ok(Some((self.state(self.record_of_row(id, row)), None)));
        }
        let now = self.session.now();
        let is_past = match seen {
            Some(Seen(_, None)) => return Ok(None),
            Some(Seen(_, Some(read))) if read.pass == pass && !is_past => return Ok(None),
            Some(Seen(_, Some(read))) => is_past || read.at + DATE_PAST <= now,
            None => is_past,
        };
        let viewed = self.viewed(id).await?;
        let first = seen.and_then(|seen| seen.1);
        let at = first.map_or_else(|| self.session.now(), |first| first.at);
        let reading = (!is_past).then_some(Reading { pass, at });
        Ok(viewed.map(|state| (state, reading)))
    }

    /// The state that a record's view shows; `None`: it is gone.
    async fn viewed(&self, id: &Id) -> Result<Option<State>, Failure> {
        match self.view(id).await {
            Ok(view) => Ok(Some(self.state(self.replicated(view.document())))),
            Err(failure) if failure.status_code == Some(404) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn record_of_row(&self, id: &Id, mut row: Document) -> Document {
        if let Some((parent, _)) = id.as_str().rsplit_once('/') {
            row.insert(PARENT.to_owned(), parent.into());
        }
        self.replicated(row)
    }

    /// What of a record is replicated: what is selected, or all but the field that keeps our id.
    fn replicated(&self, mut document: Document) -> Document {
        document.retain(|name, value| {
            let is_link = name == PORTAL_TYPE || name == PARENT;
            (is_link || self.is_owned(name)) && !is_nothing(value)
        });
        document
    }

    fn is_owned(&self, name: &str) -> bool {
        let selected = &self.settings.select_list;
        if selected.is_empty() {
            self.settings.id_property.as_deref() != Some(name)
        } else {
            selected.iter().any(|own| own == name)
        }
    }

    fn state(&self, document: Document) -> State {
        State {
            revision: revision(&document),
            document: Some(document),
        }
    }

    async fn write_all(&self, writes: Vec<Write>) -> Result<Vec<Written>, Failure> {
        // What fails here is no record's fault.
        self.site().await?;
        let mut answers = Vec::with_capacity(writes.len());
        let mut taken = HashSet::new();
        let mut cut: Option<Failure> = None;
        for write in writes {
            if let Some(failure) = &cut {
                answers.push(Written::Unknown(failure.clone()));
                continue;
            }
            match self.write_one(write, &taken).await {
                Ok(written) => {
                    if let Written::Stored { id, .. } = &written {
                        taken.insert(id.clone());
                    }
                    answers.push(written);
                }
                Err(failure) if !is_passing(&failure) => answers.push(Written::Refused(failure)),
                Err(failure) if answers.is_empty() => return Err(failure),
                Err(failure) => {
                    answers.push(Written::Unknown(failure.clone()));
                    cut = Some(failure);
                }
            }
        }
        Ok(answers)
    }

    async fn write_one(&self, write: Write, taken: &HashSet<Id>) -> Result<Written, Failure> {
        let Write {
            id,
            base,
            document,
            is_again,
        } = write;
        let Some(document) = document else {
            return Err(Failure::new(501, "ERP5 removes no records from here"));
        };
        match base {
            Some(base) => self.replace(id, &base, document).await,
            None => self.create(&id, document, is_again, taken).await,
        }
    }

    async fn replace(
        &self,
        id: Id,
        base: &Revision,
        document: Document,
    ) -> Result<Written, Failure> {
        let view = match self.view(&id).await {
            Err(failure) if failure.status_code == Some(404) => return Ok(Written::Conflict(None)),
            view => view?,
        };
        let there = self.state(self.replicated(view.document()));
        let wanted = revision(&self.replicated(document.clone()));
        if there.revision == wanted {
            return Ok(Written::Stored {
                id,
                revision: wanted,
            });
        }
        if there.revision != *base {
            return Ok(Written::Conflict(Some(there)));
        }
        self.fill(id, &view, document, None).await
    }

    /// Adds a record, unless an earlier try has: then that one becomes what is wanted.
    async fn create(
        &self,
        own: &Id,
        document: Document,
        is_again: bool,
        taken: &HashSet<Id>,
    ) -> Result<Written, Failure> {
        let earlier = if is_again {
            self.earlier(own, &document, taken).await?
        } else {
            None
        };
        let id = match earlier {
            Some(id) => id,
            None => self.add(&document).await?,
        };
        let view = self.view(&id).await?;
        self.fill(id, &view, document, Some(own)).await
    }

    async fn fill(
        &self,
        id: Id,
        view: &View,
        mut document: Document,
        own: Option<&Id>,
    ) -> Result<Written, Failure> {
        let revision = revision(&self.replicated(document.clone()));
        if let (Some(name), Some(own)) = (&self.settings.id_property, own) {
            document.insert(name.clone(), own.as_str().into());
        }
        self.change(view, &document, |name| self.is_owned(name))
            .await?;
        Ok(Written::Stored { id, revision })
    }

    /// A record of an earlier try: by the field that keeps our id; or among the latest of this login one
    /// that says the same, or nothing yet.
    async fn earlier(
        &self,
        own: &Id,
        document: &Document,
        taken: &HashSet<Id>,
    ) -> Result<Option<Id>, Failure> {
        if let Some(name) = &self.settings.id_property {
            let query = term(name, Some("="), own.as_str());
            let mut search = Self::ordered(query, None, vec![name.clone()]);
            search.limit = Some((0, 1));
            if let Some((id, _)) = self.search(&search).await?.into_iter().next() {
                return Ok(Some(id));
            }
        }
        let wanted = self.replicated(document.clone());
        let mut empty = None;
        for id in self.latest(document).await? {
            if taken.contains(&id) {
                continue;
            }
            let there = match self.view(&id).await {
                Err(failure) if failure.status_code == Some(404) => continue,
                view => self.replicated(view?.document()),
            };
            // Where ERP5 keeps our id, a record of the same content is somebody else's.
            if self.settings.id_property.is_none() && revision(&there) == revision(&wanted) {
                return Ok(Some(id));
            }
            if there
                .keys()
                .all(|name| name == PORTAL_TYPE || name == PARENT)
            {
                empty.get_or_insert(id);
            }
        }
        Ok(empty)
    }

    /// The latest records that this login made of the document's type and at its place; only those whose
    /// title, as far as the catalog tells one, is the same or none.
    async fn latest(&self, document: &Document) -> Result<Vec<Id>, Failure> {
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let (Some(portal_type), Some(parent)) = (text(PORTAL_TYPE), text(PARENT)) else {
            return Ok(Vec::new());
        };
        let query = joined(vec![
            term("local_roles", None, "Owner"),
            term(PORTAL_TYPE, None, portal_type),
        ]);
        let mut search = Self::ordered(query, None, vec!["title".to_owned()]);
        search.sort = vec![serde_json::json!([
            self.settings.date_property,
            "descending"
        ])];
        search.limit = Some((0, LATEST));
        let rows = self.search(&search).await?;
        let title = text("title").unwrap_or_default();
        let fitting = rows.into_iter().filter(|(id, row)| {
            let there = row.get("title").and_then(Value::as_str).unwrap_or_default();
            let is_here = id
                .as_str()
                .rsplit_once('/')
                .is_some_and(|(own, _)| own == parent);
            is_here && (there.is_empty() || there == title)
        });
        Ok(fitting.map(|(id, _)| id).collect())
    }
}

/// A name for what a record says; where it is and of which type cannot change.
fn revision(document: &Document) -> Revision {
    let mut fields = document.clone();
    fields.retain(|name, value| name != PORTAL_TYPE && name != PARENT && !is_nothing(value));
    Revision(fingerprint(&fields, comparable))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
