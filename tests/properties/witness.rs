//! What must hold over a whole life, re-derived from its events alone, in `Decimal` (and in units of the last digit
//! where sums could round), sharing nothing with the machine.
//! Properties, the explorer and the fuzzed program ask it after every step.

use std::collections::BTreeMap;

use prepaid::{Account, Batch, ChargeKind, Event, Policy, TopUpOutlook};
use rust_decimal::Decimal;

/// What the events of a life so far say.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    holds: BTreeMap<prepaid::CallId, Decimal>,
    /// What each charge asked and of which payment method.
    asked: BTreeMap<u32, (Decimal, String)>,
    open: Vec<u32>,
    succeeded: Vec<u32>,
    superseded: Vec<u32>,
    /// When charges that count failed, by payment method.
    failures: Vec<(String, i64, u32)>,
    funded: bool,
    /// What each succeeded charge credited, and what has gone back of it (G2).
    credits: BTreeMap<u32, Decimal>,
    refunds: BTreeMap<u32, (u32, Decimal, bool)>,
    recorded: Vec<(u32, Decimal, String)>,
    disputes: BTreeMap<String, (u32, Decimal, bool)>,
    /// What came beside the charges and what went, in units of the last digit, whose sums never round: grants that took
    /// effect and debts given up; usage settled, and credit that is gone (M5).
    came: i128,
    went: i128,
    waiting: BTreeMap<prepaid::GrantId, Decimal>,
    /// Automatic charges by the time of their request, and how much counts (E7).
    automatic: BTreeMap<u32, (String, Decimal)>,
    caps: (Option<Decimal>, Option<u16>),
    /// What reversals have taken from the account, in all, in units (D8).
    went_back: i128,
}

impl Witness {
    /// Takes a batch down. An error is a rule that its events break.
    pub fn see(&mut self, policy: &Policy, batch: &Batch) -> Result<(), String> {
        for event in &batch.events {
            let before = self.contributions();
            self.note(policy, batch.at.as_micros(), event)?;
            if !matches!(event, Event::ChargeArchived { .. }) {
                self.went_back += units(before - self.contributions()).max(0);
            }
        }
        Ok(())
    }

    /// Compares an account with what its events said. An error is a rule that the account breaks.
    pub fn agrees(&self, policy: &Policy, account: &Account) -> Result<(), String> {
        let balance = account.balance();
        let held: Decimal = self.holds.values().sum();
        same("posted (M5)", balance.posted.to_decimal(), self.posted())?;
        same("held (M5)", balance.held.to_decimal(), held)?;
        same("available (M5)", balance.available.to_decimal(), self.posted() - held)?;
        let open = account.open_charge().map(|charge| charge.number.0);
        holds(open == self.open.last().copied(), "another charge is open (E4)")?;
        // Below zero only by the policy's debt or by a reversal (D8), and never beside credit that could pay it (H4).
        let debt = policy.numbers().debt_at_settlement.to_decimal();
        holds(
            units(balance.available.to_decimal()) >= -units(debt) - self.went_back,
            "available is below what is allowed (D8)",
        )?;
        let unheld: Decimal = account.lots().iter().map(|lot| lot.left.to_decimal()).sum();
        holds(unheld.is_zero() || !account.purchased().is_debt(), "credit beside a debt (H4)")?;
        same(
            "the lots' credit (H2)",
            account.purchased().to_decimal() + unheld,
            balance.available.to_decimal(),
        )?;
        account.check().map_err(|violation| violation.to_string())
    }
}

impl Witness {
    fn end(&mut self, number: u32) -> Result<(), String> {
        holds(self.open.pop() == Some(number), "an ending of a charge that is not open (E4)")?;
        Ok(())
    }

    /// No request takes a window above its cap (E7); only a late success, or one of another amount, may.
    fn request_within_caps(&mut self, charge: u32, amount: Decimal, at: &str) -> Result<(), String> {
        let (month, day) = (&at[..7], &at[..10]);
        self.automatic.insert(charge, (at.to_owned(), amount));
        let in_month = self.automatic.values().filter(|(asked, _)| asked.starts_with(month));
        let used: Decimal = in_month.map(|(_, counts)| *counts).sum();
        holds(self.caps.0.is_none_or(|cap| used <= cap), "a request above the monthly cap (E7)")?;
        let asked = self.automatic.values().filter(|(asked, _)| asked.starts_with(day)).count();
        holds(self.caps.1.is_none_or(|most| asked <= usize::from(most)), "above the daily count (E7)")?;
        Ok(())
    }

    /// What an automatic charge counts in its month, now that it has ended (E7).
    fn counts(&mut self, charge: u32, amount: Decimal) {
        if let Some((_, counts)) = self.automatic.get_mut(&charge) {
            *counts = amount;
        }
    }

