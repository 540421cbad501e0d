//! J. Suspension.
