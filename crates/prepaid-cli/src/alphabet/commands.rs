//! The commands, as a script speaks them.

use super::kind::{Field, Kind, Row, may, must, or_null, row};

/// Who may send a command.
pub(super) const ACTORS: Kind = Kind::Word(&["owner", "operator", "gateway", "provider", "clock"]);
/// Personal or business.
pub(super) const USE: Kind = Kind::Word(&["personal", "business"]);
/// How a provider declines.
pub(super) const DECLINE: Kind = Kind::Word(&["soft", "hard"]);
/// Places in flight.
pub(super) const UNITS: Kind = Kind::Count(0, 65_535);
/// A short text.
pub(super) const TEXT: Kind = Kind::Text(255);
/// A label or a version.
pub(super) const LABEL: Kind = Kind::Text(64);

/// The windows in which spending is limited.
pub(super) const WINDOW: Kind = Kind::Word(&["day", "week", "month"]);
/// What a key may spend in a window.
pub(super) const KEY_LIMIT: Kind = Kind::Object(&[must("amount", Kind::Amount), must("window", WINDOW)]);
/// What a dispute ended as.
pub(super) const DISPUTE_OUTCOME: Kind = Kind::Word(&["won", "lost"]);
/// Where a grant stands in the order in which credit is spent.
pub(super) const PRIORITY: Kind = Kind::Whole(-32_768, 32_767);

const REFERENCE: Field = must("reference", TEXT);

/// What to quote: something of the price list, or an agreed price.
pub(crate) const ASK: Kind = Kind::AnyObject(&[
    &[must("item", TEXT), must("quantities", Kind::Named(&Kind::Count(0, u64::MAX)))],
    &[must("amount", Kind::Amount), must("reference", TEXT)],
]);

/// One line of a script. What `expect` may be is told with the reader of scripts.
pub(crate) const SCRIPT_LINE: &[Field] = &[
    must("at", Kind::Instant),
    must("actor", ACTORS),
    must("command", Kind::Tagged("type", COMMANDS)),
    may("account", Kind::Id),
    may("note", Kind::Text(255)),
];

