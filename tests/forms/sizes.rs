//! Sizes: every call makes and moves these, so they stay small.

use std::mem::size_of;

use prepaid::{Account, Event, Quote, Rejection};

#[test]
fn an_event_is_at_most_64_bytes() {
    assert!(size_of::<Event>() <= 64, "{}", size_of::<Event>());
}

#[test]
fn a_rejection_is_at_most_96_bytes() {
    assert!(size_of::<Rejection>() <= 96, "{}", size_of::<Rejection>());
}

#[test]
fn an_account_is_a_pointer_and_a_quote_six_words() {
    assert_eq!(size_of::<Account>(), size_of::<usize>());
    assert!(size_of::<Quote>() <= 48, "{}", size_of::<Quote>());
}
