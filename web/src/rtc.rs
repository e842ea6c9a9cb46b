//! Peer connections and data channels (webrtc-pc §4.4, §6.2). Descriptions and candidates are JSON
//! text on this side, as signalling carries them.

use crate::{Error, json};
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MessageEvent, RtcCertificate, RtcConfiguration, RtcDataChannel, RtcDataChannelEvent,
    RtcDataChannelInit, RtcDataChannelState, RtcDataChannelType, RtcIceCandidate,
    RtcIceCandidateInit, RtcIceServer, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcPeerConnectionState, RtcSessionDescriptionInit,
};

/// What a peer connection says.
pub enum PeerHeard {
    /// A candidate of this side, as the JSON text of an `RTCIceCandidateInit`; empty after the last.
    Candidate(String),
    /// The connection's state changed.
    State(PeerState),
    /// The other side opened a channel.
    Channel(Incoming),
}

/// The part of `connectionState` that calls for action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerState {
    /// On the way.
    Connecting,
    /// A pair of candidates carries data.
    Connected,
    /// Lost for now; may come back by itself.
    Disconnected,
    /// Lost, or never found.
    Failed,
    /// Closed on this side.
    Closed,
}

/// A certificate that is known before its connection.
#[derive(Debug, Clone)]
pub struct Certificate(RtcCertificate);

impl Certificate {
    /// Makes one, of the kind that connections have of themselves.
    ///
    /// # Errors
    /// The browser makes none.
    pub async fn generate() -> Result<Self, Error> {
        let kind = Object::new();
        for (name, value) in [("name", "ECDSA"), ("namedCurve", "P-256")] {
            Reflect::set(&kind, &name.into(), &value.into())
                .map_err(Error::doing("making a certificate"))?;
        }
        let made = RtcPeerConnection::generate_certificate_with_object(&kind);
        let made: Promise = made.map_err(Error::doing("making a certificate"))?;
        let made = JsFuture::from(made).await;
        let made = made.map_err(Error::doing("making a certificate"))?;
        Ok(Self(made.unchecked_into()))
    }

    /// A description in which its fingerprint stands. Not every browser tells it otherwise; the connection it is
    /// made with is never used.
    ///
    /// # Errors
    /// The browser makes no connection.
    pub async fn describe(&self) -> Result<String, Error> {
        let peer = Peer::certified(&[], Some(self), |_| {})?;
        let stopgap = peer.open_stopgap();
        let offer = JsFuture::from(peer.raw.create_offer()).await;
        drop(stopgap);
        json::stringify(&offer.map_err(Error::doing("describing a certificate"))?)
    }
}

/// A peer connection; dropping it closes it. Chromium frees a closed one at garbage collection only,
/// and allows 500 in a renderer, so keep no other reference to it.
#[must_use = "a connection that is dropped closes"]
pub struct Peer {
    raw: RtcPeerConnection,
    end: Rc<End>,
    _listeners: [EventListener; 3],
}

/// A channel opened by the other side, to be listened to at once.
pub struct Incoming(RtcDataChannel);

impl Incoming {
    /// The channel's subprotocol; empty where none was given.
    pub fn protocol(&self) -> String {
        // web-sys does not know this member.
        let protocol = Reflect::get(&self.0, &"protocol".into());
        protocol
            .ok()
            .and_then(|name| name.as_string())
            .unwrap_or_default()
    }
}

/// Makes the browser collect what nobody refers to any more, connections that were closed among it. There is no call for
/// that; memory pressure is what works (Chromium 156).
pub fn collect() {
    for _ in 0..COLLECTING_BLOCKS {
        drop(Uint8Array::new_with_length(COLLECTING_BYTES));
    }
}

const COLLECTING_BLOCKS: u32 = 40;
const COLLECTING_BYTES: u32 = 8 << 20;

