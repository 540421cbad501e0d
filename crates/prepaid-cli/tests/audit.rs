//! `prepaid audit`: a log is as it was written, to the byte, or it is refused with its line.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod program;

use std::fmt::Write as _;
use std::thread;

use program::{Ended, Folder, prepaid};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const SCRIPT: &str = r#"{"at":"2025-01-01T09:00:00Z","actor":"owner","command":{"type":"open","account":"10000000-0000-4000-8000-000000000001","owner":"20000000-0000-4000-8000-000000000001"}}
{"at":"2025-01-01T09:01:00Z","actor":"owner","command":{"type":"accept_terms","version":"TOS_2024_04_20","by":"Ada"}}
{"at":"2025-01-01T09:02:00Z","actor":"operator","command":{"type":"issue_grant","grant":"50000000-0000-4000-8000-000000000001","amount":"3","source":"welcome"}}
{"at":"2025-01-01T09:03:00Z","actor":"owner","command":{"type":"choose_use","use":"personal"}}
{"at":"2025-01-01T09:04:00Z","actor":"owner","command":{"type":"link_payment_method","token":"pm_1","brand":"visa","last_four":"4242","expires":"2028-11"}}
{"at":"2025-01-01T09:05:00Z","actor":"operator","command":{"type":"migrate","reference":"old"}}
{"at":"2025-01-01T09:06:00Z","actor":"operator","command":{"type":"void_grant","grant":"50000000-0000-4000-8000-000000000001"}}
"#;

/// A small real log: its lines, each with its newline.
fn small_log(folder: &Folder) -> Vec<String> {
    let (script, log) = (folder.write("script.jsonl", SCRIPT), folder.place("small.jsonl"));
    let played = prepaid(&["play", &script, "--log", &log]);
    assert_eq!(played.status, 0, "{}", played.err);
    folder.read("small.jsonl").split_inclusive('\n').map(String::from).collect()
}

fn digest(line: &str) -> String {
    Sha256::digest(line.trim_end_matches('\n').as_bytes()).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}

/// The line that a refusal names.
fn refused_at(ended: &Ended) -> usize {
    assert_eq!((ended.status, ended.out.as_str()), (1, ""), "{ended:?}");
    let told = ended.err.split(".jsonl:").nth(1).and_then(|rest| rest.split(':').next());
    told.and_then(|line| line.parse().ok()).expect("a line number")
}

/// What an audit of these bytes says.
fn audited(folder: &Folder, name: &str, bytes: &[u8], head: Option<&str>) -> Ended {
    let log = folder.write(name, bytes);
    let ended = match head {
        Some(head) => prepaid(&["audit", &log, "--head", head]),
        None => prepaid(&["audit", &log]),
    };
    folder.remove(name);
    ended
}

#[test]
fn every_changed_character_is_noticed_at_its_line_or_the_next() {
    let folder = Folder::new("audit-characters");
    let lines = small_log(&folder);
    let (log, head) = (lines.concat(), digest(lines.last().expect("a line")));
    assert_eq!(audited(&folder, "as-it-is.jsonl", log.as_bytes(), Some(&head)).status, 0);
    let try_from = |start: usize| {
        for position in (start..log.len()).step_by(2) {
            let mut changed = log.clone().into_bytes();
            changed[position] = match changed[position] {
                b'9' => b'0',
                b'z' => b'a',
                digit @ (b'0'..=b'8' | b'a'..=b'y') => digit.saturating_add(1),
                _ => b' ',
            };
            let line = log.bytes().take(position).filter(|byte| *byte == b'\n').count().saturating_add(1);
            let name = format!("changed-{start}.jsonl");
            let told = refused_at(&audited(&folder, &name, &changed, Some(&head)));
            assert!(told == line || told == line.saturating_add(1), "byte {position} of line {line}: {told}");
        }
    };
    thread::scope(|both| {
        both.spawn(|| try_from(0));
        both.spawn(|| try_from(1));
    });
}

#[test]
fn a_line_dropped_doubled_or_swapped_is_noticed() {
    let folder = Folder::new("audit-lines");
    let lines = small_log(&folder);
    let head = digest(lines.last().expect("a line"));
    let told = |changed: &[String], head: Option<&str>| {
        refused_at(&audited(&folder, "changed.jsonl", changed.concat().as_bytes(), head))
    };
    for at in 0..lines.len() {
        let (line, last) = (at.saturating_add(1), at.saturating_add(1) == lines.len());
        let (mut dropped, mut doubled, mut swapped) = (lines.clone(), lines.clone(), lines.clone());
        dropped.remove(at);
        doubled.insert(at, lines[at].clone());
        // Without its end, a log is a shorter log: only the head tells.
        assert_eq!(told(&dropped, last.then_some(&head)), if last { at } else { line });
        assert_eq!(told(&doubled, None), line.saturating_add(1));
        if !last {
            swapped.swap(at, line);
            assert_eq!(told(&swapped, None), line);
        }
        assert_eq!(told(&lines[..at], Some(&head)), at.max(1));
        let half = lines[at].len() / 2;
        let cut = [lines[..at].concat(), lines[at].chars().take(half).collect()];
        assert_eq!(told(&cut, None), line, "cut within line {line}");
        let unended = lines[..line].concat();
        let unended = unended.trim_end_matches('\n').to_string();
        assert_eq!(told(&[unended], None), line, "line {line} without its newline");
    }
    let more = [lines.concat(), "\n".into()];
    assert_eq!(told(&more, None), lines.len().saturating_add(1), "an empty line is none");
    assert_eq!(told(&lines, Some(&digest(&lines[2]))), lines.len(), "it goes on after its head");
}

