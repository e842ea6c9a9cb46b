use super::super::Settings;
use super::super::tests::{added, document, edited, erp5, id, rows, settings, site};
use super::super::view::tests::person;
use super::*;
use crate::Millis;
use crate::http::Response;
use crate::scripted::{Scripted, block_on, reply};
use serde_json::json;
use std::rc::Rc;

fn selecting(portion: u64) -> Settings {
    Settings {
        select_list: vec!["title".to_owned(), "age".to_owned()],
        query: json!({ "type": "simple", "key": "portal_type", "value": "Web Person" }),
        portion,
        ..settings()
    }
}

fn row(n: u32, title: &str, date: &str) -> (String, Value) {
    let row =
        json!({ "title": title, "portal_type": "Web Person", "modification_date": date, "uid": n });
    (format!("person_module/{n}"), row)
}

fn portion(list: &[(String, Value)]) -> Response {
    let list: Vec<_> = list
        .iter()
        .map(|(id, row)| (id.as_str(), row.clone()))
        .collect();
    rows(&list)
}

fn read(text: &str) -> String {
    let text = text.split("search?query=").nth(1).unwrap_or_default();
    crate::address::decoded(text)
}

/// Ids of the changes of each portion until the last, and the place after them.
fn pull(
    http: &Rc<Scripted>,
    settings: Settings,
    since: Option<Cursor>,
) -> (Vec<Vec<String>>, Cursor) {
    let erp5 = erp5(http, settings);
    let (mut place, mut all) = (since, Vec::new());
    loop {
        let changes = block_on(erp5.changes(place.as_ref())).unwrap();
        all.push(
            changes
                .changes
                .iter()
                .map(|(id, _)| id.as_str().to_owned())
                .collect(),
        );
        if changes.is_last {
            return (all, changes.cursor);
        }
        place = Some(changes.cursor);
    }
}

#[test]
fn portions_of_rows_become_changes_without_a_request_for_each() {
    let (ada, eve, bob) = (
        row(1, "Ada", "d1"),
        row(2, "Eve", "d2"),
        row(3, "Bob", "d3"),
    );
    let http = Scripted::new([
        site(),
        portion(&[ada, eve.clone()]),
        portion(&[eve, bob.clone()]),
        portion(std::slice::from_ref(&bob)),
    ]);
    let (changes, cursor) = pull(&http, selecting(2), None);
    let expected = [
        vec!["person_module/1", "person_module/2"],
        vec!["person_module/3"],
        vec![],
    ];
    assert_eq!(changes, expected);
    let asked = http.lines();
    let sorted = "&sort_on=[\"modification_date\",\"ascending\"]&sort_on=[\"uid\",\"ascending\"]";
    let select =
        "&select_list=title&select_list=age&select_list=portal_type&select_list=modification_date";
    assert_eq!(
        read(&asked[1]),
        format!("portal_type:  \"Web Person\"{select}&limit=0&limit=2{sorted}")
    );
    let since = "( portal_type:  \"Web Person\" AND modification_date: >= \"d2\" )";
    assert_eq!(
        read(&asked[2]),
        format!("{since}{select}&limit=0&limit=2{sorted}")
    );

    // Nothing new, then a second change at the same date.
    let http = Scripted::new([
        site(),
        portion(&[bob]),
        site(),
        portion(&[row(3, "Bert", "d3")]),
    ]);
    let (changes, cursor) = pull(&http, selecting(9), Some(cursor));
    assert_eq!(changes, [Vec::<String>::new()]);
    let (changes, _) = pull(&http, selecting(9), Some(cursor));
    assert_eq!(changes, [vec!["person_module/3"]]);
}

#[test]
fn a_date_of_more_rows_than_a_portion_is_read_to_its_end() {
    let all: Vec<_> = (1..=3).map(|n| row(n, "x", "d")).collect();
    let later = row(9, "x", "e");
    let http = Scripted::new([
        site(),
        portion(&all[0..2]),
        // The date is past: the portion once more, then those after it.
        portion(std::slice::from_ref(&later)),
        portion(&all[0..2]),
        portion(&all[1..3]),
        portion(&[all[2].clone(), later.clone()]),
        portion(&[later]),
    ]);
    let (changes, _) = pull(&http, selecting(2), None);
    let ids = changes.concat();
    assert_eq!(
        ids,
        [
            "person_module/1",
            "person_module/2",
            "person_module/3",
            "person_module/9"
        ]
    );
    let limits = |line: &String| {
        let texts = line
            .split('&')
            .filter_map(|part| part.strip_prefix("limit="));
        texts.collect::<Vec<_>>().join(",")
    };
    let asked: Vec<_> = http.lines().iter().skip(1).map(limits).collect();
    assert_eq!(asked, ["0,2", "0,1", "0,2", "1,2", "2,2", "0,2"]);
}

