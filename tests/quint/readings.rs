//! What can be read of an account, in the words of the model: amounts in thousandths, times in minutes.

use std::collections::BTreeMap;

use prepaid::{
    Account, ChargePhase, OpenCharge, Outcome, Policy, RefundPhase, Snapshot, Timestamp, TopUpOutlook,
    next_deadline,
};
use rust_decimal::Decimal;
use serde_json::Value;

use super::account::BEGINNING;

pub fn thousandths(amount: Decimal) -> String {
    (amount * Decimal::ONE_THOUSAND).normalize().to_string()
}

fn minutes(at: Timestamp) -> String {
    (at.as_micros() / 60_000_000 - BEGINNING).to_string()
}

/// The name that something has in the stored forms.
fn name(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

pub fn readings(account: &Account, policy: &Policy) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let balance = account.balance();
    all.insert("posted".into(), thousandths(balance.posted.to_decimal()));
    all.insert("held".into(), thousandths(balance.held.to_decimal()));
    all.insert("deadline".into(), next_deadline(account).map_or_else(|| "-1".into(), minutes));
    let settings = account.top_up_settings().unwrap();
    let (threshold, target) = (settings.threshold.to_decimal(), settings.target.to_decimal());
    all.insert(
        "settings".into(),
        format!("{} {} {}", settings.enabled, thousandths(threshold), thousandths(target)),
    );
    all.insert("outlook".into(), outlook(account, policy));
    calls(account, &mut all);
    charges(account, &mut all);
    reversals(account, &mut all);
    stored(account, &mut all);
    all
}

fn outlook(account: &Account, policy: &Policy) -> String {
    let outlook = account.top_up_outlook(policy, account.last_instant().unwrap());
    let said = serde_json::to_value(outlook).unwrap();
    let state = said["state"].as_str().unwrap();
    if matches!(outlook, TopUpOutlook::Paused { .. } | TopUpOutlook::ReversalPaused { .. }) {
        return format!("{state} {}", said["reason"].as_str().unwrap());
    }
    state.to_owned()
}

fn calls(account: &Account, all: &mut BTreeMap<String, String>) {
    for call in account.open_calls() {
        let said = format!("open {} {}", thousandths(call.amount.to_decimal()), minutes(call.deadline));
        all.insert(format!("call c{}", call.call.0.as_u128()), said);
    }
    for call in account.late_calls() {
        let said = format!("late {} {}", thousandths(call.amount.to_decimal()), minutes(call.late_until));
        all.insert(format!("call c{}", call.call.0.as_u128()), said);
    }
}

fn charges(account: &Account, all: &mut BTreeMap<String, String>) {
    if let Some(OpenCharge { number, kind, amount, fingerprint, phase, .. }) = account.open_charge() {
        let phase = match phase {
            ChargePhase::Asking { until } => format!("asking {}", minutes(*until)),
            ChargePhase::LookingUp {} => "looking_up".into(),
            ChargePhase::ActionRequired { until, .. } => format!("action_required {}", minutes(*until)),
            ChargePhase::Cancelling { .. } => "cancelling".into(),
            ChargePhase::Unresolved { .. } => "unresolved".into(),
        };
        let said = format!("{} {} {fingerprint} {phase}", name(kind), thousandths(amount.to_decimal()));
        all.insert(format!("charge {}", number.0), said);
    }
    for charge in account.charges() {
        let outcome = match charge.outcome {
            Outcome::Succeeded { .. } => {
                let contribution = account.contribution(charge.number).unwrap();
                format!("succeeded {}", thousandths(contribution.to_decimal()))
            }
            Outcome::Failed {} => "failed".into(),
            Outcome::Abandoned {} => "abandoned".into(),
        };
        let amount = thousandths(charge.amount.to_decimal());
        let said = format!("{} {amount} {} {outcome}", name(charge.kind), charge.fingerprint);
        all.insert(format!("charge {}", charge.number.0), said);
    }
}

fn reversals(account: &Account, all: &mut BTreeMap<String, String>) {
    for refund in account.refunds() {
        let phase = match refund.phase {
            RefundPhase::Asking { .. } => "asked",
            RefundPhase::LookingUp {} => "looked_up",
            RefundPhase::Succeeded { .. } => "sent",
            RefundPhase::Failed { .. } => "failed",
        };
        let amount = thousandths(refund.amount.to_decimal());
        all.insert(format!("refund {}", refund.number.0), format!("{} {amount} {phase}", refund.charge.0));
    }
    for dispute in account.disputes() {
        let amount = thousandths(dispute.amount.to_decimal());
        let said = format!("{} {amount} {}", dispute.charge.0, name(dispute.phase));
        all.insert(format!("dispute {}", dispute.dispute), said);
    }
}

/// What only the stored form tells: the recovery, the reversal's pause, and the bars.
fn stored(account: &Account, all: &mut BTreeMap<String, String>) {
    let stored = serde_json::to_value(Snapshot::of(account)).unwrap();
    let opened = &stored["account"]["opened"];
    let recovery = &opened["top_up"]["recovery"];
    let said = if let Some(waiting) = recovery.get("waiting") {
        format!("waiting {}", instant(&waiting["until"]))
    } else if let Some(paused) = recovery.get("paused") {
        paused["reason"].as_str().unwrap().to_owned()
    } else if recovery.get("due").is_some() {
        "due".into()
    } else {
        "clear".into()
    };
    all.insert("recovery".into(), said);
    let pause = opened["reversals"]["pause"].as_str().unwrap_or("");
    all.insert("reversal".into(), pause.to_owned());
    for bar in opened["charges"]["bars"].as_array().into_iter().flatten() {
        all.insert(format!("bar {}", bar["fingerprint"].as_str().unwrap()), instant(&bar["until"]));
    }
}

fn instant(text: &Value) -> String {
    minutes(text.as_str().unwrap().parse().unwrap())
}
