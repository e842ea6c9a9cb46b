//! HTTP on the port: site, health, and requests under a foreign name or of a foreign network.

mod support;

use broadcaster::limits::{LINGER, Limits};
use broadcaster::link::{Command, Report};
use support::{HANDSHAKE, Rig, SocketState};

fn get(rig: &mut Rig, request: &str) -> (u16, String, String) {
    let conn = rig.accept();
    rig.receive(conn, request.as_bytes());
    assert_eq!(
        rig.state(conn),
        SocketState::Finished,
        "every answer ends its connection"
    );
    let answer = rig.take_answer(conn);
    rig.pass(LINGER);
    assert_eq!(rig.state(conn), SocketState::Dropped);
    answer
}

fn rig() -> Rig {
    let mut rig = Rig::new(Limits::default());
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/a.js", "text/javascript"),
    ] {
        let (path, content_type) = (path.into(), content_type.into());
        rig.command(Command::Site {
            path,
            content_type,
            etag: "1".into(),
            body: "content".into(),
        });
    }
    rig
}

#[test]
fn files_and_health() {
    let mut rig = rig();
    for (line, fields, status, body) in [
        ("GET / HTTP/1.1", "", 200, "content"),
        ("GET /?q HTTP/1.1", "", 200, "content"),
        ("GET / HTTP/1.0", "", 200, "content"),
        ("HEAD / HTTP/1.1", "", 200, ""),
        ("GET /a.js HTTP/1.1", "", 200, "content"),
        (
            "GET /a.js HTTP/1.1",
            "If-None-Match: \"0\", \"1\"\r\n",
            304,
            "",
        ),
        ("HEAD /none HTTP/1.1", "", 404, ""),
    ] {
        let answer = get(
            &mut rig,
            &format!("{line}\r\nHost: 192.168.1.5:9999\r\n{fields}\r\n"),
        );
        assert_eq!((answer.0, answer.2.as_str()), (status, body), "{line}");
    }
    let answer = get(
        &mut rig,
        "GET /health HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\r\n",
    );
    assert!(answer.2.contains("\"status\":\"ok\""));
    assert!(answer.1.contains("Access-Control-Allow-Origin: *"));
    assert_eq!(rig.take_reports(), []);
}

#[test]
fn errors_have_their_status_and_a_sentence() {
    let mut rig = rig();
    for (request, status) in [
        ("GET /none HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\r\n", 404),
        ("POST / HTTP/1.1\r\nHost: 192.168.1.5:9999\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("hello\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: evil.example:9999\r\n\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: 192.168.1.5\r\n\r\n", 421),
        (
            "GET /health HTTP/1.1\r\nHost: evil.example:9999\r\n\r\n",
            421,
        ),
        (&HANDSHAKE.replace("192.168.1.5:", "evil.example:"), 421),
        (&HANDSHAKE.replace(": 13", ": 12"), 426),
    ] {
        let (got, head, body) = get(&mut rig, request);
        assert_eq!(got, status, "{request}");
        assert!(head.contains("X-Content-Type-Options: nosniff") && body.ends_with(".\n"));
    }
    assert_eq!(rig.take_reports(), [], "the hub is never asked");
}

#[test]
fn further_names_are_accepted_where_the_hub_says_so() {
    let mut rig = rig();
    let Command::Listen {
        port,
        bind,
        limits,
        allow,
        stun,
        ..
    } = support::listen(Limits::default())
    else {
        panic!()
    };
    let hosts = vec!["MyBox.local".to_owned(), "no name".to_owned()];
    rig.command(Command::Listen {
        port,
        bind,
        limits,
        hosts,
        allow,
        stun,
    });
    assert!(matches!(
        rig.take_reports()[..],
        [Report::Error { .. }, Report::Listening { .. }]
    ));
    let answer = get(&mut rig, "GET / HTTP/1.1\r\nHost: mybox.local:9999\r\n\r\n");
    assert_eq!(answer.0, 200);
}

#[test]
fn far_away_addresses_are_not_accepted() {
    let mut rig = rig();
    for (remote, accepted) in [
        ("192.168.1.77:1", true),
        ("[::ffff:192.168.1.77]:1", true),
        ("[fe80::7]:1", true),
        ("8.8.8.8:1", false),
        ("[::ffff:8.8.8.8]:1", false),
        ("[2001:db8::7]:1", false),
    ] {
        assert_eq!(rig.accept_from(remote).is_some(), accepted, "{remote}");
    }
}

#[test]
fn the_hub_is_told_what_was_asked() {
    let mut rig = rig();
    let conn = rig.accept_from("[::ffff:192.168.1.77]:4321").unwrap();
    let fields = "Origin: http://192.168.1.5:9999\r\nSec-WebSocket-Protocol: a, b\r\n\r\n";
    let request = HANDSHAKE
        .replace("/room", "/a%20room?q=1")
        .replace("\r\n\r\n", "\r\n")
        + fields;
    rig.receive(conn, request.as_bytes());
    assert_eq!(
        rig.take_reports(),
        [Report::Asked {
            conn,
            remote: "192.168.1.77:4321".parse().unwrap(),
            path: "/a%20room?q=1".into(),
            host: "192.168.1.5:9999".into(),
            origin: Some("http://192.168.1.5:9999".into()),
            protocols: vec!["a".into(), "b".into()],
        }]
    );
    rig.command(Command::Admit {
        conn,
        protocol: Some("b".into()),
        groups: vec![],
    });
    let (status, head, _) = rig.take_answer(conn);
    assert_eq!(status, 101);
    assert!(head.contains("Sec-WebSocket-Protocol: b"));
}

#[test]
fn a_refusal_has_the_hubs_status() {
    for (status, answered) in [(403, 403), (414, 414), (503, 503), (200, 403), (700, 403)] {
        let mut rig = rig();
        let conn = rig.accept();
        rig.receive(conn, HANDSHAKE.as_bytes());
        rig.reports.clear();
        rig.command(Command::Refuse { conn, status });
        assert_eq!(rig.take_answer(conn).0, answered);
        assert_eq!(rig.take_reports(), [Report::Closed { conn, code: 1006 }]);
    }
}
