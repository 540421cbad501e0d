//! How the sandbox behaves, by the text of the payment token.

use std::time::Duration;

use prepaid::{Amount, Decline};

use crate::protocol::PaymentState;

/// How the sandbox behaves towards the charges and refunds of a card. What follows a `#` in a token says nothing, so that
/// there can be several cards of a kind: `card_ok#2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    /// `card_ok`: success, answered and told as an event.
    Fine,
    /// `card_soft`: declined, for now.
    Soft,
    /// `card_hard`: declined for good. So is any token that is none of these.
    Hard,
    /// `card_action`: requires action, until it is approved or cancelled.
    Action,
    /// `card_late`: pending, and stays so to whoever asks again; then success, as an event.
    Late,
    /// `card_twice`: success, answered and told twice.
    Twice,
    /// `card_unordered`: answered as pending; the events are success, action required, failure, success.
    Unordered,
    /// `card_contradicts`: a soft decline is answered, but the money was taken, as an event tells.
    Contradicts,
    /// `card_never`: pending, for ever; it cannot be cancelled.
    Never,
    /// `card_other_amount:19.99`: that amount is taken, whatever was asked.
    OtherAmount(Amount),
    /// `card_lost_answer`: success, but the first answer is lost.
    LostAnswer,
    /// `card_broken_answer`: success, but the first answer is cut off in the middle.
    BrokenAnswer,
    /// `card_slow_answer:1500`: success, but the first answer takes so many milliseconds.
    SlowAnswer(u64),
    /// `card_lost_request`: the connection closes, and nothing was taken; every time.
    LostRequest,
    /// `card_disputed`: success, and at once a dispute about all of it.
    Disputed,
    /// `card_refund_fails`: success; refunds fail.
    RefundFails,
    /// `card_refund_fails_later`: success; refunds succeed, and fail later, as an event.
    RefundFailsLater,
    /// `card_refund_late`: success; refunds are pending, and succeed later, as an event.
    RefundLate,
}

/// What happens when such a card is charged.
pub(crate) struct Plan {
    /// What is answered, also to whoever asks again.
    pub(crate) answered: PaymentState,
    /// What is true.
    pub(crate) state: PaymentState,
    /// What the events tell, in their order.
    pub(crate) told: Vec<PaymentState>,
}

/// How the first answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Usual,
    Lost,
    Broken,
    Slow(Duration),
}

impl Card {
    /// The card of a token, for a charge under a key: with `card_random:SEED` the key decides, always alike.
    ///
    /// ```
    /// use prepaid_sandbox::Card;
    /// assert_eq!(Card::of("card_other_amount:19.99", "k"), Card::OtherAmount("19.99".parse()?));
    /// assert_eq!(Card::of("card_random:7", "k"), Card::of("card_random:7", "k"));
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn of(token: &str, key: &str) -> Self {
        let token = token.split('#').next().unwrap_or_default();
        let (name, detail) = token.split_once(':').unwrap_or((token, ""));
        match name {
            "card_ok" => Self::Fine,
            "card_soft" => Self::Soft,
            "card_action" => Self::Action,
            "card_late" => Self::Late,
            "card_twice" => Self::Twice,
            "card_unordered" => Self::Unordered,
            "card_contradicts" => Self::Contradicts,
            "card_never" => Self::Never,
            "card_other_amount" => detail.parse().map_or(Self::Hard, Self::OtherAmount),
            "card_lost_answer" => Self::LostAnswer,
            "card_broken_answer" => Self::BrokenAnswer,
            "card_slow_answer" => detail.parse().map_or(Self::Hard, Self::SlowAnswer),
            "card_lost_request" => Self::LostRequest,
            "card_disputed" => Self::Disputed,
            "card_refund_fails" => Self::RefundFails,
            "card_refund_fails_later" => Self::RefundFailsLater,
            "card_refund_late" => Self::RefundLate,
            "card_random" => Self::at_random(detail, key),
            _ => Self::Hard,
        }
    }

