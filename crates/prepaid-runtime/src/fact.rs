//! What a store and its readers have to know of an event: the one place here where a new event has to be thought about.

use prepaid::{
    Amount, Batch, CallId, ChargeNumber, ChargeRequested, DisputeOutcome, Event, GrantId, GrantIssued,
    KeyCreated, KeyNumber, Outcome, QuoteOrigin, RefundNumber, Text,
};

/// What an event says of calls, keys and money.
#[derive(Debug, Clone, Copy)]
pub enum Fact<'a> {
    /// A call was admitted, and billed at once where an amount is given.
    CallAdmitted {
        /// Which.
        call: CallId,
        /// Of which key.
        key: KeyNumber,
        /// Where its price comes from.
        origin: &'a QuoteOrigin,
        /// What was billed of a one-step call.
        billed: Option<Amount>,
    },
    /// A call that was admitted before was billed.
    CallBilled {
        /// Which.
        call: CallId,
        /// How much.
        amount: Amount,
    },
    /// An open call went on, or ended without being billed.
    CallMoved(CallId),
    /// A key was asked for; it may wait for the initial funding.
    KeyAsked(&'a KeyCreated),
    /// A charge was asked for.
    ChargeAsked(&'a ChargeRequested),
    /// A charge was credited, perhaps late.
    ChargeCredited {
        /// Which.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
        /// The provider's reference.
        reference: &'a Text,
    },
    /// A charge ended without money.
    ChargeEnded {
        /// Which.
        charge: ChargeNumber,
        /// How.
        outcome: Outcome,
    },
    /// Money goes back, or comes back.
    Reversed(Reversal<'a>),
    /// Credit was given; it may wait for its effective time.
    GrantIssued(&'a GrantIssued),
    /// A grant that waited is credit.
    GrantStarted(GrantId),
    /// Credit of a grant, or purchased credit at the end, is gone.
    CreditGone(Amount),
    /// A debt was given up.
    WrittenOff(Amount),
    /// Nothing of that.
    Nothing,
}

/// Money that goes back, or comes back (chapter G).
#[derive(Debug, Clone, Copy)]
pub enum Reversal<'a> {
    /// A refund was asked for.
    RefundAsked {
        /// Which.
        refund: RefundNumber,
        /// Of which charge.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
    },
    /// It was sent.
    RefundSent {
        /// Which.
        refund: RefundNumber,
        /// The provider's reference.
        reference: &'a Text,
    },
    /// It was not, or came back.
    RefundFailed(RefundNumber),
    /// A refund was made at the provider.
    RefundRecorded {
        /// Of which charge.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
        /// The provider's reference.
        reference: &'a Text,
    },
    /// A charge is disputed.
    DisputeOpened {
        /// The provider's id.
        dispute: &'a Text,
        /// Which charge.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
    },
    /// A dispute has its outcome.
    DisputeClosed {
        /// The provider's id.
        dispute: &'a Text,
        /// Won or lost.
        outcome: DisputeOutcome,
    },
}

impl<'a> Fact<'a> {
    /// What this event says.
    ///
    /// ```
    /// use prepaid::{CallId, Event};
    /// use prepaid_runtime::Fact;
    /// let call = CallId(uuid::Uuid::from_u128(1));
    /// assert!(matches!(Fact::of(&Event::CallReleased { call }), Fact::CallMoved(_)));
    /// ```
    #[must_use]
    pub fn of(event: &'a Event) -> Self {
        match event {
            Event::CallAuthorized { call, key, origin, .. } => {
                Self::CallAdmitted { call: *call, key: *key, origin, billed: None }
            }
            Event::CallCharged { call, key, amount, origin } => {
                Self::CallAdmitted { call: *call, key: *key, origin, billed: Some(*amount) }
            }
            Event::CallSettled { call, amount } | Event::CallSettledLate { call, amount, .. } => {
                Self::CallBilled { call: *call, amount: *amount }
            }
            Event::CallExtended { call, .. }
            | Event::CallReleased { call }
            | Event::CallExpired { call, .. }
            | Event::CallForgotten { call } => Self::CallMoved(*call),
            Event::KeyCreated(created) | Event::FirstKeyRequested(created) => Self::KeyAsked(created),
            Event::ChargeRequested(asked) => Self::ChargeAsked(asked),
            Event::ChargeSucceeded { charge, amount, reference, .. }
            | Event::ChargeSucceededLate { charge, amount, reference, .. } => {
                Self::ChargeCredited { charge: *charge, amount: *amount, reference }
            }
            Event::ChargeFailed { charge, .. } => {
                Self::ChargeEnded { charge: *charge, outcome: Outcome::Failed {} }
            }
            Event::ChargeAbandoned { charge, .. } => {
                Self::ChargeEnded { charge: *charge, outcome: Outcome::Abandoned {} }
            }
            Event::GrantIssued(issued) => Self::GrantIssued(issued),
            Event::GrantStarted { grant } => Self::GrantStarted(*grant),
            Event::GrantExpired { amount, .. }
            | Event::GrantVoided { amount, .. }
            | Event::GrantLapsed { amount, .. }
            | Event::CreditForfeited { amount } => Self::CreditGone(*amount),
            Event::DebtWrittenOff { amount, .. } => Self::WrittenOff(*amount),
            Event::RefundRequested { .. }
            | Event::RefundSucceeded { .. }
            | Event::RefundFailed { .. }
            | Event::RefundRecorded { .. }
            | Event::DisputeOpened { .. }
            | Event::DisputeClosed { .. } => Reversal::of(event).map_or(Self::Nothing, Self::Reversed),
            Event::AccountOpened(_)
            | Event::TermsAccepted(_)
            | Event::UseChosen(_)
            | Event::BillingUpdated(_)
            | Event::PaymentMethodLinked(_)
            | Event::FirstKeyDropped { .. }
            | Event::KeyRelabelled { .. }
            | Event::KeyRevoked { .. }
            | Event::KeyLimited { .. }
            | Event::TopUpSet(_)
            | Event::TopUpReactivated {}
            | Event::ChargeActionRequired { .. }
            | Event::ChargeAskingEnded { .. }
            | Event::ChargeCancelling { .. }
            | Event::ChargeSuperseded { .. }
            | Event::ChargeMismatched { .. }
            | Event::ChargeResolved { .. }
            | Event::ChargeArchived { .. }
            | Event::TopUpRetryScheduled { .. }
            | Event::TopUpRetryDue {}
            | Event::TopUpPaused { .. }
            | Event::TopUpDeferred { .. }
            | Event::TopUpCapReset {}
            | Event::MethodBarred { .. }
            | Event::MethodBarEnded { .. }
            | Event::RefundAskingEnded { .. }
            | Event::ReversalPaused { .. }
            | Event::ReversalPauseEnded {}
            | Event::DisputesCleared {}
            | Event::SpendingLimited { .. }
            | Event::NoticeSet { .. }
            | Event::LowBalanceNoticed { .. }
            | Event::BalanceRecovered { .. }
            | Event::AccountSuspended { .. }
            | Event::AccountResumed {}
            | Event::AccountMigrated { .. }
            | Event::AccountClosing {}
            | Event::AccountClosed {} => Self::Nothing,
        }
    }
}

impl Fact<'_> {
    /// Whether it is of a call alone.
    const fn is_of_a_call(&self) -> bool {
        match self {
            Self::CallAdmitted { .. } | Self::CallBilled { .. } | Self::CallMoved(_) => true,
            Self::KeyAsked(_)
            | Self::ChargeAsked(_)
            | Self::ChargeCredited { .. }
            | Self::ChargeEnded { .. }
            | Self::Reversed(_)
            | Self::GrantIssued(_)
            | Self::GrantStarted(_)
            | Self::CreditGone(_)
            | Self::WrittenOff(_)
            | Self::Nothing => false,
        }
    }
}

/// Whether a batch has an event that is not of a call alone. Most batches have none, and whoever asks for charges, grants
/// and reversals need not read them.
///
/// ```
/// use prepaid::{Batch, CallId, Event, Timestamp};
/// use prepaid_runtime::is_more_than_calls;
/// let call = CallId(uuid::Uuid::from_u128(1));
/// let batch = |events: Vec<Event>| Batch { at: Timestamp::MIN, events: events.into_iter().collect() };
/// assert!(!is_more_than_calls(&batch(vec![Event::CallReleased { call }])));
/// assert!(is_more_than_calls(&batch(vec![Event::CallReleased { call }, Event::TopUpRetryDue {}])));
/// ```
#[must_use]
pub fn is_more_than_calls(batch: &Batch) -> bool {
    batch.events.iter().any(|event| !Fact::of(event).is_of_a_call())
}

impl<'a> Reversal<'a> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is a reversal is said above, event by event")]
    const fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::RefundRequested { refund, charge, amount, .. } => {
                Self::RefundAsked { refund: *refund, charge: *charge, amount: *amount }
            }
            Event::RefundSucceeded { refund, reference } => Self::RefundSent { refund: *refund, reference },
            Event::RefundFailed { refund, .. } => Self::RefundFailed(*refund),
            Event::RefundRecorded { charge, amount, reference } => {
                Self::RefundRecorded { charge: *charge, amount: *amount, reference }
            }
            Event::DisputeOpened { dispute, charge, amount } => {
                Self::DisputeOpened { dispute, charge: *charge, amount: *amount }
            }
            Event::DisputeClosed { dispute, outcome } => Self::DisputeClosed { dispute, outcome: *outcome },
            _ => return None,
        })
    }
}

/// The item of the price list, or the reference of an agreed price: what usage is counted under.
///
/// ```
/// use prepaid::{Currency, Quote};
/// let quote = Quote::agreed("0.06".parse()?, Currency::USD, "contract 7".parse()?);
/// assert_eq!(prepaid_runtime::item_of(quote.origin()), "contract 7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn item_of(origin: &QuoteOrigin) -> String {
    match origin {
        QuoteOrigin::Listed { item, .. } => item.to_string(),
        QuoteOrigin::Agreed { reference } => reference.to_string(),
    }
}
