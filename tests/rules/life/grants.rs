//! Words for grants (chapter H).

use prepaid::Action;

use super::{Answer, Life, a_grant, balance, grant, time};

impl Life {
    /// The operator issues the n-th grant, effective at once, without an expiry.
    pub fn is_granted(&mut self, n: u128, text: &str) -> Answer {
        self.operator(a_grant(n, text))
    }

    /// The same with a priority and an expiry.
    pub fn is_granted_with(&mut self, n: u128, text: &str, rank: i16, expiry: Option<&str>) -> Answer {
        let mut action = a_grant(n, text);
        if let Action::IssueGrant { priority, expires_at, .. } = &mut action {
            (*priority, *expires_at) = (rank, expiry.map(time));
        }
        self.operator(action)
    }

    /// The same with an effective time and an expiry.
    pub fn is_granted_from(&mut self, n: u128, text: &str, start: &str, expiry: Option<&str>) -> Answer {
        let mut action = a_grant(n, text);
        if let Action::IssueGrant { effective_at, expires_at, .. } = &mut action {
            (*effective_at, *expires_at) = (Some(time(start)), expiry.map(time));
        }
        self.operator(action)
    }

    pub fn voids(&mut self, n: u128) -> Answer {
        self.operator(Action::VoidGrant { grant: grant(n) })
    }

    /// What is left of the n-th grant, unheld and held; none where it is not known, or has not started.
    pub fn lot(&self, n: u128) -> Option<(String, String)> {
        let lot = self.account.lots().iter().find(|lot| lot.issued.grant == grant(n))?;
        Some((lot.left.to_string(), lot.held.to_string()))
    }

    #[track_caller]
    pub fn lot_is(&self, n: u128, left: &str, held: &str) {
        assert_eq!(self.lot(n), Some((left.to_string(), held.to_string())), "grant {n}: left and held");
    }

    /// The unheld purchased credit; below zero what it owes.
    #[track_caller]
    pub fn purchased_is(&self, text: &str) {
        assert_eq!(self.account.purchased(), balance(text), "unheld purchased credit");
    }
}
