//! What every command does at every stage, made by asking the machine, and kept in docs/lifecycle.md.

use std::fmt::Write;

use prepaid::{Action, ActionTag, ChargeNumber, StageTag, decide};

use crate::life::{Life, amount, call, card, new_key, price, span};
use crate::{is_blessing, path, samples};

const BEGIN: &str = "<!-- table: begin -->\n";
const END: &str = "<!-- table: end -->";

/// A sample command that fits the account where it can.
fn command(tag: ActionTag, life: &Life) -> Action {
    let (_, action) = samples::commands().into_iter().find(|(_, action)| action.tag() == tag).unwrap();
    let quoted = action.quoted(|_| Ok::<_, std::convert::Infallible>(price("0.06"))).unwrap();
    let charge = life.account.open_charge().map_or(ChargeNumber(1), |open| open.number);
    match quoted {
        Action::LinkPaymentMethod { .. } => card("card-2"),
        Action::CreateKey { .. } => new_key(2),
        Action::AuthorizeCall { key, quote, units, .. } => {
            Action::AuthorizeCall { call: call(2), key, quote, units }
        }
        Action::ChargeSucceeded { reference, .. } => {
            let amount = life.account.open_charge().map_or(amount("20"), |open| open.amount);
            Action::ChargeSucceeded { charge, amount, reference }
        }
        Action::ExtendCall { call, .. } => {
            Action::ExtendCall { call, until: life.now.saturating_add(span("2h")) }
        }
        Action::SettleCall { call, .. } => Action::SettleCall { call, amount: None },
        other => other,
    }
}

/// The lives of the columns: every stage, and an active account that is suspended. Call 1 is open where one can be.
fn columns() -> Vec<(String, Life)> {
    let mut columns: Vec<_> =
        StageTag::ALL.iter().map(|stage| (stage.as_str().to_owned(), Life::at_stage(*stage))).collect();
    let (_, active) = columns.iter_mut().find(|(name, _)| name == "active").unwrap();
    active.authorizes(1, "0.06").unwrap();
    let mut suspended = active.clone();
    suspended.operator(Action::Suspend { reason: "fraud".parse().unwrap() }).unwrap();
    columns.push(("active, suspended".into(), suspended));
    columns
}

fn cell(life: &Life, tag: ActionTag) -> String {
    let actor = *tag.actors().first().unwrap();
    match decide(&life.account, &life.policy, &command(tag, life).by(actor), life.now) {
        Ok(batch) if batch.events.is_empty() => "nothing".into(),
        Ok(batch) => {
            let events: Vec<_> = batch.events.iter().map(|event| format!("`{}`", event.tag())).collect();
            events.join(", ")
        }
        Err(rejection) => format!("*{}*", rejection.tag()),
    }
}

fn table() -> String {
    let columns = columns();
    let mut table = String::from("| command |");
    for (name, _) in &columns {
        write!(table, " {name} |").unwrap();
    }
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(columns.len()));
    for tag in ActionTag::ALL {
        write!(table, "\n| `{tag}` |").unwrap();
        for (_, life) in &columns {
            write!(table, " {} |", cell(life, *tag)).unwrap();
        }
    }
    table.push('\n');
    table
}

#[test]
fn the_table_in_the_docs_is_what_the_machine_does() {
    let file = path("docs/lifecycle.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the table begins with its marker");
    let (written, tail) = rest.split_once(END).expect("the table ends with its marker");
    let table = table();
    if is_blessing() {
        std::fs::write(&file, format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
        return;
    }
    assert_eq!(written, table, "PREPAID_BLESS=1 writes it anew");
}

/// What an account takes while it is closing, but not when it is closed (J2), of the sample commands: settings that
/// do more than switch off are refused, and the samples do.
const WHILE_CLOSING: &[ActionTag] = &[
    ActionTag::AcceptTerms,
    ActionTag::LinkPaymentMethod,
    ActionTag::UpdateBilling,
    ActionTag::RevokeKey,
    ActionTag::ExtendCall,
    ActionTag::SettleCall,
    ActionTag::ReleaseCall,
    ActionTag::VoidGrant,
    ActionTag::SetNotice,
    ActionTag::Suspend,
    ActionTag::Resume,
];

/// What it takes also when it is closed (J2).
const WHEN_CLOSED: &[ActionTag] = &[
    ActionTag::CancelCharge,
    ActionTag::ChargeSucceeded,
    ActionTag::ChargeActionRequired,
    ActionTag::ChargeFailed,
    ActionTag::ChargeCancelled,
    ActionTag::ChargeNotFound,
    ActionTag::ResolveCharge,
    ActionTag::Refund,
    ActionTag::RefundSucceeded,
    ActionTag::RefundFailed,
    ActionTag::RecordRefund,
    ActionTag::OpenDispute,
    ActionTag::CloseDispute,
    ActionTag::WriteOff,
    ActionTag::Close,
    ActionTag::Tick,
];

/// The table of stages that a command needs, against what the machine does (A2).
#[test]
fn every_command_is_out_of_order_exactly_before_the_stage_it_needs() {
    for (name, life) in columns() {
        for tag in ActionTag::ALL {
            let actor = *tag.actors().first().unwrap();
            let answer = decide(&life.account, &life.policy, &command(*tag, &life).by(actor), life.now);
            let refused = answer.err().and_then(|rejection| serde_json::to_value(rejection).ok());
            let refused = refused.filter(|value| value["type"] == "out_of_order");
            let stage = life.account.stage();
            let at_once = [ActionTag::Open, ActionTag::ChooseUse, ActionTag::Migrate];
            let fits = match stage {
                StageTag::Closing => WHILE_CLOSING.contains(tag) || WHEN_CLOSED.contains(tag),
                // What a closed account owes is refunded on the operator's command, and the table asks as the owner.
                StageTag::Closed => WHEN_CLOSED.contains(tag) && *tag != ActionTag::Refund,
                _ if at_once.contains(tag) => stage == tag.needs(),
                _ => stage >= tag.needs(),
            };
            assert_eq!(refused.is_none(), fits, "{tag} at {name}");
            let needs = refused.map(|value| value["needs"].clone());
            assert!(
                needs.is_none_or(|needs| needs.as_str() == Some(tag.needs().as_str())),
                "{tag} at {name}"
            );
        }
    }
}
