//! Charges: their request, their endings, what the world is owed for them (F1, F3 to F5, K5).

use rust_decimal::Decimal;
use serde_json::Value;

use super::settings::Automatic;
use super::table::Stage;
use super::top_up::Failure;
use super::values::{amount_text, json_amount, json_instant, json_text, object};
use super::{Model, Step};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    InitialFunding,
    AutoTopUp,
    Manual,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::InitialFunding => "initial_funding",
            Kind::AutoTopUp => "auto_top_up",
            Kind::Manual => "manual",
        }
    }
}

/// How an open charge stands.
#[derive(Clone, PartialEq)]
pub(super) enum Way {
    /// Its outcome is unknown; it may be asked (again).
    Asked,
    /// Its outcome is unknown; the asking window is over (F3).
    LookedUp,
    ActionRequired {
        until: i64,
    },
    Cancelling,
}

#[derive(Clone, PartialEq)]
pub(super) enum End {
    Succeeded { credited: Decimal },
    Failed,
    Abandoned,
}

/// How a charge ends without money.
pub(super) enum Loss<'a> {
    Soft(&'a str),
    Hard(&'a str),
    Abandoned,
}

#[derive(Clone)]
pub(super) struct Charge {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) amount: Decimal,
    token: String,
    pub(super) fingerprint: String,
    requested_at: i64,
    pub(super) ask_until: i64,
    pub(super) way: Way,
    /// The provider's own, where it required action.
    pub(super) reference: Option<String>,
    /// F2: the other amounts that were reported, in order.
    pub(super) other_amounts: Vec<Decimal>,
    /// F1: its ending counts as no decline.
    superseded: bool,
    pub(super) end: Option<End>,
    /// G1: its record is kept until then.
    pub(super) keep_until: Option<i64>,
    pub(super) reversed_at: Option<i64>,
}

impl Charge {
    /// F2: after a report of another amount, only the operator ends it.
    pub(super) fn is_mismatched(&self) -> bool {
        !self.other_amounts.is_empty()
    }

    /// What it credited, whatever went back of it since.
    pub(super) fn credited(&self) -> Decimal {
        match self.end {
            Some(End::Succeeded { credited }) => credited,
            _ => Decimal::ZERO,
        }
    }

    pub(super) fn refusal(&self, kind: &str) -> Value {
        object(kind, [("charge", self.number.into())])
    }

    /// F2.
    pub(super) fn check_not_mismatched(&self) -> Result<(), Value> {
        match self.other_amounts.last() {
            None => Ok(()),
            Some(reported) => Err(object(
                "charge_unresolved",
                [
                    ("charge", self.number.into()),
                    ("expected", json_amount(self.amount)),
                    ("reported", json_amount(*reported)),
                ],
            )),
        }
    }

    /// K5.
    pub(super) fn idempotency_key(&self, account: &str) -> String {
        format!("{account}-{}-{}-{}", self.number, self.requested_at, amount_text(self.amount))
    }

    /// K5: what the world is owed for this open charge.
    pub(super) fn effect(&self, account: &str, currency: &str) -> Option<Value> {
        if self.is_mismatched() {
            return None;
        }
        let charge = ("charge", self.number.into());
        let amount = ("amount", json_amount(self.amount));
        let currency = ("currency", currency.into());
        let token = ("token", self.token.as_str().into());
        let idempotency_key = ("idempotency_key", self.idempotency_key(account).into());
        match self.way {
            Way::Asked => {
                let kind = ("kind", self.kind.name().into());
                let until = ("until", json_instant(self.ask_until));
                Some(object("make_charge", [charge, kind, amount, currency, token, idempotency_key, until]))
            }
            Way::LookedUp => {
                Some(object("look_up_charge", [charge, amount, currency, token, idempotency_key]))
            }
            Way::Cancelling => {
                let reference = ("reference", json_text(self.reference.as_deref()));
                Some(object("cancel_charge", [charge, idempotency_key, reference]))
            }
            Way::ActionRequired { .. } => None,
        }
    }
}

