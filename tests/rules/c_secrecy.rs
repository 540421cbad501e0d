//! C2. The full key exists once, in the reply that creates it, and the core never sees it.

use crate::life::{Life, digest, key, new_key};
use prepaid::{
    Action, Digest, DigestError, Event, KeyRefusal, Rejection, RevokeFor, Shown, ShownError, Snapshot,
    StageTag, Usage, effects,
};
use serde_json::{Value, json};

const NOTHING: [&str; 0] = [];

/// The full text of a key as it is made for an owner; it must turn up nowhere.
const CANARY: &str = "ppk_0EhWuMzfS7MPuxAu520Mu4XwCuyZfalRej3Z8gTlzA84OW3lE";
/// What may be shown of it.
const SHOWN: &str = "ppk_0EhW";
/// How it goes on after that, and how it ends.
const SECRET_PIECES: [&str; 3] = ["0EhWu", "uMzfS7MP", "4OW3lE"];

#[track_caller]
fn keeps_the_secret(said: &str) {
    for piece in SECRET_PIECES {
        assert!(!said.contains(piece), "{said}");
    }
}

fn create_canary(label: Option<&str>) -> Action {
    Action::CreateKey {
        key: key(7),
        digest: digest(7),
        shown: SHOWN.parse().unwrap(),
        label: label.map(|label| label.parse().unwrap()),
        expires_at: None,
    }
}

/// The command that creates a key, as a shell sends it.
fn create_json() -> Value {
    json!({
        "type": "create_key",
        "key": "00000000-0000-0000-0000-000000000007",
        "digest": "07".repeat(32),
        "shown": SHOWN,
        "expires_at": "2027-01-01T00:00:00Z",
    })
}

// The core gets a digest and the part that may be shown: a full key is neither.
#[test]
fn c2_a_full_key_is_no_digest_and_no_shown_part() {
    assert_eq!(CANARY.parse::<Shown>(), Err(ShownError));
    assert_eq!(CANARY.parse::<Digest>(), Err(DigestError));
    keeps_the_secret(&format!("{ShownError} {ShownError:?} {DigestError} {DigestError:?}"));
    let shown = serde_json::from_value::<Shown>(json!(CANARY)).unwrap_err();
    let digest = serde_json::from_value::<Digest>(json!(CANARY)).unwrap_err();
    keeps_the_secret(&format!("{shown} {shown:?} {digest} {digest:?}"));
}

// Nor does it come back in an error when it stands in the wrong field of the command.
#[test]
fn c2_a_full_key_in_the_wrong_field_is_refused_and_not_repeated() {
    assert!(serde_json::from_value::<Action<Usage>>(create_json()).is_ok());
    for field in ["key", "digest", "shown", "secret"] {
        let mut command = create_json();
        command.as_object_mut().unwrap().insert(field.to_string(), json!(CANARY));
        let refused = serde_json::from_value::<Action<Usage>>(command).unwrap_err();
        keeps_the_secret(&format!("{field}: {refused} {refused:?}"));
    }
}

// The same in the stored form: an event that was damaged like this is not repeated either.
#[test]
fn c2_a_full_key_in_a_stored_event_is_refused_and_not_repeated() {
    let created = json!({
        "type": "key_created",
        "key": "00000000-0000-0000-0000-000000000007",
        "number": 2,
        "digest": "07".repeat(32),
        "shown": SHOWN,
    });
    assert!(serde_json::from_value::<Event>(created.clone()).is_ok());
    for field in ["key", "digest", "shown"] {
        let mut event = created.clone();
        event.as_object_mut().unwrap().insert(field.to_string(), json!(CANARY));
        let refused = serde_json::from_value::<Event>(event).unwrap_err();
        keeps_the_secret(&format!("{field}: {refused} {refused:?}"));
    }
}

// Of all fields of this command an expiry is the one whose errors name their value.
#[test]
fn c2_a_full_key_in_place_of_an_expiry_is_refused_and_not_repeated() {
    let mut command = create_json();
    command.as_object_mut().unwrap().insert("expires_at".to_string(), json!(CANARY));
    let refused = serde_json::from_value::<Action<Usage>>(command).unwrap_err();
    keeps_the_secret(&format!("{refused} {refused:?}"));
}

