//! Random lives for the books: the real machine, stepped through everything that moves money, the same in every run.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::wildcard_enum_match_arm,
    clippy::match_same_arms,
    reason = "tests stop at the first surprise, and draw by remainder"
)]
#![allow(dead_code, reason = "two tests share it, and each uses a part")]

use prepaid::{
    Account, AccountId, Action, Actor, Amount, Batch, CallId, ChargeNumber, Decline, Digest, DisputeOutcome,
    Event, GrantId, KeyId, OwnerId, Policy, PolicyNumbers, Quote, RefundNumber, Setting, StageTag, Text,
    Timestamp, UseKind, step,
};
use uuid::Uuid;

/// A small generator of numbers (splitmix64), the same on every machine.
#[derive(Debug, Clone)]
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let at = self.below(list.len() as u64) as usize;
        list.get(at).cloned()
    }

    /// An amount below `bound` whole, mostly with digits down to the twelfth.
    fn amount(&mut self, bound: u64) -> Amount {
        let whole = self.below(bound);
        let fraction = match self.below(4) {
            0 => self.below(100) * 10_000_000_000,
            1 => self.below(1_000_000) * 1_000_000,
            _ => self.below(1_000_000_000_000),
        };
        amount(&format!("{whole}.{fraction:012}"))
    }

    fn cents(&mut self, bound: u64) -> Amount {
        let (whole, cents) = (self.below(bound), self.below(99) + 1);
        amount(&format!("{whole}.{cents:02}"))
    }
}

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn text(n: u64, what: &str) -> Text {
    format!("{what}_{n}").parse().unwrap()
}

/// Policies that between them reach debts, archiving and another currency.
pub fn policy(n: u64) -> Policy {
    let documented = PolicyNumbers { reversal_window: "40d".parse().unwrap(), ..PolicyNumbers::documented() };
    let numbers = match n % 5 {
        0 => documented,
        1 => PolicyNumbers { debt_at_settlement: amount("5"), ..documented },
        2 => PolicyNumbers { currency: "EUR".parse().unwrap(), places_in_flight: 40, ..documented },
        3 => PolicyNumbers {
            top_up_enabled: false,
            debt_at_settlement: amount("0.000000000007"),
            ..documented
        },
        _ => PolicyNumbers { charge_unit: amount("1"), smallest_charge: amount("8"), ..documented },
    };
    Policy::new(numbers).unwrap()
}

/// One account, and what is known of it from its events.
#[derive(Debug)]
pub struct Life {
    pub account: Account,
    pub id: AccountId,
    pub policy: Policy,
    pub now: Timestamp,
    draw: Draw,
    next: u64,
    steps: u64,
    asked: Vec<(ChargeNumber, Amount)>,
    credited: Vec<(ChargeNumber, Amount)>,
    failed: Vec<(ChargeNumber, Amount)>,
    calls: Vec<(CallId, Amount)>,
    late: Vec<CallId>,
    grants: Vec<GrantId>,
    refunds: Vec<(RefundNumber, ChargeNumber, Amount)>,
    recorded: Vec<(ChargeNumber, Amount, Text)>,
    disputes: Vec<Text>,
}

