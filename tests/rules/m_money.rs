//! M. Money.
