//! How the events of keys change the state.

use alloc::boxed::Box;

use super::{FirstKey, Key, KeyState, Keys};
use crate::account::charges::{Counting, OpenCharge};
use crate::account::onboarding::Profile;
use crate::account::{Opened, Origin, Stage};
use crate::event::{ChargeKind, KeyCreated, RevokeReason};
use crate::evolve::{Corrupt, WRONG_STAGE};
use crate::id::{KeyId, KeyNumber};
use crate::text::Label;
use crate::time::Timestamp;

impl Opened {
    pub(crate) fn apply_first_key(&mut self, at: Timestamp, created: &KeyCreated) -> Result<(), Corrupt> {
        match &self.stage {
            Stage::Linked(_) if created.number != KeyNumber(1) => Err(Corrupt("the first key has number 1")),
            Stage::Linked(profile) => {
                let (profile, key) = (profile.clone(), Key::created(created, at));
                self.stage = Stage::Funding { profile, first_key: FirstKey::Pending(Box::new(key)) };
                Ok(())
            }
            Stage::Registered {}
            | Stage::Agreed { .. }
            | Stage::Described { .. }
            | Stage::Funding { .. }
            | Stage::Active { .. }
            | Stage::Closing(_)
            | Stage::Closed(_) => Err(WRONG_STAGE),
        }
    }

    pub(crate) fn apply_first_key_dropped(&mut self, id: KeyId) -> Result<(), Corrupt> {
        match &mut self.stage {
            Stage::Funding { first_key, .. } => match first_key {
                FirstKey::Pending(key) if key.id == id => {
                    *first_key = FirstKey::Dropped {};
                    Ok(())
                }
                FirstKey::Pending(_) | FirstKey::Dropped {} => Err(Corrupt("no such pending key")),
            },
            Stage::Registered {}
            | Stage::Agreed { .. }
            | Stage::Described { .. }
            | Stage::Linked(_)
            | Stage::Active { .. }
            | Stage::Closing(_)
            | Stage::Closed(_) => Err(WRONG_STAGE),
        }
    }

    pub(crate) fn apply_key_created(&mut self, at: Timestamp, created: &KeyCreated) -> Result<(), Corrupt> {
        let keys = self.keys_mut()?;
        if created.number != keys.next_number() {
            return Err(Corrupt("the key's number is out of order"));
        }
        let known = |key: &Key| key.id == created.key || key.digest.matches(&created.digest);
        if keys.as_slice().iter().any(known) {
            return Err(Corrupt("the key exists"));
        }
        keys.0.push(Key::created(created, at));
        Ok(())
    }

    pub(crate) fn apply_relabelled(&mut self, key: KeyNumber, label: Option<&Label>) -> Result<(), Corrupt> {
        self.keys_mut()?.numbered_mut(key)?.label = label.cloned();
        Ok(())
    }

    pub(crate) fn apply_revoked(
        &mut self,
        at: Timestamp,
        key: KeyNumber,
        reason: RevokeReason,
    ) -> Result<(), Corrupt> {
        let key = self.keys_mut()?.numbered_mut(key)?;
        match key.state {
            KeyState::Revoked { .. } => Err(Corrupt("the key is revoked")),
            KeyState::Active {} => {
                key.state = KeyState::Revoked { reason, at };
                Ok(())
            }
        }
    }

    /// The first success of an initial funding: the account is funded, and its pending key works (B1, B4, F1).
    /// A later one, of a charge that was superseded, is credit and no more.
    pub(crate) fn become_active(&mut self) -> Result<(), Corrupt> {
        let active = |profile: &Profile, keys| Stage::Active {
            profile: profile.clone(),
            keys,
            origin: Origin::Charge,
        };
        self.stage = match &self.stage {
            // Of an account that is closing it is credit, and no more (J2).
            Stage::Active { .. } | Stage::Closing(_) | Stage::Closed(_) => return Ok(()),
            Stage::Funding { profile, first_key: FirstKey::Pending(key) } => {
                active(profile, Keys(alloc::vec![(**key).clone()]))
            }
            Stage::Linked(profile) | Stage::Funding { profile, first_key: FirstKey::Dropped {} } => {
                active(profile, Keys::default())
            }
            Stage::Registered {} | Stage::Agreed { .. } | Stage::Described { .. } => return Err(WRONG_STAGE),
        };
        Ok(())
    }

    /// The initial funding did not succeed: there is no key, and the account is as before (B3).
    pub(crate) fn abandon_first_key(&mut self, charge: &OpenCharge) {
        if let (Stage::Funding { profile, .. }, ChargeKind::InitialFunding, Counting::Counts) =
            (&self.stage, charge.kind, charge.counting)
        {
            self.stage = Stage::Linked(profile.clone());
        }
    }

    fn keys_mut(&mut self) -> Result<&mut Keys, Corrupt> {
        match &mut self.stage {
            Stage::Active { keys, .. } => Ok(keys),
            Stage::Registered {}
            | Stage::Agreed { .. }
            | Stage::Described { .. }
            | Stage::Linked(_)
            | Stage::Funding { .. }
            | Stage::Closing(_)
            | Stage::Closed(_) => Err(WRONG_STAGE),
        }
    }
}
