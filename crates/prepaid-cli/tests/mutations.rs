//! Valid input with something broken in it: never a panic, always an error that says where, nothing half done.
#![expect(clippy::arithmetic_side_effects, clippy::expect_used, reason = "tests")]

mod program;

use program::{Ended, Folder, Numbers, prepaid, text_of};
use serde_json::{Value, json};

const ROUNDS: usize = 150;

/// Bytes that matter to the parsers, and some that matter to none.
const BYTES: &[u8] = b"\"{}[],:=\n\r\\'#.-+0199eTZ \t\0\xff\xc3a";

/// Changes, removes, doubles or adds a few bytes.
fn broken(text: &str, numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        let new = *numbers.pick(BYTES);
        match numbers.below(4) {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, new),
            2 => bytes.splice(at..=at, [new]).for_each(drop),
            _ => {
                let to = (at + numbers.below(40)).min(bytes.len());
                let piece = bytes.get(at..to).unwrap_or_default().to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

/// What people who write files need not know.
const RUST: &[&str] = &[
    "expected u",
    "expected i",
    "expected struct",
    "struct ",
    "unit variant",
    "newtype",
    "sequence",
    " map",
    "tuple",
    "PolicyNumbers",
    "PriceListNumbers",
    "UnitPrice",
    "LowerBound",
    "invalid type",
    "data did not match",
];

/// What every run owes: a known status, no panic, and, when refused, a place and nothing written.
fn judged(ended: &Ended, file: &str, folder: &Folder, what: &str) {
    let Ended { status, out, err } = ended;
    assert!((0..=2).contains(status), "{what}: status {status}");
    assert!(!err.contains("panicked"), "{what}: {err}");
    let has_log = folder.names().iter().any(|name| name.contains("log.jsonl"));
    if *status == 2 {
        assert_eq!(out, "", "{what}: something was told before it was refused");
        assert!(!has_log, "{what}: a log was written: {:?}", folder.names());
        let place = format!("{file}:");
        let placed = err.lines().all(|line| line.contains(&place) || line.contains("cannot be set up"));
        assert!(placed && !err.is_empty(), "{what}: no place in {err}");
        for word in RUST {
            assert!(!err.contains(word), "{what}: {word:?} is said in {err}");
        }
    } else {
        assert!(has_log, "{what}: no log was written");
        folder.remove("log.jsonl");
    }
}

#[test]
fn scripts_with_broken_bytes() {
    let folder = Folder::new("broken-scripts");
    let (text, mut numbers) = (text_of("examples/first-day.jsonl"), Numbers(1));
    for round in 0..ROUNDS {
        let script = folder.write("script.jsonl", broken(&text, &mut numbers));
        let ended = prepaid(&["play", &script, "--log", &folder.place("log.jsonl")]);
        judged(&ended, "script.jsonl", &folder, &format!("round {round}"));
    }
}

#[test]
fn customers_with_broken_bytes() {
    let folder = Folder::new("broken-customers");
    let (text, mut numbers) = (text_of("examples/customers/sample.jsonl"), Numbers(7));
    for round in 0..ROUNDS {
        let customers = folder.write("customers.jsonl", broken(&text, &mut numbers));
        let log = folder.place("log.jsonl");
        let ended = prepaid(&["import", &customers, "--at", "2025-03-01T00:00:00Z", "--log", &log]);
        judged(&ended, "customers.jsonl", &folder, &format!("round {round}"));
    }
}

#[test]
fn logs_with_broken_bytes_are_explained_or_refused() {
    let folder = Folder::new("broken-logs");
    let log = folder.place("whole.jsonl");
    assert_eq!(prepaid(&["play", "examples/scripts/closing.jsonl", "--log", &log]).status, 0);
    let (text, mut numbers) = (folder.read("whole.jsonl"), Numbers(8));
    for round in 0..ROUNDS {
        let log = folder.write("log.jsonl", broken(&text, &mut numbers));
        let Ended { status, out, err } = prepaid(&["explain", &log, "--at", "2025-01-05T00:00:00Z"]);
        assert!(status == 0 || status == 2, "round {round}: status {status}, {err}");
        assert!(!err.contains("panicked"), "round {round}: {err}");
        let placed = err.contains("log.jsonl:") && out.is_empty();
        assert!(status == 0 || placed, "round {round}: no place in {err}");
    }
}

/// Every path to a field of a JSON value.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    if let Value::Object(object) = value {
        for (name, inner) in object {
            let path = format!("{at}/{name}");
            paths(inner, &path, found);
            found.push(path);
        }
    }
}

