//! A file of customers: read whole, every faulty line told.

use std::collections::BTreeMap;
use std::path::Path;

use prepaid::{
    AccountId, Amount, Digest, GrantId, KeyId, Label, OwnerId, PaymentMethod, Policy, Setting, Shown,
    TermsAccepted, Text, Timestamp, UseKind,
};
use serde::Deserialize;
use serde_json::Value;

use super::takeover::{self, Taken};
use crate::alphabet::{CUSTOMER, brief, fields_faults};
use crate::fault::{Faults, Stopped};
use crate::files::read_text;
use crate::json_once;
use crate::script::{unread, without_place};

/// One customer, as the line has it. The table `CUSTOMER` has refused unknown fields before.
#[derive(Debug, Deserialize)]
pub(super) struct Customer {
    pub(super) account: AccountId,
    pub(super) owner: OwnerId,
    #[serde(default)]
    at: Option<Timestamp>,
    pub(super) terms: TermsAccepted,
    #[serde(rename = "use")]
    pub(super) kind: UseKind,
    #[serde(default)]
    pub(super) billing_ref: Option<Text>,
    #[serde(default)]
    pub(super) billing_digest: Option<Digest>,
    pub(super) method: PaymentMethod,
    pub(super) keys: Vec<Brought>,
    #[serde(default)]
    balance: Option<Amount>,
    #[serde(default)]
    grant: Option<GrantId>,
    #[serde(default)]
    pub(super) top_up: Option<TopUp>,
    pub(super) reference: Text,
}

/// A key that exists, as far as anybody may know it (C2).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Brought {
    pub(super) key: KeyId,
    pub(super) digest: Digest,
    pub(super) shown: Shown,
    #[serde(default)]
    pub(super) label: Option<Label>,
    #[serde(default)]
    pub(super) expires_at: Option<Timestamp>,
}

/// The settings that differ from the policy's.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct TopUp {
    #[serde(default)]
    pub(super) enabled: Option<bool>,
    #[serde(default)]
    pub(super) threshold: Option<Amount>,
    #[serde(default)]
    pub(super) target: Option<Amount>,
    #[serde(default)]
    pub(super) monthly_cap: Setting<Amount>,
    #[serde(default)]
    pub(super) daily_count: Setting<u16>,
}

impl Customer {
    /// The opening balance, if there is one, and the grant that it becomes.
    pub(super) fn opening(&self) -> Option<(GrantId, Amount)> {
        self.grant.zip(self.balance.filter(|balance| !balance.is_zero()))
    }
}

/// Reads the customers of a file, and takes each of them over; empty lines are skipped.
pub(super) fn read(file: &Path, at: Option<Timestamp>, policy: &Policy) -> Result<Vec<Taken>, Stopped> {
    let text = read_text(file)?;
    let mut faults = Faults::of(file);
    let (mut taken, mut ids) = (Vec::new(), Ids::default());
    for (n, text) in (1_u64..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        let read = read_line(text).and_then(|customer| {
            let mut found = ids.repeated(n, &customer);
            let at = customer.at.or(at);
            if at.is_none() {
                found.push("field at is missing: must be a time, here or as option --at".into());
            }
            if customer.opening().is_none() && customer.balance.is_some_and(|balance| !balance.is_zero()) {
                found.push("field grant is missing: must be a UUID as text, where there is a balance".into());
            }
            match at {
                Some(at) if found.is_empty() => takeover::take(&customer, at, policy),
                Some(_) | None => Err(found),
            }
        });
        match read {
            Ok(customer) => taken.push(customer),
            Err(found) => found.into_iter().for_each(|what| faults.add(Some(n), what)),
        }
        if faults.are_many() {
            break;
        }
    }
    if text.trim().is_empty() {
        faults.add(None, "the file is empty: must have at least one line");
    }
    faults.unless_any(taken)
}

fn read_line(text: &str) -> Result<Customer, Vec<String>> {
    let written = json_once::read(text).map_err(|error| vec![unread(&error)])?;
    let Value::Object(object) = &written else {
        return Err(vec![format!("the line is {}: must be an object, a customer", brief(&written))]);
    };
    let faults = fields_faults("", &[], CUSTOMER, object);
    if !faults.is_empty() {
        return Err(faults);
    }
    serde_json::from_value(written).map_err(|error| vec![format!("the line: {}", without_place(&error))])
}

/// The ids of the lines before, and where they stand: of two accounts with one of them only one would be found.
#[derive(Default)]
struct Ids {
    accounts: BTreeMap<AccountId, u64>,
    grants: BTreeMap<GrantId, u64>,
    keys: BTreeMap<KeyId, u64>,
    digests: BTreeMap<Digest, u64>,
}

/// Remembers an id; where it stands already, if it does.
fn remember<T: Ord>(known: &mut BTreeMap<T, u64>, id: T, line: u64) -> Option<u64> {
    let before = known.get(&id).copied();
    known.entry(id).or_insert(line);
    before
}

impl Ids {
    fn repeated(&mut self, line: u64, customer: &Customer) -> Vec<String> {
        let mut found = Vec::new();
        let mut tell = |field: String, before: Option<u64>, right: &str| {
            if let Some(before) = before {
                let place = if before == line { "this line".into() } else { format!("line {before}") };
                found.push(format!("field {field} is on {place} already: must be {right}"));
            }
        };
        let Customer { account, keys, .. } = customer;
        let before = remember(&mut self.accounts, *account, line);
        tell(format!("account: \"{account}\""), before, "another account's id");
        if let Some((grant, _)) = customer.opening() {
            let before = remember(&mut self.grants, grant, line);
            tell(format!("grant: \"{grant}\""), before, "another grant's id");
        }
        for (n, Brought { key, digest, .. }) in (1_usize..).zip(keys) {
            let before = remember(&mut self.keys, *key, line);
            tell(format!("keys[{n}].key: \"{key}\""), before, "another key's id");
            let before = remember(&mut self.digests, *digest, line);
            tell(format!("keys[{n}].digest"), before, "another key's digest");
        }
        found
    }
}
