//! A naive model of a prepaid account, the oracle of the property test. See README.md beside it.
//!
//! It holds what the account would write on paper: the keys, the calls, the charges, the grants, the refunds. What it can, it works out
//! from these lists anew each time. Numbers like E1 are those of docs/rules.md; the shapes are those of docs/events.md.

mod calendar;
mod calls;
mod charges;
mod closing;
mod disputes;
mod due;
mod grants;
mod keys;
mod limits;
mod lots;
mod onboarding;
mod policy;
mod results;
mod reversals;
mod settings;
mod table;
mod top_up;
mod values;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

pub use policy::Policy;

use calls::{ExpiredCall, OpenCall};
use charges::Charge;
use disputes::Dispute;
use grants::Grant;
use keys::Key;
use limits::{Admitted, Notice};
use lots::{Ledger, Lot};
use onboarding::{Billing, Method};
use reversals::{Recorded, Refund};
use settings::Automatic;
use table::Stage;
use top_up::{Bar, Failure, TopUp};
use values::{instant, json_instant, object, text};

/// A time from here on is out of range: a hundred years before the end of the year 9999.
const END_OF_TIME: &str = "9900-01-01T00:00:00Z";

/// One account.
#[derive(Clone)]
pub struct Model {
    stage: Stage,
    account: String,
    currency: String,
    accepted_terms: Option<String>,
    usage: String,
    billing: Option<Billing>,
    method: Option<Method>,
    suspended: Option<String>,
    migrated_from: Option<String>,

    /// Every key that ever became active, in order of its number (C1, C5).
    keys: Vec<Key>,
    /// The first key, while its charge is open (B1).
    pending_key: Option<Key>,

    top_up: TopUp,
    /// E4: at most one.
    open_charge: Option<Charge>,
    ended_charges: BTreeMap<u64, Charge>,
    /// F5: the failures that count, oldest first.
    failures: Vec<Failure>,
    bars: Vec<Bar>,
    /// G4: why a reversal pauses the automatic top-up.
    reversal_pause: Option<&'static str>,
    /// E7: every automatic charge ever requested.
    automatic: Vec<Automatic>,

    /// G1, by the order of their numbers; G2, by the order of their opening. Those of archived charges are dropped.
    refunds: Vec<Refund>,
    refunds_ever: u64,
    recorded: Vec<Recorded>,
    disputes: Vec<Dispute>,
    /// G1: what the archived charges contribute for ever.
    archived_charges: BTreeMap<u64, Decimal>,
    /// What they had credited, and what went back beyond it; in units of the last digit.
    archived_credited: i128,
    archived_excess: i128,

    /// H1: those that are known.
    grants: BTreeMap<String, Grant>,
    purchased: Lot,
    ledger: Ledger,

    /// I1.
    spending_limit: Option<Decimal>,
    notice: Notice,
    /// C6, I1: every call ever admitted.
    admitted: Vec<Admitted>,

    open_calls: BTreeMap<String, OpenCall>,
    /// D6: expired, and within the late window.
    expired_calls: BTreeMap<String, ExpiredCall>,

    /// M5: all usage ever settled.
    used: Decimal,

    last_at: Option<i64>,
}

/// What one step works with, and the events it has produced so far.
struct Step<'a> {
    policy: &'a Policy,
    actor: &'a str,
    /// The effective time (K2). While changes are due, the instant of the one being made (K3).
    at: i64,
    events: Vec<Value>,
}

impl Step<'_> {
    fn event<const N: usize>(&mut self, kind: &str, fields: [(&str, Value); N]) {
        self.events.push(object(kind, fields));
    }
}

