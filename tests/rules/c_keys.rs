//! C. Keys.
