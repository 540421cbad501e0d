//! What the books should say of a lot; for all tests that compare them with the machine.

use prepaid::{BookedGrant, Lot, LotPhase};

pub fn booked(lot: &Lot) -> BookedGrant {
    BookedGrant {
        grant: lot.issued.grant,
        left: lot.left.to_decimal(),
        held: lot.held.to_decimal(),
        ended: lot.phase == LotPhase::Ended,
    }
}
