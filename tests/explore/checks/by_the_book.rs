//! What a stored account calls for, read from the rules' text: whether E1 may fire, and what is owed (K5).

use prepaid::{Account, EffectTag, Policy, Timestamp, TopUpSettings};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{holds, items};

/// E5: the settings in force lie within the bounds of the policy, which no scene changes.
pub fn settings(policy: &Policy, settings: &TopUpSettings) -> Result<(), String> {
    let (threshold, target) = (settings.threshold.to_decimal(), settings.target.to_decimal());
    let cents = |amount: Decimal| amount.round_dp(2) == amount;
    let right = threshold > Decimal::TWO
        && target > Decimal::TEN
        && target > threshold
        && target <= policy.numbers().target_max.to_decimal()
        && cents(threshold)
        && cents(target);
    holds(right, "E5: wrong settings are in force")
}

/// What keeps E1 from firing, other than an open charge and the balance.
pub fn top_up_blocked(policy: &Policy, now: Timestamp, opened: &Value) -> Option<&'static str> {
    let stage = &opened["stage"]["active"];
    if stage.is_null() {
        return Some("it is not active: never funded, or on its way out");
    }
    if opened["top_up"]["settings"]["enabled"] != true {
        return Some("it is off");
    }
    if opened["standing"].get("good").is_none() {
        return Some("it is suspended");
    }
    let recovery = &opened["top_up"]["recovery"];
    if recovery.get("waiting").is_some() || recovery.get("paused").is_some() {
        return Some("a wait or a pause stands (F5)");
    }
    if !opened["reversals"]["pause"].is_null() {
        return Some("a reversal pauses it (G4)");
    }
    if !opened["top_up"]["deferral"].is_null() {
        return Some("a cap stands (E7)");
    }
    let method = &stage["profile"]["method"];
    let fingerprint = method.get("fingerprint").filter(|it| !it.is_null()).unwrap_or(&method["token"]);
    if items(&opened["charges"]["bars"]).iter().any(|bar| bar["fingerprint"] == *fingerprint) {
        return Some("the method is barred (F5)");
    }
    let disputed = |dispute: &Value| {
        dispute["fingerprint"] == *fingerprint && dispute["bar"] == "stands" && dispute["phase"] != "won"
    };
    if items(&opened["reversals"]["disputes"]).iter().any(disputed) {
        return Some("the method is disputed (G4)");
    }
    let numbers = policy.numbers();
    let grace_end = numbers.terms_required_since.saturating_add(numbers.terms_grace);
    if stage["profile"]["terms"]["version"] != numbers.terms_required.as_str() && now >= grace_end {
        return Some("the terms are past their grace (A6)");
    }
    None
}

/// K5: what is owed follows from the phases alone, under keys that name the request.
pub fn effects_due(opened: &Value) -> Vec<(EffectTag, String)> {
    let account = opened["id"].as_str().unwrap();
    let key = |mark: &str, of: &Value| {
        let asked: Timestamp = of["requested_at"].as_str().unwrap().parse().unwrap();
        format!("{account}-{mark}{}-{}-{}", of["number"], asked.as_micros(), of["amount"].as_str().unwrap())
    };
    let open = &opened["charges"]["open"];
    let charge = phase(&open["phase"]).and_then(|phase| match phase {
        "asking" => Some(EffectTag::MakeCharge),
        "looking_up" => Some(EffectTag::LookUpCharge),
        "cancelling" => Some(EffectTag::CancelCharge),
        _ => None,
    });
    let refunds = items(&opened["reversals"]["refunds"]).iter().filter_map(|refund| {
        let tag = match phase(&refund["phase"])? {
            "asking" => EffectTag::SendRefund,
            "looking_up" => EffectTag::LookUpRefund,
            _ => return None,
        };
        Some((tag, key("r", refund)))
    });
    charge.map(|tag| (tag, key("", open))).into_iter().chain(refunds).collect()
}

/// K5: the machine owes what the book says, no more and no less.
pub fn effects(account: &Account, opened: &Value) -> Result<(), String> {
    let owed: Vec<(EffectTag, String)> = effects_of(account);
    let due = effects_due(opened);
    holds(owed == due, &format!("K5: owed {owed:?}, by the book {due:?}"))
}

fn effects_of(account: &Account) -> Vec<(EffectTag, String)> {
    let key = |effect: &prepaid::Effect| match effect {
        prepaid::Effect::MakeCharge { idempotency_key, .. }
        | prepaid::Effect::LookUpCharge { idempotency_key, .. }
        | prepaid::Effect::CancelCharge { idempotency_key, .. }
        | prepaid::Effect::SendRefund { idempotency_key, .. }
        | prepaid::Effect::LookUpRefund { idempotency_key, .. } => idempotency_key.to_string(),
    };
    prepaid::effects(account).map(|effect| (effect.tag(), key(&effect))).collect()
}

/// The name of a phase: of `{"asking": {..}}`.
fn phase(phase: &Value) -> Option<&str> {
    phase.as_object().and_then(|phase| phase.keys().next()).map(String::as_str)
}
