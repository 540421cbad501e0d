//! Calls: holds, one-step calls, endings, expiry (D).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::values::{
    add, amount_in, instant, json_amount, json_instant, largest, object, optional_amount, text, units,
};
use super::{Model, Step};

/// A call whose hold is open.
#[derive(Clone)]
pub(super) struct OpenCall {
    key: u64,
    /// Its place in the list of calls ever admitted.
    counted: usize,
    pub(super) hold: Decimal,
    units: u64,
    origin: Value,
    admitted_at: i64,
    pub(super) deadline: i64,
    extended: bool,
}

/// A call whose hold has expired, and that may still be settled late.
#[derive(Clone)]
pub(super) struct ExpiredCall {
    counted: usize,
    former_hold: Decimal,
    pub(super) late_until: i64,
}

/// Where the price came from: as the quote says, or an agreed price written in the short form of a script.
fn origin(quote: &Value) -> Value {
    if quote["origin"].is_null() { json!({"reference": quote["reference"]}) } else { quote["origin"].clone() }
}

fn not_open(id: &str) -> Value {
    object("call_not_open", [("call", id.into())])
}

fn above_hold(amount: Decimal, hold: Decimal) -> Value {
    object("above_hold", [("amount", json_amount(amount)), ("hold", json_amount(hold))])
}

impl Model {
    /// D1 to D3.
    pub(super) fn authorize_call(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let policy = step.policy;
        let id = text(command, "call");
        let amount = amount_in(&command["quote"], "amount");
        let origin = origin(&command["quote"]);
        let units = command["units"].as_u64().unwrap_or(1);
        let conflict = Err(object("call_conflict", [("call", id.into())]));

        let key = self.key(text(command, "key"))?;
        if let Some(open) = self.open_calls.get(id) {
            // D5
            let same =
                open.key == key.number && open.hold == amount && open.origin == origin && open.units == units;
            return if same { Ok(()) } else { conflict };
        }
        if self.expired_calls.contains_key(id) {
            return conflict;
        }
        key.check_usable(step.at)?;
        check_in_force(&command["quote"], step.at)?;
        if units == 0 {
            return Err(object("units_zero", []));
        }
        self.check_admission(step)?;
        let taken: u64 = self.open_calls.values().map(|call| call.units).sum();
        if taken.saturating_add(units) > policy.places_in_flight {
            return Err(object(
                "too_many_in_flight",
                [("units", units.into()), ("taken", taken.into()), ("bound", policy.places_in_flight.into())],
            ));
        }
        self.check_limits(step, key, amount)?;
        self.check_credit(step, amount)?;
        add(self.held(), amount, "held")?;
        self.check_countable(key.number, step.at, amount, step.at)?;

        let key = key.number;
        let call = OpenCall {
            key,
            counted: self.count_call(key, step.at, amount),
            hold: amount,
            units,
            origin,
            admitted_at: step.at,
            deadline: step.at + policy.hold,
            extended: false,
        };
        step.event(
            "call_authorized",
            [
                ("call", id.into()),
                ("key", call.key.into()),
                ("amount", json_amount(call.hold)),
                ("units", call.units.into()),
                ("deadline", json_instant(call.deadline)),
                ("origin", call.origin.clone()),
            ],
        );
        self.hold(id, amount);
        self.open_calls.insert(id.to_owned(), call);
        Ok(())
    }

