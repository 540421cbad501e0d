//! The events, as they are stored, and the effects.

use super::commands::{DECLINE, DISPUTE_OUTCOME, KEY_LIMIT, LABEL, PRIORITY, TEXT, UNITS, USE};
use super::kind::{Field, Kind, Row, may, must, row};

/// What a charge is for.
pub(super) const CHARGE_KIND: Kind = Kind::Word(&["initial_funding", "auto_top_up", "manual"]);
/// Why a key was revoked.
pub(super) const REVOKED_FOR: Kind = Kind::Word(&["requested", "leaked", "closed"]);
/// Why the top-up is paused.
pub(super) const PAUSED_FOR: Kind = Kind::Word(&["hard_decline", "charge_abandoned", "retries_exhausted"]);
/// What kind of reversal pauses the top-up.
pub(super) const REVERSAL: Kind = Kind::Word(&["refund", "dispute"]);
/// The caps on automatic charges.
pub(super) const CAP: Kind = Kind::Word(&["monthly", "daily"]);
/// Where a price comes from.
pub(super) const ORIGIN: Kind =
    Kind::AnyObject(&[&[must("item", TEXT), must("version", Kind::Instant)], &[must("reference", TEXT)]]);
/// The settings of the top-up.
pub(super) const TOP_UP: &[Field] = &[
    must("enabled", Kind::Flag),
    must("threshold", Kind::Amount),
    must("target", Kind::Amount),
    may("monthly_cap", Kind::Amount),
    may("daily_count", UNITS),
];
/// A grant, as it was issued.
pub(super) const GRANT_ISSUED: &[Field] = &[
    GRANT,
    AMOUNT,
    must("source", TEXT),
    may("priority", PRIORITY),
    may("effective_at", Kind::Instant),
    may("expires_at", Kind::Instant),
];
/// Where the billing details are kept.
pub(super) const BILLING: Kind = Kind::Object(&[must("reference", TEXT), must("digest", Kind::Digest)]);
/// The use of an account.
pub(super) const USE_CHOSEN: &[Field] = &[must("use", USE), may("billing", BILLING)];
/// A payment method.
pub(super) const METHOD: &[Field] = &[
    must("token", Kind::Token),
    may("fingerprint", Kind::Fingerprint),
    must("brand", Kind::Brand),
    must("last_four", Kind::LastFour),
    must("expires", Kind::Expiry),
];

const CHARGE: Field = must("charge", Kind::Number);
const KEY: Field = must("key", Kind::Number);
const CALL: Field = must("call", Kind::Id);
const AMOUNT: Field = must("amount", Kind::Amount);
const UNTIL: Field = must("until", Kind::Instant);
const REFERENCE: Field = must("reference", TEXT);
const KEEP_UNTIL: Field = may("keep_until", Kind::Instant);
const GRANT: Field = must("grant", Kind::Id);
const REFUND: Field = must("refund", Kind::Number);
const DISPUTE: Field = must("dispute", TEXT);
const LEVEL: Field = must("level", Kind::Amount);
const POSTED: Field = must("posted", Kind::Balance);
const KEY_CREATED: &[Field] = &[
    must("key", Kind::Id),
    must("number", Kind::Number),
    must("digest", Kind::Digest),
    must("shown", Kind::Shown),
    may("label", LABEL),
    may("expires_at", Kind::Instant),
];
const CAUSE: Kind = Kind::Word(&["deadline", "owner", "operator", "method_replaced"]);
const REFUNDED_FOR: Kind = Kind::Word(&["owner", "operator", "forced", "closing"]);

