//! What people and programs are told: of every rejection its class, whether asking again may help, and its words.
//! `PREPAID_BLESS=1` writes the file anew; what changes in it is to be read before it is committed.

use std::fmt::Write;

use prepaid::{
    ActionTag, Actor, Amount, Book, Cap, ChargeNumber, DisputeOutcome, LowerBound, PauseReason, Rejection,
    ReversalReason, SettingFault, StageTag, TopUpOutlook, Window,
};

use crate::life::{amount, key, time};
use crate::{is_blessing, path, samples};

/// Those that say something else than the samples do.
fn others() -> Vec<Rejection> {
    let actors = [Actor::Owner, Actor::Operator, Actor::Gateway, Actor::Provider, Actor::Clock];
    let mut all: Vec<Rejection> = ActionTag::ALL
        .iter()
        .zip(actors.iter().cycle())
        .map(|(command, actor)| Rejection::WrongActor { command: *command, actor: *actor })
        .collect();
    let (at, until) = (time("2025-01-01T01:00:00Z"), time("2025-01-31T00:00:00Z"));
    let (limit, used, one) = (amount("5"), amount("4.99"), amount("1"));
    all.extend([
        Rejection::OutOfOrder { needs: StageTag::Active, is: StageTag::Funding },
        Rejection::OutOfOrder { needs: StageTag::Active, is: StageTag::Linked },
        Rejection::OutOfOrder { needs: StageTag::Linked, is: StageTag::Funding },
        Rejection::TimeOutOfBounds { field: "expires_at", given: at, after: until, not_after: None },
        Rejection::DisputeClosed { dispute: "dp_1".parse().unwrap(), outcome: DisputeOutcome::Won },
        Rejection::TooManyInFlight { units: 10, taken: 1, bound: 10 },
        Rejection::TooManyInFlight { units: 11, taken: 0, bound: 10 },
        Rejection::KeyLimitReached { key: key(1), window: Window::Day, limit, used, resets_at: until },
        Rejection::KeyLimitReached { key: key(1), window: Window::Month, limit, used, resets_at: until },
        Rejection::SettingsInvalid { faults: vec![SettingFault::DailyCountTooLow { given: 0 }] },
        Rejection::SettingsInvalid {
            faults: vec![SettingFault::ThresholdTooLow { given: one, bound: LowerBound::From(limit) }],
        },
    ]);
    let outlooks = [
        TopUpOutlook::NotFunded,
        TopUpOutlook::Pending { charge: ChargeNumber(2) },
        TopUpOutlook::Off,
        TopUpOutlook::Paused { reason: PauseReason::HardDecline },
        TopUpOutlook::Paused { reason: PauseReason::ChargeAbandoned },
        TopUpOutlook::Paused { reason: PauseReason::RetriesExhausted },
        TopUpOutlook::ReversalPaused { reason: ReversalReason::Refund },
        TopUpOutlook::ReversalPaused { reason: ReversalReason::Dispute },
        TopUpOutlook::RetryAt { at },
        TopUpOutlook::BarredUntil { until },
        TopUpOutlook::DeferredUntil { until, cap: Cap::Monthly },
        TopUpOutlook::DeferredUntil { until, cap: Cap::Daily },
        TopUpOutlook::AboveThreshold,
        TopUpOutlook::Disputed,
        TopUpOutlook::Suspended,
        TopUpOutlook::TermsOutdated,
        TopUpOutlook::Closing,
        TopUpOutlook::OutOfRange,
        TopUpOutlook::Due,
    ];
    for outlook in outlooks {
        all.extend([Amount::ZERO, one].map(|held| Rejection::InsufficientCredit {
            short: one,
            held,
            outlook,
        }));
    }
    all
}

#[test]
fn every_rejection_has_a_class_and_words() {
    let samples = samples::rejections().into_iter().map(|(_, rejection)| rejection);
    let mut said = String::new();
    for rejection in samples.chain(others()) {
        let class = serde_json::to_value(rejection.class()).unwrap();
        let again = if rejection.is_retryable() { "again" } else { "as it is" };
        writeln!(said, "{} | {} | {again} | {rejection}", rejection.tag(), class.as_str().unwrap()).unwrap();
    }
    for book in Book::ALL {
        writeln!(said, "{book} | {:?}", book.kind()).unwrap();
    }
    let file = path("tests/forms/words.txt");
    if is_blessing() {
        std::fs::write(&file, &said).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    for (said, expected) in said.lines().zip(expected.lines()) {
        assert_eq!(said, expected);
    }
    assert_eq!(said.lines().count(), expected.lines().count());
}
