//! Small lives, stepped here and written as groups, so that a store can be tested without the loop.

use std::collections::BTreeMap;

use prepaid::{
    Account, AccountId, Action, Actor, Amount, CallId, Command, Currency, Digest, KeyId, OwnerId, Policy,
    Quote, Timestamp, UseKind, effects, next_deadline, step,
};
use uuid::Uuid;

use super::said;
use crate::request::{RequestId, content_of_command};
use crate::store::{Append, EventStore, Group, State};

/// Accounts as they were stepped, and what is still to be written of them.
pub(super) struct Lives {
    pub(super) policy: Policy,
    pub(super) now: Timestamp,
    pub(super) accounts: BTreeMap<AccountId, (Account, u64)>,
    pub(super) group: Group,
}

pub(super) fn account(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

pub(super) fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

pub(super) fn key_of(n: u128) -> KeyId {
    KeyId(Uuid::from_u128(n.wrapping_add(1_000_000)))
}

/// The digest of the first key of the n-th account.
pub(super) fn digest_of(n: u128) -> Digest {
    let mut digest = [0x5a; 32];
    for (to, from) in digest.iter_mut().zip(n.to_be_bytes()) {
        *to = from;
    }
    Digest(digest)
}

pub(super) fn amount(text: &str) -> Result<Amount, String> {
    text.parse().map_err(said)
}

pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(said)
}

pub(super) fn price(text: &str, reference: &str) -> Result<Quote, String> {
    Ok(Quote::agreed(amount(text)?, Currency::USD, reference.parse().map_err(said)?))
}

/// The commands that take the n-th account to its first key; the charge of its funding is open then.
pub(super) fn onboarding(n: u128) -> Result<Vec<Command>, String> {
    onboarding_of(account(n), key_of(n), digest_of(n))
}

/// What an owner does from opening an account to its first key; the charge of its funding is open then. For the tests of
/// stores and gateways.
///
/// # Errors
/// None: what is written here is well formed.
///
/// ```
/// use prepaid::{AccountId, Digest, KeyId};
/// use prepaid_runtime::conformance::onboarding_of;
/// let [account, key] = [1, 2].map(uuid::Uuid::from_u128);
/// assert_eq!(onboarding_of(AccountId(account), KeyId(key), Digest([7; 32]))?.len(), 5);
/// # Ok::<(), String>(())
/// ```
pub fn onboarding_of(account: AccountId, key: KeyId, digest: Digest) -> Result<Vec<Command>, String> {
    let token = format!("pm_{account}").parse().map_err(said)?;
    let owner = [
        Action::Open { account, owner: OwnerId(Uuid::from_u128(7)), currency: None },
        Action::AcceptTerms {
            version: "TOS_2024_04_20".parse().map_err(said)?,
            by: "Ada".parse().map_err(said)?,
            entity: None,
        },
        Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None },
        Action::LinkPaymentMethod {
            token,
            fingerprint: None,
            brand: "visa".parse().map_err(said)?,
            last_four: "4242".parse().map_err(said)?,
            expires: "2031-01".parse().map_err(said)?,
        },
        Action::CreateKey {
            key,
            digest,
            shown: "ppk_A1b2".parse().map_err(said)?,
            label: None,
            expires_at: None,
        },
    ];
    Ok(owner.into_iter().map(|action| action.by(Actor::Owner)).collect())
}

/// The provider takes what the account's open charge asks.
pub(super) fn success(state: &Account) -> Result<Command, String> {
    let open = state.open_charge().ok_or("no charge is open")?;
    let reference = format!("ch_{}", open.number).parse().map_err(said)?;
    Ok(Action::ChargeSucceeded { charge: open.number, amount: open.amount, reference }.by(Actor::Provider))
}

/// A one-step call of the n-th account.
pub(super) fn charge_call(n: u128, id: u128, text: &str) -> Result<Command, String> {
    let quote = price(text, "contract 7")?;
    Ok(Action::ChargeCall { call: call(id), key: key_of(n), quote }.by(Actor::Gateway))
}

impl Lives {
    pub(super) fn begin() -> Result<Self, String> {
        let (accounts, group) = (BTreeMap::new(), Group::default());
        Ok(Self { policy: Policy::default(), now: time("2025-01-01T00:00:00Z")?, accounts, group })
    }

    /// Steps a command of the n-th account, and adds its batch to the group.
    pub(super) fn does(&mut self, n: u128, command: &Command, request: Option<&str>) -> Result<(), String> {
        let id = account(n);
        let (state, seq) = self.accounts.entry(id).or_insert_with(|| (Account::Vacant, 0));
        let batch = step(state, &self.policy, command, self.now).map_err(said)?;
        if batch.events.is_empty() {
            return Ok(());
        }
        *seq = seq.saturating_add(1);
        let request = match request {
            Some(text) => {
                let request: RequestId = text.parse().map_err(said)?;
                Some((request, content_of_command(command).map_err(said)?))
            }
            None => None,
        };
        let (seq, balance) = (*seq, state.balance());
        let policy = self.policy.numbers().id.clone();
        self.group.appends.push(Append { account: id, seq, batch, request, policy, balance });
        let (owes, deadline) = (effects(state).next().is_some(), next_deadline(state));
        let state = State { account: id, seq, state: state.clone(), owes, deadline };
        self.group.states.retain(|other| other.account != id);
        self.group.states.push(state);
        Ok(())
    }

    /// Takes the n-th account to a funded one with a key.
    pub(super) fn funds(&mut self, n: u128) -> Result<(), String> {
        for command in onboarding(n)? {
            self.does(n, &command, None)?;
        }
        let success = success(self.state(n)?)?;
        self.does(n, &success, None)
    }

    pub(super) fn state(&self, n: u128) -> Result<&Account, String> {
        self.accounts.get(&account(n)).map(|(state, _)| state).ok_or_else(|| format!("no account {n}"))
    }

    /// Writes what has been done since.
    pub(super) fn writes(&mut self, store: &mut impl EventStore) -> Result<(), String> {
        store.append(&self.group).map_err(said)?;
        self.group = Group::default();
        Ok(())
    }
}
