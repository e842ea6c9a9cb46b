use super::*;
use serde_json::json;

fn error(value: Value) -> (String, Rule) {
    let Error { place, rule } = Description::from_json(value).unwrap_err();
    (place, rule)
}

#[test]
fn each_kind_is_read() {
    let url = "https://erp.example/hateoas/";
    let address = || Address::new(url).unwrap();
    let read = |value| Description::from_json(value).unwrap();
    assert_eq!(read(json!({ "type": "memory" })), Description::Memory);
    let stack = json!({ "type": "query", "sub_storage": { "type": "uuid", "sub_storage": { "type": "indexeddb", "database": "x" } } });
    assert_eq!(
        read(stack),
        Description::IndexedDb {
            database: "x".to_owned()
        }
    );
    assert_eq!(
        read(
            json!({ "type": "erp5", "url": url, "default_view_reference": "view", "query": "portal_type:\"Person\"", "select_list": ["title"] })
        ),
        Description::Erp5 {
            address: address(),
            credentials: Credentials::cookies(),
            settings: Box::new(Settings {
                default_view_reference: Some("view".to_owned()),
                query: json!({ "type": "simple", "key": "portal_type", "value": "Person" }),
                select_list: vec!["title".to_owned()],
                ..Settings::default()
            }),
        }
    );
    for (login, credentials) in [
        (json!({}), Credentials::none()),
        (
            json!({ "username": "ada", "password": "x" }),
            Credentials::basic("ada", "x"),
        ),
        (json!({ "access_token": "x" }), Credentials::bearer("x")),
        (json!({ "with_credentials": true }), Credentials::cookies()),
    ] {
        let mut value = json!({ "type": "couchdb", "url": url });
        value
            .as_object_mut()
            .unwrap()
            .extend(login.as_object().unwrap().clone());
        assert_eq!(
            read(value),
            Description::CouchDb {
                address: address(),
                credentials,
                compress: None,
            }
        );
    }
}

#[test]
fn a_replication_has_jios_defaults_and_names() {
    let value = json!({
        "type": "replicate",
        "local_sub_storage": { "type": "indexeddb" },
        "remote_sub_storage": { "type": "couchdb", "url": "http://db.example/people" },
        "conflict_handling": 2, "check_local_deletion": false, "check_remote_attachment_creation": false,
    });
    let Description::Replicate(read) = Description::from_json(value).unwrap() else {
        panic!("a replication");
    };
    assert_eq!(
        read.local,
        Description::IndexedDb {
            database: "serverless".to_owned()
        }
    );
    assert_eq!(read.conflict_handling, ConflictHandling::KeepRemote);
    let all = Checks {
        creation: true,
        modification: true,
        deletion: true,
        attachments: true,
    };
    assert_eq!(
        read.local_checks,
        Checks {
            deletion: false,
            ..all
        }
    );
    assert_eq!(
        read.remote_checks,
        Checks {
            attachments: false,
            ..all
        }
    );
}

#[test]
fn a_broken_description_says_where_and_which_rule() {
    let couchdb = |members: Value| {
        let mut value = json!({ "type": "couchdb", "url": "http://db.example/x" });
        value
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        value
    };
    let replicate = |local: Value, remote: Value| json!({ "type": "replicate", "local_sub_storage": local, "remote_sub_storage": remote });
    let table = [
        (json!([]), "", Rule::NotAnObject),
        (json!({}), "type: ", Rule::Missing),
        (
            json!({ "type": 1 }),
            "type: ",
            Rule::NotA("a text that is not empty"),
        ),
        (
            json!({ "type": "dav" }),
            "type: ",
            Rule::UnknownType("dav".to_owned()),
        ),
        (
            json!({ "type": "memory", "x": 1 }),
            "x: ",
            Rule::UnknownOption("memory"),
        ),
        (json!({ "type": "erp5" }), "url: ", Rule::Missing),
        (
            json!({ "type": "erp5", "url": "erp" }),
            "url: ",
            Rule::Address(crate::AddressError::NotHttp),
        ),
        (
            json!({ "type": "erp5", "url": "https://e/", "access_token": "a\nb" }),
            "access_token: ",
            Rule::Unsendable,
        ),
        (
            json!({ "type": "erp5", "url": "https://e/", "portion": 1 }),
            "portion: ",
            Rule::NotA("a whole number between 2 and 10000"),
        ),
        (
            json!({ "type": "erp5", "url": "https://e/", "select_list": "x" }),
            "select_list: ",
            Rule::NotA("a list of texts"),
        ),
        (
            couchdb(json!({ "username": "a" })),
            "password: ",
            Rule::Missing,
        ),
        (
            couchdb(json!({ "username": "a", "password": "b", "access_token": "c" })),
            "",
            Rule::TwoLogins,
        ),
        (
            couchdb(json!({ "with_credentials": 1 })),
            "with_credentials: ",
            Rule::NotA("true or false"),
        ),
        (
            replicate(
                json!({ "type": "memory" }),
                json!({ "type": "couchdb", "url": 1 }),
            ),
            "remote_sub_storage.url: ",
            Rule::NotA("a text that is not empty"),
        ),
        (
            replicate(couchdb(json!({})), couchdb(json!({}))),
            "local_sub_storage: ",
            Rule::Side,
        ),
        (
            replicate(json!({ "type": "memory" }), json!({ "type": "memory" })),
            "remote_sub_storage: ",
            Rule::Side,
        ),
        (
            json!({ "type": "uuid", "sub_storage": { "type": "query" } }),
            "sub_storage.sub_storage: ",
            Rule::Missing,
        ),
    ];
    for (value, place, rule) in table {
        assert_eq!(error(value.clone()), (place.to_owned(), rule), "{value}");
    }
    assert!(matches!(
        error(json!({ "type": "erp5", "url": "https://e/", "query": "(" })).1,
        Rule::Query(_)
    ));
    assert_eq!(Description::parse("{").unwrap_err().rule, Rule::NotJson);
}

