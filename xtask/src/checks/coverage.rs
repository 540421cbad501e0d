//! Every public item is documented, and every public function shows its use.
//!
//! Rustdoc's own `--show-coverage` counts neither methods of re-exported types nor names what lacks an example, so
//! the documentation is asked for as JSON and walked. Plain data (types, fields, variants, constants) needs words
//! only; a function, method or trait needs a code block that rustdoc runs or at least compiles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::house::House;
use crate::programs::{cargo, must_pass};

const PACKAGES: [&str; 2] = ["prepaid", "prepaid-key"];

/// Lines `package item: reason`: plain accessors whose use their type's example shows.
const ALLOWED: &str = "xtask/doc-examples.allow";

pub(super) fn run(house: &House) -> Result<()> {
    let allowed = allowed(house)?;
    let (mut faults, mut used) = (Vec::new(), BTreeSet::new());
    for package in PACKAGES {
        let lacking = examine(&documentation(house, package)?);
        if lacking.functions == 0 {
            bail!("found no public function in {package}: is rustdoc's JSON another than this check knows?");
        }
        faults.extend(lacking.words.iter().map(|item| format!("{package} {item}: not documented")));
        for item in lacking.example {
            let name = format!("{package} {item}");
            if allowed.contains_key(&name) {
                used.insert(name);
            } else {
                faults.push(format!("{name}: no example"));
            }
        }
        println!(
            "{package}: {} public functions and {} other public items looked at",
            lacking.functions, lacking.others
        );
    }
    let stale = allowed.keys().filter(|name| !used.contains(*name));
    faults.extend(stale.map(|name| format!("{name}: stands in {ALLOWED} and needs no leave")));
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!(
            "{} public items lack words or an example; a plain accessor may stand in {ALLOWED}",
            faults.len()
        );
    }
    Ok(())
}

fn allowed(house: &House) -> Result<BTreeMap<String, String>> {
    let text =
        fs::read_to_string(house.root.join(ALLOWED)).with_context(|| format!("cannot read {ALLOWED}"))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.split_once(": ") {
            Some((item, reason)) if !reason.trim().is_empty() => Ok((item.to_string(), reason.to_string())),
            _ => bail!("{ALLOWED} has a line without a reason (`package item: reason`): {line}"),
        })
        .collect()
}

