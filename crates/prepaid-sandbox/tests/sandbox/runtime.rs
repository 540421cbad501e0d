//! The runtime over this sandbox: whatever a card does, the account's books are the provider's in the end.

use std::thread;
use std::time::{Duration, Instant};

use prepaid::{
    AccountId, Action, Actor, Amount, ChargePhase, DisputeOutcome, Outcome, Policy, PolicyNumbers, Span,
    StageTag,
};
use prepaid_sandbox::{PaymentState, Request};

use crate::driven::World;
use crate::process::{Folder, Sandbox, advance, booked};

const CARDS: [&str; 18] = [
    "card_ok",
    "card_soft",
    "card_hard",
    "card_action",
    "card_action#left",
    "card_late",
    "card_twice",
    "card_unordered",
    "card_contradicts",
    "card_never",
    "card_other_amount:19.99",
    "card_lost_answer",
    "card_broken_answer",
    "card_lost_request",
    "card_disputed",
    "card_refund_fails",
    "card_refund_fails_later",
    "card_refund_late",
];

/// The operator settles what no provider result will (F3b): what was taken, if anything.
fn resolve(world: &World, account: AccountId) {
    let Some(open) = world.loaded(account).account.open_charge().cloned() else { return };
    let taken = match &open.phase {
        ChargePhase::Unresolved { reports, .. } => reports.as_slice()[0],
        ChargePhase::LookingUp {} | ChargePhase::Asking { .. } | ChargePhase::Cancelling { .. } => {
            Amount::ZERO
        }
        ChargePhase::ActionRequired { .. } => return,
    };
    let evidence = "book".parse().unwrap();
    let action = Action::ResolveCharge { charge: open.number, taken, evidence };
    world.ask(account, action.by(Actor::Operator)).unwrap();
}

#[test]
fn every_card_through_the_loop() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--memory", "24h", "--late", "30m"]);
    let mut world = World::new(sandbox.client());
    let accounts: Vec<_> = CARDS.iter().map(|card| (*card, world.open(card))).collect();
    let by_chance: Vec<_> = (0..8).map(|seed| world.open(&format!("card_random:{seed}"))).collect();
    let of = |card: &str| accounts.iter().find(|(other, _)| *other == card).unwrap().1;
    world.settle();
    world.agrees();

    // What needs somebody: an action is done, a window passes without an answer, the operator settles.
    let actions = booked(&world.client).into_iter().filter(|charge| {
        charge.account == of("card_action") && charge.payments[0].state == PaymentState::ActionRequired {}
    });
    for charge in actions.collect::<Vec<_>>() {
        world.client.ask(&Request::Approve { key: charge.key }).unwrap();
    }
    world.hours(25);
    for card in ["card_never", "card_other_amount:19.99"] {
        resolve(&world, of(card));
    }
    world.settle();
    world.agrees();
    for (card, account) in &accounts {
        let funded =
            !["card_soft", "card_hard", "card_action#left", "card_never", "card_lost_request"].contains(card);
        let stage = if funded { StageTag::Active } else { StageTag::Linked };
        assert_eq!(world.stage(*account), stage, "{card}");
    }
    let outcome = |card: &str| world.loaded(of(card)).account.charges()[0].outcome;
    assert_eq!(outcome("card_action#left"), Outcome::Abandoned {});
    assert_eq!(outcome("card_lost_request"), Outcome::Failed {});
    assert_eq!(outcome("card_other_amount:19.99"), Outcome::Succeeded { credited: "19.99".parse().unwrap() });

    // The dispute is won; everybody spends, is charged again by the card, and is sent something back.
    world
        .client
        .ask(&Request::EndDispute {
            id: dispute_of(&world, of("card_disputed")),
            outcome: DisputeOutcome::Won,
        })
        .unwrap();
    world.settle();
    let everybody: Vec<_> = accounts.iter().map(|(_, account)| *account).chain(by_chance).collect();
    let active = |world: &World| -> Vec<AccountId> {
        everybody.iter().copied().filter(|account| world.stage(*account) == StageTag::Active).collect()
    };
    for account in active(&world) {
        if world.loaded(account).account.balance().available >= "12".parse::<Amount>().unwrap() {
            world.spend(account, "12").unwrap();
        }
    }
    world.settle();
    world.agrees();
    for account in active(&world) {
        // What the account allows is sent back; where its credit is spent or disputed, that is not our business here.
        drop(world.refund(account, 1, "5"));
    }
    world.settle();
    world.agrees();
    world.hours(27);
    for account in &everybody {
        resolve(&world, *account);
    }
    world.settle();
    world.agrees_in_the_end();

    let refunds = |card: &str| {
        let booked = booked(&world.client).into_iter().find(|charge| charge.account == of(card)).unwrap();
        let states: Vec<_> =
            world.loaded(of(card)).account.refunds().iter().map(|own| own.phase.clone()).collect();
        (format!("{:?}", booked.refunds[0].state), format!("{states:?}"))
    };
    let (booked_as, known_as) = refunds("card_refund_fails_later");
    assert!(booked_as.contains("came_back") && known_as.contains("Failed { reference: Some("), "{known_as}");
    let (booked_as, known_as) = refunds("card_refund_fails");
    assert!(booked_as.contains("declined") && known_as.contains("Failed { reference: None"), "{known_as}");
    let (booked_as, known_as) = refunds("card_refund_late");
    assert!(booked_as == "Succeeded" && known_as.contains("Succeeded"), "{known_as}");
    let charges: usize = booked(&world.client).len();
    assert!(charges > 30, "only {charges} charges: this shows little");
    world.end();
}

