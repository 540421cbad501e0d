//! Opening, terms, use, billing and payment method (A), migration (B4), suspension (J1).

use serde_json::{Value, json};

use super::charges::Way;
use super::settings::Settings;
use super::table::Stage;
use super::values::{json_text, object, optional_text, text};
use super::{Model, Step};

#[derive(Clone, PartialEq)]
pub(super) struct Billing {
    reference: String,
    digest: String,
}

impl Billing {
    fn to_json(&self) -> Value {
        json!({"reference": self.reference, "digest": self.digest})
    }
}

#[derive(Clone, PartialEq)]
pub(super) struct Method {
    pub(super) token: String,
    fingerprint: Option<String>,
    brand: String,
    last_four: String,
    expires: String,
}

impl Method {
    /// F5: the token stands in where there is no fingerprint.
    pub(super) fn fingerprint(&self) -> &str {
        self.fingerprint.as_deref().unwrap_or(&self.token)
    }
}

impl Model {
    /// A1, B5.
    pub(super) fn open(&mut self, step: &mut Step, command: &Value) {
        let policy = step.policy;
        self.stage = Stage::Registered;
        self.account = String::from(text(command, "account"));
        self.currency = String::from(&policy.currency);
        self.top_up.settings = Settings {
            enabled: policy.top_up_enabled,
            threshold: policy.threshold,
            target: policy.target,
            monthly_cap: None,
            daily_count: None,
        };
        step.event(
            "account_opened",
            [
                ("account", self.account.as_str().into()),
                ("owner", text(command, "owner").into()),
                ("currency", self.currency.as_str().into()),
                ("top_up", self.top_up.settings.to_json()),
            ],
        );
    }

    /// A3.
    pub(super) fn accept_terms(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let version = text(command, "version");
        let required = &step.policy.terms_required;
        if version != required {
            return Err(object(
                "terms_mismatch",
                [("required", required.as_str().into()), ("given", version.into())],
            ));
        }
        if self.accepted_terms.as_deref() == Some(version) {
            return Ok(());
        }
        self.accepted_terms = Some(version.to_owned());
        if self.stage == Stage::Registered {
            self.stage = Stage::Agreed;
        }
        step.event(
            "terms_accepted",
            [
                ("version", version.into()),
                ("by", command["by"].clone()),
                ("entity", command["entity"].clone()),
            ],
        );
        Ok(())
    }

    /// A4.
    pub(super) fn choose_use(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let missing = |field: &str| Err(object("field_missing", [("field", field.into())]));
        let billing = match (optional_text(command, "billing_ref"), optional_text(command, "billing_digest"))
        {
            (Some(reference), Some(digest)) => Some(Billing { reference, digest }),
            (Some(_), None) => return missing("billing_digest"),
            (None, Some(_)) => return missing("billing_ref"),
            (None, None) => None,
        };
        self.stage = Stage::Described;
        self.usage = String::from(text(command, "use"));
        self.billing = billing;
        self.tell_use(step, "use_chosen");
        Ok(())
    }

    /// A4, A5.
    pub(super) fn update_billing(&mut self, step: &mut Step, command: &Value) {
        let usage = optional_text(command, "use").unwrap_or_else(|| self.usage.clone());
        let billing = Some(Billing {
            reference: text(command, "billing_ref").to_owned(),
            digest: text(command, "billing_digest").to_owned(),
        });
        if usage == self.usage && billing == self.billing {
            return;
        }
        self.usage = usage;
        self.billing = billing;
        self.tell_use(step, "billing_updated");
    }

    fn tell_use(&self, step: &mut Step, kind: &str) {
        let billing = self.billing.as_ref().map_or(Value::Null, Billing::to_json);
        step.event(kind, [("use", self.usage.as_str().into()), ("billing", billing)]);
    }

    /// A5. Another fingerprint is another payment method: it ends waits and pauses (F5, G4), and a charge that requires
    /// action is cancelled (F4).
    pub(super) fn link_payment_method(&mut self, step: &mut Step, command: &Value) {
        let method = Method {
            token: text(command, "token").to_owned(),
            fingerprint: optional_text(command, "fingerprint"),
            brand: text(command, "brand").to_owned(),
            last_four: text(command, "last_four").to_owned(),
            expires: text(command, "expires").to_owned(),
        };
        if self.method.as_ref() == Some(&method) {
            return;
        }
        step.event(
            "payment_method_linked",
            [
                ("token", method.token.as_str().into()),
                ("fingerprint", json_text(method.fingerprint.as_deref())),
                ("brand", method.brand.as_str().into()),
                ("last_four", method.last_four.as_str().into()),
                ("expires", method.expires.as_str().into()),
            ],
        );
        let is_another = self.method.as_ref().is_some_and(|old| old.fingerprint() != method.fingerprint());
        self.method = Some(method);
        if self.stage == Stage::Described {
            self.stage = Stage::Linked;
        }
        if is_another {
            self.top_up.begin_afresh();
            let requires_action = self.open_charge.as_ref().is_some_and(|charge| {
                matches!(charge.way, Way::ActionRequired { .. }) && !charge.is_mismatched()
            });
            if requires_action {
                self.begin_cancelling(step, "method_replaced");
            }
            self.end_reversal_pause(step);
        }
    }

    /// B4: it was funded elsewhere before. Only an account that is linked, or was migrated under this very reference,
    /// comes here.
    pub(super) fn migrate(&mut self, step: &mut Step, command: &Value) {
        if self.stage == Stage::Linked {
            let reference = text(command, "reference");
            self.stage = Stage::Active;
            self.migrated_from = Some(reference.to_owned());
            step.event("account_migrated", [("reference", reference.into())]);
        }
    }

    /// J1.
    pub(super) fn suspend(&mut self, step: &mut Step, command: &Value) {
        let reason = text(command, "reason");
        if self.suspended.as_deref() != Some(reason) {
            self.suspended = Some(reason.to_owned());
            step.event("account_suspended", [("reason", reason.into())]);
        }
    }

    /// J1.
    pub(super) fn resume(&mut self, step: &mut Step) {
        if self.suspended.take().is_some() {
            step.event("account_resumed", []);
        }
    }
}
