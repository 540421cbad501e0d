//! The rejections, with the facts they carry. They say themselves in words.

use prepaid::{ActionTag, EventTag, StageTag};

use super::commands::{ACTORS, DISPUTE_OUTCOME, LABEL, TEXT, UNITS, WINDOW};
use super::events::{CAP, CHARGE_KIND};
use super::kind::{Field, Kind, Row, may, must, row};

const CHARGE: &[Field] = &[must("charge", Kind::Number)];
const KEY: &[Field] = &[must("key", Kind::Id)];
const CALL: &[Field] = &[must("call", Kind::Id)];
const GRANT: &[Field] = &[must("grant", Kind::Id)];
const DISPUTE: &[Field] = &[must("dispute", TEXT)];
const AMOUNT: Field = must("amount", Kind::Amount);
const LIMIT: Field = must("limit", Kind::Amount);
const USED: Field = must("used", Kind::Amount);
const RESETS_AT: Field = must("resets_at", Kind::Instant);
const COUNT: Field = must("given", UNITS);
/// A failed charge's pause, or where none stands, a reversal's.
const ANY_PAUSE: Kind =
    Kind::Word(&["hard_decline", "charge_abandoned", "retries_exhausted", "refund", "dispute"]);
const GIVEN: Field = must("given", Kind::Amount);
const UNIT: Field = must("unit", Kind::Amount);
const AT_MOST: Field = must("at_most", Kind::Amount);
/// A lower bound that counts itself in or out.
pub(super) const BOUND: Kind =
    Kind::AnyObject(&[&[must("above", Kind::Amount)], &[must("from", Kind::Amount)]]);
const STAGE: Kind = Kind::WordOf(stages);

fn stages() -> Vec<&'static str> {
    StageTag::ALL.iter().map(|tag| tag.as_str()).collect()
}

fn commands() -> Vec<&'static str> {
    ActionTag::ALL.iter().map(|tag| tag.as_str()).collect()
}

fn events() -> Vec<&'static str> {
    EventTag::ALL.iter().map(|tag| tag.as_str()).collect()
}

const OUTLOOKS: &[Row] = &[
    row("not_funded", "", &[]),
    row("pending", "", CHARGE),
    row("off", "", &[]),
    row("paused", "", &[must("reason", ANY_PAUSE)]),
    row("above_threshold", "", &[]),
    row("retry_at", "", &[must("at", Kind::Instant)]),
    row("barred_until", "", &[must("until", Kind::Instant)]),
    row("deferred_until", "", &[must("until", Kind::Instant), must("cap", CAP)]),
    row("disputed", "", &[]),
    row("suspended", "", &[]),
    row("terms_outdated", "", &[]),
    row("closing", "", &[]),
    row("out_of_range", "", &[]),
    row("due", "", &[]),
];

const FAULTS: &[Row] = &[
    row("threshold_not_whole", "", &[GIVEN, UNIT]),
    row("threshold_too_low", "", &[GIVEN, must("bound", BOUND)]),
    row("threshold_too_high", "", &[GIVEN, AT_MOST]),
    row("target_not_whole", "", &[GIVEN, UNIT]),
    row("target_too_low", "", &[GIVEN, must("bound", BOUND)]),
    row("target_too_high", "", &[GIVEN, AT_MOST]),
    row(
        "gap_too_small",
        "",
        &[must("threshold", Kind::Amount), must("target", Kind::Amount), must("gap", BOUND)],
    ),
    row("monthly_cap_not_whole", "", &[GIVEN, UNIT]),
    row("monthly_cap_too_low", "", &[GIVEN, must("at_least", Kind::Amount)]),
    row("monthly_cap_too_high", "", &[GIVEN, AT_MOST]),
    row("daily_count_too_low", "", &[COUNT]),
    row("daily_count_too_high", "", &[COUNT, must("at_most", UNITS)]),
];

