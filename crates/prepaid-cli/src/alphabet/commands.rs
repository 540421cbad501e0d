//! The commands, as a script speaks them.

use super::kind::{Field, Kind, Row, may, must, row};

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
        "set_top_up",
        "set the top-up[ {enabled}][, threshold {threshold}][, target {target}]",
        &[may("threshold", Kind::Amount), may("target", Kind::Amount), may("enabled", Kind::Flag)],
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
    row("suspend", "suspend the account: {reason}", &[must("reason", TEXT)]),
    row("resume", "resume the account", &[]),
    row("tick", "make the changes that are due", &[]),
];
