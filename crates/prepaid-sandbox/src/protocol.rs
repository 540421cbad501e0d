//! What is spoken: one JSON object a line, a request and then its answer.

use prepaid::{
    AccountId, Amount, ChargeNumber, Currency, Decline, DisputeOutcome, RefundNumber, Span, Timestamp,
};
use serde::{Deserialize, Serialize};

/// What is asked of the sandbox.
///
/// ```
/// use prepaid_sandbox::Request;
/// let request: Request = serde_json::from_str(r#"{"type": "advance", "span": "25h"}"#)?;
/// assert_eq!(request, Request::Advance { span: "25h".parse()? });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Take money; under a key that is remembered, say again what was said first.
    Charge(Asked),
    /// What became of a charge. It is found by its key for ever, also when asking under that key would charge again.
    LookUp {
        /// Under which it was asked.
        key: String,
    },
    /// Cancel a charge; answered with what it is then, which may be that it has succeeded.
    Cancel {
        /// Under which it was asked.
        key: String,
    },
    /// The card's holder does what a charge requires.
    Approve {
        /// Under which it was asked.
        key: String,
    },
    /// Send money of a charge back.
    Refund(AskedBack),
    /// What became of a refund.
    LookUpRefund {
        /// Under which it was asked.
        key: String,
    },
    /// What would have been sent as webhooks, in the order in which it would have arrived.
    Events {
        /// The number of the last one that is known; 0 for none.
        after: u64,
    },
    /// Everything that was taken and went back.
    Book {},
    /// Move the sandbox's clock ahead.
    Advance {
        /// By how much.
        span: Span,
    },
    /// The card's holder disputes a charge.
    Dispute {
        /// Under which the charge was asked.
        charge_key: String,
        /// The dispute's id.
        id: String,
        /// How much of the charge.
        amount: Amount,
    },
    /// A dispute has its outcome.
    EndDispute {
        /// The dispute's id.
        id: String,
        /// As the account's side sees it.
        outcome: DisputeOutcome,
    },
    /// End the process.
    Stop {},
}

/// A charge that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The idempotency key.
    pub key: String,
    /// For which account; sent back with events.
    pub account: AccountId,
    /// Which of its charges; sent back with events.
    pub charge: ChargeNumber,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// Of which card: it says how the sandbox behaves ([`crate::Card`]).
    pub token: String,
}

/// A refund that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedBack {
    /// The idempotency key.
    pub key: String,
    /// Which of the account's refunds; sent back with events.
    pub refund: RefundNumber,
    /// Under which the charge was asked.
    pub charge_key: String,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
}

/// What the sandbox answers.
///
/// ```
/// use prepaid_sandbox::{Answer, PaymentState};
/// let line = r#"{"type":"payment","reference":"pay_1","state":{"status":"succeeded","amount":"20"}}"#;
/// let answer: Answer = serde_json::from_str(line)?;
/// let state = PaymentState::Succeeded { amount: "20".parse()? };
/// assert_eq!(answer, Answer::Payment { reference: "pay_1".into(), state });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// What a charge is.
    Payment {
        /// The sandbox's name for it.
        reference: String,
        /// How far it has come.
        state: PaymentState,
    },
    /// What a refund is.
    Refund {
        /// The sandbox's name for it.
        reference: String,
        /// How far it has come.
        state: RefundState,
    },
    /// There is no charge or refund under that key.
    NotFound {},
    /// What would have been sent.
    Events {
        /// In the order of their arrival; the rest where there are many comes when asked for after the last.
        events: Vec<Delivery>,
    },
    /// Everything.
    Book {
        /// By key, in the order in which they were first asked.
        charges: Vec<BookedCharge>,
    },
    /// The clock was moved.
    Advanced {
        /// What it shows.
        now: Timestamp,
    },
    /// Done, and there is nothing to say.
    Done {},
    /// Nothing was done.
    Refused {
        /// Why.
        reason: Refusal,
    },
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The key, or the dispute's id, was used for something else.
    #[error("this was asked before with other content")]
    Conflict,
    /// No money was taken under that charge key.
    #[error("no money was taken under this key")]
    NoSuchCharge,
    /// No dispute has this id.
    #[error("there is no such dispute")]
    NoSuchDispute,
    /// More connections than the sandbox serves.
    #[error("too many connections")]
    Busy,
    /// The book cannot be written: what was asked is not in it.
    #[error("the book cannot be written")]
    Unwritten,
    /// The request was not understood. What was sent is not repeated.
    #[error("not understood: {0}")]
    Malformed(String),
}

/// How far a charge has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PaymentState {
    /// It will be known later.
    Pending {},
    /// The card's holder has to act.
    ActionRequired {},
    /// Money was taken.
    Succeeded {
        /// How much; not always what was asked.
        amount: Amount,
    },
    /// Nothing was taken.
    Failed {
        /// Soft or hard.
        decline: Decline,
        /// In the sandbox's words.
        reason: String,
    },
    /// Nothing was taken, and will not be.
    Cancelled {},
}

