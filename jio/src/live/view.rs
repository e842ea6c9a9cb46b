//! One query that is followed: which rows it has now, and which of them changed at which version.

use super::{Changed, REMEMBERED};
use crate::Error;
use crate::document::Document;
use crate::endpoint::Failure;
use crate::names::Id;
use crate::options::AllDocs;
use crate::plan::Plan;
use crate::rows::{Row, Rows};
use crate::{Collection, live};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

#[derive(Debug)]
pub(crate) struct View {
    plan: Plan,
    found: Found,
    version: u64,
    /// The version since which `changed` tells everything.
    floor: u64,
    /// Rows that came, went or changed, and the version at which they did so last.
    changed: BTreeMap<Id, u64>,
    failure: Option<Failure>,
    /// How many follow it.
    pub(super) subscribers: usize,
}

/// The rows by their ids.
#[derive(Debug)]
enum Found {
    /// All that match, in the order of ids.
    All(BTreeSet<Id>),
    /// In an order of their own, or some of them.
    Head(Head),
}

/// All rows up to the last one that was asked for, or all where that depends on their number.
#[derive(Debug)]
struct Head {
    ids: Vec<Id>,
    /// Those that were asked for.
    window: Range<usize>,
    /// Whether the order is one that two rows tell, whatever the others are.
    is_total: bool,
}

/// What has changed in a view, as it is told.
#[derive(Serialize)]
struct Changes<'a> {
    rows: Vec<Placed<'a>>,
    removed: Vec<&'a str>,
}

/// A row, and its place once all that changed is where it belongs. Without one it stands in the order of ids.
#[derive(Serialize)]
struct Placed<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
}

impl View {
    pub(super) fn new(options: &AllDocs, documents: &Collection) -> Result<Self, Error> {
        let plan = documents.plan(options)?;
        let found = Found::new(&plan, documents)?;
        Ok(Self {
            plan,
            found,
            version: 0,
            floor: 0,
            changed: BTreeMap::new(),
            failure: None,
            subscribers: 0,
        })
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Why it cannot be followed any more.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Whether it knows all that changed since a version.
    pub(super) fn remembers(&self, version: u64) -> bool {
        version >= self.floor
    }

    /// How many ids it holds.
    pub(super) fn held(&self) -> usize {
        self.found.len() + self.changed.len()
    }

    /// Takes in what changed; how many records were matched for that.
    pub(super) fn handle_changed(&mut self, changed: &Changed, documents: &Collection) -> u64 {
        let Changed::Records(ids) = changed else {
            self.make_anew(documents, None);
            return documents.len() as u64;
        };
        let matched = ids.len() as u64;
        match &mut self.found {
            Found::All(all) => {
                let told = all_changed(all, &self.plan, ids, documents);
                self.note(told);
            }
            Found::Head(head) if head.is_touched(&self.plan, ids, documents) => {
                self.make_anew(documents, Some(ids));
                return matched + documents.len() as u64;
            }
            Found::Head(_) => {}
        }
        matched
    }

    /// Runs the query again. Unless it is known which records changed, all rows are told anew.
    fn make_anew(&mut self, documents: &Collection, changed: Option<&BTreeSet<Id>>) {
        let found = match Found::new(&self.plan, documents) {
            Ok(found) => found,
            Err(error) => {
                self.failure = Some(live::refusal(error));
                return;
            }
        };
        let told = match (&self.found, &found, changed) {
            (Found::Head(before), Found::Head(after), Some(changed)) => {
                difference(before.rows(), after.rows(), changed)
            }
            _ => None,
        };
        self.found = found;
        match told {
            Some(told) => self.note(told),
            None => self.forget(),
        }
    }

    /// These rows came, went or changed.
    fn note(&mut self, told: Vec<Id>) {
        if told.is_empty() {
            return;
        }
        self.version += 1;
        let version = self.version;
        self.changed
            .extend(told.into_iter().map(|id| (id, version)));
        if self.changed.len() > REMEMBERED {
            // Who has heard all but this still can be told what changed.
            self.changed.retain(|_, at| *at == version);
            self.floor = version - 1;
        }
        if self.changed.len() > REMEMBERED {
            self.changed.clear();
            self.floor = version;
        }
    }

    /// Everything may be another now.
    fn forget(&mut self) {
        self.version += 1;
        self.floor = self.version;
        self.changed.clear();
    }

    /// All rows, as `allDocs` answers.
    pub(super) fn snapshot(&self, documents: &Collection) -> String {
        let ids: Vec<&Id> = match &self.found {
            Found::All(all) => all.iter().collect(),
            Found::Head(head) => head.rows().iter().collect(),
        };
        let rows = ids.into_iter();
        let rows = rows.filter_map(|id| self.row(id, documents)).collect();
        write(&Rows::new(rows))
    }

    /// What has changed since a version that is remembered.
    pub(super) fn changes(&self, from: u64, documents: &Collection) -> String {
        let mut changes = Changes {
            rows: Vec::new(),
            removed: Vec::new(),
        };
        let places = self.found.places(&self.changed);
        for (id, _) in self.changed.iter().filter(|(_, at)| **at > from) {
            match (places.get(id), self.row(id, documents)) {
                (Some(at), Some(row)) => changes.rows.push(Placed { row, at: *at }),
                _ => changes.removed.push(id.as_str()),
            }
        }
        changes.rows.sort_by_key(|placed| placed.at);
        write(&changes)
    }

    fn row<'a>(&self, id: &'a Id, documents: &'a Collection) -> Option<Row<'a>> {
        let document: &Document = documents.get(id).ok()?;
        Some(self.plan.row(id.as_str(), document))
    }
}

impl Found {
    fn new(plan: &Plan, documents: &Collection) -> Result<Self, Error> {
        if plan.is_whole() {
            let matching = documents
                .iter()
                .filter(|(id, document)| plan.matches(id.as_str(), document));
            return Ok(Self::All(matching.map(|(id, _)| id.clone()).collect()));
        }
        let (ids, window, is_total) = plan.head(documents.iter())?;
        Ok(Self::Head(Head {
            ids: ids.into_iter().cloned().collect(),
            window,
            is_total,
        }))
    }

