//! What each card does.

use prepaid::DisputeOutcome;
use prepaid_sandbox::{News, RefundState, Request, SandboxClient};

use crate::process::{
    Folder, Sandbox, advance, asked, booked, cancel, charge, events, look_up, refund, says, word,
};

/// The events so far, as words.
fn told(client: &SandboxClient) -> Vec<String> {
    let news = events(client, 0).into_iter().map(|delivery| delivery.news);
    news.map(|news| match news {
        News::Payment { state, .. } => word(&state),
        News::Refund { state, .. } => format!("{state:?}"),
        News::DisputeOpened { dispute, amount, .. } => format!("{dispute} about {amount}"),
        News::DisputeEnded { dispute, outcome } => format!("{dispute} {outcome}"),
    })
    .collect()
}

/// What is said first, when asked again, when looked up; the events; and how often money was taken.
fn story(token: &str) -> (Vec<String>, Vec<String>, usize) {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--late", "1h"]);
    let client = sandbox.client();
    let said =
        [charge("k", token), charge("k", token), look_up("k")].iter().map(|r| says(&client, r)).collect();
    (said, told(&client), booked(&client).iter().map(|charge| charge.taken().len()).sum())
}

fn is_told(token: &str, said: [&str; 3], told: &[&str], times: usize) {
    let (really_said, really_told, really_times) = story(token);
    assert_eq!(really_said, said, "{token}");
    assert_eq!(really_told, told, "{token}");
    assert_eq!(really_times, times, "{token}");
}

const TOOK: &str = "took 20";

#[test]
fn cards_that_succeed() {
    is_told("card_ok", [TOOK, TOOK, TOOK], &[TOOK], 1);
    is_told("card_twice", [TOOK, TOOK, TOOK], &[TOOK, TOOK], 1);
    is_told("card_disputed", [TOOK, TOOK, TOOK], &[TOOK, "dp_1 about 20"], 1);
    is_told("card_other_amount:19.99", ["took 19.99"; 3], &["took 19.99"], 1);
}

#[test]
fn cards_that_are_declined() {
    is_told("card_soft", ["insufficient_funds"; 3], &["insufficient_funds"], 0);
    is_told("card_hard", ["no_such_card"; 3], &["no_such_card"], 0);
    is_told("pm_1NqZ4x", ["no_such_card"; 3], &["no_such_card"], 0);
}

#[test]
fn cards_that_lose_an_answer_have_taken_the_money() {
    is_told("card_lost_answer", ["nothing", TOOK, TOOK], &[TOOK], 1);
    is_told("card_broken_answer", ["nothing", TOOK, TOOK], &[TOOK], 1);
    is_told("card_lost_request", ["nothing", "nothing", "not found"], &[], 0);
}

#[test]
fn cards_that_tell_in_disorder_or_against_the_truth() {
    let disorder = [TOOK, "action", "insufficient_funds", TOOK];
    is_told("card_unordered", ["pending", "pending", TOOK], &disorder, 1);
    let soft = "insufficient_funds";
    is_told("card_contradicts", [soft, soft, TOOK], &[soft, TOOK], 1);
}

#[test]
fn a_late_card_is_asked_for_three_times_or_time_brings_it() {
    let folder = Folder::new();
    let client = &Sandbox::start(&folder, &["--late", "1h"]);
    let client = client.client();
    // The first does not count: it is what is waited for.
    for request in [charge("a", "card_late"), charge("a", "card_late"), look_up("a")] {
        assert_eq!((says(&client, &request), told(&client).len()), ("pending".into(), 0));
    }
    // A charge under way cannot be cancelled, and this was the third time.
    assert_eq!(says(&client, &cancel("a")), TOOK);
    assert_eq!(told(&client), [TOOK]);
    // Whoever asks again is told what was said first.
    assert_eq!(says(&client, &charge("a", "card_late")), "pending");
    assert_eq!(says(&client, &charge("b", "card_late")), "pending");
    client.ask(&advance("59m")).unwrap();
    assert_eq!(says(&client, &look_up("b")), "pending");
    client.ask(&advance("1m")).unwrap();
    assert_eq!(told(&client), [TOOK, TOOK]);
}

#[test]
fn a_card_that_never_answers_cannot_be_cancelled() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = sandbox.client();
    for _ in 0..4 {
        let requests = [charge("k", "card_never"), look_up("k"), cancel("k"), advance("25h")];
        for request in &requests[..3] {
            assert_eq!(says(&client, request), "pending");
        }
    }
    assert!(told(&client).is_empty());
}

#[test]
fn action_is_approved_or_cancelled_once() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = sandbox.client();
    let approve = |key: &str| Request::Approve { key: key.into() };
    for key in ["a", "b"] {
        assert_eq!(says(&client, &charge(key, "card_action")), "action");
    }
    assert_eq!([approve("a"), cancel("a")].map(|r| says(&client, &r)), [TOOK, TOOK]);
    assert_eq!([cancel("b"), approve("b")].map(|r| says(&client, &r)), ["cancelled", "cancelled"]);
    assert_eq!(says(&client, &approve("c")), "not found");
    assert_eq!(told(&client), ["action", "action", TOOK, "cancelled"]);
    assert_eq!(booked(&client).iter().map(|charge| charge.taken().len()).sum::<usize>(), 1);
}

