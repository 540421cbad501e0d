//! H3, and what K3 says of grants. The end of a grant: its expiry, or voiding. (Debts: `h_debt.rs`.)

use crate::life::{Answer, Life, amount, call, grant, time};
use prepaid::{ChargeKind, Event, Rejection, TopUpOutlook};

const NOTHING: [&str; 0] = [];
const ENDS: &str = "2025-01-01T12:00:00Z";

/// Grant 1 of 5.00 until noon, and this much purchased credit; top-up off.
fn expiring(purchased: &str) -> Life {
    let mut life = Life::with_credit(purchased);
    life.is_granted_with(1, "5.00", 0, Some(ENDS)).unwrap();
    life
}

fn missing(short: &str, held: &str) -> Answer {
    let (short, held) = (amount(short), amount(held));
    Err(Rejection::InsufficientCredit { short, held, outlook: TopUpOutlook::Off })
}

fn expired(n: u128, text: &str) -> Event {
    Event::GrantExpired { grant: grant(n), amount: amount(text) }
}

fn lapsed(n: u128, text: &str) -> Event {
    Event::GrantLapsed { grant: grant(n), amount: amount(text) }
}

// H3: a grant can be spent until the microsecond before its expiry, and not at it, ticked or not.
#[test]
fn h3_a_grant_is_unspendable_from_the_instant_of_its_expiry() {
    let mut life = expiring("0");
    life.at(ENDS);
    assert_eq!(life.next_deadline(), Some(life.now));
    assert_eq!(life.spends("0.01"), missing("0.01", "0"));
    assert_eq!(life.authorizes(1, "0.01"), missing("0.01", "0"));
    life.micros(-1);
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.clone().authorizes(1, "5.00").unwrap(), ["call_authorized"]);
    assert_eq!(life.spends("5.00").unwrap(), ["call_charged"]);
    life.posted_is("0");
}

// H3: its unheld remainder is gone at once, told in the event; and only its own: the other lots stay.
#[test]
fn h3_expiry_takes_the_unheld_remainder_of_its_own_lot() {
    let mut life = expiring("4");
    life.is_granted_with(2, "3.00", 0, Some("2025-01-01T12:00:00.000001Z")).unwrap();
    life.is_granted_with(3, "2.00", -1, None).unwrap();
    life.spends("3.50").unwrap(); // grant 3, and 1.50 of grant 1
    life.posted_is("10.5");
    assert_eq!(life.at(ENDS).tick().unwrap(), ["grant_expired"]);
    assert_eq!(*life.last_event(), expired(1, "3.5"));
    life.posted_is("7");
    life.lot_is(2, "3", "0");
    life.purchased_is("4");
    assert_eq!(life.micros(1).tick().unwrap(), ["grant_expired"]);
    life.posted_is("4");
    life.purchased_is("4");
}

// H3: voiding does the same, at once.
#[test]
fn h3_voiding_takes_the_unheld_remainder() {
    let mut life = expiring("4");
    life.spends("1.50").unwrap();
    assert_eq!(life.voids(1).unwrap(), ["grant_voided"]);
    assert_eq!(*life.last_event(), Event::GrantVoided { grant: grant(1), amount: amount("3.5") });
    life.posted_is("4");
    life.purchased_is("4");
    assert_eq!(life.next_deadline(), None);
    assert_eq!(life.at(ENDS).tick().unwrap(), NOTHING);
}

