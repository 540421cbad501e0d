//! K1 to K3. Time. (K4 to K6: `k_decisions.rs`; K7: `k_actors.rs`.)

use crate::life::{Life, amount, call, key, new_key, price, span, time};
use prepaid::{
    Action, CallId, ChargeNumber, Decline, Event, KeyRefusal, PolicyNumbers, Rejection, Snapshot, Span,
    StageTag, Timestamp,
};

pub const NOTHING: [&str; 0] = [];

pub fn extend(n: u128, until: Timestamp) -> Action {
    Action::ExtendCall { call: call(n), until }
}

// K1: whole microseconds UTC; what is finer is cut at the border, never rounded up.
#[test]
fn k1_times_are_cut_to_microseconds_utc() {
    for (given, meant) in [
        ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
        ("2025-01-01T00:00:00.000001Z", "2025-01-01T00:00:00.000001Z"),
        ("2025-01-01T00:00:00.000001999Z", "2025-01-01T00:00:00.000001Z"),
        ("2024-12-31T23:59:59.999999999Z", "2024-12-31T23:59:59.999999Z"),
        ("2025-01-01T01:30:00+01:30", "2025-01-01T00:00:00Z"),
    ] {
        assert_eq!(time(given).to_string(), meant);
    }
}

// K1: a length of time is at most 36,525 days, in whatever unit it is written.
#[test]
fn k1_spans_end_at_a_hundred_years() {
    let longest: Span = "36525d".parse().unwrap();
    for (text, read) in [("3155760000s", Ok(longest)), ("876600h", Ok(longest)), ("36526d", Err(()))] {
        assert_eq!(text.parse::<Span>().map_err(drop), read, "{text}");
    }
    for text in ["3155760001s", "876601h", "52596001m", "99999999999999999999d"] {
        assert_eq!(text.parse::<Span>(), Err(prepaid::TimeError::MalformedSpan), "{text}");
    }
}

// K1: charges are numbered within the account, without gaps, whatever their kind and ending.
#[test]
fn k1_charges_are_numbered_within_the_account() {
    let mut life = Life::at_stage(StageTag::Funding); // 1 fails, 2 succeeds
    life.charge_fails(Decline::Soft).unwrap();
    let mut life = life.on_to(StageTag::Active);
    life.tops_up("5.00").unwrap(); // 3
    life.charge_is_cancelled().unwrap();
    life.spends("10.00").unwrap(); // 4
    let ended: Vec<u32> = life.account.charges().iter().map(|charge| charge.number.0).collect();
    assert_eq!(ended, [1, 2, 3]);
    assert_eq!(life.account.open_charge().map(|charge| charge.number), Some(ChargeNumber(4)));
}

// K2: an earlier time counts as the time of the last event, for what is recorded and for what is counted from it.
#[test]
fn k2_an_earlier_time_counts_as_the_last_events() {
    let mut life = Life::funded();
    let last = life.later("10h").now;
    life.spends("1.00").unwrap();
    life.at("2025-01-01T03:00:00Z");
    life.authorizes(1, "1.00").unwrap();
    assert_eq!(life.batches.last().map(|batch| batch.at), Some(last));
    assert_eq!(life.account.last_instant(), Some(last));
    assert_eq!(life.next_deadline(), Some(last.saturating_add(span("1h"))));
}

// K2: the same for what is only asked: a key that had expired by the last event has not come back.
#[test]
fn k2_an_earlier_time_brings_no_expired_key_back() {
    let mut life = Life::funded();
    let at = life.now.saturating_add(span("2h"));
    let mut expiring = new_key(2);
    if let Action::CreateKey { expires_at, .. } = &mut expiring {
        *expires_at = Some(at);
    }
    life.owner(expiring).unwrap();
    life.now = at;
    life.spends("1.00").unwrap();
    life.micros(-1);
    assert_eq!(life.authenticates(2), Err(KeyRefusal::Expired { at }));
    let charge = Action::ChargeCall { call: call(5), key: key(2), quote: price("1.00") };
    assert_eq!(life.gateway(charge), Err(Rejection::KeyExpired { key: key(2), expired_at: at }));
}

