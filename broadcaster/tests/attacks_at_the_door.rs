//! Attack classes with a name, against executor and hub together: DNS rebinding, cross-site WebSockets,
//! far-away senders, amplification. docs/security.md lists them with the tests of the other classes.

mod support;

use broadcaster::hub::{Config, Hub, Mode, Output};
use broadcaster::limits::Limits;
use broadcaster::link::Command;
use std::net::SocketAddr;
use support::{PORT, Rig, SocketState, listen};

/// An executor and an open hub, joined without a link.
struct Door {
    rig: Rig,
    hub: Hub,
}

impl Door {
    fn new() -> Self {
        let config = Config {
            mode: Mode::Open,
            ..Config::default()
        };
        let mut rig = Rig::new(Limits::default());
        rig.command(Command::Site {
            path: "/".into(),
            content_type: "text/html".into(),
            etag: "1".into(),
            body: "content".into(),
        });
        rig.command(listen(Limits::default()));
        let hub = Hub::new(config).expect("open mode is built");
        let mut door = Self { rig, hub };
        door.settle();
        door
    }

    /// The status that a request is answered with, sent by a neighbour to `local`.
    fn status(&mut self, local: &str, request: &str) -> u16 {
        let remote = "192.168.1.23:50000".parse().expect("an address");
        let local = local.parse().expect("an address");
        let now = self.rig.now;
        let conn = self.rig.executor.handle_accepted(remote, local, now);
        let conn = conn.expect("accepted");
        self.rig.sockets.insert(conn, support::Socket::default());
        self.rig.receive(conn, request.as_bytes());
        self.settle();
        let (status, ..) = self.rig.take_answer(conn);
        self.rig.end(conn);
        self.settle();
        assert_eq!(self.rig.state(conn), SocketState::Dropped);
        status
    }

    fn settle(&mut self) {
        for report in self.rig.take_reports() {
            self.hub.handle_report(report, self.rig.now);
        }
        loop {
            match self.hub.poll_output() {
                Output::Command(command) => self.rig.command(command),
                Output::Deliver { .. } | Output::Event(_) => {}
                Output::Wait(_) => return,
            }
        }
    }
}

