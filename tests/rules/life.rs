//! A life to tell stories with: an account, its policy, a clock, and words for what people do.
//!
//! After every step it checks what must always hold: the invariants of the state, that the batches alone rebuild it,
//! that no automatic top-up is left due (E3), that no deadline lies in the past (K3), and that a refusal or an empty
//! batch changed nothing (K4).

use prepaid::{
    Account, AccountId, Action, Actor, Balance, Batch, CallId, ChargeKind, ChargeNumber, Command, Currency,
    Decline, Digest, DisputeOutcome, Effect, Event, GrantId, KeyId, KeyLimit, KeyRefusal, OwnerId, Policy,
    PolicyNumbers, Quote, RefundNumber, Rejection, RevokeFor, Setting, Span, StageTag, Timestamp,
    TopUpOutlook, UseKind, Window, decide, effects, next_deadline, replay, step,
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
            match self.account.stage() {
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

    /// Sets threshold and target.
    pub fn sets(&mut self, threshold: &str, target: &str) -> Answer {
        let (threshold, target) = (Some(amount(threshold)), Some(amount(target)));
        self.owner(Action::SetTopUp {
            threshold,
            target,
            enabled: None,
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        })
    }

    /// Switches the automatic top-up on or off.
    pub fn switches(&mut self, on: bool) -> Answer {
        self.owner(Action::SetTopUp {
            threshold: None,
            target: None,
            enabled: Some(on),
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        })
    }

    /// A one-step call at this price, with key 1.
    pub fn spends(&mut self, text: &str) -> Answer {
        self.calls += 1;
        let call = call(self.calls);
        self.gateway(Action::ChargeCall { call, key: key(1), quote: price(text) })
    }

    /// Authorises call `n` at this price, with key 1, in one place.
    pub fn authorizes(&mut self, n: u128, text: &str) -> Answer {
        self.gateway(Action::AuthorizeCall { call: call(n), key: key(1), quote: price(text), units: 1 })
    }

    /// Settles call `n` at this amount.
    pub fn settles(&mut self, n: u128, text: &str) -> Answer {
        self.gateway(Action::SettleCall { call: call(n), amount: Some(amount(text)) })
    }

    pub fn releases(&mut self, n: u128) -> Answer {
        self.gateway(Action::ReleaseCall { call: call(n) })
    }

    pub fn tops_up(&mut self, text: &str) -> Answer {
        self.owner(Action::TopUp { amount: amount(text) })
    }

    fn open_charge(&self) -> ChargeNumber {
        self.account.open_charge().expect("a charge is open").number
    }

    /// The provider takes what was asked by the open charge.
    pub fn charge_succeeds(&mut self) -> Answer {
        let amount = self.account.open_charge().expect("a charge is open").amount;
        self.charge_succeeds_with(self.open_charge().0, &amount.to_string())
    }

    /// The provider reports that this charge took this much.
    pub fn charge_succeeds_with(&mut self, charge: u32, text: &str) -> Answer {
        let (charge, reference) = (ChargeNumber(charge), "ch_1".parse().unwrap());
        self.provider(Action::ChargeSucceeded { charge, amount: amount(text), reference })
    }

    /// The open charge is declined.
    pub fn charge_fails(&mut self, decline: Decline) -> Answer {
        let (charge, reason) = (self.open_charge(), "declined".parse().unwrap());
        self.provider(Action::ChargeFailed { charge, decline, reason })
    }

    /// The open charge needs the owner to act.
    pub fn charge_requires_action(&mut self) -> Answer {
        let (charge, reference) = (self.open_charge(), "pi_1".parse().unwrap());
        self.provider(Action::ChargeActionRequired { charge, reference })
    }

    /// The provider says that the open charge is cancelled.
    pub fn charge_is_cancelled(&mut self) -> Answer {
        let charge = self.open_charge();
        self.provider(Action::ChargeCancelled { charge })
    }

    /// A look-up finds no such charge.
    pub fn charge_is_not_found(&mut self) -> Answer {
        let charge = self.open_charge();
        self.provider(Action::ChargeNotFound { charge })
    }

    /// The operator resolves a charge by evidence.
    pub fn resolves(&mut self, charge: u32, taken: &str) -> Answer {
        let (charge, evidence) = (ChargeNumber(charge), "statement of May".parse().unwrap());
        self.operator(Action::ResolveCharge { charge, taken: amount(taken), evidence })
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

    /// A charge of this kind and amount is open.
    #[track_caller]
    pub fn asks_for(&self, kind: ChargeKind, text: &str) {
        let open = self.account.open_charge().map(|charge| (charge.kind, charge.amount));
        assert_eq!(open, Some((kind, amount(text))), "the open charge");
    }

    #[track_caller]
    pub fn asks_for_nothing(&self) {
        assert_eq!(self.account.open_charge(), None, "no charge is open");
    }

    /// The types of the effects that are owed.
    pub fn owes(&self) -> Vec<&'static str> {
        effects(&self.account).map(|effect: Effect| effect.tag().as_str()).collect()
    }
}

/// Words for charges, failure and recovery (chapters F and K).
impl Life {
    /// Moves the clock by so many microseconds, back where negative.
    pub fn micros(&mut self, count: i64) -> &mut Self {
        self.now = Timestamp::from_micros(self.now.as_micros() + count).unwrap();
        self
    }

    /// The owner links the card with this fingerprint.
    pub fn links(&mut self, fingerprint: &str) -> Answer {
        self.owner(card(fingerprint))
    }

    pub fn reactivates(&mut self) -> Answer {
        self.owner(Action::ReactivateTopUp {})
    }

    pub fn owner_cancels(&mut self, charge: u32) -> Answer {
        self.owner(Action::CancelCharge { charge: ChargeNumber(charge) })
    }

    pub fn operator_cancels(&mut self, charge: u32) -> Answer {
        self.operator(Action::CancelCharge { charge: ChargeNumber(charge) })
    }

    /// Whether and when an automatic top-up will come (F6).
    pub fn outlook(&self) -> TopUpOutlook {
        self.account.top_up_outlook(&self.policy, self.now)
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        next_deadline(&self.account)
    }
}

/// Words for calls, debts and suspension (chapters D, E and J).
impl Life {
    /// From now on the policy has other numbers.
    pub fn changes_policy(&mut self, change: impl FnOnce(&mut PolicyNumbers)) {
        let mut numbers = self.policy.numbers().clone();
        change(&mut numbers);
        self.policy = Policy::new(numbers).unwrap();
    }

    /// From now on settling above a hold may take the available credit this far below zero (D8).
    pub fn allows_debt(&mut self, text: &str) {
        self.changes_policy(|numbers| numbers.debt_at_settlement = amount(text));
    }

    /// Authorises call `n` at this price, with key 1, in so many places.
    pub fn authorizes_in(&mut self, n: u128, text: &str, units: u16) -> Answer {
        self.gateway(Action::AuthorizeCall { call: call(n), key: key(1), quote: price(text), units })
    }

    /// Authorises call `n` at this price, with the `by`-th key.
    pub fn authorizes_by(&mut self, n: u128, text: &str, by: u128) -> Answer {
        self.gateway(Action::AuthorizeCall { call: call(n), key: key(by), quote: price(text), units: 1 })
    }

    /// Settles call `n` at its whole hold.
    pub fn settles_whole(&mut self, n: u128) -> Answer {
        self.gateway(Action::SettleCall { call: call(n), amount: None })
    }

    /// Moves the deadline of call `n`.
    pub fn extends(&mut self, n: u128, until: Timestamp) -> Answer {
        self.gateway(Action::ExtendCall { call: call(n), until })
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

    /// Whether call `n` is open.
    pub fn is_open(&self, n: u128) -> bool {
        self.account.open_calls().any(|open| open.call == call(n))
    }

    /// Whether call `n` expired and may still be settled.
    pub fn is_late(&self, n: u128) -> bool {
        self.account.late_calls().any(|late| late.call == call(n))
    }
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

/// Words for limits, caps and notices (chapters C, E and I).
impl Life {
    /// Limits what the n-th key may spend in a window.
    pub fn limits_key(&mut self, n: u128, text: &str, window: Window) -> Answer {
        let limit = Some(KeyLimit { amount: amount(text), window });
        self.owner(Action::LimitKey { key: key(n), limit })
    }

    /// Lifts the limit of the n-th key.
    pub fn unlimits_key(&mut self, n: u128) -> Answer {
        self.owner(Action::LimitKey { key: key(n), limit: None })
    }

    /// Limits what the account may spend in a month; `None` lifts the limit.
    pub fn limits_spending(&mut self, limit: Option<&str>) -> Answer {
        self.owner(Action::LimitSpending { limit: limit.map(amount) })
    }

    /// Sets the caps on automatic charges: an amount per month, a number per day.
    pub fn caps(&mut self, monthly_cap: Setting<&str>, daily_count: Setting<u16>) -> Answer {
        let monthly_cap = match monthly_cap {
            Setting::Kept => Setting::Kept,
            Setting::Off => Setting::Off,
            Setting::To(text) => Setting::To(amount(text)),
        };
        self.owner(Action::SetTopUp {
            threshold: None,
            target: None,
            enabled: None,
            monthly_cap,
            daily_count,
        })
    }

    /// Sets the level of the low-balance notice; `None` switches it off.
    pub fn sets_notice(&mut self, level: Option<&str>) -> Answer {
        self.owner(Action::SetNotice { level: level.map(amount) })
    }

    /// A one-step call at this price, with the `by`-th key.
    pub fn spends_by(&mut self, text: &str, by: u128) -> Answer {
        self.calls += 1;
        let call = call(self.calls);
        self.gateway(Action::ChargeCall { call, key: key(by), quote: price(text) })
    }
}

/// Words for grants (chapter H).
impl Life {
    /// The operator issues the n-th grant, effective at once, without an expiry.
    pub fn is_granted(&mut self, n: u128, text: &str) -> Answer {
        self.operator(a_grant(n, text))
    }

    /// The same with a priority and an expiry.
    pub fn is_granted_with(&mut self, n: u128, text: &str, rank: i16, expiry: Option<&str>) -> Answer {
        let mut action = a_grant(n, text);
        if let Action::IssueGrant { priority, expires_at, .. } = &mut action {
            (*priority, *expires_at) = (rank, expiry.map(time));
        }
        self.operator(action)
    }

    /// The same with an effective time and an expiry.
    pub fn is_granted_from(&mut self, n: u128, text: &str, start: &str, expiry: Option<&str>) -> Answer {
        let mut action = a_grant(n, text);
        if let Action::IssueGrant { effective_at, expires_at, .. } = &mut action {
            (*effective_at, *expires_at) = (Some(time(start)), expiry.map(time));
        }
        self.operator(action)
    }

    pub fn voids(&mut self, n: u128) -> Answer {
        self.operator(Action::VoidGrant { grant: grant(n) })
    }

    /// What is left of the n-th grant, unheld and held; none where it is not known, or has not started.
    pub fn lot(&self, n: u128) -> Option<(String, String)> {
        let lot = self.account.lots().iter().find(|lot| lot.issued.grant == grant(n))?;
        Some((lot.left.to_string(), lot.held.to_string()))
    }

    #[track_caller]
    pub fn lot_is(&self, n: u128, left: &str, held: &str) {
        assert_eq!(self.lot(n), Some((left.to_string(), held.to_string())), "grant {n}: left and held");
    }

    /// The unheld purchased credit; below zero what it owes.
    #[track_caller]
    pub fn purchased_is(&self, text: &str) {
        assert_eq!(self.account.purchased(), balance(text), "unheld purchased credit");
    }
}

/// Words for money going back, and for the end (chapters G and J).
impl Life {
    /// The owner asks for a refund.
    pub fn refunds(&mut self, charge: u32, text: &str) -> Answer {
        let charge = ChargeNumber(charge);
        self.owner(Action::Refund { charge, amount: amount(text), forced: false })
    }

    /// The operator asks for a refund, whatever credit is left.
    pub fn forces_refund(&mut self, charge: u32, text: &str) -> Answer {
        let charge = ChargeNumber(charge);
        self.operator(Action::Refund { charge, amount: amount(text), forced: true })
    }

    pub fn refund_succeeds(&mut self, refund: u32) -> Answer {
        let reference = format!("re_{refund}").parse().unwrap();
        self.provider(Action::RefundSucceeded { refund: RefundNumber(refund), reference })
    }

    pub fn refund_fails(&mut self, refund: u32) -> Answer {
        let reason = "account closed".parse().unwrap();
        self.provider(Action::RefundFailed { refund: RefundNumber(refund), reason })
    }

    /// A refund was made at the provider.
    pub fn records_refund(&mut self, charge: u32, text: &str, reference: &str) -> Answer {
        let (charge, reference) = (ChargeNumber(charge), reference.parse().unwrap());
        self.provider(Action::RecordRefund { charge, amount: amount(text), reference })
    }

    pub fn is_disputed(&mut self, dispute: &str, charge: u32, text: &str) -> Answer {
        let (dispute, charge) = (dispute.parse().unwrap(), ChargeNumber(charge));
        self.provider(Action::OpenDispute { dispute, charge, amount: amount(text) })
    }

    pub fn dispute_ends(&mut self, dispute: &str, outcome: DisputeOutcome) -> Answer {
        self.provider(Action::CloseDispute { dispute: dispute.parse().unwrap(), outcome })
    }

    /// What a charge still contributes to the balance.
    #[track_caller]
    pub fn contributes(&self, charge: u32, text: &str) {
        assert_eq!(self.account.contribution(ChargeNumber(charge)), Some(amount(text)), "contribution");
    }

    pub fn operator_reactivates(&mut self) -> Answer {
        self.operator(Action::ReactivateTopUp {})
    }

    pub fn writes_off(&mut self, text: &str) -> Answer {
        self.operator(Action::WriteOff { amount: amount(text), reason: "bankrupt".parse().unwrap() })
    }

    pub fn closes(&mut self) -> Answer {
        self.owner(Action::Close {})
    }

    #[track_caller]
    pub fn stage_is(&self, stage: StageTag) {
        assert_eq!(self.account.stage(), stage, "stage");
    }
}

/// More words for limits and for the end (chapters B, C and J).
impl Life {
    /// The n-th key is created.
    pub fn creates_key(&mut self, n: u8) -> Answer {
        self.owner(new_key(n))
    }

    /// What the n-th key has used in this day, this week and this month.
    pub fn used(&self, n: u128) -> (String, String, String) {
        let used = self.account.used_by(key(n), self.now).expect("the key is known");
        (used.day.to_string(), used.week.to_string(), used.month.to_string())
    }

    #[track_caller]
    pub fn used_is(&self, n: u128, day: &str, week: &str, month: &str) {
        let used = (day.to_string(), week.to_string(), month.to_string());
        assert_eq!(self.used(n), used, "key {n}: used in the day, the week, the month");
    }

    /// The operator says that the account was funded elsewhere before.
    pub fn is_migrated(&mut self, reference: &str) -> Answer {
        self.operator(Action::Migrate { reference: reference.parse().unwrap() })
    }
}

/// More words for money going back (chapter G).
impl Life {
    /// Buys credit by hand: asked, and taken.
    pub fn buys(&mut self, text: &str) -> Answer {
        self.tops_up(text)?;
        self.charge_succeeds()
    }

    /// The operator asks for a refund, no more than credit is left.
    pub fn operator_refunds(&mut self, charge: u32, text: &str) -> Answer {
        let charge = ChargeNumber(charge);
        self.operator(Action::Refund { charge, amount: amount(text), forced: false })
    }

    /// The provider sent a refund, and calls it so.
    pub fn refund_succeeds_as(&mut self, refund: u32, reference: &str) -> Answer {
        let reference = reference.parse().unwrap();
        self.provider(Action::RefundSucceeded { refund: RefundNumber(refund), reference })
    }

    /// A dispute is won: the money comes back.
    pub fn wins(&mut self, dispute: &str) -> Answer {
        self.dispute_ends(dispute, DisputeOutcome::Won)
    }

    pub fn loses(&mut self, dispute: &str) -> Answer {
        self.dispute_ends(dispute, DisputeOutcome::Lost)
    }

    /// What is known of the n-th refund.
    pub fn refund(&self, refund: u32) -> &prepaid::Refund {
        let number = RefundNumber(refund);
        self.account.refunds().iter().find(|refund| refund.number == number).unwrap()
    }
}
