//! M5. Conservation: the balance is what the events say, at every step of a long and mixed life.

use std::collections::BTreeMap;

use crate::life::{Answer, Life, amount, card, span, time};
use prepaid::{Action, Decline, DisputePhase, PolicyNumbers, StageTag};
use rust_decimal::Decimal;
use serde_json::Value;

/// What went back of one charge, as the stored events tell it (G2).
#[derive(Default)]
struct Charge {
    credited: Decimal,
    /// Asked here and not failed, by number.
    refunds: BTreeMap<u64, Decimal>,
    /// Made at the provider, by reference.
    recorded: BTreeMap<String, Decimal>,
    /// Not won, by id.
    disputes: BTreeMap<String, Decimal>,
}

impl Charge {
    fn contributes(&self) -> Decimal {
        let gone = self.refunds.values().chain(self.recorded.values()).chain(self.disputes.values());
        (self.credited - gone.sum::<Decimal>()).max(Decimal::ZERO)
    }
}

/// The money as the stored events tell it, and nothing else.
#[derive(Default)]
struct Ledger {
    charges: BTreeMap<u64, Charge>,
    /// The charge of every refund asked here, failed or not.
    refunded: BTreeMap<u64, u64>,
    granted: Decimal,
    settled: Decimal,
    gone: Decimal,
    written_off: Decimal,
    /// Grants that are to start.
    waiting: BTreeMap<String, Decimal>,
    holds: BTreeMap<String, Decimal>,
    seen: BTreeMap<String, u32>,
}

impl Ledger {
    fn refunded_charge(&mut self, refund: u64) -> &mut Charge {
        self.charges.get_mut(self.refunded.get(&refund).unwrap()).unwrap()
    }

    fn read(&mut self, at: &str, event: &Value) {
        let text = |field: &str| event.get(field).and_then(Value::as_str).unwrap().to_string();
        let money = |field: &str| text(field).parse::<Decimal>().unwrap();
        let number = |field: &str| event.get(field).and_then(Value::as_u64).unwrap();
        match text("type").as_str() {
            "charge_succeeded" | "charge_succeeded_late" => {
                let charge = self.charges.entry(number("charge")).or_default();
                assert_eq!(charge.credited, Decimal::ZERO, "a charge is credited once");
                charge.credited = money("amount");
            }
            "refund_requested" => {
                let charge = self.charges.get_mut(&number("charge")).unwrap();
                assert_eq!(charge.refunds.insert(number("refund"), money("amount")), None);
                self.refunded.insert(number("refund"), number("charge"));
            }
            "refund_succeeded" => {
                // One that was recorded under this reference was this one.
                let charge = self.refunded_charge(number("refund"));
                charge.recorded.remove(&text("reference"));
            }
            "refund_failed" => {
                let charge = self.refunded_charge(number("refund"));
                charge.refunds.remove(&number("refund")).unwrap();
            }
            "refund_recorded" => {
                let charge = self.charges.get_mut(&number("charge")).unwrap();
                assert_eq!(charge.recorded.insert(text("reference"), money("amount")), None);
            }
            "dispute_opened" => {
                let charge = self.charges.get_mut(&number("charge")).unwrap();
                assert_eq!(charge.disputes.insert(text("dispute"), money("amount")), None);
            }
            "dispute_closed" if text("outcome") == "won" => {
                let took =
                    self.charges.values_mut().find_map(|charge| charge.disputes.remove(&text("dispute")));
                assert_ne!(took, None, "a dispute is won once");
            }
            "grant_issued" => {
                let start = event.get("effective_at").and_then(Value::as_str);
                if start.is_some_and(|start| time(start) > time(at)) {
                    self.waiting.insert(text("grant"), money("amount"));
                } else {
                    self.granted += money("amount");
                }
            }
            "grant_started" => self.granted += self.waiting.remove(&text("grant")).unwrap(),
            "grant_voided" if self.waiting.contains_key(&text("grant")) => {
                assert_eq!(money("amount"), Decimal::ZERO);
                self.waiting.remove(&text("grant"));
            }
            "grant_expired" | "grant_voided" | "grant_lapsed" | "credit_forfeited" => {
                self.gone += money("amount");
            }
            "debt_written_off" => self.written_off += money("amount"),
            "call_charged" | "call_settled_late" => self.settled += money("amount"),
            "call_authorized" => {
                let before = self.holds.insert(text("call"), money("amount"));
                assert_eq!(before, None, "a call holds once");
            }
            "call_settled" => {
                self.settled += money("amount");
                self.holds.remove(&text("call")).unwrap();
            }
            "call_released" | "call_expired" => {
                self.holds.remove(&text("call")).unwrap();
            }
            _ => {}
        }
        *self.seen.entry(text("type")).or_default() += 1;
    }

    fn posted(&self) -> Decimal {
        let contributions: Decimal = self.charges.values().map(Charge::contributes).sum();
        contributions + self.granted - self.settled - self.gone + self.written_off
    }

