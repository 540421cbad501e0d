//! What is asked next of an account as it is.

use prepaid::{
    Account, AccountId, Action, Actor, Amount, AmountError, CallId, Digest, GrantId, KeyId, OwnerId,
    StageTag, UseKind,
};
use uuid::Uuid;

use crate::chance::Chance;

/// Cards that succeed, decline, lose answers or tell lies; none that needs an operator or a day.
const CARDS: [&str; 15] = [
    "card_ok",
    "card_ok",
    "card_lost_answer",
    "card_soft",
    "card_broken_answer",
    "card_slow_answer:60",
    "card_hard",
    "card_late",
    "card_twice",
    "card_unordered",
    "card_contradicts",
    "card_disputed",
    "card_refund_late",
    "card_refund_fails",
    "card_refund_fails_later",
];

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Who asks for what: the next step of onboarding, or anything of the life after it.
pub(crate) fn next(
    account: &Account,
    id: AccountId,
    chance: &mut Chance,
) -> Result<(Actor, Action<Amount>), Error> {
    let action = match account.stage() {
        StageTag::Vacant => Action::Open { account: id, owner: OwnerId(id.0), currency: None },
        StageTag::Registered => {
            Action::AcceptTerms { version: "TOS_2024_04_20".parse()?, by: "Ada".parse()?, entity: None }
        }
        StageTag::Agreed => {
            Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }
        }
        StageTag::Described => link(chance)?,
        StageTag::Linked | StageTag::Funding => match chance.below(4) {
            0 => link(chance)?,
            1 => return Ok((Actor::Operator, grant(chance)?)),
            _ => create_key(chance)?,
        },
        StageTag::Active | StageTag::Closing | StageTag::Closed => return busy(account, chance),
    };
    Ok((Actor::Owner, action))
}

fn busy(account: &Account, chance: &mut Chance) -> Result<(Actor, Action<Amount>), Error> {
    let Some(key) = chance.of(account.keys().iter()).map(|key| key.id) else {
        return Ok((Actor::Owner, create_key(chance)?));
    };
    let open: Vec<CallId> = account.open_calls().map(|open| open.call).collect();
    let charge = chance.of(account.charges().iter()).map(|charge| charge.number);
    Ok(match (chance.below(20), chance.of(open.into_iter()), charge) {
        (0..4, Some(call), _) => {
            let amount = if chance.below(2) == 0 { None } else { Some(cents(chance, 1, 20)?) };
            (Actor::Gateway, Action::SettleCall { call, amount })
        }
        (4..6, Some(call), _) => (Actor::Gateway, Action::ReleaseCall { call }),
        (0..10, ..) => {
            let quote = cents(chance, 20, 300)?;
            (Actor::Gateway, Action::AuthorizeCall { call: CallId(uuid(chance)), key, quote, units: 1 })
        }
        (10..11, ..) => (Actor::Operator, grant(chance)?),
        (11..13, _, Some(charge)) => {
            let amount = cents(chance, 100, 500)?;
            (Actor::Operator, Action::Refund { charge, amount, forced: chance.below(2) == 0 })
        }
        (13..15, ..) => (Actor::Owner, Action::TopUp { amount: cents(chance, 500, 3_000)? }),
        (15, ..) => (Actor::Owner, link(chance)?),
        (16, ..) if chance.below(4) == 0 => (Actor::Owner, create_key(chance)?),
        _ => {
            let quote = cents(chance, 1, 400)?;
            (Actor::Gateway, Action::ChargeCall { call: CallId(uuid(chance)), key, quote })
        }
    })
}

fn link(chance: &mut Chance) -> Result<Action<Amount>, Error> {
    let card = chance.of(CARDS.iter()).ok_or("there are cards")?;
    Ok(Action::LinkPaymentMethod {
        token: format!("{card}#{}", chance.any()).parse()?,
        fingerprint: None,
        brand: "visa".parse()?,
        last_four: "4242".parse()?,
        expires: "2099-01".parse()?,
    })
}

fn create_key(chance: &mut Chance) -> Result<Action<Amount>, Error> {
    let key = uuid(chance);
    let mut digest = [0; 32];
    for (to, from) in digest.iter_mut().zip(key.as_bytes()) {
        *to = *from;
    }
    let (key, digest) = (KeyId(key), Digest(digest));
    Ok(Action::CreateKey { key, digest, shown: "ppk_A1b2".parse()?, label: None, expires_at: None })
}

fn grant(chance: &mut Chance) -> Result<Action<Amount>, Error> {
    Ok(Action::IssueGrant {
        grant: GrantId(uuid(chance)),
        amount: cents(chance, 50, 1_000)?,
        source: "load".parse()?,
        priority: 0,
        effective_at: None,
        expires_at: None,
    })
}

fn uuid(chance: &mut Chance) -> Uuid {
    Uuid::from_u64_pair(chance.any(), chance.any())
}

/// From so many hundredths up to so many.
fn cents(chance: &mut Chance, from: u64, up_to: u64) -> Result<Amount, AmountError> {
    let cents = from.saturating_add(chance.below(up_to.saturating_sub(from)));
    let (whole, rest) = (cents.checked_div(100), cents.checked_rem(100));
    format!("{}.{:02}", whole.unwrap_or_default(), rest.unwrap_or_default()).parse()
}
