//! A thousand members are nothing special.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use support::{Server, join};
use tungstenite::Message;

#[test]
fn a_thousand_idle_members_take_less_than_30_mib() {
    lan_broadcaster_host::open_files::raise_limit();
    let server = Server::start(&[]);
    let mut members: Vec<_> = (0..1000).map(|_| join(server.port, "/")).collect();
    // The last one's message reaches the first, so the hub has seen all of them.
    members[999].send(Message::text("here")).unwrap();
    for member in &mut members[..999] {
        assert_eq!(member.read().unwrap(), Message::text("here"));
    }
    let memory = server.memory();
    assert!(memory < 30 << 20, "{} MiB", memory >> 20);
}
