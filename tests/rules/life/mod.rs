//! A life to tell stories with: an account, its policy, a clock, and words for what people do.
//!
//! After every step it checks what must always hold: the invariants of the state, that the batches alone rebuild it,
//! that the books kept from the events say the same (M5), that no automatic top-up is left due (E3), that no deadline lies in the past (K3), and that a refusal or an empty
//! batch changed nothing (K4).

mod books;
mod calls;
mod charges;
mod grants;
mod history;
mod limits;
mod reversals;

use prepaid::{
    Account, AccountId, Action, Actor, Audit, Balance, Batch, CallId, Command, Currency, Digest, Effect,
    Event, GrantId, KeyId, KeyRefusal, OwnerId, Policy, PolicyNumbers, Quote, Rejection, RevokeFor, Span,
    StageTag, Timestamp, TopUpOutlook, UseKind, decide, effects, next_deadline, replay, step,
};
use uuid::Uuid;

/// What a step answered: the types of its events, in order, or the refusal.
pub type Answer = Result<Vec<&'static str>, Rejection>;

/// One account and everything around it.
#[derive(Clone)]
pub struct Life {
    pub account: Account,
    pub policy: Policy,
    pub now: Timestamp,
    pub batches: Vec<Batch>,
    audit: Audit,
    calls: u128,
}

pub fn amount(text: &str) -> prepaid::Amount {
    text.parse().unwrap()
}

