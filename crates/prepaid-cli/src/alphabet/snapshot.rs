//! A stored copy of an account.

use super::commands::{KEY_LIMIT, LABEL, TEXT, UNITS};
use super::events::{
    CAP, CHARGE_KIND, GRANT_ISSUED, METHOD, ORIGIN, PAUSED_FOR, REVERSAL, REVOKED_FOR, TOP_UP, USE_CHOSEN,
};
use super::kind::{Field, Kind, may, must};

const INSTANT: Kind = Kind::Instant;
const AMOUNT: Kind = Kind::Amount;

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
    may("limit", KEY_LIMIT),
    may("used", Kind::Object(&[may("day", AMOUNT), may("week", AMOUNT), may("month", AMOUNT)])),
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
    (
        "active",
        Some(Kind::Object(&[
            must("profile", Kind::Object(PROFILE)),
            must("keys", Kind::List(&KEY)),
            may("origin", ORIGIN_OF_FUNDS),
        ])),
    ),
    ("closing", Some(FORMER)),
    ("closed", Some(FORMER)),
]);

/// How the account came to be funded; by a charge where left out.
const ORIGIN_OF_FUNDS: Kind =
    Kind::Variants(&[("charge", None), ("migrated", Some(Kind::Object(&[must("reference", TEXT)])))]);

/// What an account was before it began to close.
const FORMER: Kind = Kind::Variants(&[
    ("unlinked", Some(Kind::Object(&[may("terms", ACCEPTANCE)]))),
    ("linked", Some(Kind::Object(&[must("profile", Kind::Object(PROFILE)), must("keys", Kind::List(&KEY))]))),
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
            must("admitted_at", INSTANT),
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
            must("reports", REPORTS),
            must("if_not_taken", Kind::Word(&["fails", "is_abandoned"])),
        ])),
    ),
]);

/// The other amounts that were reported, in order.
const REPORTS: Kind = Kind::List(&AMOUNT);

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
            may("reports", REPORTS),
            may("keep_until", INSTANT),
        ])),
    ),
    may("bars", Kind::List(&Kind::Object(&[must("until", INSTANT), must("fingerprint", Kind::Fingerprint)]))),
    may(
        "archived",
        Kind::Object(&[
            must("last", Kind::Number),
            must("credited", AMOUNT),
            must("contributed", AMOUNT),
            must("excess", AMOUNT),
        ]),
    ),
]);

const OUTCOME: Kind = Kind::Variants(&[
    ("succeeded", Some(Kind::Object(&[must("credited", AMOUNT)]))),
    ("failed", Some(NOTHING)),
    ("abandoned", Some(NOTHING)),
]);

const LOT: Kind = Kind::Object(&[
    must("issued", Kind::Object(GRANT_ISSUED)),
    must("issued_at", INSTANT),
    may("left", AMOUNT),
    may("held", AMOUNT),
    must("phase", Kind::Word(&["waiting", "spendable", "ended"])),
]);

const LOTS: Kind = Kind::Object(&[
    may("started", Kind::List(&LOT)),
    may("waiting", Kind::List(&LOT)),
    may(
        "allotted",
        Kind::List(&Kind::Object(&[must("call", Kind::Id), must("grant", Kind::Id), must("amount", AMOUNT)])),
    ),
    may("left", AMOUNT),
]);

const INTERVAL: Kind = Kind::Object(&[must("from", INSTANT), must("until", INSTANT)]);

const SPENDING: Kind = Kind::Object(&[
    may("limit", AMOUNT),
    may("used", AMOUNT),
    may("windows", Kind::Object(&[must("day", INTERVAL), must("week", INTERVAL), must("month", INTERVAL)])),
]);

const LEVEL: Kind = Kind::Object(&[must("level", AMOUNT)]);

const NOTICE: Kind = Kind::Variants(&[("off", None), ("armed", Some(LEVEL)), ("given", Some(LEVEL))]);

const REFUND_PHASE: Kind = Kind::Variants(&[
    ("asking", Some(Kind::Object(&[must("until", INSTANT)]))),
    ("looking_up", Some(NOTHING)),
    ("succeeded", Some(Kind::Object(&[must("reference", TEXT)]))),
    ("failed", Some(Kind::Object(&[may("reference", TEXT)]))),
]);

const REVERSALS: Kind = Kind::Object(&[
    may(
        "refunds",
        Kind::List(&Kind::Object(&[
            must("number", Kind::Number),
            must("charge", Kind::Number),
            must("amount", AMOUNT),
            must("requested_at", INSTANT),
            must("phase", REFUND_PHASE),
        ])),
    ),
    may(
        "recorded",
        Kind::List(&Kind::Object(&[
            must("charge", Kind::Number),
            must("amount", AMOUNT),
            must("reference", TEXT),
        ])),
    ),
    may(
        "disputes",
        Kind::List(&Kind::Object(&[
            must("dispute", TEXT),
            must("charge", Kind::Number),
            must("amount", AMOUNT),
            must("fingerprint", Kind::Fingerprint),
            must("phase", Kind::Word(&["open", "won", "lost"])),
            must("bar", Kind::Word(&["stands", "cleared"])),
        ])),
    ),
    may("last_refund", Kind::Number),
    may("pause", REVERSAL),
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
    must(
        "top_up",
        Kind::Object(&[
            must("settings", Kind::Object(TOP_UP)),
            must("recovery", RECOVERY),
            may("deferral", Kind::Object(&[must("until", INSTANT), must("cap", CAP)])),
        ]),
    ),
    must(
        "wallet",
        Kind::Object(&[
            must("posted", Kind::Balance),
            must("held", AMOUNT),
            must("credited", AMOUNT),
            must("settled", AMOUNT),
            may("granted", AMOUNT),
            may("lapsed", AMOUNT),
            may("written_off", AMOUNT),
        ]),
    ),
    may("lots", LOTS),
    must("calls", CALLS),
    may("spending", SPENDING),
    may("notice", NOTICE),
    must("charges", CHARGES),
    may("reversals", REVERSALS),
]);

/// A stored copy of an account.
pub(crate) const SNAPSHOT: &[Field] = &[
    must("format", Kind::Count(3, 3)),
    must("account", Kind::Variants(&[("vacant", None), ("opened", Some(OPENED))])),
];
