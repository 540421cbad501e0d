//! Bugs that other systems had, and that this one must not have: grants, expiry, money going back, caps.

use crate::life::{Answer, Life, a_grant, amount};
use prepaid::{Account, Cap, ChargeKind, Event, Rejection, Setting, TopUpOutlook, replay};

const NOTHING: [&str; 0] = [];

/// Charge 1 of 20.00, none of it spent; top-up off.
fn paid() -> Life {
    Life::with_credit("20")
}

// A payment that was refunded or charged back left its credit to be spent.
// https://github.com/elizaOS/eliza/issues/10920
#[test]
fn g2_credit_goes_back_with_its_payment() {
    type Goes = fn(&mut Life) -> Answer;
    let ways: [Goes; 3] = [
        |life| life.refunds(1, "20.00"),
        |life| life.records_refund(1, "20.00", "re_x"),
        |life| life.is_disputed("dp_1", 1, "20.00"),
    ];
    for goes in ways {
        let mut life = paid();
        goes(&mut life).unwrap();
        life.posted_is("0");
        assert_eq!(life.spends("0.01").unwrap_err().tag().as_str(), "insufficient_credit");
    }
}

// Credit was taken when a dispute was opened, and never given back when it was won.
// https://github.com/elizaOS/eliza/issues/10997
#[test]
fn g2_a_won_dispute_gives_back_what_it_took() {
    let mut life = paid();
    life.spends("5.00").unwrap();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.posted_is("-5"); // the shortfall is a debt on record
    life.wins("dp_1").unwrap();
    life.posted_is("15");
    assert_eq!(life.wins("dp_1").unwrap(), NOTHING);
    life.posted_is("15");
}

// A won dispute was not counted when a later refund of the same payment took credit: it took too little.
// https://github.com/elizaOS/eliza/issues/11155
#[test]
fn g2_a_refund_after_a_won_dispute_takes_all_of_it() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.wins("dp_1").unwrap();
    life.records_refund(1, "20.00", "re_x").unwrap();
    life.posted_is("0");
    // Part of it disputed and won, part refunded: no more and no less than was paid goes back.
    let mut life = paid();
    life.is_disputed("dp_1", 1, "8.00").unwrap();
    life.wins("dp_1").unwrap();
    life.records_refund(1, "12.00", "re_x").unwrap();
    life.posted_is("8");
}

// A charge that was disputed and then refunded was taken back twice.
// https://github.com/managoat/fountain/issues/1126
#[test]
fn g2_a_refund_after_a_dispute_takes_nothing_twice() {
    let mut life = paid();
    life.buys("10.00").unwrap();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.records_refund(1, "20.00", "re_x").unwrap();
    life.posted_is("10");
}

// A monthly cap was approximate, and two charges together could pass it; elsewhere one was passed to 250 % of it.
// https://github.com/anthropics/claude-code/issues/59858 https://github.com/LIT-Protocol/chipotle/issues/447
#[test]
fn e7_no_sequence_of_top_ups_passes_the_cap() {
    let mut life = Life::funded();
    life.caps(Setting::To("25.00"), Setting::Kept).unwrap();
    let mut asked = amount("0");
    for _ in 0..40 {
        if let Some(charge) = life.account.open_charge().cloned() {
            asked = asked.checked_add(charge.amount).unwrap();
            life.charge_succeeds().unwrap();
        }
        let _refused_once_credit_is_gone = life.later("1h").spends("4.00");
    }
    assert_eq!(asked, amount("25"));
    life.asks_for_nothing();
}