    fn at_random(seed: &str, key: &str) -> Self {
        // None that never ends without an operator, and none that only takes time. Fine comes more often.
        let cards = [
            Self::Fine,
            Self::Soft,
            Self::Fine,
            Self::Hard,
            Self::Action,
            Self::Late,
            Self::Fine,
            Self::Twice,
            Self::Unordered,
            Self::Contradicts,
            Self::LostAnswer,
            Self::BrokenAnswer,
            Self::LostRequest,
            Self::Disputed,
            Self::RefundFails,
            Self::RefundFailsLater,
            Self::RefundLate,
        ];
        let number = usize::try_from(mixed(seed, key) >> 33).unwrap_or_default();
        let place = number.checked_rem(cards.len()).unwrap_or_default();
        cards.into_iter().nth(place).unwrap_or(Self::Fine)
    }

    pub(crate) fn plan(&self, asked: Amount) -> Plan {
        let succeeded = || PaymentState::Succeeded { amount: asked };
        let failed = |decline, reason: &str| PaymentState::Failed { decline, reason: reason.into() };
        let soft = || failed(Decline::Soft, "insufficient_funds");
        let alike = |state: PaymentState, told: usize| Plan {
            answered: state.clone(),
            told: vec![state.clone(); told],
            state,
        };
        match self {
            Self::Fine
            | Self::LostAnswer
            | Self::BrokenAnswer
            | Self::SlowAnswer(_)
            | Self::LostRequest
            | Self::Disputed
            | Self::RefundFails
            | Self::RefundFailsLater
            | Self::RefundLate => alike(succeeded(), 1),
            Self::Twice => alike(succeeded(), 2),
            Self::OtherAmount(amount) => alike(PaymentState::Succeeded { amount: *amount }, 1),
            Self::Soft => alike(soft(), 1),
            Self::Hard => alike(failed(Decline::Hard, "no_such_card"), 1),
            Self::Action => alike(PaymentState::ActionRequired {}, 1),
            Self::Late | Self::Never => alike(PaymentState::Pending {}, 0),
            Self::Unordered => Plan {
                answered: PaymentState::Pending {},
                state: succeeded(),
                told: vec![succeeded(), PaymentState::ActionRequired {}, soft(), succeeded()],
            },
            Self::Contradicts => {
                Plan { answered: soft(), state: succeeded(), told: vec![soft(), succeeded()] }
            }
        }
    }

    pub(crate) fn manner(&self) -> Manner {
        match self {
            Self::LostAnswer => Manner::Lost,
            Self::BrokenAnswer => Manner::Broken,
            Self::SlowAnswer(millis) => Manner::Slow(Duration::from_millis(*millis)),
            Self::Fine
            | Self::Soft
            | Self::Hard
            | Self::Action
            | Self::Late
            | Self::Twice
            | Self::Unordered
            | Self::Contradicts
            | Self::Never
            | Self::OtherAmount(_)
            | Self::LostRequest
            | Self::Disputed
            | Self::RefundFails
            | Self::RefundFailsLater
            | Self::RefundLate => Manner::Usual,
        }
    }
}

/// A number that depends on every byte of both, and on nothing else: the same in every process and version (FNV-1a, and
/// the end of splitmix64, because the former alone moves neighbouring keys too little).
fn mixed(seed: &str, key: &str) -> u64 {
    let bytes = seed.bytes().chain([0]).chain(key.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_mark_says_nothing() {
        assert_eq!(Card::of("card_late#3", "k"), Card::Late);
        assert_eq!(Card::of("card_slow_answer:5#3", "k"), Card::SlowAnswer(5));
    }

    #[test]
    fn what_is_no_card_is_declined_for_good() {
        for token in ["", "pm_1", "card_other_amount:1e3", "card_ok_"] {
            assert_eq!(Card::of(token, "k"), Card::Hard, "{token}");
        }
    }

    #[test]
    fn chance_is_spread_over_all_cards_and_depends_on_seed_and_key() {
        let cards = |seed: &str| -> Vec<Card> {
            (0..500).map(|n| Card::of(&format!("card_random:{seed}"), &format!("key-{n}"))).collect()
        };
        assert_eq!(cards("1"), cards("1"));
        assert_ne!(cards("1"), cards("2"));
        for card in [Card::Soft, Card::LostRequest, Card::RefundLate, Card::Unordered] {
            let count = cards("1").iter().filter(|other| **other == card).count();
            assert!((12..60).contains(&count), "{card:?} {count} times");
        }
    }
}
