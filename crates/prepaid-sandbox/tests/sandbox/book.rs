//! The book and the memory: what outlives a process, and what is forgotten.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Stdio;

use prepaid_sandbox::Request;

use crate::process::{
    Folder, Sandbox, advance, asked, booked, charge, command, events, look_up, refund, says,
};

#[test]
fn a_forgotten_key_charges_again_and_a_look_up_finds_it_for_ever() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--memory", "24h"]);
    let client = sandbox.client();
    let taken = || booked(&client)[0].taken().len();
    assert_eq!(says(&client, &charge("k", "card_ok")), "took 20");
    client.ask(&advance("86390s")).unwrap();
    assert_eq!((says(&client, &charge("k", "card_ok")), taken()), ("took 20".into(), 1));
    client.ask(&advance("10s")).unwrap();
    assert_eq!((says(&client, &look_up("k")), taken()), ("took 20".into(), 1));
    // This is what F3's window is there to prevent.
    assert_eq!((says(&client, &charge("k", "card_ok")), taken()), ("took 20".into(), 2));
    assert_eq!(booked(&client)[0].kept().to_string(), "40");
    // It is remembered anew, from now on.
    assert_eq!((says(&client, &charge("k", "card_ok")), taken()), ("took 20".into(), 2));
}

#[test]
fn a_forgotten_key_may_be_used_for_something_else_and_refunds_are_forgotten_too() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--memory", "1h"]);
    let client = sandbox.client();
    assert_eq!(says(&client, &charge("k", "card_ok")), "took 20");
    assert_eq!(says(&client, &refund("r", "k", "5")), "Succeeded");
    client.ask(&advance("1h")).unwrap();
    assert_eq!(says(&client, &refund("r", "k", "5")), "Succeeded");
    assert_eq!(booked(&client)[0].kept().to_string(), "10");
    let mut other = asked("k", "card_ok");
    other.amount = "7".parse().unwrap();
    assert_eq!(says(&client, &Request::Charge(other)), "took 7");
}

#[test]
fn the_clock_the_memory_and_the_events_outlive_the_process() {
    let folder = Folder::new();
    let options = ["--memory", "24h", "--late", "2h"];
    let sandbox = Sandbox::start(&folder, &options);
    let client = sandbox.client();
    for (key, token) in [("k", "card_ok"), ("l", "card_late")] {
        client.ask(&charge(key, token)).unwrap();
    }
    client.ask(&advance("1h")).unwrap();
    let before = (booked(&client), events(&client, 0));
    let sandbox = sandbox.killed_and_started(&folder, &options);
    let client = sandbox.client();
    assert_eq!((booked(&client), events(&client, 0)), before);
    assert_eq!(says(&client, &charge("k", "card_ok")), "took 20");
    assert_eq!(booked(&client)[0].taken().len(), 1);
    // Half of what is late had passed before.
    client.ask(&advance("1h")).unwrap();
    assert_eq!(events(&client, 0).len(), before.1.len() + 1);
    client.ask(&advance("23h")).unwrap();
    assert_eq!(says(&client, &charge("k", "card_ok")), "took 20");
    assert_eq!(booked(&client)[0].taken().len(), 2);
}

fn add(folder: &Folder, bytes: &[u8]) {
    OpenOptions::new().append(true).open(folder.book()).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_torn_last_line_is_dropped_and_reported() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    assert_eq!(sandbox.torn, 0);
    says(&sandbox.client(), &charge("k", "card_ok"));
    let before = booked(&sandbox.client());
    drop(sandbox);
    let whole = fs::read(folder.book()).unwrap();
    // Half a line; a whole line that lacks its end; and a last line of what a disk may leave there.
    let line = whole.strip_suffix(b"\n").unwrap();
    for torn in [&whole[..whole.len() / 2], line, b"\0\0\0\0\n"] {
        add(&folder, torn);
        let sandbox = Sandbox::start(&folder, &[]);
        assert_eq!(sandbox.torn, u64::try_from(torn.len()).unwrap());
        assert_eq!(booked(&sandbox.client()), before);
        assert_eq!(fs::read(folder.book()).unwrap(), whole);
    }
    // What is written next is whole again.
    let sandbox = Sandbox::start(&folder, &[]);
    says(&sandbox.client(), &charge("l", "card_ok"));
    let sandbox = sandbox.killed_and_started(&folder, &[]);
    assert_eq!((sandbox.torn, booked(&sandbox.client()).len()), (0, 2));
}

/// The exit status and what is said of a start that fails.
fn failing(folder: &Folder, options: &[&str]) -> (Option<i32>, String) {
    let output = command(&folder.book(), options).stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_damaged_book_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    says(&sandbox.client(), &charge("k", "card_ok"));
    drop(sandbox);
    let whole = fs::read(folder.book()).unwrap();
    add(&folder, b"not a line\n");
    add(&folder, &whole);
    let damaged = fs::read(folder.book()).unwrap();
    let (status, said) = failing(&folder, &[]);
    assert_eq!(status, Some(1));
    assert!(said.starts_with("line 2 of the book is damaged"), "{said}");
    assert_eq!(fs::read(folder.book()).unwrap(), damaged);
    // A last line that was written to its end was answered: it is not dropped either.
    let text = String::from_utf8(whole).unwrap();
    fs::write(folder.book(), text.replacen("\"at\"", "\"ad\"", 1)).unwrap();
    let (status, said) = failing(&folder, &[]);
    assert_eq!(status, Some(1));
    assert!(said.starts_with("line 1 of the book is damaged"), "{said}");
}

#[test]
fn a_book_has_one_process() {
    let folder = Folder::new();
    let _sandbox = Sandbox::start(&folder, &[]);
    let (status, said) = failing(&folder, &[]);
    assert_eq!((status, said.as_str()), (Some(1), "the book is in use by another process\n"));
}

#[test]
fn wrong_options_are_told() {
    let folder = Folder::new();
    for (options, told) in [
        (&["--memory", "a day"][..], "--memory \"a day\": "),
        (&["--late"], "--late needs a value"),
        (&["--fast"], "\"--fast\" is no option"),
        (&["--port", "70000"], "--port \"70000\": "),
    ] {
        let (status, said) = failing(&folder, options);
        assert!(status == Some(2) && said.starts_with(told), "{said}");
    }
}

#[test]
fn it_ends_when_it_is_told_to_and_when_its_input_closes() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    assert_eq!(says(&sandbox.client(), &Request::Stop {}), "done");
    assert!(sandbox.ended().success());
    let mut sandbox = Sandbox::start(&folder, &[]);
    // A connection that is open keeps nobody.
    let client = sandbox.client();
    assert_eq!(says(&client, &look_up("k")), "not found");
    sandbox.close_input();
    assert!(sandbox.ended().success());
    let mut sandbox = Sandbox::start(&folder, &["--stay"]);
    sandbox.close_input();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(says(&sandbox.client(), &Request::Stop {}), "done");
    assert!(sandbox.ended().success());
}
