//! Grants: issued, voided, started, expired, lapsed (H1, H3).

use rust_decimal::Decimal;
use serde_json::Value;

use super::lots::Lot;
use super::values::{amount_in, instant, json_amount, json_instant, object, text};
use super::{Model, Step};

#[derive(Clone)]
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) amount: Decimal,
    source: Value,
    pub(super) priority: i64,
    pub(super) effective_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
    pub(super) issued_at: i64,
    /// It is, or was, credit.
    pub(super) started: bool,
    /// Expired or voided.
    pub(super) ended: bool,
    pub(super) lot: Lot,
}

impl Grant {
    /// K6: what makes a grant issued again the same.
    fn has_content_of(&self, other: &Grant) -> bool {
        (self.amount, &self.source, self.priority, self.effective_at, self.expires_at)
            == (other.amount, &other.source, other.priority, other.effective_at, other.expires_at)
    }
}

impl Model {
    /// H1.
    pub(super) fn issue_grant(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let effective_at = command["effective_at"].as_str().map(instant);
        let grant = Grant {
            id: text(command, "grant").to_owned(),
            amount: amount_in(command, "amount"),
            source: command["source"].clone(),
            priority: command["priority"].as_i64().unwrap_or(0),
            effective_at,
            expires_at: command["expires_at"].as_str().map(instant),
            issued_at: step.at,
            started: false,
            ended: false,
            lot: Lot::default(),
        };
        if let Some(known) = self.grants.get(&grant.id) {
            if known.has_content_of(&grant) {
                return Ok(());
            }
            return Err(object("grant_conflict", [("grant", grant.id.into())]));
        }
        if let Some(expires_at) = grant.expires_at {
            let after = step.at.max(effective_at.unwrap_or(step.at));
            Model::check_time("expires_at", expires_at, after, None)?;
        }
        if grant.amount.is_zero() {
            return Err(object("amount_zero", []));
        }
        self.check_room(grant.amount)?; // M1

        step.event(
            "grant_issued",
            [
                ("grant", grant.id.as_str().into()),
                ("amount", json_amount(grant.amount)),
                ("source", grant.source.clone()),
                ("priority", if grant.priority == 0 { Value::Null } else { grant.priority.into() }),
                ("effective_at", effective_at.map_or(Value::Null, json_instant)),
                ("expires_at", grant.expires_at.map_or(Value::Null, json_instant)),
            ],
        );
        let id = grant.id.clone();
        self.grants.insert(id.clone(), grant);
        if effective_at.is_none_or(|from| from <= step.at) {
            self.make_credit(&id);
        }
        Ok(())
    }

    /// The grant is credit from now on.
    fn make_credit(&mut self, id: &str) {
        let grant = self.grants.get_mut(id).unwrap();
        grant.started = true;
        grant.lot.unheld = grant.amount;
        self.ledger.granted += grant.amount;
        self.pay_what_is_owed();
    }

    pub(super) fn start_grant(&mut self, step: &mut Step, id: &str) {
        step.event("grant_started", [("grant", id.into())]);
        self.make_credit(id);
    }

    /// H3: its unheld remainder is gone at once.
    fn end_grant(&mut self, id: &str) -> Decimal {
        let grant = self.grants.get_mut(id).unwrap();
        grant.ended = true;
        let gone = std::mem::take(&mut grant.lot.unheld);
        self.ledger.gone += gone;
        self.forget_spent_grants();
        gone
    }

    pub(super) fn expire_grant(&mut self, step: &mut Step, id: &str) {
        let gone = self.end_grant(id);
        step.event("grant_expired", [("grant", id.into()), ("amount", json_amount(gone))]);
    }

    pub(super) fn void_grant(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "grant");
        let grant = self.grants.get(id).ok_or_else(|| object("grant_unknown", [("grant", id.into())]))?;
        if !grant.ended {
            self.void(step, id);
        }
        Ok(())
    }

    fn void(&mut self, step: &mut Step, id: &str) {
        let gone = self.end_grant(id);
        step.event("grant_voided", [("grant", id.into()), ("amount", json_amount(gone))]);
    }

    /// J2: in burn order, and then those not yet started by id.
    pub(super) fn void_all_grants(&mut self, step: &mut Step) {
        let started = self.grants_in_burn_order().into_iter().map(|grant| grant.id.clone());
        let to_come = self.grants.values().filter(|grant| !grant.started).map(|grant| grant.id.clone());
        let all: Vec<String> = started.chain(to_come).collect();
        for id in all {
            self.void(step, &id);
        }
    }

    /// H3: what was given back to a grant that has ended is gone.
    pub(super) fn lapse_given_back(&mut self, step: &mut Step) {
        let lapsing: Vec<String> = self
            .grants_in_burn_order()
            .into_iter()
            .filter(|grant| grant.ended && !grant.lot.unheld.is_zero())
            .map(|grant| grant.id.clone())
            .collect();
        for id in lapsing {
            let gone = self.end_grant(&id);
            step.event("grant_lapsed", [("grant", id.into()), ("amount", json_amount(gone))]);
        }
    }
}
