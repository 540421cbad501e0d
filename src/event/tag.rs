//! The names of events.

use super::Event;
use crate::account::StageTag;
use crate::tags::tags;

tags! {
    /// The name of an event.
    EventTag for Event {
        AccountOpened => "account_opened",
        TermsAccepted => "terms_accepted",
        UseChosen => "use_chosen",
        BillingUpdated => "billing_updated",
        PaymentMethodLinked => "payment_method_linked",
        FirstKeyRequested => "first_key_requested",
        FirstKeyDropped => "first_key_dropped",
        KeyCreated => "key_created",
        KeyRelabelled => "key_relabelled",
        KeyRevoked => "key_revoked",
        KeyLimited => "key_limited",
        TopUpSet => "top_up_set",
        TopUpReactivated => "top_up_reactivated",
        ChargeRequested => "charge_requested",
        ChargeActionRequired => "charge_action_required",
        ChargeAskingEnded => "charge_asking_ended",
        ChargeCancelling => "charge_cancelling",
        ChargeSuperseded => "charge_superseded",
        ChargeMismatched => "charge_mismatched",
        ChargeResolved => "charge_resolved",
        ChargeSucceeded => "charge_succeeded",
        ChargeSucceededLate => "charge_succeeded_late",
        ChargeFailed => "charge_failed",
        ChargeAbandoned => "charge_abandoned",
        ChargeArchived => "charge_archived",
        TopUpRetryScheduled => "top_up_retry_scheduled",
        TopUpRetryDue => "top_up_retry_due",
        TopUpPaused => "top_up_paused",
        TopUpDeferred => "top_up_deferred",
        TopUpCapReset => "top_up_cap_reset",
        MethodBarred => "method_barred",
        MethodBarEnded => "method_bar_ended",
        CallAuthorized => "call_authorized",
        CallCharged => "call_charged",
        CallExtended => "call_extended",
        CallSettled => "call_settled",
        CallReleased => "call_released",
        CallExpired => "call_expired",
        CallSettledLate => "call_settled_late",
        CallForgotten => "call_forgotten",
        GrantIssued => "grant_issued",
        GrantStarted => "grant_started",
        GrantExpired => "grant_expired",
        GrantVoided => "grant_voided",
        GrantLapsed => "grant_lapsed",
        RefundRequested => "refund_requested",
        RefundAskingEnded => "refund_asking_ended",
        RefundSucceeded => "refund_succeeded",
        RefundFailed => "refund_failed",
        RefundRecorded => "refund_recorded",
        DisputeOpened => "dispute_opened",
        DisputeClosed => "dispute_closed",
        ReversalPaused => "reversal_paused",
        ReversalPauseEnded => "reversal_pause_ended",
        DisputesCleared => "disputes_cleared",
        SpendingLimited => "spending_limited",
        NoticeSet => "notice_set",
        LowBalanceNoticed => "low_balance_noticed",
        BalanceRecovered => "balance_recovered",
        AccountSuspended => "account_suspended",
        AccountResumed => "account_resumed",
        AccountMigrated => "account_migrated",
        DebtWrittenOff => "debt_written_off",
        AccountClosing => "account_closing",
        CreditForfeited => "credit_forfeited",
        AccountClosed => "account_closed",
    }
}

impl EventTag {
    /// Whether this can happen to an account on its way out: what it has to be before that, the regions check, but
    /// what goes on while an account closes, and after, is said here (J2).
    pub(crate) const fn can_happen_at(self, stage: StageTag) -> bool {
        let (closing, closed) = match self {
            Self::AccountOpened
            | Self::UseChosen
            | Self::FirstKeyRequested
            | Self::FirstKeyDropped
            | Self::KeyCreated
            | Self::KeyRelabelled
            | Self::KeyRevoked
            | Self::KeyLimited
            | Self::TopUpReactivated
            | Self::ChargeRequested
            | Self::TopUpRetryScheduled
            | Self::TopUpRetryDue
            | Self::TopUpPaused
            | Self::TopUpDeferred
            | Self::TopUpCapReset
            | Self::MethodBarred
            | Self::MethodBarEnded
            | Self::CallAuthorized
            | Self::CallCharged
            | Self::GrantIssued
            | Self::ReversalPaused
            | Self::ReversalPauseEnded
            | Self::DisputesCleared
            | Self::SpendingLimited
            | Self::NoticeSet
            | Self::LowBalanceNoticed
            | Self::BalanceRecovered
            | Self::AccountMigrated
            | Self::AccountClosing => (false, false),
            Self::TermsAccepted
            | Self::BillingUpdated
            | Self::PaymentMethodLinked
            | Self::TopUpSet
            | Self::ChargeActionRequired
            | Self::ChargeAskingEnded
            | Self::ChargeCancelling
            | Self::ChargeSuperseded
            | Self::ChargeSucceeded
            | Self::ChargeFailed
            | Self::ChargeAbandoned
            | Self::CallExtended
            | Self::CallSettled
            | Self::CallReleased
            | Self::CallExpired
            | Self::CallSettledLate
            | Self::CallForgotten
            | Self::GrantStarted
            | Self::GrantExpired
            | Self::GrantVoided
            | Self::GrantLapsed
            | Self::AccountSuspended
            | Self::AccountResumed
            | Self::CreditForfeited
            | Self::AccountClosed => (true, false),
            Self::ChargeMismatched
            | Self::ChargeResolved
            | Self::ChargeSucceededLate
            | Self::RefundRequested
            | Self::RefundAskingEnded
            | Self::RefundSucceeded
            | Self::RefundFailed
            | Self::RefundRecorded
            | Self::DisputeOpened
            | Self::DisputeClosed
            | Self::DebtWrittenOff => (true, true),
            // While it is closing, what is left is still to go back to the charges (G1).
            Self::ChargeArchived => (false, true),
        };
        match stage {
            StageTag::Closing => closing,
            StageTag::Closed => closed,
            StageTag::Vacant
            | StageTag::Registered
            | StageTag::Agreed
            | StageTag::Described
            | StageTag::Linked
            | StageTag::Funding
            | StageTag::Active => true,
        }
    }
}
