//! A. Onboarding: opening, terms, use, payment method.

use crate::life::{Answer, Life, amount, call, card, digest, key, new_key, price};
use prepaid::{
    AccountId, Action, Actor, ChargeKind, ChargeNumber, Command, Decline, Effect, OwnerId, PaymentToken,
    Rejection, RevokeFor, Setting, StageTag, TextError, UseKind, effects,
};
use serde_json::{Value, json};
use uuid::Uuid;

const OPENED: [StageTag; 6] = [
    StageTag::Registered,
    StageTag::Agreed,
    StageTag::Described,
    StageTag::Linked,
    StageTag::Funding,
    StageTag::Active,
];

const NOTHING: [&str; 0] = [];

fn open(account: u128, owner: u128) -> Action {
    Action::Open {
        account: AccountId(Uuid::from_u128(account)),
        owner: OwnerId(Uuid::from_u128(owner)),
        currency: None,
    }
}

fn accept(version: &str, by: &str, entity: Option<&str>) -> Action {
    Action::AcceptTerms {
        version: version.parse().unwrap(),
        by: by.parse().unwrap(),
        entity: entity.map(|entity| entity.parse().unwrap()),
    }
}

fn choose(kind: UseKind, reference: Option<&str>, digest_of: Option<u8>) -> Action {
    Action::ChooseUse {
        kind,
        billing_ref: reference.map(|reference| reference.parse().unwrap()),
        billing_digest: digest_of.map(digest),
    }
}

fn update(kind: Option<UseKind>, reference: &str, digest_of: u8) -> Action {
    Action::UpdateBilling { kind, billing_ref: reference.parse().unwrap(), billing_digest: digest(digest_of) }
}

/// The events of the last batch, as they are stored.
fn last_events(life: &Life) -> Value {
    serde_json::to_value(&life.batches.last().unwrap().events).unwrap()
}

fn out_of_order(needs: StageTag, is: StageTag) -> Answer {
    Err(Rejection::OutOfOrder { needs, is })
}

// A1: an account is opened for an owner, and with nothing in it.
#[test]
fn a1_an_account_is_opened_for_an_owner() {
    for actor in [Actor::Owner, Actor::Operator] {
        let mut life = Life::vacant();
        assert_eq!(life.sends(&open(7, 8).by(actor)).unwrap(), ["account_opened"]);
        assert_eq!(life.account.id(), Some(AccountId(Uuid::from_u128(7))));
        assert_eq!(life.account.owner(), Some(OwnerId(Uuid::from_u128(8))));
        let opened = json!([{
            "type": "account_opened",
            "account": "00000000-0000-0000-0000-000000000007",
            "owner": "00000000-0000-0000-0000-000000000008",
            "currency": "USD",
            "top_up": {"enabled": true, "threshold": "10", "target": "20"},
        }]);
        assert_eq!(last_events(&life), opened);
    }
}

// The owner's own subscription and its money are no part of it.
#[test]
fn a1_no_money_comes_with_an_account() {
    for stage in [StageTag::Registered, StageTag::Agreed, StageTag::Described, StageTag::Linked] {
        let life = Life::at_stage(stage);
        life.posted_is("0");
        life.available_is("0");
        life.asks_for_nothing();
    }
}

