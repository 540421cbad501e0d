//! The operator's numbers, as far as the modelled chapters use them.

use rust_decimal::Decimal;
use serde_json::Value;

use super::values::{amount, amount_in, instant, number, optional_amount, span, text};

/// The operator's numbers; spans and instants in microseconds.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(super) currency: String,
    pub(super) charge_unit: Decimal,
    pub(super) terms_required: String,
    pub(super) terms_required_since: i64,
    pub(super) terms_grace: i64,
    pub(super) top_up_enabled: bool,
    pub(super) threshold: Decimal,
    pub(super) target: Decimal,
    pub(super) threshold_min: Least,
    pub(super) threshold_max: Option<Decimal>,
    pub(super) target_min: Least,
    pub(super) target_max: Option<Decimal>,
    pub(super) gap: Least,
    pub(super) smallest_charge: Decimal,
    pub(super) keys_ever: u64,
    pub(super) places_in_flight: u64,
    pub(super) hold: i64,
    pub(super) late_window: i64,
    pub(super) extension: i64,
    pub(super) action_deadline: i64,
    pub(super) asking_window: i64,
    pub(super) retries: Vec<i64>,
    pub(super) failures_bound: u64,
    pub(super) failures_window: i64,
    pub(super) manual_min: Decimal,
    pub(super) manual_max: Decimal,
    pub(super) maximum_balance: Decimal,
    pub(super) debt_at_settlement: Decimal,
    pub(super) shown_characters: u64,
    pub(super) reversal_window: i64,
    pub(super) limit_max: Option<Decimal>,
    pub(super) monthly_cap_max: Option<Decimal>,
    pub(super) daily_count_max: Option<u64>,
}

/// E5: a bound with its strictness.
#[derive(Clone, Debug)]
pub(super) enum Least {
    Above(Decimal),
    From(Decimal),
}

impl Least {
    pub(super) fn admits(&self, amount: Decimal) -> bool {
        match self {
            Least::Above(bound) => amount > *bound,
            Least::From(bound) => amount >= *bound,
        }
    }

    fn from_json(json: &Value) -> Least {
        match json["above"].as_str() {
            Some(bound) => Least::Above(amount(bound)),
            None => Least::From(amount_in(json, "from")),
        }
    }
}

impl Policy {
    pub fn from_json(json: &Value) -> Policy {
        let span_in = |field: &str| span(text(json, field));
        Policy {
            currency: text(json, "currency").to_owned(),
            charge_unit: amount_in(json, "charge_unit"),
            terms_required: text(json, "terms_required").to_owned(),
            terms_required_since: instant(text(json, "terms_required_since")),
            terms_grace: span_in("terms_grace"),
            top_up_enabled: json["top_up_enabled"].as_bool().unwrap(),
            threshold: amount_in(json, "threshold"),
            target: amount_in(json, "target"),
            threshold_min: Least::from_json(&json["threshold_min"]),
            threshold_max: optional_amount(json, "threshold_max"),
            target_min: Least::from_json(&json["target_min"]),
            target_max: optional_amount(json, "target_max"),
            gap: Least::from_json(&json["gap"]),
            smallest_charge: amount_in(json, "smallest_charge"),
            keys_ever: number(json, "keys_ever"),
            places_in_flight: number(json, "places_in_flight"),
            hold: span_in("hold"),
            late_window: span_in("late_window"),
            extension: span_in("extension"),
            action_deadline: span_in("action_deadline"),
            asking_window: span_in("asking_window"),
            retries: json["retries"]
                .as_array()
                .unwrap()
                .iter()
                .map(|delay| span(delay.as_str().unwrap()))
                .collect(),
            failures_bound: number(json, "failures_bound"),
            failures_window: span_in("failures_window"),
            manual_min: amount_in(json, "manual_min"),
            manual_max: amount_in(json, "manual_max"),
            maximum_balance: amount_in(json, "maximum_balance"),
            debt_at_settlement: amount_in(json, "debt_at_settlement"),
            shown_characters: number(json, "shown_characters"),
            reversal_window: span(json["reversal_window"].as_str().unwrap_or("540d")),
            limit_max: optional_amount(json, "limit_max"),
            monthly_cap_max: optional_amount(json, "monthly_cap_max"),
            daily_count_max: json["daily_count_max"].as_u64(),
        }
    }
}
