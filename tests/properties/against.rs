//! The naive model beside the machine: one step of both, and everything they must agree on.

use prepaid::{Account, Batch, Command, Policy, Rejection, Timestamp, effects, next_deadline};
use serde_json::{Value, json};

use crate::model::{self, Model};

/// The model of one account, under the policy in force.
#[derive(Clone)]
pub struct Beside {
    policy: model::Policy,
    model: Model,
}

impl Beside {
    pub fn new(policy: &Policy) -> Self {
        Self { policy: spoken(policy), model: Model::new() }
    }

    /// From now on another policy is in force.
    pub fn under(&mut self, policy: &Policy) {
        self.policy = spoken(policy);
    }

    /// Gives the model the command that the machine has just answered. An error is a difference.
    pub fn step(
        &mut self,
        command: &Command,
        now: Timestamp,
        answer: &Result<Batch, Rejection>,
        account: &Account,
    ) -> Result<(), String> {
        let command = serde_json::to_value(command).unwrap();
        let expected = self.model.step(&self.policy, &command, now.as_micros());
        match (answer, &expected) {
            (Ok(batch), Ok(events)) => {
                same("events", serde_json::to_value(&batch.events).unwrap(), Value::Array(events.clone()))?;
            }
            (Err(rejection), Err(expected)) => {
                let ours = serde_json::to_value(rejection).unwrap();
                same("the rejection", comparable(&ours), comparable(expected))?;
            }
            (ours, theirs) => return Err(format!("the machine says {ours:?}, the model {theirs:?}")),
        }
        self.agrees(account)
    }

    fn agrees(&self, account: &Account) -> Result<(), String> {
        let (balance, model) = (account.balance(), &self.model);
        same("the stage", account.stage().as_str(), model.stage())?;
        same("posted", balance.posted.to_decimal(), model.posted())?;
        same("held", balance.held.to_decimal(), model.held())?;
        same("available", balance.available.to_decimal(), model.available())?;
        let lots: Vec<_> = account
            .lots()
            .iter()
            .map(|lot| (lot.issued.grant.to_string(), lot.left.to_decimal(), lot.held.to_decimal()))
            .collect();
        same("the lots", lots, model.lots())?;
        same("the purchased credit", account.purchased().to_decimal(), model.purchased())?;
        let deadline = next_deadline(account).map(Timestamp::as_micros);
        same("the next deadline", deadline, model.next_deadline())?;
        let owed: Vec<Value> = effects(account).map(|effect| serde_json::to_value(effect).unwrap()).collect();
        same("the effects", owed, model.effects())?;
        same("the last instant", account.last_instant().map(Timestamp::as_micros), model.last_at())
    }
}

fn spoken(policy: &Policy) -> model::Policy {
    model::Policy::from_json(&serde_json::to_value(policy).unwrap())
}

/// Leaves of a refusal the schema says nothing about are not compared: which total left the range, and the fields
/// of a setting's fault.
fn comparable(rejection: &Value) -> Value {
    let mut rejection = rejection.clone();
    if rejection["type"] == "out_of_range" {
        return json!({"type": "out_of_range"});
    }
    if let Some(faults) = rejection.get_mut("faults").and_then(Value::as_array_mut) {
        for fault in faults {
            *fault = json!({"type": fault["type"]});
        }
    }
    rejection
}

#[expect(clippy::needless_pass_by_value, reason = "most are made for the comparison")]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, machine: T, model: T) -> Result<(), String> {
    if machine == model { Ok(()) } else { Err(format!("{what}: machine {machine:?}, model {model:?}")) }
}