#[test]
fn refunds_by_card() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--late", "1h"]);
    let client = sandbox.client();
    let cases = [
        ("card_ok", "Succeeded", "15"),
        ("card_refund_fails", "Failed { reason: \"refund_declined\" }", "20"),
        ("card_refund_fails_later", "Succeeded", "15"),
        ("card_refund_late", "Pending", "15"),
    ];
    for (token, said, kept) in cases {
        assert_eq!(says(&client, &charge(token, token)), TOOK);
        for _ in 0..2 {
            assert_eq!(says(&client, &refund(&format!("{token}-r"), token, "5")), said, "{token}");
        }
        let booked = booked(&client).into_iter().find(|charge| charge.key == token).unwrap();
        assert_eq!(booked.kept().to_string(), kept, "{token}");
    }
    client.ask(&advance("1h")).unwrap();
    let state = |key: &str| {
        let booked = booked(&client).into_iter().find(|charge| charge.key == key).unwrap();
        (booked.refunds[0].state.clone(), booked.kept().to_string())
    };
    let came_back = RefundState::Failed { reason: "came_back".into() };
    assert_eq!(state("card_refund_fails_later"), (came_back, "20".into()));
    assert_eq!(state("card_refund_late"), (RefundState::Succeeded {}, "15".into()));
    let look_up = Request::LookUpRefund { key: "card_refund_late-r".into() };
    assert_eq!(says(&client, &look_up), "Succeeded");
    assert_eq!(says(&client, &Request::LookUpRefund { key: "none".into() }), "not found");
}

#[test]
fn no_more_goes_back_than_was_taken() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = sandbox.client();
    assert_eq!(says(&client, &charge("k", "card_ok")), TOOK);
    assert_eq!(says(&client, &refund("r1", "k", "12")), "Succeeded");
    assert_eq!(says(&client, &refund("r2", "k", "8.01")), "Failed { reason: \"more_than_is_left\" }");
    assert_eq!(says(&client, &refund("r3", "k", "8")), "Succeeded");
    assert_eq!(says(&client, &refund("r4", "none", "8")), "no money was taken under this key");
    let taken = booked(&client);
    assert_eq!((taken[0].kept().to_string(), taken[0].refunds.len()), ("0".into(), 3));
}

#[test]
fn disputes_have_one_outcome() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = sandbox.client();
    assert_eq!(says(&client, &charge("k", "card_ok")), TOOK);
    let dispute = |amount: &str| Request::Dispute {
        charge_key: "k".into(),
        id: "d".into(),
        amount: amount.parse().unwrap(),
    };
    let end = |outcome| Request::EndDispute { id: "d".into(), outcome };
    let conflict = "this was asked before with other content";
    let long =
        Request::Dispute { charge_key: "k".into(), id: "d".repeat(5_000), amount: "8".parse().unwrap() };
    let said = says(&client, &long);
    assert!(said.starts_with("not understood: a dispute's id"), "{said}");
    assert_eq!(says(&client, &end(DisputeOutcome::Won)), "there is no such dispute");
    assert_eq!(
        [dispute("8"), dispute("8"), dispute("9")].map(|r| says(&client, &r)),
        ["done", "done", conflict]
    );
    assert_eq!(booked(&client)[0].kept().to_string(), "12");
    let ends = [DisputeOutcome::Won, DisputeOutcome::Won, DisputeOutcome::Lost].map(end);
    assert_eq!(ends.map(|r| says(&client, &r)), ["done", "done", conflict]);
    assert_eq!(booked(&client)[0].kept().to_string(), "20");
    assert_eq!(told(&client), [TOOK, "d about 8", "d won"]);
}

#[test]
fn other_content_under_the_same_key_is_a_conflict() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = sandbox.client();
    let conflict = "this was asked before with other content";
    assert_eq!(says(&client, &charge("k", "card_ok")), TOOK);
    let mut other = asked("k", "card_ok");
    other.amount = "20.01".parse().unwrap();
    assert_eq!(says(&client, &Request::Charge(other)), conflict);
    assert_eq!(says(&client, &charge("k", "card_ok#2")), conflict);
    assert_eq!(says(&client, &refund("k", "k", "5")), conflict);
    assert_eq!(says(&client, &refund("r", "k", "5")), "Succeeded");
    assert_eq!(says(&client, &refund("r", "k", "6")), conflict);
    assert_eq!(says(&client, &charge("r", "card_ok")), conflict);
    // An amount is compared as an amount.
    let mut same = asked("k", "card_ok");
    same.amount = "20.00".parse().unwrap();
    assert_eq!(says(&client, &Request::Charge(same)), TOOK);
}

#[test]
fn chance_does_the_same_in_every_process() {
    let tell = || {
        let folder = Folder::new();
        let sandbox = Sandbox::start(&folder, &["--late", "1h"]);
        let client = sandbox.client();
        (0..30).map(|n| says(&client, &charge(&format!("k{n}"), "card_random:5"))).collect::<Vec<_>>()
    };
    let (once, again) = (tell(), tell());
    assert_eq!(once, again);
    assert!(once.iter().collect::<std::collections::BTreeSet<_>>().len() >= 5, "{once:?}");
}
