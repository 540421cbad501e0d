//! The events of one step: mostly none, one or two, and then nothing is allocated for the list itself.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Event;
use crate::time::Timestamp;

/// What one accepted command did: its events, at one instant, all or nothing.
///
/// ```
/// use prepaid::{Batch, Event, Events};
/// let batch = Batch { at: "2025-01-01T00:00:00Z".parse()?, events: Events::one(Event::AccountResumed {}) };
/// let text = r#"{"at":"2025-01-01T00:00:00Z","events":[{"type":"account_resumed"}]}"#;
/// assert_eq!(serde_json::to_string(&batch)?, text);
/// assert_eq!(serde_json::from_str::<Batch>(text)?, batch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// When: the command's time, or the account's last instant where that is later (K2).
    pub at: Timestamp,
    /// What happened; empty where nothing changed.
    pub events: Events,
}

/// The events of a batch, in order; reads as a slice.
///
/// ```
/// use prepaid::{Event, Events};
/// let mut events = Events::none();
/// events.push(Event::AccountResumed {});
/// assert_eq!(events.len(), 1);
/// ```
#[derive(Clone, Default)]
pub struct Events(List);

#[derive(Clone, Default)]
enum List {
    #[default]
    None,
    One([Event; 1]),
    Two([Event; 2]),
    Many(Vec<Event>),
}

impl Events {
    /// No events.
    ///
    /// ```
    /// assert!(prepaid::Events::none().is_empty());
    /// ```
    #[must_use]
    pub const fn none() -> Self {
        Self(List::None)
    }

    /// One event.
    ///
    /// ```
    /// assert_eq!(prepaid::Events::one(prepaid::Event::AccountResumed {}).len(), 1);
    /// ```
    #[must_use]
    pub const fn one(event: Event) -> Self {
        Self(List::One([event]))
    }

    /// Adds an event at the end.
    ///
    /// ```
    /// let mut events = prepaid::Events::none();
    /// events.push(prepaid::Event::AccountResumed {});
    /// assert_eq!(events.len(), 1);
    /// ```
    pub fn push(&mut self, event: Event) {
        self.0 = match core::mem::take(&mut self.0) {
            List::None => List::One([event]),
            List::One([first]) => List::Two([first, event]),
            List::Two([first, second]) => List::Many(alloc::vec![first, second, event]),
            List::Many(mut events) => {
                events.push(event);
                List::Many(events)
            }
        };
    }

    /// Adds all of `later` at the end.
    pub(crate) fn append(&mut self, later: Self) {
        match later.0 {
            List::None => {}
            List::One(events) => events.into_iter().for_each(|event| self.push(event)),
            List::Two(events) => events.into_iter().for_each(|event| self.push(event)),
            List::Many(events) => events.into_iter().for_each(|event| self.push(event)),
        }
    }
}

impl Deref for Events {
    type Target = [Event];

    fn deref(&self) -> &[Event] {
        match &self.0 {
            List::None => &[],
            List::One(events) => events,
            List::Two(events) => events,
            List::Many(events) => events,
        }
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = &'a Event;
    type IntoIter = core::slice::Iter<'a, Event>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Event> for Events {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut list = Self::none();
        events.into_iter().for_each(|event| list.push(event));
        list
    }
}

impl PartialEq for Events {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Events {}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Vec::into_iter).map(Self::from_iter)
    }
}