/// A channel that the other side does not know, for a connection to have something to offer while its real
/// channel has no name yet: with one more channel nothing is negotiated anew (RFC 8831 §6.1). Dropping it
/// closes it; do so before the connection is there, and nothing of it reaches the other side.
#[must_use = "what is offered without a channel is nothing"]
pub struct Stopgap(RtcDataChannel);

impl Drop for Stopgap {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The last stream that Chromium has, which a connection with one channel never needs.
const STOPGAP_ID: u16 = 1023;

impl Peer {
    /// Makes a connection that asks these STUN servers, given as `stun:HOST:PORT`.
    ///
    /// # Errors
    /// The browser has too many of them (`UnknownError`), or a server's URL is wrong.
    pub fn new(servers: &[String], on: impl FnMut(PeerHeard) + 'static) -> Result<Self, Error> {
        Self::certified(servers, None, on)
    }

    /// The same with a certificate that was made before.
    ///
    /// # Errors
    /// As those of [`Peer::new`].
    pub fn certified(
        servers: &[String],
        certificate: Option<&Certificate>,
        on: impl FnMut(PeerHeard) + 'static,
    ) -> Result<Self, Error> {
        let configuration = configuration(servers);
        if let Some(Certificate(certificate)) = certificate {
            configuration.set_certificates(&Array::of1(certificate));
        }
        let raw = RtcPeerConnection::new_with_configuration(&configuration)
            .map_err(Error::doing("making a peer connection"))?;
        let on = Rc::new(RefCell::new(on));
        let listeners = [
            Self::listen(&raw, "icecandidate", &on, |event| {
                let event: &RtcPeerConnectionIceEvent = event.unchecked_ref();
                PeerHeard::Candidate(candidate_text(event.candidate()))
            }),
            Self::listen(&raw, "connectionstatechange", &on, |event| {
                let peer = event
                    .target()
                    .map(JsCast::unchecked_into::<RtcPeerConnection>);
                PeerHeard::State(peer.map_or(PeerState::Closed, |peer| state(&peer)))
            }),
            Self::listen(&raw, "datachannel", &on, |event| {
                let event: &RtcDataChannelEvent = event.unchecked_ref();
                PeerHeard::Channel(Incoming(event.channel()))
            }),
        ];
        Ok(Self {
            raw,
            end: Rc::default(),
            _listeners: listeners,
        })
    }

    fn listen(
        raw: &RtcPeerConnection,
        name: &'static str,
        on: &Rc<RefCell<impl FnMut(PeerHeard) + 'static>>,
        read: impl Fn(&web_sys::Event) -> PeerHeard + 'static,
    ) -> EventListener {
        let on = on.clone();
        EventListener::new(raw, name, move |event| (on.borrow_mut())(read(event)))
    }

    /// Opens what stands in for a channel until [`Peer::open`].
    pub fn open_stopgap(&self) -> Stopgap {
        let init = RtcDataChannelInit::new();
        init.set_negotiated(true);
        init.set_id(STOPGAP_ID);
        Stopgap(
            self.raw
                .create_data_channel_with_data_channel_dict("", &init),
        )
    }

    /// Opens an ordered channel. Do so before [`Peer::describe`], or nothing is negotiated.
    pub fn open(
        &self,
        label: &str,
        protocol: &str,
        on: impl FnMut(ChannelHeard) + 'static,
    ) -> Channel {
        let init = RtcDataChannelInit::new();
        init.set_ordered(true);
        init.set_protocol(protocol);
        let raw = self
            .raw
            .create_data_channel_with_data_channel_dict(label, &init);
        Channel::new(raw, on)
    }

    /// Makes this side's next description, an offer or an answer as the state asks for, and sets it:
    /// the JSON text of `{type, sdp}` (JSEP, RFC 8829 §5.2, §5.3). Begins at once, or as soon as the browser
    /// has done what it was asked before (webrtc-pc §4.4.1.2).
    ///
    /// # Errors
    /// The connection is closed, or its state asks for no description.
    pub fn describe(&self) -> impl Future<Output = Result<String, Error>> + use<> {
        let raw = self.raw.clone();
        // Without an argument the browser makes what the state asks for (webrtc-pc §4.4.2);
        // web-sys knows only the form with one.
        let set = JsFuture::from(raw.set_local_description(JsValue::UNDEFINED.unchecked_ref()));
        let end = self.end.clone();
        async move {
            let set = end.or(set).await;
            set.map_err(Error::doing("making a description"))?;
            description_text(&raw)
        }
    }