    fn len(&self) -> usize {
        match self {
            Self::All(all) => all.len(),
            Self::Head(head) => head.ids.len(),
        }
    }

    /// Of those that changed, the ones that are rows; with their places, where the order does not tell it.
    fn places<'a>(&'a self, changed: &BTreeMap<Id, u64>) -> BTreeMap<&'a Id, Option<usize>> {
        match self {
            Self::All(all) => {
                let rows = changed.keys().filter_map(|id| all.get(id));
                rows.map(|id| (id, None)).collect()
            }
            Self::Head(head) => {
                let rows = head.rows().iter().enumerate();
                rows.filter(|(_, id)| changed.contains_key(*id))
                    .map(|(at, id)| (id, Some(at)))
                    .collect()
            }
        }
    }
}

impl Head {
    fn rows(&self) -> &[Id] {
        &self.ids[self.window.clone()]
    }

    /// Whether one of these changes can have changed which rows there are, or their order or content.
    fn is_touched(&self, plan: &Plan, changed: &BTreeSet<Id>, documents: &Collection) -> bool {
        // In such an order each record may say where others stand, also one that goes.
        if !self.is_total {
            return true;
        }
        let known: BTreeSet<&Id> = self.ids.iter().collect();
        let is_full = plan.end() == Some(self.ids.len());
        let last = self.ids.last();
        let last = last.and_then(|id| Some((id, documents.get(id).ok()?)));
        let is_beyond = |row| match last {
            // Nothing was asked for.
            None => is_full,
            Some(last) => is_full && plan.is_beyond(last, row),
        };
        changed.iter().any(|id| {
            known.contains(id)
                || documents.get(id).is_ok_and(|document| {
                    plan.matches(id.as_str(), document) && !is_beyond((id, document))
                })
        })
    }
}

/// Brings a set of all that match up to what changed; those that are to be told.
fn all_changed(
    all: &mut BTreeSet<Id>,
    plan: &Plan,
    changed: &BTreeSet<Id>,
    documents: &Collection,
) -> Vec<Id> {
    let mut told = Vec::new();
    for id in changed {
        let document = documents.get(id);
        let is_row = document.is_ok_and(|document| plan.matches(id.as_str(), document));
        let was_row = if is_row {
            !all.insert(id.clone())
        } else {
            all.remove(id)
        };
        if is_row || was_row {
            told.push(id.clone());
        }
    }
    told
}

/// What came, went or changed between two lists; `None` where others changed places as well.
fn difference(before: &[Id], after: &[Id], changed: &BTreeSet<Id>) -> Option<Vec<Id>> {
    let (was, is): (BTreeSet<&Id>, BTreeSet<&Id>) =
        (before.iter().collect(), after.iter().collect());
    let stays = |id: &&Id| was.contains(*id) && is.contains(*id) && !changed.contains(*id);
    if !before.iter().filter(stays).eq(after.iter().filter(stays)) {
        return None;
    }
    let went = before.iter().filter(|id| !is.contains(*id));
    let others = after.iter().filter(|id| !stays(id));
    Some(went.chain(others).cloned().collect())
}

fn write(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("rows are JSON")
}
