//! F5. Waits and pauses after failed charges.