    /// This side's description as it is by now, with the candidates told so far, as [`Peer::describe`] has it.
    ///
    /// # Errors
    /// There is none.
    pub fn description(&self) -> Result<String, Error> {
        description_text(&self.raw)
    }

    /// Sets the other side's description. Begins at once.
    ///
    /// # Errors
    /// It is no description, or not one that this state can take.
    pub fn set_remote(&self, description: &str) -> impl Future<Output = Result<(), Error>> + use<> {
        let init =
            json::parse(description).map(JsCast::unchecked_into::<RtcSessionDescriptionInit>);
        let set = init.map(|init| JsFuture::from(self.raw.set_remote_description(&init)));
        let end = self.end.clone();
        async move {
            let set = end.or(set?).await;
            set.map_err(Error::doing("taking the other side's description"))?;
            Ok(())
        }
    }

    /// Adds a candidate of the other side.
    ///
    /// # Errors
    /// It is no candidate, or there is no description of the other side yet.
    pub fn add_candidate(
        &self,
        candidate: &str,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let (raw, end) = (self.raw.clone(), self.end.clone());
        let init = json::parse(candidate).map(JsCast::unchecked_into::<RtcIceCandidateInit>);
        async move {
            let add = raw.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init?));
            let added = end.or(JsFuture::from(add)).await;
            added.map_err(Error::doing("adding a candidate"))?;
            Ok(())
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.raw.close();
        self.end.tell();
    }
}

/// The end of a connection. The browser settles no promise of one that is closed (webrtc-pc §4.4.1.2, *chain*), and
/// who waited for it would hold the connection for ever.
#[derive(Default)]
struct End {
    is_over: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl End {
    fn tell(&self) {
        self.is_over.set(true);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }

    /// What a promise comes to, or that the connection has ended.
    async fn or(self: Rc<Self>, mut promise: JsFuture) -> Result<JsValue, JsValue> {
        poll_fn(|cx| {
            if self.is_over.get() {
                return Poll::Ready(Err("the connection was closed".into()));
            }
            let outcome = Pin::new(&mut promise).poll(cx);
            if outcome.is_pending() {
                self.waiting.borrow_mut().push(cx.waker().clone());
            }
            outcome
        })
        .await
    }
}

fn configuration(servers: &[String]) -> RtcConfiguration {
    let list = Array::new();
    for url in servers {
        let server = RtcIceServer::new();
        server.set_urls(&JsValue::from_str(url));
        list.push(&server);
    }
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&list);
    configuration
}

fn candidate_text(candidate: Option<RtcIceCandidate>) -> String {
    let candidate = candidate.filter(|candidate| !candidate.candidate().is_empty());
    // RTCIceCandidate has toJSON, which stringify obeys (webrtc-pc §4.8.1).
    candidate
        .and_then(|candidate| json::stringify(&candidate).ok())
        .unwrap_or_default()
}

fn description_text(raw: &RtcPeerConnection) -> Result<String, Error> {
    let description = raw
        .local_description()
        .ok_or_else(|| Error::new("reading the description", "there is none yet"))?;
    json::stringify(&description)
}

fn state(raw: &RtcPeerConnection) -> PeerState {
    match raw.connection_state() {
        RtcPeerConnectionState::Connected => PeerState::Connected,
        RtcPeerConnectionState::Disconnected => PeerState::Disconnected,
        RtcPeerConnectionState::Failed => PeerState::Failed,
        RtcPeerConnectionState::Closed => PeerState::Closed,
        // The enum of web-sys grows with the specification.
        RtcPeerConnectionState::New | RtcPeerConnectionState::Connecting | _ => {
            PeerState::Connecting
        }
    }
}