pub fn balance(text: &str) -> Balance {
    text.parse().unwrap()
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn span(text: &str) -> Span {
    text.parse().unwrap()
}

pub fn key(n: u128) -> KeyId {
    KeyId(Uuid::from_u128(n))
}

pub fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

/// An agreed price, in dollars.
pub fn price(text: &str) -> Quote {
    Quote::agreed(amount(text), Currency::USD, "agreed".parse().unwrap())
}

/// The n-th grant.
pub fn grant(n: u128) -> GrantId {
    GrantId(Uuid::from_u128(n))
}

/// What the operator issues as the n-th grant: this much, from `promotion`, with nothing else said.
pub fn a_grant(n: u128, text: &str) -> Action {
    Action::IssueGrant {
        grant: grant(n),
        amount: amount(text),
        source: "promotion".parse().unwrap(),
        priority: 0,
        effective_at: None,
        expires_at: None,
    }
}

/// The digest of the n-th key.
pub fn digest(n: u8) -> Digest {
    Digest([n; 32])
}

/// The command by which an owner links the card with this fingerprint.
pub fn card(fingerprint: &str) -> Action {
    Action::LinkPaymentMethod {
        token: format!("pm_{fingerprint}").parse().unwrap(),
        fingerprint: Some(fingerprint.parse().unwrap()),
        brand: "visa".parse().unwrap(),
        last_four: "4242".parse().unwrap(),
        expires: "2031-01".parse().unwrap(),
    }
}

/// The command by which an owner creates the n-th key.
pub fn new_key(n: u8) -> Action {
    Action::CreateKey {
        key: key(u128::from(n)),
        digest: digest(n),
        shown: "ppk_A1b2".parse().unwrap(),
        label: None,
        expires_at: None,
    }
}

impl Life {
    /// No account yet; 2025-01-01T00:00:00Z; the documented policy.
    pub fn vacant() -> Self {
        Self::under(PolicyNumbers::documented())
    }

    /// No account yet, under another policy.
    pub fn under(numbers: PolicyNumbers) -> Self {
        Self {
            account: Account::default(),
            policy: Policy::new(numbers).unwrap(),
            now: time("2025-01-01T00:00:00Z"),
            batches: Vec::new(),
            audit: Audit::new(),
            calls: 1_000,
        }
    }

    /// An account at this stage, reached the usual way, with one card (`card-1`) and one key (1).
    pub fn at_stage(stage: StageTag) -> Self {
        Self::vacant().on_to(stage)
    }

    /// Goes on from where the account is to this stage.
    pub fn on_to(mut self, stage: StageTag) -> Self {
        while self.account.stage() < stage {
            let before = self.account.stage();
            match before {
                StageTag::Vacant => self.owner(Action::Open {
                    account: AccountId(Uuid::from_u128(1)),
                    owner: OwnerId(Uuid::from_u128(2)),
                    currency: None,
                }),
                StageTag::Registered => self.accepts_terms("TOS_2024_04_20"),
                StageTag::Agreed => self.owner(Action::ChooseUse {
                    kind: UseKind::Personal,
                    billing_ref: None,
                    billing_digest: None,
                }),
                StageTag::Described => self.owner(card("card-1")),
                StageTag::Linked => self.owner(new_key(1)),
                StageTag::Funding => self.charge_succeeds(),
                StageTag::Active if stage == StageTag::Closing => {
                    self.authorizes(900, "0.06").unwrap();
                    self.closes()
                }
                StageTag::Active => self.closes(),
                StageTag::Closing => self.releases(900),
                StageTag::Closed => unreachable!("nothing comes after closed"),
            }
            .unwrap();
            assert!(self.account.stage() > before, "it has gone on from {before}");
        }
        self
    }

    /// Active, funded to 20.00 by the first key, topped up at 10.00.
    pub fn funded() -> Self {
        Self::at_stage(StageTag::Active)
    }

    /// Active, with these settings from before the first key on, and so funded to `target`.
    pub fn with_top_up(threshold: &str, target: &str) -> Self {
        let mut life = Self::at_stage(StageTag::Linked);
        life.sets(threshold, target).unwrap();
        life.on_to(StageTag::Active)
    }

    /// Active, the automatic top-up off, and exactly this much credit (at most 20.00).
    pub fn with_credit(text: &str) -> Self {
        let mut life = Self::funded();
        life.switches(false).unwrap();
        let spent = life.account.balance().posted.to_decimal() - amount(text).to_decimal();
        life.spends(&spent.to_string()).unwrap();
        life.posted_is(text);
        life
    }

    /// Lets time pass; nothing is done about it until the next step.
    pub fn later(&mut self, length: &str) -> &mut Self {
        self.now = self.now.saturating_add(span(length));
        self
    }

    /// Sets the clock.
    pub fn at(&mut self, text: &str) -> &mut Self {
        self.now = time(text);
        self
    }

    /// Sends any command, and checks what must always hold.
    pub fn sends(&mut self, command: &Command) -> Answer {
        let before = self.account.clone();
        let dry = decide(&before, &self.policy, command, self.now);
        let answer = step(&mut self.account, &self.policy, command, self.now);
        assert_eq!(dry, answer, "the dry run says what the step does (L1)");
        match &answer {
            Ok(batch) if !batch.events.is_empty() => {
                self.batches.push(batch.clone());
                books::audit(&mut self.audit, &self.account, self.batches.len(), batch);
                let outlook = self.account.top_up_outlook(&self.policy, self.now);
                assert_ne!(outlook, TopUpOutlook::Due, "no top-up is left due (E3)");
                let deadline = next_deadline(&self.account);
                assert!(deadline.is_none_or(|at| at > batch.at), "no deadline is left in the past (K3)");
            }
            Ok(_) | Err(_) => assert_eq!(before, self.account, "nothing has changed (K4)"),
        }
        self.account.check().unwrap();
        assert_eq!(replay(&self.batches).as_ref(), Ok(&self.account), "the batches rebuild the state (K4)");
        answer.map(|batch| batch.events.iter().map(|event| event.tag().as_str()).collect())
    }

    pub fn owner(&mut self, action: Action) -> Answer {
        self.sends(&action.by(Actor::Owner))
    }

    pub fn operator(&mut self, action: Action) -> Answer {
        self.sends(&action.by(Actor::Operator))
    }

    pub fn gateway(&mut self, action: Action) -> Answer {
        self.sends(&action.by(Actor::Gateway))
    }

    pub fn provider(&mut self, action: Action) -> Answer {
        self.sends(&action.by(Actor::Provider))
    }

    pub fn tick(&mut self) -> Answer {
        self.sends(&Action::Tick {}.by(Actor::Clock))
    }

    pub fn accepts_terms(&mut self, version: &str) -> Answer {
        let (version, by) = (version.parse().unwrap(), "Ada Lovelace".parse().unwrap());
        self.owner(Action::AcceptTerms { version, by, entity: None })
    }

    /// Which key (its number) a request with the n-th key comes from, or why it is refused.
    pub fn authenticates(&self, n: u8) -> Result<u32, KeyRefusal> {
        let key = self.account.authenticate(&digest(n), self.now)?;
        Ok(key.number.0)
    }

    /// The owner revokes the n-th key.
    pub fn revokes(&mut self, n: u128, reason: RevokeFor) -> Answer {
        self.owner(Action::RevokeKey { key: key(n), reason })
    }

    /// From now on the policy requires this version of the terms, since this instant.
    pub fn requires_terms(&mut self, version: &str, since: &str) {
        let numbers = PolicyNumbers {
            terms_required: version.parse().unwrap(),
            terms_required_since: time(since),
            ..self.policy.numbers().clone()
        };
        self.policy = Policy::new(numbers).unwrap();
    }

    #[track_caller]
    pub fn posted_is(&self, text: &str) {
        assert_eq!(self.account.balance().posted, balance(text), "posted");
    }

    #[track_caller]
    pub fn held_is(&self, text: &str) {
        assert_eq!(self.account.balance().held, amount(text), "held");
    }

    #[track_caller]
    pub fn available_is(&self, text: &str) {
        assert_eq!(self.account.balance().available, balance(text), "available");
    }

    /// The types of the effects that are owed.
    pub fn owes(&self) -> Vec<&'static str> {
        effects(&self.account).map(|effect: Effect| effect.tag().as_str()).collect()
    }

    /// Moves the clock by so many microseconds, back where negative.
    pub fn micros(&mut self, count: i64) -> &mut Self {
        self.now = Timestamp::from_micros(self.now.as_micros() + count).unwrap();
        self
    }

    /// The owner links the card with this fingerprint.
    pub fn links(&mut self, fingerprint: &str) -> Answer {
        self.owner(card(fingerprint))
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        next_deadline(&self.account)
    }

    /// From now on the policy has other numbers.
    pub fn changes_policy(&mut self, change: impl FnOnce(&mut PolicyNumbers)) {
        let mut numbers = self.policy.numbers().clone();
        change(&mut numbers);
        self.policy = Policy::new(numbers).unwrap();
    }

    pub fn is_suspended_for(&mut self, reason: &str) -> Answer {
        self.operator(Action::Suspend { reason: reason.parse().unwrap() })
    }

    pub fn resumes(&mut self) -> Answer {
        self.operator(Action::Resume {})
    }

    /// The last event of the last batch.
    pub fn last_event(&self) -> &Event {
        self.batches.last().unwrap().events.last().unwrap()
    }

    #[track_caller]
    pub fn stage_is(&self, stage: StageTag) {
        assert_eq!(self.account.stage(), stage, "stage");
    }

    /// The n-th key is created.
    pub fn creates_key(&mut self, n: u8) -> Answer {
        self.owner(new_key(n))
    }

    /// The operator says that the account was funded elsewhere before.
    pub fn is_migrated(&mut self, reference: &str) -> Answer {
        self.operator(Action::Migrate { reference: reference.parse().unwrap() })
    }
}
