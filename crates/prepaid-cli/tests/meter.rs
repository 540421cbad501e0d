//! `prepaid meter`: the statement says what the log and the rules say, and foots.
#![expect(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

mod program;

use std::io::Write as _;

use program::{Ended, Folder, prepaid};
use serde_json::{Value, json};

const SAMPLE: [&str; 12] = [
    "meter",
    "examples/logs/sample.csv",
    "--prices",
    "examples/prices/ideogram.toml",
    "--time",
    "time",
    "--item-column",
    "item",
    "--quantity",
    "images=images",
    "--key-column",
    "key",
];

/// One item, `image`, at 1.00 an image.
const PRICES: &str = "currency = \"USD\"\n[[version]]\nfrom = \"2020-01-01T00:00:00Z\"\n\
                      items.image.images.price = \"1.00\"\n";

/// Meters rows of time and images at 1.00 an image.
fn meter(folder: &Folder, rows: &str, more: &[&str]) -> Ended {
    let prices = folder.write("prices.toml", PRICES);
    let log = folder.write("log.csv", format!("time,images\n{rows}"));
    let fixed = ["meter", &log, "--prices", &prices, "--time", "time", "--item", "image"];
    prepaid(&[fixed.as_slice(), &["--quantity", "images=images"], more].concat())
}

fn statement(folder: &Folder, rows: &str, more: &[&str]) -> Value {
    let ended = meter(folder, rows, &[more, &["--json"]].concat());
    assert_eq!(ended.status, 0, "{}", ended.err);
    ended.value()
}

/// Rows of one image each, so many seconds after ten o'clock.
fn rows(seconds: impl IntoIterator<Item = u32>) -> String {
    let row = |s: u32| format!("2025-01-01T{:02}:{:02}:{:02}Z,1\n", 10 + s / 3600, s / 60 % 60, s % 60);
    seconds.into_iter().map(row).collect()
}

#[test]
fn the_sample_statement_foots_and_fits() {
    let Ended { status, out, err } = prepaid(&SAMPLE);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("the statement foots"), "{out}");
    for line in out.lines() {
        assert!(line.chars().count() <= 100, "too wide: {line}");
    }
    let Ended { out, .. } = prepaid(&[SAMPLE.as_slice(), &["--json"]].concat());
    let told: Value = serde_json::from_str(&out).unwrap_or_default();
    assert_eq!((&told["rows"], &told["admitted"]), (&json!(2000), &json!(2000)));
    assert!(
        told["checks"].as_array().is_some_and(|checks| checks.iter().all(|check| check["agrees"] == true))
    );
    assert_eq!(told["closing"], told["final_balance"]["posted"]);
    assert_eq!(told["keys"].as_array().map(Vec::len), Some(3));
}

#[test]
fn the_same_log_gives_the_same_statement_and_the_same_journal() {
    let folder = Folder::new("twice");
    let runs: Vec<String> = ["one", "two"]
        .iter()
        .map(|name| {
            let journal = folder.place(name);
            let ended = prepaid(&[SAMPLE.as_slice(), &["--log", &journal]].concat());
            format!("{}{}", ended.out, folder.read(name))
        })
        .collect();
    assert!(runs[0].len() > 100_000 && runs[0] == runs[1]);
}

#[test]
fn a_top_up_comes_its_delay_after_the_balance_falls_to_the_threshold() {
    // 20.00, an image a second: the tenth row brings 10.00 and asks for 10.00.
    let folder = Folder::new("delay");
    let told = statement(&folder, &rows(0..15), &["--charge-delay", "3s"]);
    let charge = &told["charges"][1];
    assert_eq!(charge["requested_at"], "2025-01-01T10:00:09Z");
    assert_eq!(charge["ended_at"], "2025-01-01T10:00:12Z");
    assert_eq!((&charge["amount"], &charge["kind"]), (&json!("10"), &json!("auto_top_up")));
    assert_eq!(told["lowest"], json!({ "posted": "8", "at": "2025-01-01T10:00:11Z" }));
    assert_eq!(
        (&told["charged"], &told["billed"], &told["closing"]),
        (&json!("30"), &json!("15"), &json!("15"))
    );
}

#[test]
fn an_answer_under_way_when_the_log_ends_still_comes() {
    let folder = Folder::new("ends");
    let told = statement(&folder, &rows(0..10), &[]);
    assert_eq!((&told["closing"], &told["closed_at"]), (&json!("20"), &json!("2025-01-01T10:00:11Z")));
}

