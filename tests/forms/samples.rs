//! One value of every form that is stored or spoken, by its golden file's name.

use std::sync::Arc;

use prepaid::{
    AccountOpened, Action, ActionTag, Actor, Billing, CancelCause, Cap, ChargeKind, ChargeNumber,
    ChargeRequested, Decline, DisputeOutcome, Event, EventTag, GrantIssued, KeyCreated, KeyLimit, KeyNumber,
    LowerBound, OutdatedTerms, OwnerId, PauseReason, PaymentMethod, QuoteOrigin, RefundCause, RefundNumber,
    Rejection, RejectionTag, ReversalReason, RevokeFor, RevokeReason, Setting, SettingFault, StageTag,
    TermsAccepted, TopUpOutlook, TopUpSettings, UseChosen, UseKind, Window,
};
use serde_json::{Value, json};

use crate::life::{amount, call, digest, grant, key, time};

/// What a key may spend in a window.
fn key_limit() -> KeyLimit {
    KeyLimit { amount: amount("5"), window: Window::Week }
}

/// A text of any kind.
fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn account() -> prepaid::AccountId {
    prepaid::AccountId(uuid::Uuid::from_u128(1))
}

/// Every command, in the form in which a script speaks it.
pub fn commands() -> Vec<(&'static str, Action<Value>)> {
    let quote = || json!({"item": "generate-3.0-turbo", "quantities": {"images": 2}});
    let charge = ChargeNumber(1);
    let all = vec![
        Action::Open {
            account: account(),
            owner: OwnerId(uuid::Uuid::from_u128(2)),
            currency: Some(text("USD")),
        },
        Action::AcceptTerms {
            version: text("TOS_2024_04_20"),
            by: text("Ada Lovelace"),
            entity: Some(text("Engines Ltd")),
        },
        Action::ChooseUse {
            kind: UseKind::Business,
            billing_ref: Some(text("billing/1")),
            billing_digest: Some(digest(0xb1)),
        },
        Action::LinkPaymentMethod {
            token: text("pm_1"),
            fingerprint: Some(text("fp_1")),
            brand: text("visa"),
            last_four: text("4242"),
            expires: text("2027-03"),
        },
        Action::UpdateBilling {
            kind: Some(UseKind::Personal),
            billing_ref: text("billing/2"),
            billing_digest: digest(0xb2),
        },
        Action::CreateKey {
            key: key(1),
            digest: digest(1),
            shown: text("ppk_A1b2"),
            label: Some(text("laptop")),
            expires_at: Some(time("2026-01-01T00:00:00Z")),
        },
        Action::RelabelKey { key: key(1), label: Some(text("server")) },
        Action::RevokeKey { key: key(1), reason: RevokeFor::Leaked },
        Action::LimitKey { key: key(1), limit: Some(key_limit()) },
        Action::SetTopUp {
            threshold: Some(amount("5")),
            target: Some(amount("80")),
            enabled: Some(true),
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        },
        Action::ReactivateTopUp {},
        Action::TopUp { amount: amount("25") },
        Action::CancelCharge { charge },
        Action::ChargeSucceeded { charge, amount: amount("20"), reference: text("ch_1") },
        Action::ChargeActionRequired { charge, reference: text("pi_1") },
        Action::ChargeFailed { charge, decline: Decline::Soft, reason: text("insufficient funds") },
        Action::ChargeCancelled { charge },
        Action::ChargeNotFound { charge },
        Action::ResolveCharge { charge, taken: amount("19.99"), evidence: text("statement of May") },
        Action::AuthorizeCall { call: call(1), key: key(1), quote: quote(), units: 2 },
        Action::ChargeCall {
            call: call(2),
            key: key(1),
            quote: json!({"amount": "0.06", "reference": "contract 17"}),
        },
        Action::ExtendCall { call: call(1), until: time("2025-01-01T02:00:00Z") },
        Action::SettleCall { call: call(1), amount: Some(amount("0.025")) },
        Action::ReleaseCall { call: call(1) },
        Action::IssueGrant {
            grant: grant(1),
            amount: amount("25"),
            source: text("welcome"),
            priority: -1,
            effective_at: Some(time("2025-02-01T00:00:00Z")),
            expires_at: Some(time("2025-03-01T00:00:00Z")),
        },
        Action::VoidGrant { grant: grant(1) },
        Action::Refund { charge, amount: amount("5"), forced: true },
        Action::RefundSucceeded { refund: RefundNumber(1), reference: text("re_1") },
        Action::RefundFailed { refund: RefundNumber(1), reason: text("account closed") },
        Action::RecordRefund { charge, amount: amount("5"), reference: text("re_2") },
        Action::OpenDispute { dispute: text("dp_1"), charge, amount: amount("20") },
        Action::CloseDispute { dispute: text("dp_1"), outcome: DisputeOutcome::Won },
        Action::LimitSpending { limit: Some(amount("100")) },
        Action::SetNotice { level: None },
        Action::Suspend { reason: text("suspected fraud") },
        Action::Resume {},
        Action::Migrate { reference: text("customer 4711") },
        Action::WriteOff { amount: amount("3.1"), reason: text("bankrupt") },
        Action::Close {},
        Action::Tick {},
    ];
    let samples: Vec<_> = all.into_iter().map(|action| (action.tag().as_str(), action)).collect();
    assert_all(samples.iter().map(|(_, action)| action.tag()), ActionTag::ALL);
    samples
}