impl Model {
    pub(super) fn charge(&self, number: u64) -> Result<&Charge, Value> {
        if self.archived_charges.contains_key(&number) {
            return Err(object("charge_archived", [("charge", number.into())])); // G1
        }
        let open = self.open_charge.iter().find(|charge| charge.number == number);
        open.or_else(|| self.ended_charges.get(&number))
            .ok_or_else(|| object("charge_unknown", [("charge", number.into())]))
    }

    pub(super) fn charge_mut(&mut self, number: u64) -> &mut Charge {
        let open = self.open_charge.iter_mut().find(|charge| charge.number == number);
        open.or_else(|| self.ended_charges.get_mut(&number)).unwrap()
    }

    /// E4.
    pub(super) fn check_no_charge_open(&self) -> Result<(), Value> {
        match &self.open_charge {
            None => Ok(()),
            Some(open) => Err(object(
                "charge_open",
                [("charge", open.number.into()), ("kind", open.kind.name().into())],
            )),
        }
    }

    /// F3: the key, the amount and the payment method are fixed here.
    pub(super) fn request_charge(&mut self, step: &mut Step, kind: Kind, amount: Decimal) {
        let method = self.method.as_ref().unwrap();
        let charge = Charge {
            number: (self.ended_charges.len() + self.archived_charges.len()) as u64 + 1, // none is open
            kind,
            amount,
            token: method.token.clone(),
            fingerprint: method.fingerprint().to_owned(),
            requested_at: step.at,
            ask_until: step.at + step.policy.asking_window,
            way: Way::Asked,
            reference: None,
            other_amounts: Vec::new(),
            superseded: false,
            end: None,
            keep_until: None,
            reversed_at: None,
        };
        step.event(
            "charge_requested",
            [
                ("charge", charge.number.into()),
                ("kind", kind.name().into()),
                ("amount", json_amount(amount)),
                ("token", charge.token.as_str().into()),
                ("fingerprint", charge.fingerprint.as_str().into()),
                ("ask_until", json_instant(charge.ask_until)),
            ],
        );
        if kind == Kind::AutoTopUp {
            self.automatic.push(Automatic { charge: charge.number, at: step.at, counts: amount });
        }
        self.open_charge = Some(charge);
    }

    // ---- endings --------------------------------------------------------------------------------

    /// M1: crediting a charge this amount has room; what another that is open asks for is kept.
    pub(super) fn check_creditable(&self, number: u64, amount: Decimal) -> Result<(), Value> {
        let other = self.open_charge.as_ref().filter(|charge| charge.number != number);
        self.check_room_beside(amount, other.map_or(Decimal::ZERO, |charge| charge.amount))
    }

    /// The charge succeeds: in its turn, or late (F1).
    pub(super) fn credit(&mut self, step: &mut Step, number: u64, amount: Decimal, reference: &str) {
        let late = self.charge_mut(number).end.is_some();
        let keep_until = step.at + step.policy.reversal_window;
        let mut charge =
            if late { self.ended_charges.remove(&number) } else { self.open_charge.take() }.unwrap();
        step.event(
            if late { "charge_succeeded_late" } else { "charge_succeeded" },
            [
                ("charge", number.into()),
                ("amount", json_amount(amount)),
                ("reference", reference.into()),
                ("keep_until", json_instant(keep_until)),
            ],
        );
        let kind = charge.kind;
        charge.end = Some(End::Succeeded { credited: amount });
        charge.keep_until = Some(keep_until);
        self.set_counts(number, amount);
        self.failures.retain(|failure| failure.charge != number); // it has not failed after all
        self.top_up.begin_afresh(); // F5

        // B1, F1: the first success of an initial funding makes the account, and the pending key, active.
        if kind == Kind::InitialFunding && self.stage < Stage::Active {
            self.stage = Stage::Active;
            self.keys.extend(self.pending_key.take());
        }
        self.ended_charges.insert(number, charge);
        self.move_purchased(amount); // M5, H4

        // F1: another initial or automatic charge that is open is not wanted any more.
        if late
            && let Some(open) = &mut self.open_charge
            && open.kind != Kind::Manual
            && !open.superseded
        {
            open.superseded = true;
            open.way = Way::Cancelling;
            step.event("charge_superseded", [("charge", open.number.into())]);
        }
        if kind == Kind::Manual {
            self.end_reversal_pause_unless_disputed(step); // G4
        }
    }