/// Every event.
pub(crate) const EVENTS: &[Row] = &[
    row(
        "account_opened",
        "the account is open in {currency}: top-up {top_up.enabled}, at {top_up.threshold} to {top_up.target}",
        &[
            must("account", Kind::Id),
            must("owner", Kind::Id),
            must("currency", Kind::Currency),
            must("top_up", Kind::Object(TOP_UP)),
        ],
    ),
    row(
        "terms_accepted",
        "terms {version} accepted by {by}[ for {entity}]",
        &[must("version", LABEL), must("by", TEXT), may("entity", TEXT)],
    ),
    row("use_chosen", "{use} use", USE_CHOSEN),
    row("billing_updated", "billing details corrected, {use} use", USE_CHOSEN),
    row("payment_method_linked", "{brand} ending in {last_four} linked; nothing is charged", METHOD),
    row(
        "first_key_requested",
        "first key {shown}...[ \"{label}\"] asked for; it works once the charge has succeeded",
        KEY_CREATED,
    ),
    row(
        "first_key_dropped",
        "the waiting first key is dropped; its charge runs on",
        &[must("key", Kind::Id)],
    ),
    row("key_created", "key {number} {shown}...[ \"{label}\"] works", KEY_CREATED),
    row("key_relabelled", "key {key} is now called[ \"{label}\"]", &[KEY, may("label", LABEL)]),
    row("key_revoked", "key {key} revoked for good ({reason})", &[KEY, must("reason", REVOKED_FOR)]),
    row(
        "key_limited",
        "key {key} may spend [{limit.amount} a {limit.window}|what the account has]",
        &[KEY, may("limit", KEY_LIMIT)],
    ),
    row(
        "top_up_set",
        "top-up {enabled}, threshold {threshold}, target {target}\
         [, at most {monthly_cap} a month][, charges a day: at most {daily_count}]",
        TOP_UP,
    ),
    row("top_up_reactivated", "waits and pauses of the top-up cleared", &[]),
    row(
        "charge_requested",
        "charge {charge} of {amount} asked ({kind})",
        &[
            CHARGE,
            must("kind", CHARGE_KIND),
            AMOUNT,
            must("token", Kind::Token),
            must("fingerprint", Kind::Fingerprint),
            must("ask_until", Kind::Instant),
        ],
    ),
    row(
        "charge_action_required",
        "charge {charge} waits for the owner until {until}",
        &[CHARGE, REFERENCE, UNTIL],
    ),
    row("charge_asking_ended", "charge {charge} is only looked up from now on", &[CHARGE]),
    row("charge_cancelling", "charge {charge} is to be cancelled ({cause})", &[CHARGE, must("cause", CAUSE)]),
    row("charge_superseded", "charge {charge} is needless and to be cancelled", &[CHARGE]),
    row(
        "charge_mismatched",
        "charge {charge}: {reported} reported instead of {expected}; nothing is credited",
        &[CHARGE, must("expected", Kind::Amount), must("reported", Kind::Amount), REFERENCE],
    ),
    row(
        "charge_resolved",
        "charge {charge} resolved by evidence: {taken} was taken",
        &[CHARGE, must("taken", Kind::Amount), must("evidence", TEXT)],
    ),
    row(
        "charge_succeeded",
        "charge {charge} succeeded: {amount} credited",
        &[CHARGE, AMOUNT, REFERENCE, KEEP_UNTIL],
    ),
    row(
        "charge_succeeded_late",
        "charge {charge} succeeded after all: {amount} credited",
        &[CHARGE, AMOUNT, REFERENCE, KEEP_UNTIL],
    ),
    row(
        "charge_failed",
        "charge {charge} failed, {decline} decline: {reason}",
        &[CHARGE, must("decline", DECLINE), must("reason", TEXT), KEEP_UNTIL],
    ),
    row("charge_abandoned", "charge {charge} abandoned", &[CHARGE, KEEP_UNTIL]),
    row("charge_archived", "the record of charge {charge} is dropped; its credit stays", &[CHARGE]),
    row(
        "top_up_retry_scheduled",
        "the next automatic charge waits until {until} (wait {step})",
        &[must("step", Kind::Count(0, 255)), UNTIL],
    ),
    row("top_up_retry_due", "the wait is over", &[]),
    row("top_up_paused", "top-up paused ({reason})", &[must("reason", PAUSED_FOR)]),
    row(
        "top_up_deferred",
        "the charge that is due waits for the next window of the {cap} cap, {until}",
        &[UNTIL, must("cap", CAP)],
    ),
    row("top_up_cap_reset", "the next window of the cap has begun", &[]),
    row(
        "method_barred",
        "nothing is asked of payment method {fingerprint} until {until}",
        &[must("fingerprint", Kind::Fingerprint), UNTIL],
    ),
    row(
        "method_bar_ended",
        "payment method {fingerprint} may be asked again",
        &[must("fingerprint", Kind::Fingerprint)],
    ),
    row(
        "call_authorized",
        "call {call} admitted: {amount} held until {deadline}",
        &[CALL, KEY, AMOUNT, must("units", UNITS), must("deadline", Kind::Instant), must("origin", ORIGIN)],
    ),
    row(
        "call_charged",
        "call {call} admitted: {amount} billed",
        &[CALL, KEY, AMOUNT, must("origin", ORIGIN)],
    ),
    row("call_extended", "call {call} may run until {deadline}", &[CALL, must("deadline", Kind::Instant)]),
    row("call_settled", "call {call} settled: {amount} billed", &[CALL, AMOUNT]),
    row("call_released", "call {call} released: nothing billed", &[CALL]),
    row(
        "call_expired",
        "call {call} expired: its hold is free, it may be settled until {late_until}",
        &[CALL, must("late_until", Kind::Instant)],
    ),
    row(
        "call_settled_late",
        "call {call} settled late: {amount} billed, {unbilled} lost",
        &[CALL, AMOUNT, must("unbilled", Kind::Amount)],
    ),
    row("call_forgotten", "call {call} can no longer be settled", &[CALL]),
    row(
        "grant_issued",
        "grant {grant} of {amount} ({source})[, credit from {effective_at}][, gone at {expires_at}]",
        GRANT_ISSUED,
    ),
    row("grant_started", "grant {grant} is credit from now on", &[GRANT]),
    row("grant_expired", "grant {grant} expired: {amount} gone", &[GRANT, AMOUNT]),
    row("grant_voided", "grant {grant} taken back: {amount} gone", &[GRANT, AMOUNT]),
    row("grant_lapsed", "{amount} came back to grant {grant}, which has ended: gone", &[GRANT, AMOUNT]),
    row(
        "refund_requested",
        "refund {refund} of {amount} of charge {charge} asked ({cause})",
        &[REFUND, CHARGE, AMOUNT, must("cause", REFUNDED_FOR), must("ask_until", Kind::Instant)],
    ),
    row("refund_asking_ended", "refund {refund} is only looked up from now on", &[REFUND]),
    row("refund_succeeded", "refund {refund} succeeded ({reference})", &[REFUND, REFERENCE]),
    row(
        "refund_failed",
        "refund {refund} failed, its credit is back: {reason}",
        &[REFUND, must("reason", TEXT)],
    ),
    row(
        "refund_recorded",
        "{amount} of charge {charge} sent back at the provider ({reference})",
        &[CHARGE, AMOUNT, REFERENCE],
    ),
    row(
        "dispute_opened",
        "dispute {dispute}: {amount} of charge {charge} taken back",
        &[DISPUTE, CHARGE, AMOUNT],
    ),
    row("dispute_closed", "dispute {dispute} {outcome}", &[DISPUTE, must("outcome", DISPUTE_OUTCOME)]),
    row("reversal_paused", "top-up paused ({reason})", &[must("reason", REVERSAL)]),
    row("reversal_pause_ended", "the pause of the top-up is over", &[]),
    row("disputes_cleared", "disputed payment methods may be asked again", &[]),
    row(
        "spending_limited",
        "the account may spend [{limit} a month|what it has]",
        &[may("limit", Kind::Amount)],
    ),
    row(
        "notice_set",
        "[notice will be given at {level} or below|no notice will be given]",
        &[may("level", Kind::Amount)],
    ),
    row("low_balance_noticed", "low balance: {posted} is at {level} or below", &[LEVEL, POSTED]),
    row("balance_recovered", "the balance, {posted}, is above {level} again", &[LEVEL, POSTED]),
    row("account_suspended", "the account is suspended: {reason}", &[must("reason", TEXT)]),
    row("account_resumed", "the suspension has ended", &[]),
    row("account_migrated", "the account is active, as it was funded elsewhere ({reference})", &[REFERENCE]),
    row("debt_written_off", "{amount} of the debt given up: {reason}", &[AMOUNT, must("reason", TEXT)]),
    row("account_closing", "the account is closing: no call and no charge from now on", &[]),
    row("credit_forfeited", "{amount} of credit could not be refunded and is gone", &[AMOUNT]),
    row("account_closed", "the account is closed", &[]),
];

