//! Requests over HTTP (Fetch Standard §5), whole: nothing from a cache, no redirect followed, not longer than
//! they may take, and not more of a body than is wanted.

use crate::Error;
use crate::size::Size;
use crate::stream::Incoming;
use crate::timer::Timer;
use js_sys::{Array, Promise, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect,
    Response as RawResponse, ResponseType,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(url: &str, options: &RequestInit) -> Promise;

    /// Where this page is from.
    type Place;
    #[wasm_bindgen(thread_local_v2, js_name = location)]
    static PLACE: Place;
    #[wasm_bindgen(method, getter)]
    fn origin(this: &Place) -> String;
}

/// Whether the browser sends requests to this address with any header, without asking the server before: to the page's
/// own origin, and from an extension, which a person has let reach it.
pub fn is_unasked(url: &str) -> bool {
    let own = PLACE.with(Place::origin);
    let rest = url.strip_prefix(own.as_str());
    let is_own = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    is_own || own.starts_with("chrome-extension://")
}

const LENGTH: &str = "content-length";

/// A request.
#[derive(Debug)]
pub struct Request<'r> {
    /// In capitals.
    pub method: &'r str,
    /// Absolute.
    pub url: &'r str,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// None and empty are the same.
    pub body: &'r [u8],
    /// Whether the browser's cookies for the server go with it, and its answer's are kept.
    pub brings_cookies: bool,
}

/// What a request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Milliseconds without anything coming.
    pub silence_ms: u64,
    /// Bytes of the response's body.
    pub body_bytes: usize,
}

/// A response, whole.
#[derive(Debug)]
pub struct Response {
    /// Its status; 302 for a redirect of any kind, since the browser does not tell which.
    pub status: u16,
    /// Names in lower case; those that the page may read. `content-length` is there too where the browser tells
    /// how long the body was as it came, and the server has not said so.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug)]
pub enum Failure {
    /// No connection, or it ended amid; or the browser does not let this page ask. It does not say which.
    Lost(Error),
    /// Nothing came for too long.
    Late,
    /// The body is longer than wanted.
    Long,
}

/// Sends a request; dropping the future gives it up.
///
/// # Errors
/// There is no response, or none that is wanted.
pub async fn send(request: Request<'_>, bounds: Bounds) -> Result<Response, Failure> {
    let watch = Watch::new(bounds.silence_ms).map_err(Failure::Lost)?;
    let lost = |value| match watch.is_late.get() {
        true => Failure::Late,
        false => Failure::Lost(Error::new(format!("asking {}", request.url), value)),
    };
    let options = options(&request, &watch.controller).map_err(lost)?;
    let size = Size::watch(request.url);
    let response = JsFuture::from(fetch(request.url, &options))
        .await
        .map_err(lost)?;
    let response: RawResponse = response.unchecked_into();
    if response.type_() == ResponseType::Opaqueredirect {
        return Ok(Response {
            status: 302,
            headers: Vec::new(),
            body: Vec::new(),
        });
    }
    let mut body = Vec::new();
    if let Some(stream) = response.body() {
        let stream = Incoming::of(&stream);
        watch.heard();
        while let Some(chunk) = stream.next().await.map_err(lost)? {
            let chunk = Uint8Array::from(chunk);
            if body.len() + chunk.length() as usize > bounds.body_bytes {
                return Err(Failure::Long);
            }
            body.extend(chunk.to_vec());
            watch.heard();
        }
    }
    let mut headers = headers(&response.headers()).map_err(lost)?;
    let is_said = headers.iter().any(|(name, _)| name == LENGTH);
    if let Some(size) = size.and_then(Size::take).filter(|_| !is_said) {
        headers.push((LENGTH.to_owned(), size.to_string()));
    }
    Ok(Response {
        status: response.status(),
        headers,
        body,
    })
}

fn options(request: &Request<'_>, controller: &AbortController) -> Result<RequestInit, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let options = RequestInit::new();
    options.set_method(request.method);
    options.set_headers_headers(&headers);
    options.set_cache(RequestCache::NoStore);
    options.set_redirect(RequestRedirect::Manual);
    options.set_signal(Some(&controller.signal()));
    options.set_credentials(match request.brings_cookies {
        true => RequestCredentials::Include,
        false => RequestCredentials::Omit,
    });
    if !request.body.is_empty() {
        options.set_body_opt_u8_array(Some(&Uint8Array::from(request.body)));
    }
    Ok(options)
}

/// Fetch gives names in lower case.
fn headers(headers: &Headers) -> Result<Vec<(String, String)>, JsValue> {
    let mut read = Vec::new();
    for pair in js_sys::try_iter(headers)?.into_iter().flatten() {
        let pair: Array = pair?.unchecked_into();
        let text = |at| pair.get(at).as_string().unwrap_or_default();
        read.push((text(0), text(1)));
    }
    Ok(read)
}

/// Ends a request in which nothing happens, and one whose future is dropped.
struct Watch {
    controller: AbortController,
    is_late: Rc<Cell<bool>>,
    silence_ms: u64,
    timer: RefCell<Option<Timer>>,
}

impl Watch {
    fn new(silence_ms: u64) -> Result<Self, Error> {
        let watch = Self {
            controller: AbortController::new().map_err(Error::doing("making a request"))?,
            is_late: Rc::default(),
            silence_ms,
            timer: RefCell::default(),
        };
        watch.heard();
        Ok(watch)
    }

    /// Something came: the time begins anew.
    fn heard(&self) {
        let (controller, is_late) = (self.controller.clone(), self.is_late.clone());
        let timer = Timer::new(self.silence_ms, move || {
            is_late.set(true);
            controller.abort();
        });
        self.timer.replace(Some(timer));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Of a request that is through it ends nothing.
        self.controller.abort();
    }
}
