//! What statements and rows of charges promise: lives with every kind of movement, against figures that follow from the
//! rules (chapters G and H, J2) and are written here by hand.

use prepaid::{
    Action, Actor, ChargeNumber, Command, Decline, DisputeOutcome, GrantId, Outcome, RefundNumber, Setting,
    Timestamp,
};
use uuid::Uuid;

use super::lives::{Lives, account, amount, call, charge_call, key_of, price, success, time};
use super::{Case, Harness, said, same};
use crate::read::{self, Movement, Statement};
use crate::store::{EventStore, ReadStore, StoreError};

/// Something the first account does.
fn does(lives: &mut Lives, by: Actor, action: Action) -> Case {
    lives.does(1, &action.by(by), None)
}

fn at(lives: &mut Lives, text: &str) -> Case {
    lives.now = time(text)?;
    Ok(())
}

/// A funded account whose top-up is off, so that nothing is charged by itself: 20.00 are posted, of charge 1.
fn begin() -> Result<Lives, String> {
    let mut lives = Lives::begin()?;
    lives.funds(1)?;
    let off = Action::SetTopUp {
        threshold: None,
        target: None,
        enabled: Some(false),
        monthly_cap: Setting::Kept,
        daily_count: Setting::Kept,
    };
    does(&mut lives, Actor::Owner, off)?;
    Ok(lives)
}

fn refund(charge: u32, text: &str) -> Result<Action, String> {
    Ok(Action::Refund { charge: ChargeNumber(charge), amount: amount(text)?, forced: false })
}

fn sent(refund: u32, reference: &str) -> Result<Action, String> {
    let reference = reference.parse().map_err(said)?;
    Ok(Action::RefundSucceeded { refund: RefundNumber(refund), reference })
}

fn recorded(charge: u32, text: &str, reference: &str) -> Result<Action, String> {
    let reference = reference.parse().map_err(said)?;
    Ok(Action::RecordRefund { charge: ChargeNumber(charge), amount: amount(text)?, reference })
}

fn disputed(dispute: &str, charge: u32, text: &str) -> Result<Action, String> {
    let dispute = dispute.parse().map_err(said)?;
    Ok(Action::OpenDispute { dispute, charge: ChargeNumber(charge), amount: amount(text)? })
}

fn decided(dispute: &str, outcome: DisputeOutcome) -> Result<Action, String> {
    Ok(Action::CloseDispute { dispute: dispute.parse().map_err(said)?, outcome })
}

struct Grant<'a> {
    amount: &'a str,
    priority: i16,
    from: Option<&'a str>,
    until: Option<&'a str>,
}

fn grant(id: u128, grant: &Grant<'_>) -> Result<Command, String> {
    let instant = |text: Option<&str>| text.map(time).transpose();
    let action = Action::IssueGrant {
        grant: GrantId(Uuid::from_u128(id)),
        amount: amount(grant.amount)?,
        source: "welcome".parse().map_err(said)?,
        priority: grant.priority,
        effective_at: instant(grant.from)?,
        expires_at: instant(grant.until)?,
    };
    Ok(action.by(Actor::Operator))
}

fn voids(id: u128) -> Action {
    Action::VoidGrant { grant: GrantId(Uuid::from_u128(id)) }
}

/// The lines as day of January, movement and amount.
fn told(statement: &Statement) -> Vec<String> {
    let lines = statement.lines.iter();
    lines.map(|line| format!("{} {:?} {}", day_of(line.at), line.movement, line.amount)).collect()
}

fn day_of(at: Timestamp) -> String {
    at.to_string().get(8..10).unwrap_or_default().to_owned()
}

/// What is posted at the end of a statement by its own figures.
fn footed(statement: &Statement) -> Result<prepaid::Balance, String> {
    let mut balance = statement.opening;
    for line in &statement.lines {
        balance = match line.movement {
            Movement::Charge | Movement::Grant | Movement::CameBack | Movement::WrittenOff => {
                balance.checked_add(line.amount)
            }
            Movement::WentBack | Movement::Gone => balance.checked_sub(line.amount),
        }
        .map_err(said)?;
    }
    balance.checked_sub(statement.billed).map_err(said)
}

