//! F3, F4. Unknown outcomes and required action.

use crate::life::{Life, amount, card, key, new_key, span};
use prepaid::{
    Action, CancelCause, ChargeKind, ChargeNumber, Decline, Effect, Event, Rejection, StageTag, TopUpOutlook,
    effects,
};

/// An automatic charge of 10.00, number 2, asked at midnight.
fn asking() -> Life {
    let mut life = Life::funded();
    life.spends("10.00").unwrap();
    life
}

fn requiring_action() -> Life {
    let mut life = asking();
    assert_eq!(life.charge_requires_action().unwrap(), ["charge_action_required"]);
    life
}

fn effect(life: &Life) -> Effect {
    effects(&life.account).next().unwrap()
}

/// Key, amount and token of a charge that is asked or looked up.
fn asked(life: &Life) -> (String, String, String) {
    match effect(life) {
        Effect::MakeCharge { idempotency_key, amount, token, .. }
        | Effect::LookUpCharge { idempotency_key, amount, token, .. } => {
            (idempotency_key.to_string(), amount.to_string(), token.to_string())
        }
        Effect::CancelCharge { .. } | Effect::SendRefund { .. } | Effect::LookUpRefund { .. } => {
            unreachable!("it is asked or looked up")
        }
    }
}

fn causes(life: &Life) -> Vec<CancelCause> {
    let events = life.batches.iter().flat_map(|batch| batch.events.iter());
    let mut causes = Vec::new();
    for event in events {
        if let Event::ChargeCancelling { cause, .. } = event {
            causes.push(*cause);
        }
    }
    causes
}

// F3: for 23 hours the charge may be asked again; from that microsecond on it is only looked up.
#[test]
fn f3_asked_for_23_hours_then_only_looked_up() {
    let mut life = asking();
    assert_eq!(life.owes(), ["make_charge"]);
    assert_eq!(life.next_deadline(), Some(life.now.saturating_add(span("23h"))));
    life.later("23h").micros(-1);
    assert_eq!(life.tick(), Ok(vec![]));
    assert_eq!(life.owes(), ["make_charge"]);
    life.micros(1);
    assert_eq!(life.tick().unwrap(), ["charge_asking_ended"]);
    assert_eq!(life.owes(), ["look_up_charge"]);
    assert_eq!(life.next_deadline(), None);
}

// F3: an unknown outcome leaves the charge open, however long that takes.
#[test]
fn f3_an_unknown_outcome_keeps_the_charge_open() {
    let mut life = asking();
    life.later("23h").tick().unwrap();
    assert_eq!(life.later("300d").tick(), Ok(vec![]));
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    assert_eq!(life.owes(), ["look_up_charge"]);
}

// F3: key, amount and payment method were fixed by the request: nothing said since changes them.
#[test]
fn f3_the_request_stays_as_it_was_made() {
    let mut life = asking();
    let first = asked(&life);
    assert_eq!((first.1.as_str(), first.2.as_str()), ("10", "pm_card-1"));
    life.spends("1.00").unwrap(); // the gap is larger now
    assert_eq!(asked(&life), first);
    life.links("card-2").unwrap();
    assert_eq!(asked(&life), first);
    life.sets("5.00", "90.00").unwrap();
    assert_eq!(asked(&life), first);
    life.later("23h").tick().unwrap();
    assert_eq!(life.owes(), ["look_up_charge"]);
    assert_eq!(asked(&life), first);
}

// F3: a look-up that finds no charge fails it, as a soft decline: the next waits an hour.
#[test]
fn f3_a_charge_that_is_not_found_has_failed_softly() {
    let mut life = asking();
    life.later("23h").tick().unwrap();
    assert_eq!(life.charge_is_not_found().unwrap(), ["charge_failed", "top_up_retry_scheduled"]);
    let failed = Event::ChargeFailed {
        charge: ChargeNumber(2),
        decline: Decline::Soft,
        reason: "not_found".parse().unwrap(),
        keep_until: Some(life.now.saturating_add(span("540d"))),
    };
    assert_eq!(life.batches.last().unwrap().events.first(), Some(&failed));
    let at = life.now.saturating_add(span("1h"));
    assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at });
}

