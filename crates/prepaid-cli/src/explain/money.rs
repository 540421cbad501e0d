//! What the balance is made of, and what is on its way back: grants, refunds, disputes, the notice.

use prepaid::{Dispute, DisputeBar, DisputePhase, Lot, LotPhase, Notice, Refund, RefundPhase};

use super::Seen;
use super::said::{Says, id, money, time};

/// Whether a dispute keeps its payment method from being asked, and a pause from ending (G4).
pub(super) const fn stands(dispute: &Dispute) -> bool {
    matches!((dispute.phase, dispute.bar), (DisputePhase::Open | DisputePhase::Lost, DisputeBar::Stands))
}

pub(super) fn say(seen: &Seen<'_>, says: &mut Says) {
    let account = seen.account;
    for refund in account.refunds() {
        self::refund(refund, says);
    }
    for dispute in account.disputes() {
        self::dispute(dispute, says);
    }
    for lot in account.lots() {
        grant(lot, says);
    }
    for lot in account.waiting_grants() {
        let starts = lot.issued.effective_at.map(time).unwrap_or_default();
        let (grant, amount) = (id(&lot.issued.grant), money(&lot.issued.amount));
        says.add("H1", format!("grant {grant}: {amount} become credit at {starts}"));
    }
    if !account.lots().is_empty() && !account.purchased().is_debt() {
        says.add("H2", format!("{} of what was bought is left and not held", money(&account.purchased())));
    }
    match account.notice() {
        Notice::Off => {}
        Notice::Armed { level } => {
            says.add("I2", format!("a low balance is noticed at {} or below", money(&level)));
        }
        Notice::Given { level } => says.add(
            "I2",
            format!("a low balance was noticed, and will be again once it has been above {}", money(&level)),
        ),
    }
}

fn refund(refund: &Refund, says: &mut Says) {
    let Refund { number, charge, amount, phase, .. } = refund;
    let said = format!("refund {number} of {} of charge {charge}", money(amount));
    match phase {
        RefundPhase::Asking { until } => says.add(
            "G1",
            format!("{said} is under way: it is asked until {}, and then only looked up", time(*until)),
        ),
        RefundPhase::LookingUp {} => {
            says.add("G1", format!("{said} is under way: it is only looked up, until there is a result"));
        }
        RefundPhase::Failed { .. } => says.add("G1", format!("{said} failed: its credit is back")),
        RefundPhase::Succeeded { .. } => {}
    }
}

fn dispute(dispute: &Dispute, says: &mut Says) {
    let Dispute { dispute: id, charge, amount, phase, .. } = dispute;
    let said = format!("dispute {} of {} of charge {charge}", id.as_str(), money(amount));
    match phase {
        DisputePhase::Open => says.add("G2", format!("{said} is open: waits for its outcome")),
        DisputePhase::Lost if stands(dispute) => {
            says.add(
                "G4",
                format!(
                    "{said} was lost: nothing is asked of its payment method until the operator reactivates"
                ),
            );
        }
        DisputePhase::Lost | DisputePhase::Won => {}
    }
}

fn grant(lot: &Lot, says: &mut Says) {
    let Lot { issued, left, held, phase, .. } = lot;
    let (grant, amount, source) = (id(&issued.grant), money(&issued.amount), issued.source.as_str());
    if *phase == LotPhase::Ended {
        says.add(
            "H3",
            format!("grant {grant} has ended; {} of it is held, and gone when it is given back", money(held)),
        );
        return;
    }
    let held = if held.is_zero() { String::new() } else { format!(" and {} held", money(held)) };
    match issued.expires_at {
        Some(expiry) => says.add(
            "H3",
            format!(
                "grant {grant} ({source}): {} left{held} of {amount}, expires {}",
                money(left),
                time(expiry)
            ),
        ),
        None => says.add("H2", format!("grant {grant} ({source}): {} left{held} of {amount}", money(left))),
    }
}