/// Every rejection.
pub(crate) const REJECTIONS: &[Row] = &[
    row("wrong_actor", "", &[must("command", Kind::WordOf(commands)), must("actor", ACTORS)]),
    row("currency_mismatch", "", &[must("expected", Kind::Currency), must("given", Kind::Currency)]),
    row("out_of_order", "", &[must("needs", STAGE), must("is", STAGE)]),
    row("field_forbidden", "", &[must("field", TEXT)]),
    row("field_missing", "", &[must("field", TEXT)]),
    row("terms_mismatch", "", &[must("required", LABEL), must("given", LABEL)]),
    row("key_unknown", "", KEY),
    row("charge_unknown", "", CHARGE),
    row("charge_archived", "", CHARGE),
    row("call_not_open", "", CALL),
    row("grant_unknown", "", GRANT),
    row("refund_unknown", "", &[must("refund", Kind::Number)]),
    row("refund_archived", "", &[must("refund", Kind::Number)]),
    row("dispute_unknown", "", DISPUTE),
    row("key_conflict", "", KEY),
    row("call_conflict", "", CALL),
    row("grant_conflict", "", GRANT),
    row("refund_conflict", "", &[must("reference", TEXT)]),
    row("dispute_conflict", "", DISPUTE),
    row("key_inactive", "", KEY),
    row("key_revoked", "", KEY),
    row("key_expired", "", &[must("key", Kind::Id), must("expired_at", Kind::Instant)]),
    row("shown_too_long", "", &[must("given", Kind::Count(0, 255)), must("at_most", Kind::Count(0, 255))]),
    row(
        "time_out_of_bounds",
        "",
        &[
            must("field", TEXT),
            must("given", Kind::Instant),
            must("after", Kind::Instant),
            may("not_after", Kind::Instant),
        ],
    ),
    row("quote_not_in_force", "", &[must("version", Kind::Instant)]),
    row("units_zero", "", &[]),
    row("amount_zero", "", &[]),
    row("already_extended", "", CALL),
    row("charge_succeeded", "", CHARGE),
    row("charge_not_succeeded", "", CHARGE),
    row("dispute_closed", "", &[must("dispute", TEXT), must("outcome", DISPUTE_OUTCOME)]),
    row(
        "charge_unresolved",
        "",
        &[must("charge", Kind::Number), must("expected", Kind::Amount), must("reported", Kind::Amount)],
    ),
    row("charge_ended", "", CHARGE),
    row("action_not_required", "", CHARGE),
    row("suspended", "", &[must("reason", TEXT)]),
    row("terms_outdated", "", &[must("required", LABEL), must("accepted", LABEL)]),
    row("debt", "", &[must("debt", Kind::Amount)]),
    row("too_many_in_flight", "", &[must("units", UNITS), must("taken", Kind::Number), must("bound", UNITS)]),
    row("key_limit_reached", "", &[must("key", Kind::Id), must("window", WINDOW), LIMIT, USED, RESETS_AT]),
    row("spending_limit_reached", "", &[LIMIT, USED, RESETS_AT]),
    row(
        "insufficient_credit",
        "",
        &[
            must("short", Kind::Amount),
            must("held", Kind::Amount),
            must("outlook", Kind::Tagged("state", OUTLOOKS)),
        ],
    ),
    row("settings_invalid", "", &[must("faults", Kind::List(&Kind::Tagged("type", FAULTS)))]),
    row("amount_not_whole", "", &[AMOUNT, UNIT]),
    row("amount_out_of_bounds", "", &[AMOUNT, must("at_least", Kind::Amount), AT_MOST]),
    row("balance_too_high", "", &[AMOUNT, AT_MOST]),
    row("above_contribution", "", &[AMOUNT, must("contribution", Kind::Amount)]),
    row("above_refundable", "", &[AMOUNT, AT_MOST]),
    row("above_debt", "", &[AMOUNT, must("debt", Kind::Amount)]),
    row("too_many_keys", "", &[must("bound", UNITS)]),
    row("charge_open", "", &[must("charge", Kind::Number), must("kind", CHARGE_KIND)]),
    row("method_barred", "", &[must("until", Kind::Instant)]),
    row("dispute_stands", "", DISPUTE),
    row("above_hold", "", &[AMOUNT, must("hold", Kind::Amount)]),
    row("out_of_range", "", &[must("field", TEXT)]),
    row("defect", "", &[must("event", Kind::WordOf(events))]),
];
