//! Ten years of a busy account: 175,000 calls, its top-ups, grants, refunds and disputes. What it remembers stays the
//! same size from the second year on, charges are archived after the reversal window (G1), and no cent is lost (M5).

use std::time::{Duration, Instant};

use crate::life::{Life, key, new_key, price};
use prepaid::{
    Account, Action, Actor, Amount, Balance, CallId, ChargeKind, ChargeNumber, Decline, DisputeOutcome,
    Event, GrantId, Outcome, Policy, RefundNumber, Snapshot, Span, Timestamp, Window, step,
};
use uuid::Uuid;

/// Two calls an hour.
const SLOTS_A_DAY: u32 = 48;
const SLOTS_A_YEAR: u32 = 365 * SLOTS_A_DAY;
const YEARS: u32 = 10;
const DOLLAR: i64 = 1_000_000;

/// What the account holds and does in a year.
#[derive(Debug)]
struct Year {
    /// The snapshot's length in bytes, at the end.
    bytes: usize,
    /// The most entries that all its lists had together: what a step may have to look through.
    entries: usize,
    /// The most events of one step.
    batch: usize,
    /// Events of the whole year.
    events: usize,
    /// How long its steps took, to be read beside the other years', never asserted.
    took: Duration,
}

/// An account, and everybody around it, who keep their own books in millionths of a dollar.
struct Town {
    account: Account,
    policy: Policy,
    now: Timestamp,
    slot: u32,
    /// What the balance should be.
    expected: i64,
    /// What should be left of this month's grant.
    granted: i64,
    /// The call that was not settled in its slot.
    lost_call: Option<(CallId, u32)>,
    /// The refund that was asked, and the dispute that was opened, and when.
    refund: Option<(RefundNumber, u32)>,
    dispute: Option<(u32, u32)>,
    /// A charge that was declined, and was taken after all.
    late: Option<(ChargeNumber, i64)>,
    seed: u64,
    batch: usize,
    events: usize,
    archived: usize,
}

fn dollars(millionths: i64) -> String {
    format!("{}.{:06}", millionths / DOLLAR, millionths % DOLLAR)
}

/// Charges are whole cents.
fn millionths(amount: Amount) -> i64 {
    let text = amount.to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
    whole.parse::<i64>().unwrap() * DOLLAR + format!("{cents:0<6}").parse::<i64>().unwrap()
}

impl Town {
    fn new() -> Self {
        let life = Life::with_top_up("10", "30");
        Self {
            account: life.account,
            policy: life.policy,
            now: life.now,
            slot: 0,
            expected: 30 * DOLLAR,
            granted: 0,
            lost_call: None,
            refund: None,
            dispute: None,
            late: None,
            seed: 1,
            batch: 0,
            events: 0,
            archived: 0,
        }
    }

    fn does(&mut self, action: Action, actor: Actor) {
        let batch = step(&mut self.account, &self.policy, &action.by(actor), self.now).unwrap();
        let events = batch.events.iter().count();
        self.batch = self.batch.max(events);
        self.events += events;
        let archived = |event: &&Event| matches!(event, Event::ChargeArchived { .. });
        self.archived += batch.events.iter().filter(archived).count();
    }

    /// A number below `bound`, the same in every run.
    fn draw(&mut self, bound: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % bound
    }

    fn is_due(&self, every_days: u32, offset: u32) -> bool {
        self.slot % (every_days * SLOTS_A_DAY) == offset
    }

    /// A settled call takes from the grant first, and then from what was bought.
    fn spends(&mut self, millionths: i64) {
        self.expected -= millionths;
        self.granted -= self.granted.min(millionths);
    }

    /// The provider answers for the open charge: mostly it is taken.
    fn provider_answers(&mut self) {
        if let Some((charge, amount)) = self.late.take() {
            let reference = "ch_late".parse().unwrap();
            let taken = dollars(amount).parse().unwrap();
            self.expected += amount;
            self.does(Action::ChargeSucceeded { charge, amount: taken, reference }, Actor::Provider);
        }
        let Some(open) = self.account.open_charge() else { return };
        let (charge, amount) = (open.number, open.amount);
        let asked = millionths(amount);
        let reason = "declined".parse().unwrap();
        match charge.0 % 20 {
            4 | 11 => {
                self.does(Action::ChargeFailed { charge, decline: Decline::Soft, reason }, Actor::Provider);
                if charge.0 % 20 == 11 {
                    self.late = Some((charge, asked));
                }
            }
            17 => {
                self.does(Action::ChargeFailed { charge, decline: Decline::Hard, reason }, Actor::Provider);
                self.does(Action::ReactivateTopUp {}, Actor::Owner);
            }
            _ => {
                self.expected += asked;
                let reference = "ch_1".parse().unwrap();
                self.does(Action::ChargeSucceeded { charge, amount, reference }, Actor::Provider);
            }
        }
    }

