//! K7. Who may send which command.

use crate::life::{Life, a_grant, amount, call, card, grant, key, new_key, price, time};
use prepaid::Actor::{Clock, Gateway, Operator, Owner, Provider};
use prepaid::{
    AccountId, Action, ActionTag, Actor, ChargeNumber, Decline, Digest, DisputeOutcome, OwnerId,
    RefundNumber, Rejection, RevokeFor, Setting, StageTag, UseKind,
};
use uuid::Uuid;

const EVERYBODY: [Actor; 5] = [Owner, Operator, Gateway, Provider, Clock];

/// The table of commands, by hand.
const TABLE: [(&str, &[Actor]); 40] = [
    ("open", &[Owner, Operator]),
    ("accept_terms", &[Owner]),
    ("choose_use", &[Owner]),
    ("link_payment_method", &[Owner]),
    ("update_billing", &[Owner]),
    ("create_key", &[Owner]),
    ("relabel_key", &[Owner, Operator]),
    ("revoke_key", &[Owner, Operator]),
    ("limit_key", &[Owner, Operator]),
    ("set_top_up", &[Owner, Operator]),
    ("reactivate_top_up", &[Owner, Operator]),
    ("top_up", &[Owner]),
    ("cancel_charge", &[Owner, Operator]),
    ("charge_succeeded", &[Provider]),
    ("charge_action_required", &[Provider]),
    ("charge_failed", &[Provider]),
    ("charge_cancelled", &[Provider]),
    ("charge_not_found", &[Provider]),
    ("resolve_charge", &[Operator]),
    ("authorize_call", &[Gateway]),
    ("charge_call", &[Gateway]),
    ("extend_call", &[Gateway]),
    ("settle_call", &[Gateway]),
    ("release_call", &[Gateway]),
    ("issue_grant", &[Operator]),
    ("void_grant", &[Operator]),
    ("refund", &[Owner, Operator]),
    ("refund_succeeded", &[Provider, Operator]),
    ("refund_failed", &[Provider, Operator]),
    ("record_refund", &[Provider, Operator]),
    ("open_dispute", &[Provider]),
    ("close_dispute", &[Provider]),
    ("limit_spending", &[Owner, Operator]),
    ("set_notice", &[Owner, Operator]),
    ("suspend", &[Operator]),
    ("resume", &[Operator]),
    ("migrate", &[Operator]),
    ("write_off", &[Operator]),
    ("close", &[Owner, Operator]),
    ("tick", &[Clock]),
];