/// Every command there is, with the stages in which its phase is right: from the first to the last.
fn commands() -> Vec<(Command, StageTag, StageTag)> {
    use StageTag::{Active, Agreed, Described, Funding, Linked, Registered, Vacant};
    let (text, charge) = (|text: &str| text.parse().unwrap(), ChargeNumber(1));
    let action = |action: Action, actor, from, to| (action.by(actor), from, to);
    vec![
        action(open(1, 2), Actor::Owner, Vacant, Vacant),
        action(accept("TOS_2024_04_20", "Ada", None), Actor::Owner, Registered, Active),
        action(choose(UseKind::Personal, None, None), Actor::Owner, Agreed, Agreed),
        action(card("card-2"), Actor::Owner, Described, Active),
        action(update(None, "billing-2", 9), Actor::Owner, Described, Active),
        action(new_key(1), Actor::Owner, Linked, Active),
        action(Action::RelabelKey { key: key(1), label: None }, Actor::Owner, Funding, Active),
        action(
            Action::RevokeKey { key: key(1), reason: RevokeFor::Leaked },
            Actor::Operator,
            Funding,
            Active,
        ),
        action(
            Action::SetTopUp {
                threshold: None,
                target: None,
                enabled: Some(false),
                monthly_cap: Setting::Kept,
                daily_count: Setting::Kept,
            },
            Actor::Owner,
            Registered,
            Active,
        ),
        action(Action::ReactivateTopUp {}, Actor::Owner, Registered, Active),
        action(Action::TopUp { amount: amount("5") }, Actor::Owner, Active, Active),
        action(Action::CancelCharge { charge }, Actor::Operator, Registered, Active),
        action(
            Action::ChargeSucceeded { charge, amount: amount("20"), reference: text("ch_1") },
            Actor::Provider,
            Registered,
            Active,
        ),
        action(
            Action::ChargeActionRequired { charge, reference: text("pi_1") },
            Actor::Provider,
            Registered,
            Active,
        ),
        action(
            Action::ChargeFailed { charge, decline: Decline::Soft, reason: text("declined") },
            Actor::Provider,
            Registered,
            Active,
        ),
        action(Action::ChargeCancelled { charge }, Actor::Provider, Registered, Active),
        action(Action::ChargeNotFound { charge }, Actor::Provider, Registered, Active),
        action(
            Action::ResolveCharge { charge, taken: amount("0"), evidence: text("statement") },
            Actor::Operator,
            Registered,
            Active,
        ),
        action(
            Action::AuthorizeCall { call: call(1), key: key(1), quote: price("1"), units: 1 },
            Actor::Gateway,
            Active,
            Active,
        ),
        action(
            Action::ChargeCall { call: call(1), key: key(1), quote: price("1") },
            Actor::Gateway,
            Active,
            Active,
        ),
        action(
            Action::ExtendCall { call: call(1), until: crate::life::time("2025-01-02T00:00:00Z") },
            Actor::Gateway,
            Active,
            Active,
        ),
        action(Action::SettleCall { call: call(1), amount: None }, Actor::Gateway, Active, Active),
        action(Action::ReleaseCall { call: call(1) }, Actor::Gateway, Active, Active),
        action(Action::Suspend { reason: text("review") }, Actor::Operator, Registered, Active),
        action(Action::Resume {}, Actor::Operator, Registered, Active),
        action(Action::Tick {}, Actor::Clock, Registered, Active),
    ]
}

// A2: a command out of order is refused with the phase it needs and the phase the account is in.
#[test]
fn a2_every_command_has_its_phases() {
    for is in [StageTag::Vacant].into_iter().chain(OPENED) {
        let life = Life::at_stage(is);
        for (command, from, to) in commands() {
            let answer = life.clone().sends(&command);
            let tag = command.action.tag();
            if (from..=to).contains(&is) {
                let refused = matches!(answer, Err(Rejection::OutOfOrder { .. }));
                assert!(!refused, "{tag} on an account that is {is}: {answer:?}");
            } else {
                assert_eq!(answer, out_of_order(from, is), "{tag} on an account that is {is}");
            }
        }
    }
}

#[test]
fn a2_the_way_to_the_first_key() {
    let mut life = Life::vacant();
    assert_eq!(life.owner(open(1, 2)).unwrap(), ["account_opened"]);
    assert_eq!(life.account.stage(), StageTag::Registered);
    assert_eq!(life.accepts_terms("TOS_2024_04_20").unwrap(), ["terms_accepted"]);
    assert_eq!(life.account.stage(), StageTag::Agreed);
    assert_eq!(life.owner(choose(UseKind::Personal, None, None)).unwrap(), ["use_chosen"]);
    assert_eq!(life.account.stage(), StageTag::Described);
    assert_eq!(life.owner(card("card-1")).unwrap(), ["payment_method_linked"]);
    assert_eq!(life.account.stage(), StageTag::Linked);
    let first = life.owner(new_key(1)).unwrap();
    assert_eq!(first, ["first_key_requested", "charge_requested"]);
    assert_eq!(life.account.stage(), StageTag::Funding);
    life.charge_succeeds().unwrap();
    assert_eq!(life.account.stage(), StageTag::Active);
}

