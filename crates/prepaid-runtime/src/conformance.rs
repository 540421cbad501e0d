//! What every store must pass, written once: [`store_conformance!`](crate::store_conformance) makes a test of each.
//!
//! A store shows where it can be opened ([`Harness`]); every case begins with a fresh place.

mod appending;
mod driving;
mod lives;
mod reading;
mod statements;

pub use self::appending::*;
pub use self::driving::*;
pub use self::lives::onboarding_of;
pub use self::reading::*;
pub use self::statements::*;

use std::fmt::Debug;

use crate::store::{EventStore, ReadStore};

/// Where a store under test can be opened.
pub trait Harness {
    /// A place for a store: a path, an address.
    type Place: Clone;
    /// The writing side.
    type Store: EventStore;
    /// The reading side.
    type Reader: ReadStore;

    /// A place where nothing has been stored.
    fn fresh(&mut self) -> Self::Place;

    /// Opens the store there, also a second time beside the first.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn open(&mut self, place: &Self::Place) -> Result<Self::Store, String>;

    /// Opens it for reading.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn read(&mut self, place: &Self::Place) -> Result<Self::Reader, String>;
}

/// What a case answers: nothing, or what was expected and what came.
pub type Case = Result<(), String>;

fn same<T: PartialEq + Debug>(what: &str, got: &T, expected: &T) -> Case {
    if got == expected { Ok(()) } else { Err(format!("{what}: expected {expected:?}, got {got:?}")) }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Makes a test of every case, for one store.
///
/// ```
/// use prepaid_runtime::{MemoryStore, conformance::Harness, store_conformance};
/// struct Memory;
/// impl Harness for Memory {
///     type Place = MemoryStore;
///     type Store = MemoryStore;
///     type Reader = MemoryStore;
///     fn fresh(&mut self) -> MemoryStore { MemoryStore::default() }
///     fn open(&mut self, place: &MemoryStore) -> Result<MemoryStore, String> { Ok(place.clone()) }
///     fn read(&mut self, place: &MemoryStore) -> Result<MemoryStore, String> { Ok(place.clone()) }
/// }
/// store_conformance!(Memory);
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($harness:expr) => {
        $crate::store_conformance!($harness;
            a_fresh_store_is_empty
            what_was_appended_is_loaded
            a_group_is_written_whole_or_not_at_all
            the_number_of_a_batch_is_the_next
            the_id_of_a_request_is_used_once
            requests_are_remembered_until_they_are_forgotten
            the_id_of_a_call_is_used_once
            the_id_of_a_grant_is_used_once
            a_digest_is_of_one_key
            a_key_that_never_came_to_be_is_forgotten
            what_is_owed_and_due_is_found
            a_store_hears_of_another_writer
            changes_come_in_the_order_of_commits
            batches_are_read_by_pages
            usage_is_counted_by_key_item_and_day
            usage_is_read_by_pages_while_calls_are_billed
            accounts_are_read_by_pages
            statements_foot
            charges_have_receipts
            reversals_stand_in_statements_and_charges
            grants_debts_and_closing_stand_in_statements
            what_moves_to_and_fro_is_two_lines
            a_statement_does_not_end_before_it_begins
            what_was_posted_is_compared_with_the_events
            the_log_passes_the_audit
            a_repeated_request_gives_what_it_gave
            a_request_with_other_content_is_a_conflict
            two_runtimes_on_one_store_do_nothing_twice
            a_call_that_has_ended_is_not_made_again
            holds_expire_by_themselves
            what_is_owed_is_performed_until_it_is_known
            what_was_owed_is_performed_after_a_restart
            shutting_down_answers_what_waits
        );
    };
    ($harness:expr; $($case:ident)+) => {
        $(#[test]
        fn $case() -> ::std::result::Result<(), ::std::string::String> {
            $crate::conformance::$case(&mut $harness)
        })+
    };
}