// No state, event, effect, refusal, `Debug` or serialised form contains more than the shown part.
#[test]
fn c2_nothing_the_core_says_contains_more_than_the_shown_part() {
    let mut said = Vec::new();
    let mut life = Life::at_stage(StageTag::Linked);
    let other_content = create_canary(Some("other"));
    let too_long = Action::CreateKey {
        key: key(8),
        digest: digest(8),
        shown: "ppk_zzzzzzzz".parse().unwrap(),
        label: None,
        expires_at: None,
    };
    let mut answers = vec![life.owner(create_canary(None)), life.owner(other_content.clone())];
    said.push(format!("{:?}", life.account.authenticate(&digest(7), life.now)));
    said.push(serde_json::to_string(&Snapshot::of(&life.account)).unwrap());
    said.extend(effects(&life.account).map(|effect| format!("{effect:?}")));
    answers.push(life.charge_succeeds());
    answers.push(life.owner(create_canary(None)));
    answers.push(life.owner(other_content));
    answers.push(life.owner(too_long));
    said.push(format!("{:?}", life.account.authenticate(&digest(7), life.now)));
    answers.push(life.revokes(7, RevokeFor::Leaked));
    answers.push(life.authorizes(1, "1"));
    said.push(format!("{:?}", life.account.authenticate(&digest(7), life.now)));
    for answer in answers {
        if let Err(refused) = &answer {
            said.push(refused.to_string());
            said.push(serde_json::to_string(refused).unwrap());
        }
        said.push(format!("{answer:?}"));
    }
    said.push(serde_json::to_string(&Snapshot::of(&life.account)).unwrap());
    said.push(serde_json::to_string(&life.batches).unwrap());
    said.push(format!("{:?} {:?}", life.account, life.batches));
    assert!(said.concat().contains(SHOWN));
    keeps_the_secret(&said.concat());
}

// A repeated request is answered without the secret: key material is no part of its content.
#[test]
fn c2_a_repeated_request_with_another_secret_changes_nothing() {
    let mut life = Life::funded();
    life.owner(new_key(2)).unwrap();
    for shown in ["ppk_Zz9", "ppk_toolong9"] {
        let again = Action::CreateKey {
            key: key(2),
            digest: digest(9),
            shown: shown.parse().unwrap(),
            label: None,
            expires_at: None,
        };
        assert_eq!(life.owner(again).unwrap(), NOTHING);
    }
    assert_eq!(life.authenticates(2), Ok(2));
    assert_eq!(life.authenticates(9), Err(KeyRefusal::Unknown));
    assert_eq!(life.account.keys().last().unwrap().shown.to_string(), "ppk_A1b2");
}

// Label and expiry are its content.
#[test]
fn c2_a_repeated_request_with_other_content_is_a_conflict() {
    let mut life = Life::funded();
    life.owner(new_key(2)).unwrap();
    for (label, expires_at) in
        [(Some("other".parse().unwrap()), None), (None, Some("2027-01-01T00:00:00Z".parse().unwrap()))]
    {
        let other = Action::CreateKey {
            key: key(2),
            digest: digest(2),
            shown: "ppk_A1b2".parse().unwrap(),
            label,
            expires_at,
        };
        assert_eq!(life.owner(other), Err(Rejection::KeyConflict { key: key(2) }));
    }
}

// A lost secret is cured by revoking and creating again, at no cost.
#[test]
fn c2_a_lost_secret_is_cured_by_revoking_and_creating() {
    let mut life = Life::funded();
    assert_eq!(life.revokes(1, RevokeFor::Requested).unwrap(), ["key_revoked"]);
    assert_eq!(life.owner(new_key(2)).unwrap(), ["key_created"]);
    assert_eq!(life.authenticates(2), Ok(2));
    life.posted_is("20");
    life.asks_for_nothing();
}