/// How far a refund has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum RefundState {
    /// It will be known later.
    Pending {},
    /// The money was sent.
    Succeeded {},
    /// It was not, or came back.
    Failed {
        /// In the sandbox's words.
        reason: String,
    },
}

/// One event as it would arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Counted from 1.
    pub number: u64,
    /// Of which account.
    pub account: AccountId,
    /// What it tells.
    pub news: News,
}

/// What an event tells: not always the truth, and not always news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum News {
    /// Of a charge.
    Payment {
        /// Which of the account's.
        charge: ChargeNumber,
        /// The sandbox's name for it.
        reference: String,
        /// How far it has come.
        state: PaymentState,
    },
    /// Of a refund.
    Refund {
        /// Which of the account's.
        refund: RefundNumber,
        /// The sandbox's name for it.
        reference: String,
        /// How far it has come.
        state: RefundState,
    },
    /// A dispute began.
    DisputeOpened {
        /// Of which of the account's charges.
        charge: ChargeNumber,
        /// Its id.
        dispute: String,
        /// How much of the charge.
        amount: Amount,
    },
    /// A dispute has its outcome.
    DisputeEnded {
        /// Its id.
        dispute: String,
        /// As the account's side sees it.
        outcome: DisputeOutcome,
    },
}

/// All that happened under one charge key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedCharge {
    /// The key.
    pub key: String,
    /// For which account.
    pub account: AccountId,
    /// Which of its charges.
    pub charge: ChargeNumber,
    /// One, or more where it was asked again under a key that had been forgotten.
    pub payments: Vec<BookedPayment>,
    /// In the order in which they were asked.
    pub refunds: Vec<BookedRefund>,
    /// In the order in which they were opened.
    pub disputes: Vec<BookedDispute>,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedPayment {
    /// The sandbox's name for it.
    pub reference: String,
    /// How much was asked.
    pub asked: Amount,
    /// In which currency.
    pub currency: Currency,
    /// What it truly is, whatever was said of it.
    pub state: PaymentState,
}

/// One refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedRefund {
    /// Its key.
    pub key: String,
    /// How much.
    pub amount: Amount,
    /// How far it has come.
    pub state: RefundState,
}

/// One dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedDispute {
    /// Its id.
    pub id: String,
    /// How much of the charge.
    pub amount: Amount,
    /// How it ended; none while it is open.
    pub outcome: Option<DisputeOutcome>,
}

impl PaymentState {
    /// How much was taken.
    ///
    /// ```
    /// assert_eq!(prepaid_sandbox::PaymentState::Pending {}.taken(), None);
    /// ```
    #[must_use]
    pub const fn taken(&self) -> Option<Amount> {
        match self {
            Self::Succeeded { amount } => Some(*amount),
            Self::Pending {} | Self::ActionRequired {} | Self::Failed { .. } | Self::Cancelled {} => None,
        }
    }
}

impl BookedCharge {
    /// The amounts that were taken under this key: two mean that somebody was charged twice.
    ///
    /// ```
    /// # let (account, charge) = (prepaid::AccountId(uuid::Uuid::nil()), prepaid::ChargeNumber(1));
    /// let (payments, refunds, disputes) = (Vec::new(), Vec::new(), Vec::new());
    /// let booked = prepaid_sandbox::BookedCharge { key: "k".into(), account, charge, payments, refunds, disputes };
    /// assert!(booked.taken().is_empty());
    /// ```
    #[must_use]
    pub fn taken(&self) -> Vec<Amount> {
        self.payments.iter().filter_map(|payment| payment.state.taken()).collect()
    }

    /// What the provider still has of it: taken, less the refunds that have not failed and the disputes that were not
    /// won.
    ///
    /// ```
    /// # let (account, charge) = (prepaid::AccountId(uuid::Uuid::nil()), prepaid::ChargeNumber(1));
    /// let (payments, refunds, disputes) = (Vec::new(), Vec::new(), Vec::new());
    /// let booked = prepaid_sandbox::BookedCharge { key: "k".into(), account, charge, payments, refunds, disputes };
    /// assert_eq!(booked.kept(), prepaid::Amount::ZERO);
    /// ```
    #[must_use]
    pub fn kept(&self) -> Amount {
        let add = |sum: Amount, amount: Amount| sum.checked_add(amount).unwrap_or(Amount::MAX);
        let refunded =
            self.refunds.iter().filter(|refund| !matches!(refund.state, RefundState::Failed { .. }));
        let disputed = self.disputes.iter().filter(|dispute| dispute.outcome != Some(DisputeOutcome::Won));
        let back = refunded.map(|refund| refund.amount).chain(disputed.map(|dispute| dispute.amount));
        let taken = self.taken().into_iter().fold(Amount::ZERO, add);
        taken.checked_sub(back.fold(Amount::ZERO, add)).unwrap_or(Amount::ZERO)
    }
}