#[test]
fn without_selection_each_changed_record_is_read_and_again_until_its_date_is_past() {
    let listed = || portion(&[row(1, "", "d1")]);
    let shown = |title: &str| reply(200, person("person_module/1", title, 36));
    let http = Scripted::new([
        site(),
        listed(),
        shown("Ada"),
        listed(),
        shown("Ada"),
        listed(),
        shown("Eve"),
        listed(),
    ]);
    let erp5 = erp5(&http, settings());
    let first = block_on(erp5.changes(None)).unwrap();
    let title =
        |changes: &Changes| changes.changes[0].1.document.as_ref().unwrap()["title"].clone();
    assert_eq!(title(&first), "Ada");
    // The clock there may still show the same.
    http.now.set(DATE_PAST - Millis(1));
    let early = block_on(erp5.changes(Some(&first.cursor))).unwrap();
    assert_eq!(early.changes, Vec::new());
    http.now.set(DATE_PAST);
    let second = block_on(erp5.changes(Some(&early.cursor))).unwrap();
    assert_eq!(title(&second), "Eve");
    let third = block_on(erp5.changes(Some(&second.cursor))).unwrap();
    assert_eq!((third.changes, third.is_last), (Vec::new(), true));
    assert_eq!(http.lines().len(), 8);
}

#[test]
fn rows_without_a_date_are_not_taken() {
    let http = Scripted::new([
        site(),
        rows(&[("person_module/1", json!({ "title": "x" }))]),
    ]);
    let found = block_on(erp5(&http, selecting(9)).changes(None));
    assert_eq!(found.unwrap_err().status_code, Some(502));
}

fn new(title: &str, is_again: bool) -> Write {
    let document = document(
        json!({ "portal_type": "Web Person", "parent_relative_url": "person_module", "title": title }),
    );
    Write {
        id: id("own"),
        base: None,
        document: Some(document),
        is_again,
    }
}

fn write(http: &Rc<Scripted>, settings: Settings, writes: Vec<Write>) -> Vec<Written> {
    block_on(erp5(http, settings).write(writes)).unwrap()
}

fn stored_as(written: &Written) -> &str {
    match written {
        Written::Stored { id, .. } => id.as_str(),
        other @ (Written::Conflict(_) | Written::Refused(_) | Written::Unknown(_)) => {
            panic!("{other:?}")
        }
    }
}

#[test]
fn a_new_record_is_added_and_filled_and_comes_back_with_the_same_revision() {
    let empty = reply(200, person("person_module/7", "", 0));
    let http = Scripted::new([site(), added("person_module/7"), empty, edited()]);
    let written = write(&http, selecting(9), vec![new("Ada", false)]);
    assert_eq!(stored_as(&written[0]), "person_module/7");
    let asked = http.asked();
    assert!(String::from_utf8_lossy(&asked[1].body).contains("person_module"));
    assert!(String::from_utf8_lossy(&asked[3].body).contains("Ada"));

    let http = Scripted::new([site(), portion(&[row(7, "Ada", "d9")])]);
    let changes = block_on(erp5(&http, selecting(9)).changes(None)).unwrap();
    let expected = Written::Stored {
        id: id("person_module/7"),
        revision: changes.changes[0].1.revision.clone(),
    };
    assert_eq!(written[0], expected);
}

#[test]
fn an_add_whose_answer_was_lost_takes_what_it_left() {
    let shown = |n: u32, title: &str, age: u32| {
        reply(200, person(&format!("person_module/{n}"), title, age))
    };
    let named = |n: u32, title: &str| row(n, title, "d");
    let only_title = || Settings {
        select_list: vec!["title".to_owned()],
        ..settings()
    };
    // Another's, then the empty one that was left.
    let http = Scripted::new([
        site(),
        portion(&[named(1, "Bob"), named(2, "")]),
        shown(2, "", 0),
        shown(2, "", 0),
        edited(),
    ]);
    let written = write(&http, only_title(), vec![new("Ada", true)]);
    assert_eq!(stored_as(&written[0]), "person_module/2");
    let asked = read(&http.lines()[1]);
    assert!(
        asked.starts_with("portal_type:  \"Web Person\"") && asked.contains("local_roles=Owner"),
        "{asked}"
    );
    // One that says all of it already.
    let http = Scripted::new([
        site(),
        portion(&[named(3, "Ada")]),
        shown(3, "Ada", 0),
        shown(3, "Ada", 0),
        edited(),
    ]);
    assert_eq!(
        stored_as(&write(&http, only_title(), vec![new("Ada", true)])[0]),
        "person_module/3"
    );
    // None: it is added.
    let http = Scripted::new([
        site(),
        portion(&[]),
        added("person_module/4"),
        shown(4, "", 0),
        edited(),
    ]);
    assert_eq!(
        stored_as(&write(&http, only_title(), vec![new("Ada", true)])[0]),
        "person_module/4"
    );
}