/// The statement of all time says this, and those of parts of days, one after the other, say the same.
fn statements(reader: &mut impl ReadStore, posted: &str, calls: (u64, &str), expected: &[&str]) -> Case {
    let whole = read::statement(reader, account(1), Timestamp::MIN, Timestamp::MAX).map_err(said)?;
    same("lines", &told(&whole), &expected.iter().map(|&line| line.to_owned()).collect())?;
    same("calls", &(whole.calls, whole.billed), &(calls.0, amount(calls.1)?))?;
    same(
        "opening and closing",
        &(whole.opening.to_string(), whole.closing.to_string()),
        &("0".into(), posted.into()),
    )?;
    same("the sum of the lines", &footed(&whole)?, &whole.closing)?;
    let (mut lines, mut closing, mut count) = (Vec::new(), whole.opening, 0_u64);
    let mut from = time("2025-01-01T00:00:00Z")?;
    for day in 1..=9 {
        for hour in ["12:00:00", "23:00:00"] {
            let until = time(&format!("2025-01-0{day}T{hour}Z"))?;
            let part = read::statement(reader, account(1), from, until).map_err(said)?;
            same("opening", &part.opening, &closing)?;
            same("the sum of a part", &footed(&part)?, &part.closing)?;
            (closing, count) = (part.closing, count.saturating_add(part.calls));
            lines.extend(part.lines);
            from = until;
        }
    }
    same("the parts", &(lines, closing, count), &(whole.lines, whole.closing, whole.calls))
}

/// Refunds asked, sent, failed, recorded and recorded before they were known as ours; disputes open, won, lost and of more
/// than there is.
///
/// # Errors
/// What was otherwise.
pub fn reversals_stand_in_statements_and_charges<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, begin()?);
    let lives = &mut lives;
    let (owner, provider) = (Actor::Owner, Actor::Provider);
    does(lives, owner, Action::TopUp { amount: amount("30")? })?;
    let taken = success(lives.state(1)?)?;
    lives.does(1, &taken, None)?; // 50, charge 2
    does(lives, owner, Action::TopUp { amount: amount("7")? })?;
    let reason = "insufficient funds".parse().map_err(said)?;
    let failed = Action::ChargeFailed { charge: ChargeNumber(3), decline: Decline::Soft, reason };
    does(lives, provider, failed)?;
    at(lives, "2025-01-02T12:00:00Z")?;
    does(lives, owner, refund(1, "5")?)?; // refund 1: 45
    does(lives, owner, refund(1, "4")?)?; // refund 2: 41
    does(lives, provider, sent(2, "re_2")?)?;
    does(lives, provider, recorded(2, "3", "re_x")?)?; // 38
    does(lives, provider, recorded(2, "2", "re_3")?)?; // 36
    does(lives, owner, refund(2, "2")?)?; // refund 3: 34
    does(lives, provider, sent(3, "re_3")?)?; // the one that was recorded: 36
    at(lives, "2025-01-03T12:00:00Z")?;
    let reason = "account closed".parse().map_err(said)?;
    does(lives, provider, Action::RefundFailed { refund: RefundNumber(1), reason })?; // 41
    lives.does(1, &charge_call(1, 1, "1.25")?, None)?; // 39.75
    does(lives, provider, disputed("dp_1", 1, "10")?)?; // 29.75
    does(lives, provider, disputed("dp_2", 2, "6")?)?; // 23.75
    at(lives, "2025-01-04T12:00:00Z")?;
    does(lives, provider, decided("dp_1", DisputeOutcome::Won)?)?; // 33.75
    does(lives, provider, decided("dp_2", DisputeOutcome::Lost)?)?;
    does(lives, provider, disputed("dp_3", 2, "1")?)?; // 32.75, and it stays open
    at(lives, "2025-01-05T12:00:00Z")?;
    does(lives, provider, disputed("dp_4", 1, "100")?)?; // of the 16 that are left: 16.75
    does(lives, provider, recorded(1, "3", "re_y")?)?; // nothing is left of it
    does(lives, provider, decided("dp_4", DisputeOutcome::Won)?)?; // 20 less 4 and 3: 29.75
    lives.writes(&mut store)?;
    let mut reader = harness.read(&place)?;
    let movements = [
        "01 Charge 20",
        "01 Charge 30",
        "02 WentBack 5",
        "02 WentBack 4",
        "02 WentBack 3",
        "02 WentBack 2",
        "02 WentBack 2",
        "02 CameBack 2",
        "03 CameBack 5",
        "03 WentBack 10",
        "03 WentBack 6",
        "04 CameBack 10",
        "04 WentBack 1",
        "05 WentBack 16",
        "05 CameBack 13",
    ];
    statements(&mut reader, "29.75", (1, "1.25"), &movements)?;
    let whole = read::statement(&mut reader, account(1), Timestamp::MIN, Timestamp::MAX).map_err(said)?;
    for (movement, sum) in [(Movement::Charge, "50"), (Movement::WentBack, "49"), (Movement::CameBack, "30")]
    {
        same("sum", &whole.sum(movement).map_err(said)?, &amount(sum)?)?;
    }
    // Amount, how it ended, refunded, disputed, what it contributes.
    let succeeded = |text: &str| Ok::<_, String>(Some(Outcome::Succeeded { credited: amount(text)? }));
    let expected = vec![
        (1, amount("20")?, succeeded("20")?, amount("7")?, amount("0")?, amount("13")?),
        (2, amount("30")?, succeeded("30")?, amount("5")?, amount("7")?, amount("18")?),
        (3, amount("7")?, Some(Outcome::Failed {}), amount("0")?, amount("0")?, amount("0")?),
    ];
    let rows = read::charges(&mut reader, account(1)).map_err(said)?;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let outcome = row.ended.map(|(_, outcome)| outcome);
            (row.charge.0, row.amount, outcome, row.refunded, row.disputed, row.contribution())
        })
        .collect();
    same("charges", &rows, &expected)
}

