//! Numbers: `String(number)`, `Number(text)` and truncation (ECMA-262 §6.1.6.1.20, §7.1.4, §7.1.5).

use super::is_white_space;

/// Integers below this are written by the integer formatter, which gives the same digits.
const PLAIN_INTEGERS_BELOW: f64 = 1e15;

/// `String(number)`: the shortest digits that read back as the same double, laid out as
/// JavaScript does (`1e+21`, `1e-7`, `0` for minus zero).
pub(crate) fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    if number.fract() == 0.0 && number.abs() < PLAIN_INTEGERS_BELOW {
        return (number as i64).to_string();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse().unwrap_or(0) + 1;
    format!("{sign}{}", laid_out(&digits, point))
}

/// Writes digits whose decimal point stands after the first `point` of them.
fn laid_out(digits: &str, point: i32) -> String {
    let count = digits.len() as i32;
    match point {
        1..=21 if count <= point => format!("{digits}{}", "0".repeat((point - count) as usize)),
        1..=21 => {
            let (whole, rest) = digits.split_at(point as usize);
            format!("{whole}.{rest}")
        }
        -5..=0 => format!("0.{}{digits}", "0".repeat(-point as usize)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{:+}", point - 1)
        }
    }
}

/// `Number(text)`: trimmed; empty is 0; `0x`, `0o`, `0b`; `Infinity`; else a decimal literal or NaN.
pub(crate) fn to_number(text: &str) -> f64 {
    let text = text.trim_matches(is_white_space);
    let (sign, size) = match text.as_bytes() {
        [] => return 0.0,
        [b'0', b'x' | b'X', ..] => return radix_number(&text[2..], 16),
        [b'0', b'o' | b'O', ..] => return radix_number(&text[2..], 8),
        [b'0', b'b' | b'B', ..] => return radix_number(&text[2..], 2),
        [b'-', ..] => (-1.0, &text[1..]),
        [b'+', ..] => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if size == "Infinity" {
        return sign * f64::INFINITY;
    }
    // Rust also reads "inf", "nan" and a second sign, JavaScript does not.
    let starts_like_number = size.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_decimal = |c| matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    if !starts_like_number || !size.bytes().all(is_decimal) {
        return f64::NAN;
    }
    size.parse().map_or(f64::NAN, |size: f64| sign * size)
}

/// Reads whole digits of base 2, 8 or 16, rounded once. Digits that do not fit 128 bits only
/// scale the result; the lowest bit remembers that they were not all zero.
fn radix_number(digits: &str, radix: u32) -> f64 {
    const ROOM_FOR_A_DIGIT: u128 = 1 << 124;
    if digits.is_empty() {
        return f64::NAN;
    }
    let mut kept: u128 = 0;
    let mut scale = 1.0;
    for digit in digits.chars() {
        let Some(digit) = digit.to_digit(radix) else {
            return f64::NAN;
        };
        if kept < ROOM_FOR_A_DIGIT {
            kept = kept * u128::from(radix) + u128::from(digit);
        } else {
            scale *= f64::from(radix);
            kept |= u128::from(digit != 0);
        }
    }
    kept as f64 * scale
}

/// Truncates like `ToIntegerOrInfinity`; NaN is 0 and what does not fit stays at the ends of i64.
pub(crate) fn to_integer(number: f64) -> i64 {
    number.trunc() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        let table = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-5.0, "-5"),
            (0.1, "0.1"),
            (-0.5, "-0.5"),
            (99.5, "99.5"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.5e300, "1.5e+300"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-1.25e-7, "-1.25e-7"),
            (123456789012345680000.0, "123456789012345680000"),
            (12345678901234567000.0, "12345678901234567000"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000"),
            (123456.789, "123456.789"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, text) in table {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn texts_are_read_as_javascript_reads_them() {
        let table = [
            ("", 0.0),
            (" \u{a0}\u{feff}\n", 0.0),
            (" 99 ", 99.0),
            ("0x64", 100.0),
            ("0B11", 3.0),
            ("0o144", 100.0),
            (".5", 0.5),
            ("-1.", -1.0),
            ("+100", 100.0),
            ("1e2", 100.0),
            ("1E-2", 0.01),
            ("Infinity", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("1e400", f64::INFINITY),
            ("007", 7.0),
            ("0x20000000000001", 9007199254740992.0),
            ("0x20000000000003", 9007199254740996.0),
        ];
        for (text, number) in table {
            assert_eq!(to_number(text), number, "{text:?}");
        }
        assert!(to_number("-0").is_sign_negative());
        assert_eq!(to_number(&format!("0x1{}", "0".repeat(40))), 16f64.powi(40));
    }

    #[test]
    fn other_texts_are_not_numbers() {
        let table = [
            "x", "5x", "1_0", "inf", "infinity", "nan", "NaN", ".", "e5", "+", "--1", "+-1", "1e",
            "0x", "-0x1", "0b2", "0xg", "1 2", "１", "+Inf", "1+1", "0x_1", "0x+1",
        ];
        for text in table {
            assert!(to_number(text).is_nan(), "{text:?}");
        }
    }

    #[test]
    fn truncation_never_overflows() {
        assert_eq!(to_integer(1.9), 1);
        assert_eq!(to_integer(-1.9), -1);
        assert_eq!(to_integer(f64::NAN), 0);
        assert_eq!(to_integer(f64::INFINITY), i64::MAX);
        assert_eq!(to_integer(-1e300), i64::MIN);
    }
}
