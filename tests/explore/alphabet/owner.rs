//! The way to an account that works, its keys, and its standing.

use prepaid::{Action, Actor, Digest, KeyId, RevokeFor, UseKind};

use super::{HOUR, Moves, accept, amount, call, choose_use, key, link, new_key, open, text};

impl Moves<'_> {
    pub(super) fn onboarding(&mut self) {
        self.usual(open());
        for version in ["TOS_2024_04_20", "TOS_2025_06_01"] {
            self.all.push(accept(version));
        }
        self.all.push(choose_use());
        for (reference, digest) in [(Some("billing/1"), Some(Digest([9; 32]))), (Some("billing/1"), None)] {
            self.usual(Action::ChooseUse {
                kind: UseKind::Business,
                billing_ref: reference.map(text),
                billing_digest: digest,
            });
        }
        self.usual(Action::UpdateBilling {
            kind: Some(UseKind::Business),
            billing_ref: text("billing/2"),
            billing_digest: Digest([8; 32]),
        });
        self.all.push(link(1));
        self.usual(Action::Migrate { reference: text("customer 4711") });
        self.usual(new_key(1, None));
        self.usual(new_key(2, None));
        self.usual(Action::RevokeKey { key: key(1), reason: RevokeFor::Requested });
        self.usual(Action::RelabelKey { key: key(1), label: Some("laptop".parse().unwrap()) });
        let quote = self.quote(amount("1"));
        self.usual(Action::ChargeCall { call: call(9), key: key(1), quote });
    }

    pub(super) fn keys(&mut self) {
        self.usual(new_key(1, None));
        // The same secret under another id; one that expires; more than there may be.
        let mut same = new_key(3, None);
        if let Action::CreateKey { digest, .. } = &mut same {
            *digest = Digest([1; 32]);
        }
        self.usual(same);
        self.usual(new_key(2, Some(self.in_micros(HOUR))));
        self.usual(new_key(3, None));
        let ids: Vec<KeyId> = [1, 2, 4].map(key).to_vec();
        for id in ids {
            for reason in [RevokeFor::Requested, RevokeFor::Leaked] {
                self.usual(Action::RevokeKey { key: id, reason });
            }
        }
        for label in [Some("laptop"), None] {
            let label = label.map(|label| label.parse().unwrap());
            self.usual(Action::RelabelKey { key: key(1), label });
        }
    }

    pub(super) fn standing(&mut self) {
        for reason in ["fraud", "audit"] {
            self.add(Action::Suspend { reason: text(reason) }, Actor::Operator);
        }
        self.usual(Action::Resume {});
    }
}