// A cap held a top-up back without a word: nobody could tell whether one would come, or the recharge was broken.
// https://github.com/ITISFoundation/osparc-simcore/issues/9712 https://github.com/akash-network/console/issues/3678
#[test]
fn e7_a_capped_top_up_is_told_and_comes_with_the_next_window() {
    let mut life = Life::funded();
    life.caps(Setting::Kept, Setting::To(1)).unwrap();
    life.spends("10.00").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("10.00").unwrap(), ["call_charged", "top_up_deferred"]);
    let until = crate::life::time("2025-01-02T00:00:00Z");
    assert_eq!(*life.last_event(), Event::TopUpDeferred { until, cap: Cap::Daily });
    assert_eq!(life.next_deadline(), Some(until));
    life.now = until;
    assert_eq!(life.tick().unwrap(), ["top_up_cap_reset", "charge_requested"]);
}

// Expired credit could be spent until a sweep that ran once a day had found it.
// https://github.com/managoat/fountain/issues/1126 https://github.com/vm0-ai/vm0/issues/10299
#[test]
fn h3_expired_credit_is_unspendable_at_its_instant_without_any_sweep() {
    let mut life = Life::with_credit("1");
    life.is_granted_with(1, "5.00", 0, Some("2025-01-10T00:00:00Z")).unwrap();
    life.at("2025-01-10T00:00:00Z");
    let missing = Rejection::InsufficientCredit {
        short: amount("0.01"),
        held: amount("0"),
        outlook: TopUpOutlook::Off,
    };
    assert_eq!(life.spends("1.01"), Err(missing));
    assert_eq!(life.spends("1.00").unwrap(), ["grant_expired", "call_charged"]);
    life.posted_is("0");
}

// An expiry took more than was left of its grant, and with it other grants and credit that was paid for.
// https://github.com/managoat/fountain/issues/1126 https://github.com/Kilo-Org/cloud/issues/4369
#[test]
fn h3_an_expiry_takes_only_what_is_left_of_its_own_grant() {
    let mut life = Life::with_credit("4");
    life.is_granted_with(1, "5.00", 0, Some("2025-01-10T00:00:00Z")).unwrap();
    life.is_granted_with(2, "3.00", 0, Some("2025-02-10T00:00:00Z")).unwrap();
    life.spends("4.50").unwrap();
    // Spent between the moment somebody looked and the expiry: what is left is judged in the step.
    life.at("2025-01-09T23:59:59.999999Z").spends("0.25").unwrap();
    life.at("2025-01-10T00:00:00Z").tick().unwrap();
    assert_eq!(
        *life.last_event(),
        Event::GrantExpired { grant: crate::life::grant(1), amount: amount("0.25") }
    );
    life.lot_is(2, "3", "0");
    life.purchased_is("4");
}

// A grant that came at the very instant of something else was counted twice.
// https://github.com/openmeterio/openmeter/issues/1408
#[test]
fn h1_a_grant_counts_once() {
    let start = "2025-01-02T00:00:00Z";
    let mut life = Life::with_credit("0");
    life.is_granted_from(1, "5.00", start, None).unwrap();
    life.is_granted_from(1, "5.00", start, None).unwrap(); // asked again
    life.at(start).tick().unwrap();
    life.tick().unwrap();
    assert_eq!(life.is_granted_from(1, "5.00", start, None).unwrap(), NOTHING);
    assert_eq!(life.operator(a_grant(1, "5.00")).unwrap_err().tag().as_str(), "grant_conflict");
    life.posted_is("5");
    life.spends("5.00").unwrap(); // at the very start
    life.posted_is("0");
}

// Usage drew on credit that was granted only after it.
// https://github.com/openmeterio/openmeter/issues/4649
#[test]
fn h2_usage_draws_on_no_grant_that_came_after_it() {
    let mut life = Life::with_credit("4");
    life.authorizes(1, "3.00").unwrap();
    life.is_granted_from(1, "5.00", "2025-01-01T00:30:00Z", None).unwrap();
    assert_eq!(life.at("2025-01-01T00:45:00Z").settles_whole(1).unwrap(), ["grant_started", "call_settled"]);
    life.lot_is(1, "5", "0");
    life.purchased_is("1");
}

