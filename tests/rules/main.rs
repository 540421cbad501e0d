//! The rules as tests: one file per chapter of docs/rules.md, every test named after its rule.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::arithmetic_side_effects,
    reason = "tests stop at the first surprise"
)]

mod a_onboarding;
mod a_outdated;
mod a_reductions;
mod b_first_key;
mod b_late;
mod b_migrated;
mod c_keys;
mod c_labels;
mod c_limits;
mod c_secrecy;
mod d_admission;
mod d_endings;
mod d_expiry;
mod d_limits;
mod d_prices;
mod e_caps;
mod e_counts;
mod e_off;
mod e_one_charge;
mod e_settings;
mod e_top_up;
mod f_bars;
mod f_charges;
mod f_late;
mod f_recovery;
mod f_results;
mod f_unknown;
mod g_archive;
mod g_disputed;
mod g_disputes;
mod g_order;
mod g_owed;
mod g_pause;
mod g_refunds;
mod h_debt;
mod h_expiry;
mod h_grants;
mod h_lots;
mod i_limits;
mod i_notices;
mod j_closed;
mod j_closing;
mod j_completion;
mod j_suspension;
mod j_write_off;
mod k_actors;
mod k_decisions;
mod k_history;
mod k_history_money;
mod k_time;
mod life;
mod m_books;
mod m_conservation;
mod m_money;
mod m_totals;
mod peers;
mod peers_charges;
mod peers_credit;
mod ten_years;
