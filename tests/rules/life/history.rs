//! Events as a damaged log might tell them, and what the account says to them (K4).

use prepaid::{Event, Timestamp, evolve};
use serde_json::Value;

use super::Life;

impl Life {
    /// What the account answers to an event told of this instant: nothing if it fits, or why it cannot have happened.
    pub fn told_at(&self, at: Timestamp, event: &Value) -> &'static str {
        let event: Event = serde_json::from_value(event.clone()).unwrap();
        let answer = evolve(self.account.clone(), at, &event);
        if let Err(error) = &answer {
            assert_eq!((error.event, error.stage), (event.tag(), self.account.stage()));
        }
        answer.map_or_else(|error| error.cause, |_| "")
    }

    /// The same of now.
    pub fn told(&self, event: &Value) -> &'static str {
        self.told_at(self.now, event)
    }

    /// The same so many microseconds from now.
    pub fn told_after(&self, micros: i64, event: &Value) -> &'static str {
        self.told_at(Timestamp::from_micros(self.now.as_micros() + micros).unwrap(), event)
    }
}