/// Some command of this name.
fn some(tag: ActionTag) -> Action {
    let (charge, text) = (ChargeNumber(1), || "some".parse().unwrap());
    match tag {
        ActionTag::Open => {
            let (account, owner) = (AccountId(Uuid::from_u128(1)), OwnerId(Uuid::from_u128(2)));
            Action::Open { account, owner, currency: None }
        }
        ActionTag::AcceptTerms => {
            Action::AcceptTerms { version: "TOS_2024_04_20".parse().unwrap(), by: text(), entity: None }
        }
        ActionTag::ChooseUse => {
            Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }
        }
        ActionTag::LinkPaymentMethod => card("card-1"),
        ActionTag::UpdateBilling => {
            Action::UpdateBilling { kind: None, billing_ref: text(), billing_digest: Digest([1; 32]) }
        }
        ActionTag::CreateKey => new_key(2),
        ActionTag::RelabelKey => Action::RelabelKey { key: key(1), label: None },
        ActionTag::RevokeKey => Action::RevokeKey { key: key(1), reason: RevokeFor::Requested },
        ActionTag::LimitKey => Action::LimitKey { key: key(1), limit: None },
        ActionTag::SetTopUp => Action::SetTopUp {
            threshold: None,
            target: None,
            enabled: Some(false),
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        },
        ActionTag::ReactivateTopUp => Action::ReactivateTopUp {},
        ActionTag::TopUp => Action::TopUp { amount: amount("5.00") },
        ActionTag::CancelCharge => Action::CancelCharge { charge },
        ActionTag::ChargeSucceeded => {
            Action::ChargeSucceeded { charge, amount: amount("20.00"), reference: text() }
        }
        ActionTag::ChargeActionRequired => Action::ChargeActionRequired { charge, reference: text() },
        ActionTag::ChargeFailed => Action::ChargeFailed { charge, decline: Decline::Soft, reason: text() },
        ActionTag::ChargeCancelled => Action::ChargeCancelled { charge },
        ActionTag::ChargeNotFound => Action::ChargeNotFound { charge },
        ActionTag::ResolveCharge => Action::ResolveCharge { charge, taken: amount("0"), evidence: text() },
        ActionTag::AuthorizeCall => {
            Action::AuthorizeCall { call: call(1), key: key(1), quote: price("1.00"), units: 1 }
        }
        ActionTag::ChargeCall => Action::ChargeCall { call: call(1), key: key(1), quote: price("1.00") },
        ActionTag::ExtendCall => Action::ExtendCall { call: call(1), until: time("2025-01-01T02:00:00Z") },
        ActionTag::SettleCall => Action::SettleCall { call: call(1), amount: None },
        ActionTag::ReleaseCall => Action::ReleaseCall { call: call(1) },
        ActionTag::IssueGrant => a_grant(1, "1.00"),
        ActionTag::VoidGrant => Action::VoidGrant { grant: grant(1) },
        ActionTag::Refund => Action::Refund { charge, amount: amount("1.00"), forced: false },
        ActionTag::RefundSucceeded => Action::RefundSucceeded { refund: RefundNumber(1), reference: text() },
        ActionTag::RefundFailed => Action::RefundFailed { refund: RefundNumber(1), reason: text() },
        ActionTag::RecordRefund => Action::RecordRefund { charge, amount: amount("1.00"), reference: text() },
        ActionTag::OpenDispute => Action::OpenDispute { dispute: text(), charge, amount: amount("1.00") },
        ActionTag::CloseDispute => Action::CloseDispute { dispute: text(), outcome: DisputeOutcome::Lost },
        ActionTag::LimitSpending => Action::LimitSpending { limit: None },
        ActionTag::SetNotice => Action::SetNotice { level: None },
        ActionTag::Suspend => Action::Suspend { reason: text() },
        ActionTag::Resume => Action::Resume {},
        ActionTag::Migrate => Action::Migrate { reference: text() },
        ActionTag::WriteOff => Action::WriteOff { amount: amount("1.00"), reason: text() },
        ActionTag::Close => Action::Close {},
        ActionTag::Tick => Action::Tick {},
    }
}

// K7: the table lists every command, in the order of the documentation, with who may send it.
#[test]
fn k7_the_table_is_complete() {
    let declared: Vec<&str> = ActionTag::ALL.iter().map(|tag| tag.as_str()).collect();
    let listed: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(declared, listed);
    for (tag, (name, actors)) in ActionTag::ALL.iter().zip(TABLE) {
        assert_eq!(tag.actors(), actors, "{name}");
    }
}

// K7: every command by every actor: another than the table's is refused, before anything else is looked at.
#[test]
fn k7_every_command_by_every_actor() {
    for stage in [StageTag::Vacant, StageTag::Linked, StageTag::Funding, StageTag::Active] {
        let life = Life::at_stage(stage);
        for (tag, (name, actors)) in ActionTag::ALL.iter().zip(TABLE) {
            for actor in EVERYBODY {
                let answer = life.clone().sends(&some(*tag).by(actor));
                let wrong = Rejection::WrongActor { command: *tag, actor };
                if actors.contains(&actor) {
                    assert_ne!(answer, Err(wrong), "{name} by {actor:?}, {stage}");
                } else {
                    assert_eq!(answer, Err(wrong), "{name} by {actor:?}, {stage}");
                }
            }
        }
    }
}