/// Puts something else in the place of one field, or an unknown field beside it. Which field, and whether it must be
/// refused: what fits nowhere must be.
fn with_a_broken_field(line: &mut Value, numbers: &mut Numbers) -> (String, bool) {
    let mut found = Vec::new();
    paths(line, "", &mut found);
    let path = numbers.pick(&found).clone();
    let name = path.rsplit('/').next().unwrap_or_default().to_string();
    let (parent, _) = path.rsplit_once('/').expect("a path has a parent");
    let junk = [
        json!(null),
        json!(-1),
        json!(1.5),
        json!([[]]),
        json!({"x": {}}),
        json!(""),
        json!("\u{7}"),
        json!(true),
    ];
    match numbers.below(3) {
        0 => {
            let object = line.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
            object.remove(&name);
            (name, false)
        }
        1 => {
            let object = line.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
            object.insert("surprise".into(), json!(1));
            let quantities = parent.ends_with("quantities");
            ("surprise".into(), !quantities)
        }
        _ => {
            let place = line.pointer_mut(&path).expect("the field is there");
            *place = numbers.pick(&junk).clone();
            let hopeless = matches!(place, Value::Array(_)) && name != "expect";
            (name, hopeless)
        }
    }
}

#[test]
fn scripts_with_a_broken_field_are_refused_with_line_and_field() {
    let folder = Folder::new("broken-fields");
    let text = ["examples/first-day.jsonl", "examples/scripts/expired-hold.jsonl"].map(text_of).concat();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (mut numbers, mut refused) = (Numbers(2), 0);
    for round in 0..ROUNDS * 2 {
        let number = numbers.below(lines.len());
        let mut lines = lines.clone();
        let line = lines.get_mut(number).expect("within the script");
        let (field, must_be_refused) = with_a_broken_field(line, &mut numbers);
        let what = format!("round {round}, field {field} of {line}");
        let script: Vec<String> = lines.iter().map(Value::to_string).collect();
        let script = folder.write("script.jsonl", script.join("\n"));
        let ended = prepaid(&["play", &script, "--log", &folder.place("log.jsonl")]);
        judged(&ended, "script.jsonl", &folder, &what);
        assert!(ended.status == 2 || !must_be_refused, "{what}: accepted");
        if ended.status == 2 {
            refused += 1;
            let place = format!("script.jsonl:{}: ", number + 1);
            let told = ended.err.lines().any(|told| told.contains(&place) && told.contains(&field));
            assert!(told, "{what}: no line or no field in {}", ended.err);
        }
    }
    assert!(refused > ROUNDS, "only {refused} were refused");
}

#[test]
fn price_lists_with_broken_bytes() {
    let folder = Folder::new("broken-prices");
    let script = folder.write("script.jsonl", text_of("examples/first-day.jsonl"));
    let text = text_of("examples/prices/ideogram.toml");
    let text = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let mut numbers = Numbers(3);
    for round in 0..ROUNDS {
        let prices = folder.write("prices.toml", broken(&text, &mut numbers));
        let ended = prepaid(&["play", &script, "--prices", &prices, "--log", &folder.place("log.jsonl")]);
        judged(&ended, "prices.toml", &folder, &format!("round {round}"));
    }
}

