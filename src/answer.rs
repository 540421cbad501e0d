//! What a command answers: one row per command, no rule. The rules lie in the regions.

use crate::account::charges::Taken;
use crate::account::keys::KeyAsked;
use crate::account::top_up::SettingsAsked;
use crate::account::{
    Account, Opened, StageTag, calls, charges, closing, grants, keys, limits, notices, onboarding, reversals,
    standing, top_up,
};
use crate::command::{Action, Command};
use crate::event::{GrantIssued, TermsAccepted};
use crate::events::Events;
use crate::payment::PaymentMethod;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The command's own events, or why it is refused; nothing is changed here.
pub(crate) fn answer(
    account: &Account,
    policy: &Policy,
    command: &Command,
    now: Timestamp,
) -> Result<Events, Rejection> {
    match (account, &command.action) {
        (_, Action::Open { account: id, owner, currency }) => {
            onboarding::open(account, policy, *id, *owner, *currency)
        }
        (Account::Opened(opened), _) => answer_opened(opened.get(), policy, command, now),
        (Account::Vacant, action) => {
            Err(Rejection::OutOfOrder { needs: action.tag().needs(), is: StageTag::Vacant })
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one row a command")]
fn answer_opened(
    opened: &Opened,
    policy: &Policy,
    command: &Command,
    now: Timestamp,
) -> Result<Events, Rejection> {
    let tag = command.action.tag();
    if !tag.is_taken_at(opened.stage.tag()) {
        return Err(opened.out_of_order(tag.needs()));
    }
    match &command.action {
        // Routed before: opening is for a vacant account.
        Action::Open { .. } => Err(opened.out_of_order(StageTag::Vacant)),
        Action::AcceptTerms { version, by, entity } => {
            let accepted = TermsAccepted { version: version.clone(), by: by.clone(), entity: entity.clone() };
            onboarding::accept_terms(opened, policy, accepted)
        }
        Action::ChooseUse { kind, billing_ref, billing_digest } => {
            onboarding::choose_use(opened, *kind, billing_ref.as_ref(), *billing_digest)
        }
        Action::LinkPaymentMethod { token, fingerprint, brand, last_four, expires } => {
            let method = PaymentMethod {
                token: token.clone(),
                fingerprint: fingerprint.clone(),
                brand: brand.clone(),
                last_four: *last_four,
                expires: *expires,
            };
            onboarding::link_payment_method(opened, method)
        }
        Action::UpdateBilling { kind, billing_ref, billing_digest } => {
            onboarding::update_billing(opened, *kind, billing_ref, *billing_digest)
        }
        Action::CreateKey { key, digest, shown, label, expires_at } => {
            let asked = KeyAsked {
                key: *key,
                digest: *digest,
                shown: *shown,
                label: label.clone(),
                expires_at: *expires_at,
            };
            keys::create_key(opened, policy, asked, now)
        }
        Action::RelabelKey { key, label } => keys::relabel_key(opened, *key, label.as_ref()),
        Action::RevokeKey { key, reason } => keys::revoke_key(opened, *key, *reason),
        Action::LimitKey { key, limit } => limits::limit_key(opened, policy, *key, *limit),
        Action::SetTopUp { threshold, target, enabled, monthly_cap, daily_count } => {
            let asked = SettingsAsked {
                threshold: *threshold,
                target: *target,
                enabled: *enabled,
                monthly_cap: *monthly_cap,
                daily_count: *daily_count,
            };
            top_up::set_top_up(opened, policy, &asked)
        }
        Action::ReactivateTopUp {} => reversals::reactivate(opened, command.actor),
        Action::TopUp { amount } => top_up::top_up(opened, policy, *amount, now),
        Action::CancelCharge { charge } => charges::cancel(opened, *charge, command.actor),
        Action::ChargeSucceeded { charge, amount, reference } => {
            charges::succeeded(opened, *charge, &Taken::new(policy, *amount, reference, now))
        }
        Action::ChargeActionRequired { charge, reference } => {
            charges::action_required(opened, policy, *charge, reference, now)
        }
        Action::ChargeFailed { charge, decline, reason } => {
            let ending = charges::Ending::Failed { decline: *decline, reason: reason.clone() };
            charges::ended(opened, policy, *charge, ending, now)
        }
        Action::ChargeCancelled { charge } => {
            charges::ended(opened, policy, *charge, charges::Ending::Cancelled, now)
        }
        Action::ChargeNotFound { charge } => {
            charges::ended(opened, policy, *charge, charges::Ending::NotFound, now)
        }
        Action::ResolveCharge { charge, taken, evidence } => {
            charges::resolve(opened, policy, *charge, (*taken, evidence), now)
        }
        Action::AuthorizeCall { call, key, quote, units } => {
            calls::authorize(opened, policy, (*call, *key), quote, *units, now)
        }
        Action::ChargeCall { call, key, quote } => calls::charge(opened, policy, (*call, *key), quote, now),
        Action::ExtendCall { call, until } => calls::extend(opened, policy, *call, *until),
        Action::SettleCall { call, amount } => calls::settle(opened, policy, *call, *amount),
        Action::ReleaseCall { call } => calls::release(opened, *call),
        Action::IssueGrant { grant, amount, source, priority, effective_at, expires_at } => {
            let issued = GrantIssued {
                grant: *grant,
                amount: *amount,
                source: source.clone(),
                priority: *priority,
                effective_at: *effective_at,
                expires_at: *expires_at,
            };
            grants::issue(opened, issued, now)
        }
        Action::VoidGrant { grant } => grants::void(opened, *grant),
        Action::Refund { charge, amount, forced } => {
            let cause = reversals::cause(opened, command.actor, *forced)?;
            reversals::refund(opened, policy, (*charge, *amount), cause, now)
        }
        Action::RefundSucceeded { refund, reference } => {
            reversals::refund_succeeded(opened, *refund, reference)
        }
        Action::RefundFailed { refund, reason } => reversals::refund_failed(opened, *refund, reason),
        Action::RecordRefund { charge, amount, reference } => {
            reversals::record(opened, *charge, *amount, reference)
        }
        Action::OpenDispute { dispute, charge, amount } => {
            reversals::open_dispute(opened, dispute, *charge, *amount)
        }
        Action::CloseDispute { dispute, outcome } => reversals::close_dispute(opened, dispute, *outcome),
        Action::LimitSpending { limit } => limits::limit_spending(opened, policy, *limit),
        Action::SetNotice { level } => notices::set_notice(opened, policy, *level),
        Action::Suspend { reason } => Ok(standing::suspend(opened, reason)),
        Action::Resume {} => Ok(standing::resume(opened)),
        Action::Migrate { reference } => onboarding::migrate(opened, reference),
        Action::WriteOff { amount, reason } => closing::write_off(opened, *amount, reason),
        Action::Close {} => closing::close(opened),
        // What is due was done before the command was routed; a tick asks for nothing else.
        Action::Tick {} => Ok(Events::none()),
    }
}
