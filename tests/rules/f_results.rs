//! F1, F2, F3b. What the provider and the operator say of a charge: every phase with every answer.

use crate::life::{Answer, Life, amount, span};
use prepaid::{
    Action, Actor, ChargeKind, ChargeNumber, Command, Decline, Event, Outcome, Rejection, TopUpOutlook,
};

/// The charge of these tables: automatic, number 2, of 10.00, asked at a balance of 10.00.
const CHARGE: ChargeNumber = ChargeNumber(2);

pub fn took(text: &str) -> Command {
    let (amount, reference) = (amount(text), "ch_2".parse().unwrap());
    Action::ChargeSucceeded { charge: CHARGE, amount, reference }.by(Actor::Provider)
}

fn wants_action() -> Command {
    let reference = "pi_2".parse().unwrap();
    Action::ChargeActionRequired { charge: CHARGE, reference }.by(Actor::Provider)
}

pub fn declined(decline: Decline) -> Command {
    let reason = "declined".parse().unwrap();
    Action::ChargeFailed { charge: CHARGE, decline, reason }.by(Actor::Provider)
}

fn cancelled() -> Command {
    Action::ChargeCancelled { charge: CHARGE }.by(Actor::Provider)
}

fn not_found() -> Command {
    Action::ChargeNotFound { charge: CHARGE }.by(Actor::Provider)
}

fn cancel(actor: Actor) -> Command {
    Action::CancelCharge { charge: CHARGE }.by(actor)
}

pub fn resolve(text: &str) -> Command {
    let (taken, evidence) = (amount(text), "statement of May".parse().unwrap());
    Action::ResolveCharge { charge: CHARGE, taken, evidence }.by(Actor::Operator)
}

pub fn asking() -> Life {
    let mut life = Life::funded();
    life.spends("10.00").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    life
}

fn looking_up() -> Life {
    let mut life = asking();
    assert_eq!(life.later("23h").tick().unwrap(), ["charge_asking_ended"]);
    life
}

pub fn after(mut life: Life, command: &Command) -> Life {
    life.sends(command).unwrap();
    life
}

fn action_required() -> Life {
    after(asking(), &wants_action())
}

fn cancelling() -> Life {
    after(asking(), &cancel(Actor::Operator))
}

fn unresolved() -> Life {
    after(asking(), &took("7.00"))
}

fn unresolved_while_cancelling() -> Life {
    after(cancelling(), &took("7.00"))
}

fn succeeded() -> Life {
    after(asking(), &took("10.00"))
}

pub fn failed() -> Life {
    after(asking(), &declined(Decline::Soft))
}

pub fn abandoned() -> Life {
    after(asking(), &cancelled())
}

fn failed_and_mismatched() -> Life {
    after(failed(), &took("7.00"))
}

/// The answers of a table in words: the events, or the refusal; nothing where nothing changes.
fn meant(words: &'static str) -> Answer {
    Err(match words {
        "it succeeded" => Rejection::ChargeSucceeded { charge: CHARGE },
        "it ended" => Rejection::ChargeEnded { charge: CHARGE },
        "no action required" => Rejection::ActionNotRequired { charge: CHARGE },
        "7.00 was reported" => Rejection::ChargeUnresolved {
            charge: CHARGE,
            expected: amount("10.00"),
            reported: amount("7.00"),
        },
        events => return Ok(events.split_whitespace().collect()),
    })
}

