//! The two halves of one session's exchange: what we have to tell the other side about ourselves, and
//! what it may tell us. Bounded, filtered and un-masked here; sending is the machine's part.

use super::candidate::{Attribute, Candidate, Error, Kind, Target, unmask};
use super::description::Description;
use super::near::Near;
use crate::limits::CANDIDATES;
use crate::time::Millis;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// The candidates of one side, for messages to people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Kind and target of each that is in use.
    pub candidates: Vec<(Kind, String)>,
    /// Those that were not accepted.
    pub dropped: u32,
}

impl Seen {
    /// Counts a candidate against the bound.
    fn take(&mut self, attribute: &Attribute<'_>) -> Result<(), Error> {
        if self.candidates.len() >= CANDIDATES {
            return Err(Error::TooMany);
        }
        self.candidates
            .push((attribute.kind, attribute.target.to_string()));
        Ok(())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets: BTreeSet<&str> = self
            .candidates
            .iter()
            .map(|(_, target)| target.as_str())
            .collect();
        if targets.is_empty() {
            f.write_str("an unknown address")?;
        }
        for (place, target) in targets.into_iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{target}")?;
        }
        match self.dropped {
            0 => Ok(()),
            dropped => write!(f, " ({dropped} not usable)"),
        }
    }
}

/// What we have to tell: our description and candidates, un-masked, and how much of it is said.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    description: Option<Description>,
    candidates: Vec<Candidate>,
    has_ended: bool,
    said: usize,
    /// All that are shown to others, those in the description included.
    shown: Vec<String>,
    changed: Millis,
    seen: Seen,
}

impl Outgoing {
    /// Takes our description as the browser made it: one made ahead has candidates in it. They are
    /// un-masked and sorted out like those that follow.
    pub(super) fn handle_described(
        &mut self,
        description: &Description,
        own: Option<IpAddr>,
        now: Millis,
    ) {
        self.changed = now;
        let described = description.with_candidates(|text| {
            self.show_new(text, own).unwrap_or_else(|_| {
                self.seen.dropped += 1;
                None
            })
        });
        self.description = Some(described);
    }

    /// Takes a candidate of ours, or the end of them. One that leads where an earlier one does is left
    /// out: un-masked, what a page's own interface is and what a STUN server saw are mostly the same.
    pub(super) fn handle_candidate(
        &mut self,
        candidate: Option<Candidate>,
        own: Option<IpAddr>,
        now: Millis,
    ) {
        let Some(candidate) = candidate.filter(|candidate| !candidate.candidate.is_empty()) else {
            self.has_ended = true;
            return;
        };
        match self.show_new(&candidate.candidate, own) {
            Ok(Some(text)) => {
                self.changed = now;
                self.candidates.push(Candidate {
                    candidate: text,
                    ..candidate
                });
            }
            Ok(None) => {}
            Err(_) => self.seen.dropped += 1,
        }
    }

    /// One of our candidates as others see it, counted, unless another one leads there.
    fn show_new(&mut self, text: &str, own: Option<IpAddr>) -> Result<Option<String>, Error> {
        let shown = unmask(text, own)?;
        let attribute = Attribute::parse(&shown)?;
        let mut known = self.shown.iter();
        let is_repeated =
            known.any(|known| Attribute::parse(known).is_ok_and(|known| attribute.repeats(&known)));
        if is_repeated {
            return Ok(None);
        }
        self.seen.take(&attribute)?;
        self.shown.push(shown.clone());
        Ok(Some(shown))
    }

    /// The `data` of our offer or answer, once it is made.
    pub(super) fn description(&self) -> Option<String> {
        self.description.as_ref().map(Description::to_data)
    }

    /// The `data` of each candidate message that is due; empty before the description is made.
    pub(super) fn trickle(&mut self) -> Vec<String> {
        if self.description.is_none() {
            return Vec::new();
        }
        let end = self.has_ended.then(String::new);
        let all = self.candidates.iter().map(Candidate::to_data).chain(end);
        let due: Vec<String> = all.skip(self.said).collect();
        self.said += due.len();
        due
    }

    /// Everything is to be said again, for something got lost.
    pub(super) fn rewind(&mut self) {
        self.said = 0;
    }

    /// When [`Outgoing::complete`] is worth sending: at the end of gathering, or after a time without
    /// a candidate, since on some networks gathering never ends.
    pub(super) fn complete_at(&self) -> Option<Millis> {
        self.description.as_ref()?;
        Some(if self.has_ended {
            self.changed
        } else {
            self.changed + GATHERING_QUIET
        })
    }

    /// The `data` of the description that a peer of 2016 needs: with all candidates in it, and of
    /// those only plain IPv4 addresses, for the master of 2016 crashes on any other.
    pub(super) fn complete(&self) -> Option<String> {
        let is_plain = |text: &str| {
            Attribute::parse(text)
                .is_ok_and(|attribute| matches!(attribute.target, Target::Ip(IpAddr::V4(_))))
        };
        let bare = self.description.as_ref()?;
        let bare = bare.with_candidates(|text| is_plain(text).then(|| text.to_owned()));
        let more = self
            .candidates
            .iter()
            .filter(|candidate| is_plain(&candidate.candidate));
        Some(bare.with_more(more).to_data())
    }

