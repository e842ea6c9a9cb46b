//! Nothing is lost, whatever happens between two portions: an ERP5 whose clock is coarse, whose records change
//! while they are listed, against what was taken over.

use super::super::tests::{settings, site};
use super::super::view::tests::person;
use super::*;
use crate::Millis;
use crate::address::decoded;
use crate::http::{Http, Request, Response};
use crate::scripted::{block_on, reply};
use proptest::prelude::*;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

/// A catalog: title and date of each record by its number.
#[derive(Default)]
struct Catalog {
    /// In ticks.
    now: u32,
    records: BTreeMap<u32, (u32, u32)>,
    titles: u32,
}

struct Server(RefCell<Catalog>);

impl Http for Server {
    fn send(&self, request: Request) -> Answer<'_, Response> {
        let catalog = self.0.borrow();
        let answer = match request.url.split_once('?') {
            None => site(),
            Some((path, query)) if path.ends_with("search") => catalog.search(query),
            Some((_, query)) => catalog.show(query),
        };
        Box::pin(async { Ok(answer) })
    }

    fn now(&self) -> Millis {
        Millis(u64::from(self.0.borrow().now) * DATE_PAST.0 / u64::from(TICKS))
    }
}

/// So many have one date.
const TICKS: u32 = 3;

impl Catalog {
    /// What happens at the server: a clock that goes on, a new record, a changed one.
    fn happen(&mut self, what: u8) {
        self.titles += 1;
        let count = u32::try_from(self.records.len()).unwrap();
        match what {
            0..=3 => self.now += 1,
            4..=9 => _ = self.records.insert(count, (self.titles, self.now / TICKS)),
            _ if count == 0 => {}
            _ => {
                _ = self
                    .records
                    .insert(u32::from(what) % count, (self.titles, self.now / TICKS))
            }
        }
    }

    fn search(&self, query: &str) -> Response {
        let mut limit = Vec::new();
        let mut since = String::new();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "limit" => limit.push(value.parse::<usize>().unwrap()),
                "query" => since = decoded(value),
                _ => {}
            }
        }
        let since = since.split('"').nth(1).unwrap_or_default().to_owned();
        let mut rows: Vec<_> = self
            .records
            .iter()
            .map(|(uid, (title, date))| (format!("{date:04}"), *uid, *title))
            .filter(|(date, ..)| *date >= since)
            .collect();
        rows.sort();
        if query.contains("descending") {
            rows.reverse();
        }
        let row = |(date, uid, title): (String, u32, u32)| {
            json!({
                "_links": { "self": { "href": format!("urn:jio:get:m/{uid}") } },
                "title": title.to_string(), "modification_date": date,
            })
        };
        let contents: Vec<_> = rows
            .into_iter()
            .skip(limit[0])
            .take(limit[1])
            .map(row)
            .collect();
        reply(200, json!({ "_embedded": { "contents": contents } }))
    }

    fn show(&self, query: &str) -> Response {
        let uid = decoded(query)
            .split(['/', '&'])
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let (title, _) = self.records[&uid];
        reply(200, person(&format!("m/{uid}"), &title.to_string(), 0))
    }

    fn titles(&self) -> BTreeMap<String, String> {
        let title =
            |(uid, (title, _)): (&u32, &(u32, u32))| (format!("m/{uid}"), title.to_string());
        self.records.iter().map(title).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_is_lost_between_portions(
        before in prop::collection::vec(0_u8..30, 0..40),
        between in prop::collection::vec(prop::collection::vec(0_u8..30, 0..6), 0..20),
        portion in 2_u64..6,
        selects in any::<bool>(),
    ) {
        let server = Rc::new(Server(RefCell::default()));
        let select_list = if selects { vec!["title".to_owned()] } else { Vec::new() };
        let settings = super::super::Settings { select_list, portion, ..settings() };
        let erp5 = erp5_over(&server, settings);
        let mut taken = BTreeMap::new();
        let mut place = None;
        before.into_iter().for_each(|what| server.0.borrow_mut().happen(what));
        let mut events = between.into_iter();
        let mut calm = 0;
        // Once nothing happens any more, two whole passes, the second when the last date is past.
        while calm < 2 {
            let changes = block_on(erp5.changes(place.as_ref())).unwrap();
            for (id, state) in changes.changes {
                let title = state.document.unwrap()["title"].as_str().unwrap().to_owned();
                taken.insert(id.as_str().to_owned(), title);
            }
            place = Some(changes.cursor);
            match events.next() {
                Some(all) => all.into_iter().for_each(|what| server.0.borrow_mut().happen(what)),
                None if changes.is_last => {
                    server.0.borrow_mut().now += TICKS;
                    calm += 1;
                }
                None => {}
            }
        }
        prop_assert_eq!(taken, server.0.borrow().titles());
    }
}

fn erp5_over(server: &Rc<Server>, settings: super::super::Settings) -> Erp5 {
    let address = crate::Address::new(super::super::tests::URL).unwrap();
    Erp5::new(
        server.clone(),
        address,
        crate::credentials::Credentials::none(),
        settings,
    )
}
