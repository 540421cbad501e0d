//! How a customer becomes an account: the commands, in their order, and what a refusal says of the line.

use prepaid::{
    Account, AccountId, Action, Actor, Amount, Balances, Batch, Command, Policy, Rejection, Text, Timestamp,
    step,
};

use super::customers::{Brought, Customer, TopUp};

/// A customer taken over: the account, and the batches it begins with.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) account: AccountId,
    pub(super) batches: Vec<(Batch, Balances)>,
    pub(super) keys: usize,
    /// The opening balance, where there is one.
    pub(super) granted: Option<Amount>,
    /// What is asked of the payment method at once, where the balance calls for it (E1).
    pub(super) charged: Option<Amount>,
}

/// Where in a line the reason for a command stands.
enum Field {
    Is(&'static str),
    Key(usize),
}

impl Field {
    fn path(&self, inner: &str) -> String {
        let outer = match self {
            Self::Is(name) => (*name).to_string(),
            Self::Key(n) => format!("keys[{n}]"),
        };
        if inner.is_empty() { outer } else { format!("{outer}.{inner}") }
    }
}

/// Runs the customer's commands; what is refused is said of the field it comes from.
pub(super) fn take(customer: &Customer, at: Timestamp, policy: &Policy) -> Result<Taken, Vec<String>> {
    let mut account = Account::default();
    let mut batches = Vec::new();
    for (field, command) in commands(customer)? {
        let batch = step(&mut account, policy, &command, at)
            .map_err(|rejection| vec![refused(&field, customer, &rejection)])?;
        batches.push((batch, account.balance()));
    }
    Ok(Taken {
        account: customer.account,
        batches,
        keys: customer.keys.len(),
        granted: customer.opening().map(|(_, amount)| amount),
        charged: account.open_charge().map(|charge| charge.amount),
    })
}

/// What makes an account of a customer. The balance comes before the account is active, so that the top-up sees it, and
/// the keys after, so that the first asks for no funding (B4).
fn commands(customer: &Customer) -> Result<Vec<(Field, Command)>, Vec<String>> {
    let Customer { account, owner, terms, kind, billing_ref, billing_digest, method, top_up, .. } = customer;
    let mut commands = vec![
        (
            Field::Is("account"),
            Action::Open { account: *account, owner: *owner, currency: None }.by(Actor::Operator),
        ),
        (
            Field::Is("terms"),
            Action::AcceptTerms {
                version: terms.version.clone(),
                by: terms.by.clone(),
                entity: terms.entity.clone(),
            }
            .by(Actor::Owner),
        ),
        (
            Field::Is("use"),
            Action::ChooseUse {
                kind: *kind,
                billing_ref: billing_ref.clone(),
                billing_digest: *billing_digest,
            }
            .by(Actor::Owner),
        ),
        (
            Field::Is("method"),
            Action::LinkPaymentMethod {
                token: method.token.clone(),
                fingerprint: method.fingerprint.clone(),
                brand: method.brand.clone(),
                last_four: method.last_four,
                expires: method.expires,
            }
            .by(Actor::Owner),
        ),
    ];
    if let Some(TopUp { enabled, threshold, target, monthly_cap, daily_count }) = *top_up {
        let set = Action::SetTopUp { threshold, target, enabled, monthly_cap, daily_count };
        commands.push((Field::Is("top_up"), set.by(Actor::Owner)));
    }
    if let Some((grant, amount)) = customer.opening() {
        let source: Text = "migration".parse().map_err(|_| vec!["the source of the grant".to_string()])?;
        let (effective_at, expires_at) = (None, None);
        let issue = Action::IssueGrant { grant, amount, source, priority: 0, effective_at, expires_at };
        commands.push((Field::Is("balance"), issue.by(Actor::Operator)));
    }
    let migrate = Action::Migrate { reference: customer.reference.clone() };
    commands.push((Field::Is("reference"), migrate.by(Actor::Operator)));
    for (n, brought) in (1..).zip(customer.keys.clone()) {
        let Brought { key, digest, shown, label, expires_at } = brought;
        let create = Action::CreateKey { key, digest, shown, label, expires_at };
        commands.push((Field::Key(n), create.by(Actor::Owner)));
    }
    Ok(commands)
}

/// A refusal as a fault of the line; it says itself what would be right.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is said of no field of its own is said of the whole"
)]
fn refused(field: &Field, customer: &Customer, rejection: &Rejection) -> String {
    let inner = match rejection {
        Rejection::FieldMissing { .. } => return format!("field {rejection}"),
        Rejection::TooManyKeys { bound } => {
            let keys = customer.keys.len();
            return format!("field keys has {keys}: must have at most {bound}, the policy's keys_ever");
        }
        Rejection::OutOfRange { field: "now" } => return format!("field at: {rejection}"),
        Rejection::TermsMismatch { .. } => "version",
        Rejection::ShownTooLong { .. } => "shown",
        Rejection::TimeOutOfBounds { field, .. } => field,
        _ => "",
    };
    format!("field {}: {rejection}", field.path(inner))
}