// K2: a refusal, and a step that changes nothing, are no events: they move no time.
#[test]
fn k2_only_events_move_the_time() {
    let mut life = Life::funded();
    let last = life.account.last_instant();
    life.later("10h").tick().unwrap();
    assert_eq!(life.spends("100.00").unwrap_err().tag().as_str(), "insufficient_credit");
    assert_eq!(life.account.last_instant(), last);
}

// K3: so near the end of time that a deadline might not lie later, nothing is done: a hundred years before it.
#[test]
fn k3_at_the_end_of_time_nothing_is_done() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.now = Timestamp::LATEST_NOW;
    let mut later = life.clone();
    assert_eq!(later.micros(1).owner(new_key(1)), Err(Rejection::OutOfRange { field: "now" }));
    assert_eq!(life.owner(new_key(1)).unwrap(), ["first_key_requested", "charge_requested"]);
    assert!(life.next_deadline().is_some_and(|deadline| deadline > life.now));
}

// K3: the earliest instant at which time alone changes something, kind by kind; the event that comes of it.
#[test]
fn k3_every_kind_of_deadline() {
    fn funded() -> Life {
        let mut life = Life::funded();
        life.switches(false).unwrap();
        life
    }
    type Prepares = fn() -> Life;
    let kinds: [(&str, Prepares, &str, &str); 6] = [
        (
            "a hold",
            || {
                let mut life = funded();
                life.authorizes(1, "1.00").unwrap();
                life
            },
            "1h",
            "call_expired",
        ),
        (
            "a late window",
            || {
                let mut life = funded();
                life.authorizes(1, "1.00").unwrap();
                life.later("1h").tick().unwrap();
                life
            },
            "24h",
            "call_forgotten",
        ),
        (
            "asking",
            || {
                let mut life = funded();
                life.tops_up("5.00").unwrap();
                life
            },
            "23h",
            "charge_asking_ended",
        ),
        (
            "an action",
            || {
                let mut life = funded();
                life.tops_up("5.00").unwrap();
                life.charge_requires_action().unwrap();
                life
            },
            "24h",
            "charge_cancelling",
        ),
        (
            "a retry",
            || {
                let mut life = Life::funded();
                life.spends("10.00").unwrap();
                life.charge_fails(Decline::Soft).unwrap();
                life.switches(false).unwrap();
                life
            },
            "1h",
            "top_up_retry_due",
        ),
        (
            "a bar",
            || {
                let mut life = funded();
                for _ in 0..10 {
                    life.tops_up("5.00").unwrap();
                    life.charge_fails(Decline::Soft).unwrap();
                }
                life
            },
            "30d",
            "method_bar_ended",
        ),
    ];
    for (what, prepares, wait, event) in kinds {
        let mut life = prepares();
        let deadline = life.now.saturating_add(span(wait));
        assert_eq!(life.next_deadline(), Some(deadline), "{what}");
        life.now = deadline;
        assert_eq!(life.micros(-1).tick().unwrap(), NOTHING, "{what}");
        assert_eq!(life.micros(1).tick().unwrap(), [event], "{what}");
        assert!(life.next_deadline().is_none_or(|next| next > deadline), "{what}");
    }
}

// K3: a key's expiry is no deadline: it changes an answer, not the state.
#[test]
fn k3_a_keys_expiry_is_no_deadline() {
    let mut life = Life::funded();
    let mut expiring = new_key(2);
    if let Action::CreateKey { expires_at, .. } = &mut expiring {
        *expires_at = Some(life.now.saturating_add(span("2h")));
    }
    life.owner(expiring).unwrap();
    assert_eq!(life.next_deadline(), None);
}

#[test]
fn k3_the_earliest_deadline_is_the_next() {
    let mut life = Life::funded();
    life.authorizes(1, "1.00").unwrap();
    let first = life.now.saturating_add(span("1h"));
    life.later("10m").authorizes(2, "1.00").unwrap();
    life.tops_up("5.00").unwrap();
    assert_eq!(life.next_deadline(), Some(first));
    life.releases(1).unwrap();
    assert_eq!(life.next_deadline(), Some(life.now.saturating_add(span("1h"))));
    life.releases(2).unwrap();
    assert_eq!(life.next_deadline(), Some(life.now.saturating_add(span("23h"))));
}

