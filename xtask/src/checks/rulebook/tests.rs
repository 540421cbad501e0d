//! A rulebook of two rules that is as it should be, and every way in which it could not be.

use super::*;

const RULES: &str = "\
## E. Auto top-up
- E1 It fires. [seed]
- F3b Resolved by the operator, as [a page](a.md) says.
  More of it. [peer, own]

## Where each rule lives

| rule | where | tests |
|---|---|---|
| E1 | `Word` in `top_up.rs`: `fires`; `prepaid-key`: `Secret` | `e1_…` in `e_top_up.rs`; property `l1_all`; the check `tidy` |
| F3b | `top_up.rs` `fires` | `f3b_…` in `e_top_up.rs`; `crates/prepaid-key/tests/` `vectors.rs` |
";

const TESTS_OF_BOTH: &str = "\
#[test]
fn e1_fires() {}
#[test]
#[should_panic]
fn f3b_is_resolved() {}
fn helper() {}
";

fn sound() -> Book {
    let files = [
        ("src/top_up.rs", "pub(crate) fn fires() {}\nstruct Word;\n// fn gone() {}\n"),
        ("tests/rules/e_top_up.rs", TESTS_OF_BOTH),
        ("tests/properties/laws.rs", "    fn l1_all() {}\n"),
        ("crates/prepaid-key/src/lib.rs", "pub struct Secret;\n"),
        ("crates/prepaid-key/tests/vectors.rs", ""),
    ];
    let breaks = [("e1-a.toml", "E1"), ("f3b-a.toml", "F3b")];
    Book {
        rules: RULES.into(),
        files: files.map(|(name, text)| (name.into(), text.into())).into(),
        breaks: breaks.map(|(name, rule)| (name.into(), rule.into())).into(),
        checks: vec!["tidy"],
    }
}

/// What is found once a piece of the document is another.
fn with_rules(old: &str, new: &str) -> String {
    let mut book = sound();
    assert!(book.rules.contains(old), "{old}");
    book.rules = book.rules.replace(old, new);
    book.faults().join("\n")
}

/// What is found once a piece of a file is another.
fn with_file(file: &str, old: &str, new: &str) -> String {
    let mut book = sound();
    let text = book.files.get(file).cloned().unwrap_or_default();
    assert!(text.contains(old), "{old}");
    book.files.insert(file.into(), text.replace(old, new));
    book.faults().join("\n")
}

#[test]
fn a_rulebook_as_it_should_be_has_no_fault() {
    assert_eq!(sound().faults(), Vec::<String>::new());
}

#[test]
fn a_rule_says_its_source_once_and_has_one_row() {
    assert!(with_rules(" [seed]", "").contains("E1 does not say its source"));
    assert!(with_rules("[peer, own]", "[somebody]").contains("F3b does not say its source"));
    assert!(with_rules("- F3b", "- E1").contains("E1 is the number of two rules"));
    assert!(with_rules("| E1 | ", "| E2 | ").contains("no row for E1"));
    assert!(with_rules("| E1 | ", "| E2 | ").contains("a row for E2, which is no rule"));
    assert!(with_rules("| F3b | ", "| E1 | ").contains("two rows for E1"));
}

#[test]
fn a_row_names_what_is_in_the_code() {
    assert!(with_rules("| `top_up.rs` `fires` |", "| `Word` in `top_up.rs` |").contains("names no function"));
    assert!(with_rules("| `top_up.rs` `fires` |", "| the core |").contains("F3b names no function"));
    assert!(with_rules("| `top_up.rs` `fires` |", "| `fires` |").contains("and not the file"));
    assert!(
        with_rules("| `top_up.rs` `fires` |", "| `other.rs` `fires` |")
            .contains("`other.rs`, which is no file")
    );
    assert!(with_rules("`Secret`", "`Hidden`").contains("`Hidden`, which is not there"));
    assert!(with_file("src/top_up.rs", "fn fires", "fn fires_not").contains("`fires`, which is not there"));
    // A comment is no function.
    assert!(
        with_rules("| `top_up.rs` `fires` |", "| `top_up.rs` `gone` |")
            .contains("`gone`, which is not there")
    );
}

#[test]
fn a_row_names_the_tests_there_are() {
    let file = "tests/rules/e_top_up.rs";
    assert!(with_file(file, "fn e1_fires", "fn f3b_other").contains("no test is named `e1_…`"));
    assert!(with_file(file, "#[test]\nfn e1", "fn e1").contains("no test is named `e1_…`"));
    assert!(with_file(file, "fn e1_fires", "fn f3b_other").contains("E1 names tests/rules/e_top_up.rs"));
    assert!(
        with_rules("`e1_…` in `e_top_up.rs`", "`e1_…`").contains("does not name tests/rules/e_top_up.rs")
    );
    assert!(with_rules("`e1_…` in", "all of").contains("the row of E1 does not name `e1_…`"));
    assert!(with_rules("`l1_all`", "`l2_all`").contains("`l2_all`, which is no test"));
    assert!(with_rules("`tidy`", "`untidy`").contains("`untidy`, which is no test"));
    assert!(with_rules("`vectors.rs`", "`gone.rs`").contains("`gone.rs`, which is no test"));
}

#[test]
fn tests_and_breaks_are_of_rules_that_exist() {
    let stranger = with_file("tests/rules/e_top_up.rs", "fn helper", "#[test]\nfn it_works");
    assert!(stranger.contains("`it_works` does not begin with the number of a rule"));
    // The number ends before `_`: F3 is not F3b.
    let other = with_file("tests/rules/e_top_up.rs", "fn helper", "#[test]\nfn f3_asks");
    assert!(other.contains("`f3_asks` does not begin"));
    let mut book = sound();
    book.breaks.insert("f3b-a.toml".into(), "F9".into());
    let faults = book.faults().join("\n");
    assert!(faults.contains("there is no rule F9") && faults.contains("F3b has no break"));
}
