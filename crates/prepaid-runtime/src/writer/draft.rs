//! What a group would do: its commands decided one after another on the states they leave, before anything is written.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use prepaid::{
    Account, AccountId, Action, Actor, CallId, Digest, GrantId, Policy, Rejection, Timestamp, effects,
    next_deadline, step,
};

use crate::gateway::Gateway;
use crate::handle::{Answer, Refused, Reply, Submission};
use crate::request::RequestId;
use crate::store::{Append, EventStore, Group, Loaded, Remembered, State, StoreError};
use crate::writer::answer;

/// One command of a group, and what came of it.
pub(crate) struct Item {
    submission: Submission,
    asker: Asker,
    outcome: Outcome,
}

/// Who is told what came of it.
enum Asker {
    Caller(Option<Reply>),
    /// It is a result that the gateway gave: it hears of a refusal.
    Gateway(Arc<dyn Gateway>),
    Clock,
}

enum Outcome {
    /// It is to be decided, perhaps again.
    Open,
    /// It was decided in this draft; the batch has this place in the group, if it has one.
    Decided(Result<Answer, Refused>, Option<usize>),
    /// Whatever the others do, this is the answer.
    Final(Refused),
}

impl Item {
    pub(crate) const fn asked(submission: Submission, reply: Option<Reply>) -> Self {
        Self { submission, asker: Asker::Caller(reply), outcome: Outcome::Open }
    }

    pub(crate) fn tick(account: AccountId) -> Self {
        let submission = Submission::new(account, Action::Tick {}.by(Actor::Clock));
        Self { submission, asker: Asker::Clock, outcome: Outcome::Open }
    }

    pub(crate) fn result(account: AccountId, result: Action, gateway: &Arc<dyn Gateway>) -> Self {
        let submission = Submission::new(account, result.by(Actor::Provider));
        Self { submission, asker: Asker::Gateway(Arc::clone(gateway)), outcome: Outcome::Open }
    }

    pub(crate) const fn account(&self) -> AccountId {
        self.submission.account
    }

    /// Whether this made the batch at a place of the group.
    pub(crate) fn made(&self, index: usize) -> bool {
        matches!(&self.outcome, Outcome::Decided(_, Some(at)) if *at == index)
    }

    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.outcome = Outcome::Final(refused);
    }

    pub(crate) fn tell(self) {
        let Self { submission, asker, outcome } = self;
        let answer = match outcome {
            Outcome::Decided(with, _) => with,
            Outcome::Final(refused) => Err(refused),
            Outcome::Open => Err(Refused::ShutDown),
        };
        asker.tell(&submission, answer);
    }

    /// Nothing was written, so nothing was done; what was refused for good stays so.
    pub(crate) fn tell_failure(self, failure: &Refused) {
        let Self { submission, asker, outcome } = self;
        let refused = match outcome {
            Outcome::Final(refused) => refused,
            Outcome::Decided(..) | Outcome::Open => failure.clone(),
        };
        asker.tell(&submission, Err(refused));
    }
}

impl Asker {
    fn tell(self, submission: &Submission, with: Result<Answer, Refused>) {
        match self {
            Self::Caller(reply) => answer(reply, with),
            Self::Gateway(gateway) => {
                if let Err(refused) = with {
                    let (account, action) = (submission.account, &submission.command.action);
                    // The writer goes on also where the gateway falls over.
                    let heard = AssertUnwindSafe(|| gateway.refused(account, action, &refused));
                    drop(catch_unwind(heard));
                }
            }
            Self::Clock => {}
        }
    }
}

pub(crate) struct Draft<'a, S> {
    store: &'a mut S,
    cache: &'a mut HashMap<AccountId, Loaded>,
    policy: &'a Policy,
    now: Timestamp,
    /// The accounts as this group leaves them, and whether it changed them.
    working: HashMap<AccountId, (Loaded, bool)>,
    appends: Vec<Append>,
    requests: HashMap<(AccountId, RequestId), Remembered>,
    calls: HashSet<(AccountId, CallId)>,
    grants: HashSet<(AccountId, GrantId)>,
    /// An account refused its own event: the group is decided anew without that command.
    is_spoiled: bool,
}

