//! What appending promises.

use prepaid::{Account, Action, Actor, Decline, Event, GrantId};

use super::lives::{Lives, account, amount, call, charge_call, digest_of, key_of, onboarding, price, time};
use super::{Case, Harness, said, same};
use crate::store::{AppendError, EventStore, Loaded, Page, ReadStore, Taken};

/// Whether a group was refused for this.
fn refused(answer: Result<(), AppendError>, at: usize, why: Taken) -> Case {
    match answer {
        Err(AppendError::Taken { index, taken }) => same("refused", &(index, taken), &(at, why)),
        Err(other) => Err(format!("expected {why:?} at {at}, got {other}")),
        Ok(()) => Err(format!("expected {why:?} at {at}, but it was written")),
    }
}

/// There is nothing in it.
///
/// # Errors
/// What was found.
pub fn a_fresh_store_is_empty<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut reader) = (harness.open(&place)?, harness.read(&place)?);
    let vacant = Loaded { account: Account::Vacant, seq: 0 };
    same("loaded", &store.load(account(1)).map_err(said)?, &vacant)?;
    same("read", &reader.account(account(1)).map_err(said)?, &vacant)?;
    same("remembered", &store.remembered(account(1), &"r".parse().map_err(said)?).map_err(said)?, &None)?;
    same("wakings", &store.wakings().map_err(said)?.len(), &0)?;
    same("key", &reader.key_owner(&digest_of(1)).map_err(said)?, &None)?;
    same("changes", &reader.changes(Page { after: 0, limit: 10 }).map_err(said)?.len(), &0)?;
    same("accounts", &reader.accounts(None, 10).map_err(said)?.len(), &0)
}

/// The account is what its batches make it, in this store, in another beside it, and after a restart.
///
/// # Errors
/// What was otherwise.
pub fn what_was_appended_is_loaded<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    for n in [1, 2] {
        lives.funds(n)?;
    }
    lives.writes(&mut store)?;
    lives.does(1, &charge_call(1, 1, "10.025")?, None)?;
    lives.writes(&mut store)?;
    let mut other = harness.open(&place)?;
    drop(harness.read(&place)?);
    for n in [1, 2] {
        let (state, seq) = lives.accounts.get(&account(n)).ok_or("an account is missing")?;
        let expected = Loaded { account: state.clone(), seq: *seq };
        same("loaded", &store.load(account(n)).map_err(said)?, &expected)?;
        same("loaded beside it", &other.load(account(n)).map_err(said)?, &expected)?;
        same("read", &harness.read(&place)?.account(account(n)).map_err(said)?, &expected)?;
    }
    drop((store, other));
    let (state, seq) = lives.accounts.get(&account(1)).ok_or("an account is missing")?;
    let expected = Loaded { account: state.clone(), seq: *seq };
    same("after a restart", &harness.open(&place)?.load(account(1)).map_err(said)?, &expected)
}

/// One batch that does not fit keeps the others out.
///
/// # Errors
/// What was written.
pub fn a_group_is_written_whole_or_not_at_all<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    lives.writes(&mut store)?;
    lives.funds(2)?;
    let second = lives.group.appends.len();
    lives.does(1, &charge_call(1, 1, "0.06")?, None)?;
    if let Some(append) = lives.group.appends.last_mut() {
        append.seq = append.seq.saturating_add(1);
    }
    refused(store.append(&lives.group), second, Taken::Seq)?;
    same("the other account", &store.load(account(2)).map_err(said)?.seq, &0)?;
    same("its key", &harness.read(&place)?.key_owner(&digest_of(2)).map_err(said)?, &None)?;
    // And it can be written once it fits.
    if let Some(append) = lives.group.appends.last_mut() {
        append.seq = append.seq.saturating_sub(1);
    }
    lives.writes(&mut store)
}

/// A batch is one more than the last: neither an old number nor one that leaves a gap.
///
/// # Errors
/// What was written.
pub fn the_number_of_a_batch_is_the_next<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    lives.writes(&mut store)?;
    lives.does(1, &charge_call(1, 1, "0.06")?, None)?;
    let group = lives.group.clone();
    for change in [-1_i64, 1] {
        let mut wrong = group.clone();
        for append in &mut wrong.appends {
            append.seq = append.seq.saturating_add_signed(change);
        }
        refused(store.append(&wrong), 0, Taken::Seq)?;
    }
    store.append(&group).map_err(said)?;
    refused(store.append(&group), 0, Taken::Seq)
}

