//! How far the account has come, and what it waits for to go on: onboarding, terms, suspension, closing.

use prepaid::{Account, ChargeNumber, DisputePhase, Outcome, RefundPhase, StageTag, Standing};

use super::Seen;
use super::said::{Says, count, id, listed, money, time};

pub(super) fn say(seen: &Seen<'_>, says: &mut Says) {
    let Seen { account, policy, .. } = seen;
    match account.stage() {
        StageTag::Vacant | StageTag::Active => {}
        StageTag::Registered => {
            let required = &policy.numbers().terms_required;
            says.add(
                "A2",
                format!("not active yet: waits for the terms {} to be accepted", required.as_str()),
            );
        }
        StageTag::Agreed => says.add("A2", "not active yet: waits for the use to be chosen"),
        StageTag::Described => says.add("A2", "not active yet: waits for a payment method to be linked"),
        StageTag::Linked => linked(account, says),
        StageTag::Funding => funding(account, says),
        StageTag::Closing => closing(account, says),
        StageTag::Closed => closed(account, says),
    }
    terms(seen, says);
    if let Some(Standing::Suspended { reason }) = account.standing() {
        let reason = reason.as_str();
        says.add(
            "J1",
            format!(
                "suspended ({reason}): no call, no key and no charge until the operator resumes; what is open runs to its end"
            ),
        );
    }
}

fn linked(account: &Account, says: &mut Says) {
    if let Some(last) = account.charges().last() {
        let ended = match last.outcome {
            Outcome::Succeeded { .. } => "succeeded",
            Outcome::Failed {} => "failed",
            Outcome::Abandoned {} => "was abandoned",
        };
        says.add(
            "B3",
            format!("charge {} {ended}, so the first key that waited for it is forgotten", last.number),
        );
    }
    let target = account.top_up_settings().map(|settings| money(&settings.target)).unwrap_or_default();
    says.add(
        "B1",
        format!("not active yet: waits for a first key, which asks for the initial funding, up to {target}"),
    );
}

fn funding(account: &Account, says: &mut Says) {
    let charge = account.open_charge().map_or(ChargeNumber(0), |charge| charge.number);
    match account.pending_key() {
        Some(key) => says.add(
            "B1",
            format!("not active yet: key {} works as soon as charge {charge} has succeeded", id(&key.id)),
        ),
        None => says.add(
            "B2",
            format!(
                "not active yet: the first key was revoked before it worked, and its charge {charge} runs on"
            ),
        ),
    }
}

/// What an account that is closing waits for, in the order of J2.
fn closing(account: &Account, says: &mut Says) {
    let mut waits = Vec::new();
    let (open, late) = (account.open_calls().count(), account.late_calls().count());
    if open > 0 {
        waits.push(count(open, "open call"));
    }
    if late > 0 {
        waits.push(format!("{} that may still be settled", count(late, "expired call")));
    }
    if let Some(charge) = account.open_charge() {
        waits.push(format!("charge {}", charge.number));
    }
    let disputes = account.disputes().iter().filter(|dispute| dispute.phase == DisputePhase::Open);
    waits.extend(disputes.map(|dispute| format!("dispute {}", dispute.dispute.as_str())));
    says.add("J2", format!("closing: waits for {}", listed(&waits)));
    says.add(
        "J2",
        "then grants are taken back and what was bought is sent back; nothing is admitted or charged",
    );
}

fn closed(account: &Account, says: &mut Says) {
    says.add("J2", "closed: only results of the payment provider still count");
    let posted = account.balance().posted;
    if posted.is_debt() {
        let debt = money(&posted.debt());
        says.add("J2", format!("a debt of {debt} stays on record, which the operator may write off"));
    } else if !posted.credit().is_zero() {
        says.add(
            "J2",
            format!("{} is owed to the owner: waits for the operator to refund it", money(&posted)),
        );
    }
    let is_open =
        |phase: &RefundPhase| matches!(phase, RefundPhase::Asking { .. } | RefundPhase::LookingUp {});
    let refunds = account.refunds().iter().filter(|refund| is_open(&refund.phase)).count();
    if refunds > 0 {
        says.add("J2", format!("{} under way to the owner", count(refunds, "refund")));
    }
}

/// Outdated terms, and until when calls and charges go on under the old ones (A6).
fn terms(seen: &Seen<'_>, says: &mut Says) {
    let Seen { account, policy, at } = seen;
    if !account.is_outdated(policy) {
        return;
    }
    let numbers = policy.numbers();
    let (required, end) =
        (numbers.terms_required.as_str(), numbers.terms_required_since.saturating_add(numbers.terms_grace));
    let until = if *at < end {
        format!("calls and automatic charges go on until {}", time(end))
    } else {
        format!("since {} calls are refused and nothing is charged", time(end))
    };
    says.add(
        "A6",
        format!("the terms {required} are not accepted: no new key, no manual top-up, no settings; {until}"),
    );
}