    /// On the first of the month: a grant of 5.00 for a day, a manual top-up of 5.00, and now and then another key.
    fn month_begins(&mut self) {
        let grant = Action::IssueGrant {
            grant: GrantId(Uuid::from_u128(self.slot.into())),
            amount: "5".parse().unwrap(),
            source: "promotion".parse().unwrap(),
            priority: 0,
            effective_at: None,
            expires_at: Some(self.now.saturating_add(Span::from_days(1))),
        };
        self.does(grant, Actor::Operator);
        self.expected += 5 * DOLLAR;
        self.granted = 5 * DOLLAR;
        if self.account.open_charge().is_none() {
            self.does(Action::TopUp { amount: "5".parse().unwrap() }, Actor::Owner);
        }
    }

    fn newest_automatic(&self) -> ChargeNumber {
        let charges = self.account.charges().iter().rev();
        let mut automatic = charges.filter(|charge| {
            charge.kind == ChargeKind::AutoTopUp && matches!(charge.outcome, Outcome::Succeeded { .. })
        });
        automatic.next().unwrap().number
    }

    /// A refund of 1.00 every quarter, which succeeds or fails; one of 0.50 at the provider every 150 days; a dispute of
    /// 5.00 every 200 days, lost or won.
    fn money_goes_back(&mut self) {
        if self.is_due(91, 2000) {
            let charge = self.newest_automatic();
            self.does(Action::Refund { charge, amount: "1".parse().unwrap(), forced: false }, Actor::Owner);
            self.expected -= DOLLAR;
            self.refund = Some((self.account.refunds().last().unwrap().number, self.slot));
            self.does(Action::ReactivateTopUp {}, Actor::Owner);
        }
        if let Some((refund, asked)) = self.refund
            && self.slot == asked + 5
        {
            self.refund = None;
            if refund.0.is_multiple_of(2) {
                self.expected += DOLLAR;
                let reason = "account closed".parse().unwrap();
                self.does(Action::RefundFailed { refund, reason }, Actor::Provider);
            } else {
                let reference = format!("re_{refund}").parse().unwrap();
                self.does(Action::RefundSucceeded { refund, reference }, Actor::Provider);
            }
        }
        if self.is_due(150, 3000) {
            let (charge, amount) = (self.newest_automatic(), "0.5".parse().unwrap());
            let reference = format!("re_at_provider_{}", self.slot).parse().unwrap();
            self.does(Action::RecordRefund { charge, amount, reference }, Actor::Provider);
            self.expected -= DOLLAR / 2;
            self.does(Action::ReactivateTopUp {}, Actor::Owner);
        }
        if self.is_due(200, 2500) {
            let charge = self.newest_automatic();
            let dispute = format!("dp_{}", self.slot).parse().unwrap();
            let amount = "5".parse().unwrap();
            self.does(Action::OpenDispute { dispute, charge, amount }, Actor::Provider);
            self.expected -= 5 * DOLLAR;
            self.dispute = Some((self.slot, charge.0));
            self.does(Action::ReactivateTopUp {}, Actor::Operator);
        }
        if let Some((opened, charge)) = self.dispute
            && self.slot == opened + 20 * SLOTS_A_DAY
        {
            self.dispute = None;
            let dispute = format!("dp_{opened}").parse().unwrap();
            let outcome = if charge.is_multiple_of(2) { DisputeOutcome::Won } else { DisputeOutcome::Lost };
            self.expected += if charge.is_multiple_of(2) { 5 * DOLLAR } else { 0 };
            self.does(Action::CloseDispute { dispute, outcome }, Actor::Provider);
        }
    }

    /// A call that holds up to 0.20, settled ten minutes later at a part of it; one in a hundred is not, and is settled
    /// late or never.
    fn call(&mut self, in_grant: bool) {
        let call = CallId(Uuid::from_u128(u128::from(self.slot) + 1));
        let hold = i64::try_from(self.draw(200_000)).unwrap();
        let by = 1 + u128::from(self.slot % 2);
        let quote = price(&dollars(hold));
        self.does(Action::AuthorizeCall { call, key: key(by), quote, units: 1 }, Actor::Gateway);
        if !in_grant && self.slot % 100 == 50 {
            self.lost_call = Some((call, self.slot));
            return;
        }
        self.now = self.now.saturating_add(Span::from_minutes(10));
        let settled = i64::try_from(self.draw(u64::try_from(hold).unwrap() + 1)).unwrap();
        self.spends(settled);
        let amount = Some(dollars(settled).parse().unwrap());
        self.does(Action::SettleCall { call, amount }, Actor::Gateway);
    }

