//! Closing, what is left to do until an account is closed, and debts that are given up (J2).

use serde::{Deserialize, Serialize};

use super::charges::Charges;
use super::keys::{FirstKey, KeyState, Keys};
use super::lots::LotPhase;
use super::onboarding::{Acceptance, Profile};
use super::reversals::{self, DisputePhase};
use super::wallet::refuse_without_room;
use super::{Notice, Opened, Stage};
use crate::event::{Event, RefundCause, RevokeReason};
use crate::events::Events;
use crate::evolve::{Corrupt, WRONG_STAGE};
use crate::money::Amount;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::text::Text;
use crate::time::Timestamp;

/// What an account was before it began to close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Former {
    /// No payment method was ever linked.
    Unlinked {
        /// The last acceptance, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        terms: Option<Acceptance>,
    },
    /// One was.
    Linked {
        /// Who, for what, paid how.
        profile: Profile,
        /// Every key ever created.
        keys: Keys,
    },
}

impl Former {
    pub(crate) const fn terms(&self) -> Option<&Acceptance> {
        match self {
            Self::Unlinked { terms } => terms.as_ref(),
            Self::Linked { profile, .. } => Some(&profile.terms),
        }
    }

    pub(crate) fn accept(&mut self, acceptance: Acceptance) {
        match self {
            Self::Unlinked { terms } => *terms = Some(acceptance),
            Self::Linked { profile, .. } => profile.terms = acceptance,
        }
    }

    pub(crate) const fn profile(&self) -> Option<&Profile> {
        match self {
            Self::Unlinked { .. } => None,
            Self::Linked { profile, .. } => Some(profile),
        }
    }

    pub(crate) const fn profile_mut(&mut self) -> Option<&mut Profile> {
        match self {
            Self::Unlinked { .. } => None,
            Self::Linked { profile, .. } => Some(profile),
        }
    }

    pub(crate) const fn keys(&self) -> Option<&Keys> {
        match self {
            Self::Unlinked { .. } => None,
            Self::Linked { keys, .. } => Some(keys),
        }
    }

    pub(crate) const fn keys_mut(&mut self) -> Option<&mut Keys> {
        match self {
            Self::Unlinked { .. } => None,
            Self::Linked { keys, .. } => Some(keys),
        }
    }
}

/// Closing is refused with a debt; otherwise it revokes every key, and the account is on its way (J2).
pub(crate) fn close(opened: &Opened) -> Result<Events, Rejection> {
    if opened.stage.is_ending() {
        return Ok(Events::none());
    }
    let posted = opened.wallet.posted;
    if posted.is_debt() {
        return Err(Rejection::Debt { debt: posted.debt() });
    }
    let keys = opened.stage.keys().map_or(&[][..], Keys::as_slice);
    let working = keys.iter().filter(|key| key.state == (KeyState::Active {}));
    let mut events: Events =
        working.map(|key| Event::KeyRevoked { key: key.number, reason: RevokeReason::Closed }).collect();
    if let Stage::Funding { first_key: FirstKey::Pending(key), .. } = &opened.stage {
        events.push(Event::FirstKeyDropped { key: key.id });
    }
    events.push(Event::AccountClosing {});
    Ok(events)
}

/// The next thing to do for an account that is closing: nothing while something is open, then one after another, until
/// it is closed (J2).
pub(crate) fn next_step(opened: &Opened, policy: &Policy, now: Timestamp) -> Option<Event> {
    let Stage::Closing(_) = &opened.stage else { return None };
    if opened.has_something_open() {
        return None;
    }
    let first = opened.lots.started.first();
    if let Some(lot) = first.or_else(|| opened.lots.waiting.iter().min_by_key(|lot| lot.issued.grant)) {
        let amount = if lot.phase == LotPhase::Waiting { Amount::ZERO } else { lot.left };
        return Some(Event::GrantVoided { grant: lot.issued.grant, amount });
    }
    let left = opened.purchased().credit();
    if left.is_zero() {
        return Some(Event::AccountClosed {});
    }
    let unit = policy.numbers().charge_unit;
    let refundable = opened.charges.ended.iter().rev().map(|charge| {
        let amount = opened.reversals.contribution(charge).min(left).rounded_down(unit);
        (charge.number, amount)
    });
    let newest = refundable.into_iter().find(|(_, amount)| !amount.is_zero());
    let forfeited = Event::CreditForfeited { amount: left };
    Some(
        newest.map_or(forfeited, |newest| {
            reversals::request(opened, policy, newest, RefundCause::Closing, now)
        }),
    )
}