const CURRENCY: Field = must("currency", Kind::Currency);
const TOKEN: Field = must("token", Kind::Token);
const IDEMPOTENCY_KEY: Field = must("idempotency_key", TEXT);
const CHARGE_KEY: Field = must("charge_key", TEXT);

/// Every effect.
pub(crate) const EFFECTS: &[Row] = &[
    row(
        "make_charge",
        "ask for charge {charge} of {amount}",
        &[CHARGE, must("kind", CHARGE_KIND), AMOUNT, CURRENCY, TOKEN, IDEMPOTENCY_KEY, UNTIL],
    ),
    row("look_up_charge", "look up charge {charge}", &[CHARGE, AMOUNT, CURRENCY, TOKEN, IDEMPOTENCY_KEY]),
    row("cancel_charge", "cancel charge {charge}", &[CHARGE, IDEMPOTENCY_KEY, may("reference", TEXT)]),
    row(
        "send_refund",
        "send refund {refund}, {amount} of charge {charge}",
        &[REFUND, CHARGE, AMOUNT, CURRENCY, CHARGE_KEY, IDEMPOTENCY_KEY, UNTIL],
    ),
    row(
        "look_up_refund",
        "look up refund {refund}",
        &[REFUND, CHARGE, AMOUNT, CURRENCY, CHARGE_KEY, IDEMPOTENCY_KEY],
    ),
];