    fn contributions(&self) -> Decimal {
        let contribution = |(charge, credited): (&u32, &Decimal)| {
            let refunds = self.refunds.values().filter(|(of, _, stands)| of == charge && *stands);
            let recorded = self.recorded.iter().filter(|(of, _, _)| of == charge);
            let disputes = self.disputes.values().filter(|(of, _, stands)| of == charge && *stands);
            let gone: Decimal = refunds.map(|(_, amount, _)| amount).sum::<Decimal>()
                + recorded.map(|(_, amount, _)| amount).sum::<Decimal>()
                + disputes.map(|(_, amount, _)| amount).sum::<Decimal>();
            (credited - gone).max(Decimal::ZERO)
        };
        self.credits.iter().map(contribution).sum()
    }

    pub fn posted(&self) -> Decimal {
        Decimal::from_i128_with_scale(units(self.contributions()) + self.came - self.went, 12).normalize()
    }

    #[expect(clippy::too_many_lines, reason = "one row an event")]
    fn note(&mut self, policy: &Policy, at: i64, event: &Event) -> Result<(), String> {
        let at_text = prepaid::Timestamp::from_micros(at).unwrap().to_string();
        match event {
            Event::ChargeRequested(asked) => {
                holds(self.open.is_empty(), "two open charges (E4)")?;
                // Bounded attempts (F5): never as many failures of one method in the window as the policy's bound.
                let bound = usize::from(policy.numbers().failures_bound);
                let window = policy.numbers().failures_window.as_micros();
                let of_method = |method: &str| method == asked.fingerprint.to_string();
                let recent =
                    |(method, failed, _): &&(String, i64, u32)| of_method(method) && failed + window > at;
                holds(self.failures.iter().filter(recent).count() < bound, "asked of a barred method (F5)")?;
                let amount = asked.amount.to_decimal();
                holds(amount > Decimal::ZERO, "a charge of nothing (M4)")?;
                if asked.kind == ChargeKind::AutoTopUp {
                    self.request_within_caps(asked.charge.0, amount, &at_text)?;
                }
                self.asked.insert(asked.charge.0, (amount, asked.fingerprint.to_string()));
                self.open.push(asked.charge.0);
                if asked.kind == ChargeKind::InitialFunding {
                    holds(!self.funded, "a second initial funding (B4)")?;
                }
            }
            Event::ChargeSucceeded { charge, amount, .. } => {
                self.end(charge.0)?;
                self.counts(charge.0, amount.to_decimal());
                self.credit(charge.0, amount.to_decimal())?;
            }
            Event::ChargeSucceededLate { charge, amount, .. } => {
                self.counts(charge.0, amount.to_decimal());
                self.failures.retain(|(_, _, number)| *number != charge.0);
                self.credit(charge.0, amount.to_decimal())?;
            }
            Event::ChargeFailed { charge, .. } | Event::ChargeAbandoned { charge, .. } => {
                self.end(charge.0)?;
                self.counts(charge.0, Decimal::ZERO);
                if !self.superseded.contains(&charge.0) {
                    self.failures.push((self.asked[&charge.0].1.clone(), at, charge.0));
                }
            }
            Event::ChargeSuperseded { charge } => self.superseded.push(charge.0),
            Event::CallAuthorized { call, amount, .. } => {
                holds(self.holds.insert(*call, amount.to_decimal()).is_none(), "a call held twice (D5)")?;
            }
            Event::CallCharged { amount, .. } => self.went += units(amount.to_decimal()),
            Event::CallSettled { call, amount } => {
                holds(self.holds.remove(call).is_some(), "a settlement without a hold (D5)")?;
                self.went += units(amount.to_decimal());
            }
            Event::CallReleased { call } | Event::CallExpired { call, .. } => {
                holds(self.holds.remove(call).is_some(), "a hold freed twice (D5)")?;
            }
            Event::CallSettledLate { amount, .. } => self.went += units(amount.to_decimal()),
            Event::TopUpSet(set) => {
                self.caps = (set.monthly_cap.map(prepaid::Amount::to_decimal), set.daily_count);
            }
            Event::GrantIssued(issued) => {
                let face = issued.amount.to_decimal();
                if issued.effective_at.is_some_and(|start| start.as_micros() > at) {
                    self.waiting.insert(issued.grant, face);
                } else {
                    self.came += units(face);
                }
            }
            Event::GrantStarted { grant } => self.came += units(self.waiting.remove(grant).unwrap()),
            Event::GrantVoided { grant, amount } => {
                self.waiting.remove(grant);
                self.went += units(amount.to_decimal());
            }
            Event::GrantExpired { amount, .. }
            | Event::GrantLapsed { amount, .. }
            | Event::CreditForfeited { amount } => self.went += units(amount.to_decimal()),
            Event::DebtWrittenOff { amount, .. } => self.came += units(amount.to_decimal()),
            Event::RefundRequested { refund, charge, amount, .. } => {
                self.refunds.insert(refund.0, (charge.0, amount.to_decimal(), true));
            }
            Event::RefundSucceeded { refund, reference } => {
                let (charge, amount, _) = self.refunds[&refund.0];
                let this = (charge, amount, reference.to_string());
                self.recorded.retain(|known| *known != this);
            }
            Event::RefundFailed { refund, .. } => {
                let (_, _, stands) = self.refunds.get_mut(&refund.0).unwrap();
                holds(*stands, "a refund comes back twice (G1)")?;
                *stands = false;
            }
            Event::RefundRecorded { charge, amount, reference } => {
                self.recorded.push((charge.0, amount.to_decimal(), reference.to_string()));
            }
            Event::DisputeOpened { dispute, charge, amount } => {
                self.disputes.insert(dispute.to_string(), (charge.0, amount.to_decimal(), true));
            }
            Event::DisputeClosed { dispute, outcome } => {
                if *outcome == prepaid::DisputeOutcome::Won {
                    self.disputes.get_mut(dispute.as_str()).unwrap().2 = false;
                }
            }
            // The records go, what the charge contributes stays: here nothing is forgotten but ids (G1).
            Event::ChargeArchived { charge } => {
                let stays = self.contributions();
                self.credits.remove(&charge.0);
                self.refunds.retain(|_, (of, _, _)| *of != charge.0);
                self.recorded.retain(|(of, _, _)| *of != charge.0);
                self.disputes.retain(|_, (of, _, _)| *of != charge.0);
                self.came += units(stays - self.contributions());
            }
            // What moves no money and ends no charge; a new event has to be placed here or above.
            Event::AccountOpened(_)
            | Event::TermsAccepted(_)
            | Event::UseChosen(_)
            | Event::BillingUpdated(_)
            | Event::PaymentMethodLinked(_)
            | Event::FirstKeyRequested(_)
            | Event::FirstKeyDropped { .. }
            | Event::KeyCreated(_)
            | Event::KeyRelabelled { .. }
            | Event::KeyRevoked { .. }
            | Event::KeyLimited { .. }
            | Event::TopUpReactivated {}
            | Event::ChargeActionRequired { .. }
            | Event::ChargeAskingEnded { .. }
            | Event::ChargeCancelling { .. }
            | Event::ChargeMismatched { .. }
            | Event::ChargeResolved { .. }
            | Event::TopUpRetryScheduled { .. }
            | Event::TopUpRetryDue {}
            | Event::TopUpPaused { .. }
            | Event::TopUpDeferred { .. }
            | Event::TopUpCapReset {}
            | Event::RefundAskingEnded { .. }
            | Event::ReversalPaused { .. }
            | Event::ReversalPauseEnded {}
            | Event::DisputesCleared {}
            | Event::SpendingLimited { .. }
            | Event::NoticeSet { .. }
            | Event::LowBalanceNoticed { .. }
            | Event::BalanceRecovered { .. }
            | Event::AccountMigrated { .. }
            | Event::AccountClosing {}
            | Event::AccountClosed {}
            | Event::MethodBarred { .. }
            | Event::MethodBarEnded { .. }
            | Event::CallExtended { .. }
            | Event::CallForgotten { .. }
            | Event::AccountSuspended { .. }
            | Event::AccountResumed {} => {}
        }
        Ok(())
    }

    fn credit(&mut self, number: u32, amount: Decimal) -> Result<(), String> {
        holds(!self.succeeded.contains(&number), "a charge credited twice (F2)")?;
        self.succeeded.push(number);
        self.credits.insert(number, amount);
        self.funded = true;
        Ok(())
    }
}

/// After a step that changed something, no top-up is left due (E3).
pub fn nothing_left_due(policy: &Policy, account: &Account, batch: &Batch) -> Result<(), String> {
    let due = !batch.events.is_empty() && account.top_up_outlook(policy, batch.at) == TopUpOutlook::Due;
    holds(!due, "a top-up is left due (E3)")
}

/// How many units of the last digit an amount is.
fn units(amount: Decimal) -> i128 {
    let mut exact = amount;
    exact.rescale(12);
    exact.mantissa()
}

fn holds(it_does: bool, otherwise: &str) -> Result<(), String> {
    if it_does { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn same(what: &str, machine: Decimal, events: Decimal) -> Result<(), String> {
    if machine == events { Ok(()) } else { Err(format!("{what}: machine {machine}, events {events}")) }
}
