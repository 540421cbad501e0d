//! What is stored or written down: policies, price lists, batches, log lines.

use super::commands::{LABEL, TEXT};
use super::kind::{Field, Kind, may, must, or_null};
use super::rejections::BOUND;

const INSTANT: Kind = Kind::Instant;
const AMOUNT: Kind = Kind::Amount;
const SPAN: Kind = Kind::Span;
const SMALL: Kind = Kind::Count(0, 65_535);

/// The numbers of a policy; each may be left out.
pub(crate) const POLICY: &[Field] = &[
    may("id", LABEL),
    may("currency", Kind::Currency),
    may("charge_unit", AMOUNT),
    may("terms_required", LABEL),
    may("terms_required_since", INSTANT),
    may("terms_grace", SPAN),
    may("top_up_enabled", Kind::Flag),
    may("threshold", AMOUNT),
    may("target", AMOUNT),
    may("threshold_min", BOUND),
    or_null("threshold_max", AMOUNT),
    may("target_min", BOUND),
    may("target_max", AMOUNT),
    may("gap", BOUND),
    may("smallest_charge", AMOUNT),
    may("keys_ever", SMALL),
    may("places_in_flight", SMALL),
    may("hold", SPAN),
    may("late_window", SPAN),
    may("extension", SPAN),
    may("action_deadline", SPAN),
    may("asking_window", SPAN),
    may("retries", Kind::List(&SPAN)),
    may("failures_bound", SMALL),
    may("failures_window", SPAN),
    may("manual_min", AMOUNT),
    may("manual_max", AMOUNT),
    may("maximum_balance", AMOUNT),
    may("debt_at_settlement", AMOUNT),
    or_null("monthly_cap_max", AMOUNT),
    or_null("daily_count_max", SMALL),
    or_null("limit_max", AMOUNT),
    may("reversal_window", SPAN),
    may("shown_characters", Kind::Count(0, 255)),
    may("skew", SPAN),
];

const PRICE: Kind = Kind::Object(&[must("price", AMOUNT), may("per", Kind::Count(1, u64::MAX))]);

/// A price list.
pub(crate) const PRICE_LIST: &[Field] = &[
    must("currency", Kind::Currency),
    must(
        "version",
        Kind::List(&Kind::Object(&[
            must("from", INSTANT),
            may("until", INSTANT),
            must("items", Kind::Named(&Kind::Named(&PRICE))),
        ])),
    ),
];

const EVENT_LIST: Kind = Kind::List(&Kind::Described("event"));

/// What one command did.
pub(crate) const BATCH: &[Field] = &[must("at", INSTANT), must("events", EVENT_LIST)];

/// One line of the feed of changes.
pub(crate) const CHANGE: &[Field] = &[
    must("position", Kind::Count(1, u64::MAX)),
    must("account", Kind::Id),
    must("seq", Kind::Count(1, u64::MAX)),
    must("at", INSTANT),
    or_null("request", TEXT),
    must("policy", LABEL),
    must("events", EVENT_LIST),
    must("posted", Kind::Balance),
    must("held", AMOUNT),
];

/// One line of a log.
pub(crate) const LOG_LINE: &[Field] = &[
    must("account", Kind::Id),
    must("seq", Kind::Count(1, u64::MAX)),
    must("at", INSTANT),
    or_null("request", TEXT),
    must("policy", LABEL),
    must("events", EVENT_LIST),
    must("posted", Kind::Balance),
    must("held", AMOUNT),
    must("prev", Kind::Digest),
];
