//! The provider's book, compared with the accounts.

use std::collections::{BTreeMap, BTreeSet};

use prepaid::{Account, AccountId, Amount, ChargeNumber, Effect, Event, effects, evolve};
use prepaid_runtime::Change;
use prepaid_sandbox::BookedCharge;

/// What the accounts say of charges, from the log alone.
#[derive(Default)]
struct Ours {
    accounts: BTreeMap<AccountId, Account>,
    /// Every key under which a charge was ever to be asked, or its cancellation; and a refund.
    charges: BTreeSet<String>,
    cancellations: BTreeSet<String>,
    refunds: BTreeSet<String>,
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
            let (keys, key) = match effect {
                Effect::MakeCharge { idempotency_key, .. } => (&mut self.charges, idempotency_key),
                Effect::CancelCharge { idempotency_key, .. } => (&mut self.cancellations, idempotency_key),
                Effect::SendRefund { idempotency_key, .. } => (&mut self.refunds, idempotency_key),
                Effect::LookUpCharge { .. } | Effect::LookUpRefund { .. } => continue,
            };
            keys.insert(key.to_string());
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
    let asked: BTreeSet<String> = book.iter().map(|charge| charge.key.clone()).collect();
    let unowed: Vec<_> = asked.difference(&ours.charges).collect();
    assert!(unowed.is_empty(), "asked of the provider, and never owed: {unowed:?}");
    // A late success of the charge before it may have made it needless before it was asked (F1).
    let unasked = ours.charges.difference(&asked).filter(|key| !ours.cancellations.contains(*key));
    let unasked: Vec<_> = unasked.collect();
    assert!(unasked.is_empty(), "owed, not cancelled, and never asked of the provider: {unasked:?}");
    let refunds = book.iter().flat_map(|charge| &charge.refunds);
    let refunds: BTreeSet<String> = refunds.map(|refund| refund.key.clone()).collect();
    assert_eq!(refunds, ours.refunds, "refunds asked of the provider, and owed");
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
