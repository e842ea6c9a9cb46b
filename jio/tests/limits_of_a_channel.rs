//! Each bound of a channel: what is at it passes, what is one past it does not, and the rest goes on.

// A test that finds something else than it expects fails, and so it should.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use jio::endpoint::{
    ATTACHMENT_BYTES, ATTACHMENTS, Attachment, CALLS, CALLS_BYTES, Caller, CallerOutput,
    FRAME_BYTES, Failure, Frame, JOINING, Protocol, REPLY_BYTES, REQUEST_BYTES, Server,
    ServerOutput, WINDOW_BYTES,
};
use serde_json::{Value, json};

const MESSAGE: u8 = 1;
const ATTACHMENT: u8 = 2;

fn server(protocol: Protocol) -> Server {
    let mut server = Server::new(protocol);
    drain(&mut server);
    server
}

fn caller(protocol: Protocol) -> Caller {
    let mut caller = Caller::new(protocol);
    caller.handle_frame(&Frame::Text(r#"{"type":"hello"}"#.into()));
    caller
}

fn drain(server: &mut Server) -> Vec<ServerOutput> {
    let outputs = std::iter::from_fn(|| match server.poll_output() {
        ServerOutput::Wait => None,
        output => Some(output),
    });
    outputs.collect()
}

/// The only thing that comes out.
fn only(server: &mut Server) -> ServerOutput {
    let mut outputs = drain(server);
    assert_eq!(outputs.len(), 1, "{outputs:?}");
    outputs.remove(0)
}

fn request(id: usize, method: &str, arguments: &Value) -> Frame {
    let request = json!({"id": id, "type": "jio_query", "method_name": method,
        "argument_list": arguments});
    Frame::Text(request.to_string())
}

fn put(stream: u32, size: u64) -> Frame {
    let attachment = json!({"stream": stream, "content_type": "a/b", "size": size});
    request(
        stream as usize,
        "putAttachment",
        &json!(["i", "n", attachment]),
    )
}

fn part(kind: u8, stream: u32, last: bool, content: &[u8]) -> Frame {
    let head = [&[kind][..], &stream.to_be_bytes(), &[u8::from(last)]].concat();
    Frame::Binary([&head[..], content].concat())
}

/// The status of the error that this output sends.
fn status(output: &ServerOutput) -> Option<u64> {
    let ServerOutput::Send(Frame::Text(text)) = output else {
        return None;
    };
    let reply: Value = serde_json::from_str(text).unwrap();
    reply["result"]["status_code"].as_u64()
}

fn is_execute(output: &ServerOutput) -> bool {
    matches!(output, ServerOutput::Execute { .. })
}

fn refusal(caller: &mut Caller) -> Option<Failure> {
    match caller.poll_output() {
        CallerOutput::Reply { result, .. } => result.err(),
        _ => None,
    }
}

#[test]
fn an_attachment_at_the_bound_is_brought_and_one_past_it_is_not() {
    for (size, expected) in [(ATTACHMENT_BYTES, None), (ATTACHMENT_BYTES + 1, Some(413))] {
        let mut server = server(Protocol::Jio2);
        server.handle_frame(&put(1, size));
        let output = only(&mut server);
        assert_eq!(status(&output), expected);
        assert_eq!(is_execute(&output), expected.is_none());
        let mut caller = caller(Protocol::Jio2);
        let arguments = vec![json!("i"), json!("n")];
        caller.handle_call(
            "putAttachment",
            arguments,
            Some(Attachment::new("a/b", size)),
        );
        let failure = refusal(&mut caller);
        assert_eq!(
            failure.and_then(|failure| failure.status_code),
            expected.map(|_| 413)
        );
    }
}

#[test]
fn so_many_attachments_come_at_once_and_one_more_is_refused() {
    let mut server = server(Protocol::Jio2);
    let streams = 1..=u32::try_from(ATTACHMENTS).unwrap() + 2;
    for stream in streams.clone() {
        server.handle_frame(&put(stream, 2));
        assert!(is_execute(&only(&mut server)), "announcing takes no memory");
    }
    for stream in streams.take(ATTACHMENTS) {
        server.handle_frame(&part(ATTACHMENT, stream, false, b"a"));
        assert!(matches!(only(&mut server), ServerOutput::Part { .. }));
    }
    let [late, later] = [9, 10];
    server.handle_frame(&part(ATTACHMENT, late, false, b"a"));
    let [cancelled, told] = &drain(&mut server)[..] else {
        panic!("it is cancelled and told");
    };
    assert_eq!(*cancelled, ServerOutput::Cancelled { call: late });
    assert_eq!(status(told), Some(429));
    // What was whole but not answered still counts, and what was answered does not.
    server.handle_frame(&part(ATTACHMENT, 1, true, b"b"));
    assert!(matches!(
        only(&mut server),
        ServerOutput::Part { last: true, .. }
    ));
    server.handle_result(1, Ok(Value::Null));
    drain(&mut server);
    server.handle_frame(&part(ATTACHMENT, later, false, b"a"));
    assert!(matches!(only(&mut server), ServerOutput::Part { .. }));
}

#[test]
fn a_caller_brings_so_many_attachments_at_once_and_the_others_wait() {
    let mut caller = caller(Protocol::Jio2);
    let bring = |caller: &mut Caller| {
        let arguments = vec![json!("i"), json!("n")];
        caller.handle_call("putAttachment", arguments, Some(Attachment::new("a/b", 9)))
    };
    let calls: Vec<u32> = (0..ATTACHMENTS + 3).map(|_| bring(&mut caller)).collect();
    assert_eq!(wanted(&mut caller), calls[..ATTACHMENTS]);
    // A reply, a failure and a cancel each make room for one.
    let reply = json!({"id": calls[0], "type": "jio_response", "result": null});
    caller.handle_frame(&Frame::Text(reply.to_string()));
    assert_eq!(wanted(&mut caller), [calls[ATTACHMENTS]]);
    let failure = json!({"id": calls[1], "type": "error", "result": {"status_code": 500}});
    caller.handle_frame(&Frame::Text(failure.to_string()));
    assert_eq!(wanted(&mut caller), [calls[ATTACHMENTS + 1]]);
    caller.handle_cancel(calls[2]);
    assert_eq!(wanted(&mut caller), [calls[ATTACHMENTS + 2]]);
    caller.handle_cancel(calls[3]);
    assert_eq!(wanted(&mut caller), [0; 0]);
}

/// The calls whose bytes are wanted now.
fn wanted(caller: &mut Caller) -> Vec<u32> {
    let mut calls = Vec::new();
    loop {
        match caller.poll_output() {
            CallerOutput::Want { call, .. } => calls.push(call),
            CallerOutput::Wait => return calls,
            _ => {}
        }
    }
}

#[test]
fn an_attachment_that_nobody_takes_comes_up_to_its_window_and_a_byte_more_spoils_it() {
    let mut server = server(Protocol::Jio2);
    server.handle_frame(&put(1, WINDOW_BYTES * 2));
    assert!(is_execute(&only(&mut server)));
    let whole = vec![0; usize::try_from(WINDOW_BYTES).unwrap()];
    server.handle_frame(&part(ATTACHMENT, 1, false, &whole));
    assert!(matches!(only(&mut server), ServerOutput::Part { .. }));
    server.handle_frame(&part(ATTACHMENT, 1, false, b"a"));
    let outputs = drain(&mut server);
    assert_eq!(outputs[0], ServerOutput::Cancelled { call: 1 });
    assert_eq!(status(&outputs[1]), Some(400));
}

#[test]
fn so_many_calls_are_in_flight_and_one_more_is_refused_at_either_end() {
    let (mut server, mut caller) = (server(Protocol::Jio2), caller(Protocol::Jio2));
    for id in 1..=CALLS {
        server.handle_frame(&request(id, "get", &json!(["x"])));
        assert!(is_execute(&only(&mut server)));
        caller.handle_call("get", vec![json!("x")], None);
    }
    server.handle_frame(&request(CALLS + 1, "get", &json!(["x"])));
    assert_eq!(status(&only(&mut server)), Some(429));
    while caller.poll_output() != CallerOutput::Wait {}
    caller.handle_call("get", vec![json!("x")], None);
    assert_eq!(refusal(&mut caller).unwrap().status_code, Some(429));
    server.handle_result(1, Ok(Value::Null));
    drain(&mut server);
    server.handle_frame(&request(CALLS + 1, "get", &json!(["x"])));
    assert!(is_execute(&only(&mut server)));
}

#[test]
fn calls_in_flight_are_bounded_in_bytes_and_one_byte_more_is_refused() {
    let frame = |bytes: usize| {
        let Frame::Text(empty) = request(1, "put", &json!([""])) else {
            panic!("a request is text");
        };
        request(1, "put", &json!(["x".repeat(bytes - empty.len())]))
    };
    for (more, expected) in [(0, None), (1, Some(429))] {
        let mut server = server(Protocol::Jio2);
        server.handle_frame(&frame(CALLS_BYTES / 4));
        server.handle_frame(&frame(CALLS_BYTES / 4));
        server.handle_frame(&frame(CALLS_BYTES / 4));
        drain(&mut server);
        server.handle_frame(&frame(CALLS_BYTES / 4 + more));
        assert_eq!(status(&only(&mut server)), expected);
    }
}

#[test]
fn a_request_at_the_bound_is_joined_and_one_past_it_is_refused() {
    for (more, expected) in [(0, None), (1, Some(413))] {
        let Frame::Text(empty) = request(1, "put", &json!([""])) else {
            panic!("a request is text");
        };
        let length = REQUEST_BYTES + more - empty.len();
        let Frame::Text(whole) = request(1, "put", &json!(["x".repeat(length)])) else {
            panic!("a request is text");
        };
        assert_eq!(whole.len(), REQUEST_BYTES + more);
        let (first, last) = whole.as_bytes().split_at(REQUEST_BYTES - 1);
        let mut server = server(Protocol::Jio2);
        server.handle_frame(&part(MESSAGE, 1, false, first));
        server.handle_frame(&part(MESSAGE, 1, true, last));
        let output = only(&mut server);
        assert_eq!(status(&output), expected);
        assert_eq!(is_execute(&output), expected.is_none());
    }
}

#[test]
fn so_many_messages_are_joined_at_once_and_one_more_is_refused() {
    let mut server = server(Protocol::Jio2);
    let most = u32::try_from(JOINING).unwrap();
    for stream in 1..=most {
        server.handle_frame(&part(MESSAGE, stream, false, b" "));
        assert_eq!(drain(&mut server), []);
    }
    server.handle_frame(&part(MESSAGE, most + 1, false, b" "));
    assert_eq!(status(&only(&mut server)), Some(429));
    // The others go on, and make room.
    let Frame::Text(text) = request(1, "get", &json!(["x"])) else {
        panic!("a request is text");
    };
    server.handle_frame(&part(MESSAGE, 1, true, text.as_bytes()));
    assert!(is_execute(&only(&mut server)));
    server.handle_frame(&part(MESSAGE, most + 1, false, b" "));
    assert_eq!(drain(&mut server), []);
}

#[test]
fn a_reply_at_the_bound_is_sent_and_one_past_it_is_not() {
    let around = r#"{"id":1,"result":"","type":"jio_response"}"#.len();
    for (protocol, limit) in [
        (Protocol::V2016, FRAME_BYTES),
        (Protocol::Jio2, REPLY_BYTES),
    ] {
        for (more, expected) in [(0, None), (1, Some(413))] {
            let mut server = server(protocol);
            server.handle_frame(&request(1, "get", &json!(["x"])));
            assert!(is_execute(&only(&mut server)));
            let result = format!("\"{}\"", "x".repeat(limit + more - around));
            server.handle_text(1, Ok(result));
            let queued = server.queued();
            let is_sent = queued == limit;
            assert_eq!(is_sent, expected.is_none(), "{queued}");
            if !is_sent {
                assert_eq!(status(&only(&mut server)), expected);
            }
        }
    }
}

#[test]
fn a_request_for_a_master_of_2016_fits_into_one_frame_or_fails() {
    let around = r#"{"id":1,"type":"jio_query","method_name":"put","argument_list":[""]}"#.len();
    for (more, expected) in [(0, None), (1, Some(413))] {
        let mut caller = caller(Protocol::V2016);
        let text = "x".repeat(FRAME_BYTES + more - around);
        caller.handle_call("put", vec![json!(text)], None);
        let failure = refusal(&mut caller);
        assert_eq!(failure.and_then(|failure| failure.status_code), expected);
    }
}
