//! What the world is still owed: a function of the state, so that a crash loses nothing (K5).

use core::fmt;

use serde::Serialize;

use crate::account::charges::{ChargePhase, OpenCharge};
use crate::account::{Account, Opened};
use crate::currency::Currency;
use crate::event::ChargeKind;
use crate::id::{AccountId, ChargeNumber};
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
}

tags! {
    /// The name of an effect.
    EffectTag for Effect {
        MakeCharge => "make_charge",
        LookUpCharge => "look_up_charge",
        CancelCharge => "cancel_charge",
    }
}

/// What makes asking twice charge once: a function of account, number, request time and amount (K5).
///
/// Written `{account}-{charge}-{microseconds}-{amount}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    account: AccountId,
    charge: ChargeNumber,
    requested_at: Timestamp,
    amount: Amount,
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, charge, requested_at, amount } = self;
        write!(f, "{account}-{charge}-{}-{amount}", requested_at.as_micros())
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
    account.opened().and_then(|opened| owed(opened, opened.charges.open.as_ref()?)).into_iter()
}

fn owed(opened: &Opened, charge: &OpenCharge) -> Option<Effect> {
    let OpenCharge { number, kind, amount, token, requested_at, phase, fingerprint: _, counting: _ } = charge;
    let (charge, amount, currency) = (*number, *amount, opened.currency);
    let idempotency_key = IdempotencyKey { account: opened.id, charge, requested_at: *requested_at, amount };
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