impl<'a, S: EventStore> Draft<'a, S> {
    pub(crate) fn begin(
        store: &'a mut S,
        cache: &'a mut HashMap<AccountId, Loaded>,
        policy: &'a Policy,
        now: Timestamp,
    ) -> Self {
        let (working, appends) = (HashMap::new(), Vec::new());
        let (requests, calls, grants) = (HashMap::new(), HashSet::new(), HashSet::new());
        Self { store, cache, policy, now, working, appends, requests, calls, grants, is_spoiled: false }
    }

    /// Decides the commands in their order, as far as it gets: false where the draft must be thrown away and made anew.
    /// What was refused for good is not asked again.
    pub(crate) fn decide(&mut self, items: &mut [Item]) -> bool {
        for item in items {
            if let Outcome::Final(_) = item.outcome {
                continue;
            }
            let place = self.appends.len();
            let decided = self.answer(&item.submission);
            let made = (self.appends.len() > place).then_some(place);
            item.outcome = match decided {
                Err(refused) if self.is_spoiled => Outcome::Final(refused),
                decided => Outcome::Decided(decided, made),
            };
            if self.is_spoiled {
                return false;
            }
        }
        true
    }

    fn answer(&mut self, submission: &Submission) -> Result<Answer, Refused> {
        let Submission { account, command, .. } = submission;
        let asked = submission.asked()?.map(|(request, content)| (request.clone(), content));
        if let Some((request, content)) = &asked
            && let Some(known) = self.remembered(*account, request)?
        {
            return repeated(known, *content, request);
        }
        self.load(*account)?;
        let known = self.refuse_known_call(*account, &command.action);
        if let Err(refused) = known.and_then(|()| self.refuse_known_grant(*account, &command.action)) {
            // Another process may have made this very request since it was looked up: then it is a repeat, no conflict.
            if let Some((request, content)) = &asked
                && let Some(known) = self.remembered(*account, request)?
            {
                return repeated(known, *content, request);
            }
            return Err(refused);
        }
        let Some((loaded, is_changed)) = self.working.get_mut(account) else {
            return Err(Refused::Store(StoreError::Other("an account is missing".into())));
        };
        let batch = match step(&mut loaded.account, self.policy, command, self.now) {
            Ok(batch) => batch,
            Err(rejection) => {
                // After a defect the value must be dropped, and with it what this group did to it before.
                self.is_spoiled |= matches!(rejection, Rejection::Defect { .. });
                return Err(Refused::Rejected(rejection));
            }
        };
        let balance = loaded.account.balance();
        if batch.events.is_empty() {
            return Ok(Answer { batch, seq: None, balance, repeated: false });
        }
        loaded.seq = loaded.seq.saturating_add(1);
        *is_changed = true;
        let seq = loaded.seq;
        if let Some((request, content)) = &asked {
            let remembered = Remembered { content: *content, seq, batch: batch.clone(), balance };
            self.requests.insert((*account, request.clone()), remembered);
        }
        if let Some(call) = admitted(&command.action) {
            self.calls.insert((*account, call));
        }
        if let Action::IssueGrant { grant, .. } = &command.action {
            self.grants.insert((*account, *grant));
        }
        let policy = self.policy.numbers().id.clone();
        let append = Append { account: *account, seq, batch: batch.clone(), request: asked, policy, balance };
        self.appends.push(append);
        Ok(Answer { batch, seq: Some(seq), balance, repeated: false })
    }

    fn remembered(
        &mut self,
        account: AccountId,
        request: &RequestId,
    ) -> Result<Option<Remembered>, StoreError> {
        match self.requests.get(&(account, request.clone())) {
            Some(known) => Ok(Some(known.clone())),
            None => self.store.remembered(account, request),
        }
    }

    /// Takes the account out of the cache, or the store, unless this group has it already.
    fn load(&mut self, account: AccountId) -> Result<(), StoreError> {
        if self.working.contains_key(&account) {
            return Ok(());
        }
        let loaded = match self.cache.remove(&account) {
            Some(loaded) => loaded,
            None => self.store.load(account)?,
        };
        self.working.insert(account, (loaded, false));
        Ok(())
    }

