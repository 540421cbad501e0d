//! The open charge, and whether and when an automatic one comes.

use prepaid::{
    Cap, ChargeKind, ChargePhase, Counting, OpenCharge, PauseReason, ReversalReason, TopUpOutlook, effects,
};

use super::Seen;
use super::said::{Says, money, time};
use crate::alphabet::effect_words;

pub(super) fn say(seen: &Seen<'_>, says: &mut Says) {
    if let Some(charge) = seen.account.open_charge() {
        open(charge, says);
    }
    top_up(seen, says);
    let owed: Vec<String> = effects(seen.account).map(|effect| effect_words(&effect)).collect();
    if !owed.is_empty() {
        says.add("K5", format!("to be done at the payment provider: {}", owed.join("; ")));
    }
}

fn open(charge: &OpenCharge, says: &mut Says) {
    let OpenCharge { number, kind, amount, phase, counting, .. } = charge;
    let what = match kind {
        ChargeKind::InitialFunding => "the initial funding",
        ChargeKind::AutoTopUp => "a top-up",
        ChargeKind::Manual => "a manual top-up",
    };
    let charge = format!("charge {number} of {} ({what})", money(amount));
    match phase {
        ChargePhase::Asking { until } => says.add(
            "F3",
            format!(
                "{charge} is open, its outcome unknown: it is asked until {}, and then only looked up",
                time(*until)
            ),
        ),
        ChargePhase::LookingUp {} => says.add(
            "F3",
            format!("{charge} is open, its outcome unknown: it is only looked up, until there is a result or evidence"),
        ),
        ChargePhase::ActionRequired { until, .. } => says.add(
            "F4",
            format!("{charge} waits for the owner to act; it is cancelled at {} otherwise", time(*until)),
        ),
        ChargePhase::Cancelling { .. } => match counting {
            Counting::Counts => says.add("F4", format!("{charge} is being cancelled: waits for the provider's answer")),
            Counting::Superseded => says.add(
                "F1",
                format!("{charge} is being cancelled, because an earlier charge succeeded late; its ending counts as no decline"),
            ),
        },
        ChargePhase::Unresolved { reports, .. } => {
            let reported = reports.as_slice().last().map(money).unwrap_or_default();
            says.add("F2", format!("{charge} was reported with {reported}: waits for the operator to resolve it by evidence"));
        }
    }
}

/// Whether and when an automatic charge comes; of several obstacles the one a refusal tells (F6).
fn top_up(seen: &Seen<'_>, says: &mut Says) {
    let Seen { account, policy, at } = seen;
    let Some(settings) = account.top_up_settings() else { return };
    let (posted, threshold) = (money(&account.balance().posted), money(&settings.threshold));
    let (rule, text) = match account.top_up_outlook(policy, *at) {
        // The stage and the open charge have said it.
        TopUpOutlook::NotFunded | TopUpOutlook::Closing | TopUpOutlook::Pending { .. } => return,
        TopUpOutlook::Off => ("E6", "no top-up: it is off".into()),
        TopUpOutlook::Paused { reason } => {
            let after = match reason {
                PauseReason::HardDecline => "a hard decline",
                PauseReason::ChargeAbandoned => "an abandoned charge",
                PauseReason::RetriesExhausted => "the last retry was declined",
            };
            let ends = "a succeeded charge, another payment method or a reactivation ends the pause";
            ("F5", format!("no top-up: paused after {after}; {ends}"))
        }
        TopUpOutlook::ReversalPaused { reason } => ("G4", reversal(seen, reason)),
        TopUpOutlook::AboveThreshold => {
            ("E1", format!("no top-up: {posted} is above the threshold of {threshold}"))
        }
        TopUpOutlook::RetryAt { at } => {
            ("F5", format!("no top-up: retry due {} after a soft decline", time(at)))
        }
        TopUpOutlook::BarredUntil { until } => (
            "F5",
            format!("no top-up: the payment method is barred until {} after too many failures", time(until)),
        ),
        TopUpOutlook::DeferredUntil { until, cap } => {
            let cap = match (cap, settings.monthly_cap, settings.daily_count) {
                (Cap::Monthly, Some(cap), _) => format!("the cap of {} a month", money(&cap)),
                (Cap::Daily, _, Some(bound)) => format!("the cap of {bound} a day"),
                (Cap::Monthly, None, _) => "the monthly cap".into(),
                (Cap::Daily, _, None) => "the daily cap".into(),
            };
            ("E7", format!("no top-up: {cap} leaves no room until {}", time(until)))
        }
        TopUpOutlook::Disputed => ("G4", "no top-up: the payment method is disputed".into()),
        TopUpOutlook::Suspended => ("J1", "no top-up: the account is suspended".into()),
        TopUpOutlook::TermsOutdated => ("A6", "no top-up: the terms must be accepted first".into()),
        TopUpOutlook::OutOfRange => {
            ("M1", "no top-up: the account's totals have no room for a charge".into())
        }
        TopUpOutlook::Due => (
            "E3",
            format!("a top-up is due, as {posted} is not above {threshold}: it comes with the next change"),
        ),
    };
    says.add(rule, text);
}

fn reversal(seen: &Seen<'_>, reason: ReversalReason) -> String {
    let after = match reason {
        ReversalReason::Refund => "a refund",
        ReversalReason::Dispute => "a dispute",
    };
    let standing = seen.account.disputes().iter().find(|dispute| super::money::stands(dispute));
    let ends = match standing {
        Some(dispute) => format!(
            "while dispute {} stands, only another payment method or the operator's reactivation ends the pause",
            dispute.dispute.as_str()
        ),
        None => {
            "a succeeded manual top-up, another payment method or a reactivation ends the pause".to_string()
        }
    };
    format!("no top-up: paused after {after}; {ends}")
}
