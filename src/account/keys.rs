//! Keys: the first one waits for the initial funding (chapter B), the others work at once (chapter C).

mod apply;

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::charges;
use super::limits::Used;
use super::onboarding::refuse_outdated;
use super::standing::refuse_suspended;
use super::{Opened, Stage, StageTag, top_up};
use crate::command::{KeyLimit, RevokeFor};
use crate::event::{ChargeKind, Event, KeyCreated, RevokeReason};
use crate::events::Events;
use crate::evolve::Corrupt;
use crate::id::{Digest, KeyId, KeyNumber, Shown};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::text::Label;
use crate::time::Timestamp;

/// A key, as far as the account knows it: a digest and the part that may be shown (C2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The caller's id.
    pub id: KeyId,
    /// Its number within the account.
    pub number: KeyNumber,
    /// The digest of its text.
    pub digest: Digest,
    /// The part that may be shown.
    pub shown: Shown,
    /// What the owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// From when it no longer authenticates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub state: KeyState,
    /// What it may spend in a window, if that is limited (C6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<KeyLimit>,
    /// What it has used in the windows of the account's last admission (C6).
    #[serde(default, skip_serializing_if = "Used::is_nothing")]
    pub used: Used,
}

/// Whether a key was revoked (C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It was not.
    Active {},
    /// It was, for good.
    Revoked {
        /// Why.
        reason: RevokeReason,
        /// When.
        at: Timestamp,
    },
}

/// Why a key does not authenticate (C7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyRefusal {
    /// No key has this digest.
    #[error("unknown key")]
    Unknown,
    /// The first key waits for the initial funding.
    #[error("the key is not active yet")]
    Inactive,
    /// It was revoked.
    #[error("the key is revoked")]
    Revoked,
    /// It has expired.
    #[error("the key expired at {at}")]
    Expired {
        /// Since when.
        at: Timestamp,
    },
}

/// The key that waits for the initial funding (B1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FirstKey {
    /// It becomes active when the charge succeeds.
    Pending(Box<Key>),
    /// It was revoked; the charge runs on (B2).
    Dropped {},
}

/// Every key ever created, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Keys(Vec<Key>);

impl Keys {
    pub(crate) const fn as_slice(&self) -> &[Key] {
        self.0.as_slice()
    }

    /// The key with this id.
    pub(crate) fn find(&self, id: KeyId) -> Result<&Key, Rejection> {
        self.0.iter().find(|key| key.id == id).ok_or(Rejection::KeyUnknown { key: id })
    }

    /// Whether a key has this number: they are counted from 1 without a gap.
    pub(crate) fn has(&self, number: KeyNumber) -> bool {
        number.0 > 0 && number < self.next_number()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Key> {
        self.0.iter_mut()
    }

    /// Whether none of them works any more (J2).
    pub(crate) fn are_revoked(&self) -> bool {
        self.0.iter().all(|key| matches!(key.state, KeyState::Revoked { .. }))
    }

    pub(crate) fn numbered(&self, number: KeyNumber) -> Option<&Key> {
        self.0.iter().find(|key| key.number == number)
    }

    pub(crate) fn numbered_mut(&mut self, number: KeyNumber) -> Result<&mut Key, Corrupt> {
        self.0.iter_mut().find(|key| key.number == number).ok_or(Corrupt("no such key"))
    }

    fn next_number(&self) -> KeyNumber {
        self.0.last().map_or(KeyNumber(1), |key| KeyNumber(key.number.0.saturating_add(1)))
    }
}

/// The key with this digest; every digest is compared, so that the time tells nothing (C4).
pub(crate) fn find_digest<'a>(keys: &'a [Key], digest: &Digest) -> Option<&'a Key> {
    keys.iter().fold(None, |found, key| if key.digest.matches(digest) { Some(key) } else { found })
}