impl Life {
    pub fn new(seed: u64) -> Self {
        let start = 1_735_689_600_000_000 + (seed % 1_000).cast_signed() * 977_777_777;
        Self {
            account: Account::default(),
            id: AccountId(Uuid::from_u128(0xacc0_0000_0000 + u128::from(seed))),
            policy: policy(seed),
            now: Timestamp::from_micros(start).unwrap(),
            draw: Draw(seed.wrapping_mul(0x5851_f42d_4c95_7f2d)),
            next: 1,
            steps: 0,
            asked: Vec::new(),
            credited: Vec::new(),
            failed: Vec::new(),
            calls: Vec::new(),
            late: Vec::new(),
            grants: Vec::new(),
            refunds: Vec::new(),
            recorded: Vec::new(),
            disputes: Vec::new(),
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Whether nothing more will come of it.
    pub fn is_over(&self) -> bool {
        self.steps > 2_000 || (self.account.stage() == StageTag::Closed && self.draw.0.is_multiple_of(16))
    }

    /// One command; a batch where it was accepted and changed something.
    pub fn step(&mut self) -> Option<Batch> {
        self.steps += 1;
        let ahead = match self.draw.below(100) {
            0 => 31 * 86_400_000_000,
            1 | 2 => self.draw.below(90) * 3_600_000_000,
            3..=12 => self.draw.below(7_200_000_000),
            _ => self.draw.below(20_000_000),
        };
        self.now = Timestamp::from_micros(self.now.as_micros() + ahead.cast_signed()).unwrap();
        let action = self.action();
        let forced = matches!(action, Action::Refund { forced: true, .. });
        let reactivates = matches!(action, Action::ReactivateTopUp {});
        let actors = action.tag().actors();
        let actor = if (forced || reactivates) && actors.contains(&Actor::Operator) {
            Actor::Operator
        } else {
            actors[0]
        };
        let batch = step(&mut self.account, &self.policy, &action.by(actor), self.now).ok()?;
        for event in &batch.events {
            self.note(event);
        }
        (!batch.events.is_empty()).then_some(batch)
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::ChargeRequested(asked) => self.asked.push((asked.charge, asked.amount)),
            Event::ChargeSucceeded { charge, amount, .. }
            | Event::ChargeSucceededLate { charge, amount, .. } => {
                self.asked.retain(|(number, _)| number != charge);
                self.failed.retain(|(number, _)| number != charge);
                self.credited.push((*charge, *amount));
            }
            Event::ChargeFailed { charge, .. } | Event::ChargeAbandoned { charge, .. } => {
                let (gone, open) = self.asked.iter().partition(|(number, _)| number == charge);
                self.asked = open;
                self.failed.extend::<Vec<_>>(gone);
            }
            Event::CallAuthorized { call, amount, .. } => self.calls.push((*call, *amount)),
            Event::CallSettled { call, .. } | Event::CallReleased { call } => {
                self.calls.retain(|(id, _)| id != call);
            }
            Event::CallExpired { call, .. } => {
                self.calls.retain(|(id, _)| id != call);
                self.late.push(*call);
            }
            Event::GrantIssued(issued) => self.grants.push(issued.grant),
            Event::RefundRequested { refund, charge, amount, .. } => {
                self.refunds.push((*refund, *charge, *amount));
            }
            Event::RefundRecorded { charge, amount, reference } => {
                self.recorded.push((*charge, *amount, reference.clone()));
            }
            Event::DisputeOpened { dispute, .. } => self.disputes.push(dispute.clone()),
            _ => {}
        }
    }

    fn action(&mut self) -> Action {
        let key = KeyId(Uuid::from_u128(1));
        match self.account.stage() {
            StageTag::Vacant => {
                Action::Open { account: self.id, owner: OwnerId(Uuid::from_u128(2)), currency: None }
            }
            StageTag::Registered => Action::AcceptTerms {
                version: "TOS_2024_04_20".parse().unwrap(),
                by: "Ada".parse().unwrap(),
                entity: None,
            },
            StageTag::Agreed if !self.draw.one_in(4) => {
                Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }
            }
            StageTag::Described if !self.draw.one_in(4) => self.link(),
            StageTag::Linked if self.draw.one_in(8) => {
                Action::Migrate { reference: "elsewhere".parse().unwrap() }
            }
            StageTag::Linked if !self.draw.one_in(4) => self.create_key(key),
            StageTag::Active if self.account.keys().is_empty() => self.create_key(key),
            _ => self.any(key),
        }
    }

    fn create_key(&self, key: KeyId) -> Action {
        Action::CreateKey {
            key,
            digest: Digest([7; 32]),
            shown: if self.policy.numbers().shown_characters == 2 { "ppk_A1" } else { "ppk_A1b2" }
                .parse()
                .unwrap(),
            label: None,
            expires_at: None,
        }
    }