    fn settles_a_lost_call(&mut self) {
        let Some((call, lost)) = self.lost_call else { return };
        if self.slot < lost + 5 {
            return;
        }
        self.lost_call = None;
        if lost % 200 == 50 {
            self.spends(1000);
            let late = self.account.late_calls().find(|late| late.call == call).unwrap();
            if late.amount < dollars(1000).parse().unwrap() {
                self.expected += 1000;
                return;
            }
            let amount = Some(dollars(1000).parse().unwrap());
            self.does(Action::SettleCall { call, amount }, Actor::Gateway);
        }
    }

    fn half_an_hour(&mut self, from: Timestamp) {
        self.now = from;
        let month = Window::Month.around(from).from;
        let day_two = month.saturating_add(Span::from_days(1));
        if from == day_two {
            // What is left of the grant is gone with the first step of the day.
            self.expected -= self.granted;
            self.granted = 0;
        }
        if from == month {
            self.month_begins();
        }
        self.provider_answers();
        self.money_goes_back();
        self.settles_a_lost_call();
        self.call(from < day_two.saturating_add(Span::from_days(1)));
        let books: Balance = match self.expected {
            0.. => dollars(self.expected).parse().unwrap(),
            _ => format!("-{}", dollars(-self.expected)).parse().unwrap(),
        };
        assert_eq!(self.account.balance().posted, books, "the books agree at {from}");
    }

    fn entries(&self) -> usize {
        let account = &self.account;
        account.open_calls().count()
            + account.late_calls().count()
            + account.charges().len()
            + account.refunds().len()
            + account.recorded_refunds().len()
            + account.disputes().len()
            + account.lots().len()
            + account.waiting_grants().len()
            + account.keys().len()
    }

    #[expect(clippy::disallowed_methods, reason = "a clock to measure by; the account knows none")]
    fn year(&mut self, start: Timestamp) -> Year {
        (self.batch, self.events) = (0, 0);
        let (mut entries, began) = (0, Instant::now());
        for _ in 0..SLOTS_A_YEAR {
            let from = start.saturating_add(Span::from_minutes(30 * self.slot));
            self.half_an_hour(from);
            entries = entries.max(self.entries());
            self.slot += 1;
        }
        let took = began.elapsed();
        self.account.check().unwrap();
        Year {
            took,
            bytes: serde_json::to_string(&Snapshot::of(&self.account)).unwrap().len(),
            entries,
            batch: self.batch,
            events: self.events,
        }
    }
}

/// Within a tenth of each other.
fn is_about(a: usize, b: usize) -> bool {
    a * 10 <= b * 11 && b * 10 <= a * 11
}

// G1, M5: ten years, and nothing grows and nothing is lost.
#[test]
fn g1_ten_busy_years_leave_the_account_as_large_as_two() {
    let mut town = Town::new();
    let start = town.now;
    town.does(new_key(2).by(Actor::Owner).action, Actor::Owner);
    town.does(Action::SetNotice { level: Some("8".parse().unwrap()) }, Actor::Owner);
    town.does(Action::LimitSpending { limit: Some("1000".parse().unwrap()) }, Actor::Owner);
    let years: Vec<Year> = (0..YEARS).map(|_| town.year(start)).collect();
    for (year, of) in years.iter().enumerate() {
        println!("year {}, {} ms: {of:?}", year + 1, of.took.as_millis());
    }
    let second = years.get(1).unwrap();
    for year in years.iter().skip(2) {
        assert!(is_about(year.bytes, second.bytes), "bytes of the snapshot: {year:?} as {second:?}");
        assert!(is_about(year.entries, second.entries), "entries to look through: {year:?} as {second:?}");
        assert!(is_about(year.events, second.events), "events of a year: {year:?} as {second:?}");
        assert!(year.batch <= 5, "events of a step: {year:?}");
    }
    // Every charge that ended more than 540 days ago is archived, but for those of this day.
    let oldest = town.account.charges().first().unwrap();
    let kept = Span::from_days(541);
    assert!(oldest.ended_at.saturating_add(kept) >= town.now, "{oldest:?}");
    assert!(town.archived > 5 * town.account.charges().len(), "{} archived", town.archived);
    assert!(
        town.account.refunds().len() <= 7
            && town.account.recorded_refunds().len() <= 5
            && town.account.disputes().len() <= 4
    );
    assert!(town.account.late_calls().count() <= 1 && town.account.lots().len() <= 1);
}