// A3: who accepted, for which entity, and when is recorded.
#[test]
fn a3_an_acceptance_is_recorded() {
    let mut life = Life::at_stage(StageTag::Registered);
    life.at("2025-02-03T04:05:06Z");
    let accept = accept("TOS_2024_04_20", "Ada Lovelace", Some("Engines Ltd"));
    assert_eq!(life.owner(accept).unwrap(), ["terms_accepted"]);
    let batch = serde_json::to_value(life.batches.last().unwrap()).unwrap();
    let accepted = json!({
        "at": "2025-02-03T04:05:06Z",
        "events": [{
            "type": "terms_accepted",
            "version": "TOS_2024_04_20",
            "by": "Ada Lovelace",
            "entity": "Engines Ltd",
        }],
    });
    assert_eq!(batch, accepted);
}

#[test]
fn a3_another_version_is_refused_naming_both() {
    for stage in OPENED {
        let mut life = Life::at_stage(stage);
        let mismatch = Rejection::TermsMismatch {
            required: "TOS_2024_04_20".parse().unwrap(),
            given: "TOS_2023_01_01".parse().unwrap(),
        };
        assert_eq!(life.accepts_terms("TOS_2023_01_01"), Err(mismatch), "{stage}");
    }
}

#[test]
fn a3_the_version_accepted_before_is_another_once_a_newer_one_is_required() {
    let mut life = Life::funded();
    life.requires_terms("TOS_2025_06_01", "2025-06-01T00:00:00Z");
    let mismatch = Rejection::TermsMismatch {
        required: "TOS_2025_06_01".parse().unwrap(),
        given: "TOS_2024_04_20".parse().unwrap(),
    };
    assert_eq!(life.accepts_terms("TOS_2024_04_20"), Err(mismatch));
    assert!(life.account.is_outdated(&life.policy));
}

#[test]
fn a3_accepting_the_same_version_again_changes_nothing() {
    let mut life = Life::at_stage(StageTag::Agreed);
    assert_eq!(life.accepts_terms("TOS_2024_04_20").unwrap(), NOTHING);
    // Whoever does it: the first acceptance stands.
    let again = accept("TOS_2024_04_20", "Charles Babbage", Some("Engines Ltd"));
    assert_eq!(life.owner(again).unwrap(), NOTHING);
}

#[test]
fn a3_accepting_is_open_in_every_phase_and_moves_only_the_first() {
    for stage in OPENED {
        let mut life = Life::at_stage(stage);
        life.requires_terms("TOS_2025_06_01", "2025-06-01T00:00:00Z");
        assert_eq!(life.accepts_terms("TOS_2025_06_01").unwrap(), ["terms_accepted"], "{stage}");
        let after = stage.max(StageTag::Agreed);
        assert_eq!(life.account.stage(), after, "from {stage}");
        assert!(!life.account.is_outdated(&life.policy));
    }
    let mut suspended = Life::funded();
    suspended.operator(Action::Suspend { reason: "review".parse().unwrap() }).unwrap();
    suspended.requires_terms("TOS_2025_06_01", "2025-06-01T00:00:00Z");
    assert_eq!(suspended.accepts_terms("TOS_2025_06_01").unwrap(), ["terms_accepted"]);
}

// A4: personal or business, with a reference to the billing details and their digest; the details stay outside.
#[test]
fn a4_the_use_is_recorded_with_a_reference_and_a_digest() {
    let mut life = Life::at_stage(StageTag::Agreed);
    life.owner(choose(UseKind::Business, Some("billing-1"), Some(5))).unwrap();
    let chosen = json!([{
        "type": "use_chosen",
        "use": "business",
        "billing": {"reference": "billing-1", "digest": "05".repeat(32)},
    }]);
    assert_eq!(last_events(&life), chosen);
    let mut life = Life::at_stage(StageTag::Agreed);
    life.owner(choose(UseKind::Personal, None, None)).unwrap();
    assert_eq!(last_events(&life), json!([{"type": "use_chosen", "use": "personal"}]));
}

#[test]
fn a4_a_reference_and_its_digest_go_together() {
    let mut life = Life::at_stage(StageTag::Agreed);
    for (reference, digest, field) in
        [(Some("billing-1"), None, "billing_digest"), (None, Some(5), "billing_ref")]
    {
        let answer = life.owner(choose(UseKind::Business, reference, digest));
        assert_eq!(answer, Err(Rejection::FieldMissing { field }));
    }
}