fn replicated(budget: Value) -> Value {
    json!({
        "type": "replicate",
        "local_sub_storage": { "type": "indexeddb" },
        "remote_sub_storage": { "type": "couchdb", "url": "https://db.example/x" },
        "budget": budget,
    })
}

#[test]
fn a_budget_is_read() {
    let hours = json!([["22:00", "06:30"], ["12:00", "13:00"]]);
    let value = replicated(json!({ "bytes_per_day": 5_000_000, "hours": hours }));
    let Description::Replicate(read) = Description::from_json(value).unwrap() else {
        panic!("another kind");
    };
    let hours = |from_minute, to_minute| Hours {
        from_minute,
        to_minute,
    };
    let budget = Budget {
        bytes_per_day: Some(5_000_000),
        calls_per_day: None,
        hours: vec![hours(1320, 390), hours(720, 780)],
    };
    assert_eq!(read.budget, budget);
}

#[test]
fn a_broken_budget_is_refused() {
    let table = [
        (json!([]), "budget: "),
        (json!({ "bytes_per_day": -1 }), "budget.bytes_per_day: "),
        (json!({ "calls_per_day": "9" }), "budget.calls_per_day: "),
        (json!({ "hours": [["24:00", "06:00"]] }), "budget.hours: "),
        (json!({ "hours": [["9:00", "10:00"]] }), "budget.hours: "),
        (json!({ "hours": [["09:60", "10:00"]] }), "budget.hours: "),
        (json!({ "hours": [["+9:00", "10:00"]] }), "budget.hours: "),
        (json!({ "hours": [["09:00"]] }), "budget.hours: "),
        (json!({ "money": 1 }), "budget.money: "),
    ];
    for (budget, place) in table {
        assert_eq!(error(replicated(budget.clone())).0, place, "{budget}");
    }
}

#[test]
fn a_server_is_named_without_its_secrets() {
    let value = json!({ "type": "couchdb", "url": "https://db.example/x", "username": "ada", "password": "s3cret" });
    let named = Description::from_json(value).unwrap().place().unwrap();
    assert!(named.contains("https://db.example/x") && !named.contains("s3cret"));
    assert_eq!(Description::Memory.place(), None);
}

#[test]
fn levels_hold_at_the_bound_and_one_past() {
    let nested = |levels: usize| {
        (1..levels).fold(
            json!({ "type": "memory" }),
            |inner, _| json!({ "type": "query", "sub_storage": inner }),
        )
    };
    assert!(Description::from_json(nested(MAX_DESCRIPTION_DEPTH)).is_ok());
    assert_eq!(error(nested(MAX_DESCRIPTION_DEPTH + 1)).1, Rule::TooDeep);
}

#[test]
fn no_error_and_no_debug_text_tells_a_secret() {
    let value = json!({ "type": "couchdb", "url": "http://db.example/x", "username": "ada", "password": "s3cret" });
    assert!(!format!("{:?}", Description::from_json(value).unwrap()).contains("s3cret"));
    let value = json!({ "type": "couchdb", "url": "http://ada:s3cret@db.example/x" });
    assert!(!format!("{:?}", Description::from_json(value).unwrap_err()).contains("s3cret"));
}