#[test]
fn failing_charges_lead_to_refusals_and_nothing_refused_is_billed() {
    let folder = Folder::new("plans");
    let outcomes = |plan: &str, seconds: std::iter::StepBy<std::ops::Range<u32>>| {
        let told = statement(&folder, &rows(seconds), &["--charges", plan]);
        let charges = told["charges"].as_array().cloned().unwrap_or_default();
        let outcomes: Vec<String> =
            charges.iter().map(|charge| charge["outcome"].as_str().unwrap_or("").to_string()).collect();
        (outcomes.join(", "), told["admitted"].clone(), told["refused"].clone())
    };
    let short = |n: u64| json!([{ "type": "insufficient_credit", "requests": n, "worth": n.to_string() }]);
    // Ten rows to the threshold, ten more to nothing.
    let (told, admitted, refused) = outcomes("ok,hard", (0..25).step_by(1));
    assert_eq!((told.as_str(), admitted, refused), ("succeeded, failed for good", json!(20), short(5)));
    // After a soft decline, an hour: the rows until then are refused, and the retry asks for all that is missing.
    let (told, admitted, refused) = outcomes("ok,soft,ok", (0..7200).step_by(300));
    assert_eq!(
        (told.as_str(), admitted, refused),
        ("succeeded, failed softly, succeeded", json!(22), short(2))
    );
    let (told, admitted, _) = outcomes("ok,never", (0..25).step_by(1));
    assert_eq!((told.as_str(), admitted), ("succeeded, open", json!(20)));
    let (told, ..) = outcomes("ok,action", (0..25).step_by(1));
    assert_eq!(told, "succeeded, open");
}

#[test]
fn a_plan_begins_with_the_initial_funding() {
    let folder = Folder::new("funding");
    // Asked 62 s before ten, and declined 2 s later; asked again at 09:59:60 and answered 2 s later.
    let told = statement(&folder, &rows(0..5), &["--charges", "soft,ok,hard"]);
    assert_eq!((&told["admitted"], &told["closing"]), (&json!(3), &json!("17")));
    assert_eq!(told["charges"][0]["outcome"], "failed softly");
    assert_eq!(told["charges"][1]["kind"], "initial_funding");
    assert_eq!(told["notes"], json!(["of the 3 entries of --charges, the last 1 were not used"]));
    for plan in ["hard", "soft,hard", "never", "action"] {
        let ended = meter(&folder, &rows((0..4000).step_by(100)), &["--charges", plan]);
        assert_eq!(ended.status, 0, "{}", ended.err);
        assert!(
            ended.out.contains("the initial funding never succeeded: every row was refused"),
            "{}",
            ended.out
        );
        assert!(ended.out.contains("refused: out of order") && ended.out.contains("foots"), "{}", ended.out);
    }
    // Never acted on: after a day it is cancelled, and a minute later asked anew.
    let log = "2025-01-01T10:00:00Z,1\n2025-01-04T10:00:00Z,1\n";
    let told = statement(&folder, log, &["--charges", "action,ok"]);
    assert_eq!((&told["admitted"], &told["charges"][0]["outcome"]), (&json!(1), &json!("abandoned")));
    let told = statement(&folder, log, &["--charges", "never,ok"]);
    assert_eq!((&told["admitted"], &told["charges"][0]["outcome"]), (&json!(0), &json!("open")));
    let ended = meter(&folder, &rows(0..25), &["--charges", "ok,hard"]);
    assert!(ended.out.contains("paused at the end: a charge was declined for good"), "{}", ended.out);
}

#[test]
fn rows_out_of_order_are_counted_and_run_late_or_sorted() {
    let folder = Folder::new("order");
    let mixed = rows([0, 20, 10, 30]);
    let told = statement(&folder, &mixed, &[]);
    assert_eq!((&told["out_of_order"], &told["billed"]), (&json!(1), &json!("4")));
    let told = statement(&folder, &mixed, &["--sort"]);
    assert_eq!((&told["out_of_order"], &told["first"]), (&json!(1), &json!("2025-01-01T10:00:00Z")));
    // The fourth is later than the third, if not than the second.
    let told = statement(&folder, &rows([0, 20, 10, 15]), &[]);
    assert_eq!(told["out_of_order"], 1);
    let Ended { out, .. } = meter(&folder, &mixed, &["--sort"]);
    assert!(out.contains("the rows were sorted"), "{out}");
    let Ended { out, .. } = meter(&folder, &mixed, &[]);
    assert!(out.contains("1 row is earlier than the row before it: they run at the latest"), "{out}");
}