    fn link(&mut self) -> Action {
        Action::LinkPaymentMethod {
            token: format!("pm_{}", self.fresh()).parse().unwrap(),
            fingerprint: None,
            brand: "visa".parse().unwrap(),
            last_four: "4242".parse().unwrap(),
            expires: "2099-01".parse().unwrap(),
        }
    }

    fn quote(&mut self) -> Quote {
        let price = match self.draw.below(8) {
            0 => self.account.balance().available.credit(),
            1 => Amount::ZERO,
            2 => amount("0.000000000001"),
            3 => self.draw.amount(10),
            _ => self.draw.amount(2),
        };
        Quote::agreed(price, self.policy.numbers().currency, "agreed".parse().unwrap())
    }

    fn any(&mut self, key: KeyId) -> Action {
        if let Some((charge, asked)) = self.asked.last().copied()
            && self.draw.one_in(3)
        {
            return self.result(charge, asked);
        }
        match self.draw.below(100) {
            0..=21 => Action::ChargeCall { call: self.new_call(), key, quote: self.quote() },
            22..=41 => Action::AuthorizeCall { call: self.new_call(), key, quote: self.quote(), units: 1 },
            42..=55 => self.settle(),
            56..=59 => Action::ReleaseCall { call: self.known_call() },
            60 => Action::ExtendCall {
                call: self.known_call(),
                until: self.now.saturating_add("90m".parse().unwrap()),
            },
            61..=63 => Action::Tick {},
            64..=71 => self.grant(),
            72 => self.draw.of(&self.grants).map_or(Action::Tick {}, |grant| Action::VoidGrant { grant }),
            73..=75 => self.refund(),
            76..=79 => self.refund_result(),
            80 | 81 => self.reversal(),
            82..=84 => {
                let outcome = if self.draw.one_in(3) { DisputeOutcome::Lost } else { DisputeOutcome::Won };
                self.draw
                    .of(&self.disputes)
                    .map_or(Action::Tick {}, |dispute| Action::CloseDispute { dispute, outcome })
            }
            85..=88 => Action::TopUp { amount: amount(&format!("{}", 10 + self.draw.below(60))) },
            89 => self.late_result(),
            90 | 91 => Action::ReactivateTopUp {},
            92 => self.link(),
            93 => {
                let debt = self.account.balance().posted.debt();
                let amount = if self.draw.one_in(2) { debt } else { amount("0.000000000003") };
                Action::WriteOff { amount, reason: "goodwill".parse().unwrap() }
            }
            94 => Action::SetTopUp {
                threshold: None,
                target: Some(amount(&format!("{}", 15 + self.draw.below(80)))),
                enabled: Some(!self.draw.one_in(4)),
                monthly_cap: Setting::Kept,
                daily_count: Setting::Kept,
            },
            95 if self.draw.one_in(4) => Action::Close {},
            _ => Action::ChargeCall { call: self.new_call(), key, quote: self.quote() },
        }
    }

    fn new_call(&mut self) -> CallId {
        CallId(Uuid::from_u128(0xca11_0000 + u128::from(self.fresh())))
    }

    fn known_call(&mut self) -> CallId {
        self.draw.of(&self.calls).map_or(CallId(Uuid::from_u128(9)), |(call, _)| call)
    }

    fn settle(&mut self) -> Action {
        if self.draw.one_in(8)
            && let Some(call) = self.draw.of(&self.late)
        {
            return Action::SettleCall { call, amount: Some(self.draw.amount(2)) };
        }
        let Some((call, held)) = self.draw.of(&self.calls) else { return Action::Tick {} };
        let amount = match self.draw.below(4) {
            0 => None,
            1 => held.checked_add(self.draw.amount(3)).ok(),
            2 => Some(self.draw.amount(2).min(held)),
            _ => held.checked_sub(Amount::SMALLEST).ok(),
        };
        Action::SettleCall { call, amount }
    }

