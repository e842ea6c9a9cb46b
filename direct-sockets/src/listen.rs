//! The listening sockets and those for datagrams, and the tasks that serve them.

use crate::driver::Driver;
use crate::engine::Engine;
use broadcaster::link::Failure;
use std::cell::Cell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use tokio::sync::Notify;
use web::log;
use web::sockets::{self, Listener, Refusal};

/// The open port: what ends its tasks.
#[derive(Default)]
pub(crate) struct Port(Option<Rc<End>>);

/// The open sockets for datagrams: what ends their tasks.
#[derive(Default)]
pub(crate) struct Datagrams(HashMap<SocketAddr, Rc<End>>);

/// What tells tasks that they are over, also those that have not begun.
#[derive(Default)]
struct End {
    is_over: Cell<bool>,
    over: Notify,
}

impl End {
    fn tell(&self) {
        self.is_over.set(true);
        self.over.notify_waiters();
    }

    async fn heard(&self) {
        while !self.is_over.get() {
            self.over.notified().await;
        }
    }
}

thread_local! {
    /// Ports of earlier sessions that are being closed: what they had cannot be opened yet.
    static CLOSING: Rc<Closing> = Rc::default();
}

#[derive(Default)]
struct Closing {
    count: Cell<usize>,
    closed: Notify,
}

impl Port {
    /// Closes the listening sockets; connections stay.
    pub(crate) fn close(&mut self) {
        if let Some(end) = self.0.take() {
            end.tell();
        }
    }
}

impl Engine {
    /// Opens the port in place of the one open now; how that went is told to the executor.
    pub(crate) fn listen(&mut self, driver: &Driver, port: u16, bind: Vec<IpAddr>) {
        self.port.close();
        let end = Rc::new(End::default());
        self.port.0 = Some(end.clone());
        driver.spawn(open(driver.clone(), end, port, bind));
    }

    /// Has sockets open on exactly these addresses. STUN is an aid: where a socket cannot be had, because
    /// the person did not allow it or another program has that port, devices do without.
    pub(crate) fn open_datagrams(&mut self, driver: &Driver, wanted: &[SocketAddr]) {
        self.datagrams.0.retain(|address, end| {
            let stays = wanted.contains(address);
            if !stays {
                end.tell();
            }
            stays
        });
        for &address in wanted {
            self.datagrams.0.entry(address).or_insert_with(|| {
                let end = Rc::new(End::default());
                driver.spawn(answer(driver.clone(), end.clone(), address));
                end
            });
        }
    }
}

async fn open(driver: Driver, end: Rc<End>, port: u16, bind: Vec<IpAddr>) {
    until_closed().await;
    let opened = listeners(port, &bind).await;
    let next = match &opened {
        Err(refusal) if !refusal.is_forbidden => next_free(port, &bind).await,
        Ok(_) | Err(_) => None,
    };
    driver.turn(|engine| {
        let now = engine.now();
        // It was to be opened otherwise meanwhile, or not at all.
        if end.is_over.get() {
            if let Ok(listeners) = opened {
                driver.spawn(close(listeners));
            }
            return;
        }
        match opened {
            Ok(listeners) => {
                engine
                    .executor
                    .handle_listening(listeners.first().map_or(port, |one| one.port), now);
                for listener in listeners {
                    driver.spawn(accept(driver.clone(), end.clone(), listener));
                }
            }
            Err(refusal) => {
                let (code, detail) = (failure(&refusal, next), refusal.detail);
                engine
                    .executor
                    .handle_failed(code, detail, false, next, now);
            }
        }
    });
}

/// Chromium does not say why the system refused: where another number can be had, this one is taken.
fn failure(refusal: &Refusal, next: Option<u16>) -> Failure {
    match (refusal.is_forbidden, next) {
        (true, _) => Failure::PortForbidden,
        (false, Some(_)) => Failure::PortInUse,
        (false, None) => Failure::Other,
    }
}

/// Opens the port on each address, on all of this computer's when there are none.
async fn listeners(port: u16, bind: &[IpAddr]) -> Result<Vec<Listener>, Refusal> {
    if bind.is_empty() {
        // One socket for both protocols; IPv4 alone where the system has no IPv6.
        let both = Listener::open(Ipv6Addr::UNSPECIFIED.into(), port).await;
        return match both {
            Err(refusal) if !refusal.is_forbidden => {
                Listener::open(Ipv4Addr::UNSPECIFIED.into(), port).await
            }
            both => both,
        }
        .map(|listener| vec![listener]);
    }
    let mut opened = Vec::new();
    for &ip in bind {
        match Listener::open(ip, port).await {
            Ok(listener) => opened.push(listener),
            Err(refusal) => {
                close(opened).await;
                return Err(refusal);
            }
        }
    }
    Ok(opened)
}

/// The first number above `port` that could be opened just now; tries a few.
async fn next_free(port: u16, bind: &[IpAddr]) -> Option<u16> {
    for next in port.checked_add(1)?..=port.saturating_add(PORTS_TRIED) {
        if let Ok(listeners) = listeners(next, bind).await {
            close(listeners).await;
            return Some(next);
        }
    }
    None
}

async fn close(listeners: Vec<Listener>) {
    for listener in listeners {
        listener.close().await;
    }
}

/// Takes connections until the port is to be closed.
async fn accept(driver: Driver, end: Rc<End>, listener: Listener) {
    let taking = async {
        loop {
            driver.until_accepting().await;
            let Some(connection) = listener.accept().await else {
                return;
            };
            driver.turn(|engine| engine.accept(&driver, connection));
        }
    };
    first(end.heard(), taking).await;
    let closing = CLOSING.with(Rc::clone);
    closing.count.set(closing.count.get() + 1);
    listener.close().await;
    closing.count.set(closing.count.get() - 1);
    closing.closed.notify_waiters();
}

/// Waits until no port is being closed.
async fn until_closed() {
    let closing = CLOSING.with(Rc::clone);
    while closing.count.get() > 0 {
        closing.closed.notified().await;
    }
}

/// Answers datagrams one by one, until the socket is not wanted any more.
async fn answer(driver: Driver, end: Rc<End>, local: SocketAddr) {
    let answering = async {
        let socket = match sockets::Datagrams::open(local).await {
            Ok(socket) => socket,
            Err(error) => return log::warn(&format!("no STUN on one address: {error}")),
        };
        while let Some((remote, datagram)) = socket.next().await {
            let answer = driver.turn(|engine| {
                let now = engine.now();
                engine
                    .executor
                    .handle_datagram(remote, local, &datagram, now)
            });
            if let Some(answer) = answer {
                socket.send(remote, &answer);
            }
        }
    };
    first(end.heard(), answering).await;
}

/// Waits for one of the two; the other one is dropped.
async fn first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    std::future::poll_fn(|cx| {
        let is_over = one.as_mut().poll(cx).is_ready() || other.as_mut().poll(cx).is_ready();
        if is_over {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

/// How many numbers above a taken one are tried.
const PORTS_TRIED: u16 = 32;
