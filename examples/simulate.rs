//! What threshold and target cost: a month in the life of many accounts, lived under several settings.
//!
//! `cargo run --release --example simulate -- [--accounts N] [--seed N]`. The same seed gives the same table. Every
//! setting sees the same calls and the same cards: only what the machine makes of them differs. The workload is made
//! up: put your own in `Habit` before you believe the figures. Built without `--release`, the machine checks its state
//! after every step, and 500 accounts are lived instead of 10,000.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "an example counts, reads its arguments, and looks at few of the events"
)]

use std::error::Error;
use std::io::{IsTerminal, Write};

use prepaid::{
    Account, AccountId, Action, Actor, Amount, CallId, ChargeNumber, Command, Decline, Digest, Event, KeyId,
    OwnerId, Policy, PriceList, PriceListNumbers, Quote, Rejection, Setting, Timestamp, Usage, UseKind,
    next_deadline, step,
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Threshold and target of each row of the table; every pair is allowed by the documented policy.
const SETTINGS: [(&str, &str); 6] =
    [("3", "11"), ("10", "20"), ("5", "80"), ("20", "100"), ("50", "100"), ("100", "500")];

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
const MONTH: i64 = 30 * DAY;

/// splitmix64: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound - 1`; the bias of the remainder is far below what the table shows.
    fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.next() % bound.unsigned_abs().max(1)).unwrap_or(0)
    }
}

/// How one account's owner behaves: how often calls come, and how good the card is.
struct Habit {
    /// The mean pause between two bursts of calls.
    pause: i64,
    /// In so many of 100 attempts the card is declined.
    declined: i64,
}

impl Habit {
    /// Of 100 accounts 60 are light, 30 medium, 10 heavy; the cards of 8 are declined every second time.
    fn draw(random: &mut Random) -> Self {
        let pause = match random.below(100) {
            0..60 => 3 * DAY,
            60..90 => 8 * HOUR,
            _ => HOUR,
        };
        let declined = if random.below(100) < 8 { 50 } else { 0 };
        Self { pause, declined }
    }

    /// When the next call comes: three in four follow the last one within a minute and a half.
    fn after(&self, now: i64, random: &mut Random) -> i64 {
        let wait = if random.below(4) > 0 { 90 * SECOND } else { 2 * self.pause };
        now + 1 + random.below(wait)
    }
}

/// What the table shows.
#[derive(Default)]
struct Totals {
    charges: u64,
    fees: Decimal,
    calls: u64,
    refused: u64,
    spent: Decimal,
    /// The balance times the microseconds it stood.
    idle: Decimal,
}

/// The prices people pay: items of a price list, one to eight images a call.
fn quotes() -> Result<Vec<Quote>, Box<dyn Error>> {
    let list: PriceListNumbers = serde_json::from_str(
        r#"{"currency": "USD", "version": [{"from": "2025-01-01T00:00:00Z", "items": {
            "precise-edit": {"images": {"price": "0.008"}}, "2a-turbo": {"images": {"price": "0.025"}},
            "turbo": {"images": {"price": "0.03"}}, "default": {"images": {"price": "0.06"}},
            "quality": {"images": {"price": "0.10"}}, "character": {"images": {"price": "0.20"}}}}]}"#,
    )?;
    let (list, at) = (PriceList::new(list)?, "2025-01-01T00:00:00Z".parse()?);
    let mut quotes = Vec::new();
    for item in ["precise-edit", "2a-turbo", "turbo", "default", "default", "quality", "character"] {
        for images in [1, 2, 4, 8] {
            let usage = Usage { item: item.parse()?, quantities: [("images".parse()?, images)].into() };
            quotes.push(list.quote(&usage, at)?);
        }
    }
    Ok(quotes)
}

