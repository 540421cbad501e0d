//! K. Time, identity, determinism.
