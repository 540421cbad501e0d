//! Instants and spans: whole microseconds UTC, cut at the border (K1).

mod window;

use core::fmt;
use core::str::FromStr;

use chrono::{DateTime, Datelike, Timelike, Utc};

pub use self::window::{Interval, Window};

/// Microseconds at 9999-12-31T23:59:59.999999Z.
const LAST: i64 = 253_402_300_799_999_999;
/// Microseconds at 0001-01-01T00:00:00Z.
const FIRST: i64 = -62_135_596_800_000_000;

/// An instant, in whole microseconds UTC, from the year 1 to the end of the year 9999 (K1).
///
/// ```
/// use prepaid::Timestamp;
/// let noon: Timestamp = "2025-01-01T12:00:00Z".parse()?;
/// assert_eq!("2025-01-01T13:00:00.0000009+01:00".parse(), Ok(noon)); // finer digits are cut
/// # Ok::<(), prepaid::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A length of time in whole microseconds, at most 36,525 days; written `90s`, `15m`, `24h` or `30d`.
///
/// ```
/// use prepaid::Span;
/// let day: Span = "24h".parse()?;
/// assert_eq!(day, Span::from_hours(24));
/// assert_eq!(day.to_string(), "1d");
/// # Ok::<(), prepaid::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// Why a text or a value is no instant or span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339 with a zone.
    #[error("must be an RFC 3339 time with a zone, such as 2025-01-01T00:00:00Z")]
    Malformed,
    /// A second numbered 60 has no microseconds of its own.
    #[error("must not be a leap second")]
    LeapSecond,
    /// Outside the years 1 to 9999.
    #[error("must lie in the years 1 to 9999")]
    OutOfRange,
    /// Not a number followed by s, m, h or d, or longer than 36,525 days.
    #[error("must be a number and a unit (s, m, h or d), such as 24h, and at most 36525d")]
    MalformedSpan,
}

impl Timestamp {
    /// The last instant there is.
    pub const MAX: Self = Self(LAST);
    /// The first instant there is.
    pub const MIN: Self = Self(FIRST);

    /// The last instant at which something may happen: from here no deadline passes the last instant there is.
    pub const LATEST_NOW: Self = Self(LAST - LONGEST);

    /// The instant so many microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] outside the years 1 to 9999.
    ///
    /// ```
    /// use prepaid::Timestamp;
    /// assert_eq!(Timestamp::from_micros(0)?.to_string(), "1970-01-01T00:00:00Z");
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    pub const fn from_micros(micros: i64) -> Result<Self, TimeError> {
        if FIRST <= micros && micros <= LAST { Ok(Self(micros)) } else { Err(TimeError::OutOfRange) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// let second: prepaid::Timestamp = "1970-01-01T00:00:01Z".parse()?;
    /// assert_eq!(second.as_micros(), 1_000_000);
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant and `span` together; the end of the year 9999 where that would lie beyond it.
    ///
    /// ```
    /// use prepaid::{Span, Timestamp};
    /// assert_eq!(Timestamp::MAX.saturating_add(Span::from_hours(1)), Timestamp::MAX);
    /// ```
    #[must_use]
    pub fn saturating_add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0).min(LAST))
    }

    /// One microsecond later; the end of the year 9999 is its own successor.
    pub(crate) const fn next(self) -> Self {
        Self(if self.0 < LAST { self.0.saturating_add(1) } else { LAST })
    }

    /// From chrono, cutting what is finer than a microsecond.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] or [`TimeError::LeapSecond`].
    ///
    /// ```
    /// use prepaid::Timestamp;
    /// let t = Timestamp::from_chrono(chrono::DateTime::UNIX_EPOCH)?;
    /// assert_eq!(t.as_micros(), 0);
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    pub fn from_chrono(time: DateTime<Utc>) -> Result<Self, TimeError> {
        if time.nanosecond() >= 1_000_000_000 {
            return Err(TimeError::LeapSecond);
        }
        Self::from_micros(time.timestamp_micros())
    }

    /// To chrono; exact.
    ///
    /// ```
    /// use prepaid::Timestamp;
    /// assert_eq!(Timestamp::from_micros(0)?.to_chrono(), chrono::DateTime::UNIX_EPOCH);
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    #[must_use]
    pub fn to_chrono(self) -> DateTime<Utc> {
        // Every value in range is one that chrono has; the epoch is never reached.
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError::Malformed)?;
        Self::from_chrono(time.with_timezone(&Utc))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.to_chrono();
        let (year, month, day) = (time.year(), time.month(), time.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match time.timestamp_subsec_micros() {
            0 => f.write_str("Z"),
            micros if micros % 1_000 == 0 => write!(f, ".{:03}Z", micros / 1_000),
            micros => write!(f, ".{micros:06}Z"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const SECOND: i64 = 1_000_000;
const UNITS: [(char, i64); 4] =
    [('d', 86_400 * SECOND), ('h', 3_600 * SECOND), ('m', 60 * SECOND), ('s', SECOND)];
const LONGEST: i64 = 36_525 * 86_400 * SECOND;

impl Span {
    /// So many minutes; at most 36,525 days.
    ///
    /// ```
    /// assert_eq!(prepaid::Span::from_minutes(60), prepaid::Span::from_hours(1));
    /// ```
    #[must_use]
    pub const fn from_minutes(minutes: u32) -> Self {
        #[expect(clippy::as_conversions, reason = "u32 to i64 is lossless; From is not const")]
        let micros = (minutes as i64).saturating_mul(60 * SECOND);
        Self(if micros < LONGEST { micros } else { LONGEST })
    }

    /// So many hours; at most 36,525 days.
    ///
    /// ```
    /// assert_eq!(prepaid::Span::from_hours(36).to_string(), "36h");
    /// ```
    #[must_use]
    pub const fn from_hours(hours: u32) -> Self {
        Self::from_minutes(hours.saturating_mul(60))
    }

    /// So many days; at most 36,525.
    ///
    /// ```
    /// assert_eq!(prepaid::Span::from_days(30).to_string(), "30d");
    /// ```
    #[must_use]
    pub const fn from_days(days: u32) -> Self {
        Self::from_hours(days.saturating_mul(24))
    }

    /// The length in microseconds.
    ///
    /// ```
    /// assert_eq!(prepaid::Span::from_minutes(1).as_micros(), 60_000_000);
    /// ```
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whether the span has no length.
    ///
    /// ```
    /// assert!(prepaid::Span::from_minutes(0).is_zero());
    /// ```
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Span {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (unit, size) =
            UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit)).ok_or(TimeError::MalformedSpan)?;
        let digits = text.strip_suffix(unit).unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TimeError::MalformedSpan);
        }
        let count: i64 = digits.parse().map_err(|_| TimeError::MalformedSpan)?;
        match count.checked_mul(size) {
            Some(micros) if micros <= LONGEST => Ok(Self(micros)),
            Some(_) | None => Err(TimeError::MalformedSpan),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, size) in UNITS {
            if let (Some(0), Some(count)) = (self.0.checked_rem(size), self.0.checked_div(size))
                && (count != 0 || unit == 's')
            {
                return write!(f, "{count}{unit}");
            }
        }
        // Spans are parsed from whole seconds, so this is never reached.
        write!(f, "{}s", self.0 / SECOND)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

crate::text::serde_as_text!(Timestamp, "a time such as \"2025-01-01T00:00:00Z\"");
crate::text::serde_as_text!(Span, "a length of time such as \"24h\"");