impl Key {
    /// Whether it authenticates at `now` (C7).
    pub(crate) fn usable(&self, now: Timestamp) -> Result<(), KeyRefusal> {
        match (self.state, self.expires_at) {
            (KeyState::Revoked { .. }, _) => Err(KeyRefusal::Revoked),
            (KeyState::Active {}, Some(at)) if now >= at => Err(KeyRefusal::Expired { at }),
            (KeyState::Active {}, Some(_) | None) => Ok(()),
        }
    }

    /// The same as a guard of a call (D2).
    pub(crate) fn admit(&self, now: Timestamp) -> Result<(), Rejection> {
        let key = self.id;
        self.usable(now).map_err(|refusal| match refusal {
            KeyRefusal::Unknown => Rejection::KeyUnknown { key },
            KeyRefusal::Inactive => Rejection::KeyInactive { key },
            KeyRefusal::Revoked => Rejection::KeyRevoked { key },
            KeyRefusal::Expired { at } => Rejection::KeyExpired { key, expired_at: at },
        })
    }

    fn created(created: &KeyCreated, at: Timestamp) -> Self {
        let KeyCreated { key, number, digest, shown, label, expires_at } = created.clone();
        let (state, limit, used) = (KeyState::Active {}, None, Used::default());
        Self { id: key, number, digest, shown, label, created_at: at, expires_at, state, limit, used }
    }

    /// Whether asking for `asked` again asks for this key. Key material is no part of the content: a repeated
    /// request brings a new secret, and is answered without it (B2, C2).
    fn is_asked_by(&self, asked: &KeyAsked) -> bool {
        self.label == asked.label && self.expires_at == asked.expires_at
    }
}

