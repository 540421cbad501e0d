//! Applying events: every fact is in them, so no policy is seen here (K4). Routing only; the rules lie in the regions.

use alloc::sync::Arc;

use crate::account::calls::{Calls, OpenCall, Term};
use crate::account::caps::Deferral;
use crate::account::charges::Charges;
use crate::account::limits::Spending;
use crate::account::lots::Lots;
use crate::account::reversals::Reversals;
use crate::account::top_up::TopUp;
use crate::account::wallet::Wallet;
use crate::account::{Account, Notice, Opened, OpenedAccount, Stage, StageTag, Standing};
use crate::event::{AccountOpened, Event, EventTag};
use crate::events::Batch;
use crate::money::AmountError;
use crate::time::Timestamp;

/// An event that cannot have happened to the account it was applied to: the history is damaged or incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{event} cannot have happened to an account that is {stage}: {cause}")]
pub struct CorruptHistory {
    /// The event.
    pub event: EventTag,
    /// The stage the account was in.
    pub stage: StageTag,
    /// Why it does not fit.
    pub cause: &'static str,
}

/// Why an event does not fit, before it is known which.
pub(crate) struct Corrupt(pub(crate) &'static str);

/// The event belongs to another stage.
pub(crate) const WRONG_STAGE: Corrupt = Corrupt("the stage does not fit");

impl From<AmountError> for Corrupt {
    fn from(_: AmountError) -> Self {
        Self("an amount would leave its range")
    }
}

/// The account after one event that happened at `at`.
///
/// # Errors
/// [`CorruptHistory`] when the event cannot have happened to this account.
///
/// ```
/// use prepaid::{Account, Event, Timestamp, evolve};
/// let answer = evolve(Account::Vacant, Timestamp::from_micros(0)?, &Event::AccountResumed {});
/// assert_eq!(answer.unwrap_err().to_string(),
///     "account_resumed cannot have happened to an account that is vacant: the account is not open");
/// # Ok::<(), prepaid::TimeError>(())
/// ```
pub fn evolve(account: Account, at: Timestamp, event: &Event) -> Result<Account, CorruptHistory> {
    let mut account = account;
    apply(&mut account, at, event)?;
    Ok(account)
}

/// The account that `batches` describe, in their order, from a vacant one.
///
/// # Errors
/// [`CorruptHistory`] at the first event that cannot have happened.
///
/// ```
/// use prepaid::{Account, replay};
/// assert_eq!(replay([]), Ok(Account::Vacant));
/// ```
pub fn replay<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> Result<Account, CorruptHistory> {
    let mut account = Account::Vacant;
    for batch in batches {
        for event in &batch.events {
            apply(&mut account, batch.at, event)?;
        }
    }
    Ok(account)
}

/// Applies one event in place. On an error the account may be half changed and must be dropped.
pub(crate) fn apply(account: &mut Account, at: Timestamp, event: &Event) -> Result<(), CorruptHistory> {
    let stage = account.stage();
    let applied = match (account, event) {
        (account @ Account::Vacant, Event::AccountOpened(opening)) => TopUp::fits(&opening.top_up)
            .map(|()| *account = Account::Opened(OpenedAccount::new(open(at, opening)))),
        (Account::Vacant, _) => Err(Corrupt("the account is not open")),
        (Account::Opened(opened), _) if at < opened.get().last => Err(Corrupt("time runs backwards")),
        (Account::Opened(_), event) if !event.tag().can_happen_at(stage) => {
            Err(Corrupt("the account is on its way out"))
        }
        (Account::Opened(opened), event) => {
            let opened = opened.get_mut();
            opened.last = at;
            apply_to(opened, at, event)
        }
    };
    applied.map_err(|Corrupt(cause)| CorruptHistory { event: event.tag(), stage, cause })
}

fn open(at: Timestamp, opening: &AccountOpened) -> Opened {
    let AccountOpened { account, owner, currency, top_up } = opening;
    Opened {
        id: *account,
        owner: *owner,
        currency: *currency,
        last: at,
        standing: Standing::Good {},
        stage: Stage::Registered {},
        top_up: TopUp::new(*top_up),
        wallet: Wallet::default(),
        lots: Lots::default(),
        calls: Calls::default(),
        spending: Spending::default(),
        notice: Notice::default(),
        charges: Charges::default(),
        reversals: Reversals::default(),
    }
}

fn apply_to(opened: &mut Opened, at: Timestamp, event: &Event) -> Result<(), Corrupt> {
    match event {
        Event::AccountOpened(_) => return Err(Corrupt("the account is open")),
        Event::TermsAccepted(accepted) => opened.apply_terms(at, accepted),
        Event::UseChosen(chosen) => opened.apply_use(chosen)?,
        Event::BillingUpdated(chosen) => opened.apply_billing(chosen)?,
        Event::PaymentMethodLinked(method) => opened.apply_method(method)?,
        Event::FirstKeyRequested(created) => opened.apply_first_key(at, created)?,
        Event::FirstKeyDropped { key } => opened.apply_first_key_dropped(*key)?,
        Event::KeyCreated(created) => opened.apply_key_created(at, created)?,
        Event::KeyRelabelled { key, label } => opened.apply_relabelled(*key, label.as_ref())?,
        Event::KeyRevoked { key, reason } => opened.apply_revoked(at, *key, *reason)?,
        Event::KeyLimited { key, limit } => opened.apply_key_limited(*key, *limit)?,
        Event::TopUpSet(settings) => opened.apply_top_up_set(settings)?,
        Event::TopUpReactivated {} => opened.top_up.clear(),
        Event::ChargeRequested(asked) => opened.apply_requested(at, asked)?,
        Event::ChargeActionRequired { charge, reference, until } => {
            opened.apply_action_required(at, *charge, reference, *until)?;
        }
        Event::ChargeAskingEnded { charge } => opened.apply_asking_ended(*charge)?,
        Event::ChargeCancelling { charge, cause: _ } => opened.apply_cancelling(*charge)?,
        Event::ChargeSuperseded { charge } => opened.apply_superseded(*charge)?,
        Event::ChargeMismatched { charge, expected: _, reported, reference: _ } => {
            opened.apply_mismatched(*charge, *reported)?;
        }
        Event::ChargeResolved { charge, taken: _, evidence: _ } => opened.apply_resolved(*charge)?,
        Event::ChargeSucceeded { charge, amount, reference: _, keep_until } => {
            opened.apply_succeeded(at, *charge, *amount, *keep_until)?;
        }
        Event::ChargeSucceededLate { charge, amount, reference: _, keep_until } => {
            opened.apply_succeeded_late(*charge, *amount, *keep_until)?;
        }
        Event::ChargeFailed { charge, decline: _, reason: _, keep_until } => {
            opened.apply_failed(at, *charge, *keep_until)?;
        }
        Event::ChargeAbandoned { charge, keep_until } => opened.apply_abandoned(at, *charge, *keep_until)?,
        Event::ChargeArchived { charge } => opened.apply_archived(at, *charge)?,
        Event::TopUpRetryScheduled { step, until } => opened.apply_retry_scheduled(at, *step, *until)?,
        Event::TopUpRetryDue {} => opened.apply_retry_due()?,
        Event::TopUpPaused { reason } => opened.apply_paused(*reason)?,
        Event::TopUpDeferred { until, cap } => {
            opened.apply_deferred(at, Deferral { until: *until, cap: *cap })?;
        }
        Event::TopUpCapReset {} => opened.apply_cap_reset()?,
        Event::MethodBarred { fingerprint, until } => opened.apply_barred(at, fingerprint, *until)?,
        Event::MethodBarEnded { fingerprint } => opened.apply_bar_ended(fingerprint)?,
        Event::CallAuthorized { call, key, amount, units, deadline, origin } => {
            opened.apply_authorized(OpenCall {
                call: *call,
                key: *key,
                amount: *amount,
                units: *units,
                admitted_at: at,
                deadline: *deadline,
                term: Term::Original,
                origin: Arc::clone(origin),
            })?;
        }
        Event::CallCharged { call: _, key, amount, origin: _ } => opened.apply_charged(at, *key, *amount)?,
        Event::CallExtended { call, deadline } => opened.apply_extended(*call, *deadline)?,
        Event::CallSettled { call, amount } => opened.apply_settled(*call, *amount)?,
        Event::CallReleased { call } => opened.apply_released(*call)?,
        Event::CallExpired { call, late_until } => opened.apply_expired(at, *call, *late_until)?,
        Event::CallSettledLate { call, amount, unbilled: _ } => opened.apply_settled_late(*call, *amount)?,
        Event::CallForgotten { call } => opened.apply_forgotten(*call)?,
        Event::GrantIssued(issued) => opened.apply_granted(at, issued)?,
        Event::GrantStarted { grant } => opened.apply_grant_started(at, *grant)?,
        Event::GrantExpired { grant, amount } => opened.apply_grant_expired(at, *grant, *amount)?,
        Event::GrantVoided { grant, amount } => opened.apply_grant_voided(*grant, *amount)?,
        Event::GrantLapsed { grant, amount } => opened.apply_grant_lapsed(*grant, *amount)?,
        Event::RefundRequested { refund, charge, amount, cause: _, ask_until } => {
            opened.apply_refund_requested(at, *refund, (*charge, *amount), *ask_until)?;
        }
        Event::RefundAskingEnded { refund } => opened.apply_refund_asking_ended(*refund)?,
        Event::RefundSucceeded { refund, reference } => {
            opened.apply_refund_succeeded(at, *refund, reference)?;
        }
        Event::RefundFailed { refund, reason: _ } => opened.apply_refund_failed(at, *refund)?,
        Event::RefundRecorded { charge, amount, reference } => {
            opened.apply_refund_recorded(at, *charge, *amount, reference)?;
        }
        Event::DisputeOpened { dispute, charge, amount } => {
            opened.apply_dispute_opened(at, dispute, *charge, *amount)?;
        }
        Event::DisputeClosed { dispute, outcome } => opened.apply_dispute_closed(at, dispute, *outcome)?,
        Event::ReversalPaused { reason } => opened.apply_reversal_paused(*reason),
        Event::ReversalPauseEnded {} => opened.apply_reversal_pause_ended()?,
        Event::DisputesCleared {} => opened.apply_disputes_cleared(),
        Event::SpendingLimited { limit } => opened.spending.limit = *limit,
        Event::NoticeSet { level } => opened.apply_notice_set(*level),
        Event::LowBalanceNoticed { level, posted: _ } => opened.apply_low_balance(*level)?,
        Event::BalanceRecovered { level, posted: _ } => opened.apply_recovered(*level)?,
        Event::AccountSuspended { reason } => opened.apply_suspended(reason),
        Event::AccountResumed {} => opened.apply_resumed()?,
        Event::AccountMigrated { reference } => opened.apply_migrated(reference)?,
        Event::DebtWrittenOff { amount, reason: _ } => opened.apply_written_off(*amount)?,
        Event::AccountClosing {} => opened.apply_closing()?,
        Event::CreditForfeited { amount } => opened.apply_forfeited(*amount)?,
        Event::AccountClosed {} => opened.apply_closed()?,
    }
    Ok(())
}
