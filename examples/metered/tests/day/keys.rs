//! Keys that no longer work, and a card that never did.

use serde_json::{Value, json};

use crate::service::{Funded, OWNER, Service, a_card, provider, sign_up, until};

#[test]
fn a_revoked_key_gets_nothing_also_not_what_it_or_another_key_had_before() {
    let funded = Funded::start();
    let Funded { service, key, .. } = &funded;
    let (status, second) = service.create_key("second key");
    assert_eq!(status, 201, "{second}");
    let other = second["secret"].as_str().unwrap();
    let hello = json!({ "text": "hello", "lines": 2 });
    assert_eq!(service.call(key, "call 1", &hello).0, 200);
    assert_eq!(service.call(other, "call 2", &hello).0, 200);
    service.has("19.8");
    // The same name under another key is another request.
    service.refuses(key, "call 2", &hello, (409, "request_conflict"));
    service.refuses(other, "call 1", &hello, (409, "request_conflict"));

    let nobodys = "20000000-0000-4000-8000-000000000009";
    for (id, expected) in [("none", "invalid_request"), (nobodys, "key_unknown")] {
        let said = service.ask("DELETE", &format!("/account/keys/{id}"), &[OWNER], &Value::Null).1;
        assert_eq!(said["error"]["type"], expected, "{said}");
    }
    let path = format!("/account/keys/{}", second["key"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(service.ask("DELETE", &path, &[OWNER], &Value::Null).0, 200);
    }
    for name in ["call 1", "call 2", "call 3"] {
        service.refuses(other, name, &hello, (401, "key_revoked"));
    }
    assert_eq!(service.call(key, "call 1", &hello).0, 200);
    service.has("19.8");
}

#[test]
fn the_scheme_is_the_same_however_it_is_written() {
    let funded = Funded::start();
    for (scheme, expected) in [("bearer", 200), ("BEARER", 200), ("Basic", 401)] {
        let key = format!("Authorization: {scheme} {}", funded.key);
        let hello = json!({ "text": "hello", "lines": 1 });
        let answer = funded.service.ask("POST", "/v1/echo", &[&key, "Idempotency-Key: call 1"], &hello);
        assert_eq!(answer.0, expected, "{scheme}: {}", answer.1);
    }
}

#[test]
fn whose_card_is_declined_links_another() {
    let folder = tempfile::tempdir().unwrap();
    let (port, stopper, running) = provider(&folder.path().join("book.jsonl"), 0);
    let service = Service::start(&folder.path().join("data"), port);
    assert_eq!(service.ask("POST", "/account", &[OWNER], &sign_up("card_hard")).0, 200);
    assert_eq!(service.create_key("first key").0, 201);
    until("the charge is declined", || service.account()["stage"] == "linked");
    assert_eq!(service.account()["keys"], json!([]));
    // The key is not there, and is not said to be.
    let (status, said) = service.create_key("first key");
    assert_eq!((status, &said["error"]["type"]), (409, &json!("no_key")), "{said}");

    let link = |name: &str, card: &str| {
        let headers = [OWNER, &format!("Idempotency-Key: {name}")];
        let (status, said) = service.ask("PUT", "/account/card", &headers, &a_card(card));
        assert_eq!(status, 200, "{said}");
    };
    link("card 2", "card_ok");
    link("card 3", "card_hard");
    link("card 4", "card_ok"); // once more
    assert_eq!(service.create_key("second key").0, 201);
    until("the account is funded", || service.account()["stage"] == "active");
    service.has("20");
    let (status, again) = service.create_key("second key");
    assert_eq!((status, again.get("secret")), (200, None), "{again}");
    stopper.stop();
    running.join().unwrap();
}
