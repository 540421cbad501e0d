//! Caps on automatic charges: an amount per UTC month, a number per UTC day (E7). What they have used is counted from
//! the records of the charges.

use serde::{Deserialize, Serialize};

use super::Opened;
use super::charges::Outcome;
use crate::event::{Cap, ChargeKind, TopUpSettings};
use crate::evolve::Corrupt;
use crate::money::Amount;
use crate::policy::Policy;
use crate::time::{Timestamp, Window};

/// A charge that was due and waits for the next window of a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deferral {
    pub(crate) until: Timestamp,
    pub(crate) cap: Cap,
}

/// An automatic charge on record: when it was asked, and how much counts: what was taken, once that is known; failed
/// and abandoned ones count as nothing.
fn automatic(opened: &Opened) -> impl Iterator<Item = (Timestamp, Amount)> {
    let is_automatic = |kind: ChargeKind| kind == ChargeKind::AutoTopUp;
    let open = opened.charges.open.iter().filter(move |charge| is_automatic(charge.kind));
    let ended = opened.charges.ended.iter().rev().filter(move |charge| is_automatic(charge.kind));
    let ended = ended.map(|charge| match charge.outcome {
        Outcome::Succeeded { credited } => (charge.requested_at, credited),
        Outcome::Failed {} | Outcome::Abandoned {} => (charge.requested_at, Amount::ZERO),
    });
    open.map(|charge| (charge.requested_at, charge.amount)).chain(ended)
}

/// What of `wanted` the caps let be charged now, or until when it has to wait (E7).
pub(crate) fn within_caps(
    opened: &Opened,
    policy: &Policy,
    wanted: Amount,
    now: Timestamp,
) -> Result<Amount, Deferral> {
    let TopUpSettings { monthly_cap, daily_count, .. } = opened.top_up.settings;
    let mut amount = wanted;
    if let Some(cap) = monthly_cap {
        let month = Window::Month.around(now);
        let mut used = automatic(opened).take_while(|(asked, _)| *asked >= month.from);
        // A late success, or one of another amount, may have passed the cap: then nothing is left.
        let left = used.try_fold(cap, |left, (_, amount)| left.checked_sub(amount)).unwrap_or(Amount::ZERO);
        let numbers = policy.numbers();
        let left = left.rounded_down(numbers.charge_unit);
        if left < numbers.smallest_charge {
            return Err(Deferral { until: month.until, cap: Cap::Monthly });
        }
        amount = amount.min(left);
    }
    if let Some(bound) = daily_count {
        let day = Window::Day.around(now);
        let asked = automatic(opened).take_while(|(asked, _)| *asked >= day.from).count();
        if asked >= usize::from(bound) {
            return Err(Deferral { until: day.until, cap: Cap::Daily });
        }
    }
    Ok(amount)
}

impl Opened {
    pub(crate) fn apply_deferred(&mut self, at: Timestamp, deferral: Deferral) -> Result<(), Corrupt> {
        if deferral.until <= at || self.top_up.deferral.is_some() {
            return Err(Corrupt("the charge waits for nothing, or waits already"));
        }
        self.active_keys().map_err(|_| crate::evolve::WRONG_STAGE)?;
        self.top_up.deferral = Some(deferral);
        Ok(())
    }

    pub(crate) fn apply_cap_reset(&mut self) -> Result<(), Corrupt> {
        self.top_up.deferral.take().map(|_| ()).ok_or(Corrupt("no charge is deferred"))
    }
}
