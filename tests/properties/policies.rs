//! The policies that generated lives are lived under.

use prepaid::{Amount, LowerBound, Policy, PolicyNumbers, Span, Timestamp};

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

/// Policies whose numbers are small enough to reach every bound in a short life.
pub fn policy(n: u8) -> Policy {
    let documented = PolicyNumbers::documented();
    let numbers = match n % 9 {
        0 | 1 => documented,
        2 => PolicyNumbers::published_2026(),
        3 => PolicyNumbers {
            retries: vec![span("1h")],
            failures_bound: 2,
            failures_window: span("2d"),
            places_in_flight: 3,
            keys_ever: 2,
            debt_at_settlement: amount("5"),
            hold: span("10m"),
            late_window: span("20m"),
            extension: span("15m"),
            action_deadline: span("30m"),
            asking_window: span("1h"),
            ..documented
        },
        4 => PolicyNumbers {
            charge_unit: amount("1"),
            smallest_charge: amount("8"),
            threshold: amount("3"),
            target: amount("12"),
            gap: LowerBound::From(amount("3")),
            retries: vec![],
            failures_bound: 1,
            failures_window: span("1h"),
            maximum_balance: amount("30"),
            shown_characters: 2,
            ..documented
        },
        5 => PolicyNumbers { debt_at_settlement: amount("30"), places_in_flight: 2, ..documented },
        7 => PolicyNumbers {
            monthly_cap_max: Some(amount("40")),
            daily_count_max: Some(3),
            limit_max: Some(amount("25")),
            reversal_window: span("31d"),
            failures_window: span("2d"),
            failures_bound: 3,
            hold: span("30m"),
            ..documented
        },
        8 => PolicyNumbers {
            charge_unit: amount("1"),
            smallest_charge: amount("2"),
            reversal_window: span("31d"),
            debt_at_settlement: amount("5"),
            asking_window: span("2h"),
            hold: span("26h"),
            extension: span("27h"),
            ..documented
        },
        _ => PolicyNumbers { top_up_enabled: false, debt_at_settlement: amount("0.01"), ..documented },
    };
    Policy::new(numbers).unwrap()
}

/// The same policy once newer terms are required, since an instant within reach.
pub fn with_newer_terms(policy: &Policy, since: Timestamp) -> Policy {
    let numbers = PolicyNumbers {
        terms_required: "TOS_2025_06_01".parse().unwrap(),
        terms_required_since: since,
        terms_grace: span("3h"),
        ..policy.numbers().clone()
    };
    Policy::new(numbers).unwrap()
}

/// When lives begin.
pub fn dawn() -> Timestamp {
    "2025-01-01T00:00:00Z".parse().unwrap()
}