    /// Reads what is new, and compares.
    fn follows(&mut self, life: &Life, read: &mut usize) {
        for batch in life.batches.iter().skip(*read) {
            let batch = serde_json::to_value(batch).unwrap();
            let at = batch.get("at").and_then(Value::as_str).unwrap();
            for event in batch.get("events").and_then(Value::as_array).unwrap() {
                self.read(at, event);
            }
        }
        *read = life.batches.len();
        let (balance, held) = (life.account.balance(), self.holds.values().sum::<Decimal>());
        assert_eq!(balance.posted.to_decimal(), self.posted(), "posted");
        assert_eq!(balance.held.to_decimal(), held, "held");
        assert_eq!(balance.available.to_decimal(), self.posted() - held, "available");
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// An amount up to about this many dollars, to the last of twelve digits.
    fn price(&mut self, dollars: u64) -> String {
        format!("{}.{:06}{:06}", self.throw(dollars), self.throw(1_000_000), self.throw(1_000_000))
    }
}

/// Some charge that has ended.
fn some_charge(life: &Life, dice: &mut Dice) -> u32 {
    let ended = life.account.charges();
    let at = dice.throw(ended.len().max(1).try_into().unwrap());
    ended.get(usize::try_from(at).unwrap()).map_or(1, |charge| charge.number.0)
}

/// A refund, a dispute, or a result of one.
fn money_goes_back(life: &mut Life, dice: &mut Dice) -> Answer {
    let charge = some_charge(life, dice);
    let (cents, nth) = (format!("{}.{:02}", dice.throw(9), dice.throw(100)), dice.throw(8));
    let refund = u32::try_from(dice.throw(12)).unwrap();
    let dispute = format!("dp_{}", dice.throw(12));
    match nth {
        0 => life.refunds(charge, &cents),
        1 => life.forces_refund(charge, &cents),
        2 => life.refund_succeeds(refund),
        3 => life.refund_fails(refund),
        // Perhaps one of our own.
        4 => life.records_refund(charge, &dice.price(9), &format!("re_{}", dice.throw(40))),
        5 | 6 => life.is_disputed(&dispute, charge, &dice.price(15)),
        _ if dice.throw(4) == 0 => life.loses(&dispute),
        _ => life.wins(&dispute),
    }
}

/// A grant, the end of one, a debt given up, or the operator's clearing of what stops the top-up.
fn something_is_given(life: &mut Life, dice: &mut Dice) -> Answer {
    let (n, price) = (dice.throw(1_000).into(), dice.price(6));
    let rank = i16::try_from(dice.throw(3)).unwrap() - 1;
    let mut after = || life.now.saturating_add(span(&format!("{}m", dice.throw(600)))).to_string();
    let (start, end) = (after(), after());
    match dice.throw(6) {
        0 | 1 => life.is_granted_with(n, &price, rank, Some(&end)),
        2 => life.is_granted_from(n, &price, &start, Some(&end)),
        3 => match life.account.lots().first().map(|lot| lot.issued.grant) {
            Some(grant) => life.operator(Action::VoidGrant { grant }),
            None => life.is_granted_with(n, &price, rank, None),
        },
        4 => {
            let debt = life.account.balance().posted.debt();
            let half = debt.to_decimal() / Decimal::TWO;
            life.writes_off(&half.round_dp(2).to_string())
        }
        _ => life.operator_reactivates(),
    }
}

/// Somebody does something; whether it is allowed is for other tests.
fn something_happens(life: &mut Life, dice: &mut Dice, next_call: &mut u128) {
    let some_call = |life: &Life, dice: &mut Dice| {
        let open = life.account.open_calls().map(|call| (call.call, call.amount));
        let late = life.account.late_calls().map(|call| (call.call, call.amount));
        let calls: Vec<_> = open.chain(late).collect();
        let at = dice.throw(calls.len().max(1).try_into().unwrap());
        calls.get(usize::try_from(at).unwrap()).copied()
    };
    let _allowed_or_not = match dice.throw(17) {
        0 | 1 => life.spends(&dice.price(3)),
        2..=4 => {
            *next_call += 1;
            life.authorizes(*next_call, &dice.price(8))
        }
        5 | 6 => match (some_call(life, dice), dice.throw(4)) {
            (Some((call, _)), 0) => life.gateway(Action::ReleaseCall { call }),
            (Some((call, _)), 1) => life.gateway(Action::SettleCall { call, amount: None }),
            // Perhaps above the hold, into the debt that the policy allows.
            (Some((call, _)), _) => {
                let amount = Some(amount(&dice.price(14)));
                life.gateway(Action::SettleCall { call, amount })
            }
            (None, _) => life.tick(),
        },
        7 => {
            let minutes = dice.throw(100) * dice.throw(30);
            life.later(&format!("{minutes}m")).tick()
        }
        8 => life.tops_up(&dice.throw(30).to_string()),
        12 | 13 => money_goes_back(life, dice),
        14..=16 => something_is_given(life, dice),
        9 => match dice.throw(2) {
            0 => life.owner(Action::ReactivateTopUp {}),
            _ => life.owner(card(&format!("card-{}", dice.throw(3)))),
        },
        _ => match (life.account.open_charge().map(|charge| charge.number.0), dice.throw(10)) {
            (Some(_), 0..=2) => life.charge_succeeds(),
            (Some(_), 3) => life.charge_fails(Decline::Soft),
            (Some(_), 4) => life.charge_fails(Decline::Hard),
            (Some(_), 5) => life.charge_requires_action(),
            (Some(_), 6) => life.charge_is_cancelled(),
            (Some(charge), 7) => life.charge_succeeds_with(charge, "7.77"),
            (Some(charge), _) => life.resolves(charge, &dice.throw(9).to_string()),
            // A failed charge was taken after all, or an old result comes again.
            (None, _) => {
                let ended = life.account.charges();
                let at = dice.throw(ended.len().try_into().unwrap());
                let charge = ended.get(usize::try_from(at).unwrap()).unwrap();
                let (number, amount) = (charge.number.0, charge.amount.to_string());
                life.charge_succeeds_with(number, &amount)
            }
        },
    };
}

/// Everything open ends, what is owed is written off, and the account closes.
fn the_account_closes(life: &mut Life, ledger: &mut Ledger, read: &mut usize) {
    if let Some(charge) = life.account.open_charge().map(|charge| charge.number.0) {
        life.resolves(charge, "0").unwrap();
    }
    while let Some(dispute) = life.account.disputes().iter().find(|one| one.phase == DisputePhase::Open) {
        let dispute = dispute.dispute.to_string();
        life.wins(&dispute).unwrap();
    }
    life.is_granted(5_000, "60.00").unwrap();
    life.spends("0.000000000001").unwrap();
    life.closes().unwrap();
    ledger.follows(life, read);
    life.later("9d").tick().unwrap();
    ledger.follows(life, read);
    life.stage_is(StageTag::Closed);
    life.posted_is("0");
    // A refund that fails then is owed to the owner again.
    let last = life.account.refunds().last().map(|refund| refund.number.0);
    if let Some(last) = last {
        life.refund_fails(last).unwrap();
        ledger.follows(life, read);
    }
}

// The balance is worked out from the stored events as M5 says it, after every step.
#[test]
fn m5_posted_and_held_are_what_the_events_say_at_every_step() {
    let mut seen = BTreeMap::new();
    for seed in 1..=3 {
        let mut life = Life::under(PolicyNumbers {
            debt_at_settlement: amount("9"),
            failures_bound: 1_000,
            ..PolicyNumbers::documented()
        });
        life = life.on_to(StageTag::Active);
        let (mut ledger, mut read) = (Ledger::default(), 0);
        let (mut dice, mut next_call, mut debts) = (Dice(seed), 0, 0_u32);
        for _ in 0..900 {
            something_happens(&mut life, &mut dice, &mut next_call);
            ledger.follows(&life, &mut read);
            debts += u32::from(life.account.balance().posted.is_debt());
        }
        // And the end of it: what is left is refunded, and what cannot be is forfeited.
        the_account_closes(&mut life, &mut ledger, &mut read);
        for (event, count) in ledger.seen {
            *seen.entry(event).or_insert(0) += count;
        }
        *seen.entry("debt".to_string()).or_insert(0) += debts;
    }
    // The life was as mixed as it should be.
    for event in [
        "charge_succeeded",
        "charge_succeeded_late",
        "charge_failed",
        "charge_abandoned",
        "charge_mismatched",
        "charge_resolved",
        "call_charged",
        "call_authorized",
        "call_settled",
        "call_settled_late",
        "call_released",
        "call_expired",
        "call_forgotten",
        "grant_issued",
        "grant_started",
        "grant_expired",
        "grant_voided",
        "grant_lapsed",
        "refund_requested",
        "refund_succeeded",
        "refund_failed",
        "refund_recorded",
        "dispute_opened",
        "dispute_closed",
        "debt_written_off",
        "credit_forfeited",
        "account_closed",
        "debt",
    ] {
        assert!(seen.get(event).is_some_and(|count| *count >= 3), "{event}: {seen:?}");
    }
}

// The same in small, to read.
#[test]
fn m5_the_balance_of_a_short_life() {
    let mut life = Life::funded();
    life.authorizes(1, "3.50").unwrap();
    life.authorizes(2, "0.008").unwrap();
    life.posted_is("20");
    life.held_is("3.508");
    life.available_is("16.492");
    life.settles(1, "3.025").unwrap();
    life.posted_is("16.975");
    life.held_is("0.008");
    life.available_is("16.967");
    life.releases(2).unwrap();
    life.held_is("0");
    life.spends("6.975").unwrap();
    life.posted_is("10");
    life.charge_succeeds().unwrap();
    life.posted_is("20");
    life.available_is("20");
}
