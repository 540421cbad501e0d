//! The stored and spoken forms, against the files in tests/golden: what one release wrote, every later one reads.

use std::collections::BTreeSet;
use std::fmt::Debug;

use prepaid::{
    Account, Action, Batch, Event, Events, Policy, PolicyNumbers, PriceList, PriceListNumbers, Snapshot,
    StageTag,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::life::{Life, time};
use crate::{is_blessing, path, samples};

/// Compares `values` with the golden files of a folder, and lets `read` see every text.
fn compare<T: Serialize>(folder: &str, values: &[(&str, T)], read: impl Fn(&T, &str)) {
    let folder = path("tests/golden").join(folder);
    let mut expected = BTreeSet::new();
    for (name, value) in values {
        let file = folder.join(format!("{name}.json"));
        let written = serde_json::to_string_pretty(value).unwrap() + "\n";
        if is_blessing() && !file.exists() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &written).unwrap();
        }
        let golden =
            std::fs::read_to_string(&file).unwrap_or_else(|error| format!("{}: {error}", file.display()));
        assert_eq!(written, golden, "{} must never change", file.display());
        read(value, &golden);
        expected.insert(format!("{name}.json"));
    }
    let files =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), expected, "every golden file has its sample");
}

fn reads_back<T: DeserializeOwned + PartialEq + Debug>(value: &T, golden: &str) {
    assert_eq!(serde_json::from_str::<T>(golden).as_ref().unwrap(), value);
}

#[test]
fn commands() {
    compare("command", &samples::commands(), reads_back::<Action<Value>>);
}

#[test]
fn events_also_with_fields_of_a_later_release() {
    compare("event", &samples::events(), |event, golden| {
        reads_back(event, golden);
        let mut later: Value = serde_json::from_str(golden).unwrap();
        later.as_object_mut().unwrap().insert("field_of_a_later_release".into(), Value::Null);
        assert_eq!(&serde_json::from_value::<Event>(later).unwrap(), event);
    });
}

#[test]
fn commands_refuse_unknown_fields() {
    for (name, command) in samples::commands() {
        let mut value = serde_json::to_value(&command).unwrap();
        value.as_object_mut().unwrap().insert("surprise".into(), Value::Null);
        let error = serde_json::from_value::<Action<Value>>(value).unwrap_err().to_string();
        assert!(error.contains("surprise"), "{name}: {error}");
    }
}

#[test]
fn rejections() {
    compare("rejection", &samples::rejections(), |_, _| {});
}

