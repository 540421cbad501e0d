//! The client: what it makes of answers that are lost, late, broken, or not given at all.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use prepaid_runtime::GatewayError;
use prepaid_sandbox::{Request, SandboxClient, Timeouts};

use crate::process::{Folder, Sandbox, charge, look_up, says};

fn impatient(client: SandboxClient) -> SandboxClient {
    client.with_timeouts(Timeouts { answer: Duration::from_millis(150), ..Timeouts::default() })
}

/// What is known after a server has answered one request with these bytes, and keeps the connection open for a while.
fn after(answer: &'static [u8]) -> GatewayError {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line).unwrap();
        connection.write_all(answer).unwrap();
        // Longer than the client waits.
        let mut rest = String::new();
        drop(BufReader::new(&connection).read_line(&mut rest));
    });
    let error = impatient(SandboxClient::at(port)).ask(&look_up("k")).unwrap_err();
    server.join().unwrap();
    error
}

#[test]
fn an_answer_that_is_none_leaves_the_outcome_unknown() {
    let answers: [&[u8]; 5] =
        [b"", b"{\"type\":\"done\"}", b"{}\n", b"\xff\n", b"{\"type\":\"done\"}\n{\"type\":\"done\"}\n"];
    for answer in answers {
        assert!(matches!(after(answer), GatewayError::Unknown(_)), "{answer:?}");
    }
}

#[test]
fn nobody_there_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(matches!(SandboxClient::at(port).ask(&look_up("k")), Err(GatewayError::Unreachable(_))));
}

#[test]
fn a_late_answer_is_not_taken_for_the_next() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = impatient(sandbox.client());
    let began = Instant::now();
    let slow = client.ask(&charge("slow", "card_slow_answer:400"));
    assert!(matches!(slow, Err(GatewayError::Unknown(_))));
    assert!(began.elapsed() < Duration::from_millis(390), "{:?}", began.elapsed());
    assert_eq!(says(&client, &look_up("none")), "not found");
    thread::sleep(Duration::from_millis(400));
    assert_eq!(says(&client, &look_up("none")), "not found");
    // The money was taken, and asked again it is told at once.
    assert_eq!(says(&client, &charge("slow", "card_slow_answer:400")), "took 20");
}

#[test]
fn one_request_that_waits_keeps_no_other_waiting() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = sandbox.client();
    let waiting = {
        let client = client.clone();
        thread::spawn(move || says(&client, &charge("slow", "card_slow_answer:600")))
    };
    let began = Instant::now();
    for _ in 0..5 {
        assert_eq!(says(&client, &look_up("none")), "not found");
    }
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!(waiting.join().unwrap(), "took 20");
}

#[test]
fn it_connects_again_to_a_sandbox_that_was_started_again() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let client = sandbox.client();
    assert_eq!(says(&client, &look_up("k")), "not found");
    let _sandbox = sandbox.killed_and_started(&folder, &[]);
    // The connection of before tells nothing; the next request makes a new one.
    assert!(matches!(client.ask(&look_up("k")), Err(GatewayError::Unknown(_))));
    assert_eq!(says(&client, &look_up("k")), "not found");
}

#[test]
fn more_connections_than_there_is_room_for_are_turned_away() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--connections", "1"]);
    let held = sandbox.client();
    assert_eq!(says(&held, &look_up("k")), "not found");
    let answer = || {
        let connection = TcpStream::connect(("127.0.0.1", sandbox.port)).unwrap();
        let mut line = String::new();
        BufReader::new(connection).read_line(&mut line).unwrap();
        line
    };
    assert_eq!(answer(), "{\"type\":\"refused\",\"reason\":\"busy\"}\n");
    drop(held);
    let began = Instant::now();
    while says(&sandbox.client(), &look_up("k")) != "not found" {
        assert!(began.elapsed() < Duration::from_secs(5), "the place is not free again");
    }
}

#[test]
fn what_is_not_understood_is_refused_without_repeating_it() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let mut connection = TcpStream::connect(("127.0.0.1", sandbox.port)).unwrap();
    let mut ask = |line: &str| {
        connection.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(&connection).read_line(&mut answer).unwrap();
        answer
    };
    for line in
        ["secret\n", "{\"type\":\"secret\"}\n", "{\"type\":\"book\",\"secret\":1}\n", "[\"secret\n", "\n"]
    {
        let answer = ask(line);
        assert!(answer.contains("malformed") && !answer.contains("secret"), "{answer}");
    }
    assert_eq!(ask("{\"type\":\"book\"}\n"), "{\"type\":\"book\",\"charges\":[]}\n");
    let nothing = serde_json::json!({"type": "charge", "key": "k", "account": uuid::Uuid::nil(), "charge": 1,
        "amount": "0.00", "currency": "USD", "token": "card_ok"});
    assert!(ask(&format!("{nothing}\n")).contains("a charge of nothing"));
    // A request without end ends the connection, not the process.
    drop(connection.write_all(&vec![b'x'; 1 << 20]));
    drop(connection);
    assert_eq!(says(&sandbox.client(), &Request::Stop {}), "done");
}