/// In one group, later, and after a restart.
///
/// # Errors
/// What was written.
pub fn the_id_of_a_request_is_used_once<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    lives.funds(2)?;
    lives.writes(&mut store)?;
    lives.does(1, &charge_call(1, 1, "0.06")?, Some("r"))?;
    lives.does(1, &charge_call(1, 2, "0.06")?, Some("r"))?;
    refused(store.append(&lives.group), 1, Taken::Request)?;
    lives.group.appends.pop();
    if let Some(state) = lives.group.states.first_mut() {
        state.seq = state.seq.saturating_sub(1);
    }
    // What the state says is a cache; the batches are what counts, so the account is loaded anew below.
    let group = std::mem::take(&mut lives.group);
    let mut single = Lives::begin()?;
    single.accounts = lives.accounts.clone();
    let loaded = store.load(account(1)).map_err(said)?;
    single.accounts.insert(account(1), (loaded.account, loaded.seq));
    drop(group);
    single.does(1, &charge_call(1, 1, "0.06")?, Some("r"))?;
    // Another account may use the same id.
    single.does(2, &charge_call(2, 1, "0.06")?, Some("r"))?;
    single.writes(&mut store)?;
    drop(store);
    let mut store = harness.open(&place)?;
    single.does(1, &charge_call(1, 3, "0.06")?, Some("r"))?;
    refused(store.append(&single.group), 0, Taken::Request)
}

/// With its content, its events and the balance after it; until it is older than what is forgotten.
///
/// # Errors
/// What was otherwise.
pub fn requests_are_remembered_until_they_are_forgotten<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    lives.writes(&mut store)?;
    lives.now = time("2025-01-02T00:00:00Z")?;
    lives.does(1, &charge_call(1, 1, "0.06")?, Some("early"))?;
    lives.now = time("2025-02-01T00:00:00Z")?;
    lives.does(1, &charge_call(1, 2, "0.07")?, Some("late"))?;
    let appends = lives.group.appends.clone();
    lives.writes(&mut store)?;
    let mut store = harness.open(&place)?;
    for append in &appends {
        let (request, content) = append.request.clone().ok_or("the request is missing")?;
        let known = store.remembered(account(1), &request).map_err(said)?.ok_or("it is not remembered")?;
        same("content", &known.content, &content)?;
        same("what it did", &(known.seq, known.batch), &(append.seq, append.batch.clone()))?;
        same("balance", &known.balance, &append.balance)?;
        same("of another account", &store.remembered(account(2), &request).map_err(said)?, &None)?;
    }
    let before = time("2025-02-01T00:00:00Z")?;
    let (mut forgotten, mut from) = (0, Some(0));
    while let Some(next) = from {
        let stretch = store.forget_requests(before, next).map_err(said)?;
        forgotten = stretch.requests.saturating_add(forgotten);
        from = stretch.next;
    }
    same("forgotten", &forgotten, &1)?;
    let is_known = |store: &mut H::Store, text: &str| -> Result<bool, String> {
        Ok(store.remembered(account(1), &text.parse().map_err(said)?).map_err(said)?.is_some())
    };
    same("remembered", &(is_known(&mut store, "early")?, is_known(&mut store, "late")?), &(false, true))
}

