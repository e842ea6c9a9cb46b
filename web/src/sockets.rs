//! Direct Sockets of an Isolated Web App (<https://wicg.github.io/direct-sockets/>): an open port, its
//! connections, datagrams. web-sys does not know them; they are made of streams, which it knows.

use crate::Error;
use crate::stream::Incoming;
use js_sys::{Promise, Uint8Array};
use std::net::{IpAddr, SocketAddr};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, ReadableStream, WritableStream, WritableStreamDefaultWriter};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = js_sys::Object, js_name = Object)]
    type Options;
    #[wasm_bindgen(constructor, js_class = Object)]
    fn new() -> Options;
    #[wasm_bindgen(method, setter, js_name = localAddress)]
    fn set_local_address(this: &Options, address: &str);
    #[wasm_bindgen(method, setter, js_name = localPort)]
    fn set_local_port(this: &Options, port: u16);
    #[wasm_bindgen(method, setter, js_name = data)]
    fn set_data(this: &Options, data: &Uint8Array);
    #[wasm_bindgen(method, setter, js_name = remoteAddress)]
    fn set_remote_address(this: &Options, address: &str);
    #[wasm_bindgen(method, setter, js_name = remotePort)]
    fn set_remote_port(this: &Options, port: u16);

    #[wasm_bindgen(js_name = TCPServerSocket)]
    type RawServer;
    #[wasm_bindgen(catch, constructor, js_class = TCPServerSocket)]
    fn new(address: &str, options: &Options) -> Result<RawServer, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn opened(this: &RawServer) -> Promise;
    #[wasm_bindgen(method)]
    fn close(this: &RawServer) -> Promise;

    #[wasm_bindgen(js_name = TCPSocket)]
    type RawSocket;
    #[wasm_bindgen(method, getter)]
    fn opened(this: &RawSocket) -> Promise;

    #[wasm_bindgen(js_name = UDPSocket)]
    type RawDatagrams;
    #[wasm_bindgen(catch, constructor, js_class = UDPSocket)]
    fn new(options: &Options) -> Result<RawDatagrams, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn opened(this: &RawDatagrams) -> Promise;

    /// What `opened` resolves with, of all three, and a datagram, which has some of it.
    type Opened;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &Opened) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &Opened) -> WritableStream;
    #[wasm_bindgen(method, getter, js_name = localAddress)]
    fn local_address(this: &Opened) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = localPort)]
    fn local_port(this: &Opened) -> Option<u16>;
    #[wasm_bindgen(method, getter, js_name = remoteAddress)]
    fn remote_address(this: &Opened) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = remotePort)]
    fn remote_port(this: &Opened) -> Option<u16>;
    #[wasm_bindgen(method, getter)]
    fn data(this: &Opened) -> Uint8Array;
}

/// Why a port is not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The browser does not let this page open it; else the system refused, and does not say why.
    pub is_forbidden: bool,
    /// The browser's words.
    pub detail: String,
}

/// An open port.
pub struct Listener {
    raw: RawServer,
    accepted: Incoming,
    /// The number that was opened.
    pub port: u16,
}

/// A connection: both of its ends, and whose they are.
pub struct Connection {
    /// Who connected.
    pub remote: SocketAddr,
    /// To which address of this computer. Chromium 156 does not say.
    pub local: Option<SocketAddr>,
    /// What it sends.
    pub receiving: Receiving,
    /// Where it is sent to.
    pub sending: Sending,
}

/// The receiving half of a connection; dropping it ends reading.
pub struct Receiving(Incoming);

/// The sending half of a connection; dropping it resets the connection, unless it was finished.
pub struct Sending(WritableStreamDefaultWriter);

/// Bytes to be sent, as the browser has them. A clone is the same chunk, and any number of connections may
/// send it: a stream copies it.
#[derive(Clone)]
pub struct Chunk(Uint8Array);

/// A socket for datagrams; dropping it closes it.
pub struct Datagrams {
    incoming: Incoming,
    outgoing: WritableStreamDefaultWriter,
}

impl Listener {
    /// Opens a port on this address.
    ///
    /// # Errors
    /// It is taken, not this computer's, or not for this page.
    pub async fn open(address: IpAddr, port: u16) -> Result<Self, Refusal> {
        let options = Options::new();
        options.set_local_port(port);
        let raw = RawServer::new(&address.to_string(), &options).map_err(|why| refusal(&why))?;
        let opened = opened(raw.opened()).await.map_err(|why| refusal(&why))?;
        Ok(Self {
            accepted: Incoming::of(&opened.readable()),
            port: opened.local_port().unwrap_or(port),
            raw,
        })
    }

