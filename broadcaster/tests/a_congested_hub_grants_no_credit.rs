//! A companion that takes nothing more while its members go on talking: the hub stops granting, so that the
//! companion stops reading, and all goes on once the companion takes again.
#![allow(clippy::unwrap_used, reason = "a panic here is a test's failure")]

mod scripted_companion;

use broadcaster::Millis;
use broadcaster::limits::{LINK_QUEUE_BYTES, LINK_WINDOW_BYTES};
use broadcaster::link::{Command, Link, Report};
use broadcaster::sharing::{Output, Sharing};
use scripted_companion::*;

const MESSAGES: usize = 80;
const MESSAGE_BYTES: usize = 300_000;

/// A companion with two members, that grants when it is told to.
struct Companion {
    link: Link<Command, Report>,
    sharing: Sharing,
    grants: bool,
    /// Bytes of carrier messages that reached the hub.
    heard: usize,
    /// Messages the hub sent to the other member.
    sends: usize,
}

impl Companion {
    /// Carries messages both ways until nothing moves.
    fn run(&mut self) {
        while self.speak() | self.listen() {}
    }

    fn speak(&mut self) -> bool {
        if self.grants {
            self.link.grant();
        }
        let Some(text) = self.link.poll_output() else {
            return false;
        };
        self.heard += text.len();
        self.sharing.handle_text(&text, Millis(2_000_000));
        true
    }

    fn listen(&mut self) -> bool {
        let output = self.sharing.poll_output();
        if let Output::Send(text) = &output {
            let commands = self.link.handle_text(text);
            let is_send = |command: &&Command| matches!(command, Command::Send { .. });
            self.sends += commands.iter().filter(is_send).count();
        }
        !matches!(output, Output::Wait(_))
    }
}

#[test]
fn credit_follows_the_queue() {
    let mut browser = Browser::sharing();
    browser.say(asked(1));
    browser.say(asked(2));
    browser.pass(1000);
    let Browser {
        sharing, companion, ..
    } = browser;
    let mut companion = Companion {
        link: companion.unwrap(),
        sharing,
        grants: false,
        heard: 0,
        sends: 0,
    };
    for n in 0..MESSAGES {
        companion
            .link
            .push(&received(1 + n as u32 % 2, &"x".repeat(MESSAGE_BYTES)));
    }
    companion.run();
    assert!(
        companion.link.queued_bytes() > 0,
        "the companion has more to say"
    );
    // What the hub sent on, what it holds back, and what was under way meanwhile.
    let bound = LINK_WINDOW_BYTES + LINK_QUEUE_BYTES + LINK_WINDOW_BYTES;
    assert!(companion.heard < bound, "{} bytes", companion.heard);
    assert!(companion.sends < MESSAGES);

    companion.grants = true;
    companion.run();
    assert_eq!(
        (companion.link.queued_bytes(), companion.sends),
        (0, MESSAGES)
    );
}
