//! The account: its stages, and the regions of state that live side by side. Each region's rules lie in its file.

pub(crate) mod calls;
pub(crate) mod charges;
mod check;
pub(crate) mod due;
pub(crate) mod keys;
pub(crate) mod onboarding;
pub(crate) mod recovery;
pub(crate) mod standing;
pub(crate) mod top_up;
pub(crate) mod wallet;

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

pub use self::calls::{LateCall, OpenCall, Term};
pub use self::charges::{ChargePhase, Counting, EndedCharge, IfNotTaken, OpenCharge, Outcome, Reports};
pub use self::check::Violation;
pub use self::keys::{Key, KeyRefusal, KeyState};
pub use self::onboarding::Acceptance;
pub use self::recovery::Recovery;
pub use self::standing::Standing;
pub use self::wallet::Balances;

use self::calls::Calls;
use self::charges::Charges;
use self::keys::{FirstKey, Keys};
use self::onboarding::Profile;
use self::top_up::TopUp;
use self::wallet::Wallet;
use crate::currency::Currency;
use crate::event::{TopUpSettings, UseChosen};
use crate::id::{AccountId, ChargeNumber, Digest, OwnerId};
use crate::policy::Policy;
use crate::rejection::{Rejection, TopUpOutlook};
use crate::tags::names;
use crate::time::Timestamp;

/// A prepaid account: the value that [`step`](crate::step) moves. A new one is [`Account::Vacant`].
///
/// Reading one from its stored form checks every invariant ([`Account::check`]).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Not opened yet.
    #[default]
    Vacant,
    /// Opened; read it through the methods of [`Account`].
    Opened(OpenedAccount),
}

/// An account that was opened. Only events make one, or a stored form whose parts fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OpenedAccount(Box<Opened>);

impl OpenedAccount {
    pub(crate) fn new(opened: Opened) -> Self {
        Self(Box::new(opened))
    }

    pub(crate) fn get(&self) -> &Opened {
        &self.0
    }

    pub(crate) fn get_mut(&mut self) -> &mut Opened {
        &mut self.0
    }
}

impl<'de> Deserialize<'de> for OpenedAccount {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let opened = Box::<Opened>::deserialize(from)?;
        opened.check().map_err(serde::de::Error::custom)?;
        Ok(Self(opened))
    }
}

/// What outlives a stage, beside the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) id: AccountId,
    pub(crate) owner: OwnerId,
    pub(crate) currency: Currency,
    /// The instant of the last batch (K2).
    pub(crate) last: Timestamp,
    pub(crate) standing: Standing,
    pub(crate) stage: Stage,
    pub(crate) top_up: TopUp,
    pub(crate) wallet: Wallet,
    pub(crate) calls: Calls,
    pub(crate) charges: Charges,
}

/// How far the account has come (A2), with what is known only from there on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Opened, nothing accepted.
    Registered {},
    /// The terms were accepted.
    Agreed {
        /// The last acceptance.
        terms: Acceptance,
    },
    /// Personal or business use was chosen.
    Described {
        /// The last acceptance.
        terms: Acceptance,
        /// The use and the billing details.
        usage: UseChosen,
    },
    /// A payment method is linked.
    Linked(Profile),
    /// The first key was asked for, and its charge is open (B1).
    Funding {
        /// Who, for what, paid how.
        profile: Profile,
        /// The key that waits for the charge.
        first_key: FirstKey,
    },
    /// Funded at least once (B4).
    Active {
        /// Who, for what, paid how.
        profile: Profile,
        /// Every key ever created.
        keys: Keys,
    },
}

names! {
    /// The name of a stage (A2).
    StageTag {
        Vacant => "vacant",
        Registered => "registered",
        Agreed => "agreed",
        Described => "described",
        Linked => "linked",
        Funding => "funding",
        Active => "active",
    }
}

impl Stage {
    pub(crate) const fn tag(&self) -> StageTag {
        match self {
            Self::Registered {} => StageTag::Registered,
            Self::Agreed { .. } => StageTag::Agreed,
            Self::Described { .. } => StageTag::Described,
            Self::Linked(_) => StageTag::Linked,
            Self::Funding { .. } => StageTag::Funding,
            Self::Active { .. } => StageTag::Active,
        }
    }

