//! The account: its stages, and the regions of state that live side by side. Each region's rules lie in its file.

pub(crate) mod calls;
pub(crate) mod caps;
pub(crate) mod charges;
mod check;
pub(crate) mod closing;
pub(crate) mod due;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod lots;
pub(crate) mod notices;
pub(crate) mod onboarding;
mod read;
pub(crate) mod recovery;
pub(crate) mod reversals;
pub(crate) mod standing;
pub(crate) mod top_up;
pub(crate) mod wallet;

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

pub use self::calls::{LateCall, OpenCall, Term};
pub use self::charges::{ChargePhase, Counting, EndedCharge, IfNotTaken, OpenCharge, Outcome, Reports};
pub use self::check::Violation;
pub use self::keys::{Key, KeyRefusal, KeyState};
pub use self::limits::Used;
pub use self::lots::{Lot, LotPhase};
pub use self::notices::Notice;
pub use self::onboarding::Acceptance;
pub use self::recovery::Recovery;
pub use self::reversals::{Dispute, DisputeBar, DisputePhase, RecordedRefund, Refund, RefundPhase};
pub use self::standing::Standing;
pub use self::wallet::Balances;

use self::calls::Calls;
use self::charges::Charges;
use self::closing::Former;
use self::keys::{FirstKey, Keys};
use self::limits::Spending;
use self::lots::Lots;
use self::onboarding::Profile;
use self::reversals::Reversals;
use self::top_up::TopUp;
use self::wallet::Wallet;
use crate::currency::Currency;
use crate::event::UseChosen;
use crate::id::{AccountId, OwnerId};
use crate::rejection::Rejection;
use crate::tags::names;
use crate::text::Text;
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) lots: Lots,
    pub(crate) calls: Calls,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) spending: Spending,
    #[serde(default, skip_serializing_if = "Notice::is_off")]
    pub(crate) notice: Notice,
    pub(crate) charges: Charges,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) reversals: Reversals,
}

fn is_default<T: Default + PartialEq>(region: &T) -> bool {
    *region == T::default()
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
        /// How it came to be funded.
        #[serde(default, skip_serializing_if = "Origin::is_charge")]
        origin: Origin,
    },
    /// It admits and charges nothing more, and closes when all that is open has ended (J2).
    Closing(Former),
    /// Closed; only results of the provider still count (J2).
    Closed(Former),
}

/// How an active account came to be funded (B4).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// By a charge for its first key.
    #[default]
    Charge,
    /// Elsewhere, before it came here.
    Migrated {
        /// Where that is on record.
        reference: Text,
    },
}

impl Origin {
    const fn is_charge(&self) -> bool {
        matches!(self, Self::Charge)
    }
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
        Closing => "closing",
        Closed => "closed",
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
            Self::Closing(_) => StageTag::Closing,
            Self::Closed(_) => StageTag::Closed,
        }
    }

    /// Whether the account is on its way out (J2).
    pub(crate) const fn is_ending(&self) -> bool {
        matches!(self, Self::Closing(_) | Self::Closed(_))
    }

    /// The last acceptance of the terms, if any.
    pub(crate) const fn terms(&self) -> Option<&Acceptance> {
        match self {
            Self::Registered {} => None,
            Self::Agreed { terms } | Self::Described { terms, .. } => Some(terms),
            Self::Linked(profile) | Self::Funding { profile, .. } | Self::Active { profile, .. } => {
                Some(&profile.terms)
            }
            Self::Closing(former) | Self::Closed(former) => former.terms(),
        }
    }

    /// Who, for what, paid how: known once a payment method is linked.
    pub(crate) const fn profile(&self) -> Option<&Profile> {
        match self {
            Self::Registered {} | Self::Agreed { .. } | Self::Described { .. } => None,
            Self::Linked(profile) | Self::Funding { profile, .. } | Self::Active { profile, .. } => {
                Some(profile)
            }
            Self::Closing(former) | Self::Closed(former) => former.profile(),
        }
    }

    /// Every key ever created, but for one that waits for the initial funding (C1).
    pub(crate) const fn keys(&self) -> Option<&Keys> {
        match self {
            Self::Registered {}
            | Self::Agreed { .. }
            | Self::Described { .. }
            | Self::Linked(_)
            | Self::Funding { .. } => None,
            Self::Active { keys, .. } => Some(keys),
            Self::Closing(former) | Self::Closed(former) => former.keys(),
        }
    }

    pub(crate) const fn keys_mut(&mut self) -> Option<&mut Keys> {
        match self {
            Self::Registered {}
            | Self::Agreed { .. }
            | Self::Described { .. }
            | Self::Linked(_)
            | Self::Funding { .. } => None,
            Self::Active { keys, .. } => Some(keys),
            Self::Closing(former) | Self::Closed(former) => former.keys_mut(),
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
            | Stage::Funding { .. }
            | Stage::Closing(_)
            | Stage::Closed(_) => Err(self.out_of_order(StageTag::Active)),
        }
    }

    /// Calls that are open end also while the account is closing (J2).
    pub(crate) const fn refuse_without_calls(&self) -> Result<(), Rejection> {
        match &self.stage {
            Stage::Active { .. } | Stage::Closing(_) => Ok(()),
            Stage::Registered {}
            | Stage::Agreed { .. }
            | Stage::Described { .. }
            | Stage::Linked(_)
            | Stage::Funding { .. }
            | Stage::Closed(_) => Err(self.out_of_order(StageTag::Active)),
        }
    }
}