/// Every event.
#[expect(clippy::too_many_lines, reason = "one row an event")]
pub fn events() -> Vec<(&'static str, Event)> {
    let (charge, refund, reference) = (ChargeNumber(1), RefundNumber(1), || text("ch_1"));
    let created = || {
        Box::new(KeyCreated {
            key: key(1),
            number: KeyNumber(1),
            digest: digest(1),
            shown: text("ppk_A1b2"),
            label: Some(text("laptop")),
            expires_at: Some(time("2026-01-01T00:00:00Z")),
        })
    };
    let settings = TopUpSettings {
        enabled: true,
        threshold: amount("5"),
        target: amount("80"),
        monthly_cap: None,
        daily_count: None,
    };
    let usage = |kind| {
        Box::new(UseChosen {
            kind,
            billing: Some(Billing { reference: text("billing/1"), digest: digest(0xb1) }),
        })
    };
    let listed =
        QuoteOrigin::Listed { item: text("generate-3.0-turbo"), version: time("2025-08-06T00:00:00Z") };
    let agreed = QuoteOrigin::Agreed { reference: text("contract 17") };
    let all = vec![
        Event::AccountOpened(Box::new(AccountOpened {
            account: account(),
            owner: OwnerId(uuid::Uuid::from_u128(2)),
            currency: text("USD"),
            top_up: settings,
        })),
        Event::TermsAccepted(Box::new(TermsAccepted {
            version: text("TOS_2024_04_20"),
            by: text("Ada Lovelace"),
            entity: Some(text("Engines Ltd")),
        })),
        Event::UseChosen(usage(UseKind::Business)),
        Event::BillingUpdated(usage(UseKind::Personal)),
        Event::PaymentMethodLinked(Box::new(PaymentMethod {
            token: text("pm_1"),
            fingerprint: Some(text("fp_1")),
            brand: text("visa"),
            last_four: text("4242"),
            expires: text("2027-03"),
        })),
        Event::FirstKeyRequested(created()),
        Event::FirstKeyDropped { key: key(1) },
        Event::KeyCreated(created()),
        Event::KeyRelabelled { key: KeyNumber(1), label: Some(text("server")) },
        Event::KeyRevoked { key: KeyNumber(1), reason: RevokeReason::Leaked },
        Event::KeyLimited { key: KeyNumber(1), limit: Some(key_limit()) },
        Event::TopUpSet(Box::new(settings)),
        Event::TopUpReactivated {},
        Event::ChargeRequested(Box::new(ChargeRequested {
            charge,
            kind: ChargeKind::InitialFunding,
            amount: amount("20"),
            token: text("pm_1"),
            fingerprint: text("fp_1"),
            ask_until: time("2025-01-01T23:00:00Z"),
        })),
        Event::ChargeActionRequired { charge, reference: text("pi_1"), until: time("2025-01-02T00:00:00Z") },
        Event::ChargeAskingEnded { charge },
        Event::ChargeCancelling { charge, cause: CancelCause::Deadline },
        Event::ChargeSuperseded { charge },
        Event::ChargeMismatched {
            charge,
            expected: amount("20"),
            reported: amount("19.99"),
            reference: reference(),
        },
        Event::ChargeResolved { charge, taken: amount("19.99"), evidence: text("statement of May") },
        Event::ChargeSucceeded { charge, amount: amount("20"), reference: reference(), keep_until: None },
        Event::ChargeSucceededLate { charge, amount: amount("20"), reference: reference(), keep_until: None },
        Event::ChargeFailed { charge, decline: Decline::Hard, reason: text("stolen card"), keep_until: None },
        Event::ChargeAbandoned { charge, keep_until: None },
        Event::ChargeArchived { charge },
        Event::TopUpRetryScheduled { step: 1, until: time("2025-01-01T01:00:00Z") },
        Event::TopUpRetryDue {},
        Event::TopUpPaused { reason: PauseReason::RetriesExhausted },
        Event::TopUpDeferred { until: time("2025-02-01T00:00:00Z"), cap: Cap::Monthly },
        Event::TopUpCapReset {},
        Event::MethodBarred { fingerprint: text("fp_1"), until: time("2025-01-31T00:00:00Z") },
        Event::MethodBarEnded { fingerprint: text("fp_1") },
        Event::CallAuthorized {
            call: call(1),
            key: KeyNumber(1),
            amount: amount("0.06"),
            units: 2,
            deadline: time("2025-01-01T01:00:00Z"),
            origin: Arc::new(listed),
        },
        Event::CallCharged {
            call: call(2),
            key: KeyNumber(1),
            amount: amount("0.025"),
            origin: Arc::new(agreed),
        },
        Event::CallExtended { call: call(1), deadline: time("2025-01-01T02:00:00Z") },
        Event::CallSettled { call: call(1), amount: amount("0.06") },
        Event::CallReleased { call: call(1) },
        Event::CallExpired { call: call(1), late_until: time("2025-01-02T01:00:00Z") },
        Event::CallSettledLate { call: call(1), amount: amount("0.05"), unbilled: amount("0.01") },
        Event::CallForgotten { call: call(1) },
        Event::GrantIssued(Box::new(GrantIssued {
            grant: grant(1),
            amount: amount("25"),
            source: text("welcome"),
            priority: -1,
            effective_at: Some(time("2025-02-01T00:00:00Z")),
            expires_at: Some(time("2025-03-01T00:00:00Z")),
        })),
        Event::GrantStarted { grant: grant(1) },
        Event::GrantExpired { grant: grant(1), amount: amount("24.94") },
        Event::GrantVoided { grant: grant(1), amount: amount("0") },
        Event::GrantLapsed { grant: grant(1), amount: amount("0.06") },
        Event::RefundRequested {
            refund,
            charge,
            amount: amount("5"),
            cause: RefundCause::Operator,
            ask_until: time("2025-01-01T23:00:00Z"),
        },
        Event::RefundAskingEnded { refund },
        Event::RefundSucceeded { refund, reference: text("re_1") },
        Event::RefundFailed { refund, reason: text("account closed") },
        Event::RefundRecorded { charge, amount: amount("5"), reference: text("re_2") },
        Event::DisputeOpened { dispute: text("dp_1"), charge, amount: amount("20") },
        Event::DisputeClosed { dispute: text("dp_1"), outcome: DisputeOutcome::Lost },
        Event::ReversalPaused { reason: ReversalReason::Dispute },
        Event::ReversalPauseEnded {},
        Event::DisputesCleared {},
        Event::SpendingLimited { limit: Some(amount("100")) },
        Event::NoticeSet { level: Some(amount("2")) },
        Event::LowBalanceNoticed { level: amount("2"), posted: "-3.1".parse().unwrap() },
        Event::BalanceRecovered { level: amount("2"), posted: "16.9".parse().unwrap() },
        Event::AccountSuspended { reason: text("suspected fraud") },
        Event::AccountResumed {},
        Event::AccountMigrated { reference: text("customer 4711") },
        Event::DebtWrittenOff { amount: amount("3.1"), reason: text("bankrupt") },
        Event::AccountClosing {},
        Event::CreditForfeited { amount: amount("0.005") },
        Event::AccountClosed {},
    ];
    assert_all(all.iter().map(Event::tag), EventTag::ALL);
    let all = all.into_iter().map(|event| (event.tag().as_str(), event));
    all.chain(later_fields()).collect()
}

