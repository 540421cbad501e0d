//! Words for charges, failure and recovery (chapters E and F).

use prepaid::{Action, ChargeKind, ChargeNumber, Decline, Setting, TopUpOutlook};

use super::{Answer, Life, amount};

impl Life {
    /// Sets threshold and target.
    pub fn sets(&mut self, threshold: &str, target: &str) -> Answer {
        let (threshold, target) = (Some(amount(threshold)), Some(amount(target)));
        self.owner(Action::SetTopUp {
            threshold,
            target,
            enabled: None,
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        })
    }

    /// Switches the automatic top-up on or off.
    pub fn switches(&mut self, on: bool) -> Answer {
        self.owner(Action::SetTopUp {
            threshold: None,
            target: None,
            enabled: Some(on),
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        })
    }

    /// Sets the caps on automatic charges: an amount per month, a number per day.
    pub fn caps(&mut self, monthly_cap: Setting<&str>, daily_count: Setting<u16>) -> Answer {
        let monthly_cap = match monthly_cap {
            Setting::Kept => Setting::Kept,
            Setting::Off => Setting::Off,
            Setting::To(text) => Setting::To(amount(text)),
        };
        self.owner(Action::SetTopUp {
            threshold: None,
            target: None,
            enabled: None,
            monthly_cap,
            daily_count,
        })
    }

    pub fn tops_up(&mut self, text: &str) -> Answer {
        self.owner(Action::TopUp { amount: amount(text) })
    }

    fn open_charge(&self) -> ChargeNumber {
        self.account.open_charge().expect("a charge is open").number
    }

    /// The provider takes what was asked by the open charge.
    pub fn charge_succeeds(&mut self) -> Answer {
        let amount = self.account.open_charge().expect("a charge is open").amount;
        self.charge_succeeds_with(self.open_charge().0, &amount.to_string())
    }

    /// The provider reports that this charge took this much.
    pub fn charge_succeeds_with(&mut self, charge: u32, text: &str) -> Answer {
        let (charge, reference) = (ChargeNumber(charge), "ch_1".parse().unwrap());
        self.provider(Action::ChargeSucceeded { charge, amount: amount(text), reference })
    }

    /// The open charge is declined.
    pub fn charge_fails(&mut self, decline: Decline) -> Answer {
        let (charge, reason) = (self.open_charge(), "declined".parse().unwrap());
        self.provider(Action::ChargeFailed { charge, decline, reason })
    }

    /// The open charge needs the owner to act.
    pub fn charge_requires_action(&mut self) -> Answer {
        let (charge, reference) = (self.open_charge(), "pi_1".parse().unwrap());
        self.provider(Action::ChargeActionRequired { charge, reference })
    }

    /// The provider says that the open charge is cancelled.
    pub fn charge_is_cancelled(&mut self) -> Answer {
        let charge = self.open_charge();
        self.provider(Action::ChargeCancelled { charge })
    }

    /// A look-up finds no such charge.
    pub fn charge_is_not_found(&mut self) -> Answer {
        let charge = self.open_charge();
        self.provider(Action::ChargeNotFound { charge })
    }

    /// The operator resolves a charge by evidence.
    pub fn resolves(&mut self, charge: u32, taken: &str) -> Answer {
        let (charge, evidence) = (ChargeNumber(charge), "statement of May".parse().unwrap());
        self.operator(Action::ResolveCharge { charge, taken: amount(taken), evidence })
    }

    pub fn owner_cancels(&mut self, charge: u32) -> Answer {
        self.owner(Action::CancelCharge { charge: ChargeNumber(charge) })
    }

    pub fn operator_cancels(&mut self, charge: u32) -> Answer {
        self.operator(Action::CancelCharge { charge: ChargeNumber(charge) })
    }

    pub fn reactivates(&mut self) -> Answer {
        self.owner(Action::ReactivateTopUp {})
    }

    pub fn operator_reactivates(&mut self) -> Answer {
        self.operator(Action::ReactivateTopUp {})
    }

    /// Buys credit by hand: asked, and taken.
    pub fn buys(&mut self, text: &str) -> Answer {
        self.tops_up(text)?;
        self.charge_succeeds()
    }

    /// Whether and when an automatic top-up will come (F6).
    pub fn outlook(&self) -> TopUpOutlook {
        self.account.top_up_outlook(&self.policy, self.now)
    }

    /// A charge of this kind and amount is open.
    #[track_caller]
    pub fn asks_for(&self, kind: ChargeKind, text: &str) {
        let open = self.account.open_charge().map(|charge| (charge.kind, charge.amount));
        assert_eq!(open, Some((kind, amount(text))), "the open charge");
    }

    #[track_caller]
    pub fn asks_for_nothing(&self) {
        assert_eq!(self.account.open_charge(), None, "no charge is open");
    }
}