/// A key as it is asked for.
pub(crate) struct KeyAsked {
    pub(crate) key: KeyId,
    pub(crate) digest: Digest,
    pub(crate) shown: Shown,
    pub(crate) label: Option<Label>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl KeyAsked {
    fn numbered(self, number: KeyNumber) -> KeyCreated {
        let Self { key, digest, shown, label, expires_at } = self;
        KeyCreated { key, number, digest, shown, label, expires_at }
    }

    /// Some(()) when one of `keys` is asked for again; a conflict where the id or the digest means another key.
    fn repeats(&self, keys: &[Key]) -> Result<Option<()>, Rejection> {
        match keys.iter().find(|key| key.id == self.key) {
            Some(key) if key.is_asked_by(self) => Ok(Some(())),
            Some(_) => Err(Rejection::KeyConflict { key: self.key }),
            None if find_digest(keys, &self.digest).is_some() => {
                Err(Rejection::KeyConflict { key: self.key })
            }
            None => Ok(None),
        }
    }

    fn refuse_malformed(&self, policy: &Policy, now: Timestamp) -> Result<(), Rejection> {
        let (given, at_most) = (self.shown.random(), policy.numbers().shown_characters);
        if given > at_most {
            return Err(Rejection::ShownTooLong { given, at_most });
        }
        match self.expires_at {
            Some(given) if given <= now => {
                Err(Rejection::TimeOutOfBounds { field: "expires_at", given, after: now, not_after: None })
            }
            Some(_) | None => Ok(()),
        }
    }
}

pub(crate) fn create_key(
    opened: &Opened,
    policy: &Policy,
    asked: KeyAsked,
    now: Timestamp,
) -> Result<Events, Rejection> {
    let existing = match &opened.stage {
        Stage::Registered {}
        | Stage::Agreed { .. }
        | Stage::Described { .. }
        | Stage::Closing(_)
        | Stage::Closed(_) => return Err(opened.out_of_order(StageTag::Linked)),
        Stage::Linked(_) | Stage::Funding { first_key: FirstKey::Dropped {}, .. } => &[],
        Stage::Funding { first_key: FirstKey::Pending(key), .. } => core::slice::from_ref(&**key),
        Stage::Active { keys, .. } => keys.as_slice(),
    };
    if asked.repeats(existing)? == Some(()) {
        return Ok(Events::none());
    }
    asked.refuse_malformed(policy, now)?;
    refuse_suspended(opened)?;
    refuse_outdated(opened, policy)?;
    match &opened.stage {
        Stage::Active { keys, .. } => {
            let bound = policy.numbers().keys_ever;
            if keys.as_slice().len() >= usize::from(bound) {
                return Err(Rejection::TooManyKeys { bound });
            }
            Ok(Events::one(Event::KeyCreated(Box::new(asked.numbered(keys.next_number())))))
        }
        Stage::Registered {}
        | Stage::Agreed { .. }
        | Stage::Described { .. }
        | Stage::Linked(_)
        | Stage::Funding { .. }
        | Stage::Closing(_)
        | Stage::Closed(_) => first_key(opened, policy, asked, now),
    }
}

/// The first key asks for the initial funding: a charge as any top-up is, to the target in force (B1, B5).
fn first_key(opened: &Opened, policy: &Policy, asked: KeyAsked, now: Timestamp) -> Result<Events, Rejection> {
    charges::refuse_asking(opened)?;
    let amount = top_up::amount(opened, policy).ok_or(Rejection::OutOfRange { field: "posted" })?;
    let charge = charges::request(opened, policy, ChargeKind::InitialFunding, amount, now)
        .ok_or_else(|| opened.out_of_order(StageTag::Linked))?;
    let mut events = Events::one(Event::FirstKeyRequested(Box::new(asked.numbered(KeyNumber(1)))));
    events.push(charge);
    Ok(events)
}

/// The keys as the commands on keys see them.
enum Seen<'a> {
    Pending,
    All(&'a Keys),
}

fn seen(opened: &Opened, key: KeyId) -> Result<Seen<'_>, Rejection> {
    match &opened.stage {
        Stage::Registered {} | Stage::Agreed { .. } | Stage::Described { .. } | Stage::Linked(_) => {
            Err(opened.out_of_order(StageTag::Funding))
        }
        Stage::Funding { first_key: FirstKey::Pending(pending), .. } if pending.id == key => {
            Ok(Seen::Pending)
        }
        Stage::Funding { .. } => Err(Rejection::KeyUnknown { key }),
        Stage::Active { keys, .. } => Ok(Seen::All(keys)),
        Stage::Closing(former) | Stage::Closed(former) => {
            former.keys().map(Seen::All).ok_or(Rejection::KeyUnknown { key })
        }
    }
}

/// A key that is not pending any more, also if it no longer works.
pub(crate) fn active(opened: &Opened, id: KeyId) -> Result<&Key, Rejection> {
    match seen(opened, id)? {
        Seen::Pending => Err(Rejection::KeyInactive { key: id }),
        Seen::All(keys) => keys.find(id),
    }
}

pub(crate) fn relabel_key(opened: &Opened, id: KeyId, label: Option<&Label>) -> Result<Events, Rejection> {
    let key = active(opened, id)?;
    if key.label.as_ref() == label {
        return Ok(Events::none());
    }
    Ok(Events::one(Event::KeyRelabelled { key: key.number, label: label.cloned() }))
}

/// Revoking is immediate, and again without effect (C5); of a pending key it drops the key, not the charge (B2).
pub(crate) fn revoke_key(opened: &Opened, id: KeyId, reason: RevokeFor) -> Result<Events, Rejection> {
    let key = match seen(opened, id)? {
        Seen::Pending => return Ok(Events::one(Event::FirstKeyDropped { key: id })),
        Seen::All(keys) => keys.find(id)?,
    };
    match key.state {
        KeyState::Revoked { .. } => Ok(Events::none()),
        KeyState::Active {} => {
            let reason = match reason {
                RevokeFor::Requested => RevokeReason::Requested,
                RevokeFor::Leaked => RevokeReason::Leaked,
            };
            Ok(Events::one(Event::KeyRevoked { key: key.number, reason }))
        }
    }
}