/// Two hours after the start, at one instant: two holds end, two late windows, an asking window (or an action
/// deadline), a retry, and a bar.
pub fn everything_at_two() -> Life {
    let numbers = PolicyNumbers {
        late_window: span("1h"),
        asking_window: span("1h"),
        action_deadline: span("1h"),
        failures_bound: 2,
        failures_window: span("1h"),
        ..PolicyNumbers::documented()
    };
    let mut life = Life::under(numbers).on_to(StageTag::Active);
    life.authorizes(9, "1.00").unwrap();
    life.authorizes(8, "1.00").unwrap();
    assert_eq!(life.later("1h").tick().unwrap(), ["call_expired", "call_expired"]);
    life.authorizes(2, "1.00").unwrap();
    life.authorizes(1, "1.00").unwrap();
    for _ in 0..2 {
        life.tops_up("5.00").unwrap();
        life.charge_fails(Decline::Soft).unwrap(); // bars card-1
    }
    life.links("card-2").unwrap();
    life.spends("10.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap(); // waits
    life.tops_up("5.00").unwrap(); // is asked
    life
}

/// The calls that the last batch expired or forgot, in order.
fn calls_ended(life: &Life) -> Vec<CallId> {
    let mut ended = Vec::new();
    for event in &life.batches.last().unwrap().events {
        if let Event::CallExpired { call, .. } | Event::CallForgotten { call } = event {
            ended.push(*call);
        }
    }
    ended
}

// K3: what is due at the same instant happens in the order of its kind, and within a kind of its id.
#[test]
fn k3_at_one_instant_by_kind_and_id() {
    let mut life = everything_at_two();
    life.later("1h").tick().unwrap();
    let events: Vec<_> =
        life.batches.last().unwrap().events.iter().map(|event| event.tag().as_str()).collect();
    let kinds = [
        "call_expired",
        "call_expired",
        "call_forgotten",
        "call_forgotten",
        "charge_asking_ended",
        "top_up_retry_due",
        "method_bar_ended",
    ];
    assert_eq!(events, kinds);
    assert_eq!(calls_ended(&life), [call(1), call(2), call(8), call(9)]);

    let mut life = everything_at_two();
    life.charge_requires_action().unwrap();
    let ticked = life.later("1h").tick().unwrap();
    assert_eq!(
        ticked.get(4..),
        Some(["charge_cancelling", "top_up_retry_due", "method_bar_ended"].as_slice())
    );
}

// K3: a late tick makes the changes in the order of their own instants, before their kind.
#[test]
fn k3_by_time_before_kind() {
    let mut life = everything_at_two();
    life.micros(1).authorizes(3, "1.00").unwrap(); // ends a microsecond after the others
    let ticked = life.later("30m").clone().later("31m").tick().unwrap();
    assert_eq!(ticked.last(), Some(&"call_expired"));
    assert_eq!(ticked.get(6), Some(&"method_bar_ended"));
    // Much later, the late windows of what expired in the same tick have ended too, by their own instants.
    let ticked = life.later("9d").tick().unwrap();
    let forgotten = ["call_expired", "call_forgotten", "call_forgotten", "call_forgotten"];
    assert_eq!(ticked.get(7..), Some(forgotten.as_slice()));
}

// K3: a late tick gives the same holds as ticks on time; windows count from their own instants.
#[test]
fn k3_a_late_tick_gives_the_same_holds_as_ticks_on_time() {
    let mut life = Life::with_credit("20.00");
    for n in 1..=6 {
        life.later("7m").authorizes(n, "1.00").unwrap();
    }
    let until = life.now.saturating_add(span("20h"));
    life.gateway(extend(2, until)).unwrap();
    life.settles(5, "0.40").unwrap();
    for wait in ["30m", "59m", "2h", "19h", "21h", "25h", "26h", "44h", "45h", "9d"] {
        let (mut late, mut on_time) = (life.clone(), life.clone());
        late.later(wait).tick().unwrap();
        while let Some(at) = on_time.next_deadline().filter(|at| *at <= late.now) {
            on_time.now = at;
            on_time.tick().unwrap();
        }
        assert!(late.account.open_calls().eq(on_time.account.open_calls()), "{wait}");
        assert!(late.account.late_calls().eq(on_time.account.late_calls()), "{wait}");
        assert_eq!(late.account.balance(), on_time.account.balance(), "{wait}");
        assert_eq!(late.next_deadline(), on_time.next_deadline(), "{wait}");
    }
}

// K3: whether to charge is judged once, on what all the changes leave, and at the time of the tick.
#[test]
fn k3_a_late_tick_charges_once_and_now() {
    let numbers =
        PolicyNumbers { failures_bound: 1, failures_window: span("2h"), ..PolicyNumbers::documented() };
    let mut life = Life::under(numbers).on_to(StageTag::Active);
    life.spends("10.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap(); // waits one hour, barred for two
    assert_eq!(life.clone().later("1h").tick().unwrap(), ["top_up_retry_due"]);
    let ticked = life.later("5h").tick().unwrap();
    assert_eq!(ticked, ["top_up_retry_due", "method_bar_ended", "charge_requested"]);
    assert_eq!(life.next_deadline(), Some(life.now.saturating_add(span("23h"))));
}

// K3: a tick with nothing due changes nothing, and charges nothing either.
#[test]
fn k3_a_tick_with_nothing_due_changes_nothing() {
    for stage in StageTag::ALL.iter().filter(|stage| **stage > StageTag::Vacant) {
        let mut life = Life::at_stage(*stage);
        assert_eq!(life.later("59m").tick().unwrap(), NOTHING, "{stage}");
    }
}

// K3: a policy that changed may leave a top-up due; an idle tick does not charge for it, the next change does.
#[test]
fn k3_an_idle_tick_never_charges() {
    let mut life = Life::funded();
    life.authorizes(1, "12.00").unwrap();
    let before = life.policy.clone();
    life.requires_terms("TOS_2025", "2024-12-01T00:00:00Z"); // outdated, past the grace
    life.settles(1, "12.00").unwrap();
    life.policy = before;
    assert_eq!(life.tick().unwrap(), NOTHING);
    life.asks_for_nothing();
    assert_eq!(life.spends("0").unwrap(), ["call_charged", "charge_requested"]);
}

// K3: what is due happens before a command, in its batch, as if a tick had come first.
#[test]
fn k3_a_command_does_first_what_is_due() {
    let mut life = Life::funded();
    life.authorizes(1, "15.00").unwrap();
    life.later("1h");
    let mut ticked = life.clone();
    ticked.tick().unwrap();
    ticked.spends("6.00").unwrap();
    assert_eq!(life.spends("6.00").unwrap(), ["call_expired", "call_charged"]); // covered only by what expired
    assert_eq!(life.account, ticked.account);
}

// K2: a stored account to which something happened after its last change is refused.
#[test]
fn k2_nothing_in_a_stored_account_happened_after_its_last_change() {
    let mut life = Life::funded();
    life.authorizes(1, "5").unwrap();
    life.later("1h").tick().unwrap();
    life.authorizes(2, "5").unwrap();
    life.is_granted_with(1, "1", 0, None).unwrap();
    life.is_granted_from(2, "1", "2030-01-01T00:00:00Z", None).unwrap();
    life.operator(Action::Refund { charge: ChargeNumber(1), amount: amount("1"), forced: true }).unwrap();
    life.tops_up("5").unwrap();
    let stored = serde_json::to_value(Snapshot::of(&life.account)).unwrap();
    assert!(serde_json::from_value::<Snapshot>(stored.clone()).is_ok());
    let after = life.account.last_instant().unwrap().saturating_add(span("1s"));
    for place in [
        "calls/open/0/admitted_at",
        "calls/late/0/admitted_at",
        "charges/open/requested_at",
        "charges/ended/0/requested_at",
        "charges/ended/0/ended_at",
        "reversals/refunds/0/requested_at",
        "lots/started/0/issued_at",
        "lots/waiting/0/issued_at",
        "stage/active/keys/0/created_at",
    ] {
        let mut changed = stored.clone();
        *changed.pointer_mut(&format!("/account/opened/{place}")).unwrap() =
            serde_json::to_value(after).unwrap();
        let refused = serde_json::from_value::<Snapshot>(changed).unwrap_err();
        assert!(refused.to_string().contains("after the last change"), "{place}: {refused}");
    }
}