#[test]
fn a4_the_use_can_be_corrected_as_a_recorded_change() {
    for stage in [StageTag::Described, StageTag::Linked, StageTag::Funding, StageTag::Active] {
        let mut life = Life::at_stage(stage);
        let to_business = update(Some(UseKind::Business), "billing-2", 6);
        assert_eq!(life.owner(to_business.clone()).unwrap(), ["billing_updated"], "{stage}");
        let billing = json!({"reference": "billing-2", "digest": "06".repeat(32)});
        let corrected = json!([{"type": "billing_updated", "use": "business", "billing": billing}]);
        assert_eq!(last_events(&life), corrected);
        assert_eq!(life.owner(to_business).unwrap(), NOTHING, "exactly what is there");
        // Left out: the use stays as it is.
        assert_eq!(life.owner(update(None, "billing-2", 6)).unwrap(), NOTHING);
        assert_eq!(life.owner(update(None, "billing-2", 7)).unwrap(), ["billing_updated"]);
        let billing = json!({"reference": "billing-2", "digest": "07".repeat(32)});
        let corrected = json!([{"type": "billing_updated", "use": "business", "billing": billing}]);
        assert_eq!(last_events(&life), corrected);
        assert_eq!(life.account.stage(), stage);
    }
}

#[test]
fn a4_use_is_chosen_once() {
    let mut life = Life::at_stage(StageTag::Described);
    let again = life.owner(choose(UseKind::Personal, None, None));
    assert_eq!(again, out_of_order(StageTag::Agreed, StageTag::Described));
}

// A5: linking charges nothing.
#[test]
fn a5_linking_charges_nothing() {
    for stage in [StageTag::Described, StageTag::Linked, StageTag::Active] {
        let mut life = Life::at_stage(stage);
        let before = life.account.balance();
        assert_eq!(life.owner(card("card-2")).unwrap(), ["payment_method_linked"], "{stage}");
        life.asks_for_nothing();
        assert_eq!(life.account.balance(), before);
        // Exactly what is there.
        assert_eq!(life.owner(card("card-2")).unwrap(), NOTHING, "{stage}");
    }
}

#[test]
fn a5_the_next_charge_goes_to_the_method_that_replaced_it() {
    let mut life = Life::funded();
    life.owner(card("card-2")).unwrap();
    life.spends("10").unwrap();
    let asked = effects(&life.account).find_map(|effect| match effect {
        Effect::MakeCharge { token, .. } => Some(token),
        Effect::LookUpCharge { .. }
        | Effect::CancelCharge { .. }
        | Effect::SendRefund { .. }
        | Effect::LookUpRefund { .. } => None,
    });
    assert_eq!(asked, Some("pm_card-2".parse().unwrap()));
}

#[test]
fn a5_method_and_billing_can_be_changed_while_suspended_or_outdated() {
    let mut suspended = Life::funded();
    suspended.operator(Action::Suspend { reason: "review".parse().unwrap() }).unwrap();
    let mut outdated = Life::funded();
    outdated.requires_terms("TOS_2025_01_01", "2025-01-01T00:00:00Z");
    let mut past_grace = outdated.clone();
    past_grace.later("40d");
    for mut life in [suspended, outdated, past_grace] {
        assert_eq!(life.owner(card("card-2")).unwrap(), ["payment_method_linked"]);
        assert_eq!(life.owner(update(None, "billing-2", 6)).unwrap(), ["billing_updated"]);
    }
}

#[test]
fn a5_while_the_first_key_is_pending_its_charge_stays_as_it_was_asked() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.owner(card("card-2")).unwrap(), ["payment_method_linked"]);
    life.asks_for(ChargeKind::InitialFunding, "20");
    assert_eq!(life.account.open_charge().unwrap().token.as_str(), "pm_card-1");
}

// A card number is never taken for the provider's token.
#[test]
fn a5_a_card_number_is_no_token() {
    for text in ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"] {
        assert_eq!(text.parse::<PaymentToken>(), Err(TextError::CardNumber));
    }
    assert_eq!("pm_4242".parse::<PaymentToken>().unwrap().as_str(), "pm_4242");
}