    /// Our candidates so far.
    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }
}

/// What the other side may tell: its candidates, filtered, held until its description is known.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    is_described: bool,
    held: Vec<Option<Candidate>>,
    known: BTreeSet<String>,
    seen: Seen,
}

impl Incoming {
    /// Takes the other side's description. Returns it without the candidates that are not accepted.
    pub(super) fn admit_description(
        &mut self,
        description: &Description,
        near: &Near<'_>,
    ) -> Description {
        self.is_described = true;
        description.with_candidates(|text| self.admit_text(text, near).then(|| text.to_owned()))
    }

    /// Takes the `data` of a candidate message. Those accepted come out of
    /// [`Incoming::ready`], each once.
    pub(super) fn admit(&mut self, data: &str, near: &Near<'_>) {
        if self.known.contains(data) {
            return;
        }
        let candidate = match data {
            "" => None,
            _ => match Candidate::parse(data) {
                Ok(candidate) if candidate.candidate.is_empty() => None,
                Ok(candidate) if self.admit_text(&candidate.candidate, near) => Some(candidate),
                Ok(_) => return,
                Err(_) => return self.seen.dropped += 1,
            },
        };
        // The bound on candidates bounds this set: ends are one more.
        let key = if candidate.is_some() { data } else { "" };
        if self.known.insert(key.to_owned()) {
            self.held.push(candidate);
        }
    }

    /// The candidates to add now.
    pub(super) fn ready(&mut self) -> Vec<Option<Candidate>> {
        if self.is_described {
            std::mem::take(&mut self.held)
        } else {
            Vec::new()
        }
    }

    /// The other side's candidates so far.
    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    fn admit_text(&mut self, text: &str, near: &Near<'_>) -> bool {
        let admitted = Attribute::parse(text).and_then(|attribute| {
            attribute.check(near)?;
            self.seen.take(&attribute)
        });
        if admitted.is_err() {
            self.seen.dropped = self.seen.dropped.saturating_add(1);
        }
        admitted.is_ok()
    }
}

/// Silence of the gatherer that counts as its end.
const GATHERING_QUIET: Millis = Millis::from_secs(1);

#[cfg(test)]
mod tests {
    use super::super::description::Kind as Type;
    use super::*;