/// Grants that start at once, later and never, that expire, are voided and given back in vain; a debt, its write-offs, and
/// a closing that voids, refunds and forfeits.
///
/// # Errors
/// What was otherwise.
pub fn grants_debts_and_closing_stand_in_statements<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, begin()?);
    let lives = &mut lives;
    let tick = || Action::Tick {};
    let [four, five, nine] = ["2025-01-04T00:00:00Z", "2025-01-05T14:00:00Z", "2025-01-09T00:00:00Z"];
    for (id, given) in [
        (1, Grant { amount: "5", priority: 0, from: None, until: None }), // 25
        (2, Grant { amount: "4", priority: 0, from: None, until: Some(four) }), // 29
        (3, Grant { amount: "6", priority: 0, from: None, until: None }), // 35
        (4, Grant { amount: "7", priority: 0, from: Some("2025-01-03T00:00:00Z"), until: None }),
        (5, Grant { amount: "9", priority: 0, from: Some(nine), until: None }),
    ] {
        lives.does(1, &grant(id, &given)?, None)?;
    }
    lives.does(1, &charge_call(1, 1, "1")?, None)?; // of grant 2: 34
    at(lives, "2025-01-02T12:00:00Z")?;
    does(lives, Actor::Operator, voids(3))?; // 28
    does(lives, Actor::Operator, voids(5))?; // it had not started
    at(lives, "2025-01-03T12:00:00Z")?;
    does(lives, Actor::Clock, tick())?; // grant 4: 35
    at(lives, "2025-01-04T12:00:00Z")?;
    does(lives, Actor::Clock, tick())?; // 3 of grant 2: 32
    at(lives, "2025-01-05T13:30:00Z")?;
    let soon = Grant { amount: "2", priority: 0, from: None, until: Some(five) };
    lives.does(1, &grant(6, &soon)?, None)?; // 34
    let (held, quote) = (call(2), price("1.5", "contract 7")?);
    does(lives, Actor::Gateway, Action::AuthorizeCall { call: held, key: key_of(1), quote, units: 1 })?;
    at(lives, "2025-01-05T14:00:00Z")?;
    does(lives, Actor::Clock, tick())?; // what is not held of grant 6: 33.5
    at(lives, "2025-01-05T14:15:00Z")?;
    does(lives, Actor::Gateway, Action::ReleaseCall { call: held })?; // 32
    at(lives, "2025-01-06T12:00:00Z")?;
    lives.does(1, &charge_call(1, 3, "25.005")?, None)?; // 6.995
    does(lives, Actor::Provider, disputed("dp_1", 1, "20")?)?; // -13.005
    for text in ["3", "10.005"] {
        let reason = "goodwill".parse().map_err(said)?;
        does(lives, Actor::Operator, Action::WriteOff { amount: amount(text)?, reason })?; // 0
    }
    at(lives, "2025-01-07T12:00:00Z")?;
    does(lives, Actor::Provider, decided("dp_1", DisputeOutcome::Won)?)?; // 20
    let last = Grant { amount: "1.5", priority: 1, from: None, until: None };
    lives.does(1, &grant(7, &last)?, None)?; // 21.5
    lives.does(1, &charge_call(1, 4, "0.505")?, None)?; // of what was bought: 20.995
    at(lives, "2025-01-08T12:00:00Z")?;
    does(lives, Actor::Owner, Action::Close {})?;
    lives.writes(&mut store)?;
    let movements = [
        "01 Charge 20",
        "01 Grant 5",
        "01 Grant 4",
        "01 Grant 6",
        "02 Gone 6",
        "03 Grant 7",
        "04 Gone 3",
        "05 Grant 2",
        "05 Gone 0.5",
        "05 Gone 1.5",
        "06 WentBack 20",
        "06 WrittenOff 3",
        "06 WrittenOff 10.005",
        "07 CameBack 20",
        "07 Grant 1.5",
        "08 Gone 1.5",
        "08 WentBack 19.49",
        "08 Gone 0.005",
    ];
    statements(&mut harness.read(&place)?, "0", (3, "26.51"), &movements)
}

