//! For tests: a server that has its replies written down, and keeps what it was asked.

use crate::Millis;
use crate::http::{Http, Request, Response};
use jio::endpoint::Failure;
use jio::storage::Answer;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Replies in turn; the line fails where there are none left.
pub(crate) struct Scripted {
    replies: RefCell<VecDeque<Response>>,
    asked: RefCell<Vec<Request>>,
    pub(crate) now: Cell<Millis>,
}

impl Scripted {
    pub(crate) fn new(replies: impl IntoIterator<Item = Response>) -> Rc<Self> {
        Rc::new(Self {
            replies: RefCell::new(replies.into_iter().collect()),
            asked: RefCell::default(),
            now: Cell::default(),
        })
    }

    /// Method and address of each request since the last time.
    pub(crate) fn lines(&self) -> Vec<String> {
        let asked = self.asked.borrow_mut().drain(..).collect::<Vec<_>>();
        let line = |request: Request| format!("{} {}", request.method, request.url);
        asked.into_iter().map(line).collect()
    }

    /// The requests since the last time.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.borrow_mut().drain(..).collect()
    }
}

impl Http for Scripted {
    fn send(&self, request: Request) -> Answer<'_, Response> {
        self.asked.borrow_mut().push(request);
        let reply = self.replies.borrow_mut().pop_front();
        Box::pin(async { reply.ok_or_else(|| Failure::new(503, "the line is cut")) })
    }

    fn now(&self) -> Millis {
        self.now.get()
    }
}

/// A reply of JSON.
pub(crate) fn reply(status: u16, body: Value) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

/// What a future comes to that never waits, as all do over such a server.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}
