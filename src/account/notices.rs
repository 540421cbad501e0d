//! The low-balance notice: once when the balance is at its level or below, armed again when it rises above (I2).

use serde::{Deserialize, Serialize};

use super::onboarding::refuse_outdated;
use super::{Opened, StageTag};
use crate::event::Event;
use crate::events::Events;
use crate::evolve::Corrupt;
use crate::money::Amount;
use crate::policy::Policy;
use crate::rejection::Rejection;

/// Whether a low balance is to be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It is not.
    #[default]
    Off,
    /// When the balance is at this level or below.
    Armed {
        /// The level.
        level: Amount,
    },
    /// It was, and will be again once the balance has risen above the level.
    Given {
        /// The level.
        level: Amount,
    },
}

impl Notice {
    /// The level, where one is set.
    pub(crate) const fn level(self) -> Option<Amount> {
        match self {
            Self::Off => None,
            Self::Armed { level } | Self::Given { level } => Some(level),
        }
    }

    pub(crate) const fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }
}

pub(crate) fn set_notice(
    opened: &Opened,
    policy: &Policy,
    level: Option<Amount>,
) -> Result<Events, Rejection> {
    if level.is_some() && opened.stage.is_ending() {
        return Err(opened.out_of_order(StageTag::Registered));
    }
    if opened.notice.level() == level {
        return Ok(Events::none());
    }
    // Switching off reduces (A6).
    if level.is_some() {
        refuse_outdated(opened, policy)?;
    }
    Ok(Events::one(Event::NoticeSet { level }))
}

/// What the notice says of the balance as it is now, if anything.
pub(crate) fn due_notice(opened: &Opened) -> Option<Event> {
    let posted = opened.wallet.posted;
    match opened.notice {
        Notice::Armed { level } if posted <= level => Some(Event::LowBalanceNoticed { level, posted }),
        Notice::Given { level } if posted > level => Some(Event::BalanceRecovered { level, posted }),
        Notice::Off | Notice::Armed { .. } | Notice::Given { .. } => None,
    }
}

impl Opened {
    pub(crate) fn apply_notice_set(&mut self, level: Option<Amount>) {
        self.notice = level.map_or(Notice::Off, |level| Notice::Armed { level });
    }

    pub(crate) fn apply_low_balance(&mut self, level: Amount) -> Result<(), Corrupt> {
        if self.notice != (Notice::Armed { level }) || self.wallet.posted > level {
            return Err(Corrupt("no notice is due"));
        }
        self.notice = Notice::Given { level };
        Ok(())
    }

    pub(crate) fn apply_recovered(&mut self, level: Amount) -> Result<(), Corrupt> {
        if self.notice != (Notice::Given { level }) || self.wallet.posted <= level {
            return Err(Corrupt("the balance has not recovered"));
        }
        self.notice = Notice::Armed { level };
        Ok(())
    }
}
