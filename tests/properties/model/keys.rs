//! Keys, and the first key with its initial funding (B, C).

use serde_json::Value;

use super::charges::Kind;
use super::limits::Limit;
use super::table::Stage;
use super::values::{instant, json_instant, json_text, object, optional_text, text};
use super::{Model, Step};

#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: String,
    /// Counts the keys of the account from 1.
    pub(super) number: u64,
    digest: String,
    shown: String,
    label: Option<String>,
    expires_at: Option<i64>,
    revoked: bool,
    /// C6: its own spending limit.
    pub(super) limit: Option<Limit>,
}

impl Key {
    fn tell(&self, step: &mut Step, kind: &str) {
        step.event(
            kind,
            [
                ("key", self.id.as_str().into()),
                ("number", self.number.into()),
                ("digest", self.digest.as_str().into()),
                ("shown", self.shown.as_str().into()),
                ("label", json_text(self.label.as_deref())),
                ("expires_at", self.expires_at.map_or(Value::Null, json_instant)),
            ],
        );
    }

    /// C7: revoked, then expired. It has expired from the instant `expires_at` on.
    pub(super) fn check_usable(&self, at: i64) -> Result<(), Value> {
        if self.revoked {
            return Err(object("key_revoked", [("key", self.id.as_str().into())]));
        }
        match self.expires_at {
            Some(expired_at) if at >= expired_at => Err(object(
                "key_expired",
                [("key", self.id.as_str().into()), ("expired_at", json_instant(expired_at))],
            )),
            _ => Ok(()),
        }
    }
}

fn unknown(id: &str) -> Value {
    object("key_unknown", [("key", id.into())])
}

/// C3, C4: the characters after the prefix and its underscore. Base62 has no underscore.
fn random_characters(shown: &str) -> u64 {
    shown.chars().rev().take_while(|character| *character != '_').count() as u64
}

impl Model {
    pub(super) fn create_key(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let policy = step.policy;
        let key = Key {
            id: text(command, "key").to_owned(),
            number: self.keys.len() as u64 + 1,
            digest: text(command, "digest").to_owned(),
            shown: text(command, "shown").to_owned(),
            label: optional_text(command, "label"),
            expires_at: command["expires_at"].as_str().map(instant),
            revoked: false,
            limit: None,
        };

        // B2, K6: the same id with the same content changes nothing, whatever became of the key.
        let known = || self.keys.iter().chain(&self.pending_key);
        let conflict = Err(object("key_conflict", [("key", key.id.as_str().into())]));
        if let Some(same) = known().find(|other| other.id == key.id) {
            let same_content = same.label == key.label && same.expires_at == key.expires_at;
            return if same_content { Ok(()) } else { conflict };
        }
        if known().any(|other| other.digest == key.digest) {
            return conflict;
        }
        let given = random_characters(&key.shown);
        if given > policy.shown_characters {
            return Err(object(
                "shown_too_long",
                [("given", given.into()), ("at_most", policy.shown_characters.into())],
            ));
        }
        if let Some(expires_at) = key.expires_at {
            Model::check_time("expires_at", expires_at, step.at, None)?;
        }
        self.check_suspension()?; // J1
        self.check_terms(policy)?; // A6
        if self.keys.len() as u64 >= policy.keys_ever {
            return Err(object("too_many_keys", [("bound", policy.keys_ever.into())])); // C1
        }

        if self.stage == Stage::Active {
            // C1: later keys cost nothing. Nor does the first, if there is credit already (B4).
            key.tell(step, "key_created");
            self.keys.push(key);
        } else {
            // B1: the first key ever asks for the initial funding.
            self.check_no_charge_open()?; // B2
            self.check_not_barred()?; // F5
            let amount = self.top_up_amount(policy);
            let amount = amount.ok_or_else(|| object("out_of_range", [("field", "posted".into())]))?;
            key.tell(step, "first_key_requested");
            self.pending_key = Some(key);
            self.stage = Stage::Funding;
            self.request_charge(step, Kind::InitialFunding, amount);
        }
        Ok(())
    }

    pub(super) fn relabel_key(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "key");
        self.check_not_pending(id)?;
        let key = self.keys.iter_mut().find(|key| key.id == id).ok_or_else(|| unknown(id))?;
        let label = optional_text(command, "label");
        if key.label != label {
            step.event(
                "key_relabelled",
                [("key", key.number.into()), ("label", json_text(label.as_deref()))],
            );
            key.label = label;
        }
        Ok(())
    }

    /// C5; B2: revoking the pending key drops the key, not the charge.
    pub(super) fn revoke_key(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "key");
        if self.pending_key.as_ref().is_some_and(|key| key.id == id) {
            self.pending_key = None;
            step.event("first_key_dropped", [("key", id.into())]);
            return Ok(());
        }
        let key = self.keys.iter_mut().find(|key| key.id == id).ok_or_else(|| unknown(id))?;
        if !key.revoked {
            key.revoked = true;
            step.event("key_revoked", [("key", key.number.into()), ("reason", command["reason"].clone())]);
        }
        Ok(())
    }

    /// J2: every key that works, or had expired without being revoked; a pending one is dropped.
    pub(super) fn revoke_every_key(&mut self, step: &mut Step) {
        for key in self.keys.iter_mut().filter(|key| !key.revoked) {
            key.revoked = true;
            step.event("key_revoked", [("key", key.number.into()), ("reason", "closed".into())]);
        }
        if let Some(key) = self.pending_key.take() {
            step.event("first_key_dropped", [("key", key.id.into())]);
        }
    }

    pub(super) fn check_not_pending(&self, id: &str) -> Result<(), Value> {
        match &self.pending_key {
            Some(key) if key.id == id => Err(object("key_inactive", [("key", id.into())])),
            _ => Ok(()),
        }
    }

    pub(super) fn key(&self, id: &str) -> Result<&Key, Value> {
        self.keys.iter().find(|key| key.id == id).ok_or_else(|| unknown(id))
    }
}