fn get(path: &str, host: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

fn upgrade(host: &str, origin: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

const HERE: &str = "192.168.1.5:9999";

#[test]
fn a_name_that_was_rebound_to_us_gets_nothing() {
    let mut door = Door::new();
    assert_eq!(door.status(HERE, &get("/", HERE)), 200);
    for host in [
        "evil.example:9999",
        "192.168.1.5.evil.example:9999",
        "127.attacker.example:9999",
        "localhost.evil.example:9999",
        "localhost:9999", // over the LAN nobody calls us so
        "192.168.1.5:80",
        "192.168.1.5",
        "0.0.0.0:9999",
        "evil.example:9999.",
    ] {
        // Pages, the one file that any page may read, and upgrades alike: also those that say the same
        // name twice, by which an origin derived from `Host` is misled.
        let host_name = host.strip_suffix('.').unwrap_or(host);
        for request in [
            get("/", host),
            get("/health", host),
            upgrade(host, &format!("http://{host_name}")),
            upgrade(host, "http://192.168.1.5:9999"),
        ] {
            let status = door.status(HERE, &request);
            assert!(status == 421 || status == 400, "{status} for {request}");
        }
    }
}

#[test]
fn a_target_that_contradicts_its_host_gets_nothing() {
    let mut door = Door::new();
    for target in ["http://evil.example:9999/", "http://192.168.1.6:9999/"] {
        assert_eq!(door.status(HERE, &get(target, HERE)), 400, "{target}");
    }
    assert_eq!(
        door.status(HERE, &get("http://192.168.1.5:9999/", HERE)),
        200
    );
}

#[test]
fn a_page_from_elsewhere_opens_no_socket() {
    let mut door = Door::new();
    for (origin, status) in [
        ("http://192.168.1.5:9999", 101),
        ("HTTP://192.168.1.5:9999", 101),
        ("http://[::ffff:192.168.1.5]:9999", 101),
        ("http://192.168.1.77", 101), // a page of a neighbour, in open mode
        ("null", 403),
        ("http://evil.example", 403),
        ("http://192.168.1.5.evil.example:9999", 403),
        ("http://127.attacker.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://192.168.1.5.:9999", 403),
        ("http://8.8.8.8", 403),
        ("http://3232235781:9999", 403), // 192.168.1.5 as one number
        ("http://0xc0.0xa8.1.5:9999", 403),
        ("http://192.168.1.5:9999/", 403),
        ("http://192.168.1.5:9999@evil.example", 403),
        ("http://evil.example#192.168.1.5", 403),
        ("ftp://192.168.1.5:9999", 403),
        ("file://", 403),
        ("chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 403),
        ("", 403),
    ] {
        assert_eq!(
            door.status(HERE, &upgrade(HERE, origin)),
            status,
            "{origin}"
        );
    }
}

#[test]
fn two_origins_are_none() {
    let mut door = Door::new();
    let ours = "http://192.168.1.5:9999";
    let twice = upgrade(HERE, &format!("{ours}\r\nOrigin: http://evil.example"));
    assert_eq!(door.status(HERE, &twice), 400);
    for origin in [
        format!("{ours} http://evil.example"),
        format!("{ours},http://evil.example"),
    ] {
        assert_eq!(door.status(HERE, &upgrade(HERE, &origin)), 403, "{origin}");
    }
}

#[test]
fn a_prefix_that_is_allowed_is_allowed_and_its_neighbour_is_not() {
    let mut rig = Rig::new(Limits::default());
    let allow = ["2001:db8:7::/48", "198.51.100.0/25"].map(|net| net.parse().expect("a prefix"));
    rig.command(Command::Listen {
        port: PORT,
        bind: Vec::new(),
        limits: Limits::default(),
        hosts: Vec::new(),
        allow: allow.into(),
        stun: true,
    });
    for (remote, is_allowed) in [
        ("[2001:db8:7::1]:1", true),
        ("[2001:db8:7:ffff:ffff:ffff:ffff:ffff]:1", true),
        ("[2001:db8:8::1]:1", false),
        ("[2001:db8:6:ffff:ffff:ffff:ffff:ffff]:1", false),
        ("198.51.100.127:1", true),
        ("[::ffff:198.51.100.127]:1", true),
        ("198.51.100.128:1", false),
    ] {
        // TCP and UDP by the same rule.
        assert_eq!(rig.accept_from(remote).is_some(), is_allowed, "{remote}");
        let answer = datagram(&mut rig, remote, &binding_request());
        assert_eq!(answer.is_some(), is_allowed, "{remote}");
    }
}

#[test]
fn stun_is_no_amplifier() {
    let mut rig = Rig::new(Limits::default());
    let Command::Listen {
        port,
        bind,
        limits,
        hosts,
        allow,
        ..
    } = listen(Limits::default())
    else {
        panic!("it listens")
    };
    let stun = true;
    rig.command(Command::Listen {
        port,
        bind,
        limits,
        hosts,
        allow,
        stun,
    });
    let request = binding_request();
    for (remote, most) in [("192.168.1.23:53", 32), ("[fd77::23]:53", 44)] {
        let answer = datagram(&mut rig, remote, &request).expect("an answer");
        assert_eq!(answer.len(), most, "against {} asked", request.len());
        // Sent to another responder, or back to us, it meets silence: no two servers talk for ever.
        assert_eq!(datagram(&mut rig, remote, &answer), None);
    }
    // Who was never here is not written to, whoever says to be it.
    for forged in [
        "8.8.8.8:53",
        "224.0.0.251:5353",
        "255.255.255.255:9999",
        "[ff02::1]:9999",
    ] {
        assert_eq!(datagram(&mut rig, forged, &request), None, "{forged}");
    }
    // A victim on the LAN gets no more than twenty answers a second.
    let answered = (0..1000).filter(|_| datagram(&mut rig, "192.168.1.66:53", &request).is_some());
    assert_eq!(answered.count(), 20);
}

fn datagram(rig: &mut Rig, remote: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let [remote, local] = [remote, HERE].map(|text| text.parse::<SocketAddr>().expect("one"));
    rig.executor.handle_datagram(remote, local, bytes, rig.now)
}

fn binding_request() -> Vec<u8> {
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    request.extend([7; 12]);
    request
}