/// Authorised or charged in one step, in one group or later, ended or not (D5).
///
/// # Errors
/// What was written.
pub fn the_id_of_a_call_is_used_once<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    lives.funds(2)?;
    let authorize = |id: u128| -> Result<_, String> {
        let quote = price("0.06", "contract 7")?;
        Ok(Action::AuthorizeCall { call: call(id), key: key_of(1), quote, units: 1 }.by(Actor::Gateway))
    };
    lives.does(1, &authorize(1)?, None)?;
    lives.does(1, &Action::ReleaseCall { call: call(1) }.by(Actor::Gateway), None)?;
    lives.does(2, &charge_call(2, 1, "0.06")?, None)?; // another account's
    lives.writes(&mut store)?;
    same("known", &store.has_call(account(1), call(1)).map_err(said)?, &true)?;
    same("unknown", &store.has_call(account(1), call(2)).map_err(said)?, &false)?;
    let before = lives.accounts.clone();
    for again in [authorize(1)?, charge_call(1, 1, "0.06")?] {
        lives.does(1, &again, None)?;
        refused(store.append(&lives.group), 0, Taken::Call(call(1)))?;
        (lives.accounts, lives.group) = (before.clone(), crate::store::Group::default());
    }
    lives.does(1, &charge_call(1, 5, "0.06")?, None)?;
    lives.does(1, &charge_call(1, 5, "0.07")?, None)?;
    refused(store.append(&lives.group), 1, Taken::Call(call(5)))
}

/// Spent or not, in one group or later (H1).
///
/// # Errors
/// What was written.
pub fn the_id_of_a_grant_is_used_once<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    lives.funds(2)?;
    let grant = |n: u128| GrantId(uuid::Uuid::from_u128(n));
    let issue = |n: u128| -> Result<_, String> {
        let (grant, amount, source) = (grant(n), amount("3")?, "welcome".parse().map_err(said)?);
        let (priority, effective_at, expires_at) = (0, None, None);
        let issue = Action::IssueGrant { grant, amount, source, priority, effective_at, expires_at };
        Ok(issue.by(Actor::Operator))
    };
    lives.does(1, &issue(1)?, None)?;
    lives.does(1, &charge_call(1, 1, "3")?, None)?; // spent: the account remembers it no longer
    lives.does(2, &issue(1)?, None)?; // another account's
    lives.writes(&mut store)?;
    same("known", &store.has_grant(account(1), grant(1)).map_err(said)?, &true)?;
    same("unknown", &store.has_grant(account(1), grant(2)).map_err(said)?, &false)?;
    let before = lives.accounts.clone();
    lives.does(1, &issue(1)?, None)?;
    refused(store.append(&lives.group), 0, Taken::Grant(grant(1)))?;
    (lives.accounts, lives.group) = (before, crate::store::Group::default());
    lives.does(1, &issue(2)?, None)?;
    lives.does(1, &charge_call(1, 2, "3")?, None)?;
    lives.does(1, &issue(2)?, None)?;
    refused(store.append(&lives.group), 2, Taken::Grant(grant(2)))
}

/// Of no other account's, and it is found.
///
/// # Errors
/// What was otherwise.
pub fn a_digest_is_of_one_key<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    lives.writes(&mut store)?;
    let owner =
        harness.read(&place)?.key_owner(&digest_of(1)).map_err(said)?.ok_or("the key is not found")?;
    same("owner", &(owner.account, owner.key), &(account(1), key_of(1)))?;
    for command in onboarding(2)? {
        let mut command = command;
        if let Action::CreateKey { digest, .. } = &mut command.action {
            *digest = digest_of(1);
        }
        lives.does(2, &command, None)?;
    }
    let last = lives.group.appends.len().saturating_sub(1);
    refused(store.append(&lives.group), last, Taken::Key)?;
    // Nor of two accounts in one group.
    let mut lives = Lives::begin()?;
    for n in [3, 4] {
        for command in onboarding(n)? {
            let mut command = command;
            if let Action::CreateKey { digest, .. } = &mut command.action {
                *digest = digest_of(5);
            }
            lives.does(n, &command, None)?;
        }
    }
    let last = lives.group.appends.len().saturating_sub(1);
    refused(store.append(&lives.group), last, Taken::Key)
}

