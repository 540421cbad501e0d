//! Issuing and voiding grants (chapter H). What becomes of their credit is told in `lots.rs`.

use alloc::boxed::Box;

use super::lots::LotPhase;
use super::wallet::refuse_without_room;
use super::{Opened, Stage, StageTag};
use crate::event::{Event, GrantIssued};
use crate::events::Events;
use crate::id::GrantId;
use crate::money::Amount;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Grants are possible once the first terms are accepted (H1).
fn refuse_too_early(opened: &Opened) -> Result<(), Rejection> {
    match &opened.stage {
        Stage::Registered {} => Err(opened.out_of_order(StageTag::Agreed)),
        Stage::Agreed { .. }
        | Stage::Described { .. }
        | Stage::Linked(_)
        | Stage::Funding { .. }
        | Stage::Active { .. }
        | Stage::Closing(_)
        | Stage::Closed(_) => Ok(()),
    }
}

pub(crate) fn issue(opened: &Opened, issued: GrantIssued, now: Timestamp) -> Result<Events, Rejection> {
    refuse_too_early(opened)?;
    let GrantIssued { grant, amount, effective_at, expires_at, .. } = issued;
    match opened.lots.find(grant) {
        Some(lot) if lot.issued == issued => return Ok(Events::none()),
        Some(_) => return Err(Rejection::GrantConflict { grant }),
        None => {}
    }
    let after = effective_at.map_or(now, |effective| effective.max(now));
    if let Some(given) = expires_at.filter(|expiry| *expiry <= after) {
        return Err(Rejection::TimeOutOfBounds { field: "expires_at", given, after, not_after: None });
    }
    if amount.is_zero() {
        return Err(Rejection::AmountZero {});
    }
    refuse_without_room(opened, amount)?;
    Ok(Events::one(Event::GrantIssued(Box::new(issued))))
}

pub(crate) fn void(opened: &Opened, grant: GrantId) -> Result<Events, Rejection> {
    refuse_too_early(opened)?;
    let lot = opened.lots.find(grant).ok_or(Rejection::GrantUnknown { grant })?;
    let amount = match lot.phase {
        LotPhase::Ended => return Ok(Events::none()),
        LotPhase::Waiting => Amount::ZERO,
        LotPhase::Spendable => lot.left,
    };
    Ok(Events::one(Event::GrantVoided { grant, amount }))
}
