//! What is said, sentence by sentence, and how money, times and ids are written in it.

use std::fmt::Display;

use prepaid::Timestamp;
use serde::Serialize;

use crate::alphabet::{id_words, instant_words, money_words};

/// What is said, in order.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Says(Vec<Said>);

/// A sentence, and the rule it comes from.
#[derive(Debug, Serialize)]
struct Said {
    rule: &'static str,
    text: String,
}

impl Says {
    pub(super) fn add(&mut self, rule: &'static str, text: impl Into<String>) {
        self.0.push(Said { rule, text: text.into() });
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|said| (said.rule, said.text.as_str()))
    }
}

pub(super) fn money(amount: &impl Display) -> String {
    money_words(&amount.to_string())
}

pub(super) fn time(at: Timestamp) -> String {
    instant_words(&at.to_string())
}

pub(super) fn id(id: &impl Display) -> String {
    id_words(&id.to_string())
}

/// So many of something, one or more.
pub(super) fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Some things in a row, with "and" before the last.
pub(super) fn listed(things: &[String]) -> String {
    match things {
        [] => "nothing".into(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