    fn grant(&mut self) -> Action {
        let later = |hours: u64| {
            Timestamp::from_micros(self.now.as_micros() + hours.cast_signed() * 3_600_000_000).unwrap()
        };
        let (from, until) = (later(1 + self.next % 5), later(6 + self.next % 90));
        Action::IssueGrant {
            grant: GrantId(Uuid::from_u128(0x61a0_0000 + u128::from(self.fresh()) * 7_919 % 65_536)),
            amount: self.draw.amount(6).checked_add(Amount::SMALLEST).unwrap(),
            source: "campaign".parse().unwrap(),
            priority: [0, 0, -1, 1, 2][self.draw.below(5) as usize],
            effective_at: self.draw.one_in(4).then_some(from),
            expires_at: (!self.draw.one_in(3)).then_some(until),
        }
    }

    fn refund(&mut self) -> Action {
        let Some((charge, credited)) = self.draw.of(&self.credited) else { return Action::Tick {} };
        let amount = if self.draw.one_in(4) { credited } else { self.draw.cents(6) };
        let amount =
            if self.policy.numbers().charge_unit == self::amount("1") { self::amount("2") } else { amount };
        Action::Refund { charge, amount, forced: self.draw.one_in(3) }
    }

    fn refund_result(&mut self) -> Action {
        let Some((refund, charge, amount)) = self.draw.of(&self.refunds) else { return Action::Tick {} };
        let told = self.recorded.iter().find(|(of, much, _)| (*of, *much) == (charge, amount));
        let reference =
            told.map_or_else(|| text(u64::from(refund.0), "re"), |(_, _, reference)| reference.clone());
        match self.draw.below(5) {
            0 => Action::RefundFailed { refund, reason: "account closed".parse().unwrap() },
            // The provider tells its own refund before the answer to ours: one and the same.
            1 => Action::RecordRefund { charge, amount, reference: text(u64::from(refund.0), "re") },
            _ => Action::RefundSucceeded { refund, reference },
        }
    }

    fn reversal(&mut self) -> Action {
        let Some((charge, credited)) = self.draw.of(&self.credited) else { return Action::Tick {} };
        let amount = if self.draw.one_in(2) { credited } else { self.draw.cents(15) };
        let number = self.fresh();
        match self.draw.below(3) {
            0 => Action::RecordRefund { charge, amount, reference: text(number, "rec") },
            _ => Action::OpenDispute { dispute: text(number, "dp"), charge, amount },
        }
    }

    fn result(&mut self, charge: ChargeNumber, asked: Amount) -> Action {
        let reference: Text = text(u64::from(charge.0), "ch");
        match self.draw.below(20) {
            0 => Action::ChargeFailed { charge, decline: Decline::Soft, reason: "declined".parse().unwrap() },
            1 => Action::ChargeFailed { charge, decline: Decline::Hard, reason: "stolen".parse().unwrap() },
            2 => Action::ChargeActionRequired { charge, reference },
            3 => Action::ChargeCancelled { charge },
            4 => Action::ChargeSucceeded { charge, amount: Amount::SMALLEST, reference },
            5 => Action::ResolveCharge { charge, taken: self.draw.cents(20), evidence: reference },
            6 => Action::ResolveCharge { charge, taken: Amount::ZERO, evidence: reference },
            _ => Action::ChargeSucceeded { charge, amount: asked, reference },
        }
    }

    fn late_result(&mut self) -> Action {
        let Some((charge, amount)) = self.draw.of(&self.failed) else { return Action::Tick {} };
        let reference: Text = text(u64::from(charge.0), "ch");
        if self.draw.one_in(4) {
            return Action::ResolveCharge { charge, taken: self.draw.cents(20), evidence: reference };
        }
        Action::ChargeSucceeded { charge, amount, reference }
    }
}
