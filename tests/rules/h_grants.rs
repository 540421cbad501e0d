//! H1. Grants: when they may be issued, and from when they are credit. (Who is drawn on: `h_lots.rs`.)

use crate::life::{Answer, Life, a_grant, amount, grant, time};
use prepaid::{Action, ChargeKind, Event, GrantIssued, Rejection, StageTag, Timestamp};

const NOTHING: [&str; 0] = [];
const ISSUED: [&str; 1] = ["grant_issued"];
const NOON: &str = "2025-01-01T12:00:00Z";

/// Grant 1 of 5.00 with these times.
fn from_until(start: Option<Timestamp>, expiry: Option<Timestamp>) -> Action {
    let mut action = a_grant(1, "5.00");
    if let Action::IssueGrant { effective_at, expires_at, .. } = &mut action {
        (*effective_at, *expires_at) = (start, expiry);
    }
    action
}

fn out_of_bounds(given: Timestamp, after: Timestamp) -> Answer {
    Err(Rejection::TimeOutOfBounds { field: "expires_at", given, after, not_after: None })
}

fn conflict() -> Answer {
    Err(Rejection::GrantConflict { grant: grant(1) })
}

fn unknown() -> Answer {
    Err(Rejection::GrantUnknown { grant: grant(1) })
}

/// No purchased credit, top-up off, noon.
fn empty() -> Life {
    let mut life = Life::with_credit("0");
    life.at(NOON);
    life
}

// H1: once the first terms are accepted, and not before; a closing account takes none (J2).
#[test]
fn h1_a_grant_may_be_issued_once_terms_are_accepted() {
    let refused = Err(Rejection::OutOfOrder { needs: StageTag::Agreed, is: StageTag::Registered });
    let mut life = Life::at_stage(StageTag::Registered);
    assert_eq!(life.is_granted(1, "5.00"), refused);
    assert_eq!(life.voids(1), refused);
    for stage in
        [StageTag::Agreed, StageTag::Described, StageTag::Linked, StageTag::Funding, StageTag::Active]
    {
        let mut life = Life::at_stage(stage);
        let before = life.account.balance().posted.to_decimal();
        assert_eq!(life.is_granted(1, "5.00").unwrap(), ISSUED, "{stage:?}");
        assert_eq!(life.account.balance().posted.to_decimal() - before, amount("5").to_decimal());
    }
    for stage in [StageTag::Closing, StageTag::Closed] {
        let mut life = Life::at_stage(stage);
        assert_eq!(life.is_granted(1, "5.00").unwrap_err().tag().as_str(), "out_of_order");
    }
}

// H1: the event says source, amount, priority and times.
#[test]
fn h1_a_grant_has_source_amount_priority_and_times() {
    let mut life = empty();
    let (start, end) = ("2025-01-02T00:00:00Z", "2025-02-01T00:00:00Z");
    let issue = Action::IssueGrant {
        grant: grant(1),
        amount: amount("5.00"),
        source: "goodwill".parse().unwrap(),
        priority: -3,
        effective_at: Some(time(start)),
        expires_at: Some(time(end)),
    };
    life.operator(issue).unwrap();
    let issued = GrantIssued {
        grant: grant(1),
        amount: amount("5"),
        source: "goodwill".parse().unwrap(),
        priority: -3,
        effective_at: Some(time(start)),
        expires_at: Some(time(end)),
    };
    assert_eq!(*life.last_event(), Event::GrantIssued(Box::new(issued)));
}

// H1, M4: a grant of nothing is none; the smallest amount is one.
#[test]
fn m4_a_grant_is_positive() {
    let mut life = empty();
    assert_eq!(life.is_granted(1, "0"), Err(Rejection::AmountZero {}));
    assert_eq!(life.is_granted(1, "0.000000000001").unwrap(), ISSUED);
    life.posted_is("0.000000000001");
}

// H1: credit at once where the effective time is not later than now; one microsecond later it waits.
#[test]
fn h1_a_grant_is_credit_from_its_effective_time() {
    let noon = time(NOON);
    let micros = |count: i64| Some(Timestamp::from_micros(noon.as_micros() + count).unwrap());
    for start in [None, micros(-1_000_000), micros(-1), micros(0)] {
        let mut life = empty();
        assert_eq!(life.operator(from_until(start, None)).unwrap(), ISSUED);
        life.posted_is("5");
        assert_eq!(life.next_deadline(), None);
    }
    let mut life = empty();
    assert_eq!(life.operator(from_until(micros(1), None)).unwrap(), ISSUED);
    life.posted_is("0");
    assert_eq!(life.account.lots().len(), 0);
    assert_eq!(life.account.waiting_grants().len(), 1);
    assert_eq!(life.spends("0.01").unwrap_err().tag().as_str(), "insufficient_credit");
    assert_eq!(life.next_deadline(), micros(1));
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.micros(1).tick().unwrap(), ["grant_started"]);
    life.posted_is("5");
    life.lot_is(1, "5", "0");
}

