//! Metered calls: admission, holds, their endings (chapter D).

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

use super::onboarding::{outdated, past_grace};
use super::standing::refuse_suspended;
use super::{Opened, limits, top_up};
use crate::event::Event;
use crate::events::Events;
use crate::evolve::{Corrupt, WRONG_STAGE};
use crate::id::{CallId, KeyId, KeyNumber};
use crate::money::Amount;
use crate::policy::Policy;
use crate::price::{Quote, QuoteOrigin};
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The calls the account remembers: open, or expired and not yet forgotten (D5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    /// In the order of deadline and id, so that the earliest is the front.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) open: VecDeque<OpenCall>,
    /// In the order of the end of their window and id.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) late: VecDeque<LateCall>,
    /// The sum of the open calls' units.
    pub(crate) in_flight: u32,
}

/// A call that holds its price (D3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCall {
    /// Its id.
    pub call: CallId,
    /// The key it was made with.
    pub key: KeyNumber,
    /// What it holds.
    pub amount: Amount,
    /// Places in flight it takes.
    pub units: u16,
    /// When it was admitted.
    pub admitted_at: Timestamp,
    /// When its hold expires.
    pub deadline: Timestamp,
    /// Whether the deadline was moved.
    pub term: Term,
    /// Where its price comes from.
    pub origin: Arc<QuoteOrigin>,
}

/// Whether a hold was extended (D6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// It was not, and may be.
    Original,
    /// It was, once.
    Extended,
}

/// A call whose hold expired, and which may still be settled (D6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateCall {
    /// Its id.
    pub call: CallId,
    /// The key it was made with.
    pub key: KeyNumber,
    /// What it held.
    pub amount: Amount,
    /// When it was admitted: what is settled of it counts there (I1).
    pub admitted_at: Timestamp,
    /// When it is forgotten.
    pub late_until: Timestamp,
}

impl Calls {
    fn open(&self, call: CallId) -> Option<&OpenCall> {
        self.open.iter().find(|open| open.call == call)
    }

    fn late(&self, call: CallId) -> Option<&LateCall> {
        self.late.iter().find(|late| late.call == call)
    }

    fn insert_open(&mut self, call: OpenCall) {
        let place = |open: &OpenCall| (open.deadline, open.call);
        // Deadlines mostly come in order: try the back first.
        match self.open.back() {
            Some(last) if place(last) > place(&call) => {
                let at = self.open.partition_point(|open| place(open) < place(&call));
                self.open.insert(at, call);
            }
            Some(_) | None => self.open.push_back(call),
        }
    }

    /// Remembers an open call and the places it takes.
    fn add(&mut self, call: OpenCall) -> Result<(), Corrupt> {
        let taken = self.in_flight.checked_add(u32::from(call.units));
        self.in_flight = taken.ok_or(Corrupt("too many places in flight"))?;
        self.insert_open(call);
        Ok(())
    }

    fn insert_late(&mut self, call: LateCall) {
        let place = |late: &LateCall| (late.late_until, late.call);
        let at = self.late.partition_point(|late| place(late) < place(&call));
        self.late.insert(at, call);
    }

    fn take_open(&mut self, call: CallId) -> Result<OpenCall, Corrupt> {
        let at =
            self.open.iter().position(|open| open.call == call).ok_or(Corrupt("the call is not open"))?;
        let open = self.open.remove(at).ok_or(Corrupt("the call is not open"))?;
        let left = self.in_flight.checked_sub(u32::from(open.units));
        self.in_flight = left.ok_or(Corrupt("places in flight do not add up"))?;
        Ok(open)
    }

    fn take_late(&mut self, call: CallId) -> Result<LateCall, Corrupt> {
        let at = self.late.iter().position(|late| late.call == call);
        at.and_then(|at| self.late.remove(at)).ok_or(Corrupt("the call has not expired"))
    }
}

/// Whether a call takes places in flight.
#[derive(Clone, Copy)]
enum Places {
    Takes(u16),
    None,
}

pub(crate) fn authorize(
    opened: &Opened,
    policy: &Policy,
    (call, key): (CallId, KeyId),
    quote: &Quote,
    units: u16,
    now: Timestamp,
) -> Result<Events, Rejection> {
    refuse_foreign(opened, quote)?;
    let keys = opened.active_keys()?;
    let number = keys.find(key)?.number;
    if let Some(open) = opened.calls.open(call)
        && open.key == number
        && open.amount == quote.amount()
        && open.units == units
        && open.origin == *quote.origin()
    {
        return Ok(Events::none());
    }
    let key = admit(opened, policy, (call, key), quote, Places::Takes(units), now)?;
    Ok(Events::one(Event::CallAuthorized {
        call,
        key,
        amount: quote.amount(),
        units,
        deadline: now.saturating_add(policy.numbers().hold),
        origin: Arc::clone(quote.origin()),
    }))
}