/// The operator gives up a debt, or a part of it (J2).
pub(crate) fn write_off(opened: &Opened, amount: Amount, reason: &Text) -> Result<Events, Rejection> {
    if amount.is_zero() {
        return Err(Rejection::AmountZero {});
    }
    let debt = opened.wallet.posted.debt();
    if amount > debt {
        return Err(Rejection::AboveDebt { amount, debt });
    }
    refuse_without_room(opened, amount)?;
    Ok(Events::one(Event::DebtWrittenOff { amount, reason: reason.clone() }))
}

impl Opened {
    /// What an account that is closing waits for: calls, also late ones, the charge, disputes (J2).
    fn has_something_open(&self) -> bool {
        !self.calls.open.is_empty()
            || !self.calls.late.is_empty()
            || self.charges.open.is_some()
            || self.reversals.disputes.iter().any(|dispute| dispute.phase == DisputePhase::Open)
    }

    /// What waits for time is over: nothing is charged any more.
    pub(crate) fn apply_closing(&mut self) -> Result<(), Corrupt> {
        if self.wallet.posted.is_debt() {
            return Err(Corrupt("a debt stands"));
        }
        let linked =
            |profile: &Profile, keys: &Keys| Former::Linked { profile: profile.clone(), keys: keys.clone() };
        let former = match &self.stage {
            Stage::Registered {} => Former::Unlinked { terms: None },
            Stage::Agreed { terms } | Stage::Described { terms, .. } => {
                Former::Unlinked { terms: Some(terms.clone()) }
            }
            Stage::Linked(profile) | Stage::Funding { profile, first_key: FirstKey::Dropped {} } => {
                linked(profile, &Keys::default())
            }
            Stage::Funding { first_key: FirstKey::Pending(_), .. } => {
                return Err(Corrupt("the first key is pending"));
            }
            Stage::Active { profile, keys, .. } if keys.are_revoked() => linked(profile, keys),
            Stage::Active { .. } => return Err(Corrupt("a key works")),
            Stage::Closing(_) | Stage::Closed(_) => return Err(WRONG_STAGE),
        };
        self.stage = Stage::Closing(former);
        self.top_up.clear();
        self.top_up.deferral = None;
        self.reversals.pause = None;
        self.apply_disputes_cleared();
        self.notice = Notice::Off;
        let Charges { bars, .. } = &mut self.charges;
        bars.clear();
        Ok(())
    }

    pub(crate) fn apply_forfeited(&mut self, amount: Amount) -> Result<(), Corrupt> {
        let Stage::Closing(_) = &self.stage else { return Err(WRONG_STAGE) };
        if amount.is_zero() || self.purchased() < amount {
            return Err(Corrupt("there is not so much to forfeit"));
        }
        self.wallet = self.wallet.forfeit(amount)?;
        Ok(())
    }

    pub(crate) fn apply_closed(&mut self) -> Result<(), Corrupt> {
        let Stage::Closing(former) = &self.stage else { return Err(WRONG_STAGE) };
        if self.has_something_open() || !self.lots.is_empty() || !self.purchased().credit().is_zero() {
            return Err(Corrupt("something is left to do"));
        }
        self.stage = Stage::Closed(former.clone());
        Ok(())
    }

    pub(crate) fn apply_written_off(&mut self, amount: Amount) -> Result<(), Corrupt> {
        if amount.is_zero() || amount > self.wallet.posted.debt() {
            return Err(Corrupt("there is no such debt"));
        }
        self.wallet = self.wallet.write_off(amount)?;
        Ok(())
    }
}