/// Each row: what is said, what that does, and the balance then. Said again, nothing more happens (F1).
#[track_caller]
fn said_of(life: &Life, table: [(Command, &'static str, &str); 13]) {
    for (command, words, posted) in table {
        let mut life = life.clone();
        assert_eq!(life.sends(&command), meant(words), "{command:?}");
        life.posted_is(posted);
        let repeated = life.sends(&command);
        assert_eq!(repeated, meant(words).map(|_| vec![]), "repeated: {command:?}");
        life.posted_is(posted);
    }
}

const FAILS: &str = "charge_failed top_up_retry_scheduled";
const FAILS_HARD: &str = "charge_failed top_up_paused";
const ABANDONED: &str = "charge_abandoned top_up_paused";
const NOT_TAKEN: &str = "charge_resolved charge_failed top_up_retry_scheduled";
const NOT_TAKEN_CANCELLING: &str = "charge_resolved charge_abandoned top_up_paused";
const TAKEN: &str = "charge_resolved charge_succeeded";
const TAKEN_LATE: &str = "charge_resolved charge_succeeded_late";

#[test]
fn f1_said_of_a_charge_that_is_asked() {
    said_of(
        &asking(),
        [
            (took("10.00"), "charge_succeeded", "20"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "charge_action_required", "10"),
            (declined(Decline::Soft), FAILS, "10"),
            (declined(Decline::Hard), FAILS_HARD, "10"),
            (cancelled(), ABANDONED, "10"),
            (not_found(), FAILS, "10"),
            (cancel(Actor::Owner), "no action required", "10"),
            (cancel(Actor::Operator), "charge_cancelling", "10"),
            (resolve("0"), NOT_TAKEN, "10"),
            (resolve("10.00"), TAKEN, "20"),
            (resolve("9.00"), TAKEN, "19"),
            (took("7.00"), "charge_mismatched", "10"),
        ],
    );
}

#[test]
fn f1_said_of_a_charge_that_is_looked_up() {
    said_of(
        &looking_up(),
        [
            (took("10.00"), "charge_succeeded", "20"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "charge_action_required", "10"),
            (declined(Decline::Soft), FAILS, "10"),
            (declined(Decline::Hard), FAILS_HARD, "10"),
            (cancelled(), ABANDONED, "10"),
            (not_found(), FAILS, "10"),
            (cancel(Actor::Owner), "no action required", "10"),
            (cancel(Actor::Operator), "charge_cancelling", "10"),
            (resolve("0"), NOT_TAKEN, "10"),
            (resolve("10.00"), TAKEN, "20"),
            (resolve("9.00"), TAKEN, "19"),
            (took("7.00"), "charge_mismatched", "10"),
        ],
    );
}

#[test]
fn f1_said_of_a_charge_that_requires_action() {
    said_of(
        &action_required(),
        [
            (took("10.00"), "charge_succeeded", "20"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "", "10"),
            (declined(Decline::Soft), FAILS, "10"),
            (declined(Decline::Hard), FAILS_HARD, "10"),
            (cancelled(), ABANDONED, "10"),
            (not_found(), FAILS, "10"),
            (cancel(Actor::Owner), "charge_cancelling", "10"),
            (cancel(Actor::Operator), "charge_cancelling", "10"),
            (resolve("0"), NOT_TAKEN, "10"),
            (resolve("10.00"), TAKEN, "20"),
            (resolve("9.00"), TAKEN, "19"),
            (took("7.00"), "charge_mismatched", "10"),
        ],
    );
}

#[test]
fn f1_said_of_a_charge_that_is_cancelling() {
    said_of(
        &cancelling(),
        [
            (took("10.00"), "charge_succeeded", "20"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "", "10"),
            (declined(Decline::Soft), ABANDONED, "10"),
            (declined(Decline::Hard), ABANDONED, "10"),
            (cancelled(), ABANDONED, "10"),
            (not_found(), ABANDONED, "10"),
            (cancel(Actor::Owner), "", "10"),
            (cancel(Actor::Operator), "", "10"),
            (resolve("0"), NOT_TAKEN_CANCELLING, "10"),
            (resolve("10.00"), TAKEN, "20"),
            (resolve("9.00"), TAKEN, "19"),
            (took("7.00"), "charge_mismatched", "10"),
        ],
    );
}

#[test]
fn f2_said_of_a_charge_reported_with_another_amount() {
    said_of(
        &unresolved(),
        [
            (took("10.00"), "7.00 was reported", "10"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "", "10"),
            (declined(Decline::Soft), "7.00 was reported", "10"),
            (declined(Decline::Hard), "7.00 was reported", "10"),
            (cancelled(), "7.00 was reported", "10"),
            (not_found(), "7.00 was reported", "10"),
            (cancel(Actor::Owner), "7.00 was reported", "10"),
            (cancel(Actor::Operator), "7.00 was reported", "10"),
            (resolve("0"), NOT_TAKEN, "10"),
            (resolve("10.00"), TAKEN, "20"),
            (resolve("9.00"), TAKEN, "19"),
            (took("7.00"), "", "10"),
        ],
    );
}

#[test]
fn f2_said_of_a_charge_reported_with_another_amount_while_cancelling() {
    said_of(
        &unresolved_while_cancelling(),
        [
            (took("10.00"), "7.00 was reported", "10"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "", "10"),
            (declined(Decline::Soft), "7.00 was reported", "10"),
            (declined(Decline::Hard), "7.00 was reported", "10"),
            (cancelled(), "7.00 was reported", "10"),
            (not_found(), "7.00 was reported", "10"),
            (cancel(Actor::Owner), "7.00 was reported", "10"),
            (cancel(Actor::Operator), "7.00 was reported", "10"),
            (resolve("0"), NOT_TAKEN_CANCELLING, "10"),
            (resolve("10.00"), TAKEN, "20"),
            (resolve("9.00"), TAKEN, "19"),
            (took("7.00"), "", "10"),
        ],
    );
}

#[test]
fn f1_said_of_a_charge_that_succeeded() {
    said_of(
        &succeeded(),
        [
            (took("10.00"), "", "20"),
            (took("9.00"), "charge_mismatched", "20"),
            (wants_action(), "", "20"),
            (declined(Decline::Soft), "it succeeded", "20"),
            (declined(Decline::Hard), "it succeeded", "20"),
            (cancelled(), "it succeeded", "20"),
            (not_found(), "it succeeded", "20"),
            (cancel(Actor::Owner), "it succeeded", "20"),
            (cancel(Actor::Operator), "it succeeded", "20"),
            (resolve("0"), "it succeeded", "20"),
            (resolve("10.00"), "", "20"),
            (resolve("9.00"), "it succeeded", "20"),
            (took("7.00"), "charge_mismatched", "20"),
        ],
    );
}

#[test]
fn f1_said_of_a_charge_that_failed() {
    said_of(
        &failed(),
        [
            (took("10.00"), "charge_succeeded_late", "20"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "", "10"),
            (declined(Decline::Soft), "", "10"),
            (declined(Decline::Hard), "", "10"),
            (cancelled(), "", "10"),
            (not_found(), "", "10"),
            (cancel(Actor::Owner), "it ended", "10"),
            (cancel(Actor::Operator), "it ended", "10"),
            (resolve("0"), "", "10"),
            (resolve("10.00"), "it ended", "10"),
            (resolve("9.00"), "it ended", "10"),
            (took("7.00"), "charge_mismatched", "10"),
        ],
    );
}

#[test]
fn f1_said_of_a_charge_that_was_abandoned() {
    said_of(
        &abandoned(),
        [
            (took("10.00"), "charge_succeeded_late", "20"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "", "10"),
            (declined(Decline::Soft), "", "10"),
            (declined(Decline::Hard), "", "10"),
            (cancelled(), "", "10"),
            (not_found(), "", "10"),
            (cancel(Actor::Owner), "it ended", "10"),
            (cancel(Actor::Operator), "it ended", "10"),
            (resolve("0"), "", "10"),
            (resolve("10.00"), "it ended", "10"),
            (resolve("9.00"), "it ended", "10"),
            (took("7.00"), "charge_mismatched", "10"),
        ],
    );
}

#[test]
fn f2_said_of_a_failed_charge_reported_with_another_amount() {
    said_of(
        &failed_and_mismatched(),
        [
            (took("10.00"), "7.00 was reported", "10"),
            (took("9.00"), "charge_mismatched", "10"),
            (wants_action(), "", "10"),
            (declined(Decline::Soft), "", "10"),
            (declined(Decline::Hard), "", "10"),
            (cancelled(), "", "10"),
            (not_found(), "", "10"),
            (cancel(Actor::Owner), "7.00 was reported", "10"),
            (cancel(Actor::Operator), "7.00 was reported", "10"),
            (resolve("0"), "", "10"),
            (resolve("10.00"), TAKEN_LATE, "20"),
            (resolve("9.00"), TAKEN_LATE, "19"),
            (took("7.00"), "", "10"),
        ],
    );
}

// A number that was never given out is unknown to every result.
#[test]
fn f1_an_unknown_number_is_refused() {
    let life = Life::funded();
    for command in [
        took("10.00"),
        wants_action(),
        declined(Decline::Hard),
        cancelled(),
        not_found(),
        cancel(Actor::Operator),
        resolve("0"),
    ] {
        let answer = life.clone().sends(&command);
        assert_eq!(answer, Err(Rejection::ChargeUnknown { charge: CHARGE }), "{command:?}");
    }
}

// F2: nothing is credited, and both amounts are on record.
#[test]
fn f2_another_amount_is_recorded_with_both_amounts() {
    let last = |life: &Life| life.batches.last().unwrap().events.to_vec();
    let expects = |expected: &str, reported: &str| {
        let reference = "ch_2".parse().unwrap();
        let (expected, reported) = (amount(expected), amount(reported));
        vec![Event::ChargeMismatched { charge: CHARGE, expected, reported, reference }]
    };
    for (life, expected) in [
        (asking(), "10.00"),
        (cancelling(), "10.00"),
        (succeeded(), "10.00"),
        (failed(), "10.00"),
        (after(unresolved(), &resolve("7.50")), "7.50"), // what was credited
    ] {
        let before = life.account.balance();
        let life = after(life, &took("9.99"));
        assert_eq!(last(&life), expects(expected, "9.99"));
        assert_eq!(life.account.balance(), before);
    }
}

// F3b: the charge ends by evidence, with the amount taken as credit, whatever was asked.
#[test]
fn f3b_what_the_operator_found_is_what_is_credited() {
    for (life, taken, posted) in [
        (asking(), "3.21", "13.21"),
        (unresolved(), "7.00", "17"),
        (unresolved(), "12.00", "22"),
        (failed_and_mismatched(), "7.00", "17"),
    ] {
        let life = after(life, &resolve(taken));
        life.posted_is(posted);
        let outcome = life.account.charge(CHARGE).unwrap().outcome;
        assert_eq!(outcome, Outcome::Succeeded { credited: amount(taken) });
    }
}

// F3b: nothing taken fails a charge softly, as a look-up that finds nothing does; a cancelling one is abandoned.
#[test]
fn f3b_nothing_taken_fails_it_or_abandons_it_when_cancelling() {
    for (life, outcome) in [
        (asking(), Outcome::Failed {}),
        (looking_up(), Outcome::Failed {}),
        (action_required(), Outcome::Failed {}),
        (unresolved(), Outcome::Failed {}),
        (cancelling(), Outcome::Abandoned {}),
        (unresolved_while_cancelling(), Outcome::Abandoned {}),
    ] {
        let resolved = after(life.clone(), &resolve("0"));
        assert_eq!(resolved.account.charge(CHARGE).unwrap().outcome, outcome);
        if outcome == (Outcome::Failed {}) {
            let at = resolved.now.saturating_add(span("1h"));
            assert_eq!(resolved.outlook(), TopUpOutlook::RetryAt { at });
        }
    }
}
