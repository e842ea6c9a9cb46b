//! The examples of calls in `docs/protocol.md`: played from top to bottom by both ends, which must send
//! just what stands there.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

use jio::endpoint::{
    Attachment, Caller, CallerOutput, Failure, Frame, Protocol, Server, ServerOutput,
};
use serde_json::{Value, json};
use std::collections::VecDeque;

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// Label and example, in the document's order.
fn examples() -> VecDeque<(&'static str, Value)> {
    let fences: Vec<_> = DOCUMENT.split("```json\n").collect();
    let labels = fences
        .iter()
        .map(|text| text.trim_end().lines().last().unwrap_or_default());
    let bodies = fences
        .iter()
        .skip(1)
        .map(|text| text.split("```").next().unwrap());
    let all = labels.zip(bodies);
    all.filter(|(label, _)| label.ends_with("caller") || label.starts_with("caller"))
        .map(|(label, body)| (label, serde_json::from_str(body).unwrap()))
        .collect()
}

struct Script {
    examples: VecDeque<(&'static str, Value)>,
    caller: Caller,
    server: Server,
}

impl Script {
    /// The caller sends the next example, and the server hears it.
    fn caller_sends(&mut self) {
        let frame = self.next_frame();
        self.expect("caller → server", &frame);
        self.server.handle_frame(&frame);
    }

    /// What the caller sends next, past what it tells its own side.
    fn next_frame(&mut self) -> Frame {
        loop {
            match self.caller.poll_output() {
                CallerOutput::Send(frame) => return frame,
                CallerOutput::Wait => panic!("the caller has nothing to say"),
                CallerOutput::Reply { .. }
                | CallerOutput::Asked { .. }
                | CallerOutput::Told { .. }
                | CallerOutput::Attachment { .. }
                | CallerOutput::Part { .. }
                | CallerOutput::Want { .. } => {}
            }
        }
    }

    /// The server sends the next example, and the caller hears it.
    fn server_sends(&mut self) {
        let ServerOutput::Send(frame) = self.server.poll_output() else {
            panic!("the server has nothing to say");
        };
        self.expect("server → caller", &frame);
        self.caller.handle_frame(&frame);
    }

    fn expect(&mut self, label: &str, frame: &Frame) {
        let Frame::Text(text) = frame else {
            panic!("{frame:?}");
        };
        let sent: Value = serde_json::from_str(text).unwrap();
        assert_eq!((label, sent), self.examples.pop_front().unwrap());
    }

    /// The numbers of the calls that the server executes now.
    fn executed(&mut self) -> Vec<u32> {
        let mut calls = Vec::new();
        while let ServerOutput::Execute { call, .. } = self.server.poll_output() {
            calls.push(call);
        }
        calls
    }
}

#[test]
fn calls_as_the_document_plays_them() {
    let mut script = Script {
        examples: examples(),
        caller: Caller::new(Protocol::Jio2),
        server: Server::new(Protocol::Jio2),
    };
    script.server_sends();

    let ada = json!({ "first": "Ada", "last": "Lovelace" });
    let query = json!({ "query": "last:\"%love%\"", "include_docs": true });
    script.caller.handle_call("post", vec![ada.clone()], None);
    script.caller.handle_call("allDocs", vec![query], None);
    script.caller_sends();
    let [post, list] = script.executed()[..] else {
        panic!("two calls came");
    };
    let rows = json!([{ "id": "0d6c4a", "value": {}, "doc": ada }]);
    let listed = json!({ "data": { "rows": rows, "total_rows": 1 } });
    script.server.handle_result(post, Ok(json!("0d6c4a")));
    script.server.handle_result(list, Ok(listed));
    script.server_sends();

    script
        .caller
        .handle_call("get", vec![json!("nobody")], None);
    script.caller_sends();
    let get = script.executed()[0];
    let missing = Failure::new(404, "Cannot find document: nobody");
    script.server.handle_result(get, Err(missing));
    script.server_sends();

    follow(&mut script);
    attachment(&mut script);
    assert!(script.examples.is_empty(), "{:?}", script.examples);
}

/// Who is older than 30, and what changes of that.
fn follow(script: &mut Script) {
    let options =
        json!({ "query": "age: > 30", "select_list": ["age"], "sort_on": [["age", "ascending"]] });
    script.caller.handle_subscribe(&options);
    script.caller_sends();
    let call = script.executed()[0];
    let rows = r#"{"data":{"rows":[{"id":"ada","value":{"age":36}}],"total_rows":1}}"#;
    assert!(script.server.handle_snapshot(call, rows));
    script.server_sends();
    let changes = r#"{"rows":[{"id":"alan","value":{"age":41},"at":0}],"removed":["ada"]}"#;
    assert!(script.server.handle_changes(call, changes));
    script.server_sends();
}

/// Five million bytes, of which the first mebibyte is put away; then the call is given up.
fn attachment(script: &mut Script) {
    const SIZE: usize = 5_000_000;
    let names = vec![json!("ada"), json!("portrait.jpg")];
    let portrait = Attachment::new("image/jpeg", SIZE as u64);
    let call = script
        .caller
        .handle_call("putAttachment", names, Some(portrait));
    script.caller_sends();
    let put = script.executed()[0];
    script.server.handle_asked(put);
    script.server_sends();
    script.caller.handle_bytes(call, vec![7; SIZE]);
    for _ in 0..16 {
        let part = script.next_frame();
        script.server.handle_frame(&part);
        let ServerOutput::Part { bytes, .. } = script.server.poll_output() else {
            panic!("a part has come");
        };
        script.server.handle_taken(put, bytes.len() as u64);
    }
    script.server_sends();
    script.caller.handle_cancel(call);
    script.caller_sends();
}