/// The log with a line changed and everything after it chained anew, as somebody would who knows how.
fn forged(lines: &[String], at: usize, change: impl Fn(&mut Value)) -> String {
    let mut forged = String::new();
    let mut prev = "0".repeat(64);
    for (n, line) in lines.iter().enumerate() {
        let mut value: Value = serde_json::from_str(line).expect("a line of JSON");
        value["prev"] = json!(prev);
        if n == at {
            change(&mut value);
        }
        let text = value.to_string();
        prev = digest(&text);
        writeln!(forged, "{text}").expect("a text takes everything");
    }
    forged
}

/// The line to change, how, and what the audit then says.
type Forgery<'a> = (usize, &'a dyn Fn(&mut Value), &'a str);

#[test]
fn a_log_chained_anew_is_refused_where_its_balances_are_not_what_its_events_make() {
    let folder = Folder::new("audit-forged");
    let lines = small_log(&folder);
    let said = |at: usize, change: &dyn Fn(&mut Value)| {
        let ended = audited(&folder, "forged.jsonl", forged(&lines, at, change).as_bytes(), None);
        (refused_at(&ended), ended.err)
    };
    let cases: [Forgery<'_>; 9] = [
        (2, &|line| line["posted"] = json!("3.000000000001"), "posted is 3.000000000001: expected 3,"),
        (2, &|line| line["held"] = json!("0.000000000001"), "held is 0.000000000001: expected 0,"),
        (2, &|line| line["events"][0]["amount"] = json!("3.1"), "posted is 3: expected 3.1,"),
        (2, &|line| line["seq"] = json!(4), "seq is 4: expected 3"),
        (
            2,
            &|line| line["at"] = json!("2025-01-01T09:00:59Z"),
            "expected no time before 2025-01-01T09:01:00Z",
        ),
        (2, &|line| line["events"] = json!([]), "it has no events: expected at least one"),
        (6, &|line| line["events"][0]["amount"] = json!("2"), "grant_voided: it says 2, the books say 3"),
        (1, &|line| line["account"] = json!("10000000-0000-4000-8000-000000000002"), "seq is 2: expected 1"),
        (0, &|line| line["note"] = json!("x"), "it is not written as prepaid writes it"),
    ];
    for (at, change, what) in cases {
        let (line, err) = said(at, change);
        assert!(line == at.saturating_add(1) && err.contains(what), "{what}: {err}");
    }
}

#[test]
fn the_summary_is_json_in_a_pipe_and_words_when_asked() {
    let folder = Folder::new("audit-summary");
    let lines = small_log(&folder);
    let log = folder.place("small.jsonl");
    let told = prepaid(&["audit", &log]).value();
    assert_eq!(told["lines"], lines.len());
    assert_eq!(told["head"], json!(digest(lines.last().expect("a line"))));
    let books = &told["currencies"]["USD"]["books"];
    assert_eq!((&books["promotions"], &books["breakage"]), (&json!("3"), &json!("-3")));
    let words = prepaid(&["audit", &log, "--text"]).out;
    let columns: Vec<Vec<&str>> = words.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(columns.contains(&vec!["promotions", "expense", "3.000000000000"]), "{words}");
}

#[test]
fn the_journal_goes_to_a_new_file_or_to_the_output() {
    let folder = Folder::new("audit-journal");
    small_log(&folder);
    let (log, out) = (folder.place("small.jsonl"), folder.place("books.journal"));
    let printed = prepaid(&["audit", &log, "--journal", "ledger"]);
    assert!(printed.out.contains("= 3.000000000000 USD"), "{}", printed.out);
    assert_eq!(prepaid(&["audit", &log, "--journal", "ledger", "--out", &out]).value()["accounts"], 1);
    assert_eq!(folder.read("books.journal"), printed.out);
    let again = prepaid(&["audit", &log, "--journal", "ledger", "--out", &out]);
    assert_eq!(again.status, 2);
    assert!(again.err.contains("exists already"), "{}", again.err);
    for wrong in
        [&["audit", &log, "--out", "x"][..], &["audit", &log, "--head", "12"], &["audit", "no.jsonl"]]
    {
        assert_eq!(prepaid(wrong).status, 2, "{wrong:?}");
    }
    let odd = [&b"\xff\n"[..], b"{}\n", b"\n"];
    assert!(odd.iter().all(|bytes| refused_at(&audited(&folder, "odd.jsonl", bytes, None)) == 1));
}