/// Events with fields that came later than the event.
fn later_fields() -> Vec<(&'static str, Event)> {
    let (charge, keep_until) = (ChargeNumber(1), Some(time("2026-06-25T00:00:00Z")));
    let (amount, reference) = (amount("20"), || text("ch_1"));
    let reason = text("stolen card");
    let capped = TopUpSettings {
        enabled: true,
        threshold: crate::life::amount("5"),
        target: crate::life::amount("80"),
        monthly_cap: Some(crate::life::amount("150")),
        daily_count: Some(2),
    };
    vec![
        (
            "charge_succeeded-kept",
            Event::ChargeSucceeded { charge, amount, reference: reference(), keep_until },
        ),
        (
            "charge_succeeded_late-kept",
            Event::ChargeSucceededLate { charge, amount, reference: reference(), keep_until },
        ),
        ("charge_failed-kept", Event::ChargeFailed { charge, decline: Decline::Hard, reason, keep_until }),
        ("charge_abandoned-kept", Event::ChargeAbandoned { charge, keep_until }),
        ("top_up_set-capped", Event::TopUpSet(Box::new(capped))),
        ("key_limited-none", Event::KeyLimited { key: KeyNumber(1), limit: None }),
        ("spending_limited-none", Event::SpendingLimited { limit: None }),
        ("notice_set-off", Event::NoticeSet { level: None }),
    ]
}

