//! Whatever arrives is answered: any text as query or message, any JSON as options or document.

use jio::rpc::{Request, Response};
use jio::{AllDocs, CAPACITIES, Document, Plan, Query, Schema};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-c%_\":()]{0,6}".prop_map(Value::from),
        prop::sample::select(vec![
            "ascending",
            "descending",
            "2016-01-05T10:00Z",
            "constructor"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        let name = prop_oneof![
            prop::sample::select(vec!["a", "content", "__proto__", "__id"]).prop_map(str::to_owned),
            any::<String>(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name, inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

fn options() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "query",
        "sort_on",
        "limit",
        "select_list",
        "include_docs",
        "group_by",
    ]);
    prop::collection::hash_map(name, value(), 0..4).prop_map(|members| json!(members))
}

fn message() -> impl Strategy<Value = Value> {
    let method = prop::sample::select(vec![
        "post",
        "put",
        "get",
        "remove",
        "allDocs",
        "putAttachment",
        "getAttachment",
        "removeAttachment",
        "allAttachments",
        "repair",
        "bulk",
    ]);
    let arguments = prop::collection::vec(prop_oneof![value(), options()], 0..5);
    (value(), method, arguments).prop_map(|(id, method, arguments)| {
        json!({ "id": id, "method_name": method, "argument_list": arguments })
    })
}

proptest! {
    #[test]
    fn any_text_is_a_query_or_an_error(text in any::<String>()) {
        let _ = Query::parse(&text);
    }

    #[test]
    fn any_text_is_a_message_or_refused(text in any::<String>()) {
        let _ = Response::read(&text);
        if let Err(refused) = Request::read(&text, CAPACITIES) {
            Response::<()>::from(refused).to_text();
        }
    }

    #[test]
    fn any_call_is_read_or_refused_under_its_id(message in message()) {
        match Request::read(&message.to_string(), CAPACITIES) {
            Ok(request) => prop_assert_eq!(&request.id, &message["id"]),
            Err(refused) => {
                prop_assert_eq!(&refused.id, &message["id"]);
                prop_assert!([400, 501].contains(&refused.error.status_code()));
                let text = Response::<()>::from(refused).to_text();
                prop_assert!(Response::read(&text).unwrap().outcome.is_err());
            }
        }
    }

    #[test]
    fn any_options_over_any_documents_are_answered(
        options in options(),
        documents in prop::collection::vec(prop::collection::hash_map("[a-c]", value(), 0..4), 0..6),
        text in "[a-c:=<>%_ ]{0,12}",
    ) {
        let date = json!({ "a": { "type": "string", "format": "date-time" } });
        let schema = Schema::from_json(&date).unwrap();
        let documents: Vec<Document> =
            documents.into_iter().map(|members| members.into_iter().collect()).collect();
        let sorted = json!({ "query": text, "sort_on": [["b", "ascending"], ["c", "descending"]] });
        for options in [options, sorted] {
            let Ok(options) = AllDocs::from_json(&options, CAPACITIES) else { continue };
            let Ok(plan) = Plan::new(&options, &schema) else { continue };
            let _ = plan.run(documents.iter().map(|document| ("id", document)));
        }
    }
}
