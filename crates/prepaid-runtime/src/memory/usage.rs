//! What keys have used by item and day: counted when a call is billed, under the item it was admitted with.

use std::collections::{BTreeMap, HashMap};

use prepaid::{AccountId, Amount, CallId, KeyNumber, Timestamp, Window};

use crate::fact::{Fact, item_of};
use crate::store::{Append, UsagePlace, UsageRow};

/// Every call ever admitted, and the sums.
#[derive(Debug, Default)]
pub(super) struct Usage {
    calls: HashMap<(AccountId, CallId), (KeyNumber, String)>,
    sums: BTreeMap<(AccountId, UsagePlace), (u64, Amount)>,
}

impl Usage {
    pub(super) fn knows(&self, account: AccountId, call: CallId) -> bool {
        self.calls.contains_key(&(account, call))
    }

    pub(super) fn note(&mut self, append: &Append) {
        for event in &append.batch.events {
            match Fact::of(event) {
                Fact::CallAdmitted { call, key, origin, billed } => {
                    self.calls.insert((append.account, call), (key, item_of(origin)));
                    if let Some(amount) = billed {
                        self.bill(append, call, amount);
                    }
                }
                Fact::CallBilled { call, amount } => self.bill(append, call, amount),
                Fact::CallMoved(_)
                | Fact::KeyAsked(_)
                | Fact::ChargeAsked(_)
                | Fact::ChargeCredited { .. }
                | Fact::ChargeEnded { .. }
                | Fact::Reversed(_)
                | Fact::GrantIssued(_)
                | Fact::GrantStarted(_)
                | Fact::CreditGone(_)
                | Fact::WrittenOff(_)
                | Fact::Nothing => {}
            }
        }
    }

    fn bill(&mut self, append: &Append, call: CallId, amount: Amount) {
        let Some((key, item)) = self.calls.get(&(append.account, call)) else { return };
        let day = Window::Day.around(append.batch.at).from;
        let place = UsagePlace { day, key: *key, item: item.clone() };
        let (calls, sum) = self.sums.entry((append.account, place)).or_default();
        *calls = calls.saturating_add(1);
        // What an account has settled in all stays in range (M1), and so does every part of it.
        *sum = sum.checked_add(amount).unwrap_or(Amount::MAX);
    }

    /// The rows of days that begin in a range, after a place, at most so many.
    pub(super) fn rows(
        &self,
        account: AccountId,
        (from, until): (Timestamp, Timestamp),
        after: Option<&UsagePlace>,
        limit: usize,
    ) -> Vec<UsageRow> {
        let mine = self.sums.iter().filter(|((owner, place), _)| {
            *owner == account && (from..until).contains(&place.day) && after.is_none_or(|after| place > after)
        });
        mine.take(limit)
            .map(|((_, UsagePlace { day, key, item }), (calls, amount))| UsageRow {
                key: *key,
                item: item.clone(),
                day: *day,
                calls: *calls,
                amount: *amount,
            })
            .collect()
    }
}