fn dispute_of(world: &World, account: AccountId) -> String {
    let booked = booked(&world.client).into_iter().find(|charge| charge.account == account).unwrap();
    booked.disputes[0].id.clone()
}

/// The provider takes the money, dies before it says so, and is back after two days, with a memory of one.
fn forgetful(policy: Policy) -> (World, AccountId, Folder, Sandbox) {
    let folder = Folder::new();
    let options = ["--memory", "24h"];
    let sandbox = Sandbox::start(&folder, &options);
    let mut world = World::under(policy, sandbox.client());
    // No webhook arrives: whoever wants to know has to ask, or to look.
    world.hears = false;
    let account = world.open("card_slow_answer:2000");
    let watch = sandbox.client();
    let began = Instant::now();
    while booked(&watch).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(5), "it was never asked");
        thread::sleep(Duration::from_millis(5));
    }
    let port = sandbox.port.to_string();
    drop(sandbox);
    world.settle();
    assert_eq!(world.stage(account), StageTag::Funding);
    world.turn("48h");
    world.settle();
    // On another port first, so that it is asked for nothing before its clock is right.
    let sandbox = Sandbox::start(&folder, &options);
    sandbox.client().ask(&advance("48h")).unwrap();
    drop(sandbox);
    let sandbox = Sandbox::start(&folder, &["--memory", "24h", "--port", &port]);
    let began = Instant::now();
    while world.stage(account) != StageTag::Active {
        assert!(began.elapsed() < Duration::from_secs(5), "it is never funded");
        world.settle();
    }
    (world, account, folder, sandbox)
}

/// It is looked up, not asked, and so it is charged once.
#[test]
fn f3_a_key_that_was_forgotten_while_nobody_answered_is_not_asked_again() {
    let (world, _, _folder, _sandbox) = forgetful(Policy::default());
    world.agrees_in_the_end();
    world.end();
}

/// With a window longer than the memory the owner is charged twice and credited once: this is what F3 is for, and shows
/// that the test above can fail.
#[test]
fn f3_a_window_longer_than_the_memory_charges_twice() {
    let numbers = PolicyNumbers { asking_window: Span::from_hours(72), ..PolicyNumbers::documented() };
    let (world, account, _folder, _sandbox) = forgetful(Policy::new(numbers).unwrap());
    let began = Instant::now();
    while booked(&world.client)[0].taken().len() < 2 {
        assert!(began.elapsed() < Duration::from_secs(5), "it was not asked again");
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(world.loaded(account).account.balance().posted, "20".parse::<Amount>().unwrap());
    world.end();
}