/// Admission and settlement in one step: the hot path (D7).
pub(crate) fn charge(
    opened: &Opened,
    policy: &Policy,
    (call, key): (CallId, KeyId),
    quote: &Quote,
    now: Timestamp,
) -> Result<Events, Rejection> {
    refuse_foreign(opened, quote)?;
    let key = admit(opened, policy, (call, key), quote, Places::None, now)?;
    let amount = quote.amount();
    opened.wallet.bill(amount).map_err(|_| Rejection::OutOfRange { field: "settled" })?;
    Ok(Events::one(Event::CallCharged { call, key, amount, origin: Arc::clone(quote.origin()) }))
}

/// A quote in another currency (M2).
fn refuse_foreign(opened: &Opened, quote: &Quote) -> Result<(), Rejection> {
    let (expected, given) = (opened.currency, quote.currency());
    if given == expected { Ok(()) } else { Err(Rejection::CurrencyMismatch { expected, given }) }
}

/// The guards of D2, in its order; the first that fails is the refusal.
fn admit(
    opened: &Opened,
    policy: &Policy,
    (call, key): (CallId, KeyId),
    quote: &Quote,
    places: Places,
    now: Timestamp,
) -> Result<KeyNumber, Rejection> {
    let key = opened.active_keys()?.find(key)?;
    if opened.calls.open(call).is_some() || opened.calls.late(call).is_some() {
        return Err(Rejection::CallConflict { call });
    }
    key.admit(now)?;
    if let Some(version) = quote.out_of_force(now) {
        return Err(Rejection::QuoteNotInForce { version });
    }
    if let Places::Takes(0) = places {
        return Err(Rejection::UnitsZero {});
    }
    refuse_suspended(opened)?;
    if past_grace(opened, policy, now)
        && let Some(terms) = outdated(opened, policy)
    {
        return Err(Rejection::TermsOutdated(terms));
    }
    let posted = opened.wallet.posted;
    if posted.is_debt() {
        return Err(Rejection::Debt { debt: posted.debt() });
    }
    match places {
        Places::Takes(units) => {
            let (taken, bound) = (opened.calls.in_flight, policy.numbers().places_in_flight);
            if taken.saturating_add(u32::from(units)) > u32::from(bound) {
                return Err(Rejection::TooManyInFlight { units, taken, bound });
            }
        }
        Places::None => {}
    }
    let (price, available) = (quote.amount(), opened.wallet.available());
    limits::refuse_beyond_limits(opened, key, price, now)?;
    // A call with price zero passes whatever is available (D9).
    if !price.is_zero() && available < price {
        return Err(Rejection::InsufficientCredit {
            short: available.shortfall(price).map_err(|_| Rejection::OutOfRange { field: "short" })?,
            held: opened.wallet.held,
            outlook: top_up::outlook(opened, policy, now),
        });
    }
    limits::refuse_uncountable(opened, key, price, now)?;
    Ok(key.number)
}

pub(crate) fn extend(
    opened: &Opened,
    policy: &Policy,
    call: CallId,
    until: Timestamp,
) -> Result<Events, Rejection> {
    opened.refuse_without_calls()?;
    let open = opened.calls.open(call).ok_or(Rejection::CallNotOpen { call })?;
    if open.term == Term::Extended && open.deadline == until {
        return Ok(Events::none());
    }
    let (after, not_after) = (open.deadline, open.admitted_at.saturating_add(policy.numbers().extension));
    if until <= after || until > not_after {
        return Err(Rejection::TimeOutOfBounds {
            field: "until",
            given: until,
            after,
            not_after: Some(not_after),
        });
    }
    match open.term {
        Term::Extended => Err(Rejection::AlreadyExtended { call }),
        Term::Original => Ok(Events::one(Event::CallExtended { call, deadline: until })),
    }
}

/// An ending is never refused for key, suspension, terms, limits or debt (D4).
pub(crate) fn settle(
    opened: &Opened,
    policy: &Policy,
    call: CallId,
    amount: Option<Amount>,
) -> Result<Events, Rejection> {
    opened.refuse_without_calls()?;
    if let Some(open) = opened.calls.open(call) {
        let amount = amount.unwrap_or(open.amount);
        refuse_above_hold(opened, policy, open, amount)?;
        let settled = opened.wallet.free(open.amount).and_then(|wallet| wallet.bill(amount));
        settled.map_err(|_| Rejection::OutOfRange { field: "settled" })?;
        let counts = (open.amount, amount);
        limits::refuse_uncountable_ending(opened, open.key, open.admitted_at, counts)?;
        return Ok(Events::one(Event::CallSettled { call, amount }));
    }
    let late = opened.calls.late(call).ok_or(Rejection::CallNotOpen { call })?;
    let asked = amount.unwrap_or(late.amount);
    if asked > late.amount {
        return Err(Rejection::AboveHold { amount: asked, hold: late.amount });
    }
    // At most what is available now; the rest is lost, and recorded (D6).
    let amount = asked.min(opened.wallet.available().credit());
    let unbilled = asked.checked_sub(amount).map_err(|_| Rejection::OutOfRange { field: "unbilled" })?;
    opened.wallet.bill(amount).map_err(|_| Rejection::OutOfRange { field: "settled" })?;
    let counts = (Amount::ZERO, amount);
    limits::refuse_uncountable_ending(opened, late.key, late.admitted_at, counts)?;
    Ok(Events::one(Event::CallSettledLate { call, amount, unbilled }))
}

