//! One step: what is due, then the command, each a turn of answer, evolve, react.

use crate::account::Account;
use crate::account::due::next_deadline;
use crate::answer::answer;
use crate::command::Command;
use crate::event::Event;
use crate::events::{Batch, Events};
use crate::evolve::apply;
use crate::policy::Policy;
use crate::react::{AT_ONCE, RULES, Rule};
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Takes one command: changes `account` and says what happened, or refuses and changes nothing.
///
/// A `now` before the account's last instant counts as that instant (K2). What is due by then happens first, each
/// change at its own instant, in the same batch (K3). The same inputs give the same batch, to the byte (K4).
///
/// # Errors
/// [`Rejection`]: of several reasons, the one declared first. Nothing has changed then, not even what was due: tick
/// for that. The one exception is [`Rejection::Defect`], after which the value must be dropped and reloaded.
///
/// ```
/// use prepaid::{Account, AccountId, Action, Actor, OwnerId, Policy, StageTag, Timestamp, step};
/// let (policy, now) = (Policy::default(), "2025-01-01T00:00:00Z".parse()?);
/// let mut account = Account::default();
/// let open = Action::Open { account: AccountId(uuid::Uuid::from_u128(1)), owner: OwnerId(uuid::Uuid::from_u128(2)), currency: None };
/// let batch = step(&mut account, &policy, &open.by(Actor::Owner), now)?;
/// assert_eq!((batch.events.len(), account.stage()), (1, StageTag::Registered));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn step(
    account: &mut Account,
    policy: &Policy,
    command: &Command,
    now: Timestamp,
) -> Result<Batch, Rejection> {
    refuse_foreign(account, policy, command)?;
    let at = account.last_instant().map_or(now, |last| last.max(now));
    if at > Timestamp::LATEST_NOW {
        return Err(Rejection::OutOfRange { field: "now" });
    }
    let is_due = next_deadline(account).is_some_and(|due| due <= at);
    if !is_due {
        let events = turn(account, policy, command, at)?;
        return Ok(Batch { at, events });
    }
    // A refusal must not even change what was due (K4), so both turns happen on a copy.
    let mut scratch = account.clone();
    let mut events = turn_due(&mut scratch, policy, at)?;
    events.append(turn(&mut scratch, policy, command, at)?);
    *account = scratch;
    Ok(Batch { at, events })
}

/// What [`step`] would do, without doing it: the dry run (L1).
///
/// # Errors
/// As [`step`].
///
/// ```
/// use prepaid::{Account, Action, Actor, Policy, Timestamp, decide};
/// let refused = decide(&Account::Vacant, &Policy::default(), &Action::Tick {}.by(Actor::Clock), Timestamp::from_micros(0)?);
/// assert!(refused.is_err());
/// # Ok::<(), prepaid::TimeError>(())
/// ```
pub fn decide(
    account: &Account,
    policy: &Policy,
    command: &Command,
    now: Timestamp,
) -> Result<Batch, Rejection> {
    step(&mut account.clone(), policy, command, now)
}

/// Commands from somebody else (K7), and accounts used with another currency's policy (M2).
fn refuse_foreign(account: &Account, policy: &Policy, command: &Command) -> Result<(), Rejection> {
    let tag = command.action.tag();
    if !tag.actors().contains(&command.actor) {
        return Err(Rejection::WrongActor { command: tag, actor: command.actor });
    }
    let given = policy.numbers().currency;
    match account.currency() {
        Some(expected) if expected != given => Err(Rejection::CurrencyMismatch { expected, given }),
        Some(_) | None => Ok(()),
    }
}

/// One command's own events, and what the rules that watch the state make of them; a turn without events is not
/// watched, so that a repeat or an idle tick never charges a card.
fn turn(
    account: &mut Account,
    policy: &Policy,
    command: &Command,
    at: Timestamp,
) -> Result<Events, Rejection> {
    let events = answer(account, policy, command, at)?;
    // From here it must succeed: the guards above cover everything the events need.
    for event in &events {
        apply_own(account, at, event)?;
    }
    watch(account, policy, at, events)
}

/// Everything that is due at `at`, each change at its own instant, and one look at the state they leave (K3).
fn turn_due(account: &mut Account, policy: &Policy, at: Timestamp) -> Result<Events, Rejection> {
    let mut events = Events::none();
    while let Some(event) = account.opened().and_then(|opened| opened.due(policy, at)) {
        apply_own(account, at, &event)?;
        events.push(event);
        follow(&AT_ONCE, account, policy, at, &mut events)?;
    }
    watch(account, policy, at, events)
}

fn watch(
    account: &mut Account,
    policy: &Policy,
    at: Timestamp,
    mut events: Events,
) -> Result<Events, Rejection> {
    if !events.is_empty() {
        follow(&RULES, account, policy, at, &mut events)?;
    }
    debug_assert_eq!(account.check(), Ok(()), "the state does not fit its parts after {events:?}");
    Ok(events)
}

/// Adds what these rules ask for, one rule after another.
fn follow(
    rules: &[Rule],
    account: &mut Account,
    policy: &Policy,
    at: Timestamp,
    events: &mut Events,
) -> Result<(), Rejection> {
    for rule in rules {
        while let Some(event) = account.opened().and_then(|opened| rule(opened, policy, at)) {
            apply_own(account, at, &event)?;
            events.push(event);
        }
    }
    Ok(())
}

fn apply_own(account: &mut Account, at: Timestamp, event: &Event) -> Result<(), Rejection> {
    apply(account, at, event).map_err(|_| Rejection::Defect { event: event.tag() })
}