/// Every rejection.
#[expect(clippy::too_many_lines, reason = "one row a rejection")]
pub fn rejections() -> Vec<(&'static str, Rejection)> {
    let (charge, key, call) = (ChargeNumber(1), key(1), call(1));
    let terms = || text("TOS_2024_04_20");
    let faults = vec![
        SettingFault::ThresholdNotWhole { given: amount("1.005"), unit: amount("0.01") },
        SettingFault::ThresholdTooLow { given: amount("1.005"), bound: LowerBound::Above(amount("2")) },
        SettingFault::ThresholdTooHigh { given: amount("901"), at_most: amount("900") },
        SettingFault::TargetNotWhole { given: amount("10.001"), unit: amount("0.01") },
        SettingFault::TargetTooLow { given: amount("9.99"), bound: LowerBound::From(amount("10")) },
        SettingFault::TargetTooHigh { given: amount("1001"), at_most: amount("1000") },
        SettingFault::GapTooSmall {
            threshold: amount("10"),
            target: amount("10"),
            gap: LowerBound::Above(amount("0")),
        },
    ];
    let all = vec![
        Rejection::WrongActor { command: ActionTag::TopUp, actor: Actor::Gateway },
        Rejection::CurrencyMismatch { expected: text("USD"), given: text("EUR") },
        Rejection::OutOfOrder { needs: StageTag::Linked, is: StageTag::Agreed },
        Rejection::FieldForbidden { field: "forced" },
        Rejection::FieldMissing { field: "billing_digest" },
        Rejection::TermsMismatch { required: terms(), given: text("TOS_2020_01_01") },
        Rejection::KeyUnknown { key },
        Rejection::ChargeUnknown { charge },
        Rejection::ChargeArchived { charge },
        Rejection::CallNotOpen { call },
        Rejection::GrantUnknown { grant: grant(1) },
        Rejection::RefundUnknown { refund: RefundNumber(1) },
        Rejection::RefundArchived { refund: RefundNumber(1) },
        Rejection::DisputeUnknown { dispute: text("dp_1") },
        Rejection::KeyConflict { key },
        Rejection::CallConflict { call },
        Rejection::GrantConflict { grant: grant(1) },
        Rejection::RefundConflict { reference: text("re_1") },
        Rejection::DisputeConflict { dispute: text("dp_1") },
        Rejection::KeyInactive { key },
        Rejection::KeyRevoked { key },
        Rejection::KeyExpired { key, expired_at: time("2025-01-01T00:00:00Z") },
        Rejection::ShownTooLong { given: 5, at_most: 4 },
        Rejection::TimeOutOfBounds {
            field: "until",
            given: time("2025-01-03T00:00:00Z"),
            after: time("2025-01-01T01:00:00Z"),
            not_after: Some(time("2025-01-02T00:00:00Z")),
        },
        Rejection::QuoteNotInForce { version: time("2025-08-06T00:00:00Z") },
        Rejection::UnitsZero {},
        Rejection::AmountZero {},
        Rejection::AlreadyExtended { call },
        Rejection::ChargeSucceeded { charge },
        Rejection::ChargeNotSucceeded { charge },
        Rejection::DisputeClosed { dispute: text("dp_1"), outcome: DisputeOutcome::Lost },
        Rejection::ChargeUnresolved { charge, expected: amount("20"), reported: amount("19.99") },
        Rejection::ChargeEnded { charge },
        Rejection::ActionNotRequired { charge },
        Rejection::Suspended { reason: text("suspected fraud") },
        Rejection::TermsOutdated(OutdatedTerms { required: terms(), accepted: text("TOS_2020_01_01") }),
        Rejection::Debt { debt: amount("3.1") },
        Rejection::TooManyInFlight { units: 4, taken: 7, bound: 10 },
        Rejection::KeyLimitReached {
            key,
            window: Window::Week,
            limit: amount("5"),
            used: amount("4.99"),
            resets_at: time("2025-01-06T00:00:00Z"),
        },
        Rejection::SpendingLimitReached {
            limit: amount("100"),
            used: amount("99.5"),
            resets_at: time("2025-02-01T00:00:00Z"),
        },
        Rejection::InsufficientCredit {
            short: amount("0.01"),
            held: amount("0.06"),
            outlook: TopUpOutlook::RetryAt { at: time("2025-01-01T01:00:00Z") },
        },
        Rejection::SettingsInvalid { faults },
        Rejection::AmountNotWhole { amount: amount("1.005"), unit: amount("0.01") },
        Rejection::AmountOutOfBounds { amount: amount("301"), at_least: amount("1"), at_most: amount("300") },
        Rejection::BalanceTooHigh { amount: amount("300"), at_most: amount("1000") },
        Rejection::AboveContribution { amount: amount("20.01"), contribution: amount("20") },
        Rejection::AboveRefundable { amount: amount("20"), at_most: amount("19.94") },
        Rejection::AboveDebt { amount: amount("5"), debt: amount("3.1") },
        Rejection::TooManyKeys { bound: 100 },
        Rejection::ChargeOpen { charge, kind: ChargeKind::AutoTopUp },
        Rejection::MethodBarred { until: time("2025-01-31T00:00:00Z") },
        Rejection::DisputeStands { dispute: text("dp_1") },
        Rejection::AboveHold { amount: amount("0.07"), hold: amount("0.06") },
        Rejection::OutOfRange { field: "posted" },
        Rejection::Defect { event: EventTag::CallSettled },
    ];
    assert_all(all.iter().map(Rejection::tag), RejectionTag::ALL);
    let mut samples: Vec<_> =
        all.into_iter().map(|rejection| (rejection.tag().as_str(), rejection)).collect();
    samples.extend(outlooks().into_iter().map(|(name, outlook)| {
        let (short, held) = (amount("0.01"), amount("0"));
        (name, Rejection::InsufficientCredit { short, held, outlook })
    }));
    let faults = vec![
        SettingFault::MonthlyCapNotWhole { given: amount("150.005"), unit: amount("0.01") },
        SettingFault::MonthlyCapTooLow { given: amount("0.49"), at_least: amount("0.5") },
        SettingFault::MonthlyCapTooHigh { given: amount("1001"), at_most: amount("1000") },
        SettingFault::DailyCountTooLow { given: 0 },
        SettingFault::DailyCountTooHigh { given: 11, at_most: 10 },
    ];
    samples.push(("settings_invalid-caps", Rejection::SettingsInvalid { faults }));
    samples
}

