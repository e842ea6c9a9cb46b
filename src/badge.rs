//! The toolbar icon's badge: the state as a sign, the members as a number, both in words in the tooltip.

use broadcaster::sharing::{State, Status};
use web::badge::Badge;

const CALM: &str = "#0f766e";
const BUSY: &str = "#8a5300";
const ALARM: &str = "#b3261e";
/// More members than this are shown as that many and a plus sign: a badge has room for four characters.
const COUNTED: usize = 999;

/// The badge of a state.
pub(crate) fn of(state: &State) -> Badge {
    let (text, colour, words) = match state.status {
        Status::Stopped if state.writing > 0 => {
            let words = format!("not sharing, {}", waits(state));
            ("?".to_owned(), BUSY, words)
        }
        Status::Stopped => (String::new(), CALM, "not sharing".to_owned()),
        Status::Starting => ("…".to_owned(), BUSY, "starting".to_owned()),
        Status::Sharing if state.waiting + state.writing > 0 => {
            let words = format!("{}, {}", sharing(state), waits(state));
            ("?".to_owned(), BUSY, words)
        }
        Status::Sharing => (count(state.members.len()), CALM, sharing(state)),
        Status::NoAddress => attention(BUSY, "no network"),
        Status::OtherNetwork => attention(BUSY, "paused in another network"),
        Status::PortInUse => attention(ALARM, "the port is taken"),
        Status::Missing => attention(ALARM, "companion not found"),
        Status::AppAway => attention(ALARM, "the app that opens the port is closed"),
        Status::Forbidden => attention(ALARM, "companion not registered"),
        Status::Crashed => attention(ALARM, "the companion stopped"),
        Status::Outdated => attention(ALARM, "companion and extension do not match"),
        Status::Failed => attention(ALARM, "sharing could not start"),
    };
    Badge {
        text,
        colour,
        title: format!("LAN Broadcaster: {words}"),
    }
}

fn attention(colour: &'static str, words: &str) -> (String, &'static str, String) {
    ("!".to_owned(), colour, words.to_owned())
}

fn sharing(state: &State) -> String {
    let url = state.urls.first().map_or("", |url| &url.url);
    match state.members.len() {
        0 => format!("{url}, no device connected"),
        1 => format!("{url}, 1 device connected"),
        members => format!("{url}, {members} devices connected"),
    }
}

/// What the person at this browser is asked.
fn waits(state: &State) -> String {
    match (state.waiting, state.writing) {
        (1, 0) => "1 device waits to be let in".to_owned(),
        (waiting, 0) => format!("{waiting} devices wait to be let in"),
        (0, 1) => "1 device wants to write".to_owned(),
        (0, writing) => format!("{writing} devices want to write"),
        (waiting, writing) => format!("{} devices wait for your answer", waiting + writing),
    }
}

fn count(members: usize) -> String {
    if members > COUNTED {
        format!("{COUNTED}+")
    } else {
        members.to_string()
    }
}