// F3: a charge that is only looked up may still turn out to have been taken, or to need the owner.
#[test]
fn f3_a_look_up_may_find_any_outcome() {
    let mut life = asking();
    life.later("23h").tick().unwrap();
    assert_eq!(life.clone().charge_succeeds().unwrap(), ["charge_succeeded"]);
    assert_eq!(life.charge_requires_action().unwrap(), ["charge_action_required"]);
    assert_eq!(life.next_deadline(), Some(life.now.saturating_add(span("24h"))));
}

// F4: after 24 hours without action, to the microsecond, the charge is cancelling, and keeps its place.
#[test]
fn f4_required_action_has_a_deadline() {
    let mut life = requiring_action();
    assert_eq!(life.owes(), [""; 0]); // the owner acts
    life.later("24h").micros(-1);
    assert_eq!(life.tick(), Ok(vec![]));
    life.micros(1);
    assert_eq!(life.tick().unwrap(), ["charge_cancelling"]);
    assert_eq!(causes(&life), [CancelCause::Deadline]);
    assert_eq!(life.owes(), ["cancel_charge"]);
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    assert_eq!(life.later("300d").tick(), Ok(vec![]));
    let refused = Rejection::ChargeOpen { charge: ChargeNumber(2), kind: ChargeKind::AutoTopUp };
    assert_eq!(life.tops_up("5.00"), Err(refused));
}

// F4: the deadline counts from the report that action is required; the same report again does not move it.
#[test]
fn f4_the_deadline_counts_from_the_first_report() {
    let mut life = asking();
    life.later("2h").charge_requires_action().unwrap();
    let until = life.now.saturating_add(span("24h"));
    assert_eq!(life.next_deadline(), Some(until));
    assert_eq!(life.later("3h").charge_requires_action(), Ok(vec![]));
    assert_eq!(life.next_deadline(), Some(until));
}

// F4: the owner may cancel once action is required, and not before; the operator at any time.
#[test]
fn f4_the_owner_cancels_once_action_is_required() {
    let refused = Rejection::ActionNotRequired { charge: ChargeNumber(2) };
    let mut life = asking();
    assert_eq!(life.owner_cancels(2), Err(refused.clone()));
    let mut looked_up = life.clone();
    looked_up.later("23h").tick().unwrap();
    assert_eq!(looked_up.owner_cancels(2), Err(refused));
    life.charge_requires_action().unwrap();
    assert_eq!(life.owner_cancels(2).unwrap(), ["charge_cancelling"]);
    assert_eq!(causes(&life), [CancelCause::Owner]);
    assert_eq!(life.owes(), ["cancel_charge"]);
    assert_eq!(life.next_deadline(), None);
}

#[test]
fn f4_the_operator_cancels_at_any_time() {
    let looked_up = {
        let mut life = asking();
        life.later("23h").tick().unwrap();
        life
    };
    for mut life in [asking(), looked_up, requiring_action()] {
        assert_eq!(life.operator_cancels(2).unwrap(), ["charge_cancelling"]);
        assert_eq!(causes(&life), [CancelCause::Operator]);
        assert_eq!(life.owes(), ["cancel_charge"]);
    }
}

// F4: what is cancelled is told with the provider's reference, where it gave one.
#[test]
fn f4_the_cancellation_names_the_providers_reference() {
    for (mut life, expected) in [(asking(), None), (requiring_action(), Some("pi_1"))] {
        let key = format!("00000000-0000-0000-0000-000000000001-2-{}-10", life.now.as_micros());
        life.operator_cancels(2).unwrap();
        let Effect::CancelCharge { charge, idempotency_key, reference } = effect(&life) else {
            unreachable!("a cancellation is owed")
        };
        assert_eq!((charge, idempotency_key.to_string()), (ChargeNumber(2), key));
        assert_eq!(reference, expected.map(|text| text.parse().unwrap()));
    }
}

