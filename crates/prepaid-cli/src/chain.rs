//! The log of a run: one line a batch, each with the digest of the line before, so that one changed character is found.

use std::collections::BTreeMap;
use std::path::Path;

use prepaid::{AccountId, Amount, Balance, Balances, Batch, Events, Timestamp};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::fault::Stopped;
use crate::files::Unfinished;

/// A log being written.
#[derive(Debug)]
pub(crate) struct Chain {
    to: Unfinished,
    policy: String,
    last: BTreeMap<AccountId, u64>,
    prev: [u8; 32],
    line: Vec<u8>,
}

#[derive(Serialize)]
struct Line<'a> {
    account: AccountId,
    seq: u64,
    at: Timestamp,
    request: Option<&'a str>,
    policy: &'a str,
    events: &'a Events,
    posted: Balance,
    held: Amount,
    prev: prepaid::Digest,
}

impl Chain {
    /// Begins a log that will lie at `file`.
    pub(crate) fn begin(file: &Path, policy: &str) -> Result<Self, Stopped> {
        Ok(Self {
            to: Unfinished::begin(file)?,
            policy: policy.into(),
            last: BTreeMap::new(),
            prev: [0; 32],
            line: Vec::new(),
        })
    }

    /// Adds a batch, and the balance after it; a batch that changed nothing is not logged.
    pub(crate) fn add(&mut self, account: AccountId, batch: &Batch, after: Balances) -> Result<(), Stopped> {
        if batch.events.is_empty() {
            return Ok(());
        }
        let seq = self.last.entry(account).or_insert(0);
        *seq = seq.saturating_add(1);
        let line = Line {
            account,
            seq: *seq,
            at: batch.at,
            request: None,
            policy: &self.policy,
            events: &batch.events,
            posted: after.posted,
            held: after.held,
            prev: prepaid::Digest(self.prev),
        };
        self.line.clear();
        serde_json::to_writer(&mut self.line, &line).map_err(std::io::Error::from)?;
        self.prev = Sha256::digest(&self.line).into();
        self.line.push(b'\n');
        self.to.write(&self.line)
    }

    /// Puts the log in its place.
    pub(crate) fn finish(self) -> Result<(), Stopped> {
        self.to.finish()
    }
}