    /// The last acceptance of the terms, if any.
    pub(crate) const fn terms(&self) -> Option<&Acceptance> {
        match self {
            Self::Registered {} => None,
            Self::Agreed { terms } | Self::Described { terms, .. } => Some(terms),
            Self::Linked(profile) | Self::Funding { profile, .. } | Self::Active { profile, .. } => {
                Some(&profile.terms)
            }
        }
    }

    /// Who, for what, paid how: known once a payment method is linked.
    pub(crate) const fn profile(&self) -> Option<&Profile> {
        match self {
            Self::Registered {} | Self::Agreed { .. } | Self::Described { .. } => None,
            Self::Linked(profile) | Self::Funding { profile, .. } | Self::Active { profile, .. } => {
                Some(profile)
            }
        }
    }
}

impl Opened {
    /// The refusal of a command that needs another stage (A2).
    pub(crate) const fn out_of_order(&self, needs: StageTag) -> Rejection {
        Rejection::OutOfOrder { needs, is: self.stage.tag() }
    }

    /// The keys of an active account (D2: the stage is the first guard).
    pub(crate) const fn active_keys(&self) -> Result<&Keys, Rejection> {
        match &self.stage {
            Stage::Active { keys, .. } => Ok(keys),
            Stage::Registered {}
            | Stage::Agreed { .. }
            | Stage::Described { .. }
            | Stage::Linked(_)
            | Stage::Funding { .. } => Err(self.out_of_order(StageTag::Active)),
        }
    }
}

impl Account {
    /// The stage the account is in (A2).
    ///
    /// ```
    /// use prepaid::{Account, StageTag};
    /// assert_eq!(Account::Vacant.stage(), StageTag::Vacant);
    /// ```
    #[must_use]
    pub fn stage(&self) -> StageTag {
        match self {
            Self::Vacant => StageTag::Vacant,
            Self::Opened(opened) => opened.get().stage.tag(),
        }
    }

    /// What the account has, holds, and has left to spend (M5).
    ///
    /// ```
    /// use prepaid::{Account, Balance};
    /// assert_eq!(Account::Vacant.balance().posted, Balance::ZERO);
    /// ```
    #[must_use]
    pub fn balance(&self) -> Balances {
        self.opened().map_or_else(|| Wallet::default().balances(), |opened| opened.wallet.balances())
    }

    /// The instant of the last batch; none before the account is opened (K2).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.last_instant(), None);
    /// ```
    #[must_use]
    pub fn last_instant(&self) -> Option<Timestamp> {
        self.opened().map(|opened| opened.last)
    }