/// Rustdoc's JSON. It is an unstable output of the stable compiler, and the variable that unlocks it makes build
/// scripts run again, so it is built in a place of its own.
fn documentation(house: &House, package: &str) -> Result<Value> {
    let place = house.target.join("xtask").join("doc-coverage");
    let mut command = cargo(house, &["rustdoc", "-p", package, "--lib", "--"]);
    command.args(["-Z", "unstable-options", "--output-format", "json"]);
    must_pass(command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", &place))?;
    let file = place.join("doc").join(format!("{}.json", package.replace('-', "_")));
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

/// What an examination found: how much there was to look at, and which items lack something.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lacking {
    functions: usize,
    others: usize,
    words: BTreeSet<String>,
    example: BTreeSet<String>,
}

fn examine(documentation: &Value) -> Lacking {
    let mut lacking = Lacking::default();
    let owners = owners(documentation);
    for (id, item) in own_items(documentation) {
        let (Some(kind), Some(name)) = (kind(item), text(item, "/name")) else {
            continue;
        };
        let owner = owners.get(id);
        let is_data_position = name.parse::<u32>().is_ok();
        if matches!(kind, "impl" | "use") || is_data_position || owner.is_some_and(Option::is_none) {
            continue;
        }
        let shown =
            owner.and_then(Option::as_ref).map_or_else(|| name.into(), |owner| format!("{owner}::{name}"));
        let words = text(item, "/docs").unwrap_or("");
        if words.trim().is_empty() {
            lacking.words.insert(shown.clone());
        }
        if kind == "function" {
            lacking.functions += 1;
        } else {
            lacking.others += 1;
        }
        let is_root = item.pointer("/inner/module/is_crate").is_some_and(|root| root == true);
        if (matches!(kind, "function" | "trait" | "macro") || is_root) && !has_example(words) {
            lacking.example.insert(shown);
        }
    }
    lacking
}

/// The items of the documented crate itself; what it depends on is in the same table.
fn own_items(documentation: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let index = documentation.pointer("/index").and_then(Value::as_object);
    index.into_iter().flatten().filter(|(_, item)| item.pointer("/crate_id").is_some_and(|id| id == 0))
}

fn kind(item: &Value) -> Option<&str> {
    item.pointer("/inner")?.as_object()?.keys().next().map(String::as_str)
}

/// For each member of a type, variant or trait, the name it is known under; `None` for what an implementation of a
/// trait brings, because its words stand at the trait.
fn owners(documentation: &Value) -> BTreeMap<String, Option<String>> {
    let mut owners = BTreeMap::new();
    for (_, item) in own_items(documentation) {
        let name = text(item, "/name").map(String::from);
        let lists = [
            ("/inner/impl/items", owner_of_impl(item)),
            ("/inner/trait/items", name.clone()),
            ("/inner/enum/variants", name.clone()),
            ("/inner/struct/kind/plain/fields", name.clone()),
            ("/inner/variant/kind/struct/fields", name.clone()),
            ("/inner/union/fields", name),
        ];
        for (place, owner) in lists {
            let members = item.pointer(place).and_then(Value::as_array).into_iter().flatten();
            owners.extend(members.map(|id| (id.to_string(), owner.clone())));
        }
    }
    owners
}

fn owner_of_impl(item: &Value) -> Option<String> {
    if item.pointer("/inner/impl/trait").is_some_and(|implemented| !implemented.is_null()) {
        return None;
    }
    let path = text(item, "/inner/impl/for/resolved_path/path").unwrap_or("impl");
    path.rsplit("::").next().map(String::from)
}

fn text<'a>(item: &'a Value, place: &str) -> Option<&'a str> {
    item.pointer(place).and_then(Value::as_str)
}

/// Whether the words hold a code block that rustdoc compiles: its fence says nothing, or that it is Rust.
fn has_example(words: &str) -> bool {
    let mut open = false;
    for line in words.lines().map(str::trim_start) {
        let Some(tags) = line.strip_prefix("```") else {
            continue;
        };
        if !open && tags.split([',', ' ']).all(is_rust) {
            return true;
        }
        open = !open;
    }
    false
}

fn is_rust(tag: &str) -> bool {
    matches!(tag, "" | "rust" | "should_panic" | "no_run" | "compile_fail") || tag.starts_with("edition")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_block_that_rustdoc_compiles_is_an_example() {
        assert!(has_example("Words.\n\n```\nlet x = 1;\n```"));
        assert!(has_example("```text\nno\n```\nand\n```rust,no_run\nyes();\n```"));
        assert!(!has_example("```text\nno\n```"));
        assert!(!has_example("```ignore\nno\n```"));
        assert!(!has_example("`inline`"));
    }

    #[test]
    fn members_of_a_trait_implementation_need_nothing() {
        let documentation = serde_json::json!({ "index": {
            "1": { "crate_id": 0, "name": null, "docs": null,
                   "inner": { "impl": { "trait": {}, "items": [2] } } },
            "2": { "crate_id": 0, "name": "fmt", "docs": null, "inner": { "function": {} } },
            "3": { "crate_id": 0, "name": null, "docs": null,
                   "inner": { "impl": { "trait": null, "for": { "resolved_path": { "path": "a::Amount" } }, "items": [4] } } },
            "4": { "crate_id": 0, "name": "units", "docs": "The units.", "inner": { "function": {} } },
            "5": { "crate_id": 7, "name": "foreign", "docs": null, "inner": { "function": {} } },
        }});
        let lacking = examine(&documentation);
        assert_eq!(lacking.example, BTreeSet::from(["Amount::units".to_string()]));
        assert!(lacking.words.is_empty());
        assert_eq!((lacking.functions, lacking.others), (1, 0));
    }
}