    /// E7: how much of an automatic charge counts in its month: what was asked until it is known what was taken.
    fn set_counts(&mut self, number: u64, counts: Decimal) {
        for automatic in self.automatic.iter_mut().filter(|automatic| automatic.charge == number) {
            automatic.counts = counts;
        }
    }

    /// The open charge fails or is abandoned.
    pub(super) fn lose(&mut self, step: &mut Step, loss: &Loss) {
        let mut charge = self.open_charge.take().unwrap();
        let number = charge.number;
        let keep_until = step.at + step.policy.reversal_window;
        let failed = |decline: &str, reason: &str| {
            [
                ("charge", number.into()),
                ("decline", decline.into()),
                ("reason", reason.into()),
                ("keep_until", json_instant(keep_until)),
            ]
        };
        match loss {
            Loss::Soft(reason) => step.event("charge_failed", failed("soft", reason)),
            Loss::Hard(reason) => step.event("charge_failed", failed("hard", reason)),
            Loss::Abandoned => step.event(
                "charge_abandoned",
                [("charge", number.into()), ("keep_until", json_instant(keep_until))],
            ),
        }
        charge.end = Some(if matches!(loss, Loss::Abandoned) { End::Abandoned } else { End::Failed });
        charge.keep_until = Some(keep_until);
        let (kind, fingerprint, superseded) = (charge.kind, charge.fingerprint.clone(), charge.superseded);
        self.ended_charges.insert(number, charge);
        self.set_counts(number, Decimal::ZERO);
        if superseded {
            return; // F1: no decline, and the account has been funded by the other
        }
        if self.stage >= Stage::Closing {
            return; // J2: nothing waits, pauses or bars, and there is no way back to `linked`
        }

        // B1, B3: the account is as before but for the recorded failure.
        if kind == Kind::InitialFunding {
            self.stage = Stage::Linked;
            self.pending_key = None;
        }
        // F5: a decline of a method since replaced counts for neither wait nor pause.
        if self.method.as_ref().unwrap().fingerprint() == fingerprint {
            let automatic = kind == Kind::AutoTopUp;
            match loss {
                Loss::Soft(_) if automatic => self.wait_for_retry(step),
                Loss::Hard(_) => self.pause(step, "hard_decline"),
                Loss::Abandoned if automatic => self.pause(step, "charge_abandoned"), // F4
                _ => {}
            }
        }
        self.failures.push(Failure { charge: number, fingerprint: fingerprint.clone(), at: step.at });
        self.bar_if_too_many(step, &fingerprint);
    }

    // ---- asking and cancelling (F3, F4) ---------------------------------------------------------

    /// F3: from now on it is only looked up.
    pub(super) fn end_asking(&mut self, step: &mut Step) {
        let charge = self.open_charge.as_mut().unwrap();
        charge.way = Way::LookedUp;
        step.event("charge_asking_ended", [("charge", charge.number.into())]);
    }

    /// F4: the open charge's cancellation is owed from now on.
    pub(super) fn begin_cancelling(&mut self, step: &mut Step, cause: &str) {
        let charge = self.open_charge.as_mut().unwrap();
        charge.way = Way::Cancelling;
        step.event("charge_cancelling", [("charge", charge.number.into()), ("cause", cause.into())]);
    }
}