#[test]
fn policies_with_broken_bytes() {
    let folder = Folder::new("broken-policies");
    let script = folder.write("script.jsonl", text_of("examples/first-day.jsonl"));
    let numbers_of = prepaid::PolicyNumbers::documented();
    let json = serde_json::to_string_pretty(&numbers_of).expect("JSON");
    let toml = "id = \"mine\"\ncurrency = \"USD\"\nthreshold = \"10\"\ntarget = \"20\"\n\
                threshold_min = { above = \"2\" }\nretries = [\"1h\", \"24h\"]\nkeys_ever = 100\ntop_up_enabled = true\n";
    let mut numbers = Numbers(4);
    for round in 0..ROUNDS {
        for (name, text) in [("policy.json", json.as_str()), ("policy.toml", toml)] {
            let policy = folder.write(name, broken(text, &mut numbers));
            let ended = prepaid(&["play", &script, "--policy", &policy, "--log", &folder.place("log.jsonl")]);
            judged(&ended, name, &folder, &format!("round {round}"));
        }
    }
}

/// Every field of a policy or price list with something else in its place, in TOML and in JSON.
#[test]
fn damaged_fields_of_policies_and_price_lists_are_named() {
    let folder = Folder::new("damaged");
    let script = folder.write("script.jsonl", text_of("examples/first-day.jsonl"));
    let policy = serde_json::to_value(prepaid::PolicyNumbers::published_2026()).expect("JSON");
    let names: Vec<&String> = policy.as_object().expect("an object").keys().collect();
    let damages = ["-1", "1.5", "70000000", "[]", "[\"0.02\"]", "{ x = 1 }", "\"\"", "2024-04-20"];
    for name in names {
        for damage in damages {
            if name == "retries" && damage == "[]" {
                continue;
            }
            let file = folder.write("policy.toml", format!("# mine\n{name} = {damage}\n"));
            let ended = prepaid(&["play", &script, "--policy", &file, "--log", &folder.place("log.jsonl")]);
            judged(&ended, "policy.toml", &folder, damage);
            let said = format!("policy.toml:2: field {name}");
            assert!(ended.status == 2 && ended.err.contains(&said), "{name} = {damage}: {}", ended.err);
            if damage.contains(['x', '2']) {
                continue;
            }
            let file = folder.write("policy.json", format!("{{\n\"{name}\": {damage}}}"));
            let ended = prepaid(&["play", &script, "--policy", &file, "--log", &folder.place("log.jsonl")]);
            judged(&ended, "policy.json", &folder, damage);
            let said = format!("policy.json:2: field {name}");
            assert!(ended.status == 2 && ended.err.contains(&said), "{name} = {damage}: {}", ended.err);
        }
    }
    let file = folder.write("policy.json", "[\"mine\"]");
    let ended = prepaid(&["play", &script, "--policy", &file]);
    assert!(ended.status == 2 && ended.err.contains("must be an object"), "{}", ended.err);
    let list = |images: &str| {
        format!(
            "currency = \"USD\"\n[[version]]\nfrom = \"2020-01-01T00:00:00Z\"\nitems.image.images = {images}\n"
        )
    };
    for (images, said) in [
        ("[\"0.02\"]", "field version[1].items.image.images is [\"0.02\"]: must be a table"),
        ("{ price = 0.02 }", "price is 0.02: must be an amount as text, such as \"10.00\""),
        ("{ price = \"1\", per = 0 }", "per is 0: must be at least 1"),
    ] {
        let file = folder.write("prices.toml", list(images));
        let ended = prepaid(&["play", &script, "--prices", &file, "--log", &folder.place("log.jsonl")]);
        judged(&ended, "prices.toml", &folder, images);
        assert!(ended.err.contains("prices.toml:4: ") && ended.err.contains(said), "{}", ended.err);
    }
}

#[test]
fn request_logs_with_broken_bytes() {
    let folder = Folder::new("broken-logs");
    let text: Vec<String> = text_of("examples/logs/sample.csv").lines().take(40).map(String::from).collect();
    let text = text.join("\n");
    let mut numbers = Numbers(5);
    for round in 0..ROUNDS * 2 {
        let log = folder.write("log.csv", broken(&text, &mut numbers));
        let journal = folder.place("log.jsonl");
        let ended = prepaid(&[
            "meter",
            &log,
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
            "--log",
            &journal,
        ]);
        judged(&ended, "log.csv", &folder, &format!("round {round}"));
    }
}
