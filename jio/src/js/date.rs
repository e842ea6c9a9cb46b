//! Instants: what `new Date(value)` makes of a value, in milliseconds since 1970 (ECMA-262 §21.4).
//!
//! Reads the ISO form of ECMA-262 §21.4.1.32 and the written forms around RFC 2822 §3.3, which
//! include what `Date` prints itself. Knows no clock and no time zone of the machine.
//! deviates: a time without zone, local in JavaScript, is read as UTC, so that a database answers
//! the same everywhere. Looser texts that only some browsers read are not dates.

use serde_json::Value;

use super::value_text;

const MS_PER_MINUTE: f64 = 60_000.0;
const MS_PER_DAY: f64 = 86_400_000.0;
/// The last instant a `Date` can hold, both ways from 1970.
const LAST_INSTANT: f64 = 8.64e15;

/// The instant a value stands for; `None` for an invalid date.
pub(crate) fn instant(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Number(number) => clip(number.as_f64()?),
        Value::String(text) => parse(text),
        Value::Array(_) | Value::Object(_) => parse(&value_text(value)),
    }
}

/// Reads a date text; `None` when it is not one.
pub(crate) fn parse(text: &str) -> Option<f64> {
    iso(text)
        .or_else(|| written(text))
        .and_then(Moment::instant)
}

fn clip(instant: f64) -> Option<f64> {
    (instant.abs() <= LAST_INSTANT).then(|| instant.trunc())
}

/// A date as written: calendar fields, time of day and the zone's distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment {
    year: i64,
    /// 1 to 12.
    month: i64,
    /// 1 to 31; a day the month does not have counts on into the next one.
    day: i64,
    /// Milliseconds since midnight; a whole day for 24:00.
    time: f64,
    zone_minutes: i64,
}

impl Moment {
    fn instant(self) -> Option<f64> {
        if !(1..=12).contains(&self.month) || !(1..=31).contains(&self.day) {
            return None;
        }
        let days = days_before_month(self.year, self.month) + self.day - 1;
        clip(days as f64 * MS_PER_DAY + self.time - self.zone_minutes as f64 * MS_PER_MINUTE)
    }
}

/// Days from 1970-01-01 to the first of a month in the proleptic Gregorian calendar.
fn days_before_month(year: i64, month: i64) -> i64 {
    // Years are counted from March, so that a leap day is the last of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    const DAYS_FROM_MARCH_YEAR_0_TO_1970: i64 = 719_468;
    365 * year + leap_days + (153 * month + 2) / 5 - DAYS_FROM_MARCH_YEAR_0_TO_1970
}

fn time_of_day(hour: i64, minute: i64, second: i64, ms: i64) -> Option<f64> {
    let is_end_of_day = (hour, minute, second, ms) == (24, 0, 0, 0);
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    let total = ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
    (is_time || is_end_of_day).then_some(total as f64)
}

/// A text being read from the left.
#[derive(Clone)]
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn take(&mut self, c: char) -> bool {
        self.take_any(&[c]).is_some()
    }

    fn take_any(&mut self, accepted: &[char]) -> Option<char> {
        let c = self.0.chars().next().filter(|c| accepted.contains(c))?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }

    fn take_while(&mut self, accepts: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !accepts(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// Exactly `count` decimal digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let digits = self
            .0
            .get(..count)
            .filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        self.0 = &self.0[count..];
        digits.parse().ok()
    }

    /// Any digits after a decimal point, as milliseconds; further ones are cut off.
    fn fraction_ms(&mut self) -> Option<i64> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        let ms = digits.bytes().chain(*b"00").take(3);
        (!digits.is_empty()).then(|| ms.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0')))
    }
}

/// `YYYY[-MM[-DD]][THH:MM[:SS[.sss]]][Z|±HH:MM]`, year also `±YYYYYY`; a space may stand for `T`.
fn iso(text: &str) -> Option<Moment> {
    let mut rest = Cursor(text);
    let year = match rest.take_any(&['+', '-']) {
        Some(sign) => rest.digits(6)? * if sign == '-' { -1 } else { 1 },
        None => rest.digits(4)?,
    };
    let mut moment = Moment {
        year,
        month: 1,
        day: 1,
        time: 0.0,
        zone_minutes: 0,
    };
    if rest.take('-') {
        moment.month = rest.digits(2)?;
        if rest.take('-') {
            moment.day = rest.digits(2)?;
        }
    }
    if rest.take_any(&['T', 't', ' ']).is_some() {
        moment.time = iso_time(&mut rest)?;
        moment.zone_minutes = iso_zone(&mut rest)?;
    }
    rest.0.is_empty().then_some(moment)
}

