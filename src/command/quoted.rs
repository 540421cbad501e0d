//! From what to quote to a quote: how a script's commands become the machine's.

use super::Action;

impl<Q> Action<Q> {
    /// The same command with its quote, if it has one, replaced by what `quote` makes of it.
    ///
    /// # Errors
    /// What `quote` answers.
    ///
    /// ```
    /// use prepaid::{Action, Quote, Usage};
    /// let tick: Action<Usage> = Action::Tick {};
    /// assert_eq!(tick.quoted(|_| Err::<Quote, _>("no price list")), Ok(Action::Tick {}));
    /// ```
    pub fn quoted<R, E>(self, quote: impl FnOnce(Q) -> Result<R, E>) -> Result<Action<R>, E> {
        Ok(match self {
            Self::AuthorizeCall { call, key, quote: asked, units } => {
                Action::AuthorizeCall { call, key, quote: quote(asked)?, units }
            }
            Self::ChargeCall { call, key, quote: asked } => {
                Action::ChargeCall { call, key, quote: quote(asked)? }
            }
            Self::Open { account, owner, currency } => Action::Open { account, owner, currency },
            Self::AcceptTerms { version, by, entity } => Action::AcceptTerms { version, by, entity },
            Self::ChooseUse { kind, billing_ref, billing_digest } => {
                Action::ChooseUse { kind, billing_ref, billing_digest }
            }
            Self::LinkPaymentMethod { token, fingerprint, brand, last_four, expires } => {
                Action::LinkPaymentMethod { token, fingerprint, brand, last_four, expires }
            }
            Self::UpdateBilling { kind, billing_ref, billing_digest } => {
                Action::UpdateBilling { kind, billing_ref, billing_digest }
            }
            Self::CreateKey { key, digest, shown, label, expires_at } => {
                Action::CreateKey { key, digest, shown, label, expires_at }
            }
            Self::RelabelKey { key, label } => Action::RelabelKey { key, label },
            Self::RevokeKey { key, reason } => Action::RevokeKey { key, reason },
            Self::LimitKey { key, limit } => Action::LimitKey { key, limit },
            Self::SetTopUp { threshold, target, enabled, monthly_cap, daily_count } => {
                Action::SetTopUp { threshold, target, enabled, monthly_cap, daily_count }
            }
            Self::ReactivateTopUp {} => Action::ReactivateTopUp {},
            Self::TopUp { amount } => Action::TopUp { amount },
            Self::CancelCharge { charge } => Action::CancelCharge { charge },
            Self::ChargeSucceeded { charge, amount, reference } => {
                Action::ChargeSucceeded { charge, amount, reference }
            }
            Self::ChargeActionRequired { charge, reference } => {
                Action::ChargeActionRequired { charge, reference }
            }
            Self::ChargeFailed { charge, decline, reason } => {
                Action::ChargeFailed { charge, decline, reason }
            }
            Self::ChargeCancelled { charge } => Action::ChargeCancelled { charge },
            Self::ChargeNotFound { charge } => Action::ChargeNotFound { charge },
            Self::ResolveCharge { charge, taken, evidence } => {
                Action::ResolveCharge { charge, taken, evidence }
            }
            Self::ExtendCall { call, until } => Action::ExtendCall { call, until },
            Self::SettleCall { call, amount } => Action::SettleCall { call, amount },
            Self::ReleaseCall { call } => Action::ReleaseCall { call },
            Self::IssueGrant { grant, amount, source, priority, effective_at, expires_at } => {
                Action::IssueGrant { grant, amount, source, priority, effective_at, expires_at }
            }
            Self::VoidGrant { grant } => Action::VoidGrant { grant },
            Self::Refund { charge, amount, forced } => Action::Refund { charge, amount, forced },
            Self::RefundSucceeded { refund, reference } => Action::RefundSucceeded { refund, reference },
            Self::RefundFailed { refund, reason } => Action::RefundFailed { refund, reason },
            Self::RecordRefund { charge, amount, reference } => {
                Action::RecordRefund { charge, amount, reference }
            }
            Self::OpenDispute { dispute, charge, amount } => Action::OpenDispute { dispute, charge, amount },
            Self::CloseDispute { dispute, outcome } => Action::CloseDispute { dispute, outcome },
            Self::LimitSpending { limit } => Action::LimitSpending { limit },
            Self::SetNotice { level } => Action::SetNotice { level },
            Self::Suspend { reason } => Action::Suspend { reason },
            Self::Resume {} => Action::Resume {},
            Self::Migrate { reference } => Action::Migrate { reference },
            Self::WriteOff { amount, reason } => Action::WriteOff { amount, reason },
            Self::Close {} => Action::Close {},
            Self::Tick {} => Action::Tick {},
        })
    }
}