/// The same life at every stage, and two busy ones.
pub fn accounts() -> Vec<(&'static str, Account)> {
    let mut stages: Vec<(&'static str, Account)> =
        StageTag::ALL.iter().map(|stage| (stage.as_str(), Life::at_stage(*stage).account)).collect();
    let mut busy = Life::funded();
    busy.authorizes(1, "0.5").unwrap();
    busy.later("30m").authorizes(2, "0.06").unwrap();
    busy.later("45m").tick().unwrap();
    busy.spends("10.5").unwrap();
    busy.charge_requires_action().unwrap();
    stages.push(("busy", busy.account));
    let mut troubled = Life::funded();
    troubled.spends("10").unwrap();
    troubled.charge_succeeds_with(2, "9.99").unwrap();
    troubled.resolves(2, "0").unwrap();
    troubled.operator(Action::Suspend { reason: "suspected fraud".parse().unwrap() }).unwrap();
    stages.push(("troubled", troubled.account));
    stages.push(("granted", granted().account));
    stages.push(("reversed", reversed().account));
    let mut archived = Life::with_credit("20");
    archived.records_refund(1, "25", "re_1").unwrap();
    archived.later("541d").is_granted(1, "30").unwrap();
    stages.push(("archived", archived.account));
    stages
}

/// Grants in every phase, calls that hold some of them, limits, a notice, and a charge that waits for a cap.
fn granted() -> Life {
    let mut life = Life::funded();
    life.is_granted(1, "5").unwrap();
    life.is_granted_with(2, "1", -1, Some("2025-01-01T01:00:00Z")).unwrap();
    life.is_granted_from(3, "7", "2025-02-01T00:00:00Z", Some("2025-03-01T00:00:00Z")).unwrap();
    life.authorizes(1, "1.5").unwrap();
    life.extends(1, time("2025-01-01T02:00:00Z")).unwrap();
    life.limits_key(1, "40", prepaid::Window::Day).unwrap();
    life.limits_spending(Some("500")).unwrap();
    life.sets_notice(Some("2")).unwrap();
    life.caps(prepaid::Setting::To("12"), prepaid::Setting::To(3)).unwrap();
    life.later("90m").tick().unwrap();
    for price in ["16", "11"] {
        life.spends(price).unwrap();
        life.charge_succeeds().unwrap();
    }
    assert_eq!(life.spends("2").unwrap(), ["call_charged", "top_up_deferred"]);
    life
}

/// Refunds and disputes in every phase.
fn reversed() -> Life {
    let mut life = Life::funded();
    for refund in 1..=3 {
        life.refunds(1, "1").unwrap();
        if refund == 1 {
            life.refund_succeeds(1).unwrap();
        }
    }
    life.refund_fails(2).unwrap();
    life.records_refund(1, "0.5", "re_9").unwrap();
    life.is_disputed("dp_1", 1, "2").unwrap();
    life.is_disputed("dp_2", 1, "3").unwrap();
    life.dispute_ends("dp_1", prepaid::DisputeOutcome::Won).unwrap();
    life.dispute_ends("dp_2", prepaid::DisputeOutcome::Lost).unwrap();
    life.operator_reactivates().unwrap();
    life.is_disputed("dp_3", 1, "3").unwrap();
    life
}

#[test]
fn snapshots() {
    let snapshots: Vec<_> =
        accounts().into_iter().map(|(name, account)| (name, Snapshot::of(&account))).collect();
    compare("snapshot-3", &snapshots, reads_back::<Snapshot>);
}

/// Snapshots of a format that is no longer written are dropped, and their accounts replayed.
#[test]
fn snapshots_of_past_formats_are_to_be_replayed() {
    for (folder, files) in [("tests/golden/snapshot", 9), ("tests/golden/snapshot-2", 13)] {
        let mut read = 0;
        for entry in std::fs::read_dir(path(folder)).unwrap() {
            let golden = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let error = serde_json::from_str::<Snapshot>(&golden).unwrap_err().to_string();
            assert!(error.contains("replay the account"), "{error}");
            read += 1;
        }
        assert_eq!(read, files, "the files of {folder}");
    }
}

#[test]
fn snapshots_that_do_not_hold_together_are_refused() {
    let (_, busy) = accounts().into_iter().find(|(name, _)| *name == "busy").unwrap();
    let whole = serde_json::to_value(Snapshot::of(&busy)).unwrap();
    let wallet = "/account/opened/wallet";
    for (field, rule) in [("posted", "M5"), ("held", "M5"), ("credited", "M5"), ("settled", "M5")] {
        let mut broken = whole.clone();
        *broken.pointer_mut(&format!("{wallet}/{field}")).unwrap() = "12.34".into();
        let error = serde_json::from_value::<Snapshot>(broken).unwrap_err().to_string();
        assert!(error.contains(rule), "{field}: {error}");
    }
    let mut newer = whole;
    *newer.pointer_mut("/format").unwrap() = 4.into();
    let error = serde_json::from_value::<Snapshot>(newer).unwrap_err().to_string();
    assert!(error.contains("replay the account"), "{error}");
}

#[test]
fn policies() {
    let policies = [("documented", Policy::default()), ("published-2026", Policy::published_2026())];
    compare("policy", &policies, reads_back::<Policy>);
    let unnamed = PolicyNumbers { id: "unnamed".parse().unwrap(), ..PolicyNumbers::documented() };
    assert_eq!(serde_json::from_str::<Policy>("{}").unwrap().numbers(), &unnamed);
    let misspelt = serde_json::from_str::<PolicyNumbers>(r#"{"thresholds": "10"}"#).unwrap_err().to_string();
    assert!(misspelt.contains("thresholds"), "{misspelt}");
}

#[test]
fn price_lists() {
    let numbers: PriceListNumbers = serde_json::from_str(
        r#"{"currency": "USD", "version": [
            {"from": "2025-01-01T00:00:00Z", "until": "2025-06-01T00:00:00Z", "items": {"image": {"images": {"price": "0.025"}}}},
            {"from": "2025-07-01T00:00:00Z", "items": {
                "chat": {"input": {"price": "3.00", "per": 1000000}, "output": {"price": "15.00", "per": 1000000}}}}
        ]}"#,
    )
    .unwrap();
    PriceList::new(numbers.clone()).unwrap();
    compare("prices", &[("two-versions", numbers)], reads_back::<PriceListNumbers>);
}

