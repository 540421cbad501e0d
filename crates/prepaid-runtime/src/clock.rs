//! Clocks: the only place where time comes from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use prepaid::{Span, Timestamp};

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    ///
    /// # Errors
    /// [`ClockError`] when the clock cannot be believed: nothing is decided then.
    fn now(&self) -> Result<Timestamp, ClockError>;

    /// Whether somebody sets it, as tests and simulations do. One that is not is checked against the time that passes.
    fn is_set_by_hand(&self) -> bool {
        false
    }
}

/// A clock that cannot be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It has run ahead of the time that has passed by more than the policy's skew (K2).
    #[error("the clock has jumped ahead by {by_seconds} seconds: nothing is decided until it is right again")]
    Ahead {
        /// By how much.
        by_seconds: u64,
    },
    /// It shows a time that accounts do not know.
    #[error("the clock shows a time outside the years 1 to 9999")]
    Absurd,
}

/// The machine's clock.
///
/// ```
/// use prepaid_runtime::{Clock, SystemClock};
/// assert!(SystemClock::default().now().is_ok());
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock {}

#[expect(clippy::disallowed_methods, reason = "this is the clock: shells read it, the core does not")]
fn wall() -> SystemTime {
    SystemTime::now()
}

#[expect(clippy::disallowed_methods, reason = "how much time has passed is measured here, and only here")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

impl Clock for SystemClock {
    fn now(&self) -> Result<Timestamp, ClockError> {
        let since = wall().duration_since(UNIX_EPOCH).map_err(|_| ClockError::Absurd)?;
        let micros = i64::try_from(since.as_micros()).map_err(|_| ClockError::Absurd)?;
        Timestamp::from_micros(micros).map_err(|_| ClockError::Absurd)
    }
}

/// A clock that is checked against the time that has really passed: one that jumps ahead by more than a skew is not
/// believed until it is right again (K2). One that goes back is: accounts never do.
///
/// ```
/// use prepaid::Span;
/// use prepaid_runtime::{Clock, ManualClock, SteadyClock};
/// let clock = ManualClock::at("2025-01-01T00:00:00Z".parse()?);
/// let steady = SteadyClock::over(clock.clone(), Span::from_minutes(5));
/// assert!(steady.now().is_ok());
/// clock.set("2025-01-01T03:00:00Z".parse()?);
/// assert!(steady.now().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SteadyClock<C> {
    clock: C,
    skew: Span,
    believed: Mutex<Option<(Instant, Timestamp)>>,
}

impl<C: Clock> SteadyClock<C> {
    /// A clock that may run ahead of the time that has passed by at most `skew`.
    ///
    /// ```
    /// use prepaid_runtime::{SteadyClock, SystemClock};
    /// let _clock = SteadyClock::over(SystemClock::default(), prepaid::Span::from_minutes(5));
    /// ```
    pub const fn over(clock: C, skew: Span) -> Self {
        Self { clock, skew, believed: Mutex::new(None) }
    }
}

impl<C: Clock> Clock for SteadyClock<C> {
    fn now(&self) -> Result<Timestamp, ClockError> {
        let shown = self.clock.now()?;
        let mut believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, at) = *believed.get_or_insert_with(|| (instant(), shown));
        let passed = instant().saturating_duration_since(then);
        let expected = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX).saturating_add(at.as_micros());
        let ahead = shown.as_micros().saturating_sub(expected);
        if ahead > self.skew.as_micros() {
            let by_seconds = Duration::from_micros(ahead.unsigned_abs()).as_secs();
            return Err(ClockError::Ahead { by_seconds });
        }
        // Believed: the next reading is compared with this one.
        *believed = Some((instant(), shown));
        Ok(shown)
    }

    /// It is checked already.
    fn is_set_by_hand(&self) -> bool {
        true
    }
}

/// A clock that is set by hand; copies show the same time.
///
/// ```
/// use prepaid_runtime::{Clock, ManualClock};
/// let clock = ManualClock::at("2025-01-01T00:00:00Z".parse()?);
/// clock.set("2025-01-02T00:00:00Z".parse()?);
/// assert_eq!(clock.now(), Ok("2025-01-02T00:00:00Z".parse()?));
/// # Ok::<(), prepaid::TimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that shows `at` until it is set.
    ///
    /// ```
    /// let _clock = prepaid_runtime::ManualClock::at(prepaid::Timestamp::MIN);
    /// ```
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    /// Sets it.
    ///
    /// ```
    /// prepaid_runtime::ManualClock::at(prepaid::Timestamp::MIN).set(prepaid::Timestamp::MAX);
    /// ```
    pub fn set(&self, at: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Result<Timestamp, ClockError> {
        Ok(*self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_set_by_hand(&self) -> bool {
        true
    }
}