/// Every command.
pub(crate) const COMMANDS: &[Row] = &[
    row(
        "open",
        "open account {account} for owner {owner}[ in {currency}]",
        &[must("account", Kind::Id), must("owner", Kind::Id), may("currency", Kind::Currency)],
    ),
    row(
        "accept_terms",
        "accept the terms {version} as {by}[ for {entity}]",
        &[must("version", LABEL), must("by", TEXT), may("entity", TEXT)],
    ),
    row(
        "choose_use",
        "choose {use} use[, billing details at {billing_ref}]",
        &[must("use", USE), may("billing_ref", TEXT), may("billing_digest", Kind::Digest)],
    ),
    row(
        "link_payment_method",
        "link {brand} ending in {last_four}, valid until {expires}",
        &[
            must("token", Kind::Token),
            may("fingerprint", Kind::Fingerprint),
            must("brand", Kind::Brand),
            must("last_four", Kind::LastFour),
            must("expires", Kind::Expiry),
        ],
    ),
    row(
        "update_billing",
        "correct the billing details[ and the use to {use}]: now at {billing_ref}",
        &[may("use", USE), must("billing_ref", TEXT), must("billing_digest", Kind::Digest)],
    ),
    row(
        "create_key",
        "create key {key}[ \"{label}\"][, valid until {expires_at}]",
        &[
            must("key", Kind::Id),
            must("digest", Kind::Digest),
            must("shown", Kind::Shown),
            may("label", LABEL),
            may("expires_at", Kind::Instant),
        ],
    ),
    row("relabel_key", "relabel key {key}[ to \"{label}\"]", &[must("key", Kind::Id), may("label", LABEL)]),
    row(
        "revoke_key",
        "revoke key {key} ({reason})",
        &[must("key", Kind::Id), must("reason", Kind::Word(&["requested", "leaked"]))],
    ),
    row(
        "limit_key",
        "limit key {key} to [{limit.amount} a {limit.window}|what the account has]",
        &[must("key", Kind::Id), or_null("limit", KEY_LIMIT)],
    ),
    row(
        "set_top_up",
        "set the top-up[ {enabled}][, threshold {threshold}][, target {target}]\
         [, at most {monthly_cap} a month|null:, no cap on the month]\
         [, charges a day: at most {daily_count}|null:, charges a day: any number]",
        &[
            may("threshold", Kind::Amount),
            may("target", Kind::Amount),
            may("enabled", Kind::Flag),
            or_null("monthly_cap", Kind::Amount),
            or_null("daily_count", UNITS),
        ],
    ),
    row("reactivate_top_up", "reactivate the top-up", &[]),
    row("top_up", "top up {amount} now", &[must("amount", Kind::Amount)]),
    row("cancel_charge", "cancel charge {charge}", &[must("charge", Kind::Number)]),
    row(
        "charge_succeeded",
        "charge {charge} succeeded with {amount} ({reference})",
        &[must("charge", Kind::Number), must("amount", Kind::Amount), must("reference", TEXT)],
    ),
    row(
        "charge_action_required",
        "charge {charge} needs the owner to act ({reference})",
        &[must("charge", Kind::Number), must("reference", TEXT)],
    ),
    row(
        "charge_failed",
        "charge {charge} failed, {decline} decline: {reason}",
        &[must("charge", Kind::Number), must("decline", DECLINE), must("reason", TEXT)],
    ),
    row("charge_cancelled", "charge {charge} is cancelled", &[must("charge", Kind::Number)]),
    row("charge_not_found", "there is no charge {charge}", &[must("charge", Kind::Number)]),
    row(
        "resolve_charge",
        "resolve charge {charge}: {taken} was taken ({evidence})",
        &[must("charge", Kind::Number), must("taken", Kind::Amount), must("evidence", TEXT)],
    ),
    row(
        "authorize_call",
        "authorise call {call} with key {key}[, {units} places]",
        &[must("call", Kind::Id), must("key", Kind::Id), must("quote", ASK), may("units", UNITS)],
    ),
    row(
        "charge_call",
        "charge call {call} with key {key}",
        &[must("call", Kind::Id), must("key", Kind::Id), must("quote", ASK)],
    ),
    row(
        "extend_call",
        "extend call {call} until {until}",
        &[must("call", Kind::Id), must("until", Kind::Instant)],
    ),
    row(
        "settle_call",
        "settle call {call}[ for {amount}]",
        &[must("call", Kind::Id), may("amount", Kind::Amount)],
    ),
    row("release_call", "release call {call}", &[must("call", Kind::Id)]),
    row(
        "issue_grant",
        "grant {amount} ({source}) as {grant}[, priority {priority}][, from {effective_at}][, until {expires_at}]",
        &[
            must("grant", Kind::Id),
            must("amount", Kind::Amount),
            must("source", TEXT),
            may("priority", PRIORITY),
            may("effective_at", Kind::Instant),
            may("expires_at", Kind::Instant),
        ],
    ),
    row("void_grant", "take grant {grant} back", &[must("grant", Kind::Id)]),
    row(
        "refund",
        "send {amount} of charge {charge} back[, forced: {forced}]",
        &[must("charge", Kind::Number), must("amount", Kind::Amount), may("forced", Kind::Flag)],
    ),
    row(
        "refund_succeeded",
        "refund {refund} succeeded ({reference})",
        &[must("refund", Kind::Number), REFERENCE],
    ),
    row(
        "refund_failed",
        "refund {refund} failed: {reason}",
        &[must("refund", Kind::Number), must("reason", TEXT)],
    ),
    row(
        "record_refund",
        "{amount} of charge {charge} was sent back at the provider ({reference})",
        &[must("charge", Kind::Number), must("amount", Kind::Amount), REFERENCE],
    ),
    row(
        "open_dispute",
        "dispute {dispute} takes {amount} of charge {charge}",
        &[must("dispute", TEXT), must("charge", Kind::Number), must("amount", Kind::Amount)],
    ),
    row(
        "close_dispute",
        "dispute {dispute} is {outcome}",
        &[must("dispute", TEXT), must("outcome", DISPUTE_OUTCOME)],
    ),
    row(
        "limit_spending",
        "limit spending to [{limit} a month|what the account has]",
        &[or_null("limit", Kind::Amount)],
    ),
    row(
        "set_notice",
        "[give notice when the balance is at {level} or below|give no notice of a low balance]",
        &[or_null("level", Kind::Amount)],
    ),
    row("suspend", "suspend the account: {reason}", &[must("reason", TEXT)]),
    row("resume", "resume the account", &[]),
    row("migrate", "take over an account that was funded elsewhere ({reference})", &[REFERENCE]),
    row(
        "write_off",
        "give up {amount} of the debt: {reason}",
        &[must("amount", Kind::Amount), must("reason", TEXT)],
    ),
    row("close", "close the account", &[]),
    row("tick", "make the changes that are due", &[]),
];
