//! What the loop promises on a store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prepaid::{Account, AccountId, Action, Actor, Balance, Command, Effect, Policy};

use super::lives::{account, amount, call, charge_call, key_of, onboarding, price, time};
use super::{Case, Harness, said, same};
use crate::clock::ManualClock;
use crate::gateway::{Gateway, GatewayError};
use crate::handle::{Refused, Submission};
use crate::runtime::{Options, Runtime};
use crate::store::{EventStore, Page, ReadStore};

/// A gateway that answers nothing so many times, then takes the money, once for each key; copies share it.
#[derive(Clone, Default)]
struct Slow {
    silent: u32,
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Slow {
    fn silent_for(silent: u32) -> Self {
        Self { silent, ..Self::default() }
    }

    /// How often it was asked under each key.
    fn asked(&self) -> BTreeMap<String, u32> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gateway for Slow {
    fn perform(&self, _: AccountId, effect: &Effect) -> Result<Vec<Action>, GatewayError> {
        let Effect::MakeCharge { charge, amount, idempotency_key, .. } = effect else {
            return Err(GatewayError::Unreachable("only charges are made here".into()));
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = asked.entry(idempotency_key.to_string()).or_default();
        *tries = tries.saturating_add(1);
        if *tries <= self.silent {
            return Err(GatewayError::Unknown("the answer was lost".into()));
        }
        let reference =
            format!("ch_{charge}").parse().map_err(|_| GatewayError::Unknown("no reference".into()))?;
        Ok(vec![Action::ChargeSucceeded { charge: *charge, amount: *amount, reference }])
    }
}

fn options() -> Options {
    Options {
        retry: Duration::from_millis(5),
        longest_retry: Duration::from_millis(50),
        ..Options::default()
    }
}

fn start(store: impl EventStore, gateway: Slow, clock: &ManualClock) -> Result<Runtime, String> {
    Runtime::start(store, gateway, Policy::default(), clock.clone(), options()).map_err(said)
}

fn ask(
    runtime: &Runtime,
    n: u128,
    command: Command,
    request: Option<&str>,
) -> Result<crate::Answer, Refused> {
    let submission = Submission::new(account(n), command);
    let submission = match request.map(str::parse) {
        Some(Ok(request)) => submission.with_request(request),
        Some(Err(_)) | None => submission,
    };
    runtime.handle().submit(submission)?.wait()
}

/// Onboards the n-th account, and waits until its first key works.
fn funded(runtime: &Runtime, n: u128) -> Case {
    for command in onboarding(n)? {
        ask(runtime, n, command, None).map_err(said)?;
    }
    until(|| match ask(runtime, n, charge_call(n, 0, "0")?, Some("funded?")) {
        Ok(_) => Ok(true),
        Err(Refused::Rejected(_)) => Ok(false),
        Err(other) => Err(other.to_string()),
    })
}

/// Looks again and again, for a while.
#[expect(
    clippy::disallowed_methods,
    reason = "the loop works on threads of its own: its results are waited for"
)]
fn until(mut is_so: impl FnMut() -> Result<bool, String>) -> Case {
    for _ in 0..2_000 {
        if is_so()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("it has not come about within 10 seconds".into())
}

fn committed<H: Harness>(harness: &mut H, place: &H::Place, n: u128) -> Result<Account, String> {
    Ok(harness.read(place)?.account(account(n)).map_err(said)?.account)
}

fn midnight() -> Result<ManualClock, String> {
    Ok(ManualClock::at(time("2025-01-01T00:00:00Z")?))
}

/// In the same run, after a restart, and without changing anything (K6).
///
/// # Errors
/// What was otherwise.
pub fn a_repeated_request_gives_what_it_gave<H: Harness>(harness: &mut H) -> Case {
    let (place, clock) = (harness.fresh(), midnight()?);
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    funded(&runtime, 1)?;
    let first = ask(&runtime, 1, charge_call(1, 1, "2")?, Some("r-1")).map_err(said)?;
    clock.set(time("2025-01-01T05:00:00Z")?);
    let again = ask(&runtime, 1, charge_call(1, 1, "2")?, Some("r-1")).map_err(said)?;
    same(
        "again",
        &(again.batch, again.seq, again.balance),
        &(first.batch.clone(), first.seq, first.balance),
    )?;
    same("repeated", &(first.repeated, again.repeated), &(false, true))?;
    runtime.shut_down();
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    let later = ask(&runtime, 1, charge_call(1, 1, "2")?, Some("r-1")).map_err(said)?;
    same("after a restart", &(later.batch, later.repeated), &(first.batch, true))?;
    // A refused request is judged afresh.
    let refused = |answer: Result<crate::Answer, Refused>| matches!(answer, Err(Refused::Rejected(_)));
    same("refused", &refused(ask(&runtime, 1, charge_call(1, 2, "19")?, Some("r-2"))), &true)?;
    let smaller = ask(&runtime, 1, charge_call(1, 2, "1")?, Some("r-2")).map_err(said)?;
    same("judged afresh", &smaller.repeated, &false)?;
    runtime.shut_down();
    same("posted", &committed(harness, &place, 1)?.balance().posted, &"17".parse::<Balance>().map_err(said)?)
}

/// Whatever the other content is; key material is none (K6, C2).
///
/// # Errors
/// What was otherwise.
pub fn a_request_with_other_content_is_a_conflict<H: Harness>(harness: &mut H) -> Case {
    let (place, clock) = (harness.fresh(), midnight()?);
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    funded(&runtime, 1)?;
    ask(&runtime, 1, charge_call(1, 1, "2")?, Some("r")).map_err(said)?;
    let conflict =
        |answer: Result<crate::Answer, Refused>| matches!(answer, Err(Refused::RequestConflict { .. }));
    same("another price", &conflict(ask(&runtime, 1, charge_call(1, 1, "3")?, Some("r"))), &true)?;
    same("another call", &conflict(ask(&runtime, 1, charge_call(1, 2, "2")?, Some("r"))), &true)?;
    let key = |digest: u8| -> Result<Command, String> {
        let (shown, expires_at) = ("ppk_A1b2".parse().map_err(said)?, None);
        let digest = prepaid::Digest([digest; 32]);
        Ok(Action::CreateKey { key: key_of(77), digest, shown, label: None, expires_at }.by(Actor::Owner))
    };
    ask(&runtime, 1, key(1)?, Some("key")).map_err(said)?;
    let again = ask(&runtime, 1, key(2)?, Some("key")).map_err(said)?;
    same("another secret", &again.repeated, &true)?;
    runtime.shut_down();
    Ok(())
}

/// The same requests through both, at the same time, each done once (K6).
///
/// # Errors
/// What was otherwise.
pub fn two_runtimes_on_one_store_do_nothing_twice<H: Harness>(harness: &mut H) -> Case {
    let (place, clock, gateway) = (harness.fresh(), midnight()?, Slow::default());
    let one = start(harness.open(&place)?, gateway.clone(), &clock)?;
    let two = start(harness.open(&place)?, gateway.clone(), &clock)?;
    funded(&one, 1)?;
    let mut tickets = Vec::new();
    for n in 1..=50_u128 {
        for runtime in [&one, &two] {
            let submission = Submission::new(account(1), charge_call(1, n, "0.06")?)
                .with_request(format!("r-{n}").parse().map_err(said)?);
            tickets.push((n, runtime.handle().submit(submission).map_err(said)?));
        }
    }
    let mut batches: BTreeMap<u128, Vec<u64>> = BTreeMap::new();
    for (n, ticket) in tickets {
        let answer = ticket.wait().map_err(said)?;
        batches.entry(n).or_default().extend(answer.seq);
    }
    for (n, numbers) in &batches {
        same(&format!("request {n}"), &(numbers.len(), numbers.first()), &(2, numbers.last()))?;
    }
    one.shut_down();
    two.shut_down();
    same(
        "posted",
        &committed(harness, &place, 1)?.balance().posted,
        &"17".parse::<Balance>().map_err(said)?,
    )?;
    same("charges asked", &gateway.asked().len(), &1)
}

/// The core forgets a call that has ended; the store does not (D5).
///
/// # Errors
/// What was otherwise.
pub fn a_call_that_has_ended_is_not_made_again<H: Harness>(harness: &mut H) -> Case {
    let (place, clock) = (harness.fresh(), midnight()?);
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    funded(&runtime, 1)?;
    let quote = price("0.06", "contract 7")?;
    let authorize =
        Action::AuthorizeCall { call: call(1), key: key_of(1), quote, units: 1 }.by(Actor::Gateway);
    ask(&runtime, 1, authorize.clone(), None).map_err(said)?;
    let open = ask(&runtime, 1, authorize.clone(), None).map_err(said)?;
    same("an open call again", &open.batch.events.len(), &0)?;
    ask(&runtime, 1, Action::SettleCall { call: call(1), amount: None }.by(Actor::Gateway), None)
        .map_err(said)?;
    let conflict =
        |answer: Result<crate::Answer, Refused>| matches!(answer, Err(Refused::CallConflict { .. }));
    same("authorised again", &conflict(ask(&runtime, 1, authorize, None)), &true)?;
    same("charged again", &conflict(ask(&runtime, 1, charge_call(1, 1, "0.06")?, None)), &true)?;
    runtime.shut_down();
    Ok(())
}

/// The loop wakes at deadlines, also at those it finds when it starts.
///
/// # Errors
/// What was otherwise.
pub fn holds_expire_by_themselves<H: Harness>(harness: &mut H) -> Case {
    let (place, clock) = (harness.fresh(), midnight()?);
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    funded(&runtime, 1)?;
    for n in [1, 2] {
        let quote = price("0.06", "contract 7")?;
        let action = Action::AuthorizeCall { call: call(n), key: key_of(1), quote, units: 1 };
        ask(&runtime, 1, action.by(Actor::Gateway), None).map_err(said)?;
        clock.set(time("2025-01-01T00:30:00Z")?);
    }
    clock.set(time("2025-01-01T01:00:00Z")?);
    until(|| Ok(committed(harness, &place, 1)?.open_calls().count() == 1))?;
    runtime.shut_down();
    clock.set(time("2025-01-01T01:30:00Z")?);
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    until(|| Ok(committed(harness, &place, 1)?.open_calls().count() == 0))?;
    runtime.shut_down();
    same("held", &committed(harness, &place, 1)?.balance().held, &amount("0")?)
}

/// Under one key, however often the answer is lost; and credited once.
///
/// # Errors
/// What was otherwise.
pub fn what_is_owed_is_performed_until_it_is_known<H: Harness>(harness: &mut H) -> Case {
    let (place, clock, gateway) = (harness.fresh(), midnight()?, Slow::silent_for(3));
    let runtime = start(harness.open(&place)?, gateway.clone(), &clock)?;
    funded(&runtime, 1)?;
    runtime.shut_down();
    let asked = gateway.asked();
    same("keys", &asked.len(), &1)?;
    same("tries", &asked.values().copied().collect::<Vec<_>>(), &vec![4])?;
    same("posted", &committed(harness, &place, 1)?.balance().posted, &"20".parse::<Balance>().map_err(said)?)
}

/// What a process that died still owed, another performs.
///
/// # Errors
/// What was otherwise.
pub fn what_was_owed_is_performed_after_a_restart<H: Harness>(harness: &mut H) -> Case {
    let (place, clock) = (harness.fresh(), midnight()?);
    let runtime = start(harness.open(&place)?, Slow::silent_for(u32::MAX), &clock)?;
    for command in onboarding(1)? {
        ask(&runtime, 1, command, None).map_err(said)?;
    }
    runtime.shut_down();
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    until(|| Ok(committed(harness, &place, 1)?.open_charge().is_none()))?;
    runtime.shut_down();
    same("posted", &committed(harness, &place, 1)?.balance().posted, &"20".parse::<Balance>().map_err(said)?)
}

/// Everything that was taken into the queue is answered, and what was answered is there.
///
/// # Errors
/// What was otherwise.
pub fn shutting_down_answers_what_waits<H: Harness>(harness: &mut H) -> Case {
    let (place, clock) = (harness.fresh(), midnight()?);
    let runtime = start(harness.open(&place)?, Slow::default(), &clock)?;
    funded(&runtime, 1)?;
    let handle = runtime.handle();
    let mut tickets = Vec::new();
    for n in 1..=100 {
        let submission = Submission::new(account(1), charge_call(1, n, "0.01")?);
        tickets.push(handle.submit(submission).map_err(said)?);
    }
    runtime.shut_down();
    let late = handle.submit(Submission::new(account(1), charge_call(1, 999, "0.01")?));
    same("after it", &matches!(late, Err(Refused::ShutDown)), &true)?;
    for ticket in tickets {
        ticket.wait().map_err(said)?;
    }
    let rows = harness.read(&place)?.batches(account(1), Page { after: 0, limit: 1_000 }).map_err(said)?;
    let calls = rows.iter().flat_map(|row| row.batch.events.iter());
    let calls = calls
        .filter(|event| matches!(event, prepaid::Event::CallCharged { amount, .. } if !amount.is_zero()));
    same("calls", &calls.count(), &100)
}