    /// The next connection; `None` when the port is closed. One that ended before it could be looked at is
    /// passed over.
    pub async fn accept(&self) -> Option<Connection> {
        loop {
            let socket = self.accepted.next().await.ok().flatten()?;
            let socket: RawSocket = socket.unchecked_into();
            if let Ok(opened) = opened(socket.opened()).await
                && let Some(connection) = Connection::of(&opened)
            {
                return Some(connection);
            }
        }
    }

    /// Closes the port; resolves when it can be opened again.
    pub async fn close(self) {
        // A server that is being accepted from does not close: its stream is ended first.
        self.accepted.end().await;
        // It refuses only where it is closed.
        let _ = JsFuture::from(self.raw.close()).await;
    }
}

impl Connection {
    fn of(opened: &Opened) -> Option<Self> {
        Some(Self {
            remote: address(opened.remote_address(), opened.remote_port())?,
            local: address(opened.local_address(), opened.local_port()),
            receiving: Receiving(Incoming::of(&opened.readable())),
            sending: Sending(opened.writable().get_writer().ok()?),
        })
    }
}

impl Receiving {
    /// What came next; `None` at the end of what is sent, and when the connection broke.
    pub async fn next(&self) -> Option<Vec<u8>> {
        let chunk = self.0.next().await.ok().flatten()?;
        Some(chunk.unchecked_into::<Uint8Array>().to_vec())
    }

    /// Ends reading, also for who waits for what comes next.
    pub fn end(&self) {
        self.0.give_up();
    }
}

impl Sending {
    /// Sends bytes: the stream has them when this returns. Resolves when there is room for more.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn send(&self, chunk: &Chunk) -> impl Future<Output = Result<(), Error>> + use<> {
        let sent = JsFuture::from(self.0.write_with_chunk(&chunk.0));
        async { sent.await.map(drop).map_err(Error::doing("sending")) }
    }

    /// Ends what is sent; the other half stays open.
    pub fn finish(&self) {
        // It fails only where the connection is broken already.
        crate::task::spawn_quiet(JsFuture::from(self.0.close()));
    }
}

#[allow(clippy::len_without_is_empty, reason = "nobody sends nothing")]
impl Chunk {
    /// Hands bytes to the browser.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Uint8Array::from(bytes))
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.length() as usize
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        crate::task::spawn_quiet(JsFuture::from(self.0.abort()));
    }
}

impl Datagrams {
    /// Opens a socket on this address and port. The browser may ask the person first.
    ///
    /// # Errors
    /// It cannot be had.
    pub async fn open(local: SocketAddr) -> Result<Self, Error> {
        let doing = || Error::doing("opening a socket for datagrams");
        let options = Options::new();
        options.set_local_address(&local.ip().to_string());
        options.set_local_port(local.port());
        let raw = RawDatagrams::new(&options).map_err(doing())?;
        let opened = opened(raw.opened()).await.map_err(doing())?;
        Ok(Self {
            incoming: Incoming::of(&opened.readable()),
            outgoing: opened.writable().get_writer().map_err(doing())?,
        })
    }

    /// The next datagram; `None` when the socket is closed.
    pub async fn next(&self) -> Option<(SocketAddr, Vec<u8>)> {
        loop {
            let datagram = self.incoming.next().await.ok().flatten()?;
            let datagram: Opened = datagram.unchecked_into();
            if let Some(remote) = address(datagram.remote_address(), datagram.remote_port()) {
                return Some((remote, datagram.data().to_vec()));
            }
        }
    }

    /// Sends a datagram, or loses it, as datagrams may be.
    pub fn send(&self, remote: SocketAddr, bytes: &[u8]) {
        let datagram = Options::new();
        datagram.set_data(&Uint8Array::from(bytes));
        datagram.set_remote_address(&remote.ip().to_string());
        datagram.set_remote_port(remote.port());
        crate::task::spawn_quiet(JsFuture::from(self.outgoing.write_with_chunk(&datagram)));
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        crate::task::spawn_quiet(JsFuture::from(self.outgoing.abort()));
    }
}

async fn opened(promise: Promise) -> Result<Opened, JsValue> {
    JsFuture::from(promise)
        .await
        .map(JsCast::unchecked_into::<Opened>)
}

/// An IPv4 address that came to an IPv6 socket is given as what it is.
fn address(ip: Option<String>, port: Option<u16>) -> Option<SocketAddr> {
    let ip: IpAddr = ip?.parse().ok()?;
    Some(SocketAddr::new(ip.to_canonical(), port?))
}

fn refusal(why: &JsValue) -> Refusal {
    let exception = why.dyn_ref::<DomException>();
    Refusal {
        is_forbidden: exception.is_some_and(|exception| exception.name() == FORBIDDEN),
        detail: exception.map_or_else(|| format!("{why:?}"), DomException::message),
    }
}

/// The name of what Chromium throws for a port below 32768.
const FORBIDDEN: &str = "InvalidAccessError";