#[test]
fn a_field_that_keeps_our_id_finds_the_record_and_no_other_of_the_same_content() {
    let by_id = || Settings {
        id_property: Some("reference".to_owned()),
        ..settings()
    };
    let shown = |title: &str| reply(200, person("person_module/2", title, 0));
    let http = Scripted::new([
        site(),
        portion(&[row(2, "Ada", "d")]),
        shown("Ada"),
        edited(),
    ]);
    let written = write(&http, by_id(), vec![new("Ada", true)]);
    assert_eq!(stored_as(&written[0]), "person_module/2");
    let asked = http.asked();
    assert!(read(&asked[1].url).starts_with("reference: = \"own\""));
    assert!(String::from_utf8_lossy(&asked[3].body).contains("own"));
    // Not found by id: the same title is a namesake.
    let http = Scripted::new([
        site(),
        portion(&[]),
        portion(&[row(2, "Ada", "d")]),
        shown("Ada"),
        added("person_module/9"),
        shown(""),
        edited(),
    ]);
    assert_eq!(
        stored_as(&write(&http, by_id(), vec![new("Ada", true)])[0]),
        "person_module/9"
    );
}

#[test]
fn a_change_is_taken_upon_the_state_that_it_knows_alone() {
    let shown = |title: &str| reply(200, person("person_module/1", title, 36));
    let base = |title: &str| {
        let http = Scripted::new([
            site(),
            rows(&[(
                "person_module/1",
                json!({ "title": title, "age": "36", "modification_date": "d" }),
            )]),
        ]);
        let changes = block_on(erp5(&http, selecting(9)).changes(None)).unwrap();
        changes.changes[0].1.revision.clone()
    };
    let change = |from: &str, title: &str| Write {
        id: id("person_module/1"),
        base: Some(base(from)),
        document: Some(document(json!({ "title": title, "age": 36 }))),
        is_again: false,
    };
    // The state known: written.
    let http = Scripted::new([site(), shown("Ada"), edited()]);
    assert_eq!(
        stored_as(&write(&http, selecting(9), vec![change("Ada", "Eve")])[0]),
        "person_module/1"
    );
    // Another one: told, and nothing written.
    let http = Scripted::new([site(), shown("Bob")]);
    let written = write(&http, selecting(9), vec![change("Ada", "Eve")]);
    let Written::Conflict(Some(State {
        document: Some(there),
        ..
    })) = &written[0]
    else {
        panic!("{written:?}");
    };
    assert_eq!(there["title"], "Bob");
    assert_eq!(http.lines().len(), 2);
    // What was wanted: nothing to do.
    let http = Scripted::new([site(), shown("Eve")]);
    assert_eq!(
        stored_as(&write(&http, selecting(9), vec![change("Ada", "Eve")])[0]),
        "person_module/1"
    );
    // Nothing: told.
    let http = Scripted::new([site(), reply(404, json!({}))]);
    assert_eq!(
        write(&http, selecting(9), vec![change("Ada", "Eve")]),
        [Written::Conflict(None)]
    );
}

#[test]
fn removal_is_refused_and_a_cut_leaves_the_rest_unknown() {
    let removal = Write {
        id: id("a/1"),
        base: Some(Revision("x".to_owned())),
        document: None,
        is_again: false,
    };
    let http = Scripted::new([site()]);
    let written = write(
        &http,
        selecting(9),
        vec![removal, new("Ada", false), new("Eve", false)],
    );
    assert!(matches!(&written[0], Written::Refused(failure) if failure.status_code == Some(501)));
    assert!(matches!(
        &written[1..],
        [Written::Unknown(_), Written::Unknown(_)]
    ));
    let failed =
        block_on(erp5(&Scripted::new([site()]), selecting(9)).write(vec![new("Ada", false)]));
    assert_eq!(failed.unwrap_err().status_code, Some(503));
}

#[test]
fn all_ids_come_in_portions_that_overlap_and_begin_again_where_rows_moved() {
    let list = |from: u32, to: u32| -> Vec<_> { (from..to).map(|n| row(n, "", "d")).collect() };
    let whole = |replies: Vec<Response>| {
        let http = Scripted::new([site()].into_iter().chain(replies));
        block_on(erp5(&http, selecting(9)).all_ids()).map(|ids| ids.unwrap().len())
    };
    assert_eq!(whole(vec![portion(&list(0, 3))]), Ok(3));
    assert_eq!(
        whole(vec![portion(&list(0, 1_000)), portion(&list(999, 1_002))]),
        Ok(1_002)
    );
    let moved = vec![
        portion(&list(0, 1_000)),
        portion(&list(1_000, 1_002)),
        portion(&list(0, 3)),
    ];
    assert_eq!(whole(moved), Ok(3));
}

#[test]
fn one_record_is_read_as_its_view_shows_it() {
    let http = Scripted::new([
        site(),
        reply(200, person("person_module/1", "Ada", 36)),
        reply(404, json!({})),
    ]);
    let erp5 = erp5(&http, settings());
    let state = block_on(erp5.read(&id("person_module/1"))).unwrap();
    let document = state.and_then(|state| state.document).unwrap();
    assert_eq!(document["portal_type"], "Web Person");
    assert_eq!(block_on(erp5.read(&id("person_module/2"))), Ok(None));
}
