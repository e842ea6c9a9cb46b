//! How many bytes of a response's body came over the network: fewer than the body has where the server compressed
//! it (Resource Timing §4). The browser tells it of a page's own server, of one that lets the page know, and
//! an extension of all that it was let reach.

use js_sys::Array;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{PerformanceObserver, PerformanceObserverEntryList, PerformanceObserverInit};

#[wasm_bindgen]
extern "C" {
    /// A `PerformanceResourceTiming`.
    type Timing;
    #[wasm_bindgen(method, getter)]
    fn name(this: &Timing) -> String;
    #[wasm_bindgen(method, getter, js_name = encodedBodySize)]
    fn encoded_body_size(this: &Timing) -> f64;
}

/// Watches one request from before it is sent.
pub(crate) struct Size {
    url: String,
    told: Rc<Cell<Option<u64>>>,
    observer: PerformanceObserver,
    _callback: Closure<dyn FnMut(PerformanceObserverEntryList)>,
}

impl Size {
    /// `None` where the browser tells nothing.
    pub(crate) fn watch(url: &str) -> Option<Self> {
        let told: Rc<Cell<Option<u64>>> = Rc::default();
        let (url, noted) = (url.to_owned(), told.clone());
        let callback = {
            let url = url.clone();
            Closure::new(move |entries: PerformanceObserverEntryList| {
                note(&noted, &url, entries.get_entries());
            })
        };
        let callback: Closure<dyn FnMut(PerformanceObserverEntryList)> = callback;
        let observer = PerformanceObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(&PerformanceObserverInit::new(&Array::of1(
            &"resource".into(),
        )));
        Some(Self {
            url,
            told,
            observer,
            _callback: callback,
        })
    }

    /// The bytes, once the body was read.
    pub(crate) fn take(self) -> Option<u64> {
        note(&self.told, &self.url, self.observer.take_records());
        self.told.get()
    }
}

impl Drop for Size {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Keeps what entries tell of a request. Nothing is told as 0, which a body that is compressed never has.
fn note(told: &Cell<Option<u64>>, url: &str, entries: Array) {
    let timings = entries.into_iter().map(JsCast::unchecked_into::<Timing>);
    let size = timings.filter(|timing| timing.name() == url).last();
    let size = size.map(|timing| timing.encoded_body_size() as u64);
    if let Some(size) = size.filter(|size| *size > 0) {
        told.set(Some(size));
    }
}
