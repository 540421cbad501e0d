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
        Suspend => "suspend",
        Resume => "resume",
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
            | Self::SetTopUp
            | Self::ReactivateTopUp
            | Self::CancelCharge => &[Actor::Owner, Actor::Operator],
            Self::ResolveCharge | Self::Suspend | Self::Resume => &[Actor::Operator],
            Self::ChargeSucceeded
            | Self::ChargeActionRequired
            | Self::ChargeFailed
            | Self::ChargeCancelled
            | Self::ChargeNotFound => &[Actor::Provider],
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
            Self::ChooseUse => StageTag::Agreed,
            Self::LinkPaymentMethod | Self::UpdateBilling => StageTag::Described,
            Self::CreateKey => StageTag::Linked,
            Self::RelabelKey | Self::RevokeKey => StageTag::Funding,
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
            | Self::Suspend
            | Self::Resume
            | Self::Tick => StageTag::Registered,
        }
    }
}
