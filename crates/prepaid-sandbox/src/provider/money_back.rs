//! Refunds and disputes.

use prepaid::{Amount, DisputeOutcome};

use crate::card::Card;
use crate::protocol::{Answer, AskedBack, News, RefundState, Refusal};
use crate::provider::{Inner, Reply};
use crate::state::{Change, Named};

fn failed(reason: &str) -> RefundState {
    RefundState::Failed { reason: reason.into() }
}

impl Inner {
    pub(super) fn refund(&mut self, asked: AskedBack) -> Result<Reply, Refusal> {
        match self.remembered(&asked.key) {
            None => self.refund_anew(asked),
            Some(Named::Payment(_)) => Err(Refusal::Conflict),
            Some(named @ Named::Refund(number)) => {
                let known = self.state.refunds.get(&number).ok_or(Refusal::Conflict)?;
                if known.asked != asked {
                    return Err(Refusal::Conflict);
                }
                let answer = Answer::Refund { reference: known.reference(), state: known.answered.clone() };
                self.asked_for(named)?;
                Ok(answer.into())
            }
        }
    }

    fn refund_anew(&mut self, asked: AskedBack) -> Result<Reply, Refusal> {
        let payment = self.state.payment_under(&asked.charge_key).ok_or(Refusal::NoSuchCharge)?;
        if payment.state.taken().is_none() {
            return Err(Refusal::NoSuchCharge);
        }
        let state = if asked.currency != payment.currency() {
            failed("another_currency")
        } else if asked.amount.is_zero() || asked.amount > self.state.left(payment) {
            failed("more_than_is_left")
        } else {
            match payment.card {
                Card::RefundFails => failed("refund_declined"),
                Card::RefundLate => RefundState::Pending {},
                Card::Fine
                | Card::Soft
                | Card::Hard
                | Card::Action
                | Card::Late
                | Card::Twice
                | Card::Unordered
                | Card::Contradicts
                | Card::Never
                | Card::OtherAmount(_)
                | Card::LostAnswer
                | Card::BrokenAnswer
                | Card::SlowAnswer(_)
                | Card::LostRequest
                | Card::Disputed
                | Card::RefundFailsLater => RefundState::Succeeded {},
            }
        };
        let (account, payment) = (payment.account(), payment.number);
        let reference = format!("re_{}", self.state.next_refund());
        let refund = asked.refund;
        let mut changes = vec![Change::Refund { asked, payment, answered: state.clone() }];
        if state != (RefundState::Pending {}) {
            let news = News::Refund { refund, reference: reference.clone(), state: state.clone() };
            changes.push(Change::Told { account, news });
        }
        self.commit(changes)?;
        Ok(Answer::Refund { reference, state }.into())
    }

    pub(super) fn look_up_refund(&mut self, key: &str) -> Result<Reply, Refusal> {
        let Some(refund) = self.state.refund_under(key) else { return Ok(Answer::NotFound {}.into()) };
        let number = refund.number;
        self.asked_for(Named::Refund(number))?;
        let refund = self.state.refunds.get(&number);
        let answer = refund.map_or(Answer::NotFound {}, |refund| Answer::Refund {
            reference: refund.reference(),
            state: refund.state.clone(),
        });
        Ok(answer.into())
    }

    /// A refund that was pending succeeds; one that had succeeded comes back.
    pub(super) fn bring_refund(&mut self, number: u64) -> Result<(), Refusal> {
        let Some(refund) = self.state.refunds.get(&number) else { return Ok(()) };
        let Some(payment) = self.state.payments.get(&refund.payment) else { return Ok(()) };
        let state = match refund.state {
            RefundState::Pending {} => RefundState::Succeeded {},
            RefundState::Succeeded {} | RefundState::Failed { .. } => failed("came_back"),
        };
        let told = refund.news(payment.account(), state.clone());
        self.commit(vec![Change::RefundMoved { refund: number, state }, told])
    }

    pub(super) fn dispute(&mut self, charge_key: &str, id: String, amount: Amount) -> Result<Reply, Refusal> {
        let payment = self.state.payment_under(charge_key).ok_or(Refusal::NoSuchCharge)?;
        let taken = payment.state.taken().ok_or(Refusal::NoSuchCharge)?;
        if let Some(known) = self.state.disputes.get(&id) {
            let same = known.payment == payment.number && known.amount == amount;
            return if same { Ok(Answer::Done {}.into()) } else { Err(Refusal::Conflict) };
        }
        // It is told on as a text of that form.
        if let Err(error) = id.parse::<prepaid::Text>() {
            return Err(Refusal::Malformed(format!("a dispute's id {error}")));
        }
        if amount.is_zero() || amount > taken {
            return Err(Refusal::Malformed("a dispute is above zero, and at most what was taken".into()));
        }
        let news = News::DisputeOpened { charge: payment.charge(), dispute: id.clone(), amount };
        let told = Change::Told { account: payment.account(), news };
        let payment = payment.number;
        self.commit(vec![Change::DisputeOpened { id, payment, amount }, told])?;
        Ok(Answer::Done {}.into())
    }

    pub(super) fn end_dispute(&mut self, id: String, outcome: DisputeOutcome) -> Result<Reply, Refusal> {
        let dispute = self.state.disputes.get(&id).ok_or(Refusal::NoSuchDispute)?;
        match dispute.outcome {
            Some(known) if known == outcome => return Ok(Answer::Done {}.into()),
            Some(_) => return Err(Refusal::Conflict),
            None => {}
        }
        let payment = self.state.payments.get(&dispute.payment).ok_or(Refusal::NoSuchDispute)?;
        let account = payment.account();
        let told = Change::Told { account, news: News::DisputeEnded { dispute: id.clone(), outcome } };
        self.commit(vec![Change::DisputeEnded { id, outcome }, told])?;
        Ok(Answer::Done {}.into())
    }
}
