//! An owner's way to a key that works. Who the owner is, a real service knows from a session; here whoever says so in
//! the header `X-Owner` is believed, and has one account.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode};
use prepaid::{
    AccountId, Action, Actor, Brand, CardExpiry, Digest, EventTag, KeyId, LastFour, OwnerId, PaymentToken,
    TermsVersion, Text, UseKind,
};
use prepaid_key::IssuedKey;
use prepaid_runtime::{Answer, ReadStore as _, RequestId, Submission};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::errors::Failed;
use crate::{App, body, id_of, idempotency};

/// What an owner says to begin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    terms: TermsVersion,
    accepted_by: Text,
    card: Card,
}

/// What the provider's form gave: a token, and what may be shown of the card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    token: PaymentToken,
    brand: Brand,
    last_four: LastFour,
    expires: CardExpiry,
}

fn owner(headers: &HeaderMap) -> Result<(OwnerId, AccountId), Failed> {
    let said =
        headers.get("x-owner").and_then(|value| value.to_str().ok()).and_then(|said| said.parse().ok());
    let owner =
        OwnerId(said.ok_or_else(|| Failed::unknown("header X-Owner must be the owner's id, a UUID"))?);
    Ok((owner, AccountId(id_of(&("account", owner))?)))
}

/// `POST /account`: opens it, accepts the terms, chooses the use, links the card. Repeated, it goes on where it stopped.
pub(crate) async fn sign_up(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    asked: Result<Json<SignUp>, JsonRejection>,
) -> Result<Json<Value>, Failed> {
    let (owner, account) = owner(&headers)?;
    let SignUp { terms: version, accepted_by: by, card } = body(asked)?;
    let Card { token, brand, last_four, expires } = card;
    for (step, action) in [
        ("open", Action::Open { account, owner, currency: None }),
        ("terms", Action::AcceptTerms { version, by, entity: None }),
        ("use", Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }),
        ("card", Action::LinkPaymentMethod { token, fingerprint: None, brand, last_four, expires }),
    ] {
        app.as_owner(account, action, format!("sign up {step}")).await?;
    }
    show(State(app), headers).await
}

/// `POST /account/keys`: the key is shown in this one answer, and never again. The first one charges the card.
pub(crate) async fn create_key(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Value>), Failed> {
    let (_, account) = owner(&headers)?;
    let request = idempotency(&headers)?;
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(Failed::lost)?;
    let IssuedKey { secret, record } = app.keys.issue(&mut entropy).map_err(Failed::lost)?;
    let key = KeyId(id_of(&("key", account, &request))?);
    let digest = Digest(record.digest.to_bytes());
    let shown = record.shown.as_str().parse().map_err(Failed::lost)?;
    let create = Action::CreateKey { key, digest, shown, label: None, expires_at: None };
    let answer = app.as_owner(account, create, format!("{request} key")).await?;
    let is_new = |tag: EventTag| matches!(tag, EventTag::FirstKeyRequested | EventTag::KeyCreated);
    if answer.repeated || !answer.batch.events.iter().any(|event| is_new(event.tag())) {
        // The secret that was made above belongs to nobody.
        let message = "this key was created before, and its secret was shown then";
        return Ok((StatusCode::OK, Json(json!({ "key": key, "message": message }))));
    }
    let created = json!({ "key": key, "shown": record.shown.as_str(), "secret": secret.reveal().as_str() });
    Ok((StatusCode::CREATED, Json(created)))
}

/// `GET /account`: how it stands.
pub(crate) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Failed> {
    let (_, id) = owner(&headers)?;
    let account = app.read(move |store| store.account(id)).await?.account;
    let keys = account.keys().iter().chain(account.pending_key());
    let keys: Vec<Value> = keys.map(|key| json!({ "key": key.id, "shown": key.shown })).collect();
    Ok(Json(json!({
        "account": id,
        "stage": account.stage().as_str(),
        "balance": account.balance(),
        "keys": keys,
        "needs_terms": account.is_outdated(&app.policy).then_some(&app.policy.numbers().terms_required),
    })))
}

impl App {
    async fn as_owner(&self, account: AccountId, action: Action, request: String) -> Result<Answer, Failed> {
        let request: RequestId = request.parse().map_err(Failed::lost)?;
        let submission = Submission::new(account, action.by(Actor::Owner)).with_request(request);
        Ok(self.runtime.submit(submission)?.await?)
    }
}
