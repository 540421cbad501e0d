//! What the world is still owed: a function of the state, so that a crash loses nothing (K5).

use core::fmt;

use serde::Serialize;

use crate::account::charges::{ChargePhase, OpenCharge};
use crate::account::{Account, Opened, Refund, RefundPhase};
use crate::currency::Currency;
use crate::event::ChargeKind;
use crate::id::{AccountId, ChargeNumber, RefundNumber};
use crate::money::Amount;
use crate::payment::PaymentToken;
use crate::tags::tags;
use crate::text::Text;
use crate::time::Timestamp;

/// Something a shell does for the account, again and again until its result has come back as a command (K5).
///
/// Tick before performing an effect: the asking window may have ended (F3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// Ask the provider for a charge, always under this idempotency key.
    MakeCharge {
        /// Which charge.
        charge: ChargeNumber,
        /// What it is for.
        kind: ChargeKind,
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Of which payment method.
        token: PaymentToken,
        /// The same for every attempt.
        idempotency_key: IdempotencyKey,
        /// Until when it may be asked (F3).
        until: Timestamp,
    },
    /// Find out what became of a charge, without asking for it (F3).
    LookUpCharge {
        /// Which charge.
        charge: ChargeNumber,
        /// How much was asked.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Of which payment method.
        token: PaymentToken,
        /// Under which it was asked.
        idempotency_key: IdempotencyKey,
    },
    /// Cancel a charge at the provider (F4).
    CancelCharge {
        /// Which charge.
        charge: ChargeNumber,
        /// Under which it was asked.
        idempotency_key: IdempotencyKey,
        /// The provider's reference, where it gave one.
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<Text>,
    },
    /// Ask the provider to send money of a charge back, always under this idempotency key (G1).
    SendRefund {
        /// Which refund.
        refund: RefundNumber,
        /// Of which charge.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Under which the charge was asked.
        charge_key: IdempotencyKey,
        /// The same for every attempt.
        idempotency_key: IdempotencyKey,
        /// Until when it may be asked.
        until: Timestamp,
    },
    /// Find out what became of a refund, without asking for it (G1).
    LookUpRefund {
        /// Which refund.
        refund: RefundNumber,
        /// Of which charge.
        charge: ChargeNumber,
        /// How much was asked.
        amount: Amount,
        /// In which currency.
        currency: Currency,
        /// Under which the charge was asked.
        charge_key: IdempotencyKey,
        /// Under which it was asked.
        idempotency_key: IdempotencyKey,
    },
}

tags! {
    /// The name of an effect.
    EffectTag for Effect {
        MakeCharge => "make_charge",
        LookUpCharge => "look_up_charge",
        CancelCharge => "cancel_charge",
        SendRefund => "send_refund",
        LookUpRefund => "look_up_refund",
    }
}

/// What makes asking twice charge once: a function of account, number, request time and amount (K5).
///
/// Written `{account}-{charge}-{microseconds}-{amount}`, with an `r` before the number of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    account: AccountId,
    asked: Asked,
    requested_at: Timestamp,
    amount: Amount,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Charge(ChargeNumber),
    Refund(RefundNumber),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Charge(number) => write!(f, "{number}"),
            Self::Refund(number) => write!(f, "r{number}"),
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, asked, requested_at, amount } = self;
        write!(f, "{account}-{asked}-{}-{amount}", requested_at.as_micros())
    }
}

impl Serialize for IdempotencyKey {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// What the world is owed now (K5).
///
/// ```
/// use prepaid::{Account, effects};
/// assert_eq!(effects(&Account::Vacant).count(), 0);
/// ```
pub fn effects(account: &Account) -> impl Iterator<Item = Effect> + '_ {
    account.opened().into_iter().flat_map(|opened| {
        let charge = opened.charges.open.as_ref().and_then(|charge| owed(opened, charge));
        let refunds = opened.reversals.refunds.iter();
        charge.into_iter().chain(refunds.filter_map(|refund| owed_back(opened, refund)))
    })
}

fn owed_back(opened: &Opened, refund: &Refund) -> Option<Effect> {
    let Refund { number, charge, amount, requested_at, phase } = refund;
    let of = opened.charges.ended(*charge)?;
    let (refund, charge, amount, currency) = (*number, *charge, *amount, opened.currency);
    let (account, requested_at) = (opened.id, *requested_at);
    let idempotency_key = IdempotencyKey { account, asked: Asked::Refund(refund), requested_at, amount };
    let charge_key = IdempotencyKey {
        account,
        asked: Asked::Charge(charge),
        requested_at: of.requested_at,
        amount: of.amount,
    };
    match phase {
        RefundPhase::Asking { until } => Some(Effect::SendRefund {
            refund,
            charge,
            amount,
            currency,
            charge_key,
            idempotency_key,
            until: *until,
        }),
        RefundPhase::LookingUp {} => {
            Some(Effect::LookUpRefund { refund, charge, amount, currency, charge_key, idempotency_key })
        }
        RefundPhase::Succeeded { .. } | RefundPhase::Failed { .. } => None,
    }
}

fn owed(opened: &Opened, charge: &OpenCharge) -> Option<Effect> {
    let OpenCharge { number, kind, amount, token, requested_at, phase, fingerprint: _, counting: _ } = charge;
    let (charge, amount, currency) = (*number, *amount, opened.currency);
    let asked = Asked::Charge(charge);
    let idempotency_key = IdempotencyKey { account: opened.id, asked, requested_at: *requested_at, amount };
    match phase {
        ChargePhase::Asking { until } => Some(Effect::MakeCharge {
            charge,
            kind: *kind,
            amount,
            currency,
            token: token.clone(),
            idempotency_key,
            until: *until,
        }),
        ChargePhase::LookingUp {} => {
            Some(Effect::LookUpCharge { charge, amount, currency, token: token.clone(), idempotency_key })
        }
        ChargePhase::Cancelling { reference } => {
            Some(Effect::CancelCharge { charge, idempotency_key, reference: reference.clone() })
        }
        // The owner or the operator acts; the provider is asked for nothing.
        ChargePhase::ActionRequired { .. } | ChargePhase::Unresolved { .. } => None,
    }
}
