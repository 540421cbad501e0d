//! The provider's book, compared with the accounts.

use std::collections::{BTreeMap, BTreeSet};

use prepaid::{Account, AccountId, Amount, ChargeNumber, Effect, Event, effects, evolve};
use prepaid_runtime::Change;
use prepaid_sandbox::BookedCharge;

/// What the accounts say of charges, from the log alone.
#[derive(Default)]
struct Ours {
    accounts: BTreeMap<AccountId, Account>,
    /// Every key under which a charge was ever owed, and likewise for refunds.
    charge_keys: BTreeSet<String>,
    refund_keys: BTreeSet<String>,
    credited: BTreeMap<(AccountId, ChargeNumber), Vec<Amount>>,
}

impl Ours {
    fn of(changes: &[Change]) -> Self {
        let mut ours = Self::default();
        for change in changes {
            let (id, batch) = (change.row.account, &change.row.batch);
            for event in &batch.events {
                let account = ours.accounts.remove(&id).unwrap_or(Account::Vacant);
                let account = evolve(account, batch.at, event).unwrap();
                ours.note(id, &account, event);
                ours.accounts.insert(id, account);
            }
        }
        ours
    }

    fn note(&mut self, id: AccountId, account: &Account, event: &Event) {
        for effect in effects(account) {
            match effect {
                Effect::MakeCharge { idempotency_key, .. } => {
                    self.charge_keys.insert(idempotency_key.to_string());
                }
                Effect::SendRefund { idempotency_key, .. } => {
                    self.refund_keys.insert(idempotency_key.to_string());
                }
                Effect::LookUpCharge { .. } | Effect::CancelCharge { .. } | Effect::LookUpRefund { .. } => {}
            }
        }
        if let Event::ChargeSucceeded { charge, amount, .. }
        | Event::ChargeSucceededLate { charge, amount, .. } = event
        {
            self.credited.entry((id, *charge)).or_default().push(*amount);
        }
    }
}

/// They are the same, charge by charge: the same keys, each taken at most once and credited as often, and of each charge
/// as much is left. Nothing is open any more.
pub fn compare(book: &[BookedCharge], changes: &[Change]) {
    let mut ours = Ours::of(changes);
    for (id, account) in &ours.accounts {
        assert_eq!(account.open_charge(), None, "{id}: a charge is open");
    }
    let theirs: BTreeSet<String> = book.iter().map(|charge| charge.key.clone()).collect();
    assert_eq!(theirs, ours.charge_keys, "charges asked of the provider, and owed");
    let refunds = book.iter().flat_map(|charge| &charge.refunds);
    let theirs: BTreeSet<String> = refunds.map(|refund| refund.key.clone()).collect();
    assert_eq!(theirs, ours.refund_keys, "refunds asked of the provider, and owed");
    for charge in book {
        let account = &ours.accounts[&charge.account];
        let credited = ours.credited.remove(&(charge.account, charge.charge)).unwrap_or_default();
        assert!(charge.taken().len() <= 1, "taken twice: {charge:?}");
        assert_eq!(credited, charge.taken(), "credited, and taken: {charge:?}");
        let contribution = account.contribution(charge.charge).unwrap_or(Amount::ZERO);
        let own = account.charge(charge.charge);
        assert_eq!(contribution, charge.kept(), "left of it here, and there: {charge:?}\n{own:?}");
    }
    assert!(ours.credited.is_empty(), "credited, and never taken: {:?}", ours.credited);
}
