//! HTTP from its first byte to its answer: who does not name us gets nothing, nothing a peer said stands
//! in an answer's head, and every answer ends its connection.

use crate::input::pieces;
use crate::rig::{PORT, Rig};
use broadcaster::admission::Host;
use broadcaster::head::Reader;
use broadcaster::link::Report;
use std::net::IpAddr;

const STATUSES: [u16; 13] = [
    200, 304, 400, 403, 404, 405, 414, 421, 426, 431, 503, 505, 101,
];

pub(crate) fn http(data: &[u8]) {
    let mut rig = Rig::new();
    let conn = rig.accept(23).expect("a neighbour is accepted");
    for piece in pieces(data) {
        rig.receive(conn, piece);
    }
    let is_path =
        |report: &Report| matches!(report, Report::Asked { path, .. } if path.starts_with('/'));
    let asked = rig
        .reports
        .iter()
        .find(|report| matches!(report, Report::Asked { .. }));
    let socket = &rig.sockets[&conn];
    assert!(asked.is_none_or(|report| is_path(report) && names_us(data)));
    if socket.written.is_empty() {
        return;
    }
    let (status, head, body) = answer(&socket.written);
    assert!(STATUSES.contains(&status), "{status}");
    assert!(status != 101, "nobody admitted it");
    assert!(status != 200 || names_us(data), "{head}");
    assert!(socket.is_finished);
    for field in [
        "Content-Security-Policy: default-src 'none';",
        "X-Content-Type-Options: nosniff\r\n",
    ] {
        assert!(head.contains(field), "{head}");
    }
    if let Some(length) = length(head) {
        assert!(body.len() == length || body.is_empty(), "{head}");
    }
}

/// Whether the request names one of our addresses and our port.
fn names_us(data: &[u8]) -> bool {
    let Ok(Some((head, _))) = Reader::default().read(data) else {
        return false;
    };
    let ours = Host::Ip(IpAddr::from([192, 168, 1, 5]));
    head.authority.host == ours && head.authority.port == Some(PORT)
}

fn answer(bytes: &[u8]) -> (u16, &str, &[u8]) {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a whole head")
        + 4;
    let head = std::str::from_utf8(&bytes[..end]).expect("text");
    assert!(head.is_ascii() && head.starts_with("HTTP/1.1 "), "{head}");
    let status = head[9..12].parse().expect("a status");
    (status, head, &bytes[end..])
}

fn length(head: &str) -> Option<usize> {
    let (_, rest) = head.split_once("\r\nContent-Length: ")?;
    rest.split_once('\r')?.0.parse().ok()
}
