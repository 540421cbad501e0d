//! An owner's way to a key that works. Who the owner is, a real service knows from a session; here whoever says so in
//! the header `X-Owner` is believed, and has one account.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use prepaid::{
    AccountId, Action, Actor, Brand, CardExpiry, Digest, EventTag, KeyId, LastFour, OwnerId, PaymentToken,
    RevokeFor, TermsVersion, Text, UseKind,
};
use prepaid_key::IssuedKey;
use prepaid_runtime::{Answer, ReadStore as _, RequestId, Submission};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::errors::Failed;
use crate::{App, body, id_of, idempotency, one_header};

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
pub(crate) struct Card {
    token: PaymentToken,
    brand: Brand,
    last_four: LastFour,
    expires: CardExpiry,
}

impl Card {
    fn linked(self) -> Action {
        let Self { token, brand, last_four, expires } = self;
        Action::LinkPaymentMethod { token, fingerprint: None, brand, last_four, expires }
    }
}

fn owner(headers: &HeaderMap) -> Result<(OwnerId, AccountId), Failed> {
    let said = one_header(headers, "X-Owner")?.and_then(|said| said.parse().ok());
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
    // New terms are accepted in the same way, so their request names them.
    let terms = format!("terms {}", id_of(&version)?);
    for (step, action) in [
        ("open", Action::Open { account, owner, currency: None }),
        (&terms, Action::AcceptTerms { version, by, entity: None }),
        ("use", Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }),
        ("card", card.linked()),
    ] {
        app.as_owner(account, action, format!("sign up {step}")).await?;
    }
    show(State(app), headers).await
}

/// `PUT /account/card`: links another card, at any time, such as after one that was declined (A5). By a request of its
/// own: a card may be linked a second time, after another.
pub(crate) async fn link_card(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    asked: Result<Json<Card>, JsonRejection>,
) -> Result<Json<Value>, Failed> {
    let (_, account) = owner(&headers)?;
    let request = idempotency(&headers)?;
    app.as_owner(account, body(asked)?.linked(), format!("{request} card")).await?;
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
        // The secret that was made above belongs to nobody. The key is there, unless its charge
        // failed (B3) or it was revoked before it worked (B2).
        let now = app.read(move |store| store.account(account)).await?.account;
        if !now.keys().iter().chain(now.pending_key()).any(|known| known.id == key) {
            let message = "there is no such key: its charge failed, or it was revoked before it worked; ask again under \
                           another Idempotency-Key";
            return Err(Failed::new(StatusCode::CONFLICT, "no_key", message));
        }
        let message = "this key was created before, and its secret was shown then";
        return Ok((StatusCode::OK, Json(json!({ "key": key, "message": message }))));
    }
    let created = json!({ "key": key, "shown": record.shown.as_str(), "secret": secret.reveal().as_str() });
    Ok((StatusCode::CREATED, Json(created)))
}

/// `DELETE /account/keys/{key}`: it works no more, from now on (C5). Repeated, this changes nothing.
pub(crate) async fn revoke_key(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<Json<Value>, Failed> {
    let (_, account) = owner(&headers)?;
    let key: Uuid = key.parse().map_err(|error| Failed::wrong(format!("the key's id is wrong: {error}")))?;
    let revoke = Action::RevokeKey { key: KeyId(key), reason: RevokeFor::Requested };
    app.as_owner(account, revoke, format!("revoke {key}")).await?;
    show(State(app), headers).await
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