    /// The account remembers open and late calls only; that an id is never used again is the store's to see (D5).
    fn refuse_known_call(&mut self, account: AccountId, action: &Action) -> Result<(), Refused> {
        let Some(call) = admitted(action) else { return Ok(()) };
        let remembers = |account: &Account| {
            account.open_calls().any(|open| open.call == call)
                || account.late_calls().any(|late| late.call == call)
        };
        if self.working.get(&account).is_some_and(|(loaded, _)| remembers(&loaded.account)) {
            return Ok(());
        }
        if self.calls.contains(&(account, call)) || self.store.has_call(account, call)? {
            return Err(Refused::CallConflict { call });
        }
        Ok(())
    }

    /// The account remembers grants until they are spent; that an id is never used again is the store's to see (H1).
    fn refuse_known_grant(&mut self, account: AccountId, action: &Action) -> Result<(), Refused> {
        let Action::IssueGrant { grant, .. } = action else { return Ok(()) };
        let grant = *grant;
        let remembers = |account: &Account| {
            account.lots().iter().chain(account.waiting_grants()).any(|lot| lot.issued.grant == grant)
        };
        if self.working.get(&account).is_some_and(|(loaded, _)| remembers(&loaded.account)) {
            return Ok(());
        }
        if self.grants.contains(&(account, grant)) || self.store.has_grant(account, grant)? {
            return Err(Refused::GrantConflict { grant });
        }
        Ok(())
    }

    /// What is to be written; accounts that were only looked at go back into the cache.
    pub(crate) fn into_group(self) -> Group {
        let mut states = Vec::new();
        for (account, (loaded, is_changed)) in self.working {
            if !is_changed {
                self.cache.insert(account, loaded);
                continue;
            }
            let Loaded { account: state, seq } = loaded;
            let (owes, deadline) = (effects(&state).next().is_some(), next_deadline(&state));
            states.push(State { account, seq, state, owes, deadline });
        }
        states.sort_by_key(|state| state.account);
        Group { appends: self.appends, states }
    }
}

/// The call that an action asks to admit.
const fn admitted(action: &Action) -> Option<CallId> {
    match action {
        Action::AuthorizeCall { call, .. } | Action::ChargeCall { call, .. } => Some(*call),
        Action::Open { .. }
        | Action::AcceptTerms { .. }
        | Action::ChooseUse { .. }
        | Action::LinkPaymentMethod { .. }
        | Action::UpdateBilling { .. }
        | Action::CreateKey { .. }
        | Action::RelabelKey { .. }
        | Action::RevokeKey { .. }
        | Action::LimitKey { .. }
        | Action::SetTopUp { .. }
        | Action::ReactivateTopUp {}
        | Action::TopUp { .. }
        | Action::CancelCharge { .. }
        | Action::ChargeSucceeded { .. }
        | Action::ChargeActionRequired { .. }
        | Action::ChargeFailed { .. }
        | Action::ChargeCancelled { .. }
        | Action::ChargeNotFound { .. }
        | Action::ResolveCharge { .. }
        | Action::ExtendCall { .. }
        | Action::SettleCall { .. }
        | Action::ReleaseCall { .. }
        | Action::IssueGrant { .. }
        | Action::VoidGrant { .. }
        | Action::Refund { .. }
        | Action::RefundSucceeded { .. }
        | Action::RefundFailed { .. }
        | Action::RecordRefund { .. }
        | Action::OpenDispute { .. }
        | Action::CloseDispute { .. }
        | Action::LimitSpending { .. }
        | Action::SetNotice { .. }
        | Action::Suspend { .. }
        | Action::Resume {}
        | Action::Migrate { .. }
        | Action::WriteOff { .. }
        | Action::Close {}
        | Action::Tick {} => None,
    }
}

/// The same request again gives what it gave; with other content it is a conflict (K6).
fn repeated(known: Remembered, content: Digest, request: &RequestId) -> Result<Answer, Refused> {
    let Remembered { content: before, seq, batch, balance } = known;
    if before != content {
        return Err(Refused::RequestConflict { request: request.clone() });
    }
    Ok(Answer { batch, seq: Some(seq), balance, repeated: true })
}