/// What a channel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelHeard {
    /// It may be used.
    Opened,
    /// A text message.
    Text(String),
    /// A binary message.
    Bytes(Vec<u8>),
    /// What was buffered has drained below [`Channel::LOW`].
    Drained,
    /// It is gone.
    Closed,
}

/// A data channel; dropping it closes it.
#[must_use = "a channel that is dropped closes"]
pub struct Channel {
    raw: RtcDataChannel,
    _listeners: [EventListener; 5],
}

impl Channel {
    /// Bytes buffered below which [`ChannelHeard::Drained`] is heard.
    pub const LOW: u32 = 256 * 1024;
    /// Bytes buffered from which on one should wait for [`ChannelHeard::Drained`].
    pub const HIGH: u32 = 1024 * 1024;

    /// Listens to a channel that the other side opened. If it is open already, `Opened` is heard next.
    pub fn accept(incoming: Incoming, on: impl FnMut(ChannelHeard) + 'static) -> Self {
        Self::new(incoming.0, on)
    }

    fn new(raw: RtcDataChannel, on: impl FnMut(ChannelHeard) + 'static) -> Self {
        raw.set_binary_type(RtcDataChannelType::Arraybuffer);
        raw.set_buffered_amount_low_threshold(Self::LOW);
        let on = Rc::new(RefCell::new(Ordered { on, opened: false }));
        let listen = |name: &'static str, read: fn(&web_sys::Event) -> ChannelHeard| {
            let on = on.clone();
            EventListener::new(&raw, name, move |event| on.borrow_mut().say(read(event)))
        };
        let listeners = [
            listen("open", |_| ChannelHeard::Opened),
            listen("message", |event| payload(event.unchecked_ref())),
            listen("bufferedamountlow", |_| ChannelHeard::Drained),
            listen("close", |_| ChannelHeard::Closed),
            listen("error", |_| ChannelHeard::Closed),
        ];
        if raw.ready_state() == RtcDataChannelState::Open {
            on.borrow_mut().say(ChannelHeard::Opened);
        }
        Self {
            raw,
            _listeners: listeners,
        }
    }

    /// Bytes accepted and not yet given to the transport.
    pub fn buffered(&self) -> u32 {
        self.raw.buffered_amount()
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// The channel is not open, or the message or the queue is too long.
    pub fn send_text(&self, text: &str) -> Result<(), Error> {
        self.raw
            .send_with_str(text)
            .map_err(Error::doing("sending to a peer"))
    }

    /// Sends a binary message.
    ///
    /// # Errors
    /// As [`Channel::send_text`].
    pub fn send_bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        self.raw
            .send_with_u8_array(bytes)
            .map_err(Error::doing("sending to a peer"))
    }
}

/// Says that a channel is open once, and before anything else it says.
struct Ordered<F> {
    on: F,
    opened: bool,
}

impl<F: FnMut(ChannelHeard)> Ordered<F> {
    fn say(&mut self, heard: ChannelHeard) {
        match heard {
            ChannelHeard::Opened if self.opened => return,
            ChannelHeard::Opened => self.opened = true,
            // A message can overtake the event that the channel is open.
            ChannelHeard::Text(_) | ChannelHeard::Bytes(_) if !self.opened => {
                self.opened = true;
                (self.on)(ChannelHeard::Opened);
            }
            ChannelHeard::Text(_)
            | ChannelHeard::Bytes(_)
            | ChannelHeard::Drained
            | ChannelHeard::Closed => {}
        }
        (self.on)(heard);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.raw.close();
    }
}

fn payload(event: &MessageEvent) -> ChannelHeard {
    let data = event.data();
    match data.dyn_ref::<ArrayBuffer>() {
        Some(buffer) => ChannelHeard::Bytes(Uint8Array::new(buffer).to_vec()),
        None => ChannelHeard::Text(data.as_string().unwrap_or_default()),
    }
}