/// The first key of a funding that fails is no key, and its digest is free (B3).
///
/// # Errors
/// What was otherwise.
pub fn a_key_that_never_came_to_be_is_forgotten<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    for command in onboarding(1)? {
        lives.does(1, &command, None)?;
    }
    lives.writes(&mut store)?;
    let pending = harness.read(&place)?.key_owner(&digest_of(1)).map_err(said)?;
    same("pending", &pending.is_some(), &true)?;
    let charge = lives.state(1)?.open_charge().ok_or("no charge is open")?.number;
    let (decline, reason) = (Decline::Hard, "stolen".parse().map_err(said)?);
    lives.does(1, &Action::ChargeFailed { charge, decline, reason }.by(Actor::Provider), None)?;
    lives.writes(&mut store)?;
    same("forgotten", &harness.read(&place)?.key_owner(&digest_of(1)).map_err(said)?, &None)?;
    let creates = onboarding(1)?.pop().ok_or("a command is missing")?;
    lives.does(1, &creates, None)?;
    // Failed and asked for again in one group, too.
    let charge = lives.state(1)?.open_charge().ok_or("no charge is open")?.number;
    let (decline, reason) = (Decline::Hard, "stolen".parse().map_err(said)?);
    lives.does(1, &Action::ChargeFailed { charge, decline, reason }.by(Actor::Provider), None)?;
    lives.does(1, &creates, None)?;
    lives.writes(&mut store)?;
    let again = harness.read(&place)?.key_owner(&digest_of(1)).map_err(said)?;
    same("again", &again.is_some(), &true)
}

/// Accounts that owe something or wait for an instant, and no others.
///
/// # Errors
/// What was otherwise.
pub fn what_is_owed_and_due_is_found<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?; // rests
    lives.funds(2)?; // will ask for a charge
    lives.funds(3)?; // will hold a call
    lives.does(2, &charge_call(2, 1, "15")?, None)?;
    let quote = price("0.06", "contract 7")?;
    let hold = Action::AuthorizeCall { call: call(2), key: key_of(3), quote, units: 1 }.by(Actor::Gateway);
    lives.does(3, &hold, None)?;
    lives.writes(&mut store)?;
    let mut found = harness.open(&place)?.wakings().map_err(said)?;
    found.sort_by_key(|waking| waking.account);
    let found: Vec<_> = found.iter().map(|one| (one.account, one.owes, one.deadline)).collect();
    let expected = vec![
        (account(2), true, Some(time("2025-01-01T23:00:00Z")?)),
        (account(3), false, Some(time("2025-01-01T01:00:00Z")?)),
    ];
    same("wakings", &found, &expected)
}

/// Once for each time somebody else wrote, and not for its own writing.
///
/// # Errors
/// What was otherwise.
pub fn a_store_hears_of_another_writer<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut one, mut two) = (harness.open(&place)?, harness.open(&place)?);
    let mut lives = Lives::begin()?;
    let changed = |store: &mut H::Store| store.changed_elsewhere().map_err(said);
    changed(&mut one)?;
    changed(&mut two)?;
    lives.funds(1)?;
    lives.writes(&mut one)?;
    same("its own", &changed(&mut one)?, &false)?;
    same("the other's", &changed(&mut two)?, &true)?;
    same("heard", &changed(&mut two)?, &false)?;
    lives.does(1, &charge_call(1, 1, "0.06")?, None)?;
    lives.writes(&mut two)?;
    same("the second's", &changed(&mut one)?, &true)?;
    // What it writes itself before it asks hides nothing of the other's.
    lives.does(1, &charge_call(1, 11, "0.06")?, None)?;
    lives.writes(&mut two)?;
    lives.does(1, &charge_call(1, 12, "0.06")?, None)?;
    lives.writes(&mut one)?;
    same("the second's, after its own", &changed(&mut one)?, &true)?;
    same("its own, after the second's", &changed(&mut one)?, &false)?;
    same("the first's", &changed(&mut two)?, &true)?;
    let stale = lives.accounts.clone();
    lives.does(1, &charge_call(1, 13, "0.06")?, None)?;
    lives.writes(&mut two)?;
    // Whoever did not look is refused.
    lives.accounts = stale;
    lives.does(1, &charge_call(1, 2, "0.06")?, None)?;
    refused(one.append(&lives.group), 0, Taken::Seq)?;
    let events = |batch: &prepaid::Batch| batch.events.iter().map(Event::tag).collect::<Vec<_>>();
    let rows = harness.read(&place)?.batches(account(1), Page { after: 6, limit: 10 }).map_err(said)?;
    same("rows", &rows.iter().map(|row| events(&row.batch)).collect::<Vec<_>>().len(), &4)
}