fn iso_time(rest: &mut Cursor<'_>) -> Option<f64> {
    let hour = rest.digits(2)?;
    let minute = rest.take(':').then(|| rest.digits(2))??;
    let second = if rest.take(':') { rest.digits(2)? } else { 0 };
    let ms = if rest.take_any(&['.', ',']).is_some() {
        rest.fraction_ms()?
    } else {
        0
    };
    time_of_day(hour, minute, second, ms)
}

/// Nothing, `Z`, `±HH:MM` or `±HHMM`, in minutes.
fn iso_zone(rest: &mut Cursor<'_>) -> Option<i64> {
    if rest.0.is_empty() || rest.take_any(&['Z', 'z']).is_some() {
        return Some(0);
    }
    let sign = if rest.take_any(&['+', '-'])? == '-' {
        -1
    } else {
        1
    };
    let hours = rest.digits(2)?;
    rest.take(':');
    Some(sign * (hours * 60 + rest.digits(2)?))
}

/// What has been read of a written date so far.
#[derive(Default)]
struct Fields {
    numbers: Vec<i64>,
    month: Option<i64>,
    time: Option<f64>,
    zone_minutes: Option<i64>,
}

/// Written dates: `[Fri,] 8 Sep 2017 07:46[:27] [GMT|+0200]`, `Sep 8, 2017`, `9/8/2017`.
fn written(text: &str) -> Option<Moment> {
    let mut rest = Cursor(text.trim());
    let mut fields = Fields::default();
    while let Some(c) = rest.0.chars().next() {
        match c {
            '(' => skip_comment(&mut rest)?,
            ',' | ' ' | '/' => _ = rest.take(c),
            '+' | '-' => fields.zone_minutes = Some(iso_zone(&mut rest)?),
            '0'..='9' => read_number(&mut rest, &mut fields)?,
            'a'..='z' | 'A'..='Z' => read_word(&mut rest, &mut fields)?,
            _ => return None,
        }
    }
    fields.into_moment()
}

impl Fields {
    fn into_moment(self) -> Option<Moment> {
        let (month, day, year) = match (self.month, self.numbers.as_slice()) {
            (Some(month), &[day, year]) if day <= 31 => (month, day, full_year(year)),
            (Some(month), &[year, day]) => (month, day, year),
            (None, &[year, month, day]) if year > 31 => (month, day, year),
            (None, &[month, day, year]) => (month, day, full_year(year)),
            _ => return None,
        };
        let time = self.time.unwrap_or(0.0);
        Some(Moment {
            year,
            month,
            day,
            time,
            zone_minutes: self.zone_minutes.unwrap_or(0),
        })
    }
}

/// Years of two digits: 0 to 49 are of this century, 50 to 99 of the last (RFC 2822 §4.3).
fn full_year(year: i64) -> i64 {
    match year {
        0..=49 => year + 2_000,
        50..=99 => year + 1_900,
        _ => year,
    }
}

fn skip_comment(rest: &mut Cursor<'_>) -> Option<()> {
    let (_, after) = rest.0.split_once(')')?;
    rest.0 = after;
    Some(())
}

/// A number is the hour of a time when a colon follows, else a day, month or year.
fn read_number(rest: &mut Cursor<'_>, fields: &mut Fields) -> Option<()> {
    const MOST_DIGITS: usize = 6;
    let digits = rest.take_while(|c| c.is_ascii_digit());
    let number = (digits.len() <= MOST_DIGITS).then(|| digits.parse().ok())??;
    if !rest.take(':') {
        fields.numbers.push(number);
        return Some(());
    }
    let minute = rest.digits(2)?;
    let second = if rest.take(':') { rest.digits(2)? } else { 0 };
    let ms = if rest.take('.') {
        rest.fraction_ms()?
    } else {
        0
    };
    fields.time = Some(time_of_day(number, minute, second, ms)?);
    Some(())
}

