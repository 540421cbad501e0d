//! Forgetting requests that were remembered long enough (K6): once an hour, and a stretch at a time, between two groups.

use prepaid::{Span, Timestamp};

use crate::store::EventStore;

/// An hour in microseconds.
const HOUR: i64 = 3_600_000_000;

/// A minute in microseconds.
const MINUTE: i64 = 60_000_000;

#[derive(Debug, Default)]
pub(crate) struct Forgetting {
    began_at: Option<Timestamp>,
    /// Before when, and from where.
    next: Option<(Timestamp, u64)>,
}

impl Forgetting {
    pub(crate) const fn is_under_way(&self) -> bool {
        self.next.is_some()
    }

    /// Forgets the next stretch, or begins when an hour has passed.
    pub(crate) fn go_on(&mut self, store: &mut impl EventStore, now: Timestamp, retention: Span) {
        let since = self.began_at.map_or(i64::MAX, |at| now.as_micros().saturating_sub(at.as_micros()));
        if !self.is_under_way() && since >= HOUR {
            self.began_at = Some(now);
            let before = now.as_micros().saturating_sub(retention.as_micros());
            self.next = Timestamp::from_micros(before).ok().map(|before| (before, 0));
        }
        let Some((before, from)) = self.next.take() else { return };
        if let Ok(forgotten) = store.forget_requests(before, from) {
            self.next = forgotten.next.map(|next| (before, next));
        } else {
            // It is tried again in a minute.
            let began_at = now.as_micros().saturating_sub(HOUR).saturating_add(MINUTE);
            self.began_at = Timestamp::from_micros(began_at).ok();
        }
    }
}
