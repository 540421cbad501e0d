//! What is stored or written down: policies, price lists, batches, log lines, snapshots.

use super::commands::{LABEL, TEXT, UNITS};
use super::events::{CHARGE_KIND, METHOD, ORIGIN, PAUSED_FOR, REVOKED_FOR, TOP_UP, USE_CHOSEN};
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

const ACCEPTANCE: Kind =
    Kind::Object(&[must("version", LABEL), must("by", TEXT), may("entity", TEXT), must("at", INSTANT)]);

const PROFILE: &[Field] = &[
    must("terms", ACCEPTANCE),
    must("usage", Kind::Object(USE_CHOSEN)),
    must("method", Kind::Object(METHOD)),
];

const KEY: Kind = Kind::Object(&[
    must("id", Kind::Id),
    must("number", Kind::Number),
    must("digest", Kind::Digest),
    must("shown", Kind::Shown),
    may("label", LABEL),
    must("created_at", INSTANT),
    may("expires_at", INSTANT),
    must(
        "state",
        Kind::Variants(&[
            ("active", Some(NOTHING)),
            ("revoked", Some(Kind::Object(&[must("reason", REVOKED_FOR), must("at", INSTANT)]))),
        ]),
    ),
]);

const NOTHING: Kind = Kind::Object(&[]);

const STAGE: Kind = Kind::Variants(&[
    ("registered", Some(NOTHING)),
    ("agreed", Some(Kind::Object(&[must("terms", ACCEPTANCE)]))),
    ("described", Some(Kind::Object(&[must("terms", ACCEPTANCE), must("usage", Kind::Object(USE_CHOSEN))]))),
    ("linked", Some(Kind::Object(PROFILE))),
    (
        "funding",
        Some(Kind::Object(&[
            must("profile", Kind::Object(PROFILE)),
            must("first_key", Kind::Variants(&[("pending", Some(KEY)), ("dropped", Some(NOTHING))])),
        ])),
    ),
    ("active", Some(Kind::Object(&[must("profile", Kind::Object(PROFILE)), must("keys", Kind::List(&KEY))]))),
]);

const RECOVERY: Kind = Kind::Variants(&[
    ("clear", Some(NOTHING)),
    ("waiting", Some(Kind::Object(&[must("step", Kind::Count(0, 255)), must("until", INSTANT)]))),
    ("due", Some(Kind::Object(&[must("step", Kind::Count(0, 255))]))),
    ("paused", Some(Kind::Object(&[must("reason", PAUSED_FOR)]))),
]);

const CALLS: Kind = Kind::Object(&[
    may(
        "open",
        Kind::List(&Kind::Object(&[
            must("call", Kind::Id),
            must("key", Kind::Number),
            must("amount", AMOUNT),
            must("units", UNITS),
            must("admitted_at", INSTANT),
            must("deadline", INSTANT),
            must("term", Kind::Word(&["original", "extended"])),
            must("origin", ORIGIN),
        ])),
    ),
    may(
        "late",
        Kind::List(&Kind::Object(&[
            must("call", Kind::Id),
            must("key", Kind::Number),
            must("amount", AMOUNT),
            must("late_until", INSTANT),
        ])),
    ),
    must("in_flight", Kind::Count(0, 4_294_967_295)),
]);

const PHASE: Kind = Kind::Variants(&[
    ("asking", Some(Kind::Object(&[must("until", INSTANT)]))),
    ("looking_up", Some(NOTHING)),
    ("action_required", Some(Kind::Object(&[must("reference", TEXT), must("until", INSTANT)]))),
    ("cancelling", Some(Kind::Object(&[may("reference", TEXT)]))),
    (
        "unresolved",
        Some(Kind::Object(&[
            must("reported", AMOUNT),
            must("if_not_taken", Kind::Word(&["fails", "is_abandoned"])),
        ])),
    ),
]);

const COUNTING: Kind = Kind::Word(&["counts", "superseded"]);

const CHARGES: Kind = Kind::Object(&[
    may(
        "open",
        Kind::Object(&[
            must("number", Kind::Number),
            must("kind", CHARGE_KIND),
            must("amount", AMOUNT),
            must("token", Kind::Token),
            must("fingerprint", Kind::Fingerprint),
            must("requested_at", INSTANT),
            must("phase", PHASE),
            may("counting", COUNTING),
        ]),
    ),
    may(
        "ended",
        Kind::List(&Kind::Object(&[
            must("number", Kind::Number),
            must("kind", CHARGE_KIND),
            must("amount", AMOUNT),
            must("fingerprint", Kind::Fingerprint),
            must("requested_at", INSTANT),
            must("ended_at", INSTANT),
            must("outcome", OUTCOME),
            may("counting", COUNTING),
            may("reported", AMOUNT),
        ])),
    ),
    may("bars", Kind::List(&Kind::Object(&[must("until", INSTANT), must("fingerprint", Kind::Fingerprint)]))),
]);

const OUTCOME: Kind = Kind::Variants(&[
    ("succeeded", Some(Kind::Object(&[must("credited", AMOUNT)]))),
    ("failed", Some(NOTHING)),
    ("abandoned", Some(NOTHING)),
]);

const OPENED: Kind = Kind::Object(&[
    must("id", Kind::Id),
    must("owner", Kind::Id),
    must("currency", Kind::Currency),
    must("last", INSTANT),
    must(
        "standing",
        Kind::Variants(&[
            ("good", Some(NOTHING)),
            ("suspended", Some(Kind::Object(&[must("reason", TEXT)]))),
        ]),
    ),
    must("stage", STAGE),
    must("top_up", Kind::Object(&[must("settings", Kind::Object(TOP_UP)), must("recovery", RECOVERY)])),
    must(
        "wallet",
        Kind::Object(&[
            must("posted", Kind::Balance),
            must("held", AMOUNT),
            must("credited", AMOUNT),
            must("settled", AMOUNT),
        ]),
    ),
    must("calls", CALLS),
    must("charges", CHARGES),
]);

/// A stored copy of an account.
pub(crate) const SNAPSHOT: &[Field] = &[
    must("format", Kind::Count(1, 1)),
    must("account", Kind::Variants(&[("vacant", None), ("opened", Some(OPENED))])),
];
