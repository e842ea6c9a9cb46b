//! A model of everything around a replication, that can be cut and killed anywhere: computers with a storage
//! and a journal each, one server of either flavour, and lines between them. What is done is read from bytes.

mod attached;
mod carried;
mod files;
mod server;
mod store;
mod world;

pub(crate) use files::Files;
pub(crate) use server::{Cut, Flavour, Line, Server};
pub(crate) use store::{MemoryJournal, MemoryStore};
pub(crate) use world::{Master, World};

use jio::{Document, Id, Name};
use remote::Millis;
use remote::replication::Moment;
use serde_json::json;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A point at which whoever waits may be given up.
pub(crate) async fn pause() {
    let mut is_first = true;
    poll_fn(|_| {
        if std::mem::take(&mut is_first) {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// Polls a future so often at most; `None` where it was not ready by then, and is given up.
pub(crate) fn poll<T>(future: impl Future<Output = T>, most: usize) -> Option<T> {
    let mut future: Pin<Box<dyn Future<Output = T>>> = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..most).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

/// Polls a future once.
pub(crate) fn poll_once<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Polls a future to its end.
pub(crate) fn finish<T>(future: impl Future<Output = T>) -> T {
    poll(future, 1_000_000).expect("everything ends")
}

/// Polls two futures in turn to their ends.
pub(crate) fn finish_both<A, B>(
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> (A, B) {
    let mut one: Pin<Box<dyn Future<Output = A>>> = Box::pin(one);
    let mut other: Pin<Box<dyn Future<Output = B>>> = Box::pin(other);
    let (mut first, mut second) = (None, None);
    let both = poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(value) = one.as_mut().poll(context)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = other.as_mut().poll(context)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    });
    finish(both)
}

pub(crate) fn id(text: &str) -> Id {
    Id::new(text).expect("a test's id is one")
}

pub(crate) fn moment(now: u64) -> Moment {
    Moment {
        now: Millis(now),
        offset_minutes: 0,
        random: 0,
    }
}

/// A content that is nowhere else.
pub(crate) type Token = u64;

pub(crate) fn document(token: Token) -> Document {
    jio::document(json!({ "token": token })).expect("an object")
}

/// The bytes of an attachment that are nowhere else; some of them need several parts.
pub(crate) fn bytes(token: Token) -> Vec<u8> {
    let text = format!("{token}-");
    text.repeat(1 + token as usize % 20).into_bytes()
}

pub(crate) fn bytes_token(bytes: &[u8]) -> Option<Token> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.split('-').next()?.parse().ok()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).expect("a test's name is one")
}

/// A content that the server refuses.
pub(crate) fn refused(token: Token) -> Document {
    jio::document(json!({ "token": token, "refuse": true })).expect("an object")
}

pub(crate) fn token(document: &Document) -> Token {
    document["token"]
        .as_u64()
        .expect("every document of the model has one")
}
