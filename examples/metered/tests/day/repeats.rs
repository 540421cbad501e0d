//! What a repeated call is answered, whatever became of the first one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prepaid_runtime::content_of;
use serde_json::{Value, json};

use crate::service::{Funded, answer, until};

/// Where a call's result is written before it has its name.
fn unfinished(of: &Funded, name: &str) -> PathBuf {
    let account = of.service.account()["account"].clone();
    let digest = content_of(&("call", account, name)).unwrap().0;
    let call = uuid::Builder::from_custom_bytes(digest[..16].try_into().unwrap()).into_uuid();
    of.results().join(format!("{call}.unfinished"))
}

/// A pipe in place of a file: who writes to it waits until somebody reads.
fn pipe(place: &Path) {
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(place).status().unwrap().success());
}

fn hello() -> Value {
    json!({ "text": "hello", "lines": 2 })
}

fn until_held(of: &Funded) {
    until("the call is admitted", || of.service.account()["balance"]["held"] == "0.1");
}

#[test]
fn a_call_that_is_under_way_is_said_to_be_and_one_that_was_killed_is_done_again_and_billed_once() {
    let mut funded = Funded::start();
    let place = unfinished(&funded, "slow");
    pipe(&place);
    let first = funded.service.calling(&funded.key, "slow", &hello());
    until_held(&funded);
    let (status, said) = funded.service.call(&funded.key, "slow", &hello());
    let error = &said["error"];
    assert_eq!((status, &error["type"], &error["retryable"]), (409, &json!("under_way"), &json!(true)));

    funded.killed_and_started();
    drop(first);
    fs::remove_file(&place).unwrap();
    assert_eq!(funded.service.account()["balance"]["held"], "0.1", "it was neither billed nor released");
    let expected = (200, json!({ "lines": ["hello", "hello"] }));
    for _ in 0..2 {
        assert_eq!(funded.service.call(&funded.key, "slow", &hello()), expected);
        funded.service.has("19.9");
    }
}

#[test]
fn a_result_that_is_no_longer_kept_was_billed_and_is_said_to_be_gone() {
    let funded = Funded::start();
    assert_eq!(funded.service.call(&funded.key, "call 1", &hello()).0, 200);
    let file = unfinished(&funded, "call 1").with_extension("json");
    fs::write(&file, "").unwrap();
    funded.service.refuses(&funded.key, "call 1", &hello(), (410, "result_gone"));
    fs::remove_file(file).unwrap();
    funded.service.refuses(&funded.key, "call 1", &hello(), (410, "result_gone"));
    funded.service.has("19.9");
}

#[test]
fn what_cannot_be_kept_is_not_billed_and_needs_another_name() {
    let funded = Funded::start();
    fs::write(funded.results(), "no folder").unwrap();
    let (status, said) = funded.service.call(&funded.key, "unkept", &hello());
    let error = &said["error"];
    assert_eq!((status, &error["type"], &error["retryable"]), (500, &json!("not_kept"), &json!(false)));
    funded.service.has("20");
    fs::remove_file(funded.results()).unwrap();
    funded.service.refuses(&funded.key, "unkept", &hello(), (409, "not_billed"));
    funded.service.has("20");
    assert_eq!(funded.service.call(&funded.key, "another name", &hello()).0, 200);
    funded.service.has("19.9");
}

#[test]
fn a_result_that_cannot_be_synced_is_not_billed() {
    let funded = Funded::start();
    let place = unfinished(&funded, "a pipe");
    pipe(&place);
    let call = funded.service.calling(&funded.key, "a pipe", &hello());
    until_held(&funded);
    assert_eq!(fs::read_to_string(&place).unwrap(), r#"{"lines":["hello","hello"]}"#);
    let (status, said) = answer(call); // a pipe takes what is written, and has no disk
    assert_eq!((status, &said["error"]["type"]), (500, &json!("not_kept")), "{said}");
    funded.service.has("20");
    fs::remove_file(place).unwrap();
    funded.service.refuses(&funded.key, "a pipe", &hello(), (409, "not_billed"));
}

#[test]
fn one_call_does_not_exhaust_the_memory() {
    let funded = Funded::start();
    let refused = |body: &Value, fact: [&str; 3]| {
        let (status, said) = funded.service.call(&funded.key, "too much", body);
        let message = said["error"]["message"].as_str().unwrap();
        assert!(status == 400 && fact.iter().all(|fact| message.contains(fact)), "{status} {said}");
    };
    refused(&json!({ "text": "a".repeat(4_097), "lines": 1 }), ["text", "4097", "4096"]);
    refused(&json!({ "text": "a", "lines": 1_001 }), ["lines", "1001", "1000"]);
    let most = json!({ "text": "a".repeat(4_096), "lines": 150 });
    assert_eq!(funded.service.call(&funded.key, "much", &most).0, 200);
    funded.service.has("12.5");
}
