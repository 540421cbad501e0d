//! Spending limits of keys and of the account (C6, I1), the low balance notice (I2).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::calendar::Window;
use super::keys::Key;
use super::values::{add, amount_in, json_amount, json_instant, object, optional_amount, text};
use super::{Model, Policy, Step};

/// A call that was ever admitted, and what it counts now: its hold, then what was settled.
#[derive(Clone)]
pub(super) struct Admitted {
    pub(super) key: u64,
    pub(super) at: i64,
    pub(super) counts: Decimal,
}

/// C6: a key's own limit.
#[derive(Clone, PartialEq)]
pub(super) struct Limit {
    amount: Decimal,
    window: String,
}

impl Limit {
    fn to_json(&self) -> Value {
        json!({"amount": json_amount(self.amount), "window": self.window})
    }
}

/// I2.
#[derive(Clone, Default)]
pub(super) struct Notice {
    level: Option<Decimal>,
    /// It was given, and the balance has not risen above the level since.
    given: bool,
}

/// C6: a limit is at most what the policy allows.
fn check_bound(policy: &Policy, amount: Option<Decimal>) -> Result<(), Value> {
    match (amount, policy.limit_max) {
        (Some(amount), Some(most)) if amount > most => Err(object(
            "amount_out_of_bounds",
            [
                ("amount", json_amount(amount)),
                ("at_least", json_amount(Decimal::ZERO)),
                ("at_most", json_amount(most)),
            ],
        )),
        _ => Ok(()),
    }
}

impl Model {
    // ---- what was used --------------------------------------------------------------------------

    /// The call counts in the window of its admission. Gives its place in the list.
    pub(super) fn count_call(&mut self, key: u64, at: i64, amount: Decimal) -> usize {
        self.admitted.push(Admitted { key, at, counts: amount });
        self.admitted.len() - 1
    }

    fn used_in(&self, window: Window, key: Option<u64>) -> Decimal {
        self.admitted
            .iter()
            .filter(|call| window.holds(call.at) && key.is_none_or(|key| call.key == key))
            .map(|call| call.counts)
            .sum()
    }

    /// M1: what a window counts is a total, too: of a key's windows and the account's month, those of the last admission.
    pub(super) fn check_countable(
        &self,
        key: u64,
        admitted_at: i64,
        change: Decimal,
        last_admission: i64,
    ) -> Result<(), Value> {
        for name in ["day", "week", "month"] {
            let window = Window::named(name, last_admission);
            if window.holds(admitted_at) {
                add(self.used_in(window, Some(key)), change, "used")?;
                if name == "month" {
                    add(self.used_in(window, None), change, "used")?;
                }
            }
        }
        Ok(())
    }

    /// D2: the key's limit, then the account's. A call at price zero passes.
    pub(super) fn check_limits(&self, step: &Step, key: &Key, amount: Decimal) -> Result<(), Value> {
        if amount.is_zero() {
            return Ok(());
        }
        if let Some(limit) = &key.limit {
            let window = Window::named(&limit.window, step.at);
            let used = self.used_in(window, Some(key.number));
            if used + amount > limit.amount {
                return Err(object(
                    "key_limit_reached",
                    [
                        ("key", key.id.as_str().into()),
                        ("window", limit.window.as_str().into()),
                        ("limit", json_amount(limit.amount)),
                        ("used", json_amount(used)),
                        ("resets_at", json_instant(window.next)),
                    ],
                ));
            }
        }
        if let Some(limit) = self.spending_limit {
            let window = Window::month(step.at);
            let used = self.used_in(window, None);
            if used + amount > limit {
                return Err(object(
                    "spending_limit_reached",
                    [
                        ("limit", json_amount(limit)),
                        ("used", json_amount(used)),
                        ("resets_at", json_instant(window.next)),
                    ],
                ));
            }
        }
        Ok(())
    }

    // ---- setting limits -------------------------------------------------------------------------

    /// C6. Setting or lowering reduces (A6); another window does not.
    pub(super) fn limit_key(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "key");
        let given = &command["limit"];
        let new = given
            .is_object()
            .then(|| Limit { amount: amount_in(given, "amount"), window: text(given, "window").to_owned() });
        self.check_not_pending(id)?;
        let key = self.key(id)?;
        if key.limit == new {
            return Ok(());
        }
        let reduces = match (&key.limit, &new) {
            (None, Some(_)) => true,
            (Some(old), Some(new)) => old.window == new.window && new.amount < old.amount,
            (_, None) => false,
        };
        if !reduces {
            self.check_terms(step.policy)?;
        }
        check_bound(step.policy, new.as_ref().map(|limit| limit.amount))?;
        step.event(
            "key_limited",
            [("key", key.number.into()), ("limit", new.as_ref().map_or(Value::Null, Limit::to_json))],
        );
        self.keys.iter_mut().find(|key| key.id == id).unwrap().limit = new;
        Ok(())
    }

    /// I1.
    pub(super) fn limit_spending(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let new = optional_amount(command, "limit");
        let old = self.spending_limit;
        if old == new {
            return Ok(());
        }
        let reduces = new.is_some_and(|new| old.is_none_or(|old| new < old));
        if !reduces {
            self.check_terms(step.policy)?;
        }
        check_bound(step.policy, new)?;
        self.spending_limit = new;
        step.event("spending_limited", [("limit", new.map_or(Value::Null, json_amount))]);
        Ok(())
    }

    // ---- the notice (I2) ------------------------------------------------------------------------

    /// A level that is set is armed, and the watching rules judge it at once.
    pub(super) fn set_notice(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let level = optional_amount(command, "level");
        if level == self.notice.level {
            return Ok(());
        }
        if level.is_some() {
            self.check_terms(step.policy)?; // A6: switching off reduces
        }
        self.notice = Notice { level, given: false };
        step.event("notice_set", [("level", level.map_or(Value::Null, json_amount))]);
        Ok(())
    }

    pub(super) fn judge_notice(&mut self, step: &mut Step) {
        let Some(level) = self.notice.level else { return };
        let is_low = self.posted() <= level;
        if is_low != self.notice.given {
            self.notice.given = is_low;
            step.event(
                if is_low { "low_balance_noticed" } else { "balance_recovered" },
                [("level", json_amount(level)), ("posted", json_amount(self.posted()))],
            );
        }
    }
}