/// An account that has just been funded under these settings.
fn funded(policy: &Policy, threshold: &str, target: &str, now: Timestamp) -> Result<Account, Box<dyn Error>> {
    let (account, owner) = (AccountId(Uuid::from_u128(1)), OwnerId(Uuid::from_u128(2)));
    let (threshold, target): (Amount, Amount) = (threshold.parse()?, target.parse()?);
    let (key, digest, shown) = (KeyId(Uuid::from_u128(3)), Digest([3; 32]), "ppk_A1b2".parse()?);
    let (version, by) = (policy.numbers().terms_required.clone(), "Ada".parse()?);
    let by_owner = [
        Action::Open { account, owner, currency: None },
        Action::AcceptTerms { version, by, entity: None },
        Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None },
        link(1)?,
        Action::SetTopUp {
            threshold: Some(threshold),
            target: Some(target),
            enabled: None,
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        },
        Action::CreateKey { key, digest, shown, label: None, expires_at: None },
    ];
    let mut account = Account::default();
    for action in by_owner {
        step(&mut account, policy, &action.by(Actor::Owner), now)?;
    }
    let success =
        Action::ChargeSucceeded { charge: ChargeNumber(1), amount: target, reference: "ch".parse()? };
    step(&mut account, policy, &success.by(Actor::Provider), now)?;
    Ok(account)
}

/// One account's month: calls, the provider's answers, another card after a pause, and deadlines, in order of time.
fn live(
    mut account: Account,
    policy: &Policy,
    quotes: &[Quote],
    (seed, start): (u64, i64),
    totals: &mut Totals,
) -> Result<(), Box<dyn Error>> {
    // Two streams, so that calls do not depend on how often the card was asked.
    let (mut calls, mut card) = (Random(seed), Random(!seed));
    let habit = Habit::draw(&mut calls);
    let (mut now, mut number, mut cards) = (start, 0_u128, 1);
    let (mut call_at, mut answer_at, mut owner_at) = (habit.after(now, &mut calls), i64::MAX, i64::MAX);
    totals.note_charge(account.balance().posted.to_decimal());
    loop {
        let due = next_deadline(&account).map_or(i64::MAX, Timestamp::as_micros);
        let next = call_at.min(answer_at).min(owner_at).min(due).min(start + MONTH);
        totals.idle += account.balance().posted.to_decimal() * Decimal::from(next - now);
        now = next;
        if now == start + MONTH {
            return Ok(());
        }
        let command = if now == answer_at {
            answer_at = i64::MAX;
            answer(&account, &habit, &mut card)?
        } else if now == owner_at {
            owner_at = i64::MAX;
            cards += 1;
            link(cards)?.by(Actor::Owner)
        } else if now == call_at {
            call_at = habit.after(now, &mut calls);
            number += 1;
            totals.calls += 1;
            let nth = usize::try_from(calls.next() % 1_000).unwrap_or(0) % quotes.len();
            let quote = quotes.get(nth).ok_or("no quotes")?.clone();
            let (call, key) = (CallId(Uuid::from_u128(number)), KeyId(Uuid::from_u128(3)));
            Action::ChargeCall { call, key, quote }.by(Actor::Gateway)
        } else {
            Action::Tick {}.by(Actor::Clock)
        };
        match step(&mut account, policy, &command, Timestamp::from_micros(now)?) {
            Err(Rejection::InsufficientCredit { .. }) => totals.refused += 1,
            Err(other) => return Err(other.into()),
            Ok(batch) => {
                for event in &batch.events {
                    match event {
                        Event::CallCharged { amount, .. } => totals.spent += amount.to_decimal(),
                        Event::ChargeSucceeded { amount, .. } => totals.note_charge(amount.to_decimal()),
                        Event::TopUpPaused { .. } | Event::MethodBarred { .. } => owner_at = now + DAY,
                        _ => {}
                    }
                }
            }
        }
        if answer_at == i64::MAX && account.open_charge().is_some() {
            answer_at = now + 2 * SECOND + card.below(8 * SECOND);
        }
    }
}

