//! What a command answers: one row per command, no rule. The rules lie in the regions.

use crate::account::keys::KeyAsked;
use crate::account::{Account, Opened, StageTag, calls, charges, keys, onboarding, standing, top_up};
use crate::command::{Action, Command};
use crate::event::TermsAccepted;
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

fn answer_opened(
    opened: &Opened,
    policy: &Policy,
    command: &Command,
    now: Timestamp,
) -> Result<Events, Rejection> {
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
        Action::SetTopUp { threshold, target, enabled } => {
            top_up::set_top_up(opened, policy, *threshold, *target, *enabled)
        }
        Action::ReactivateTopUp {} => Ok(top_up::reactivate(opened)),
        Action::TopUp { amount } => top_up::top_up(opened, policy, *amount, now),
        Action::CancelCharge { charge } => charges::cancel(opened, *charge, command.actor),
        Action::ChargeSucceeded { charge, amount, reference } => {
            charges::succeeded(opened, *charge, *amount, reference)
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
            charges::resolve(opened, policy, *charge, *taken, evidence, now)
        }
        Action::AuthorizeCall { call, key, quote, units } => {
            calls::authorize(opened, policy, (*call, *key), quote, *units, now)
        }
        Action::ChargeCall { call, key, quote } => calls::charge(opened, policy, (*call, *key), quote, now),
        Action::ExtendCall { call, until } => calls::extend(opened, policy, *call, *until),
        Action::SettleCall { call, amount } => calls::settle(opened, policy, *call, *amount),
        Action::ReleaseCall { call } => calls::release(opened, *call),
        Action::Suspend { reason } => Ok(standing::suspend(opened, reason)),
        Action::Resume {} => Ok(standing::resume(opened)),
        // What is due was done before the command was routed; a tick asks for nothing else.
        Action::Tick {} => Ok(Events::none()),
    }
}
