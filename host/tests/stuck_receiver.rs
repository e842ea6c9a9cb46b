//! A member that never reads is closed with 1013, holds nobody up, and costs bounded memory.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod support;

use support::{Server, close_code, exchange_marks, join};
use tungstenite::Message;

#[test]
fn it_is_closed_with_1013_and_the_others_get_everything() {
    let server = Server::start(&[]);
    let mut members = [0; 3].map(|_| join(server.port, "/"));
    exchange_marks(&mut members);
    let [mut sender, mut reader, mut stuck] = members;
    let mut most = 0;
    for number in 0..MESSAGES {
        let message = Message::text(format!("{number:0>65000}"));
        sender.send(message.clone()).unwrap();
        assert_eq!(reader.read().unwrap(), message);
        most = most.max(server.memory());
    }
    assert!(most < 32 << 20, "{} MiB", most >> 20);
    // It reads at last: what the sockets held, then the reason.
    assert_eq!(close_code(&mut stuck), 1013);
}

/// 128 MiB: far more than the queue's bound and what the sockets' buffers hold.
const MESSAGES: usize = 2048;
