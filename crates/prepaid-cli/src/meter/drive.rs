//! The run: an account opened by the rules, every row a call, the provider's answers and the deadlines between them.

use indicatif::{ProgressBar, ProgressStyle};
use prepaid::{
    Account, AccountId, Action, Actor, Amount, Batch, CallId, Command, Digest, Event, KeyId, Label, OwnerId,
    Policy, Rejection, RejectionTag, Span, Timestamp, UseKind, effects, next_deadline, step,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::provider::{Answer, Provider};
use super::rows::{Row, Rows};
use super::tally::Tally;
use crate::chain::Chain;
use crate::fault::Stopped;

/// The account of a run, its owner, and the first of its calls: a run has no ids of its own.
const ACCOUNT: AccountId = AccountId(Uuid::from_u128(0x5af0_0000_0000_4000_8000_0000_0000_0001));
const OWNER: OwnerId = OwnerId(Uuid::from_u128(0x5af0_0000_0000_4000_8000_0000_0000_0002));
const CALLS: u128 = 0x5af0_ca11_0000_4000_8000_0000_0000_0001;

/// The account is opened so long before its initial funding has to be there.
const LEAD: Span = Span::from_minutes(1);
/// A progress bar is worth its place from so many rows on.
const LONG: usize = 100_000;
/// It moves once in so many rows.
const STRIDE: usize = 1 << 14;

/// How a log is charged.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) policy: &'a Policy,
    pub(super) delay: Span,
    pub(super) answers: &'a [Answer],
    pub(super) threshold: Option<Amount>,
    pub(super) target: Option<Amount>,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) account: Account,
    pub(super) tally: Tally,
    /// Whether the initial funding succeeded.
    pub(super) is_funded: bool,
    /// How many answers were planned.
    pub(super) planned: usize,
}

/// Runs every row.
pub(super) fn run(rows: &Rows, plan: &Plan<'_>, log: Option<Chain>) -> Result<Outcome, Stopped> {
    let mut run = Run {
        account: Account::default(),
        policy: plan.policy,
        provider: Provider::new(plan.answers, plan.delay),
        tally: Tally::new(rows),
        keys: vec![Standing::Unseen; rows.keys.len()],
        log,
        wake: Timestamp::MAX,
        clock: Timestamp::MIN,
        is_funded: false,
        planned: plan.answers.len(),
        attempts: 0,
        first_key: rows.each.first().map_or(0, |row| row.key),
        label: None,
        again: None,
    };
    let Some(first) = rows.each.first() else { return Ok(run.outcome()) };
    run.open(rows, first, plan)?;
    let bar = progress(rows.each.len());
    for (n, row) in rows.each.iter().enumerate() {
        if n % STRIDE == 0 {
            bar.set_position(u64::try_from(n).unwrap_or(u64::MAX));
        }
        run.clock = run.clock.max(row.at);
        if run.wake <= run.clock {
            run.catch_up()?;
        }
        run.row(rows, row)?;
    }
    bar.finish_and_clear();
    run.close()?;
    if let Some(log) = run.log.take() {
        log.finish()?;
    }
    Ok(run.outcome())
}