#[test]
fn places_in_flight_and_keys_are_bounded_by_the_policy() {
    let folder = Folder::new("bounds");
    let prices = folder.write("prices.toml", PRICES);
    let policy = folder.write("policy.toml", "id = \"small\"\nkeys_ever = 2\nplaces_in_flight = 4\n");
    let log = folder.write(
        "log.csv",
        "time,key,images,units\n1735725600,a,1,4\n1735725601,b,1,5\n1735725602,c,1,\n1735725603,b,1,0\n",
    );
    let ended = prepaid(&[
        "meter",
        &log,
        "--prices",
        &prices,
        "--policy",
        &policy,
        "--time",
        "time",
        "--item",
        "image",
        "--quantity",
        "images=images",
        "--key-column",
        "key",
        "--units-column",
        "units",
        "--json",
    ]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let told = ended.value();
    assert_eq!(told["admitted"], 2);
    let refused = json!([
        { "type": "too_many_in_flight", "requests": 1, "worth": "1" },
        { "type": "too_many_keys", "requests": 1, "worth": "1" },
    ]);
    assert_eq!(told["refused"], refused);
    assert_eq!(told["final_balance"], json!({ "posted": "18", "held": "0", "available": "18" }));
}

#[test]
fn settings_the_policy_refuses_end_the_run_before_it_begins() {
    let folder = Folder::new("settings");
    let ended = meter(&folder, &rows(0..3), &["--threshold", "2", "--log", &folder.place("journal")]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(
        ended.err.contains("set_top_up was refused") && ended.err.contains("threshold 2 must be above 2")
    );
    assert_eq!(folder.names(), ["log.csv", "prices.toml"]);
}

#[test]
fn a_price_list_in_another_currency_is_refused() {
    let folder = Folder::new("currency");
    let prices = folder.write("euro.toml", PRICES.replace("USD", "EUR"));
    let ended = meter(&folder, &rows(0..3), &["--threshold", "12"]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let log = folder.place("log.csv");
    let ended = prepaid(&[
        "meter",
        &log,
        "--prices",
        &prices,
        "--time",
        "time",
        "--item",
        "image",
        "--quantity",
        "images",
    ]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(
        ended.err.contains("euro.toml: field currency is EUR: must be the policy's, USD"),
        "{}",
        ended.err
    );
}

/// Past the test runner, which keeps what a passing test prints to itself.
fn say(what: &str) {
    drop(writeln!(std::io::stderr(), "{what}"));
}

/// Real logs, where they are: the two files of the Azure LLM inference trace 2023
/// (<https://github.com/Azure/AzurePublicDataset>), in the folder that `PREPAID_TRACES` names.
#[test]
#[expect(clippy::disallowed_methods, reason = "where the traces are is said outside")]
fn the_real_traces_foot() {
    let Some(folder) = std::env::var_os("PREPAID_TRACES") else {
        say("the_real_traces_foot: NOT RUN: PREPAID_TRACES names no folder with the real traces");
        return;
    };
    for (name, requests, billed) in
        [("azure-llm-2023-code.csv", 8_819, "57.868362"), ("azure-llm-2023-conv.csv", 19_366, "128.415585")]
    {
        let log = std::path::Path::new(&folder).join(name).to_string_lossy().into_owned();
        let ended = prepaid(&[
            "meter",
            &log,
            "--prices",
            "examples/prices/tokens.toml",
            "--time",
            "TIMESTAMP",
            "--item",
            "chat",
            "--quantity",
            "ContextTokens=input_tokens",
            "--quantity",
            "GeneratedTokens=output_tokens",
            "--json",
        ]);
        assert_eq!(ended.status, 0, "{name}: {}", ended.err);
        let told = ended.value();
        assert_eq!((&told["rows"], &told["admitted"]), (&json!(requests), &json!(requests)), "{name}");
        // 3.00 and 15.00 a million: reckoned from the sums of the columns by another program.
        assert_eq!(told["billed"], billed, "{name}");
        say(&format!("the_real_traces_foot: {name}: {requests} requests, {billed} billed"));
    }
}
