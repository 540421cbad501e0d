//! The table of commands: their names, who may send them (K7), and the stage they need (A2).

use super::{Action, Actor};
use crate::account::StageTag;
use crate::tags::tags;

tags! {
    /// The name of a command.
    ActionTag for @Q Action<Q> {
        Open => "open",
        AcceptTerms => "accept_terms",
        ChooseUse => "choose_use",
        LinkPaymentMethod => "link_payment_method",
        UpdateBilling => "update_billing",
        CreateKey => "create_key",
        RelabelKey => "relabel_key",
        RevokeKey => "revoke_key",
        LimitKey => "limit_key",
        SetTopUp => "set_top_up",
        ReactivateTopUp => "reactivate_top_up",
        TopUp => "top_up",
        CancelCharge => "cancel_charge",
        ChargeSucceeded => "charge_succeeded",
        ChargeActionRequired => "charge_action_required",
        ChargeFailed => "charge_failed",
        ChargeCancelled => "charge_cancelled",
        ChargeNotFound => "charge_not_found",
        ResolveCharge => "resolve_charge",
        AuthorizeCall => "authorize_call",
        ChargeCall => "charge_call",
        ExtendCall => "extend_call",
        SettleCall => "settle_call",
        ReleaseCall => "release_call",
        IssueGrant => "issue_grant",
        VoidGrant => "void_grant",
        Refund => "refund",
        RefundSucceeded => "refund_succeeded",
        RefundFailed => "refund_failed",
        RecordRefund => "record_refund",
        OpenDispute => "open_dispute",
        CloseDispute => "close_dispute",
        LimitSpending => "limit_spending",
        SetNotice => "set_notice",
        Suspend => "suspend",
        Resume => "resume",
        Migrate => "migrate",
        WriteOff => "write_off",
        Close => "close",
        Tick => "tick",
    }
}

impl ActionTag {
    /// Who may send this command (K7).
    ///
    /// ```
    /// use prepaid::{ActionTag, Actor};
    /// assert_eq!(ActionTag::TopUp.actors(), [Actor::Owner]);
    /// ```
    #[must_use]
    pub const fn actors(self) -> &'static [Actor] {
        match self {
            Self::AcceptTerms
            | Self::ChooseUse
            | Self::LinkPaymentMethod
            | Self::UpdateBilling
            | Self::CreateKey
            | Self::TopUp => &[Actor::Owner],
            Self::Open
            | Self::RelabelKey
            | Self::RevokeKey
            | Self::LimitKey
            | Self::SetTopUp
            | Self::ReactivateTopUp
            | Self::CancelCharge
            | Self::Refund
            | Self::LimitSpending
            | Self::SetNotice
            | Self::Close => &[Actor::Owner, Actor::Operator],
            Self::ResolveCharge
            | Self::IssueGrant
            | Self::VoidGrant
            | Self::Suspend
            | Self::Resume
            | Self::Migrate
            | Self::WriteOff => &[Actor::Operator],
            Self::RefundSucceeded | Self::RefundFailed | Self::RecordRefund => {
                &[Actor::Provider, Actor::Operator]
            }
            Self::ChargeSucceeded
            | Self::ChargeActionRequired
            | Self::ChargeFailed
            | Self::ChargeCancelled
            | Self::ChargeNotFound
            | Self::OpenDispute
            | Self::CloseDispute => &[Actor::Provider],
            Self::AuthorizeCall
            | Self::ChargeCall
            | Self::ExtendCall
            | Self::SettleCall
            | Self::ReleaseCall => &[Actor::Gateway],
            Self::Tick => &[Actor::Clock],
        }
    }
}

impl ActionTag {
    /// Whether an account takes this command at this stage: what comes before the stage the command needs the regions
    /// refuse, but what goes on while an account closes, and after, is said here (J2).
    pub(crate) const fn is_taken_at(self, stage: StageTag) -> bool {
        let (closing, closed) = match self {
            Self::Open
            | Self::ChooseUse
            | Self::CreateKey
            | Self::RelabelKey
            | Self::LimitKey
            | Self::ReactivateTopUp
            | Self::TopUp
            | Self::IssueGrant
            | Self::LimitSpending
            | Self::Migrate => (false, false),
            Self::AcceptTerms
            | Self::LinkPaymentMethod
            | Self::UpdateBilling
            | Self::RevokeKey
            | Self::SetTopUp
            | Self::ExtendCall
            | Self::SettleCall
            | Self::ReleaseCall
            | Self::VoidGrant
            | Self::SetNotice
            | Self::Suspend
            | Self::Resume => (true, false),
            // A call needs an active account anyway, which is said after a quote in another currency (M2).
            Self::AuthorizeCall
            | Self::ChargeCall
            | Self::CancelCharge
            | Self::ChargeSucceeded
            | Self::ChargeActionRequired
            | Self::ChargeFailed
            | Self::ChargeCancelled
            | Self::ChargeNotFound
            | Self::ResolveCharge
            | Self::Refund
            | Self::RefundSucceeded
            | Self::RefundFailed
            | Self::RecordRefund
            | Self::OpenDispute
            | Self::CloseDispute
            | Self::WriteOff
            | Self::Close
            | Self::Tick => (true, true),
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

    /// The stage, or the earliest of the stages, in which this command is possible (A2).
    ///
    /// ```
    /// use prepaid::{ActionTag, StageTag};
    /// assert_eq!(ActionTag::CreateKey.needs(), StageTag::Linked);
    /// ```
    #[must_use]
    pub const fn needs(self) -> StageTag {
        match self {
            Self::Open => StageTag::Vacant,
            Self::ChooseUse | Self::IssueGrant | Self::VoidGrant => StageTag::Agreed,
            Self::LinkPaymentMethod | Self::UpdateBilling => StageTag::Described,
            Self::CreateKey | Self::Migrate | Self::Refund => StageTag::Linked,
            Self::RelabelKey | Self::RevokeKey | Self::LimitKey => StageTag::Funding,
            Self::TopUp
            | Self::AuthorizeCall
            | Self::ChargeCall
            | Self::ExtendCall
            | Self::SettleCall
            | Self::ReleaseCall => StageTag::Active,
            Self::AcceptTerms
            | Self::SetTopUp
            | Self::ReactivateTopUp
            | Self::CancelCharge
            | Self::ChargeSucceeded
            | Self::ChargeActionRequired
            | Self::ChargeFailed
            | Self::ChargeCancelled
            | Self::ChargeNotFound
            | Self::ResolveCharge
            | Self::RefundSucceeded
            | Self::RefundFailed
            | Self::RecordRefund
            | Self::OpenDispute
            | Self::CloseDispute
            | Self::LimitSpending
            | Self::SetNotice
            | Self::Suspend
            | Self::Resume
            | Self::WriteOff
            | Self::Close
            | Self::Tick => StageTag::Registered,
        }
    }
}
