//! Customers who come from elsewhere, as a file of `prepaid import` speaks of them.

use super::commands::{LABEL, TEXT, UNITS, USE};
use super::events::METHOD;
use super::kind::{Field, Kind, may, must, or_null};

const TERMS: Kind = Kind::Object(&[must("version", LABEL), must("by", TEXT), may("entity", TEXT)]);

const KEY: Kind = Kind::Object(&[
    must("key", Kind::Id),
    must("digest", Kind::Digest),
    must("shown", Kind::Shown),
    may("label", LABEL),
    may("expires_at", Kind::Instant),
]);

const TOP_UP: Kind = Kind::Object(&[
    may("enabled", Kind::Flag),
    may("threshold", Kind::Amount),
    may("target", Kind::Amount),
    or_null("monthly_cap", Kind::Amount),
    or_null("daily_count", UNITS),
]);

/// One line of a file of customers.
pub(crate) const CUSTOMER: &[Field] = &[
    must("account", Kind::Id),
    must("owner", Kind::Id),
    may("at", Kind::Instant),
    must("terms", TERMS),
    must("use", USE),
    may("billing_ref", TEXT),
    may("billing_digest", Kind::Digest),
    must("method", Kind::Object(METHOD)),
    must("keys", Kind::List(&KEY)),
    may("balance", Kind::Amount),
    may("grant", Kind::Id),
    may("top_up", TOP_UP),
    must("reference", TEXT),
];