impl Model {
    /// A vacant account.
    pub fn new() -> Model {
        Model {
            stage: Stage::Vacant,
            account: String::new(),
            currency: String::new(),
            accepted_terms: None,
            usage: String::new(),
            billing: None,
            method: None,
            suspended: None,
            migrated_from: None,
            keys: Vec::new(),
            pending_key: None,
            top_up: TopUp::default(),
            open_charge: None,
            ended_charges: BTreeMap::new(),
            failures: Vec::new(),
            bars: Vec::new(),
            reversal_pause: None,
            automatic: Vec::new(),
            refunds: Vec::new(),
            refunds_ever: 0,
            recorded: Vec::new(),
            disputes: Vec::new(),
            archived_charges: BTreeMap::new(),
            archived_credited: 0,
            archived_excess: 0,
            grants: BTreeMap::new(),
            purchased: Lot::default(),
            ledger: Ledger::default(),
            spending_limit: None,
            notice: Notice::default(),
            admitted: Vec::new(),
            open_calls: BTreeMap::new(),
            expired_calls: BTreeMap::new(),
            used: Decimal::ZERO,
            last_at: None,
        }
    }

    /// What the command does at `now`: its events, none when nothing changes, or the refusal.
    pub fn step(&mut self, policy: &Policy, command: &Value, now: i64) -> Result<Vec<Value>, Value> {
        let actor = text(command, "actor");
        let command = &command["command"];
        table::check_actor(command, actor)?;
        self.check_currency(policy, command)?;

        // K2: an earlier now counts as the time of the last event.
        let now = self.last_at.map_or(now, |last| last.max(now));
        if now >= instant(END_OF_TIME) {
            return Err(object("out_of_range", [("field", "now".into())]));
        }
        let mut step = Step { policy, actor, at: now, events: Vec::new() };

        // K4: a refused command changes nothing, not even what was due.
        let before = self.is_due(now).then(|| self.clone());
        self.make_due_changes(&mut step, now);
        step.at = now;
        if !step.events.is_empty() {
            self.watch(&mut step);
        }

        let so_far = step.events.len();
        if let Err(refusal) = self.obey(&mut step, command) {
            if let Some(before) = before {
                *self = before;
            }
            return Err(refusal);
        }
        if step.events.len() > so_far {
            self.watch(&mut step);
        }
        self.check_books();

        if !step.events.is_empty() {
            self.last_at = Some(now);
        }
        Ok(step.events)
    }

    /// The rules that watch the state, each on what the one before has left.
    fn watch(&mut self, step: &mut Step) {
        self.lapse_given_back(step); // H3
        self.archive(step); // G1
        self.complete_closing(step); // J2
        self.judge_top_up(step); // E1, E7
        self.judge_notice(step); // I2
    }

    /// Each of these checks everything first and changes the account afterwards: a refusal leaves it as it was.
    fn obey(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        self.check_stage(step, command)?;
        match text(command, "type") {
            "open" => self.open(step, command),
            "accept_terms" => self.accept_terms(step, command)?,
            "choose_use" => self.choose_use(step, command)?,
            "link_payment_method" => self.link_payment_method(step, command),
            "update_billing" => self.update_billing(step, command),
            "suspend" => self.suspend(step, command),
            "resume" => self.resume(step),
            "create_key" => self.create_key(step, command)?,
            "relabel_key" => self.relabel_key(step, command)?,
            "revoke_key" => self.revoke_key(step, command)?,
            "set_top_up" => self.set_top_up(step, command)?,
            "reactivate_top_up" => self.reactivate_top_up(step)?,
            "top_up" => self.manual_top_up(step, command)?,
            "cancel_charge" => self.cancel_charge(step, command)?,
            "charge_succeeded" => self.charge_succeeded(step, command)?,
            "charge_action_required" => self.charge_action_required(step, command)?,
            "charge_failed" | "charge_cancelled" | "charge_not_found" => {
                self.charge_not_successful(step, command)?;
            }
            "resolve_charge" => self.resolve_charge(step, command)?,
            "authorize_call" => self.authorize_call(step, command)?,
            "charge_call" => self.charge_call(step, command)?,
            "extend_call" => self.extend_call(step, command)?,
            "settle_call" => self.settle_call(step, command)?,
            "release_call" => self.release_call(step, command)?,
            "issue_grant" => self.issue_grant(step, command)?,
            "void_grant" => self.void_grant(step, command)?,
            "refund" => self.refund(step, command)?,
            "refund_succeeded" => self.refund_succeeded(step, command)?,
            "refund_failed" => self.refund_failed(step, command)?,
            "record_refund" => self.record_refund(step, command)?,
            "open_dispute" => self.open_dispute(step, command)?,
            "close_dispute" => self.close_dispute(step, command)?,
            "limit_key" => self.limit_key(step, command)?,
            "limit_spending" => self.limit_spending(step, command)?,
            "set_notice" => self.set_notice(step, command)?,
            "migrate" => self.migrate(step, command),
            "write_off" => self.write_off(step, command)?,
            "close" => self.close(step)?,
            "tick" => {}
            other => panic!("no such command: {other}"),
        }
        Ok(())
    }

