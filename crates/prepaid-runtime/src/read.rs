//! Reading what was committed: statements that foot, charges with receipt numbers, usage, and the log that
//! `prepaid audit` accepts. All of it is made from batches, page by page, with exact sums.

mod charges;
mod log;
mod statement;

pub use self::charges::{ChargeRow, Receipt, charges};
pub use self::log::LogLines;
pub use self::statement::{Line, Movement, Statement, statement};

use prepaid::AccountId;

use crate::store::{BatchRow, Page, ReadStore, StoreError};

/// So many batches are read at once.
const PAGE: u32 = 1_000;

/// Shows every batch of an account from number `after` on, in order, until `see` has seen enough.
fn each_batch(
    store: &mut impl ReadStore,
    account: AccountId,
    after: u64,
    see: impl FnMut(BatchRow) -> Result<More, StoreError>,
) -> Result<(), StoreError> {
    each_of_pages(after, |page| store.batches(account, page), see)
}

/// Shows those that are more than calls, in order, until `see` has seen enough.
fn each_batch_beside_calls(
    store: &mut impl ReadStore,
    account: AccountId,
    see: impl FnMut(BatchRow) -> Result<More, StoreError>,
) -> Result<(), StoreError> {
    each_of_pages(0, |page| store.batches_beside_calls(account, page), see)
}

fn each_of_pages(
    after: u64,
    mut read: impl FnMut(Page) -> Result<Vec<BatchRow>, StoreError>,
    mut see: impl FnMut(BatchRow) -> Result<More, StoreError>,
) -> Result<(), StoreError> {
    let mut page = Page { after, limit: PAGE };
    loop {
        let rows = read(page)?;
        let Some(last) = rows.last() else { return Ok(()) };
        page.after = last.seq;
        for row in rows {
            match see(row)? {
                More::Wanted => {}
                More::Enough => return Ok(()),
            }
        }
    }
}

/// Whether more is to be read.
enum More {
    Wanted,
    Enough,
}