    /// D7: authorised and settled in one step; takes no place in flight.
    pub(super) fn charge_call(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "call");
        let amount = amount_in(&command["quote"], "amount");
        let key = self.key(text(command, "key"))?;
        if self.open_calls.contains_key(id) || self.expired_calls.contains_key(id) {
            return Err(object("call_conflict", [("call", id.into())]));
        }
        key.check_usable(step.at)?;
        check_in_force(&command["quote"], step.at)?;
        self.check_admission(step)?;
        self.check_limits(step, key, amount)?;
        self.check_credit(step, amount)?;
        let key = key.number;
        self.check_countable(key, step.at, amount, step.at)?;
        self.use_up(amount)?;
        self.draw(amount);
        self.count_call(key, step.at, amount);
        step.event(
            "call_charged",
            [
                ("call", id.into()),
                ("key", key.into()),
                ("amount", json_amount(amount)),
                ("origin", origin(&command["quote"])),
            ],
        );
        Ok(())
    }

    /// D2: suspension, terms past grace, debt.
    fn check_admission(&self, step: &Step) -> Result<(), Value> {
        self.check_suspension()?;
        self.check_grace(step.policy, step.at)?;
        self.check_no_debt()
    }

    /// D8: no admission makes `available` negative; D9: price zero passes whatever is available. F6.
    fn check_credit(&self, step: &Step, amount: Decimal) -> Result<(), Value> {
        let available = self.available();
        if amount.is_zero() || amount <= available {
            return Ok(());
        }
        let short = add(amount, -available, "short")?;
        Err(object(
            "insufficient_credit",
            [
                ("short", json_amount(short)),
                ("held", json_amount(self.held())),
                ("outlook", self.outlook(step.policy, step.at)),
            ],
        ))
    }

    /// M5: usage is settled. Changes nothing where a total would leave the range (M1).
    fn use_up(&mut self, amount: Decimal) -> Result<(), Value> {
        let used = add(self.used, amount, "posted")?;
        add(self.posted(), -amount, "posted")?;
        self.used = used;
        Ok(())
    }

    /// D6: once, to a later instant within the policy's bound after its admission.
    pub(super) fn extend_call(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "call");
        let until = instant(text(command, "until"));
        let call = self.open_calls.get_mut(id).ok_or_else(|| not_open(id))?;
        if call.extended && until == call.deadline {
            return Ok(());
        }
        let bound = call.admitted_at + step.policy.extension;
        Model::check_time("until", until, call.deadline, Some(bound))?;
        if call.extended {
            return Err(object("already_extended", [("call", id.into())]));
        }
        call.deadline = until;
        call.extended = true;
        step.event("call_extended", [("call", id.into()), ("deadline", json_instant(until))]);
        Ok(())
    }

    /// What a call counts from now on, instead of what it counted.
    fn check_recount(&self, counted: usize, amount: Decimal) -> Result<(), Value> {
        let call = &self.admitted[counted];
        let last = self.admitted.last().unwrap().at;
        self.check_countable(call.key, call.at, amount - call.counts, last)
    }

    /// D4, D6, D8.
    pub(super) fn settle_call(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "call");
        let asked = optional_amount(command, "amount");
        if let Some((hold, counted)) = self.open_calls.get(id).map(|call| (call.hold, call.counted)) {
            let amount = asked.unwrap_or(hold);
            if amount > hold && !self.debt_allows(step, amount, hold) {
                return Err(above_hold(amount, hold));
            }
            // M1: so that what other calls hold can still be settled, too.
            if amount > hold
                && units(self.used) + units(amount) + units(self.held() - hold) > units(largest())
            {
                return Err(object("out_of_range", [("field", "settled".into())]));
            }
            self.check_recount(counted, amount)?;
            self.use_up(amount)?;
            self.open_calls.remove(id);
            self.end_hold(id, amount);
            self.admitted[counted].counts = amount;
            step.event("call_settled", [("call", id.into()), ("amount", json_amount(amount))]);
        } else if let Some(call) = self.expired_calls.get(id) {
            let (hold, counted) = (call.former_hold, call.counted);
            let asked = asked.unwrap_or(hold);
            if asked > hold {
                return Err(above_hold(asked, hold));
            }
            let billed = asked.min(self.available().max(Decimal::ZERO));
            self.check_recount(counted, billed)?;
            self.use_up(billed)?;
            self.expired_calls.remove(id);
            self.draw(billed);
            self.admitted[counted].counts = billed; // I1: again in the window of its admission
            step.event(
                "call_settled_late",
                [
                    ("call", id.into()),
                    ("amount", json_amount(billed)),
                    ("unbilled", json_amount(asked - billed)),
                ],
            );
        } else {
            return Err(not_open(id));
        }
        Ok(())
    }

    /// D8: above the hold only within the debt that the policy states, everything else that is open still held.
    fn debt_allows(&self, step: &Step, amount: Decimal, hold: Decimal) -> bool {
        let debt = step.policy.debt_at_settlement;
        let still_held = self.held() - hold;
        debt > Decimal::ZERO && self.posted() - amount - still_held >= -debt
    }

    /// D4; D5: releasing a late-expired call forgets it.
    pub(super) fn release_call(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "call");
        if let Some(call) = self.open_calls.remove(id) {
            self.give_back(id, call.counted);
            step.event("call_released", [("call", id.into())]);
            Ok(())
        } else if self.expired_calls.contains_key(id) {
            self.forget_call(step, id);
            Ok(())
        } else {
            Err(not_open(id))
        }
    }

    /// The whole hold, to the lots (H2) and in the window of the call's admission (I1).
    fn give_back(&mut self, id: &str, counted: usize) {
        self.end_hold(id, Decimal::ZERO);
        self.admitted[counted].counts = Decimal::ZERO;
    }

    /// D6: the hold's deadline has come.
    pub(super) fn expire_hold(&mut self, step: &mut Step, id: &str) {
        let call = self.open_calls.remove(id).unwrap();
        let late_until = call.deadline + step.policy.late_window;
        self.give_back(id, call.counted);
        let expired = ExpiredCall { counted: call.counted, former_hold: call.hold, late_until };
        self.expired_calls.insert(id.to_owned(), expired);
        step.event("call_expired", [("call", id.into()), ("late_until", json_instant(late_until))]);
    }

    /// D5, D6.
    pub(super) fn forget_call(&mut self, step: &mut Step, id: &str) {
        self.expired_calls.remove(id);
        step.event("call_forgotten", [("call", id.into())]);
    }
}

/// D1: a listed price is of the version in force at admission.
fn check_in_force(quote: &Value, at: i64) -> Result<(), Value> {
    let version = &quote["origin"]["version"];
    let Some(from) = version.as_str() else { return Ok(()) };
    let ended = quote["until"].as_str().is_some_and(|until| at >= instant(until));
    if at < instant(from) || ended {
        return Err(object("quote_not_in_force", [("version", version.clone())]));
    }
    Ok(())
}
