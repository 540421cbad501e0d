//! The embedded default store of prepaid accounts: one SQLite file.