// Stored snapshots of a balance were taken for the whole story: what a grant had used before one was lost.
// https://github.com/openmeterio/openmeter/issues/4845 https://github.com/openmeterio/openmeter/issues/4846
#[test]
fn k4_a_snapshot_never_changes_what_comes_after_it() {
    type Happens = fn(&mut Life) -> Answer;
    let steps: [Happens; 9] = [
        |life| life.is_granted_with(1, "5.00", 0, Some("2025-01-10T00:00:00Z")),
        |life| life.is_granted_with(2, "3.00", 1, None),
        |life| life.spends("1.25"),
        |life| life.authorizes(1, "6.00"),
        |life| life.is_disputed("dp_1", 1, "18.00"),
        |life| life.at("2025-01-01T00:30:00Z").settles(1, "2.00"),
        |life| life.at("2025-01-10T00:00:00Z").tick(),
        |life| life.wins("dp_1"),
        |life| life.spends("4.00"),
    ];
    // Without any snapshot, and with one before any of the steps.
    let lived = |snapshot_before: usize| {
        let mut life = Life::with_credit("4");
        for (n, happens) in steps.iter().enumerate() {
            if n == snapshot_before {
                let stored = serde_json::to_string(&life.account).unwrap();
                life.account = serde_json::from_str::<Account>(&stored).unwrap();
            }
            happens(&mut life).unwrap();
        }
        life
    };
    let without = lived(steps.len());
    assert_eq!(replay(&without.batches).as_ref(), Ok(&without.account));
    for before in 0..steps.len() {
        let with = lived(before);
        assert_eq!(with.account, without.account);
        assert_eq!(with.batches, without.batches);
    }
}

// A debt was hidden, or stood beside new credit, in no stated order.
// https://github.com/useautumn/autumn/issues/1318 https://github.com/2witstudios/PageSpace/issues/1527
#[test]
fn h4_new_credit_pays_the_debt_first() {
    let mut life = Life::with_credit("0");
    life.is_disputed("dp_1", 1, "12.00").unwrap();
    life.posted_is("-12");
    life.is_granted(1, "5.00").unwrap();
    life.posted_is("-7");
    assert_eq!(life.spends("0.01"), Err(Rejection::Debt { debt: amount("7") }));
    life.links("card-2").unwrap();
    life.buys("10.00").unwrap();
    life.posted_is("3");
    assert_eq!(life.spends("3.00").unwrap(), ["call_charged"]);
}

// A debit that may draw on several balances could not be repeated safely: a second try might have found others. Here
// the first decision fixes the lots: a repeat changes nothing, and the ending takes from them.
// https://github.com/formancehq/wallets/blob/main/pkg/manager.go
#[test]
fn h2_a_repeated_call_draws_on_the_lots_of_the_first() {
    let mut life = Life::with_credit("4");
    life.is_granted_with(1, "5.00", 0, Some("2025-01-01T00:30:00Z")).unwrap();
    life.authorizes(1, "6.00").unwrap(); // five granted, one purchased
    life.is_granted_with(2, "9.00", -1, None).unwrap(); // would come first now
    life.later("45m"); // and the other has expired
    assert_eq!(life.authorizes(1, "6.00").unwrap(), ["grant_expired"]); // the call itself: nothing new
    life.lot_is(1, "0", "5");
    life.lot_is(2, "9", "0");
    life.settles_whole(1).unwrap();
    life.lot_is(2, "9", "0");
    life.purchased_is("3");
}

// A top-up to a target compared the wrong balance: it left out the credit that had been given, and charged too much.
// https://github.com/getlago/lago-api/issues/6177
#[test]
fn e2_given_credit_counts_for_the_gap() {
    let mut life = Life::with_top_up("5.00", "80.00");
    life.is_granted_with(1, "3.00", 1, None).unwrap();
    life.spends("79.00").unwrap();
    life.posted_is("4");
    life.asks_for(ChargeKind::AutoTopUp, "76.00");
    life.charge_succeeds().unwrap();
    life.posted_is("80");
    life.asks_for_nothing();
}
