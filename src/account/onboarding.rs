//! Opening, the developer agreement, the use, the payment method (chapter A).

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use super::charges::ChargePhase;
use super::keys::Keys;
use super::{Account, Opened, Origin, Stage, StageTag};
use crate::command::UseKind;
use crate::currency::Currency;
use crate::event::{AccountOpened, Billing, CancelCause, Event, TermsAccepted, UseChosen};
use crate::events::Events;
use crate::evolve::{Corrupt, WRONG_STAGE};
use crate::id::{AccountId, Digest, OwnerId};
use crate::payment::PaymentMethod;
use crate::policy::Policy;
use crate::rejection::{OutdatedTerms, Rejection};
use crate::text::Text;
use crate::time::Timestamp;

/// An acceptance of the developer agreement, and when (A3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// What was accepted, by whom, for which company.
    #[serde(flatten)]
    pub terms: TermsAccepted,
    /// When.
    pub at: Timestamp,
}

/// Who, for what, paid how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) terms: Acceptance,
    pub(crate) usage: UseChosen,
    pub(crate) method: PaymentMethod,
}

/// The terms that have to be accepted, when others were (A6). Computed, never stored.
pub(crate) fn outdated(opened: &Opened, policy: &Policy) -> Option<OutdatedTerms> {
    let accepted = &opened.stage.terms()?.terms.version;
    let required = &policy.numbers().terms_required;
    (accepted != required).then(|| OutdatedTerms { required: required.clone(), accepted: accepted.clone() })
}

/// Refuses what outdated terms forbid at once: new keys, manual top-ups, settings (A6).
pub(crate) fn refuse_outdated(opened: &Opened, policy: &Policy) -> Result<(), Rejection> {
    outdated(opened, policy).map_or(Ok(()), |terms| Err(Rejection::TermsOutdated(terms)))
}

/// Whether the terms are outdated and their grace has passed, so that nothing is charged and no call admitted (A6).
pub(crate) fn past_grace(opened: &Opened, policy: &Policy, now: Timestamp) -> bool {
    now >= policy.grace_end()
        && opened.stage.terms().is_some_and(|terms| terms.terms.version != policy.numbers().terms_required)
}

pub(crate) fn open(
    account: &Account,
    policy: &Policy,
    id: AccountId,
    owner: OwnerId,
    currency: Option<Currency>,
) -> Result<Events, Rejection> {
    let expected = policy.numbers().currency;
    if let Some(given) = currency
        && given != expected
    {
        return Err(Rejection::CurrencyMismatch { expected, given });
    }
    if account.opened().is_some() {
        return Err(Rejection::OutOfOrder { needs: StageTag::Vacant, is: account.stage() });
    }
    Ok(Events::one(Event::AccountOpened(Box::new(AccountOpened {
        account: id,
        owner,
        currency: expected,
        top_up: policy.default_top_up(),
    }))))
}

pub(crate) fn accept_terms(
    opened: &Opened,
    policy: &Policy,
    accepted: TermsAccepted,
) -> Result<Events, Rejection> {
    let required = &policy.numbers().terms_required;
    if accepted.version != *required {
        return Err(Rejection::TermsMismatch { required: required.clone(), given: accepted.version });
    }
    if opened.stage.terms().is_some_and(|last| last.terms.version == accepted.version) {
        return Ok(Events::none());
    }
    Ok(Events::one(Event::TermsAccepted(Box::new(accepted))))
}

/// A billing reference and its digest, together or not at all (A4).
fn billing(reference: Option<&Text>, digest: Option<Digest>) -> Result<Option<Billing>, Rejection> {
    match (reference, digest) {
        (Some(reference), Some(digest)) => Ok(Some(Billing { reference: reference.clone(), digest })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Rejection::FieldMissing { field: "billing_digest" }),
        (None, Some(_)) => Err(Rejection::FieldMissing { field: "billing_ref" }),
    }
}

pub(crate) fn choose_use(
    opened: &Opened,
    kind: UseKind,
    reference: Option<&Text>,
    digest: Option<Digest>,
) -> Result<Events, Rejection> {
    match &opened.stage {
        Stage::Agreed { .. } => {
            let billing = billing(reference, digest)?;
            Ok(Events::one(Event::UseChosen(Box::new(UseChosen { kind, billing }))))
        }
        Stage::Registered {}
        | Stage::Described { .. }
        | Stage::Linked(_)
        | Stage::Funding { .. }
        | Stage::Active { .. }
        | Stage::Closing(_)
        | Stage::Closed(_) => Err(opened.out_of_order(StageTag::Agreed)),
    }
}

/// The use as it is, once it was chosen.
fn usage(opened: &Opened) -> Result<&UseChosen, Rejection> {
    match &opened.stage {
        Stage::Registered {} | Stage::Agreed { .. } => Err(opened.out_of_order(StageTag::Described)),
        Stage::Described { usage, .. } => Ok(usage),
        Stage::Linked(profile) | Stage::Funding { profile, .. } | Stage::Active { profile, .. } => {
            Ok(&profile.usage)
        }
        Stage::Closing(former) | Stage::Closed(former) => {
            let profile = former.profile().ok_or_else(|| opened.out_of_order(StageTag::Described))?;
            Ok(&profile.usage)
        }
    }
}

