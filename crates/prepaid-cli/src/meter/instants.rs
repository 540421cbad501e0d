//! The times of a request log: what people and programs write, read without allocation.

use chrono::{NaiveDate, NaiveTime};
use prepaid::Timestamp;

/// What would be right, for a text that is no time.
pub(super) const RIGHT: &str =
    "must be a time such as 2023-11-16 18:17:03.97, 2023-11-16T18:17:03Z or Unix seconds of 9 or 10 digits";

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Reads times; it remembers the last day, as neighbours in a log mostly share it.
#[derive(Debug, Default)]
pub(super) struct Instants {
    day: [u8; 10],
    midnight: i64,
}

impl Instants {
    /// The instant a text says, cut to microseconds; UTC where it names no zone.
    pub(super) fn read(&mut self, text: &[u8]) -> Option<Timestamp> {
        let micros = match text.split_first_chunk::<10>() {
            Some((day, rest)) if day.contains(&b'-') => self.calendar(day, rest)?,
            Some(_) | None => unix(text)?,
        };
        Timestamp::from_micros(micros).ok()
    }

    fn calendar(&mut self, day: &[u8; 10], rest: &[u8]) -> Option<i64> {
        if *day != self.day {
            self.midnight = midnight(day)?;
            self.day = *day;
        }
        let (separator, rest) = rest.split_first()?;
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let ([h1, h2, b':', m1, m2, b':', s1, s2], rest) = rest.split_first_chunk::<8>()? else {
            return None;
        };
        let (hour, minute, second) = (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (fraction, rest) = fraction(rest)?;
        let ahead = zone(rest)?;
        [hour.checked_mul(HOUR), minute.checked_mul(MINUTE), second.checked_mul(SECOND), Some(fraction)]
            .into_iter()
            .try_fold(self.midnight, |sum, part| sum.checked_add(part?))?
            .checked_sub(ahead)
    }
}

fn midnight(day: &[u8; 10]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = day else { return None };
    let year = two(*y1, *y2)?.checked_mul(100)?.checked_add(two(*y3, *y4)?)?;
    let (month, day) = (two(*m1, *m2)?, two(*d1, *d2)?);
    let short = |n: i64| u32::try_from(n).ok();
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, short(month)?, short(day)?)?;
    Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
}

/// `.` and digits, of which the first six count; or nothing.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', text)) = text.split_first() else { return Some((0, text)) };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    if digits.is_empty() {
        return None;
    }
    let six = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    let micros = six
        .fold(0_i64, |sum, byte| sum.saturating_mul(10).saturating_add(i64::from(byte.saturating_sub(b'0'))));
    Some((micros, rest))
}

/// How far ahead of UTC the zone is; UTC where none is named.
fn zone(text: &[u8]) -> Option<i64> {
    match text {
        [] | [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let ahead = hours.checked_mul(HOUR)?.checked_add(minutes.checked_mul(MINUTE)?)?;
            if *sign == b'-' { ahead.checked_neg() } else { Some(ahead) }
        }
        [..] => None,
    }
}

/// Unix seconds: 9 or 10 digits, from 1973 to 2286, so that milliseconds are not taken for seconds.
fn unix(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = text.split_at_checked(digits)?;
    if !(9..=10).contains(&digits) {
        return None;
    }
    let seconds: i64 = std::str::from_utf8(whole).ok()?.parse().ok()?;
    let (micros, rest) = fraction(rest)?;
    if rest.is_empty() { seconds.checked_mul(SECOND)?.checked_add(micros) } else { None }
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte.saturating_sub(b'0')));
    digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Instants::default().read(text.as_bytes()).map(|at| at.to_string())
    }

    #[test]
    fn the_forms_that_are_known() {
        let rows = [
            ("2023-11-16 18:17:03.9799600", "2023-11-16T18:17:03.979960Z"),
            ("2023-11-16 18:17:03", "2023-11-16T18:17:03Z"),
            ("2023-11-16T18:17:03Z", "2023-11-16T18:17:03Z"),
            ("2023-11-16T18:17:03.5+01:00", "2023-11-16T17:17:03.500Z"),
            ("2023-11-16t18:17:03z", "2023-11-16T18:17:03Z"),
            ("2024-02-29 23:59:59.9999999", "2024-02-29T23:59:59.999999Z"),
            ("1700158623", "2023-11-16T18:17:03Z"),
            ("1700158623.25", "2023-11-16T18:17:03.250Z"),
            ("999999999", "2001-09-09T01:46:39Z"),
        ];
        for (text, instant) in rows {
            assert_eq!(read(text).as_deref(), Some(instant), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_or_not_clearly_one() {
        let rows = [
            "",
            "now",
            "2023-11-16",
            "2023-13-16 18:17:03",
            "2023-02-29 00:00:00",
            "2023-11-16 24:00:00",
            "2023-11-16 18:17:60",
            "2023-11-16 18:17:03.",
            "2023-11-16 18:17:03,5",
            "2023-11-16 18:17:03+0100",
            "2023-11-16 18:17:03 ",
            "16-11-2023 18:17:03",
            "1700158623000",
            "17001586",
            "-1700158623",
            "0000-01-01 00:00:00",
            "1700158623.",
            "1700158623s",
            "2023-11-16 18:17:03+99:00",
        ];
        for text in rows {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_remembered_day_is_told_from_the_next() {
        let mut instants = Instants::default();
        let mut read = |text: &str| instants.read(text.as_bytes()).map(Timestamp::as_micros);
        let first = read("2023-11-16 00:00:00");
        assert_eq!(first.map(|at| at + 24 * HOUR), read("2023-11-17 00:00:00"));
        assert_eq!(read("2023-99-99 00:00:00"), None);
        assert_eq!(read("2023-11-16 00:00:00"), first);
    }
}