/// Every outlook of a call that lacks credit.
fn outlooks() -> Vec<(&'static str, TopUpOutlook)> {
    vec![
        ("insufficient_credit-not_funded", TopUpOutlook::NotFunded),
        ("insufficient_credit-pending", TopUpOutlook::Pending { charge: ChargeNumber(2) }),
        ("insufficient_credit-off", TopUpOutlook::Off),
        ("insufficient_credit-paused", TopUpOutlook::Paused { reason: PauseReason::HardDecline }),
        ("insufficient_credit-above_threshold", TopUpOutlook::AboveThreshold),
        (
            "insufficient_credit-barred_until",
            TopUpOutlook::BarredUntil { until: time("2025-01-31T00:00:00Z") },
        ),
        (
            "insufficient_credit-deferred_until",
            TopUpOutlook::DeferredUntil { until: time("2025-02-01T00:00:00Z"), cap: Cap::Monthly },
        ),
        (
            "insufficient_credit-paused-by-reversal",
            TopUpOutlook::ReversalPaused { reason: ReversalReason::Refund },
        ),
        ("insufficient_credit-disputed", TopUpOutlook::Disputed),
        ("insufficient_credit-suspended", TopUpOutlook::Suspended),
        ("insufficient_credit-terms_outdated", TopUpOutlook::TermsOutdated),
        ("insufficient_credit-out_of_range", TopUpOutlook::OutOfRange),
        ("insufficient_credit-due", TopUpOutlook::Due),
    ]
}

/// No sample is missing, and none is there twice.
fn assert_all<T: Copy + PartialEq + std::fmt::Debug>(tags: impl Iterator<Item = T>, all: &[T]) {
    let tags: Vec<T> = tags.collect();
    assert_eq!(tags, all, "one sample of each, in the order of declaration");
}
