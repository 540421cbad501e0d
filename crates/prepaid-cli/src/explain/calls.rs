//! Whether calls are admitted, and if not, why: in the order of D2. What open calls hold, what keys have used.

use prepaid::{
    Account, Amount, Key, KeyLimit, KeyRefusal, KeyState, LateCall, StageTag, Standing, Timestamp, Used,
    Window,
};

use super::Seen;
use super::said::{Says, count, id, money, time};

pub(super) fn say(seen: &Seen<'_>, says: &mut Says) {
    if seen.account.stage() == StageTag::Active {
        if let Some((rule, why)) = refused(seen) {
            says.add(rule, why);
        } else {
            let available = money(&seen.account.balance().available);
            says.add(
                "D8",
                format!("calls are admitted as long as {available} of available credit covers them"),
            );
        }
        limits(seen, says);
    }
    open(seen.account, says);
}

/// The first guard that refuses every call, or every call with a price.
fn refused(seen: &Seen<'_>) -> Option<(&'static str, String)> {
    let Seen { account, policy, at } = seen;
    if let Some(why) = no_key(account, *at) {
        return Some(("C7", why));
    }
    if let Some(Standing::Suspended { .. }) = account.standing() {
        return Some(("D2", "calls are refused: the account is suspended".into()));
    }
    let numbers = policy.numbers();
    let end = numbers.terms_required_since.saturating_add(numbers.terms_grace);
    if account.is_outdated(policy) && *at >= end {
        return Some(("D2", "calls are refused: the terms are outdated, and their grace is over".into()));
    }
    let balance = account.balance();
    if balance.posted.is_debt() {
        return Some((
            "D2",
            format!("calls are refused: a debt of {} stands", money(&balance.posted.debt())),
        ));
    }
    let taken = account.open_calls().fold(0_u32, |sum, call| sum.saturating_add(u32::from(call.units)));
    let bound = numbers.places_in_flight;
    if taken >= u32::from(bound) {
        return Some(("D2", format!("calls that take a place are refused: {taken} of {bound} are taken")));
    }
    if let (Some(limit), used) = (account.spending_limit(), used_in_month(seen))
        && used >= limit
    {
        let (used, limit, until) = (money(&used), money(&limit), resets(Window::Month, *at));
        return Some((
            "I1",
            format!("calls with a price are refused until {until}: {used} of the month's {limit} are used"),
        ));
    }
    if balance.available.credit().is_zero() {
        let held = money(&balance.held);
        return Some((
            "D8",
            format!("calls with a price are refused: no credit is available, and {held} is held"),
        ));
    }
    None
}

/// Why no key authenticates, if none does.
fn no_key(account: &Account, at: Timestamp) -> Option<String> {
    let keys = account.keys();
    if keys.is_empty() {
        return Some("no call can be made: no key was created yet".into());
    }
    let refusals: Vec<KeyRefusal> =
        keys.iter().map_while(|key| account.authenticate(&key.digest, at).err()).collect();
    if refusals.len() < keys.len() {
        return None;
    }
    let revoked = keys.iter().filter(|key| matches!(key.state, KeyState::Revoked { .. })).count();
    let expired = keys.len().saturating_sub(revoked);
    let mut each = Vec::new();
    if revoked > 0 {
        each.push(format!("{revoked} revoked"));
    }
    if expired > 0 {
        each.push(format!("{expired} expired"));
    }
    Some(format!("no call can be made: no key works ({})", each.join(", ")))
}

fn resets(window: Window, at: Timestamp) -> String {
    time(window.around(at).until)
}

/// What the account has used in the month is what its keys have (I1).
fn used_in_month(seen: &Seen<'_>) -> Amount {
    let Seen { account, at, .. } = seen;
    let used = account.keys().iter().filter_map(|key| account.used_by(key.id, *at));
    let sum = used.map(|used| used.month).try_fold(Amount::ZERO, Amount::checked_add);
    sum.unwrap_or(Amount::MAX)
}

fn limits(seen: &Seen<'_>, says: &mut Says) {
    let Seen { account, at, .. } = seen;
    let working = account.keys().iter().filter(|key| key.state == KeyState::Active {});
    for Key { id: key, limit, .. } in working {
        if let (Some(KeyLimit { amount, window }), Some(used)) = (limit, account.used_by(*key, *at)) {
            let Used { day, week, month } = used;
            let used = match window {
                Window::Day => day,
                Window::Week => week,
                Window::Month => month,
            };
            let so = if used >= *amount { "is refused: it" } else { "" };
            let (used, limit, until) = (money(&used), money(amount), resets(*window, *at));
            let key = format!("key {} {so}", id(key));
            says.add(
                "C6",
                format!("{} has used {used} of its {limit} a {window}, until {until}", key.trim_end()),
            );
        }
    }
    if let Some(limit) = account.spending_limit() {
        let (used, limit, until) = (money(&used_in_month(seen)), money(&limit), resets(Window::Month, *at));
        says.add("I1", format!("the account has used {used} of its {limit} a month, until {until}"));
    }
}

fn open(account: &Account, says: &mut Says) {
    let balance = account.balance();
    let open = account.open_calls().count();
    if let Some(first) = account.open_calls().next() {
        let (held, posted, until) = (money(&balance.held), money(&balance.posted), time(first.deadline));
        let said = if open == 1 {
            format!("1 call is open and holds {held} of {posted}; it expires {until}")
        } else {
            format!("{open} calls are open and hold {held} of {posted}; the first expires {until}")
        };
        says.add("D6", said);
    }
    let late: Vec<&LateCall> = account.late_calls().collect();
    if let Some(first) = late.first() {
        let until = time(first.late_until);
        let said = if late.len() == 1 {
            format!("1 call has expired and may be settled until {until}")
        } else {
            format!(
                "{} have expired and may still be settled, the first until {until}",
                count(late.len(), "call")
            )
        };
        says.add("D6", said);
    }
}