/// Above the hold only as far as the policy's debt goes, with everything else open still covered (D8).
fn refuse_above_hold(
    opened: &Opened,
    policy: &Policy,
    open: &OpenCall,
    amount: Amount,
) -> Result<(), Rejection> {
    if amount <= open.amount {
        return Ok(());
    }
    let debt = policy.numbers().debt_at_settlement;
    let available = opened.wallet.available_after(open.amount, amount);
    let allowed = available.is_ok_and(|left| left.debt() <= debt);
    if debt.is_zero() || !allowed {
        return Err(Rejection::AboveHold { amount, hold: open.amount });
    }
    // What other calls hold can still be settled, too (D4, M1).
    let settled = opened.wallet.free(open.amount).and_then(|wallet| wallet.bill(amount));
    let all = settled.and_then(|wallet| wallet.settled.checked_add(wallet.held));
    all.map(|_| ()).map_err(|_| Rejection::OutOfRange { field: "settled" })
}

pub(crate) fn release(opened: &Opened, call: CallId) -> Result<Events, Rejection> {
    opened.refuse_without_calls()?;
    if opened.calls.open(call).is_some() {
        return Ok(Events::one(Event::CallReleased { call }));
    }
    match opened.calls.late(call) {
        Some(_) => Ok(Events::one(Event::CallForgotten { call })),
        None => Err(Rejection::CallNotOpen { call }),
    }
}

impl Opened {
    /// A call is made with a key that exists, on an active account that has no debt and can pay it (D8, D9).
    fn fits(&self, key: KeyNumber, amount: Amount) -> Result<(), Corrupt> {
        let keys = self.active_keys().map_err(|_| WRONG_STAGE)?;
        if !keys.has(key) {
            return Err(Corrupt("no such key"));
        }
        let covered = amount.is_zero() || self.wallet.available() >= amount;
        if covered && !self.wallet.posted.is_debt() {
            Ok(())
        } else {
            Err(Corrupt("the credit does not cover it"))
        }
    }

    pub(crate) fn apply_authorized(&mut self, call: OpenCall) -> Result<(), Corrupt> {
        self.fits(call.key, call.amount)?;
        if call.units == 0 || call.deadline <= call.admitted_at {
            return Err(Corrupt("the call takes no place, or no time"));
        }
        if self.calls.open(call.call).is_some() || self.calls.late(call.call).is_some() {
            return Err(Corrupt("the call exists"));
        }
        self.hold(call.call, call.amount)?;
        self.count(call.admitted_at, call.key, call.amount)?;
        self.calls.add(call)
    }

    pub(crate) fn apply_charged(
        &mut self,
        at: Timestamp,
        key: KeyNumber,
        amount: Amount,
    ) -> Result<(), Corrupt> {
        self.fits(key, amount)?;
        self.bill(amount)?;
        self.count(at, key, amount)
    }

    pub(crate) fn apply_extended(&mut self, call: CallId, deadline: Timestamp) -> Result<(), Corrupt> {
        let open = self.calls.take_open(call)?;
        if open.term == Term::Extended || deadline <= open.deadline {
            return Err(Corrupt("the hold cannot be extended so"));
        }
        self.calls.add(OpenCall { deadline, term: Term::Extended, ..open })
    }

    pub(crate) fn apply_settled(&mut self, call: CallId, amount: Amount) -> Result<(), Corrupt> {
        let OpenCall { key, amount: hold, admitted_at, .. } = self.calls.take_open(call)?;
        self.settle(call, hold, amount)?;
        self.count_instead(key, admitted_at, (hold, amount))
    }

    pub(crate) fn apply_released(&mut self, call: CallId) -> Result<(), Corrupt> {
        let OpenCall { key, amount: hold, admitted_at, .. } = self.calls.take_open(call)?;
        self.settle(call, hold, Amount::ZERO)?;
        self.count_instead(key, admitted_at, (hold, Amount::ZERO))
    }

    pub(crate) fn apply_expired(
        &mut self,
        at: Timestamp,
        call: CallId,
        late_until: Timestamp,
    ) -> Result<(), Corrupt> {
        let OpenCall { key, amount, deadline, admitted_at, .. } = self.calls.take_open(call)?;
        if at < deadline || late_until < deadline {
            return Err(Corrupt("the hold has not reached its deadline"));
        }
        self.settle(call, amount, Amount::ZERO)?;
        self.count_instead(key, admitted_at, (amount, Amount::ZERO))?;
        self.calls.insert_late(LateCall { call, key, amount, admitted_at, late_until });
        Ok(())
    }

    pub(crate) fn apply_settled_late(&mut self, call: CallId, amount: Amount) -> Result<(), Corrupt> {
        let LateCall { key, admitted_at, .. } = self.calls.take_late(call)?;
        self.bill(amount)?;
        self.count_instead(key, admitted_at, (Amount::ZERO, amount))
    }

    pub(crate) fn apply_forgotten(&mut self, call: CallId) -> Result<(), Corrupt> {
        self.calls.take_late(call).map(|_| ())
    }
}
