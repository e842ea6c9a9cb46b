//! Both sides of the link: what is not understood is answered shortly and spoils nothing else, what is
//! understood survives being sent again, and no carrier message is over its limit.

use crate::input::{lines, text};
use broadcaster::limits::{LINK_FREE_BYTES, LINK_MESSAGE_BYTES};
use broadcaster::link::{Command, Link, Message, Report};
use std::fmt::Debug;

pub(crate) fn link(data: &[u8]) {
    let (mut hub, mut companion) = (
        Link::<Report, Command>::new(),
        Link::<Command, Report>::new(),
    );
    for (word, rest) in lines(data) {
        match word {
            b'h' => hear(&mut hub, &text(rest)),
            b'c' => hear(&mut companion, &text(rest)),
            b'H' => drain(&mut hub),
            b'C' => drain(&mut companion),
            _ => {}
        }
    }
    drain(&mut hub);
    drain(&mut companion);
    assert!(!hub.is_congested() && !companion.is_congested());
}

fn hear<In, Out>(link: &mut Link<In, Out>, text: &str)
where
    In: Message + PartialEq + Debug,
    Out: Message,
{
    for message in link.handle_text(text) {
        assert_eq!(sent_again::<In, Out>(&message), [message]);
    }
}

/// The message as it comes out of another link.
fn sent_again<In: Message, Out: Message>(message: &In) -> Vec<In> {
    let (mut from, mut to) = (Link::<Out, In>::new(), Link::<In, Out>::new());
    from.push(message);
    let mut heard = Vec::new();
    while let Some(text) = from.poll_output() {
        heard.extend(to.handle_text(&text));
    }
    assert!(to.poll_output().is_none(), "it is understood");
    heard
}

fn drain<In: Message, Out: Message>(link: &mut Link<In, Out>) {
    link.grant();
    let mut bytes = 0;
    while let Some(text) = link.poll_output() {
        assert!(text.len() <= LINK_MESSAGE_BYTES);
        assert!(
            serde_json::from_str::<Vec<serde_json::Value>>(&text).is_ok(),
            "{text}"
        );
        bytes += text.len();
    }
    // Only answers wait here, and a grant; the last one in may pass the bound.
    assert!(bytes <= LINK_FREE_BYTES + 8192, "{bytes}");
}