/// Drawn on a terminal only, and only where there is something to wait for.
fn progress(rows: usize) -> ProgressBar {
    if rows < LONG {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(rows).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("charging {wide_bar} {human_pos} of {human_len} rows, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Whether a name of the log has become a key.
#[derive(Debug, Clone, Copy)]
enum Standing {
    Unseen,
    Created(KeyId),
    Refused(RejectionTag),
}

struct Run<'a> {
    account: Account,
    policy: &'a Policy,
    provider: Provider<'a>,
    tally: Tally,
    keys: Vec<Standing>,
    log: Option<Chain>,
    /// The next instant at which something happens by itself.
    wake: Timestamp,
    clock: Timestamp,
    /// Whether the initial funding has succeeded.
    is_funded: bool,
    /// How many answers are planned, and how often the initial funding was asked.
    planned: usize,
    attempts: usize,
    /// The name whose key asks for the initial funding.
    first_key: u32,
    label: Option<Label>,
    /// When the initial funding is tried again after it failed (B3).
    again: Option<Timestamp>,
}

impl Run<'_> {
    fn outcome(self) -> Outcome {
        let Self { account, tally, is_funded, planned, .. } = self;
        Outcome { account, tally, is_funded, planned }
    }

    /// Takes a command, and keeps books of what came of it.
    fn take(&mut self, command: &Command) -> Result<Result<Batch, Rejection>, Stopped> {
        let outcome = step(&mut self.account, self.policy, command, self.clock);
        if let Ok(batch) = &outcome {
            if let Some(log) = &mut self.log {
                log.add(ACCOUNT, batch, self.account.balance())?;
            }
            if !self.is_funded {
                self.hears_of_funding(batch);
            }
            if self.tally.hears(batch, &self.account) {
                self.look_around();
            }
        }
        Ok(outcome)
    }

    /// Whether the initial funding has come, or has to be tried again: a minute later, as often as the plan says.
    fn hears_of_funding(&mut self, batch: &Batch) {
        for event in &batch.events {
            if let Event::ChargeSucceeded { .. } | Event::ChargeSucceededLate { .. } = event {
                (self.is_funded, self.again) = (true, None);
            } else if let Event::ChargeFailed { .. } | Event::ChargeAbandoned { .. } = event
                && self.attempts < self.planned
            {
                self.again = Some(self.clock.saturating_add(LEAD));
            }
        }
    }

    /// Creates the first key anew, which asks for the initial funding again.
    fn fund_again(&mut self) -> Result<(), Stopped> {
        self.again = None;
        let Some(label) = self.label.clone() else { return Ok(()) };
        let standing = match self.create_key(&label)? {
            Ok(key) => Standing::Created(key),
            Err(tag) => Standing::Refused(tag),
        };
        let place = usize::try_from(self.first_key).ok().and_then(|index| self.keys.get_mut(index));
        if let Some(place) = place {
            *place = standing;
        }
        Ok(())
    }

    /// Tells the provider what is owed, and finds when to wake.
    fn look_around(&mut self) {
        self.provider.hear(effects(&self.account), self.clock);
        let next = [self.provider.next(), self.again].into_iter().flatten().min().unwrap_or(Timestamp::MAX);
        self.wake = next_deadline(&self.account).map_or(next, |due| due.min(next));
    }

    /// A command that the rules must allow; if they do not, the options are to blame.
    fn must(&mut self, action: Action, actor: Actor) -> Result<(), Stopped> {
        let name = action.tag();
        match self.take(&action.by(actor))? {
            Ok(_) => Ok(()),
            Err(rejection) => {
                Err(Stopped::Unfit(format!("the account cannot be set up: {name} was refused: {rejection}")))
            }
        }
    }

    /// Opens and funds the account, so that the credit is there when the first row comes.
    fn open(&mut self, rows: &Rows, first: &Row, plan: &Plan<'_>) -> Result<(), Stopped> {
        let before = plan.delay.as_micros().saturating_add(LEAD.as_micros());
        self.clock = first
            .at
            .as_micros()
            .checked_sub(before)
            .and_then(|micros| Timestamp::from_micros(micros).ok())
            .ok_or_else(|| {
                Stopped::Unfit("the first row is too early to open an account before it".into())
            })?;
        let said = |problem: &dyn std::fmt::Display| Stopped::Unfit(problem.to_string());
        let terms = self.policy.numbers().terms_required.clone();
        self.must(Action::Open { account: ACCOUNT, owner: OWNER, currency: None }, Actor::Owner)?;
        let by = "meter".parse().map_err(|e| said(&e))?;
        self.must(Action::AcceptTerms { version: terms, by, entity: None }, Actor::Owner)?;
        let (billing_ref, billing_digest) = (None, None);
        self.must(Action::ChooseUse { kind: UseKind::Personal, billing_ref, billing_digest }, Actor::Owner)?;
        let method = Action::LinkPaymentMethod {
            token: "pm_meter".parse().map_err(|e| said(&e))?,
            fingerprint: None,
            brand: "test".parse().map_err(|e| said(&e))?,
            last_four: "4242".parse().map_err(|e| said(&e))?,
            expires: "2199-12".parse().map_err(|e| said(&e))?,
        };
        self.must(method, Actor::Owner)?;
        let (threshold, target) = (plan.threshold, plan.target);
        if threshold.is_some() || target.is_some() {
            self.must(
                Action::SetTopUp {
                    threshold,
                    target,
                    enabled: None,
                    monthly_cap: prepaid::Setting::Kept,
                    daily_count: prepaid::Setting::Kept,
                },
                Actor::Owner,
            )?;
        }
        self.label = usize::try_from(first.key).ok().and_then(|index| rows.keys.get(index)).cloned();
        match self.key_of(rows, first.key)? {
            Standing::Created(_) => {}
            Standing::Unseen | Standing::Refused(_) => {
                return Err(Stopped::Unfit("the account cannot be set up: its first key was refused".into()));
            }
        }
        self.clock = first.at;
        self.catch_up()
    }

    /// Everything that happens by itself until now: the provider's answers and what falls due, in order of time.
    fn catch_up(&mut self) -> Result<(), Stopped> {
        let now = self.clock;
        // A hold that was settled at once has left its deadline behind.
        self.look_around();
        while self.wake <= now {
            let due = self.wake;
            self.clock = due;
            if self.again == Some(due) {
                self.fund_again()?;
                self.look_around();
                continue;
            }
            let answer = if self.provider.next() == Some(due) { self.provider.take() } else { None };
            let command = answer.map_or_else(|| Action::Tick {}.by(Actor::Clock), |(_, command)| command);
            // The provider's word is always taken here, and a tick is never refused.
            drop(self.take(&command)?);
            self.look_around();
            if self.wake == due && self.provider.next().is_none() {
                return Err(Stopped::Unfit(format!("nothing came of what was due at {due}")));
            }
        }
        self.clock = now;
        Ok(())
    }

    /// The log has ended; an answer that is under way still comes.
    fn close(&mut self) -> Result<(), Stopped> {
        if let Some(at) = self.provider.next() {
            self.clock = self.clock.max(at);
            self.catch_up()?;
        }
        self.tally.close();
        Ok(())
    }

    fn row(&mut self, rows: &Rows, row: &Row) -> Result<(), Stopped> {
        if !self.is_funded && row.key != self.first_key {
            // Another key may be created only once there is credit (B4).
            self.tally.refused(RejectionTag::OutOfOrder, row);
            return Ok(());
        }
        let key = match self.key_of(rows, row.key)? {
            Standing::Created(key) => key,
            Standing::Unseen => return Ok(()),
            Standing::Refused(tag) => {
                self.tally.refused(tag, row);
                return Ok(());
            }
        };
        let call = CallId(Uuid::from_u128(CALLS.saturating_add(u128::from(row.number))));
        let quote = row.quote.clone();
        let admission = if row.units == 0 {
            Action::ChargeCall { call, key, quote }
        } else {
            Action::AuthorizeCall { call, key, quote, units: row.units }
        };
        match self.take(&admission.by(Actor::Gateway))? {
            Ok(_) => self.tally.admitted(rows, row),
            Err(rejection) => {
                self.tally.refused(rejection.tag(), row);
                return Ok(());
            }
        }
        if row.units > 0 {
            let settle = Action::SettleCall { call, amount: None };
            self.must(settle, Actor::Gateway)?;
        }
        Ok(())
    }

    /// The key that a name of the log stands for; it is created when it is first seen.
    fn key_of(&mut self, rows: &Rows, number: u32) -> Result<Standing, Stopped> {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let known = self.keys.get(index).copied().unwrap_or(Standing::Unseen);
        let (Standing::Unseen, Some(label)) = (known, rows.keys.get(index)) else { return Ok(known) };
        let standing = match self.create_key(label)? {
            Ok(key) => Standing::Created(key),
            Err(tag) => Standing::Refused(tag),
        };
        if let Some(place) = self.keys.get_mut(index) {
            *place = standing;
        }
        Ok(standing)
    }

    /// There is no key text here: digest and id come from the name.
    fn create_key(&mut self, label: &Label) -> Result<Result<KeyId, RejectionTag>, Stopped> {
        let mut name = format!("prepaid meter {label}");
        if !self.is_funded {
            self.attempts = self.attempts.saturating_add(1);
            if self.attempts > 1 {
                // A new attempt is a new key.
                name = format!("{name}, attempt {}", self.attempts);
            }
        }
        let digest: [u8; 32] = Sha256::digest(name).into();
        let digest = Digest(digest);
        let text = digest.to_string();
        let characters = usize::from(self.policy.numbers().shown_characters);
        let shown = format!("log_{}", text.get(..characters).unwrap_or("0"))
            .parse()
            .map_err(|problem| Stopped::Unfit(format!("the key of {label:?}: {problem}")))?;
        let id = text.get(..32).and_then(|half| Uuid::parse_str(half).ok()).unwrap_or_default();
        let key = KeyId(id);
        let action = Action::CreateKey { key, digest, shown, label: Some(label.clone()), expires_at: None };
        Ok(self.take(&action.by(Actor::Owner))?.map(|_| key).map_err(|rejection| rejection.tag()))
    }
}
