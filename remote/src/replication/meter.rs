//! Counts what goes over the line.

use crate::Millis;
use crate::http::{Http, Request, Response};
use jio::storage::Answer;
use std::cell::Cell;
use std::rc::Rc;

/// Bytes and requests that went over the line and were not booked yet.
#[derive(Debug, Default)]
pub struct Meter {
    bytes: Cell<u64>,
    calls: Cell<u64>,
}

impl Meter {
    /// Counts one request and what was answered.
    pub fn count(&self, bytes: u64) {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        self.calls.set(self.calls.get().saturating_add(1));
    }

    /// Bytes and requests since this was asked last.
    pub(super) fn take(&self) -> (u64, u64) {
        (self.bytes.take(), self.calls.take())
    }

    /// Bytes and requests that are not booked.
    pub(super) fn pending(&self) -> (u64, u64) {
        (self.bytes.get(), self.calls.get())
    }
}

/// A network whose use is counted: heads and contents of both directions, as HTTP/1.1 writes them. What lies
/// below, from TLS on, is not seen from here.
pub struct Metered<H> {
    inner: H,
    meter: Rc<Meter>,
}

impl<H> Metered<H> {
    /// Counts into a meter what goes through a network.
    pub fn new(inner: H, meter: Rc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl<H: Http> Http for Metered<H> {
    fn send(&self, request: Request) -> Answer<'_, Response> {
        let sent = request.method.len() + request.url.len() + request.body.len();
        let sent = size(sent, &request.headers);
        Box::pin(async move {
            // Counted when it is dropped, so that a request given up is counted as well.
            let mut call = Call {
                meter: &self.meter,
                bytes: sent,
            };
            let response = self.inner.send(request).await?;
            let body = body_size(&response.headers, response.body.len());
            call.bytes = call.bytes.saturating_add(size(body, &response.headers));
            Ok(response)
        })
    }

    fn now(&self) -> Millis {
        self.inner.now()
    }

    fn gzip<'a>(&'a self, body: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        self.inner.gzip(body)
    }

    fn is_unasked(&self, url: &str) -> bool {
        self.inner.is_unasked(url)
    }
}

struct Call<'a> {
    meter: &'a Meter,
    bytes: u64,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.meter.count(self.bytes);
    }
}

fn size(rest: usize, headers: &[(String, String)]) -> u64 {
    // "name: value\r\n", and what stands around method, address and status.
    const AROUND: usize = 20;
    let headers = headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4);
    (rest + AROUND + headers.sum::<usize>()) as u64
}

/// What came of a body: where the server compressed it, its head says how little that was.
fn body_size(headers: &[(String, String)], unpacked: usize) -> usize {
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let packed = length.and_then(|(_, length)| length.parse().ok());
    packed.map_or(unpacked, |packed: usize| packed.min(unpacked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn a_compressed_body_counts_as_it_came() {
        let length = |length: &str| headers(&[("content-length", length)]);
        for (said, counted) in [("70", 70), ("100", 100), ("130", 100), ("many", 100)] {
            assert_eq!(body_size(&length(said), 100), counted);
        }
        assert_eq!(body_size(&headers(&[]), 100), 100);
    }

    #[test]
    fn heads_count() {
        assert_eq!(size(10, &headers(&[("a", "bc")])), 10 + 20 + 7);
    }

    #[test]
    fn what_was_counted_is_booked_once() {
        let meter = Meter::default();
        meter.count(5);
        meter.count(7);
        assert_eq!(meter.pending(), (12, 2));
        assert_eq!(meter.take(), (12, 2));
        assert_eq!(meter.take(), (0, 0));
    }
}