pub(crate) fn update_billing(
    opened: &Opened,
    kind: Option<UseKind>,
    reference: &Text,
    digest: Digest,
) -> Result<Events, Rejection> {
    let before = usage(opened)?;
    let after = UseChosen {
        kind: kind.unwrap_or(before.kind),
        billing: Some(Billing { reference: reference.clone(), digest }),
    };
    if after == *before {
        return Ok(Events::none());
    }
    Ok(Events::one(Event::BillingUpdated(Box::new(after))))
}

/// Linking charges nothing (A5); another method cancels a charge that waits for the owner's action (F4).
pub(crate) fn link_payment_method(opened: &Opened, method: PaymentMethod) -> Result<Events, Rejection> {
    usage(opened)?;
    let before = opened.stage.profile().map(|profile| &profile.method);
    if before == Some(&method) {
        return Ok(Events::none());
    }
    let replaced = before.is_some_and(|before| before.identity() != method.identity());
    let mut events = Events::one(Event::PaymentMethodLinked(Box::new(method)));
    if let Some(charge) = &opened.charges.open
        && let ChargePhase::ActionRequired { .. } = charge.phase
        && replaced
    {
        let cause = CancelCause::MethodReplaced;
        events.push(Event::ChargeCancelling { charge: charge.number, cause });
    }
    // Another method is what a reversal's pause waits for, whatever becomes of a dispute (G4).
    if replaced && opened.reversals.pause.is_some() {
        events.push(Event::ReversalPauseEnded {});
    }
    Ok(events)
}

/// An account that was funded elsewhere is active without an initial funding (B4).
pub(crate) fn migrate(opened: &Opened, reference: &Text) -> Result<Events, Rejection> {
    match &opened.stage {
        Stage::Linked(_) => Ok(Events::one(Event::AccountMigrated { reference: reference.clone() })),
        Stage::Active { origin: Origin::Migrated { reference: known }, .. } if known == reference => {
            Ok(Events::none())
        }
        Stage::Registered {}
        | Stage::Agreed { .. }
        | Stage::Described { .. }
        | Stage::Funding { .. }
        | Stage::Active { .. }
        | Stage::Closing(_)
        | Stage::Closed(_) => Err(opened.out_of_order(StageTag::Linked)),
    }
}

impl Opened {
    pub(crate) fn apply_terms(&mut self, at: Timestamp, accepted: &TermsAccepted) {
        let acceptance = Acceptance { terms: accepted.clone(), at };
        match &mut self.stage {
            stage @ Stage::Registered {} => *stage = Stage::Agreed { terms: acceptance },
            Stage::Agreed { terms } | Stage::Described { terms, .. } => *terms = acceptance,
            Stage::Linked(profile) | Stage::Funding { profile, .. } | Stage::Active { profile, .. } => {
                profile.terms = acceptance;
            }
            Stage::Closing(former) | Stage::Closed(former) => former.accept(acceptance),
        }
    }

    pub(crate) fn apply_migrated(&mut self, reference: &Text) -> Result<(), Corrupt> {
        let Stage::Linked(profile) = &self.stage else { return Err(WRONG_STAGE) };
        let (profile, origin) = (profile.clone(), Origin::Migrated { reference: reference.clone() });
        self.stage = Stage::Active { profile, keys: Keys::default(), origin };
        Ok(())
    }

    pub(crate) fn apply_use(&mut self, chosen: &UseChosen) -> Result<(), Corrupt> {
        match &self.stage {
            Stage::Agreed { terms } => {
                self.stage = Stage::Described { terms: terms.clone(), usage: chosen.clone() };
                Ok(())
            }
            Stage::Registered {}
            | Stage::Described { .. }
            | Stage::Linked(_)
            | Stage::Funding { .. }
            | Stage::Active { .. }
            | Stage::Closing(_)
            | Stage::Closed(_) => Err(WRONG_STAGE),
        }
    }

    pub(crate) fn apply_billing(&mut self, chosen: &UseChosen) -> Result<(), Corrupt> {
        match &mut self.stage {
            Stage::Registered {} | Stage::Agreed { .. } => Err(WRONG_STAGE),
            Stage::Described { usage, .. } => {
                *usage = chosen.clone();
                Ok(())
            }
            Stage::Linked(profile) | Stage::Funding { profile, .. } | Stage::Active { profile, .. } => {
                profile.usage = chosen.clone();
                Ok(())
            }
            Stage::Closing(former) | Stage::Closed(former) => {
                former.profile_mut().ok_or(WRONG_STAGE)?.usage = chosen.clone();
                Ok(())
            }
        }
    }

    /// Another method ends waits and pauses (F5).
    pub(crate) fn apply_method(&mut self, method: &PaymentMethod) -> Result<(), Corrupt> {
        match &mut self.stage {
            Stage::Registered {} | Stage::Agreed { .. } => return Err(WRONG_STAGE),
            Stage::Described { terms, usage } => {
                self.stage = Stage::Linked(Profile {
                    terms: terms.clone(),
                    usage: usage.clone(),
                    method: method.clone(),
                });
            }
            Stage::Linked(profile) | Stage::Funding { profile, .. } | Stage::Active { profile, .. } => {
                if profile.method.identity() != method.identity() {
                    self.top_up.clear();
                }
                profile.method = method.clone();
            }
            Stage::Closing(former) | Stage::Closed(former) => {
                former.profile_mut().ok_or(WRONG_STAGE)?.method = method.clone();
            }
        }
        Ok(())
    }
}
