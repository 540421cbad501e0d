//! The payment provider of a metering run: it answers charges by a plan, each so long after it was asked.

use clap::ValueEnum;
use prepaid::{Action, Actor, ChargeNumber, Command, Decline, Effect, Span, Text, Timestamp};
use serde::Serialize;

/// What becomes of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// It succeeds.
    Ok,
    /// It is declined, and may go through later.
    Soft,
    /// It is declined for good.
    Hard,
    /// The owner has to act, and never does.
    Action,
    /// It is never answered.
    Never,
}

/// The provider: at most one charge is open, so at most one answer is under way.
#[derive(Debug)]
pub(super) struct Provider<'a> {
    answers: &'a [Answer],
    delay: Span,
    /// The charge that was answered, or is about to be, and how.
    taken: Option<(ChargeNumber, Asked)>,
    under_way: Option<(Timestamp, Command)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    ToCharge,
    ToCancel,
}

impl<'a> Provider<'a> {
    /// A provider that answers the charges by the plan.
    pub(super) const fn new(answers: &'a [Answer], delay: Span) -> Self {
        Self { answers, delay, taken: None, under_way: None }
    }

    /// When the next answer comes.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.under_way.as_ref().map(|(at, _)| *at)
    }

    /// Takes the answer that is under way.
    pub(super) const fn take(&mut self) -> Option<(Timestamp, Command)> {
        self.under_way.take()
    }

    /// Hears what the account is owed.
    pub(super) fn hear(&mut self, owed: impl Iterator<Item = Effect>, now: Timestamp) {
        for effect in owed {
            let (charge, asked) = match &effect {
                Effect::MakeCharge { charge, .. } => (*charge, Asked::ToCharge),
                Effect::CancelCharge { charge, .. } => (*charge, Asked::ToCancel),
                // Whoever never answered does not answer a look-up.
                // A metered log asks for no money back.
                Effect::LookUpCharge { .. } | Effect::SendRefund { .. } | Effect::LookUpRefund { .. } => {
                    continue;
                }
            };
            if self.taken == Some((charge, asked)) {
                continue;
            }
            self.taken = Some((charge, asked));
            let at = now.saturating_add(self.delay);
            self.under_way = self.answer_to(&effect).map(|action| (at, action.by(Actor::Provider)));
        }
    }

    fn answer_to(&self, effect: &Effect) -> Option<Action> {
        match effect {
            Effect::MakeCharge { charge, amount, .. } => {
                let (charge, reference) = (*charge, reference(*charge)?);
                match self.plan(charge) {
                    Answer::Ok => Some(Action::ChargeSucceeded { charge, amount: *amount, reference }),
                    Answer::Soft => Some(declined(charge, Decline::Soft, "insufficient funds")?),
                    Answer::Hard => Some(declined(charge, Decline::Hard, "card reported stolen")?),
                    Answer::Action => Some(Action::ChargeActionRequired { charge, reference }),
                    Answer::Never => None,
                }
            }
            Effect::CancelCharge { charge, .. } => match self.plan(*charge) {
                Answer::Never => None,
                Answer::Ok | Answer::Soft | Answer::Hard | Answer::Action => {
                    Some(Action::ChargeCancelled { charge: *charge })
                }
            },
            Effect::LookUpCharge { .. } | Effect::SendRefund { .. } | Effect::LookUpRefund { .. } => None,
        }
    }

    /// Charge 1 is the initial funding; the last entry is repeated.
    fn plan(&self, charge: ChargeNumber) -> Answer {
        let Some(place) = charge.0.checked_sub(1) else { return Answer::Ok };
        let planned = usize::try_from(place).ok().and_then(|place| self.answers.get(place));
        planned.or(self.answers.last()).copied().unwrap_or(Answer::Ok)
    }
}

fn declined(charge: ChargeNumber, decline: Decline, reason: &str) -> Option<Action> {
    Some(Action::ChargeFailed { charge, decline, reason: reason.parse().ok()? })
}

fn reference(charge: ChargeNumber) -> Option<Text> {
    format!("ch_{charge}").parse().ok()
}
