//! Session descriptions, as far as signalling must look into them: type, size, that they are about
//! data channels only, and their candidate lines (RFC 8839 §5.1, RFC 8841 §4). No SDP beyond that.

use super::candidate::Candidate;
use crate::limits::DESCRIPTION_BYTES;
use serde::{Deserialize, Serialize};

/// A session description as browsers exchange it: `RTCSessionDescriptionInit` (webrtc-pc §4.6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Offer or answer.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The SDP text.
    pub sdp: String,
}

/// The two descriptions of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What one side proposes.
    Offer,
    /// What the other side makes of it.
    Answer,
}

impl Description {
    /// Reads the `data` of an offer or answer message.
    ///
    /// # Errors
    /// The description is not one that a peer of ours makes. Drop the message.
    pub fn parse(data: &str, expected: Kind) -> Result<Self, Error> {
        if data.len() > DESCRIPTION_BYTES {
            return Err(Error::TooLong(data.len()));
        }
        let read: Self = serde_json::from_str(data).map_err(|_| Error::Malformed)?;
        if read.kind != expected {
            return Err(Error::Kind(read.kind));
        }
        if is_of_data(&read.sdp) {
            Ok(read)
        } else {
            Err(Error::Media)
        }
    }

    /// The `data` of an offer or answer message.
    pub fn to_data(&self) -> String {
        serde_json::to_string(self).expect("strings always serialise")
    }

    /// The same description with each candidate line replaced by what `choose` makes of its
    /// attribute; `None` leaves the line out.
    pub fn with_candidates(&self, mut choose: impl FnMut(&str) -> Option<String>) -> Self {
        let mut sdp = String::with_capacity(self.sdp.len());
        for line in lines(&self.sdp) {
            match line
                .strip_prefix("a=")
                .filter(|text| text.starts_with("candidate:"))
            {
                None => push_line(&mut sdp, line),
                Some(text) => {
                    if let Some(text) = choose(text) {
                        push_line(&mut sdp, &format!("a={text}"));
                    }
                }
            }
        }
        Self {
            kind: self.kind,
            sdp,
        }
    }

    /// The same description with candidates after its last line; there is one media section only, so
    /// they belong to it.
    pub fn with_more<'a>(&self, candidates: impl Iterator<Item = &'a Candidate>) -> Self {
        let mut sdp = String::with_capacity(self.sdp.len());
        lines(&self.sdp).for_each(|line| push_line(&mut sdp, line));
        candidates.for_each(|more| push_line(&mut sdp, &format!("a={}", more.candidate)));
        Self {
            kind: self.kind,
            sdp,
        }
    }
}

/// Why a description is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too long to be read.
    #[error("description of {0} bytes is over the limit of {DESCRIPTION_BYTES}")]
    TooLong(usize),
    /// Not JSON with `type` and `sdp`.
    #[error("not a session description")]
    Malformed,
    /// An offer where an answer belongs, or the other way round.
    #[error("description of the wrong type {0:?}")]
    Kind(Kind),
    /// Not exactly one media section, of data channels.
    #[error("description is not of data channels alone")]
    Media,
}

/// Whether there is one media section, of data channels (RFC 8841 §4).
fn is_of_data(sdp: &str) -> bool {
    let mut media = lines(sdp).filter(|line| line.starts_with("m="));
    let is_data = media
        .next()
        .is_some_and(|line| line.starts_with("m=application "));
    sdp.starts_with("v=0") && is_data && media.next().is_none()
}

/// Lines without their ends; RFC 8866 §5 wants CRLF and readers to bear LF.
fn lines(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.lines().filter(|line| !line.is_empty())
}

fn push_line(sdp: &mut String, line: &str) {
    sdp.push_str(line);
    sdp.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
        a=candidate:1 1 udp 1 x.local 1 typ host\r\na=ice-ufrag:ab\r\n\
        a=candidate:2 1 udp 1 10.0.0.1 1 typ host\r\na=sctp-port:5000\r\n";

    fn data(kind: &str, sdp: &str) -> String {
        serde_json::json!({ "type": kind, "sdp": sdp }).to_string()
    }

    #[test]
    fn a_description_of_a_data_channel_is_read() {
        let read = Description::parse(&data("offer", SDP), Kind::Offer).expect("read");
        assert_eq!(read.sdp, SDP);
        assert_eq!(Description::parse(&read.to_data(), Kind::Offer), Ok(read));
    }

    #[test]
    fn other_descriptions_are_refused() {
        let audio = SDP.replace("application", "audio");
        let two = format!("{SDP}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
        let table = [
            ("{}".to_owned(), Error::Malformed),
            ("\"v=0\"".to_owned(), Error::Malformed),
            (data("pranswer", SDP), Error::Malformed),
            (data("answer", SDP), Error::Kind(Kind::Answer)),
            (data("offer", ""), Error::Media),
            (data("offer", "v=0\r\n"), Error::Media),
            (data("offer", &audio), Error::Media),
            (data("offer", &two), Error::Media),
        ];
        for (data, error) in table {
            assert_eq!(
                Description::parse(&data, Kind::Offer),
                Err(error),
                "{data:.60}"
            );
        }
    }

    #[test]
    fn a_description_is_read_up_to_its_limit() {
        let bare = data("offer", SDP).len();
        let padded = |bytes: usize| data("offer", &(SDP.to_owned() + &"x".repeat(bytes - bare)));
        assert!(Description::parse(&padded(DESCRIPTION_BYTES), Kind::Offer).is_ok());
        let error = Error::TooLong(DESCRIPTION_BYTES + 1);
        assert_eq!(
            Description::parse(&padded(DESCRIPTION_BYTES + 1), Kind::Offer),
            Err(error)
        );
    }

    #[test]
    fn candidate_lines_are_changed_in_place() {
        let offer = Description {
            kind: Kind::Offer,
            sdp: SDP.replace("\r\n", "\n"),
        };
        let changed = offer.with_candidates(|text| {
            text.contains("x.local")
                .then(|| text.replace("x.local", "10.0.0.9"))
        });
        let expected = SDP
            .replace("x.local", "10.0.0.9")
            .replace("a=candidate:2 1 udp 1 10.0.0.1 1 typ host\r\n", "");
        assert_eq!(changed.sdp, expected);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", sdp in "(v=0|m=application |a=candidate:|\r|\n|é| ){0,20}") {
            let _ = Description::parse(&text, Kind::Offer);
            let made = Description { kind: Kind::Answer, sdp };
            let _ = Description::parse(&made.to_data(), Kind::Answer);
            let _ = made.with_candidates(|_| None);
        }
    }
}