    /// Every key ever created, oldest first; a key that waits for the initial funding is not among them (C1, C5).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.keys().is_empty());
    /// ```
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        match self.opened().map(|opened| &opened.stage) {
            Some(Stage::Active { keys, .. }) => keys.as_slice(),
            Some(
                Stage::Registered {}
                | Stage::Agreed { .. }
                | Stage::Described { .. }
                | Stage::Linked(_)
                | Stage::Funding { .. },
            )
            | None => &[],
        }
    }

    /// The first key while it waits for the initial funding (B1).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.pending_key().is_none());
    /// ```
    #[must_use]
    pub fn pending_key(&self) -> Option<&Key> {
        match self.opened().map(|opened| &opened.stage) {
            Some(Stage::Funding { first_key: FirstKey::Pending(key), .. }) => Some(key),
            Some(
                Stage::Registered {}
                | Stage::Agreed { .. }
                | Stage::Described { .. }
                | Stage::Linked(_)
                | Stage::Funding { first_key: FirstKey::Dropped {}, .. }
                | Stage::Active { .. },
            )
            | None => None,
        }
    }

    /// Which key has this digest, or why it does not authenticate (C7). Every digest is compared, in constant time.
    ///
    /// # Errors
    /// [`KeyRefusal`] tells unknown, inactive, revoked and expired keys apart.
    ///
    /// ```
    /// use prepaid::{Account, Digest, KeyRefusal, Timestamp};
    /// let now = Timestamp::from_micros(0)?;
    /// assert_eq!(Account::Vacant.authenticate(&Digest([7; 32]), now), Err(KeyRefusal::Unknown));
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    pub fn authenticate(&self, digest: &Digest, now: Timestamp) -> Result<&Key, KeyRefusal> {
        let pending = self.pending_key().is_some_and(|key| key.digest.matches(digest));
        let now = self.last_instant().map_or(now, |last| last.max(now));
        match keys::find_digest(self.keys(), digest) {
            Some(key) => key.usable(now).map(|()| key),
            None if pending => Err(KeyRefusal::Inactive),
            None => Err(KeyRefusal::Unknown),
        }
    }

    /// The open charge; there is at most one (E4).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.open_charge().is_none());
    /// ```
    #[must_use]
    pub fn open_charge(&self) -> Option<&OpenCharge> {
        self.opened().and_then(|opened| opened.charges.open.as_ref())
    }

    /// The charges that have ended, by number.
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.charges().is_empty());
    /// ```
    #[must_use]
    pub fn charges(&self) -> &[EndedCharge] {
        self.opened().map_or(&[], |opened| opened.charges.ended.as_slice())
    }

    /// A charge that has ended, by its number.
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.charge(prepaid::ChargeNumber(1)).is_none());
    /// ```
    #[must_use]
    pub fn charge(&self, number: ChargeNumber) -> Option<&EndedCharge> {
        self.opened().and_then(|opened| opened.charges.ended(number))
    }

    /// The open calls, in the order of their deadlines (D3).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.open_calls().count(), 0);
    /// ```
    pub fn open_calls(&self) -> impl Iterator<Item = &OpenCall> {
        self.opened().into_iter().flat_map(|opened| opened.calls.open.iter())
    }

    /// The calls that expired and may still be settled, in the order in which they will be forgotten (D6).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.late_calls().count(), 0);
    /// ```
    pub fn late_calls(&self) -> impl Iterator<Item = &LateCall> {
        self.opened().into_iter().flat_map(|opened| opened.calls.late.iter())
    }

    /// The settings of the automatic top-up; none before the account is opened (E5).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.top_up_settings(), None);
    /// ```
    #[must_use]
    pub fn top_up_settings(&self) -> Option<TopUpSettings> {
        self.opened().map(|opened| opened.top_up.settings)
    }

    /// Whether and when an automatic top-up will come, and if not, why (E1, F6).
    ///
    /// ```
    /// use prepaid::{Account, Policy, Timestamp, TopUpOutlook};
    /// let now = Timestamp::from_micros(0)?;
    /// assert_eq!(Account::Vacant.top_up_outlook(&Policy::default(), now), TopUpOutlook::NotFunded);
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    #[must_use]
    pub fn top_up_outlook(&self, policy: &Policy, now: Timestamp) -> TopUpOutlook {
        self.opened()
            .map_or(TopUpOutlook::NotFunded, |opened| top_up::outlook(opened, policy, now.max(opened.last)))
    }

    /// Whether the accepted terms are not the required ones (A6); false before any were accepted.
    ///
    /// ```
    /// use prepaid::{Account, Policy};
    /// assert!(!Account::Vacant.is_outdated(&Policy::default()));
    /// ```
    #[must_use]
    pub fn is_outdated(&self, policy: &Policy) -> bool {
        self.opened().is_some_and(|opened| onboarding::outdated(opened, policy).is_some())
    }

    /// Whether the account is suspended, and why (J1).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.standing(), None);
    /// ```
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        self.opened().map(|opened| &opened.standing)
    }

    /// The account's id; none before it is opened.
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.id(), None);
    /// ```
    #[must_use]
    pub fn id(&self) -> Option<AccountId> {
        self.opened().map(|opened| opened.id)
    }

    /// Whose account it is (A1); none before it is opened.
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.owner(), None);
    /// ```
    #[must_use]
    pub fn owner(&self) -> Option<OwnerId> {
        self.opened().map(|opened| opened.owner)
    }

    /// The account's one currency (M2); none before it is opened.
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.currency(), None);
    /// ```
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.opened().map(|opened| opened.currency)
    }

    pub(crate) fn opened(&self) -> Option<&Opened> {
        match self {
            Self::Vacant => None,
            Self::Opened(opened) => Some(opened.get()),
        }
    }
}
