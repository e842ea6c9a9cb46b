//! A member that never reads is closed with 1013, holds nobody up, and costs bounded memory.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use support::{Server, close_code, hear, join, join_as};
use tungstenite::Message;

#[test]
fn it_is_closed_with_1013_and_the_others_get_everything() {
    let server = Server::start(&[]);
    let mut reader = join_as(server.port, "/", Some("lan-broadcaster.1"));
    assert_eq!(hear(&mut reader)["kind"], "welcome");
    let [mut sender, mut stuck] = [0; 2].map(|_| {
        let member = join(server.port, "/");
        assert_eq!(hear(&mut reader)["kind"], "joined");
        member
    });
    let mut most = 0;
    let mut is_closed = false;
    for number in 0..MESSAGES {
        let text = format!("{number:0>65000}");
        sender.send(Message::text(text.clone())).unwrap();
        let mut heard = hear(&mut reader);
        if heard["kind"] == "left" {
            // It reads at last: what the sockets held, then the reason.
            assert_eq!(close_code(&mut stuck), 1013);
            is_closed = true;
            heard = hear(&mut reader);
        }
        assert_eq!(heard["data"], text);
        most = most.max(server.memory());
    }
    assert!(is_closed);
    assert!(most < 32 << 20, "{} MiB", most >> 20);
}

/// 64 MiB: far more than the queue's bound and what the sockets' buffers hold.
const MESSAGES: usize = 1024;
