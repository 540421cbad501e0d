//! Texts of amounts, instants and spans, and the fields of a command.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// M1: an amount is below this in magnitude.
const RANGE: &str = "79000000000000000";

const SECOND: i64 = 1_000_000;
pub(super) const DAY: i64 = 86_400 * SECOND;

// ---- amounts ----------------------------------------------------------------------------------

pub(super) fn amount(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap().normalize()
}

/// M1: equal amounts have one representation.
pub(super) fn amount_text(amount: Decimal) -> String {
    if amount.is_zero() { "0".to_owned() } else { amount.normalize().to_string() }
}

/// M1: `left + right`, or the refusal that names what would leave the range.
pub(super) fn add(left: Decimal, right: Decimal, field: &str) -> Result<Decimal, Value> {
    match left.checked_add(right) {
        Some(sum) if sum.abs() < amount(RANGE) => Ok(sum),
        _ => Err(object("out_of_range", [("field", field.into())])),
    }
}

/// M1: the largest amount there is.
pub(super) fn largest() -> Decimal {
    amount("78999999999999999.999999999999")
}

/// M1: how many units of the last digit an amount is: sums of these never round.
pub(super) fn units(amount: Decimal) -> i128 {
    let mut exact = amount;
    exact.rescale(12);
    exact.mantissa()
}

/// M3: a whole number of charge units.
pub(super) fn is_whole(amount: Decimal, unit: Decimal) -> bool {
    (amount % unit).is_zero()
}

/// M3: charges are rounded up to whole charge units.
pub(super) fn round_up(amount: Decimal, unit: Decimal) -> Decimal {
    let rest = amount % unit; // has the sign of `amount`
    if rest.is_zero() {
        amount
    } else if rest > Decimal::ZERO {
        amount - rest + unit
    } else {
        amount - rest
    }
}

/// M3: refunds, and what a cap leaves, are rounded down. Not for amounts below zero.
pub(super) fn round_down(amount: Decimal, unit: Decimal) -> Decimal {
    amount - amount % unit
}

// ---- time -------------------------------------------------------------------------------------

/// `"90s"`, `"15m"`, `"24h"`, `"30d"`, in microseconds.
pub(super) fn span(text: &str) -> i64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => DAY,
        _ => panic!("not a span: {text}"),
    };
    number.parse::<i64>().unwrap() * unit
}

/// An RFC 3339 text in UTC (or a date alone, its first instant), in microseconds since 1970.
pub(super) fn instant(text: &str) -> i64 {
    let part = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let days = days_since_1970(part(0, 4), part(5, 7), part(8, 10));
    if text.len() == 10 {
        return days * DAY;
    }
    let seconds = part(11, 13) * 3_600 + part(14, 16) * 60 + part(17, 19);
    let fraction: String = text[19..].chars().filter(char::is_ascii_digit).take(6).collect();
    let micros: i64 = format!("{fraction:0<6}").parse().unwrap();
    days * DAY + seconds * SECOND + micros
}

/// Printed with no, three or six fractional digits.
pub(super) fn instant_text(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let micros = at.rem_euclid(SECOND);
    let seconds = at.rem_euclid(DAY) / SECOND;
    let fraction = if micros == 0 {
        String::new()
    } else if micros % 1_000 == 0 {
        format!(".{:03}", micros / 1_000)
    } else {
        format!(".{micros:06}")
    };
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}{fraction}Z")
}

/// The proleptic Gregorian calendar, in years that begin in March, in cycles of 400 years.
pub(super) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12; // March is 0
    let of_cycle = year.rem_euclid(400);
    let days_of_year = (153 * month + 2) / 5 + day - 1;
    let days_of_cycle = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + days_of_year;
    year.div_euclid(400) * 146_097 + days_of_cycle - 719_468
}

pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let of_cycle = days.rem_euclid(146_097);
    let year_of_cycle = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let day_of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month = (5 * day_of_year + 2) / 153; // March is 0
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = days.div_euclid(146_097) * 400 + year_of_cycle + i64::from(month <= 2);
    (year, month, day)
}

// ---- JSON -------------------------------------------------------------------------------------

/// An event, effect or rejection: its type and its fields; a field that is null is left out.
pub(super) fn object<const N: usize>(kind: &str, fields: [(&str, Value); N]) -> Value {
    let mut map = Map::new();
    map.insert("type".to_owned(), kind.into());
    for (name, value) in fields {
        if !value.is_null() {
            map.insert(name.to_owned(), value);
        }
    }
    Value::Object(map)
}

pub(super) fn json_amount(amount: Decimal) -> Value {
    amount_text(amount).into()
}

pub(super) fn json_instant(at: i64) -> Value {
    instant_text(at).into()
}

/// A text, or null (which `object` leaves out).
pub(super) fn json_text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

/// Fields of a command.
pub(super) fn text<'a>(command: &'a Value, field: &str) -> &'a str {
    command[field].as_str().unwrap_or_else(|| panic!("{field} in {command}"))
}

pub(super) fn optional_text(command: &Value, field: &str) -> Option<String> {
    command[field].as_str().map(str::to_owned)
}

pub(super) fn amount_in(command: &Value, field: &str) -> Decimal {
    amount(text(command, field))
}

pub(super) fn optional_amount(command: &Value, field: &str) -> Option<Decimal> {
    command[field].as_str().map(amount)
}

pub(super) fn number(command: &Value, field: &str) -> u64 {
    command[field].as_u64().unwrap_or_else(|| panic!("{field} in {command}"))
}