/// What moves to and fro in one batch is told, although together it moves nothing.
///
/// # Errors
/// What was otherwise.
pub fn what_moves_to_and_fro_is_two_lines<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, begin()?);
    let lives = &mut lives;
    does(lives, Actor::Provider, disputed("dp_1", 1, "20")?)?; // 0
    does(lives, Actor::Owner, Action::Close {})?; // it waits for the dispute
    at(lives, "2025-01-02T12:00:00Z")?;
    does(lives, Actor::Provider, decided("dp_1", DisputeOutcome::Won)?)?;
    lives.writes(&mut store)?;
    let mut reader = harness.read(&place)?;
    let movements = ["01 Charge 20", "01 WentBack 20", "02 CameBack 20", "02 WentBack 20"];
    statements(&mut reader, "0", (0, "0"), &movements)?;
    let rows = read::charges(&mut reader, account(1)).map_err(said)?;
    let rows: Vec<_> = rows.iter().map(|row| (row.refunded, row.disputed)).collect();
    same("charges", &rows, &vec![(amount("20")?, amount("0")?)])
}

/// One whose end is before its beginning is refused, and says both; one of no time has nothing in it.
///
/// # Errors
/// What was otherwise.
pub fn a_statement_does_not_end_before_it_begins<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, begin()?);
    lives.writes(&mut store)?;
    let mut reader = harness.read(&place)?;
    let (from, until) = (time("2025-01-03T00:00:00Z")?, time("2025-01-02T00:00:00Z")?);
    let refused = read::statement(&mut reader, account(1), from, until).map_err(said);
    let refused = refused.err().unwrap_or_default();
    same("both", &(refused.contains("2025-01-03") && refused.contains("2025-01-02")), &true)?;
    let empty = read::statement(&mut reader, account(1), from, from).map_err(said)?;
    same("of no time", &(empty.lines.len(), empty.opening.to_string()), &(0, "20".into()))
}

/// Where what was stored as posted is not what the events make, there is no statement, but an error that names the batch.
///
/// # Errors
/// What was otherwise.
pub fn what_was_posted_is_compared_with_the_events<H: Harness>(harness: &mut H) -> Case {
    let mut lives = begin()?;
    does(&mut lives, Actor::Provider, disputed("dp_1", 1, "5")?)?;
    lives.does(1, &charge_call(1, 1, "1")?, None)?;
    does(&mut lives, Actor::Provider, decided("dp_1", DisputeOutcome::Won)?)?;
    for spoilt in 0..lives.group.appends.len() {
        let (place, mut group) = (harness.fresh(), lives.group.clone());
        let append = group.appends.get_mut(spoilt).ok_or("a batch is missing")?;
        let posted = append.balance.posted.checked_add(amount("0.000000000001")?).map_err(said)?;
        append.balance.posted = posted;
        let name = format!("batch {} of account", append.seq);
        harness.open(&place)?.append(&group).map_err(said)?;
        let (mut reader, all) = (harness.read(&place)?, (Timestamp::MIN, Timestamp::MAX));
        match read::statement(&mut reader, account(1), all.0, all.1) {
            Err(StoreError::Damaged(what)) if what.contains(&name) => {}
            other => return Err(format!("expected damage of {name}, got {other:?}")),
        }
    }
    Ok(())
}
