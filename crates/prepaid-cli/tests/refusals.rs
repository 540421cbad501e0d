//! What is refused: with file, line, field, value and what would be right, before anything is done.
#![expect(clippy::expect_used, reason = "tests")]

mod program;

use program::{Folder, prepaid};

const OPEN: &str = r#"{"at": "2025-01-01T00:00:00Z", "actor": "owner", "command": {"type": "open", "account": "10000000-0000-4000-8000-000000000001", "owner": "20000000-0000-4000-8000-000000000001"}}"#;

/// A line with this command in it.
fn line(actor: &str, command: &str) -> String {
    format!(r#"{{"at": "2025-01-01T00:00:00Z", "actor": "{actor}", "command": {command}}}"#)
}

/// A payment method with one field as given.
fn link(field: &str) -> String {
    let good = r#"{"type": "link_payment_method", "token": "pm_1", "brand": "visa", "last_four": "4242", "expires": "2027-03"}"#;
    let name = field.split(':').next().unwrap_or_default();
    let parts: Vec<String> = good
        .trim_matches(['{', '}'])
        .split(", ")
        .map(|part| if part.starts_with(name) { field.to_string() } else { part.to_string() })
        .collect();
    line("owner", &format!("{{{}}}", parts.join(", ")))
}

/// Lines that are wrong around the command or in its amounts, and what is said of them.
fn wrong_around() -> Vec<(String, &'static str)> {
    vec![
        ("no JSON".into(), "the line is no JSON object"),
        ("[1]".into(), "the line is [1]: must be an object"),
        (r#"{"actor": "clock", "command": {"type": "tick"}}"#.into(), "field at is missing"),
        (OPEN.replace("01T00:00:00Z", "01"), r#"field at: "2025-01-01" must be an RFC 3339 time"#),
        (OPEN.replace("\"at\"", "\"att\""), "field att is unknown: must be one of"),
        (line("ownr", r#"{"type": "tick"}"#), r#"field actor: "ownr" must be one of owner, operator"#),
        (
            line("owner", r#"{"type": "opn"}"#),
            r#"field command.type: "opn" is unknown: must be one of the known names; did you mean open?"#,
        ),
        (line("owner", r#"{"amount": "5"}"#), "field command.type is missing: must be one of open"),
        (
            line("owner", r#"{"type": "top_up", "amount": "1e3"}"#),
            r#"field command.amount: "1e3" must be written as digits[.digits]"#,
        ),
        (
            line("owner", r#"{"type": "top_up", "amount": 5}"#),
            r#"field command.amount is 5: must be an amount as text, such as "10.00""#,
        ),
        (
            line("owner", r#"{"type": "top_up", "amount": "-5"}"#),
            r#"field command.amount: "-5" must not be negative"#,
        ),
        (line("owner", r#"{"type": "top_up"}"#), "field command.amount is missing: must be an amount"),
        (
            line("owner", r#"{"type": "top_up", "amount": "5", "currency": "USD"}"#),
            "field command.currency is unknown",
        ),
        (
            line("owner", r#"{"type": "top_up", "amount": "5", "amount": "6"}"#),
            "field amount is there twice: must be there once",
        ),
    ]
}

/// Lines whose commands are wrong within, and what is said of them.
fn wrong_within() -> Vec<(String, &'static str)> {
    vec![
        (
            line(
                "operator",
                r#"{"type": "issue_grant", "grant": "x", "amount": "5", "source": "gift", "priority": 40000}"#,
            ),
            "field command.priority is 40000: must be a whole number from -32768 to 32767",
        ),
        (
            line("owner", r#"{"type": "limit_key", "key": "x", "limit": {"amount": "5", "window": "year"}}"#),
            r#"field command.limit.window: "year" must be one of day, week, month"#,
        ),
        (
            line("owner", r#"{"type": "set_top_up", "monthly_cap": 5}"#),
            "field command.monthly_cap is 5: must be an amount as text",
        ),
        (
            line("provider", r#"{"type": "close_dispute", "dispute": "dp_1", "outcome": "drawn"}"#),
            r#"field command.outcome: "drawn" must be one of won, lost"#,
        ),
        (
            line("owner", r#"{"type": "accept_terms", "version": "", "by": "Ada"}"#),
            "field command.version: must not be empty",
        ),
        (
            line("provider", r#"{"type": "charge_cancelled", "charge": -1}"#),
            "field command.charge is -1: must be a whole number from 1",
        ),
        (
            line("gateway", r#"{"type": "charge_call", "call": "x", "key": "y", "quote": {}}"#),
            r#"field command.call: "x" must be a UUID"#,
        ),
        (
            line(
                "gateway",
                r#"{"type": "charge_call", "call": "40000000-0000-4000-8000-000000000001", "key": "30000000-0000-4000-8000-000000000001", "quote": {"amount": "1"}}"#,
            ),
            "field command.quote.reference is missing",
        ),
        (
            line(
                "gateway",
                r#"{"type": "charge_call", "call": "40000000-0000-4000-8000-000000000001", "key": "30000000-0000-4000-8000-000000000001", "quote": {"item": "x", "quantities": {"images": 1.5}}}"#,
            ),
            "field command.quote.quantities.images is 1.5: must be a whole number",
        ),
        (
            OPEN.replace("\"command\"", "\"expect\": [\"opened\"], \"command\""),
            r#"field expect.events: "opened" is unknown"#,
        ),
        (
            OPEN.replace("\"command\"", "\"expect\": {\"rejected\": \"dept\"}, \"command\""),
            "did you mean debt?",
        ),
        (
            OPEN.replace("\"command\"", "\"expect\": {\"balance\": {\"posted\": 1}}, \"command\""),
            "field expect.balance.posted is 1",
        ),
        (link(r#""expires": "2027-13""#), r#"field command.expires: "2027-13" must be a year and a month"#),
        // What might be a secret in the wrong field is not repeated.
        (link(r#""last_four": "4242424242424242""#), "field command.last_four: must be exactly four digits"),
        (link(r#""token": "4242 4242 4242 4242""#), "field command.token: must not be a card number"),
        (link(r#""brand": "4242 4242 4242 4242""#), "field command.brand: must not be a card number"),
    ]
}

#[test]
fn every_faulty_line_of_a_script_is_told_and_nothing_runs() {
    let folder = Folder::new("refused-lines");
    for (bad, said) in wrong_around().into_iter().chain(wrong_within()) {
        let script = folder.write("script.jsonl", format!("{OPEN}\n\n{bad}\n{OPEN}\n{bad}\n"));
        let ended = prepaid(&["play", &script, "--log", &folder.place("log.jsonl")]);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{bad}: {}", ended.err);
        for number in [3, 5] {
            let place = format!("script.jsonl:{number}: ");
            let told = ended.err.lines().any(|line| line.contains(&place) && line.contains(said));
            assert!(told, "{bad}: {said:?} is not told for line {number} in\n{}", ended.err);
        }
        assert!(!ended.err.contains("4242"), "a card number came back: {}", ended.err);
        assert_eq!(folder.names(), ["script.jsonl"], "something was written");
    }
}

#[test]
fn so_many_faults_are_told_and_no_more() {
    let folder = Folder::new("many");
    let script = folder.write("script.jsonl", "no JSON\n".repeat(100));
    let ended = prepaid(&["play", &script]);
    assert_eq!((ended.status, ended.err.lines().count()), (2, 21));
    assert!(ended.err.contains("at least one more fault"), "{}", ended.err);
}

const PRICES: &str = "\
currency = \"USD\"

[[version]]
from = \"2025-01-01T00:00:00Z\"

[version.items]
image.images = { price = \"0.03\" }
chat.tokens = { price = \"3.00\", per = 1000000 }
";

#[test]
fn a_faulty_price_list_is_refused_with_its_line() {
    let rows = [
        ("\"USD\"", "\"usd\"", 1, "currency: \"usd\" must be three upper-case letters"),
        ("currency =", "currencies =", 1, "field currencies is unknown: must be one of currency, version"),
        (
            "\"0.03\"",
            "\"-0.03\"",
            7,
            "field version[1].items.image.images.price: \"-0.03\" must not be negative",
        ),
        (
            "\"0.03\"",
            "0.03",
            7,
            "field version[1].items.image.images.price is 0.03: must be an amount as text",
        ),
        ("\"0.03\"", "\"0.0000000000003\"", 7, "has more than 12 fractional digits"),
        ("per = 1000000", "per = 7", 8, "field price: version 1, item chat, tokens: 3 per 7 is not exact"),
        ("per = 1000000", "per = 0", 8, "tokens.per is 0: must be at least 1"),
        ("per =", "each =", 8, "field version[1].items.chat.tokens.each is unknown"),
        ("T00:00:00Z\"\n", "\"\n", 4, "from: \"2025-01-01\" must be an RFC 3339 time"),
        ("\"2025-01-01T00:00:00Z\"", "2025-01-01T00:00:00Z", 4, "without quotes: must be text"),
        (
            "\n[version.items]",
            "until = \"2024-01-01T00:00:00Z\"\n[version.items]",
            5,
            "field until: version 1",
        ),
        (
            "image.images = { price = \"0.03\" }",
            "image = {}",
            7,
            "field items: version 1, item image: must have at least one",
        ),
        ("= \"USD\"", "= ", 1, "is no TOML"),
    ];
    let folder = Folder::new("prices");
    let script = folder.write("script.jsonl", OPEN);
    for (good, bad, line, said) in rows {
        assert!(PRICES.contains(good), "{good}");
        let prices = folder.write("prices.toml", PRICES.replacen(good, bad, 1));
        let ended = prepaid(&["play", &script, "--prices", &prices]);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{bad}");
        let place = format!("prices.toml:{line}: ");
        let told = ended.err.lines().any(|told| told.contains(&place) && told.contains(said));
        assert!(told, "{bad}: {place}{said:?} is not in\n{}", ended.err);
    }
    let bare = PRICES.split("image.").next().unwrap_or_default();
    let ended = prepaid(&["play", &script, "--prices", &folder.write("prices.toml", bare)]);
    let said = "prices.toml:6: field items: version 1: must have at least one item";
    assert!(ended.status == 2 && ended.err.contains(said), "{}", ended.err);
    let unit = folder.write("policy.toml", "charge_unit = \"0\"\n");
    assert_eq!(prepaid(&["play", &script, "--policy", &unit]).err.lines().count(), 1);
    let twice = PRICES.replacen("currency = \"USD\"\n", "", 1);
    let prices = folder.write("prices.toml", format!("{PRICES}{twice}"));
    let ended = prepaid(&["play", &script, "--prices", &prices]);
    let said = "prices.toml:11: field from: version 2: overlaps the version before it";
    assert!(ended.status == 2 && ended.err.contains(said), "{}", ended.err);
    let prices = folder.write("prices.toml", "currency = \"USD\"\nversion = []\n");
    assert!(
        prepaid(&["play", &script, "--prices", &prices])
            .err
            .contains("prices.toml:2: field version: at least one")
    );
}

#[test]
fn a_faulty_policy_is_refused_with_its_line_and_all_its_faults() {
    let folder = Folder::new("policies");
    let script = folder.write("script.jsonl", OPEN);
    let rows = [
        (
            "policy.toml",
            "id = \"mine\"\nkeys_ever = 0\nhold = \"0s\"\n",
            "policy.toml:2: field keys_ever is 0: must be at least 1",
        ),
        (
            "policy.toml",
            "id = \"mine\"\nkeys_ever = 0\nhold = \"0s\"\n",
            "policy.toml:3: field hold is 0s: must be longer than nothing",
        ),
        (
            "policy.toml",
            "\nhold = \"soon\"\n",
            "policy.toml:2: field hold: \"soon\" must be a number and a unit",
        ),
        ("policy.toml", "keys = 5\n", "policy.toml:1: field keys is unknown"),
        ("policy.json", "{\n\"keys_ever\": 0}", "policy.json:2: field keys_ever is 0: must be at least 1"),
        (
            "policy.json",
            "{\n\n\"hold\": \"soon\"}",
            "policy.json:3: field hold: \"soon\" must be a number and a unit",
        ),
        (
            "policy.json",
            "{\n\"gap\": {\"over\": \"1\"}}",
            "policy.json:2: field gap: must have the fields of {above} or {from}",
        ),
        ("policy.json", "{\n\"target\": 20}", "policy.json:2: field target is 20: must be an amount as text"),
        ("policy.json", "{\n\"id\": \"x\",\n}", "policy.json:3: "),
        (
            "policy.toml",
            "threshold = \"1\"\ntarget = \"5\"\n",
            "policy.toml:1: field threshold is 1: must be",
        ),
        ("policy.toml", "threshold = \"1\"\ntarget = \"5\"\n", "policy.toml:2: field target is 5: must be"),
        ("policy.yaml", "", "option --policy is"),
    ];
    for (name, text, said) in rows {
        let policy = folder.write(name, text);
        let ended = prepaid(&["play", &script, "--policy", &policy]);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{text}");
        assert!(ended.err.contains(said), "{said:?} is not in\n{}", ended.err);
    }
    for (name, text) in
        [("policy.toml", "id = \"mine\"\nthreshold = \"15\"\n"), ("policy.json", "{\"id\": \"mine\"}")]
    {
        let policy = folder.write(name, text);
        assert_eq!(prepaid(&["play", &script, "--policy", &policy]).status, 0, "{text}");
    }
}

const LOG: &str = "time,key,item,images,units\n\
2025-03-01 10:00:00,a,image,1,\n\
2025-03-01 10:00:01,b,image,2,1\n\
2025-03-01 10:00:02,a,image,3,\n";

#[test]
fn a_malformed_request_log_is_refused_with_line_and_column() {
    let rows = [
        ("10:00:01,b", "ten,b", 3, r#"column "time": "2025-03-01 ten" must be a time such as"#),
        ("10:00:01,b", "10:00:01,", 3, r#"column "key": "" must not be empty"#),
        ("image,2", "image,two", 3, r#"column "images": "two" must be a whole number that is not negative"#),
        ("image,2", "image,-2", 3, r#"column "images": "-2" must be a whole number"#),
        ("image,2", "image,", 3, r#"column "images": item image needs a number of images"#),
        ("image,2", "picture,2", 3, r#"column "item": item "picture" has no price at"#),
        ("2,1\n", "2,70000\n", 3, r#"column "units": "70000" must be a whole number from 0 to 65535"#),
        ("image,3,", "image,3", 4, "the line has 4 cells: must have 5, as the header"),
        ("2025-03-01 10:00:00", "2024-03-01 10:00:00", 2, "no prices apply at 2024-03-01T10:00:00Z"),
        ("time,", "when,", 1, r#"column "time" of option --time is missing: must be one of when, key"#),
        ("key,item", "key,key", 1, r#"column "key" is there twice"#),
    ];
    let folder = Folder::new("logs");
    let prices = folder.write("prices.toml", PRICES);
    let meter = |log: &str| {
        let place = folder.place("log.jsonl");
        let columns = ["--time", "time", "--item-column", "item", "--quantity", "images=images"];
        let more = ["--key-column", "key", "--units-column", "units", "--prices", &prices, "--log", &place];
        prepaid(&[["meter", log].as_slice(), &columns, &more].concat())
    };
    for (good, bad, line, said) in rows {
        assert!(LOG.contains(good), "{good}");
        let log = folder.write("log.csv", LOG.replacen(good, bad, 1));
        let ended = meter(&log);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{bad}: {}", ended.err);
        let place = format!("log.csv:{line}: ");
        let told = ended.err.lines().any(|told| told.contains(&place) && told.contains(said));
        assert!(told, "{bad}: {place}{said:?} is not in\n{}", ended.err);
        assert_eq!(folder.names(), ["log.csv", "prices.toml"], "something was written");
    }
    let log = folder.write("log.csv", "time,key,item,images,units\n");
    assert!(meter(&log).err.contains("there is no row"));
    let log = folder.write("log.csv", LOG);
    assert_eq!(meter(&log).status, 0);
    assert_eq!(folder.names(), ["log.csv", "log.jsonl", "prices.toml"]);
}

#[test]
fn empty_files_folders_open_quotes_and_long_values_are_said_as_such() {
    let folder = Folder::new("odd");
    let prices = folder.write("prices.toml", PRICES);
    let meter = |log: &str| {
        prepaid(&[
            "meter",
            log,
            "--prices",
            &prices,
            "--time",
            "time",
            "--item",
            "image",
            "--quantity",
            "images",
        ])
    };
    let rows = [
        ("", "log.csv: the file is empty: must have a header line"),
        (
            "time,images\n2025-03-01 10:00:00,\"1\n2025-03-01 10:00:00,1\n",
            "log.csv:2: a quote is opened and not closed",
        ),
    ];
    for (text, said) in rows {
        let ended = meter(&folder.write("log.csv", text));
        assert!(ended.status == 2 && ended.err.contains(said), "{}", ended.err);
    }
    let ended = meter(&folder.place("."));
    assert!(ended.status == 2 && ended.err.contains("is a directory"), "{}", ended.err);
    let ended = meter(&folder.write("log.csv", format!("time,images\n{},1\n", "x".repeat(500))));
    assert!(ended.err.contains(&format!("{}…", "x".repeat(60))) && ended.err.len() < 500, "{}", ended.err);
    let ended = prepaid(&["play", &folder.write("script.jsonl", "\n")]);
    assert!(ended.status == 2 && ended.err.contains("the file is empty"), "{}", ended.err);
    assert_eq!(prepaid(&["play", &folder.write("script.jsonl", format!("\u{feff}{OPEN}"))]).status, 0);
    let script = folder.write("script.jsonl", OPEN);
    let policy = folder.write("policy.json", "\u{feff}{}");
    assert_eq!(prepaid(&["play", &script, "--policy", &policy]).status, 0);
}

#[test]
fn files_that_are_not_there_are_named() {
    let ended = prepaid(&["play", "nowhere.jsonl"]);
    assert!(ended.status == 2 && ended.err.starts_with("cannot read nowhere.jsonl"), "{}", ended.err);
    let folder = Folder::new("places");
    let script = folder.write("script.jsonl", OPEN);
    let ended = prepaid(&["play", &script, "--log", &folder.place("no/such/log.jsonl")]);
    assert!(ended.status == 2 && ended.err.starts_with("cannot write"), "{}", ended.err);
    let script = folder.write("script.jsonl", b"{\n\xff}");
    let ended = prepaid(&["play", &script]);
    assert!(ended.err.contains("script.jsonl:2: must be UTF-8"), "{}", ended.err);
    assert_eq!(prepaid(&["play"]).status, 2);
    let help = prepaid(&["meter", "--help"]);
    assert!(help.status == 0 && help.out.contains("Example:"));
    serde_json::from_str::<serde_json::Value>(&prepaid(&["schema"]).out).expect("JSON");
}
