//! F. Charges, failure and recovery.