    // ---- what may be asked of it ----------------------------------------------------------------

    /// K2: the instant of the last batch that was not empty.
    pub fn last_at(&self) -> Option<i64> {
        self.last_at
    }

    pub fn stage(&self) -> &'static str {
        self.stage.name()
    }

    /// All credit less settled usage (M5).
    pub fn posted(&self) -> Decimal {
        self.credit_in_lots()
    }

    /// The sum of the open holds (M5).
    pub fn held(&self) -> Decimal {
        self.open_calls.values().map(|call| call.hold).sum()
    }

    pub fn available(&self) -> Decimal {
        self.posted() - self.held()
    }

    /// The unheld purchased credit, negative where it owes (H4).
    pub fn purchased(&self) -> Decimal {
        self.purchased.unheld
    }

    /// H2: the grants that have started and are still known, in burn order: id, what is not held, what open calls hold.
    pub fn lots(&self) -> Vec<(String, Decimal, Decimal)> {
        let lots = self.grants_in_burn_order().into_iter();
        lots.map(|grant| (grant.id.clone(), grant.lot.unheld, grant.lot.all_held())).collect()
    }

    /// K3: the earliest instant at which time alone changes something.
    pub fn next_deadline(&self) -> Option<i64> {
        self.next_due().map(|(at, ..)| at)
    }

    /// K5: what the world is owed: for the open charge, then for the refunds by number.
    pub fn effects(&self) -> Vec<Value> {
        let effect =
            self.open_charge.as_ref().and_then(|charge| charge.effect(&self.account, &self.currency));
        effect.into_iter().chain(self.refund_effects()).collect()
    }

    // ---- terms (A6) -----------------------------------------------------------------------------

    /// The refusal, where the accepted version is not the required one.
    fn check_terms(&self, policy: &Policy) -> Result<(), Value> {
        match &self.accepted_terms {
            Some(accepted) if *accepted != policy.terms_required => Err(object(
                "terms_outdated",
                [("required", policy.terms_required.as_str().into()), ("accepted", accepted.as_str().into())],
            )),
            _ => Ok(()),
        }
    }

    /// The refusal, where the terms are outdated and the grace has passed.
    fn check_grace(&self, policy: &Policy, at: i64) -> Result<(), Value> {
        if at < policy.terms_required_since + policy.terms_grace { Ok(()) } else { self.check_terms(policy) }
    }

    /// J1.
    fn check_suspension(&self) -> Result<(), Value> {
        match &self.suspended {
            Some(reason) => Err(object("suspended", [("reason", reason.as_str().into())])),
            None => Ok(()),
        }
    }

    /// C6, D6: `given` must lie after `after` and, where there is such a bound, not after `not_after`.
    fn check_time(field: &str, given: i64, after: i64, not_after: Option<i64>) -> Result<(), Value> {
        if given > after && not_after.is_none_or(|bound| given <= bound) {
            return Ok(());
        }
        Err(object(
            "time_out_of_bounds",
            [
                ("field", field.into()),
                ("given", json_instant(given)),
                ("after", json_instant(after)),
                ("not_after", not_after.map_or(Value::Null, json_instant)),
            ],
        ))
    }
}