// F4: linking another payment method cancels a charge that waits for the owner ...
#[test]
fn f4_another_card_cancels_a_charge_that_requires_action() {
    let mut life = requiring_action();
    assert_eq!(life.links("card-2").unwrap(), ["payment_method_linked", "charge_cancelling"]);
    assert_eq!(causes(&life), [CancelCause::MethodReplaced]);
    assert_eq!(life.owes(), ["cancel_charge"]);
    // Its ending is a decline of a method since replaced: the new card is asked at once (F5).
    assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned", "charge_requested"]);
    assert_eq!(asked(&life).2, "pm_card-2");
}

// ... but the same card under a new token does not, nor does another card a charge that is merely unknown.
#[test]
fn f4_the_same_card_under_a_new_token_cancels_nothing() {
    let mut renewed = card("card-1");
    if let Action::LinkPaymentMethod { token, .. } = &mut renewed {
        *token = "pm_renewed".parse().unwrap();
    }
    let mut life = requiring_action();
    assert_eq!(life.owner(renewed).unwrap(), ["payment_method_linked"]);
    assert_eq!(life.owes(), [""; 0]);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
}

#[test]
fn f4_another_card_leaves_a_charge_alone_that_requires_no_action() {
    let mut life = asking();
    assert_eq!(life.links("card-2").unwrap(), ["payment_method_linked"]);
    assert_eq!(life.owes(), ["make_charge"]);
}

// F4: the provider's answer ends it: cancelled or failed makes it abandoned, succeeded credits it.
#[test]
fn f4_the_provider_ends_what_is_cancelling() {
    let cancelling = || {
        let mut life = requiring_action();
        life.owner_cancels(2).unwrap();
        life
    };
    let abandoned = ["charge_abandoned", "top_up_paused"];
    assert_eq!(cancelling().charge_is_cancelled().unwrap(), abandoned);
    assert_eq!(cancelling().charge_fails(Decline::Soft).unwrap(), abandoned);
    assert_eq!(cancelling().charge_fails(Decline::Hard).unwrap(), abandoned);
    assert_eq!(cancelling().charge_is_not_found().unwrap(), abandoned);
    let mut life = cancelling();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("20");
}

// F4: an abandoned automatic charge counts as a hard decline; another kind does not.
#[test]
fn f4_only_an_abandoned_automatic_charge_counts_as_a_hard_decline() {
    let mut automatic = asking();
    assert_eq!(automatic.charge_is_cancelled().unwrap(), ["charge_abandoned", "top_up_paused"]);
    let mut manual = Life::funded();
    manual.tops_up("5.00").unwrap();
    assert_eq!(manual.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    let mut initial = Life::at_stage(StageTag::Funding);
    assert_eq!(initial.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    assert_eq!(initial.account.stage(), StageTag::Linked);
}

// F4, B3: an initial funding nobody acted on ends like a failed one: there is no key, and another may be asked for.
#[test]
fn f4_an_initial_funding_nobody_acted_on_is_abandoned() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_requires_action().unwrap();
    assert_eq!(life.later("24h").tick().unwrap(), ["charge_cancelling"]);
    assert_eq!(life.account.stage(), StageTag::Funding);
    assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    assert_eq!(life.account.pending_key().map(|pending| pending.id), None);
    assert_eq!(life.owner(new_key(1)).unwrap(), ["first_key_requested", "charge_requested"]);
    assert_eq!(life.account.pending_key().map(|pending| pending.id), Some(key(1)));
    assert_eq!(life.account.open_charge().map(|charge| charge.amount), Some(amount("20.00")));
}
