//! A QR code as a path to be drawn.

use qrcodegen::{QrCode, QrCodeEcc};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Light modules around the code (ISO/IEC 18004 §5.3.8).
const QUIET_ZONE: i32 = 4;

/// A QR code with its quiet zone, for an SVG of `viewBox="0 0 size size"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Qr {
    /// Modules along each side.
    pub size: i32,
    /// The dark modules, as the `d` of a path to be filled.
    pub path: String,
}

impl Qr {
    /// Encodes `text`; `None` where it is too long for any code.
    pub fn new(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        Some(Self {
            size: code.size() + 2 * QUIET_ZONE,
            path: path(&code),
        })
    }
}

fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let length = (x..code.size())
                .take_while(|x| code.get_module(*x, y))
                .count();
            if length > 0 {
                let (left, top) = (x + QUIET_ZONE, y + QUIET_ZONE);
                write!(path, "M{left} {top}h{length}v1h-{length}z").expect("a String takes it");
            }
            x += length as i32 + 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws a path of horizontal runs.
    fn drawn(qr: &Qr) -> Vec<(i32, i32)> {
        let runs = qr.path.split('M').skip(1);
        let numbers = runs.map(|run| {
            let numbers = run
                .split([' ', 'h', 'v', 'z'])
                .filter_map(|n| n.parse().ok());
            numbers.collect::<Vec<i32>>()
        });
        numbers
            .flat_map(|run| {
                assert_eq!(run[2..], [run[2], 1, -run[2]]);
                (0..run[2]).map(move |n| (run[0] + n, run[1]))
            })
            .collect()
    }

    #[test]
    fn the_path_covers_the_dark_modules_and_no_others() {
        let url = "http://192.168.1.5:9999/";
        let code = QrCode::encode_text(url, QrCodeEcc::Medium).unwrap();
        let qr = Qr::new(url).unwrap();
        assert_eq!(qr.size, code.size() + 8);
        let dark = drawn(&qr);
        for y in 0..qr.size {
            for x in 0..qr.size {
                assert_eq!(
                    dark.contains(&(x, y)),
                    code.get_module(x - 4, y - 4),
                    "{x} {y}"
                );
            }
        }
    }

    #[test]
    fn a_text_too_long_has_no_code() {
        assert_eq!(Qr::new(&"x".repeat(3000)), None);
    }
}