    const BARE: &str = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
    const NEAR: Near<'_> = Near {
        prefixes: &[],
        members: [None, None],
    };

    fn candidate(target: &str) -> Candidate {
        Candidate {
            candidate: format!("candidate:1 1 udp 1 {target} 5000 typ host"),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: None,
        }
    }

    fn description(lines: &str) -> Description {
        Description {
            kind: Type::Offer,
            sdp: format!("{BARE}{lines}"),
        }
    }

    fn own() -> Option<IpAddr> {
        Some("192.168.1.9".parse().unwrap())
    }

    #[test]
    fn candidates_wait_for_the_description_and_are_said_once() {
        let mut outgoing = Outgoing::default();
        outgoing.handle_candidate(Some(candidate("x.local")), own(), Millis(0));
        assert!(outgoing.trickle().is_empty());
        outgoing.handle_described(&description(""), own(), Millis(0));
        assert_eq!(outgoing.trickle(), [candidate("192.168.1.9").to_data()]);
        outgoing.handle_candidate(None, own(), Millis(0));
        outgoing.handle_candidate(None, own(), Millis(0));
        assert_eq!(outgoing.trickle(), [""]);
        assert!(outgoing.trickle().is_empty());
        outgoing.rewind();
        assert_eq!(outgoing.trickle().len(), 2);
    }

    #[test]
    fn what_leads_where_another_candidate_does_is_not_said() {
        let mut outgoing = Outgoing::default();
        outgoing.handle_described(&description(""), own(), Millis(0));
        let reflexive = |target: &str, port: u16| Candidate {
            candidate: format!(
                "candidate:2 1 udp 1 {target} {port} typ srflx raddr 0.0.0.0 rport 0"
            ),
            ..candidate(target)
        };
        outgoing.handle_candidate(Some(candidate("x.local")), own(), Millis(0));
        for (target, port) in [
            ("192.168.1.9", 5000),
            ("192.168.1.9", 5001),
            ("10.0.0.5", 5000),
        ] {
            outgoing.handle_candidate(Some(reflexive(target, port)), own(), Millis(0));
        }
        let said = [
            candidate("192.168.1.9"),
            reflexive("192.168.1.9", 5001),
            reflexive("10.0.0.5", 5000),
        ];
        assert_eq!(
            outgoing.trickle(),
            said.map(|candidate| candidate.to_data())
        );
        assert_eq!(outgoing.seen().dropped, 0);
    }

    #[test]
    fn candidates_of_a_description_made_ahead_are_not_said_again() {
        let line = |target: &str, kind: &str| {
            format!("a=candidate:1 1 udp 1 {target} 5000 typ {kind}\r\n")
        };
        let (host, reflexive) = (line("x.local", "host"), line("192.168.1.9", "srflx"));
        let mut outgoing = Outgoing::default();
        outgoing.handle_described(
            &description(&format!("{host}{reflexive}")),
            own(),
            Millis(0),
        );
        let expected = description(&line("192.168.1.9", "host"));
        assert_eq!(outgoing.description(), Some(expected.to_data()));
        outgoing.handle_candidate(Some(candidate("x.local")), own(), Millis(0));
        assert!(outgoing.trickle().is_empty());
        outgoing.handle_candidate(Some(candidate("10.0.0.5")), own(), Millis(0));
        assert_eq!(outgoing.trickle(), [candidate("10.0.0.5").to_data()]);
        assert_eq!(outgoing.complete_at(), Some(Millis(1000)));
    }

    #[test]
    fn a_complete_description_has_plain_ipv4_only() {
        let mut outgoing = Outgoing::default();
        let made = description("a=candidate:1 1 udp 1 fd00::1 1 typ host\r\na=mid:0\r\n");
        outgoing.handle_described(&made, None, Millis(0));
        for target in ["x.local", "10.0.0.5", "fe80::1"] {
            outgoing.handle_candidate(Some(candidate(target)), None, Millis(7));
        }
        let line = "a=candidate:1 1 udp 1 10.0.0.5 5000 typ host\r\n";
        let expected = description(&format!("a=mid:0\r\n{line}"));
        assert_eq!(outgoing.complete(), Some(expected.to_data()));
    }

    #[test]
    fn completeness_is_the_end_of_gathering_or_a_second_of_quiet() {
        let mut outgoing = Outgoing::default();
        assert_eq!(outgoing.complete_at(), None);
        outgoing.handle_described(&description(""), None, Millis(100));
        assert_eq!(outgoing.complete_at(), Some(Millis(1100)));
        outgoing.handle_candidate(Some(candidate("10.0.0.5")), None, Millis(300));
        assert_eq!(outgoing.complete_at(), Some(Millis(1300)));
        outgoing.handle_candidate(None, None, Millis(400));
        assert!(outgoing.complete_at() <= Some(Millis(400)));
    }

    #[test]
    fn our_own_candidates_are_bounded() {
        let mut outgoing = Outgoing::default();
        for n in 0..=CANDIDATES {
            outgoing.handle_candidate(Some(candidate(&format!("10.0.0.{n}"))), None, Millis(0));
        }
        assert_eq!(
            (outgoing.candidates.len(), outgoing.seen.dropped),
            (CANDIDATES, 1)
        );
    }

    #[test]
    fn remote_candidates_wait_for_the_description_and_come_once() {
        let mut incoming = Incoming::default();
        let data = candidate("10.0.0.5").to_data();
        incoming.admit(&data, &NEAR);
        assert!(incoming.ready().is_empty());
        incoming.admit_description(&description(""), &NEAR);
        assert_eq!(incoming.ready(), [Some(candidate("10.0.0.5"))]);
        for repeated in [data.as_str(), "", "", r#"{"candidate":""}"#] {
            incoming.admit(repeated, &NEAR);
        }
        assert_eq!(incoming.ready(), [None]);
    }

    #[test]
    fn remote_candidates_are_bounded_with_those_in_the_description() {
        let line = |port: usize| format!("a=candidate:1 1 udp 1 10.0.0.5 {port} typ host\r\n");
        let lines: String = (1..CANDIDATES).map(line).collect();
        let mut incoming = Incoming::default();
        let kept = incoming.admit_description(&description(&lines), &NEAR);
        assert_eq!(kept.sdp.matches("a=candidate").count(), CANDIDATES - 1);
        incoming.admit(&candidate("10.0.0.6").to_data(), &NEAR);
        incoming.admit(&candidate("10.0.0.7").to_data(), &NEAR);
        assert_eq!(incoming.ready().len(), 1);
        assert_eq!(incoming.seen.dropped, 1);
    }

    #[test]
    fn what_is_not_accepted_is_dropped_and_counted() {
        let mut incoming = Incoming::default();
        let lines =
            "a=candidate:1 1 udp 1 8.8.8.8 1 typ host\r\na=candidate:nonsense\r\na=mid:0\r\n";
        let kept = incoming.admit_description(&description(lines), &NEAR);
        assert_eq!(kept, description("a=mid:0\r\n"));
        for data in ["{}", "nonsense", &candidate("8.8.8.8").to_data()] {
            incoming.admit(data, &NEAR);
        }
        assert!(incoming.ready().is_empty());
        assert_eq!(incoming.seen.dropped, 5);
    }

    #[test]
    fn what_was_seen_is_told_in_words() {
        let mut seen = Seen::default();
        assert_eq!(seen.to_string(), "an unknown address");
        for target in ["10.0.0.5", "x.local", "10.0.0.5"] {
            seen.candidates.push((Kind::Host, target.to_owned()));
        }
        seen.dropped = 2;
        assert_eq!(seen.to_string(), "10.0.0.5, x.local (2 not usable)");
    }
}