/// The two ends of grant 1, of which a call holds 3.00; purchased 4.00.
fn ended_while_held() -> [(&'static str, Life); 2] {
    let held = || {
        let mut life = expiring("4");
        life.at("2025-01-01T11:30:00Z").authorizes(1, "3.00").unwrap();
        life.lot_is(1, "2", "3");
        life
    };
    let (mut expires, mut voided) = (held(), held());
    assert_eq!(expires.at(ENDS).tick().unwrap(), ["grant_expired"]);
    assert_eq!(*expires.last_event(), expired(1, "2"));
    assert_eq!(voided.voids(1).unwrap(), ["grant_voided"]);
    assert_eq!(*voided.last_event(), Event::GrantVoided { grant: grant(1), amount: amount("2") });
    [("expired", expires), ("voided", voided)]
}

// H3: what is held stays in the balance until the call ends, and can be settled from it.
#[test]
fn h3_what_is_settled_from_an_ended_grant_stays_settled() {
    for (how, mut life) in ended_while_held() {
        life.posted_is("7");
        life.held_is("3");
        life.lot_is(1, "0", "3");
        assert_eq!(life.settles_whole(1).unwrap(), ["call_settled"], "{how}");
        life.posted_is("4");
        life.purchased_is("4");
        assert_eq!(life.lot(1), None);
    }
}

// H3: the held rest is gone in the step that gives it back, which is an event of its own.
#[test]
fn h3_the_held_rest_is_gone_when_it_is_given_back() {
    for (how, life) in ended_while_held() {
        let mut released = life.clone();
        assert_eq!(released.releases(1).unwrap(), ["call_released", "grant_lapsed"], "{how}");
        assert_eq!(*released.last_event(), lapsed(1, "3"));
        released.posted_is("4");
        let mut settled = life.clone();
        assert_eq!(settled.settles(1, "1.25").unwrap(), ["call_settled", "grant_lapsed"], "{how}");
        assert_eq!(*settled.last_event(), lapsed(1, "1.75"));
        settled.posted_is("4");
        let mut expires = life.clone();
        expires.at("2025-01-01T12:30:00Z");
        assert_eq!(expires.tick().unwrap(), ["call_expired", "grant_lapsed"], "{how}");
        assert_eq!(*expires.last_event(), lapsed(1, "3"));
        for life in [released, settled, expires] {
            life.posted_is("4");
            life.held_is("0");
            life.purchased_is("4");
            assert_eq!(life.lot(1), None, "{how}");
        }
    }
}

// H3: voiding at the very instant of the expiry finds it expired, and takes nothing more.
#[test]
fn h3_voiding_at_the_expiry_takes_nothing_more() {
    let mut life = expiring("4");
    life.at("2025-01-01T11:30:00Z").authorizes(1, "3.00").unwrap();
    assert_eq!(life.at(ENDS).voids(1).unwrap(), ["grant_expired"]);
    life.posted_is("7");
}

// H3: two calls hold of it: each gives its own back, and the grant is forgotten with the last.
#[test]
fn h3_every_hold_on_an_ended_grant_lapses_by_itself() {
    let mut life = expiring("4");
    life.authorizes(1, "2.00").unwrap();
    life.authorizes(2, "4.00").unwrap(); // three of the grant, one purchased
    assert_eq!(life.voids(1).unwrap(), ["grant_voided"]);
    life.posted_is("9");
    assert_eq!(life.voids(1).unwrap(), NOTHING); // voided already, and still held
    assert_eq!(life.releases(2).unwrap(), ["call_released", "grant_lapsed"]);
    assert_eq!(*life.last_event(), lapsed(1, "3"));
    life.posted_is("6");
    life.lot_is(1, "0", "2");
    assert_eq!(life.releases(1).unwrap(), ["call_released", "grant_lapsed"]);
    life.posted_is("4");
    assert_eq!(life.voids(1).unwrap_err().tag().as_str(), "grant_unknown");
}

// H3: one call over two ended grants gives back to both: one event each, in burn order.
#[test]
fn h3_several_grants_lapse_in_burn_order() {
    let mut life = Life::with_credit("4");
    life.is_granted_with(2, "1.00", -1, None).unwrap();
    life.is_granted_with(1, "2.00", 0, None).unwrap();
    life.authorizes(1, "3.50").unwrap();
    life.voids(1).unwrap();
    life.voids(2).unwrap();
    let released = life.releases(1).unwrap();
    assert_eq!(released, ["call_released", "grant_lapsed", "grant_lapsed"]);
    let told: Vec<_> = life.batches.last().unwrap().events.iter().skip(1).cloned().collect();
    assert_eq!(told, [lapsed(2, "1"), lapsed(1, "2")]);
    life.posted_is("4");
}

// H3, D6: a late settlement finds only what has not ended: at most what is available then, and the rest is recorded.
#[test]
fn h3_an_ended_grant_pays_no_late_settlement() {
    let mut life = expiring("1");
    life.at("2025-01-01T11:30:00Z").authorizes(1, "5.00").unwrap();
    life.at("2025-01-01T12:30:00Z").tick().unwrap(); // the grant at noon, the hold now
    life.posted_is("1");
    assert_eq!(life.settles(1, "4.00").unwrap(), ["call_settled_late"]);
    let (amount, unbilled) = (amount("1"), amount("3"));
    assert_eq!(*life.last_event(), Event::CallSettledLate { call: call(1), amount, unbilled });
    life.posted_is("0");
}

// H3, D6: an extended hold outlives the grant, and is settled from it.
#[test]
fn h3_an_extended_hold_is_settled_from_the_grant_that_has_ended() {
    let mut life = expiring("0");
    life.at("2025-01-01T11:30:00Z").authorizes(1, "5.00").unwrap();
    life.extends(1, time("2025-01-01T20:00:00Z")).unwrap();
    assert_eq!(
        life.at("2025-01-01T19:00:00Z").settles(1, "5.00").unwrap(),
        ["grant_expired", "call_settled"]
    );
    life.posted_is("0");
    let mut life = expiring("0");
    life.at("2025-01-01T11:30:00Z").authorizes(1, "5.00").unwrap();
    assert_eq!(life.at(ENDS).tick().unwrap(), ["grant_expired"]);
    assert_eq!(*life.last_event(), expired(1, "0"));
}

// H3: a spent grant has no expiry left.
#[test]
fn h3_a_spent_grant_does_not_expire() {
    let mut life = expiring("0");
    life.spends("5.00").unwrap();
    assert_eq!(life.next_deadline(), None);
    assert_eq!(life.at(ENDS).tick().unwrap(), NOTHING);
}

/// At one instant, 12:00: a hold of 3.00 on grant 1 expires, a late window ends, grant 1 expires, and grant 2 starts.
fn everything_at_noon() -> Life {
    let mut life = Life::with_credit("0");
    life.changes_policy(|numbers| numbers.late_window = crate::life::span("1h"));
    life.is_granted_with(1, "5.00", 0, Some(ENDS)).unwrap();
    life.is_granted_from(2, "7.00", ENDS, None).unwrap();
    life.at("2025-01-01T10:00:00Z").authorizes(1, "1.00").unwrap();
    assert_eq!(life.at("2025-01-01T11:00:00Z").tick().unwrap(), ["call_expired"]);
    life.authorizes(2, "3.00").unwrap();
    life
}

// K3: at one instant: the hold's expiry, the end of a late window, the grant's expiry, the other grant's start.
#[test]
fn k3_hold_late_window_grant_expiry_and_start_at_one_instant() {
    let mut life = everything_at_noon();
    life.at(ENDS).micros(-1);
    assert_eq!(life.tick().unwrap(), NOTHING);
    life.micros(1);
    assert_eq!(life.tick().unwrap(), ["call_expired", "call_forgotten", "grant_expired", "grant_started"]);
    // The hold was given back to the grant before it expired, so all of it went with it.
    let told: Vec<_> = life.batches.last().unwrap().events.iter().cloned().collect();
    assert_eq!(told.get(2), Some(&expired(1, "5")));
    life.posted_is("7");
    life.lot_is(2, "7", "0");
}

// K3: by time before kind: a grant that starts a microsecond earlier starts first.
#[test]
fn k3_time_comes_before_kind() {
    let mut life = Life::with_credit("0");
    life.is_granted_with(1, "5.00", 0, Some(ENDS)).unwrap();
    life.is_granted_from(2, "7.00", "2025-01-01T11:59:59.999999Z", None).unwrap();
    assert_eq!(life.at(ENDS).tick().unwrap(), ["grant_started", "grant_expired"]);
}

// K3: of one kind at one instant by id, whatever the order of issue or of burning.
#[test]
fn k3_grants_of_one_instant_end_and_start_by_id() {
    let mut life = Life::with_credit("0");
    for (n, rank) in [(3, -1), (1, 5), (2, 0)] {
        life.is_granted_with(n, "1.00", rank, Some(ENDS)).unwrap();
    }
    for n in [6, 4, 5] {
        life.is_granted_from(n, "1.00", ENDS, None).unwrap();
    }
    life.at(ENDS).tick().unwrap();
    let told: Vec<Event> = life.batches.last().unwrap().events.iter().cloned().collect();
    let started = |n| Event::GrantStarted { grant: grant(n) };
    let expected = [expired(1, "1"), expired(2, "1"), expired(3, "1"), started(4), started(5), started(6)];
    assert_eq!(told, expected);
}

/// A life in which grants and holds end and start at many instants; purchased 2.00, and a debt on the way.
fn busy() -> Life {
    let mut life = Life::with_credit("2");
    life.changes_policy(|numbers| numbers.late_window = crate::life::span("90m"));
    life.is_granted_with(1, "5.00", 0, Some("2025-01-01T01:30:00Z")).unwrap();
    life.is_granted_with(2, "3.00", 1, Some("2025-01-01T01:00:00Z")).unwrap();
    life.is_granted_from(3, "4.00", "2025-01-01T01:00:00Z", Some("2025-01-01T02:30:00Z")).unwrap();
    life.is_granted_from(4, "6.00", "2025-01-01T02:15:00Z", None).unwrap();
    life.authorizes(1, "4.00").unwrap();
    life.later("20m").authorizes(2, "2.50").unwrap();
    life.extends(2, time("2025-01-01T02:15:00Z")).unwrap();
    life.later("20m").authorizes(3, "3.25").unwrap();
    life.is_disputed("dp_1", 1, "6.00").unwrap();
    life
}

// K3: a late tick gives the same lots and holds as ticks on time; and so do ticks at any few of the instants.
#[test]
fn k3_a_late_tick_gives_the_same_lots_and_holds() {
    let end = time("2025-01-01T09:00:00Z");
    let mut on_time = busy();
    let mut instants = Vec::new();
    while let Some(at) = on_time.next_deadline().filter(|at| *at <= end) {
        instants.push(at);
        on_time.now = at;
        on_time.tick().unwrap();
    }
    assert!(instants.len() >= 7, "{instants:?}");
    on_time.now = end;
    on_time.tick().unwrap();
    // Every choice of the instants at which somebody ticked.
    for chosen in 0_u32..1 << instants.len() {
        let mut life = busy();
        for (n, at) in instants.iter().enumerate() {
            if chosen & (1 << n) != 0 {
                life.now = *at;
                life.tick().unwrap();
            }
        }
        life.now = end;
        life.tick().unwrap();
        assert_eq!(life.account.lots(), on_time.account.lots());
        assert_eq!(life.account.balance(), on_time.account.balance());
        assert_eq!(life.account.purchased(), on_time.account.purchased());
        assert!(life.account.open_calls().eq(on_time.account.open_calls()));
        assert!(life.account.late_calls().eq(on_time.account.late_calls()));
    }
}

// K3, E1: the top-up is judged once, on the last state: an expiry fires it, but not where a grant starts at that instant.
#[test]
fn k3_the_top_up_is_judged_after_everything_that_is_due() {
    let mut life = Life::funded();
    life.is_granted_with(1, "5.00", 1, Some(ENDS)).unwrap();
    life.spends("14.00").unwrap(); // 6.00 purchased, 5.00 granted
    let mut replaced = life.clone();
    assert_eq!(life.at(ENDS).tick().unwrap(), ["grant_expired", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "14.00");
    replaced.is_granted_from(2, "4.01", ENDS, None).unwrap();
    assert_eq!(replaced.at(ENDS).tick().unwrap(), ["grant_expired", "grant_started"]);
    replaced.posted_is("10.01");
    replaced.asks_for_nothing();
}

// H3, E1: voiding, and what lapses, may fire it too.
#[test]
fn h3_what_is_gone_is_gone_before_the_top_up_is_judged() {
    let mut life = Life::funded();
    life.is_granted_with(1, "5.00", 1, None).unwrap();
    life.spends("14.00").unwrap();
    assert_eq!(life.clone().voids(1).unwrap(), ["grant_voided", "charge_requested"]);
    life.authorizes(1, "10.00").unwrap(); // six purchased, four granted
    assert_eq!(life.voids(1).unwrap(), ["grant_voided", "charge_requested"]);
    life.posted_is("10");
    life.charge_succeeds().unwrap();
    life.spends("9.99").unwrap(); // 10.01
    let released = life.releases(1).unwrap();
    assert_eq!(released, ["call_released", "grant_lapsed", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "13.99");
}
