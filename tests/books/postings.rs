//! What every event that moves money enters, as docs/journal.md documents it, and what is refused.

use prepaid::{Event, Journal, JournalFault, Subject, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const GRANT: &str = "00000000-0000-0000-0000-0000000000a1";
const CALL: &str = "00000000-0000-0000-0000-0000000000c1";

/// Books in use, and the words to enter more.
struct Books {
    journal: Journal,
    at: Timestamp,
}

impl Books {
    fn opened() -> Self {
        let id = "00000000-0000-0000-0000-000000000001";
        let top_up = json!({"enabled": true, "threshold": "5", "target": "80"});
        let mut books = Self { journal: Journal::new(), at: "2025-01-01T00:00:00Z".parse().unwrap() };
        let opened = json!({"type": "account_opened", "account": id, "owner": id, "currency": "USD", "top_up": top_up});
        assert_eq!(books.enters(&opened), "");
        books
    }

    /// Charge 1, of 20, has succeeded.
    fn funded() -> Self {
        let mut books = Self::opened();
        books.enters(&requested(1));
        assert_eq!(books.enters(&succeeded(1, "20")), "cash_clearing 20, credit_purchased -20");
        books
    }

    fn tries(&mut self, event: &Value) -> Result<String, JournalFault> {
        let event: Event = serde_json::from_value(event.clone()).unwrap();
        let entry = self.journal.record(self.at, &event).map_err(|error| error.why)?;
        let postings: Vec<String> =
            entry.postings().iter().map(|posting| format!("{} {}", posting.book, posting.amount)).collect();
        Ok(postings.join(", "))
    }

    fn enters(&mut self, event: &Value) -> String {
        self.tries(event).unwrap()
    }

    fn at(mut self, at: &str) -> Self {
        self.at = at.parse().unwrap();
        self
    }
}

fn requested(charge: u32) -> Value {
    json!({"type": "charge_requested", "charge": charge, "kind": "manual", "amount": "20", "token": "pm_1",
        "fingerprint": "fp_1", "ask_until": "2025-01-02T00:00:00Z"})
}

fn succeeded(charge: u32, amount: &str) -> Value {
    json!({"type": "charge_succeeded", "charge": charge, "amount": amount, "reference": "ch"})
}

fn grant(priority: i16, amount: &str) -> Value {
    json!({"type": "grant_issued", "grant": GRANT, "amount": amount, "source": "welcome", "priority": priority,
        "expires_at": "2025-01-02T00:00:00Z"})
}

fn authorized(amount: &str) -> Value {
    json!({"type": "call_authorized", "call": CALL, "key": 1, "amount": amount, "units": 1,
        "deadline": "2025-01-01T01:00:00Z", "origin": {"reference": "agreed"}})
}

fn charged(amount: &str) -> Value {
    json!({"type": "call_charged", "call": CALL, "key": 1, "amount": amount, "origin": {"reference": "agreed"}})
}

fn of_call(name: &str, amount: &str) -> Value {
    json!({"type": name, "call": CALL, "amount": amount, "unbilled": "0", "late_until": "2025-01-02T00:00:00Z"})
}

fn of_grant(name: &str, amount: &str) -> Value {
    json!({"type": name, "grant": GRANT, "amount": amount})
}

fn refund(amount: &str) -> Value {
    json!({"type": "refund_requested", "refund": 1, "charge": 1, "amount": amount, "cause": "owner",
        "ask_until": "2025-01-02T00:00:00Z"})
}

fn recorded(amount: &str) -> Value {
    json!({"type": "refund_recorded", "charge": 1, "amount": amount, "reference": "re_1"})
}

fn dispute(amount: &str) -> Value {
    json!({"type": "dispute_opened", "dispute": "dp_1", "charge": 1, "amount": amount})
}

fn closed(outcome: &str) -> Value {
    json!({"type": "dispute_closed", "dispute": "dp_1", "outcome": outcome})
}

#[test]
fn charges_are_cash_and_purchased_credit() {
    let mut books = Books::funded();
    let failed = json!({"type": "charge_failed", "charge": 2, "decline": "soft", "reason": "declined"});
    assert_eq!(books.enters(&requested(2)) + &books.enters(&failed), "");
    let late = json!({"type": "charge_succeeded_late", "charge": 2, "amount": "20", "reference": "ch"});
    assert_eq!(books.enters(&late), "cash_clearing 20, credit_purchased -20");
    books.enters(&requested(3));
    let differs = JournalFault::Differs { books: Decimal::from(20), event: Decimal::from(21) };
    assert_eq!(books.tries(&succeeded(3, "21")), Err(differs), "F2: what was asked is credited");
    books.enters(&json!({"type": "charge_resolved", "charge": 3, "taken": "21", "evidence": "letter"}));
    assert_eq!(books.enters(&succeeded(3, "21")), "cash_clearing 21, credit_purchased -21", "F3b");
    assert_eq!(books.tries(&succeeded(3, "21")), Err(JournalFault::Ended(Subject::Charge)));
}

#[test]
fn a_call_holds_without_an_entry_and_spends_in_burn_order() {
    for (priority, entered) in [
        (0, "credit_purchased 2, credit_granted 3, usage_revenue -5"),
        (1, "credit_purchased 5, usage_revenue -5"),
    ] {
        let mut books = Books::funded();
        assert_eq!(books.enters(&grant(priority, "3")), "credit_granted -3, promotions 3");
        assert_eq!(books.enters(&authorized("6")), "");
        assert_eq!(books.journal.held(), Decimal::from(6));
        assert_eq!(books.enters(&of_call("call_settled", "5")), entered);
        assert!(books.journal.held().is_zero());
    }
    let mut books = Books::funded();
    let gone = JournalFault::Beyond { there: Decimal::from(20), asked: Decimal::from(21) };
    assert_eq!(books.tries(&authorized("21")), Err(gone), "D8: no admission makes it negative");
}

#[test]
fn what_is_spent_beyond_the_credit_is_owed() {
    let mut books = Books::funded();
    assert_eq!(books.enters(&charged("21")), "customer_debt 1, credit_purchased 20, usage_revenue -21");
    assert_eq!(books.journal.posted(), Decimal::from(-1));
    assert_eq!(books.enters(&grant(0, "3")), "customer_debt -1, credit_granted -2, promotions 3", "H4");
    assert_eq!(books.enters(&charged("4")), "customer_debt 2, credit_granted 2, usage_revenue -4");
    let written = json!({"type": "debt_written_off", "amount": "2", "reason": "goodwill"});
    assert_eq!(books.enters(&written), "customer_debt -2, write_offs 2");
    let gone = JournalFault::Beyond { there: Decimal::ZERO, asked: Decimal::from(2) };
    assert_eq!(books.tries(&written), Err(gone));
}

#[test]
fn released_and_expired_calls_enter_nothing_and_late_ones_are_billed_at_most_their_hold() {
    let mut books = Books::funded();
    books.enters(&authorized("6"));
    assert_eq!(books.enters(&of_call("call_released", "0")), "");
    books.enters(&authorized("6"));
    assert_eq!(books.enters(&of_call("call_expired", "0")), "");
    assert!(books.journal.held().is_zero());
    let beyond = JournalFault::Beyond { there: Decimal::from(6), asked: Decimal::from(7) };
    assert_eq!(
        Books { journal: books.journal.clone(), ..books }.tries(&of_call("call_settled_late", "7")),
        Err(beyond)
    );
    assert_eq!(books.enters(&of_call("call_settled_late", "6")), "credit_purchased 6, usage_revenue -6");
    assert_eq!(books.tries(&of_call("call_forgotten", "0")), Err(JournalFault::Unknown(Subject::Call)));
}

#[test]
fn a_grant_that_ends_is_breakage_at_once_and_its_held_part_when_it_is_given_back() {
    let mut books = Books::funded();
    books.enters(&grant(0, "3"));
    books.enters(&authorized("2"));
    assert_eq!(books.tries(&of_grant("grant_lapsed", "0")), Err(JournalFault::TooEarly(Subject::Grant)));
    let mut early = Books { journal: books.journal.clone(), at: books.at };
    assert_eq!(early.tries(&of_grant("grant_expired", "1")), Err(JournalFault::TooEarly(Subject::Grant)));
    let mut books = books.at("2025-01-02T00:00:00Z");
    assert_eq!(books.enters(&of_grant("grant_expired", "1")), "credit_granted 1, breakage -1");
    assert_eq!(books.enters(&of_call("call_settled", "0.5")), "credit_granted 0.5, usage_revenue -0.5");
    assert_eq!(books.enters(&of_grant("grant_lapsed", "1.5")), "credit_granted 1.5, breakage -1.5");
    assert_eq!(books.journal.grants().count(), 0);
}

#[test]
fn a_voided_grant_and_one_that_has_not_started() {
    let mut books = Books::opened();
    books.enters(&grant(0, "3"));
    let wrong = JournalFault::Differs { books: Decimal::from(3), event: Decimal::from(2) };
    let mut other = Books { journal: books.journal.clone(), at: books.at };
    assert_eq!(other.tries(&of_grant("grant_voided", "2")), Err(wrong));
    assert_eq!(books.enters(&of_grant("grant_voided", "3")), "credit_granted 3, breakage -3");
    let mut later = grant(0, "3");
    later["effective_at"] = json!("2025-01-01T12:00:00Z");
    assert_eq!(books.enters(&later), "", "not credit yet (H1)");
    assert_eq!(books.enters(&of_grant("grant_voided", "0")), "");
    books.enters(&later);
    assert_eq!(books.tries(&later), Err(JournalFault::Known(Subject::Grant)));
    let mut books = books.at("2025-01-01T12:00:00Z");
    assert_eq!(books.enters(&of_grant("grant_started", "0")), "credit_granted -3, promotions 3");
}

#[test]
fn a_refund_leaves_when_it_is_asked_and_comes_back_when_it_fails() {
    let mut books = Books::funded();
    let (went, back) = ("cash_clearing -5, credit_purchased 5", "cash_clearing 5, credit_purchased -5");
    assert_eq!(books.enters(&refund("5")), went);
    let succeeded = json!({"type": "refund_succeeded", "refund": 1, "reference": "re_1"});
    assert_eq!(books.enters(&succeeded), "");
    let failed = json!({"type": "refund_failed", "refund": 1, "reason": "account closed"});
    assert_eq!(books.enters(&failed), back);
    assert_eq!(books.tries(&failed), Err(JournalFault::Ended(Subject::Refund)));
    let mut books = Books::funded();
    assert_eq!(books.enters(&refund("5")) + &books.enters(&recorded("5")), format!("{went}{went}"));
    assert_eq!(books.enters(&succeeded), back, "the recorded one was this one (G1)");
    let mut books = Books::funded();
    books.enters(&refund("5"));
    books.enters(&recorded("4"));
    assert_eq!(books.enters(&succeeded), "", "another amount is another refund");
    let beyond = JournalFault::Beyond { there: Decimal::from(20), asked: Decimal::from(21) };
    assert_eq!(Books::funded().tries(&refund("21")), Err(beyond));
}

#[test]
fn what_a_provider_takes_beyond_the_contribution_is_an_expense() {
    let mut books = Books::funded();
    assert_eq!(books.enters(&dispute("18")), "cash_clearing -18, credit_purchased 18");
    assert_eq!(books.enters(&recorded("5")), "cash_clearing -5, credit_purchased 2, disputes 3");
    let mut lost = Books { journal: books.journal.clone(), at: books.at };
    assert_eq!(lost.enters(&closed("lost")), "");
    assert_eq!(books.enters(&closed("won")), "cash_clearing 18, credit_purchased -15, disputes -3");
    assert_eq!(books.tries(&closed("won")), Err(JournalFault::Ended(Subject::Dispute)));
    let mut archived = Books::funded();
    assert_eq!(archived.enters(&json!({"type": "charge_archived", "charge": 1})), "");
    assert_eq!(archived.journal.posted(), Decimal::from(20), "the contribution stays (G1)");
    assert_eq!(archived.tries(&dispute("1")), Err(JournalFault::Unknown(Subject::Charge)));
    let mut unpaid = Books::opened();
    unpaid.enters(&requested(1));
    assert_eq!(unpaid.tries(&dispute("1")), Err(JournalFault::TooEarly(Subject::Charge)), "premature (G2)");
}

#[test]
fn a_dispute_of_held_credit_is_paid_by_grants_though_nothing_is_owed_yet() {
    let mut books = Books::funded();
    books.enters(&authorized("15"));
    books.enters(&grant(1, "3"));
    // Of the 2 that are left 15 are held: the grant pays 3 of the 13 that are missing (H4).
    assert_eq!(books.enters(&dispute("18")), "cash_clearing -18, credit_purchased 15, credit_granted 3");
    assert_eq!(books.journal.purchased(), Decimal::from(-10));
    assert_eq!(
        books.enters(&of_call("call_settled", "15")),
        "customer_debt 10, credit_purchased 5, usage_revenue -15"
    );
}

#[test]
fn forfeited_credit_is_breakage_and_must_be_there() {
    let mut books = Books::funded();
    let forfeited = |amount: &str| json!({"type": "credit_forfeited", "amount": amount});
    assert_eq!(books.enters(&forfeited("0.004")), "credit_purchased 0.004, breakage -0.004");
    let beyond = JournalFault::Beyond { there: "19.996".parse().unwrap(), asked: Decimal::from(20) };
    assert_eq!(books.tries(&forfeited("20")), Err(beyond));
}

#[test]
fn sums_beyond_the_range_of_exact_decimals_are_refused_and_never_rounded() {
    let most = "78999999999999999.999999999999";
    let mut books = Books::opened();
    assert_eq!(books.enters(&grant(0, most)), format!("credit_granted -{most}, promotions {most}"));
    let mut other = grant(0, "0.000000000001");
    other["grant"] = json!("00000000-0000-0000-0000-0000000000a2");
    assert_eq!(books.tries(&other), Err(JournalFault::OutOfRange));
}

#[test]
fn what_the_books_do_not_know_is_refused() {
    let unknown = |subject| Err(JournalFault::Unknown(subject));
    let mut books = Books::funded();
    assert_eq!(books.tries(&of_call("call_settled", "1")), unknown(Subject::Call));
    assert_eq!(books.tries(&of_call("call_settled_late", "1")), unknown(Subject::Call));
    assert_eq!(books.tries(&of_grant("grant_voided", "1")), unknown(Subject::Grant));
    for (event, subject) in [
        (json!({"type": "refund_succeeded", "refund": 7, "reference": "re_1"}), Subject::Refund),
        (json!({"type": "refund_failed", "refund": 7, "reason": "account closed"}), Subject::Refund),
        (closed("won"), Subject::Dispute),
        (succeeded(9, "20"), Subject::Charge),
    ] {
        assert_eq!(books.tries(&event), unknown(subject), "{event}");
    }
    assert_eq!(books.tries(&requested(1)), Err(JournalFault::Known(Subject::Charge)));
    let mut books = Books::funded();
    let failed = json!({"type": "charge_failed", "charge": 1, "decline": "soft", "reason": "declined"});
    assert_eq!(books.tries(&failed), Err(JournalFault::Ended(Subject::Charge)), "a success is final (F1)");
}

#[test]
fn a_grant_ends_once() {
    let mut books = Books::funded();
    books.enters(&grant(-1, "3"));
    books.enters(&authorized("2"));
    books.enters(&of_grant("grant_voided", "1"));
    let twice = books.tries(&of_grant("grant_voided", "0"));
    assert_eq!(twice, Err(JournalFault::Ended(Subject::Grant)), "a call holds some of it still");
}
