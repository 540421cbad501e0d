//! What follows from a failed charge: waits and pauses of the automatic top-up, and bars on payment methods (F5).

use serde::{Deserialize, Serialize};

use super::charges::{Bar, Counting, OpenCharge, Outcome};
use super::{Opened, StageTag};
use crate::event::{ChargeKind, Event, PauseReason};
use crate::events::Events;
use crate::evolve::{Corrupt, WRONG_STAGE};
use crate::payment::Fingerprint;
use crate::policy::Policy;
use crate::time::Timestamp;

/// Where the recovery from failed automatic charges stands (F5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// Nothing has failed since the last success, other payment method or reactivation.
    Clear {},
    /// The next automatic charge waits.
    Waiting {
        /// The step of the schedule reached.
        step: u8,
        /// When the wait ends.
        until: Timestamp,
    },
    /// The wait is over; the step survives until something clears it.
    Due {
        /// The step of the schedule reached.
        step: u8,
    },
    /// Nothing is charged automatically until something clears it.
    Paused {
        /// Why.
        reason: PauseReason,
    },
}

impl Recovery {
    /// The step of the schedule reached.
    pub(crate) const fn step(self) -> u8 {
        match self {
            Self::Clear {} | Self::Paused { .. } => 0,
            Self::Waiting { step, .. } | Self::Due { step } => step,
        }
    }
}

/// Everything that follows from the failure of a charge that counts.
pub(crate) fn follow(
    opened: &Opened,
    policy: &Policy,
    charge: &OpenCharge,
    consequence: Consequence,
    now: Timestamp,
) -> Events {
    let mut events = wait_or_pause(opened, policy, charge, consequence, now);
    events.append(bar(opened, policy, charge, now).into_iter().collect());
    events
}

/// What a decline means for the automatic top-up.
#[derive(Clone, Copy)]
pub(crate) enum Consequence {
    /// The next automatic charge waits, if this was one.
    Wait,
    /// It pauses, whatever this charge was for.
    Pause(PauseReason),
    /// It pauses, if this was an automatic charge.
    PauseIfAutomatic(PauseReason),
}

/// Waits and pauses: only for declines of the current payment method (F5).
fn wait_or_pause(
    opened: &Opened,
    policy: &Policy,
    charge: &OpenCharge,
    consequence: Consequence,
    now: Timestamp,
) -> Events {
    let current = opened.stage.profile().map(|profile| profile.method.identity());
    let before = opened.top_up.recovery;
    if current.as_ref() != Some(&charge.fingerprint) || matches!(before, Recovery::Paused { .. }) {
        return Events::none();
    }
    let automatic = charge.kind == ChargeKind::AutoTopUp;
    match consequence {
        Consequence::Pause(reason) => Events::one(Event::TopUpPaused { reason }),
        Consequence::PauseIfAutomatic(reason) if automatic => Events::one(Event::TopUpPaused { reason }),
        Consequence::Wait if automatic => {
            let reached = before.step();
            match policy.numbers().retries.get(usize::from(reached)) {
                Some(wait) => Events::one(Event::TopUpRetryScheduled {
                    step: reached.saturating_add(1),
                    until: now.saturating_add(*wait),
                }),
                None => Events::one(Event::TopUpPaused { reason: PauseReason::RetriesExhausted }),
            }
        }
        Consequence::Wait | Consequence::PauseIfAutomatic(_) => Events::none(),
    }
}

/// The bar that this failure fills the window for, if it does: until the oldest of them leaves it (F5).
fn bar(opened: &Opened, policy: &Policy, charge: &OpenCharge, now: Timestamp) -> Option<Event> {
    let numbers = policy.numbers();
    let bound = usize::from(numbers.failures_bound);
    let earlier = opened.charges.ended.iter().rev().filter(|ended| {
        ended.fingerprint == charge.fingerprint
            && ended.counting == Counting::Counts
            && matches!(ended.outcome, Outcome::Failed {} | Outcome::Abandoned {})
    });
    let earlier = earlier.map(|ended| ended.ended_at);
    // With this one, the oldest of as many failures as the bound names: charges end in the order of their numbers.
    let oldest = core::iter::once(now).chain(earlier).nth(bound.saturating_sub(1))?;
    let until = oldest.saturating_add(numbers.failures_window);
    (until > now).then(|| Event::MethodBarred { fingerprint: charge.fingerprint.clone(), until })
}

impl Opened {
    pub(crate) fn apply_retry_scheduled(
        &mut self,
        at: Timestamp,
        step: u8,
        until: Timestamp,
    ) -> Result<(), Corrupt> {
        if self.stage.tag() != StageTag::Active {
            return Err(WRONG_STAGE);
        }
        if until <= at || step == 0 {
            return Err(Corrupt("the retry waits for nothing"));
        }
        self.top_up.recovery = Recovery::Waiting { step, until };
        Ok(())
    }

    pub(crate) fn apply_retry_due(&mut self) -> Result<(), Corrupt> {
        match self.top_up.recovery {
            Recovery::Waiting { step, .. } => {
                self.top_up.recovery = Recovery::Due { step };
                Ok(())
            }
            Recovery::Clear {} | Recovery::Due { .. } | Recovery::Paused { .. } => {
                Err(Corrupt("no retry is waiting"))
            }
        }
    }

    pub(crate) fn apply_paused(&mut self, reason: PauseReason) -> Result<(), Corrupt> {
        if self.stage.profile().is_none() {
            return Err(WRONG_STAGE);
        }
        self.top_up.recovery = Recovery::Paused { reason };
        Ok(())
    }

    pub(crate) fn apply_barred(
        &mut self,
        at: Timestamp,
        fingerprint: &Fingerprint,
        until: Timestamp,
    ) -> Result<(), Corrupt> {
        if self.charges.bars.iter().any(|bar| bar.fingerprint == *fingerprint) {
            return Err(Corrupt("the payment method is barred"));
        }
        if until <= at || self.stage.profile().is_none() {
            return Err(Corrupt("the bar bars nothing"));
        }
        let bar = Bar { until, fingerprint: fingerprint.clone() };
        let place = self.charges.bars.partition_point(|other| *other < bar);
        self.charges.bars.insert(place, bar);
        Ok(())
    }

    pub(crate) fn apply_bar_ended(&mut self, fingerprint: &Fingerprint) -> Result<(), Corrupt> {
        let at = self.charges.bars.iter().position(|bar| bar.fingerprint == *fingerprint);
        let at = at.ok_or(Corrupt("the payment method is not barred"))?;
        self.charges.bars.remove(at);
        Ok(())
    }
}