// H1: a call needs no tick: at the effective time the grant is there, one microsecond before it is not.
#[test]
fn h1_a_call_at_the_effective_time_finds_the_grant() {
    let mut life = empty();
    life.is_granted_from(1, "5.00", "2025-01-02T00:00:00Z", None).unwrap();
    life.at("2025-01-02T00:00:00Z").micros(-1);
    assert_eq!(life.spends("5.00").unwrap_err().tag().as_str(), "insufficient_credit");
    life.micros(1);
    assert_eq!(life.spends("5.00").unwrap(), ["grant_started", "call_charged"]);
    life.posted_is("0");
}

// H1: the expiry lies after now and after the effective time, by a microsecond at least.
#[test]
fn h1_the_expiry_lies_after_now_and_after_the_effective_time() {
    let noon = time(NOON);
    let at = |count: i64| Timestamp::from_micros(noon.as_micros() + count).unwrap();
    for (start, expiry, after) in [
        (None, at(-1), noon),
        (None, at(0), noon),
        (Some(at(0)), at(0), noon),
        (Some(at(-9)), at(-8), noon), // after its start, but over
        (Some(at(-9)), at(0), noon),
        (Some(at(9)), at(9), at(9)),
        (Some(at(9)), at(8), at(9)),
        (Some(at(9)), at(0), at(9)),
    ] {
        let answer = empty().operator(from_until(start, Some(expiry)));
        assert_eq!(answer, out_of_bounds(expiry, after), "{start:?} {expiry}");
    }
    for (start, expiry) in [(None, at(1)), (Some(at(0)), at(1)), (Some(at(-9)), at(1)), (Some(at(9)), at(10))]
    {
        assert_eq!(empty().operator(from_until(start, Some(expiry))).unwrap(), ISSUED, "{start:?} {expiry}");
    }
}

// H1: a grant that lives for one microsecond starts and ends.
#[test]
fn h1_a_grant_of_one_microsecond_starts_and_ends() {
    let mut life = empty();
    let at = |count: i64| Timestamp::from_micros(time(NOON).as_micros() + count).unwrap();
    life.operator(from_until(Some(at(9)), Some(at(10)))).unwrap();
    assert_eq!(life.micros(9).tick().unwrap(), ["grant_started"]);
    life.posted_is("5");
    assert_eq!(life.micros(1).tick().unwrap(), ["grant_expired"]);
    life.posted_is("0");
    assert_eq!(life.account.lots().len(), 0);
}

/// The same grant with one thing other.
fn others() -> Vec<(&'static str, Action)> {
    type Other = fn(&mut Action);
    let others: [(&str, Other); 5] = [
        ("amount", |action| {
            if let Action::IssueGrant { amount: other, .. } = action {
                *other = amount("5.01");
            }
        }),
        ("source", |action| {
            if let Action::IssueGrant { source, .. } = action {
                *source = "goodwill".parse().unwrap();
            }
        }),
        ("priority", |action| {
            if let Action::IssueGrant { priority, .. } = action {
                *priority = 1;
            }
        }),
        ("effective time", |action| {
            if let Action::IssueGrant { effective_at, .. } = action {
                *effective_at = Some(time("2025-01-01T12:00:01Z"));
            }
        }),
        ("expiry", |action| {
            if let Action::IssueGrant { expires_at, .. } = action {
                *expires_at = Some(time("2026-01-01T00:00:01Z"));
            }
        }),
    ];
    let changed = |other: Other| {
        let mut action = from_until(None, Some(time("2026-01-01T00:00:00Z")));
        other(&mut action);
        action
    };
    others.map(|(what, other)| (what, changed(other))).into()
}

// K6: the same grant again changes nothing, also partly spent; with anything other it is a conflict.
#[test]
fn k6_a_grant_issued_again_is_no_second_one() {
    let mut life = empty();
    let issue = || from_until(None, Some(time("2026-01-01T00:00:00Z")));
    life.operator(issue()).unwrap();
    life.later("1h").spends("1.00").unwrap();
    assert_eq!(life.operator(issue()).unwrap(), NOTHING);
    life.posted_is("4");
    for (what, other) in others() {
        assert_eq!(life.operator(other), conflict(), "{what}");
    }
    life.posted_is("4");
}