/// Month and zone names count; other words, such as the day of the week, only before the date.
fn read_word(rest: &mut Cursor<'_>, fields: &mut Fields) -> Option<()> {
    let word = rest
        .take_while(|c| c.is_ascii_alphabetic())
        .to_ascii_lowercase();
    rest.take('.');
    if let Some(minutes) = named_zone(&word) {
        fields.zone_minutes = Some(minutes);
    } else if let Some(month) = named_month(&word) {
        fields.month = Some(month);
    } else if !fields.numbers.is_empty() {
        return None;
    }
    Some(())
}

fn named_month(word: &str) -> Option<i64> {
    const MONTHS: &str = "janfebmaraprmayjunjulaugsepoctnovdec";
    let at = word
        .get(..3)
        .and_then(|start| MONTHS.find(start))
        .filter(|at| at % 3 == 0)?;
    Some(at as i64 / 3 + 1)
}

fn named_zone(word: &str) -> Option<i64> {
    let hours = match word {
        "z" | "ut" | "utc" | "gmt" => 0,
        "edt" => -4,
        "est" | "cdt" => -5,
        "cst" | "mdt" => -6,
        "mst" | "pdt" => -7,
        "pst" => -8,
        _ => return None,
    };
    Some(hours * 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const JAN_5_10_00: f64 = 1_451_988_000_000.0;

    #[test]
    fn one_instant_can_be_written_in_many_ways() {
        let texts = [
            "2016-01-05T10:00:00.000Z",
            "2016-01-05T10:00:00Z",
            "2016-01-05T10:00Z",
            "2016-01-05T10:00",
            "2016-01-05 10:00:00",
            "2016-01-05T11:00:00+01:00",
            "2016-01-04T23:30:00-10:30",
            "+002016-01-05T10:00:00Z",
            "Tue, 05 Jan 2016 10:00:00 GMT",
            "Tue, 5 Jan 2016 11:00:00 +0100",
            "5 Jan 16 10:00 UT",
            "Tue Jan 05 2016 05:00:00 GMT-0500 (Eastern Standard Time)",
            "January 5, 2016 05:00 EST",
            "1/5/2016 10:00",
            "2016/01/05 10:00",
        ];
        for text in texts {
            assert_eq!(parse(text), Some(JAN_5_10_00), "{text}");
        }
    }

    #[test]
    fn shorter_forms_mean_the_first_moment() {
        assert_eq!(parse("2016-01-05"), Some(JAN_5_10_00 - 36_000_000.0));
        assert_eq!(parse("2016"), parse("2016-01-01T00:00:00Z"));
        assert_eq!(parse("2016-03"), parse("2016-03-01"));
        assert_eq!(parse("2016-03-01T24:00Z"), parse("2016-03-02"));
        assert_eq!(parse("2015-02-30"), parse("2015-03-02"));
        assert_eq!(parse("1970-01-01T00:00:00.0019Z"), Some(1.0));
        assert_eq!(parse("1969-12-31"), Some(-MS_PER_DAY));
        assert_eq!(parse("0000-01-01"), Some(-62_167_219_200_000.0));
    }

    #[test]
    fn other_texts_are_not_dates() {
        let table = [
            "",
            "yesterday",
            "2016%",
            "2016-13-01",
            "2016-01-32",
            "2016-01-05T25:00Z",
            "2016-01-05T24:01Z",
            "2016-01-05T10:60Z",
            "2016-1-5",
            "201",
            "2016-01-05T",
            "2016-01-05T10",
            "2016-01-05T10:00:00.Z",
            "2016-01-05T10:00+1",
            "5 Foo 2016 bar",
            "Jan",
            "5 Jan",
            "測",
            "1/2/3/4",
            "(",
            "99999999999999999999 Jan 2016",
            "+275760-09-13T00:00:00.001Z",
            "[object Object]",
        ];
        for text in table {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn values_other_than_texts_go_the_way_of_date() {
        assert_eq!(instant(&json!(JAN_5_10_00 + 0.5)), Some(JAN_5_10_00));
        assert_eq!(instant(&json!(1e300)), None);
        assert_eq!(instant(&json!(true)), Some(1.0));
        assert_eq!(instant(&json!(["2016-01-05T10:00Z"])), Some(JAN_5_10_00));
        assert_eq!(instant(&json!({})), None);
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        for (year, first_day) in [
            (1969, -365),
            (1970, 0),
            (1972, 730),
            (1973, 1096),
            (2000, 10957),
            (2001, 11323),
        ] {
            assert_eq!(days_before_month(year, 1), first_day, "{year}");
        }
    }
}