#[test]
fn a_batch_is_its_instant_and_its_events() {
    let events: Events = samples::events().into_iter().map(|(_, event)| event).collect();
    let batch = Batch { at: time("2025-01-01T00:00:00.000001Z"), events };
    let value = serde_json::to_value(&batch).unwrap();
    assert_eq!(value["at"], "2025-01-01T00:00:00.000001Z");
    assert_eq!(value["events"].as_array().unwrap().len(), batch.events.len());
    assert_eq!(serde_json::from_value::<Batch>(value).unwrap(), batch);
}

/// Events that cannot have happened to the account are refused, each with its cause (K4).
#[test]
fn k4_impossible_events_are_corrupt_history() {
    let now = time("2025-01-01T12:00:00Z");
    let impossible = |stage: StageTag, event: &str| {
        let life = Life::at_stage(stage);
        let event: Event = serde_json::from_str(event).unwrap_or_else(|error| panic!("{event}: {error}"));
        let answer = prepaid::evolve(life.account, now, &event);
        assert!(answer.is_err(), "{stage}: {event:?}");
    };
    let call = |fields: &str| {
        format!(
            r#"{{"type":"call_authorized","call":"00000000-0000-0000-0000-000000000009","key":1,"origin":{{"reference":"a"}},{fields}}}"#
        )
    };
    let later = r#""deadline":"2025-01-01T13:00:00Z""#;
    for event in [
        call(&format!(r#""amount":"20.01","units":1,{later}"#)),
        call(&format!(r#""amount":"1","units":0,{later}"#)),
        call(r#""amount":"1","units":1,"deadline":"2025-01-01T12:00:00Z""#),
        call(&format!(r#""amount":"1","units":1,{later}"#)).replace(r#""key":1"#, r#""key":2"#),
        r#"{"type":"charge_failed","charge":1,"decline":"soft","reason":"again"}"#.into(),
        r#"{"type":"charge_succeeded_late","charge":1,"amount":"20","reference":"again"}"#.into(),
        r#"{"type":"charge_mismatched","charge":1,"expected":"20","reported":"20","reference":"same"}"#
            .into(),
        r#"{"type":"top_up_set","enabled":true,"threshold":"20","target":"20"}"#.into(),
        r#"{"type":"top_up_retry_scheduled","step":1,"until":"2025-01-01T12:00:00Z"}"#.into(),
        r#"{"type":"method_barred","fingerprint":"card-1","until":"2025-01-01T12:00:00Z"}"#.into(),
        r#"{"type":"top_up_retry_due"}"#.into(),
        r#"{"type":"account_resumed"}"#.into(),
        r#"{"type":"call_settled","call":"00000000-0000-0000-0000-000000000009","amount":"1"}"#.into(),
    ] {
        impossible(StageTag::Active, &event);
    }
    for event in [
        r#"{"type":"top_up_paused","reason":"hard_decline"}"#,
        r#"{"type":"charge_requested","charge":1,"kind":"manual","amount":"5","token":"t","fingerprint":"f","ask_until":"2025-01-02T00:00:00Z"}"#,
    ] {
        impossible(StageTag::Registered, event);
    }
    for event in [
        r#"{"type":"charge_succeeded","charge":1,"amount":"0","reference":"nothing"}"#,
        r#"{"type":"charge_superseded","charge":1}"#,
        r#"{"type":"charge_action_required","charge":1,"reference":"r","until":"2025-01-01T12:00:00Z"}"#,
        r#"{"type":"charge_requested","charge":2,"kind":"initial_funding","amount":"5","token":"t","fingerprint":"f","ask_until":"2025-01-02T00:00:00Z"}"#,
    ] {
        impossible(StageTag::Funding, event);
    }
}
