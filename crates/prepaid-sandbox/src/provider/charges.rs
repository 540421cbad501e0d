//! Taking money.

use crate::card::{Card, Manner};
use crate::protocol::{Answer, Asked, News, PaymentState, Refusal};
use crate::provider::{Inner, Reply};
use crate::state::{Change, Named, Payment};

/// The payment as it is.
fn as_it_is(payment: &Payment) -> Reply {
    Answer::Payment { reference: payment.reference(), state: payment.state.clone() }.into()
}

impl Inner {
    pub(super) fn charge(&mut self, asked: Asked) -> Result<Reply, Refusal> {
        if asked.amount.is_zero() {
            return Err(Refusal::Malformed("a charge of nothing".into()));
        }
        match self.remembered(&asked.key) {
            None => self.charge_anew(asked),
            Some(Named::Refund(_)) => Err(Refusal::Conflict),
            Some(named @ Named::Payment(number)) => {
                let known = self.state.payments.get(&number).ok_or(Refusal::Conflict)?;
                if known.asked != asked {
                    return Err(Refusal::Conflict);
                }
                // What was said first, whatever has become of it since.
                let answer = Answer::Payment { reference: known.reference(), state: known.answered.clone() };
                self.asked_for(named)?;
                Ok(answer.into())
            }
        }
    }

    /// A key that is new, or forgotten: then this takes money again.
    fn charge_anew(&mut self, asked: Asked) -> Result<Reply, Refusal> {
        let card = Card::of(&asked.token, &asked.key);
        if card == Card::LostRequest {
            return Ok(Reply { answer: None, manner: Manner::Lost });
        }
        let number = self.state.next_payment();
        let plan = card.plan(asked.amount);
        let reference = format!("pay_{number}");
        let (account, charge, taken) = (asked.account, asked.charge, plan.state.taken());
        let tell = |news| Change::Told { account, news };
        let told: Vec<Change> = plan
            .told
            .into_iter()
            .map(|state| tell(News::Payment { charge, reference: reference.clone(), state }))
            .collect();
        let answered = plan.answered.clone();
        let mut changes = vec![Change::Payment { asked, answered, state: plan.state }];
        changes.extend(told);
        if let (Card::Disputed, Some(amount)) = (&card, taken) {
            let id = format!("dp_{number}");
            changes.push(Change::DisputeOpened { id: id.clone(), payment: number, amount });
            changes.push(tell(News::DisputeOpened { charge, dispute: id, amount }));
        }
        self.commit(changes)?;
        let answer = Some(Answer::Payment { reference, state: plan.answered });
        Ok(Reply { answer, manner: card.manner() })
    }

    pub(super) fn look_up(&mut self, key: &str) -> Result<Reply, Refusal> {
        let Some(payment) = self.state.payment_under(key) else { return Ok(Answer::NotFound {}.into()) };
        let number = payment.number;
        self.asked_for(Named::Payment(number))?;
        Ok(self.state.payments.get(&number).map_or_else(|| Answer::NotFound {}.into(), as_it_is))
    }

    pub(super) fn cancel(&mut self, key: &str) -> Result<Reply, Refusal> {
        self.end_action(key, |_| PaymentState::Cancelled {})
    }

    pub(super) fn approve(&mut self, key: &str) -> Result<Reply, Refusal> {
        self.end_action(key, |payment| PaymentState::Succeeded { amount: payment.asked.amount })
    }

    /// Ends a charge that requires action; any other is what it is, and one under way cannot be stopped.
    fn end_action(
        &mut self,
        key: &str,
        ending: impl FnOnce(&Payment) -> PaymentState,
    ) -> Result<Reply, Refusal> {
        let Some(payment) = self.state.payment_under(key) else { return Ok(Answer::NotFound {}.into()) };
        let number = payment.number;
        match &payment.state {
            PaymentState::ActionRequired {} => {
                let state = ending(payment);
                let told = payment.news(state.clone());
                self.commit(vec![Change::PaymentMoved { payment: number, state }, told])?;
            }
            PaymentState::Pending {}
            | PaymentState::Succeeded { .. }
            | PaymentState::Failed { .. }
            | PaymentState::Cancelled {} => self.asked_for(Named::Payment(number))?,
        }
        Ok(self.state.payments.get(&number).map_or_else(|| Answer::NotFound {}.into(), as_it_is))
    }

    pub(super) fn bring_payment(&mut self, number: u64) -> Result<(), Refusal> {
        let Some(payment) = self.state.payments.get(&number) else { return Ok(()) };
        let state = PaymentState::Succeeded { amount: payment.asked.amount };
        let told = payment.news(state.clone());
        self.commit(vec![Change::PaymentMoved { payment: number, state }, told])
    }
}