/// Linking the n-th card of an account.
fn link(n: u32) -> Result<Action, Box<dyn Error>> {
    let (token, brand, last_four) = (format!("pm_{n}").parse()?, "visa".parse()?, "4242".parse()?);
    let expires = "2031-01".parse()?;
    Ok(Action::LinkPaymentMethod { token, fingerprint: None, brand, last_four, expires })
}

/// What the provider says of the open charge.
fn answer(account: &Account, habit: &Habit, card: &mut Random) -> Result<Command, Box<dyn Error>> {
    let open = account.open_charge().ok_or("no charge is open")?;
    let action = if card.below(100) < habit.declined {
        let reason = "insufficient funds".parse()?;
        Action::ChargeFailed { charge: open.number, decline: Decline::Soft, reason }
    } else {
        Action::ChargeSucceeded { charge: open.number, amount: open.amount, reference: "ch".parse()? }
    };
    Ok(action.by(Actor::Provider))
}

impl Totals {
    /// A card fee is 2.9 % and 0.30; what the table shows is rounded, this is not.
    fn note_charge(&mut self, amount: Decimal) {
        self.charges += 1;
        self.fees += amount * Decimal::new(29, 3) + Decimal::new(30, 2);
    }

    fn print(&self, (threshold, target): (&str, &str), accounts: u64) {
        let each = |total: Decimal| total / Decimal::from(accounts);
        let money = |value: Decimal| value.round_dp(2);
        let refused = Decimal::from(self.refused) * Decimal::from(10_000) / Decimal::from(self.calls.max(1));
        println!(
            "{threshold:>9} {target:>6} {:>8.2} {:>10.2} {:>7.2} {:>7.2} {:>9.2} {:>12.2}",
            money(each(Decimal::from(self.calls))),
            money(refused),
            money(each(self.spent)),
            money(each(Decimal::from(self.charges))),
            money(each(self.fees)),
            money(each(self.idle) / Decimal::from(MONTH)),
        );
    }
}

/// How many accounts are lived, from which seed.
fn arguments() -> Result<(u64, u64), Box<dyn Error>> {
    let (mut accounts, mut seed) = (if cfg!(debug_assertions) { 500 } else { 10_000 }, 1);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or("every option needs a number")?.parse()?;
        match word.as_str() {
            "--accounts" if value > 0 => accounts = value,
            "--seed" => seed = value,
            _ => return Err("usage: simulate [--accounts N] [--seed N]".into()),
        }
    }
    Ok((accounts, seed))
}

/// Shows how far the run has come, to people only.
fn show(lived: u64, of: u64) -> std::io::Result<()> {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() && lived.is_multiple_of(of.div_ceil(100)) {
        let percent = usize::try_from(lived * 100 / of).unwrap_or(100);
        let (done, rest) = ("#".repeat(percent / 2), ".".repeat(50 - percent / 2));
        write!(stderr, "{done}{rest} {percent:>3} %\r")?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let (accounts, seed) = arguments()?;
    let (policy, quotes) = (Policy::default(), quotes()?);
    let start: Timestamp = "2025-01-01T00:00:00Z".parse()?;
    let (mut lived, all) = (0, accounts * u64::try_from(SETTINGS.len())?);
    println!(
        "{accounts} accounts for 30 days, seed {seed}; means of one account, the first funding among its charges\n"
    );
    println!("threshold target    calls refused of   spent charges card fees avg. balance");
    println!("                           10,000");
    for setting in SETTINGS {
        let account = funded(&policy, setting.0, setting.1, start)?;
        let (mut totals, mut seeds) = (Totals::default(), Random(seed));
        for _ in 0..accounts {
            show(lived, all)?;
            lived += 1;
            live(account.clone(), &policy, &quotes, (seeds.next(), start.as_micros()), &mut totals)?;
        }
        if std::io::stderr().is_terminal() {
            eprint!("{:60}\r", "");
        }
        totals.print(setting, accounts);
    }
    Ok(())
}
