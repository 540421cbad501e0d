//! Words for money going back, and for the end (chapters G and J).

use prepaid::{Action, ChargeNumber, DisputeOutcome, RefundNumber};

use super::{Answer, Life, amount};

impl Life {
    /// The owner asks for a refund.
    pub fn refunds(&mut self, charge: u32, text: &str) -> Answer {
        let charge = ChargeNumber(charge);
        self.owner(Action::Refund { charge, amount: amount(text), forced: false })
    }

    /// The operator asks for a refund, whatever credit is left.
    pub fn forces_refund(&mut self, charge: u32, text: &str) -> Answer {
        let charge = ChargeNumber(charge);
        self.operator(Action::Refund { charge, amount: amount(text), forced: true })
    }

    /// The operator asks for a refund, no more than credit is left.
    pub fn operator_refunds(&mut self, charge: u32, text: &str) -> Answer {
        let charge = ChargeNumber(charge);
        self.operator(Action::Refund { charge, amount: amount(text), forced: false })
    }

    pub fn refund_succeeds(&mut self, refund: u32) -> Answer {
        let reference = format!("re_{refund}").parse().unwrap();
        self.provider(Action::RefundSucceeded { refund: RefundNumber(refund), reference })
    }

    /// The provider sent a refund, and calls it so.
    pub fn refund_succeeds_as(&mut self, refund: u32, reference: &str) -> Answer {
        let reference = reference.parse().unwrap();
        self.provider(Action::RefundSucceeded { refund: RefundNumber(refund), reference })
    }

    pub fn refund_fails(&mut self, refund: u32) -> Answer {
        let reason = "account closed".parse().unwrap();
        self.provider(Action::RefundFailed { refund: RefundNumber(refund), reason })
    }

    /// What is known of the n-th refund.
    pub fn refund(&self, refund: u32) -> &prepaid::Refund {
        let number = RefundNumber(refund);
        self.account.refunds().iter().find(|refund| refund.number == number).unwrap()
    }

    /// A refund was made at the provider.
    pub fn records_refund(&mut self, charge: u32, text: &str, reference: &str) -> Answer {
        let (charge, reference) = (ChargeNumber(charge), reference.parse().unwrap());
        self.provider(Action::RecordRefund { charge, amount: amount(text), reference })
    }

    pub fn is_disputed(&mut self, dispute: &str, charge: u32, text: &str) -> Answer {
        let (dispute, charge) = (dispute.parse().unwrap(), ChargeNumber(charge));
        self.provider(Action::OpenDispute { dispute, charge, amount: amount(text) })
    }

    pub fn dispute_ends(&mut self, dispute: &str, outcome: DisputeOutcome) -> Answer {
        self.provider(Action::CloseDispute { dispute: dispute.parse().unwrap(), outcome })
    }

    /// A dispute is won: the money comes back.
    pub fn wins(&mut self, dispute: &str) -> Answer {
        self.dispute_ends(dispute, DisputeOutcome::Won)
    }

    pub fn loses(&mut self, dispute: &str) -> Answer {
        self.dispute_ends(dispute, DisputeOutcome::Lost)
    }

    /// What a charge still contributes to the balance.
    #[track_caller]
    pub fn contributes(&self, charge: u32, text: &str) {
        assert_eq!(self.account.contribution(ChargeNumber(charge)), Some(amount(text)), "contribution");
    }

    pub fn writes_off(&mut self, text: &str) -> Answer {
        self.operator(Action::WriteOff { amount: amount(text), reason: "bankrupt".parse().unwrap() })
    }

    pub fn closes(&mut self) -> Answer {
        self.owner(Action::Close {})
    }
}
