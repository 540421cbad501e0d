//! What of a state decides what follows: states that differ only in absolute time, in numbering or in running totals
//! count as one.
//!
//! * Times are told from the account's last instant. What is past and waits for nothing is dropped: when terms were
//!   accepted, keys made and revoked, charges asked. Of an ended charge stays when it failed, while that counts (F5).
//! * Charges and refunds are numbered back from the next one.
//! * Totals over a whole life are dropped; `posted` and `held` stay.
//! * Where no move of a scene asks for a window of the calendar (C6, E7, I1), what the windows count is dropped; where
//!   one does, it stays, with the time of the day, the week and the month.
//! * When the records of a charge may go (G1, after 31 days and more) is dropped but in the scene about that.
//!
//! `explorer.rs` checks on samples that states of one projection decide alike.

use prepaid::{Account, Policy, Timestamp, Window};
use serde_json::{Map, Value, json};

/// What the moves of a scene can tell apart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Eye {
    /// Windows of the calendar matter.
    pub calendar: bool,
    /// The age of a charge's records matters.
    pub archive: bool,
}

/// Whose time and numbers the rest is told from.
#[derive(Clone, Copy)]
pub struct Base {
    last: i64,
    charge: i64,
    refund: i64,
}

impl Base {
    pub fn of(account: &Account) -> Self {
        let open = account.open_charge().map_or(0, |charge| charge.number.0);
        let ended = account.charges().last().map_or(0, |charge| charge.number.0);
        Self {
            last: account.last_instant().map_or(0, Timestamp::as_micros),
            charge: i64::from(open.max(ended)) + 1,
            refund: account.refunds().last().map_or(0, |refund| i64::from(refund.number.0)) + 1,
        }
    }
}

/// The projection of a state.
pub fn projected(account: &Account, policy: &Policy, eye: Eye) -> Value {
    let mut state = serde_json::to_value(account).unwrap();
    let base = Base::of(account);
    let Some(opened) = state.get_mut("opened").and_then(Value::as_object_mut) else { return state };
    for gone in ["id", "owner", "currency", "last"] {
        opened.remove(gone);
    }
    let wallet = object(opened.get_mut("wallet"));
    wallet.retain(|field, _| field == "posted" || field == "held");
    forget(opened.get_mut("stage").unwrap(), &["created_at", "at", "archived"], eye);
    let charges = object(opened.get_mut("charges"));
    charges.remove("archived");
    if let Some(open) = charges.get_mut("open").filter(|_| !eye.calendar) {
        object(Some(open)).remove("requested_at");
    }
    for ended in charges.get_mut("ended").and_then(Value::as_array_mut).into_iter().flatten() {
        project_ended(object(Some(ended)), policy, base, eye);
    }
    if let Some(reversals) = opened.get_mut("reversals") {
        object(Some(reversals)).remove("last_refund");
        for refund in reversals.get_mut("refunds").and_then(Value::as_array_mut).into_iter().flatten() {
            object(Some(refund)).remove("requested_at");
        }
    }
    if let Some(lots) = opened.get_mut("lots") {
        project_lots(lots, base);
    }
    if eye.calendar {
        let now = Timestamp::from_micros(base.last).unwrap();
        let left = |window: Window| window.around(now).until.as_micros() - base.last;
        opened.insert("calendar".into(), json!([left(Window::Day), left(Window::Week), left(Window::Month)]));
    } else if let Some(spending) = opened.get_mut("spending") {
        object(Some(spending)).retain(|field, _| field == "limit");
    }
    if account.is_outdated(policy) {
        let numbers = policy.numbers();
        let grace = numbers.terms_required_since.as_micros() + numbers.terms_grace.as_micros() - base.last;
        opened.insert("grace".into(), json!(grace.max(0)));
    }
    told_from(base, &mut state);
    state
}

/// Anything a machine says of the account, its times and numbers told from `base`.
pub fn said(base: Base, answer: &impl serde::Serialize) -> Value {
    let mut said = serde_json::to_value(answer).unwrap();
    told_from(base, &mut said);
    said
}

fn project_ended(ended: &mut Map<String, Value>, policy: &Policy, base: Base, eye: Eye) {
    let until = instant(&ended["ended_at"]).unwrap() + policy.numbers().failures_window.as_micros();
    let counts = ended["outcome"].get("succeeded").is_none() && !ended.contains_key("counting");
    if !eye.archive {
        ended.remove("keep_until");
        ended.remove("reversed_at");
        if !counts || until <= base.last {
            ended.remove("ended_at");
        }
    }
    if !eye.calendar {
        ended.remove("requested_at");
    }
}

/// Of when a grant was issued stays whether that was just now; an effect or an expiry that has passed is past.
fn project_lots(lots: &mut Value, base: Base) {
    for part in ["started", "waiting"] {
        for lot in lots.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten() {
            let now = instant(&lot["issued_at"]) == Some(base.last);
            lot["issued_at"] = json!(now);
            for field in ["effective_at", "expires_at"] {
                if instant(&lot["issued"][field]).is_some_and(|at| at <= base.last) {
                    lot["issued"][field] = json!("past");
                }
            }
        }
    }
}

/// Drops fields wherever they lie in the stage, and what the keys have used.
fn forget(value: &mut Value, gone: &[&str], eye: Eye) {
    match value {
        Value::Object(fields) => {
            fields.retain(|field, _| !gone.contains(&field.as_str()) && (eye.calendar || field != "used"));
            fields.values_mut().for_each(|field| forget(field, gone, eye));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| forget(item, gone, eye)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn told_from(base: Base, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let of_charge = fields.contains_key("kind") || fields.contains_key("outcome");
            for (field, value) in fields.iter_mut() {
                match (field.as_str(), value.as_i64()) {
                    ("charge", Some(number)) => *value = json!(base.charge - number),
                    ("refund", Some(number)) => *value = json!(base.refund - number),
                    // Keys are numbered, too, but no more of them come than there are.
                    ("number", Some(number)) if of_charge => *value = json!(base.charge - number),
                    ("idempotency_key" | "charge_key", _) => *value = Value::Null,
                    (_, _) => told_from(base, value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| told_from(base, item)),
        Value::String(_) => {
            if let Some(at) = instant(value) {
                *value = json!(at - base.last);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn instant(value: &Value) -> Option<i64> {
    let text = value.as_str().filter(|text| text.len() >= 20 && text.ends_with('Z'))?;
    text.parse::<Timestamp>().ok().map(Timestamp::as_micros)
}

fn object(value: Option<&mut Value>) -> &mut Map<String, Value> {
    value.and_then(Value::as_object_mut).unwrap()
}

/// A hash of 128 bits: of ten million states two are mistaken for one with a chance below 2 in 10^25.
pub fn fingerprint(projected: &Value) -> u128 {
    use std::hash::{DefaultHasher, Hasher};
    let text = projected.to_string();
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(salt);
        hasher.write(text.as_bytes());
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}
