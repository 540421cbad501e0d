//! Charges: what comes of them, how they are asked, and of what.

use prepaid::{Action, Actor, Amount, ChargeNumber, Decline, Setting};

use super::{Moves, amount, link, text};

impl Moves<'_> {
    pub(super) fn results(&mut self) {
        if let Some(open) = self.account.open_charge().cloned() {
            let charge = open.number;
            self.taken(charge, open.amount);
            self.usual(Action::ChargeActionRequired { charge, reference: text("ch_1") });
            for decline in [Decline::Soft, Decline::Hard] {
                self.usual(Action::ChargeFailed { charge, decline, reason: text("declined") });
            }
            self.usual(Action::ChargeCancelled { charge });
            self.usual(Action::ChargeNotFound { charge });
            for taken in [Amount::ZERO, open.amount, amount("0.01")] {
                self.usual(Action::ResolveCharge { charge, taken, evidence: text("seen") });
            }
            self.add(Action::CancelCharge { charge }, Actor::Owner);
            self.add(Action::CancelCharge { charge }, Actor::Operator);
        }
        let ended: Vec<_> = self.account.charges().iter().rev().take(2).cloned().collect();
        for ended in ended {
            let charge = ended.number;
            self.taken(charge, ended.amount);
            self.usual(Action::ChargeFailed { charge, decline: Decline::Hard, reason: text("declined") });
            self.usual(Action::ResolveCharge { charge, taken: ended.amount, evidence: text("seen") });
            self.usual(Action::CancelCharge { charge });
        }
        let charge = self.next_charge();
        self.taken(charge, amount("10"));
    }

    /// A success of what was asked, and of a cent more or less.
    fn taken(&mut self, charge: ChargeNumber, asked: Amount) {
        let cent = amount("0.01");
        let wrong = [asked.checked_add(cent), asked.checked_sub(cent)];
        for amount in [asked].into_iter().chain(wrong.into_iter().flatten()) {
            self.usual(Action::ChargeSucceeded { charge, amount, reference: text("ch_1") });
        }
    }

    pub(super) fn settings(&mut self) {
        let settings = [
            (None, None, Some(false)),
            (None, None, Some(true)),
            (Some("5"), None, None),
            (Some("10"), None, None),
            (None, Some("30"), None),
            (Some("2"), Some("10"), None),
        ];
        for (threshold, target, enabled) in settings {
            self.usual(Action::SetTopUp {
                threshold: threshold.map(amount),
                target: target.map(amount),
                enabled,
                monthly_cap: Setting::Kept,
                daily_count: Setting::Kept,
            });
        }
        self.usual(Action::ReactivateTopUp {});
        self.add(Action::ReactivateTopUp {}, Actor::Operator);
    }

    pub(super) fn caps(&mut self) {
        let caps = [
            (Setting::To(amount("15")), Setting::Kept),
            (Setting::To(amount("0.49")), Setting::Kept),
            (Setting::Off, Setting::Kept),
            (Setting::Kept, Setting::To(1)),
            (Setting::Kept, Setting::To(0)),
            (Setting::Kept, Setting::Off),
        ];
        for (monthly_cap, daily_count) in caps {
            let (threshold, target, enabled) = (None, None, None);
            self.usual(Action::SetTopUp { threshold, target, enabled, monthly_cap, daily_count });
        }
    }

    /// The least, a cent less, what fits under the maximum balance, and a cent more than ever may be asked.
    pub(super) fn manual(&mut self) {
        for text in ["1", "0.99", "20", "30.01", "1.001"] {
            self.usual(Action::TopUp { amount: amount(text) });
        }
    }

    pub(super) fn methods(&mut self) {
        for n in [1, 2, 3] {
            self.all.push(link(n));
        }
    }
}
