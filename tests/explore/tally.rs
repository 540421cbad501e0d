//! How often each thing came up.

use std::collections::BTreeMap;

use prepaid::{ActionTag, Batch, Command, EventTag, Rejection, RejectionTag, StageTag};

#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub seen: BTreeMap<(&'static str, &'static str), u64>,
    pub accepted: u64,
    pub unchanged: u64,
    pub refused: u64,
}

impl Tally {
    pub fn count(&mut self, kind: &'static str, name: &'static str) {
        *self.seen.entry((kind, name)).or_default() += 1;
    }

    pub fn answer(&mut self, command: &Command, answer: &Result<Batch, Rejection>) {
        self.count("command", command.action.tag().as_str());
        match answer {
            Ok(batch) if batch.events.is_empty() => self.unchanged += 1,
            Ok(batch) => {
                self.accepted += 1;
                batch.events.iter().for_each(|event| self.count("event", event.tag().as_str()));
            }
            Err(rejection) => {
                self.refused += 1;
                self.count("rejection", rejection.tag().as_str());
            }
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.seen {
            *self.seen.entry(*what).or_default() += times;
        }
        self.accepted += other.accepted;
        self.unchanged += other.unchanged;
        self.refused += other.refused;
    }

    /// What never came up; a defect never may.
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let commands = ActionTag::ALL.iter().map(|tag| ("command", tag.as_str()));
        let events = EventTag::ALL.iter().map(|tag| ("event", tag.as_str()));
        let rejections = RejectionTag::ALL.iter().map(|tag| ("rejection", tag.as_str()));
        let stages = StageTag::ALL.iter().map(|tag| ("stage", tag.as_str()));
        let all = commands.chain(events).chain(rejections).chain(stages);
        all.filter(|what| *what != ("rejection", "defect") && !self.seen.contains_key(what)).collect()
    }
}
