//! The driving loop: a store, a payment provider and a clock around the machine, all of them toys.
//!
//! `cargo run --example driving_loop`. A card is declined once, and the process dies once, after the
//! provider has taken money and before anybody has noted it; nothing is lost or done twice.
#![expect(clippy::arithmetic_side_effects, reason = "an example counts what it does")]

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;

use prepaid::{
    Account, AccountId, Action, Actor, Batch, CallId, Command, Currency, Decline, Digest, Effect, KeyId,
    OwnerId, Policy, Quote, Timestamp, UseKind, effects, next_deadline, replay, step,
};
use uuid::Uuid;

/// The store: one line of JSON a batch, and lines are only ever added.
#[derive(Default)]
struct Store {
    lines: Vec<String>,
}

impl Store {
    /// Durable when it returns; a real one also checks that nobody else appended meanwhile.
    fn append(&mut self, batch: &Batch) -> Result<(), Box<dyn Error>> {
        if !batch.events.is_empty() {
            self.lines.push(serde_json::to_string(batch)?);
        }
        Ok(())
    }

    /// The account that the lines describe.
    fn load(&self) -> Result<Account, Box<dyn Error>> {
        let batches: Vec<Batch> =
            self.lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?;
        Ok(replay(&batches)?)
    }
}

/// The provider: declines the second charge it is asked for. Asked again under the same key, it answers the same.
#[derive(Default)]
struct Provider {
    answers: BTreeMap<String, Command>,
    asked: u32,
}

impl Provider {
    fn perform(&mut self, effect: &Effect) -> Result<Command, Box<dyn Error>> {
        match effect {
            Effect::MakeCharge { charge, amount, idempotency_key, .. } => {
                println!("{:22}-> asked for {amount} under {idempotency_key}", "");
                if let Some(answer) = self.answers.get(&idempotency_key.to_string()) {
                    return Ok(answer.clone());
                }
                self.asked += 1;
                let action = if self.asked == 2 {
                    let reason = "insufficient funds".parse()?;
                    Action::ChargeFailed { charge: *charge, decline: Decline::Soft, reason }
                } else {
                    let reference = format!("ch_{}", self.asked).parse()?;
                    Action::ChargeSucceeded { charge: *charge, amount: *amount, reference }
                };
                let answer = action.by(Actor::Provider);
                self.answers.insert(idempotency_key.to_string(), answer.clone());
                Ok(answer)
            }
            Effect::SendRefund { refund, .. } => {
                let reference = format!("re_{refund}").parse()?;
                Ok(Action::RefundSucceeded { refund: *refund, reference }.by(Actor::Provider))
            }
            Effect::LookUpCharge { .. } | Effect::CancelCharge { .. } | Effect::LookUpRefund { .. } => {
                Err("this provider always answers at once".into())
            }
        }
    }
}

/// What people and programs ask, and when.
fn story() -> Result<VecDeque<(Timestamp, Command)>, Box<dyn Error>> {
    let (morning, noon) = ("2025-01-01T09:00:00Z".parse()?, "2025-01-01T12:00:00Z".parse()?);
    let (key, uuid) = (KeyId(Uuid::from_u128(3)), Uuid::from_u128);
    let price = |text: &str| -> Result<Quote, Box<dyn Error>> {
        Ok(Quote::agreed(text.parse()?, Currency::USD, "a price list would say".parse()?))
    };
    let open = Action::Open { account: AccountId(uuid(1)), owner: OwnerId(uuid(2)), currency: None };
    let accept = Action::AcceptTerms { version: "TOS_2024_04_20".parse()?, by: "Ada".parse()?, entity: None };
    let choose = Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None };
    let link = Action::LinkPaymentMethod {
        token: "pm_1".parse()?,
        fingerprint: None,
        brand: "visa".parse()?,
        last_four: "4242".parse()?,
        expires: "2031-01".parse()?,
    };
    // The digest of a real key comes from the crate prepaid-key.
    let (digest, shown) = (Digest([3; 32]), "ppk_A1b2".parse()?);
    let create = Action::CreateKey { key, digest, shown, label: None, expires_at: None };
    let owner = [open, accept, choose, link, create].map(|action| (morning, action.by(Actor::Owner)));
    let calls = [
        Action::ChargeCall { call: CallId(uuid(11)), key, quote: price("9.975")? },
        Action::ChargeCall { call: CallId(uuid(12)), key, quote: price("0.06")? }, // to below 10: a top-up
        Action::ChargeCall { call: CallId(uuid(13)), key, quote: price("12")? },   // refused: not covered
    ];
    Ok(owner.into_iter().chain(calls.map(|action| (noon, action.by(Actor::Gateway)))).collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let (policy, mut inbox) = (Policy::default(), story()?);
    let (mut store, mut provider) = (Store::default(), Provider::default());
    let mut account = store.load()?;
    let (mut now, mut has_died) = (Timestamp::MIN, false);
    loop {
        // What is owed comes first. No time has passed since the last step, so there is nothing to tick.
        let owed = effects(&account).next();
        let command = match (owed, inbox.front().map(|(at, _)| *at), next_deadline(&account)) {
            (Some(effect), _, _) => {
                let answer = provider.perform(&effect)?;
                if !has_died {
                    println!("{:22}-- the process dies here; what is owed is in the store --", "");
                    (account, has_died) = (store.load()?, true);
                    continue;
                }
                answer
            }
            (None, Some(at), due) if due.is_none_or(|due| at <= due) => {
                now = now.max(at);
                let Some((_, command)) = inbox.pop_front() else { break };
                command
            }
            (None, _, Some(due)) => {
                now = due; // a real loop sleeps until then
                Action::Tick {}.by(Actor::Clock)
            }
            (None, _, None) => break,
        };
        match step(&mut account, &policy, &command, now) {
            Err(rejection) => println!("{now}  {} refused: {rejection}", command.action.tag()),
            Ok(batch) => {
                store.append(&batch)?; // before anything is done or told
                let names: Vec<&str> = batch.events.iter().map(|event| event.tag().as_str()).collect();
                println!("{now}  {:<40} posted {}", names.join(", "), account.balance().posted);
            }
        }
    }
    println!(
        "{} batches stored; replayed: the same account: {}",
        store.lines.len(),
        store.load()? == account
    );
    Ok(())
}