// K6: the same for one that waits, and for one that has ended while a call holds of it.
#[test]
fn k6_a_grant_is_known_as_long_as_anything_is_left_of_it() {
    let start = Some(time("2025-01-02T00:00:00Z"));
    let mut life = empty();
    life.operator(from_until(start, None)).unwrap();
    assert_eq!(life.operator(from_until(start, None)).unwrap(), NOTHING);
    assert_eq!(life.is_granted(1, "5.00"), conflict());
    let mut life = empty();
    life.is_granted(1, "5.00").unwrap();
    life.authorizes(1, "5.00").unwrap();
    life.voids(1).unwrap();
    assert_eq!(life.is_granted(1, "5.00").unwrap(), NOTHING);
    assert_eq!(life.is_granted(1, "5.01"), conflict());
    life.posted_is("5");
}

// H1: a grant that is spent, or has ended with nothing of it held, is forgotten; the store keeps its id unique.
#[test]
fn h1_a_grant_of_which_nothing_is_left_is_forgotten() {
    type Ends = fn(&mut Life) -> Answer;
    let ends: [(&str, Ends); 4] = [
        ("spent", |life| life.spends("5.00")),
        ("held and settled", |life| {
            life.authorizes(1, "5.00")?;
            life.settles_whole(1)
        }),
        ("voided", |life| life.voids(1)),
        ("expired", |life| life.at("2026-01-01T00:00:00Z").tick()),
    ];
    for (what, ends) in ends {
        let mut life = empty();
        life.operator(from_until(None, Some(time("2026-01-01T00:00:00Z")))).unwrap();
        ends(&mut life).unwrap();
        life.posted_is("0");
        assert_eq!(life.account.lots().len(), 0, "{what}");
        assert_eq!(life.voids(1), unknown(), "{what}");
        assert_eq!(life.is_granted(1, "7.00").unwrap(), ISSUED, "{what}");
        life.posted_is("7");
    }
    // All of it held is not spent.
    let mut life = empty();
    life.is_granted(1, "5.00").unwrap();
    life.authorizes(1, "5.00").unwrap();
    life.lot_is(1, "0", "5");
}

// H1: one that has not started can be voided: nothing is gone, and it never starts.
#[test]
fn h1_a_waiting_grant_can_be_voided() {
    let mut life = empty();
    life.is_granted_from(1, "5.00", "2025-01-02T00:00:00Z", None).unwrap();
    assert_eq!(life.voids(1).unwrap(), ["grant_voided"]);
    assert_eq!(*life.last_event(), Event::GrantVoided { grant: grant(1), amount: amount("0") });
    assert_eq!(life.next_deadline(), None);
    assert_eq!(life.at("2025-01-03T00:00:00Z").tick().unwrap(), NOTHING);
    life.posted_is("0");
    assert_eq!(life.voids(1), unknown());
}

// H1: a grant nobody issued is unknown.
#[test]
fn h1_an_unknown_grant_cannot_be_voided() {
    assert_eq!(empty().voids(1), unknown());
}

// H1, E2: credit counts in the balance, so the initial funding asks for the rest only; the smallest charge at least.
#[test]
fn h1_a_grant_before_the_first_key_counts_for_its_funding() {
    for (granted, asked) in
        [("0.005", "20"), ("5.00", "15"), ("5.005", "15"), ("19.50", "0.5"), ("90.00", "0.5")]
    {
        let mut life = Life::at_stage(StageTag::Linked);
        life.is_granted(1, granted).unwrap();
        life.owner(crate::life::new_key(1)).unwrap();
        life.asks_for(ChargeKind::InitialFunding, asked);
    }
}

// H1: a grant is no funding: before the first charge no call is admitted.
#[test]
fn h1_a_grant_funds_no_account() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.is_granted(1, "5.00").unwrap();
    assert_eq!(life.spends("1.00").unwrap_err().tag().as_str(), "out_of_order");
}

// H1, E1: a grant counts in what E1 compares: it may keep a top-up from firing, and its own arrival fires none.
#[test]
fn h1_a_grant_counts_for_the_threshold() {
    let mut life = Life::funded();
    assert_eq!(life.is_granted(1, "0.01").unwrap(), ISSUED);
    assert_eq!(life.spends("10.00").unwrap(), ["call_charged"]); // 10.01
    assert_eq!(life.spends("0.01").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
}

// H1, M1: what would leave the range of amounts is refused, also where it would only once the grant starts.
#[test]
fn m1_a_grant_beyond_the_range_is_refused() {
    let most = "78999999999999999";
    let mut life = Life::funded(); // 20.00
    assert_eq!(life.is_granted(1, most), Err(Rejection::OutOfRange { field: "posted" }));
    let later = "2025-02-01T00:00:00Z";
    assert_eq!(life.is_granted_from(1, most, later, None), Err(Rejection::OutOfRange { field: "posted" }));
    assert_eq!(life.is_granted_from(1, "78999999999999979", later, None).unwrap(), ISSUED);
    assert_eq!(life.is_granted(2, "1.00"), Err(Rejection::OutOfRange { field: "posted" }));
}
