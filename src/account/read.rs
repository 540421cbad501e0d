//! Reading an account.

use super::charges::{EndedCharge, OpenCharge};
use super::keys::{self, FirstKey, Key, KeyRefusal, Keys};
use super::limits::Used;
use super::lots::Lot;
use super::notices::Notice;
use super::reversals::{Dispute, RecordedRefund, Refund};
use super::standing::Standing;
use super::wallet::{Balances, Wallet};
use super::{Account, LateCall, OpenCall, Opened, Stage, StageTag, onboarding, top_up};
use crate::currency::Currency;
use crate::event::TopUpSettings;
use crate::id::{AccountId, ChargeNumber, Digest, OwnerId};
use crate::money::{Amount, Balance};
use crate::policy::Policy;
use crate::rejection::TopUpOutlook;
use crate::time::Timestamp;

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
        self.opened().and_then(|opened| opened.stage.keys()).map_or(&[], Keys::as_slice)
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
                | Stage::Active { .. }
                | Stage::Closing(_)
                | Stage::Closed(_),
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

    /// What a charge on record still contributes to the balance: what was credited, less all that went back (G2).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.contribution(prepaid::ChargeNumber(1)), None);
    /// ```
    #[must_use]
    pub fn contribution(&self, number: ChargeNumber) -> Option<Amount> {
        let opened = self.opened()?;
        opened.charges.ended(number).map(|charge| opened.reversals.contribution(charge))
    }

    /// The refunds asked of charges on record, by number (G1).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.refunds().is_empty());
    /// ```
    #[must_use]
    pub fn refunds(&self) -> &[Refund] {
        self.opened().map_or(&[], |opened| opened.reversals.refunds.as_slice())
    }

    /// The refunds that were made at the provider, in the order in which they were recorded (G1).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.recorded_refunds().is_empty());
    /// ```
    #[must_use]
    pub fn recorded_refunds(&self) -> &[RecordedRefund] {
        self.opened().map_or(&[], |opened| opened.reversals.recorded.as_slice())
    }

    /// The disputes of charges on record, in the order in which they were opened (G2).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.disputes().is_empty());
    /// ```
    #[must_use]
    pub fn disputes(&self) -> &[Dispute] {
        self.opened().map_or(&[], |opened| opened.reversals.disputes.as_slice())
    }

    /// The grants that have started and are not spent, in the order in which they are spent (H2).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.lots().is_empty());
    /// ```
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        self.opened().map_or(&[], |opened| opened.lots.started.as_slice())
    }

    /// The grants that are still to start, earliest first (H1).
    ///
    /// ```
    /// assert!(prepaid::Account::Vacant.waiting_grants().is_empty());
    /// ```
    #[must_use]
    pub fn waiting_grants(&self) -> &[Lot] {
        self.opened().map_or(&[], |opened| opened.lots.waiting.as_slice())
    }

    /// The purchased credit that no open call holds; below zero what it owes (H4).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.purchased(), prepaid::Balance::ZERO);
    /// ```
    #[must_use]
    pub fn purchased(&self) -> Balance {
        self.opened().map_or(Balance::ZERO, Opened::purchased)
    }

    /// The account's spending limit per UTC month, where it has one (I1).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.spending_limit(), None);
    /// ```
    #[must_use]
    pub fn spending_limit(&self) -> Option<Amount> {
        self.opened().and_then(|opened| opened.spending.limit)
    }

    /// What a key has used in the UTC day, week and month of `now` (C6).
    ///
    /// ```
    /// use prepaid::{Account, KeyId, Timestamp};
    /// let (key, now) = (KeyId(uuid::Uuid::from_u128(1)), Timestamp::from_micros(0)?);
    /// assert_eq!(Account::Vacant.used_by(key, now), None);
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    #[must_use]
    pub fn used_by(&self, key: crate::id::KeyId, now: Timestamp) -> Option<Used> {
        let opened = self.opened()?;
        let key = self.keys().iter().find(|known| known.id == key)?;
        Some(opened.spending.used_at(key, now.max(opened.last)))
    }

    /// Whether a low balance is to be noticed, and at which level (I2).
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.notice(), prepaid::Notice::Off);
    /// ```
    #[must_use]
    pub fn notice(&self) -> Notice {
        self.opened().map_or(Notice::Off, |opened| opened.notice)
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
