//! Suspension by the operator (J1).

use serde::{Deserialize, Serialize};

use super::Opened;
use crate::event::Event;
use crate::events::Events;
use crate::evolve::Corrupt;
use crate::rejection::Rejection;
use crate::text::Text;

/// Whether the operator lets the account act (J1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// As usual.
    Good {},
    /// No call, no key, no charge until resumed; credit is kept and what is open runs to its end.
    Suspended {
        /// Why.
        reason: Text,
    },
}

pub(crate) fn suspend(opened: &Opened, reason: &Text) -> Events {
    match &opened.standing {
        Standing::Suspended { reason: before } if before == reason => Events::none(),
        Standing::Suspended { .. } | Standing::Good {} => {
            Events::one(Event::AccountSuspended { reason: reason.clone() })
        }
    }
}

pub(crate) fn resume(opened: &Opened) -> Events {
    match &opened.standing {
        Standing::Good {} => Events::none(),
        Standing::Suspended { .. } => Events::one(Event::AccountResumed {}),
    }
}

/// Refuses what a suspension forbids.
pub(crate) fn refuse_suspended(opened: &Opened) -> Result<(), Rejection> {
    match &opened.standing {
        Standing::Good {} => Ok(()),
        Standing::Suspended { reason } => Err(Rejection::Suspended { reason: reason.clone() }),
    }
}

impl Opened {
    pub(crate) fn apply_suspended(&mut self, reason: &Text) {
        self.standing = Standing::Suspended { reason: reason.clone() };
    }

    pub(crate) fn apply_resumed(&mut self) -> Result<(), Corrupt> {
        match &self.standing {
            Standing::Good {} => Err(Corrupt("the account is not suspended")),
            Standing::Suspended { .. } => {
                self.standing = Standing::Good {};
                Ok(())
            }
        }
    }
}
