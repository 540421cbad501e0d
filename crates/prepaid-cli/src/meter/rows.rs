//! The rows of a request log: read whole and priced, every malformed line told, before anything is charged.

use std::collections::HashMap;
use std::path::Path;

use csv::ByteRecord;
use prepaid::{Label, Quote, Text, Timestamp, Unpriced, Usage};

use super::columns::{Columns, Wanted};
use super::instants::{Instants, RIGHT};
use crate::alphabet::one_of;
use crate::fault::{Faults, Stopped, cut, quoted};
use crate::files;
use crate::prices::Prices;

/// A quantity that a row does not state; one that states so much is refused.
pub(super) const UNSTATED: u64 = u64::MAX;

/// Everything a log says.
#[derive(Debug)]
pub(super) struct Rows {
    /// In the order in which they run.
    pub(super) each: Vec<Row>,
    /// The quantities of all rows, one after another; a row has as many as there are names.
    pub(super) counts: Vec<u64>,
    /// The names of the quantities.
    pub(super) quantities: Vec<Text>,
    /// The items, as rows number them.
    pub(super) items: Vec<Text>,
    /// The keys, as rows number them.
    pub(super) keys: Vec<Label>,
    /// Rows that are earlier than the row right before them in the log.
    pub(super) out_of_order: u64,
    /// Whether they were put in order.
    pub(super) sorted: bool,
}

/// One request.
#[derive(Debug)]
pub(super) struct Row {
    /// When, as the log says.
    pub(super) at: Timestamp,
    /// What it costs, by the version in force when it runs.
    pub(super) quote: Quote,
    /// Its place in the log, from 0.
    pub(super) number: u32,
    /// Its item's number.
    pub(super) item: u32,
    /// Its key's number.
    pub(super) key: u32,
    /// Places in flight; 0 for a call that takes none.
    pub(super) units: u16,
}

impl Rows {
    /// What a row states of each quantity.
    pub(super) fn counts_of(&self, row: &Row) -> &[u64] {
        let width = self.quantities.len();
        let start = usize::try_from(row.number).unwrap_or(usize::MAX).saturating_mul(width);
        self.counts.get(start..start.saturating_add(width)).unwrap_or_default()
    }
}

/// Reads and prices a log.
pub(super) fn read(file: &Path, wanted: &Wanted, prices: &Prices, sort: bool) -> Result<Rows, Stopped> {
    let source = files::open(file)?;
    let length = source.metadata().map_or(u64::MAX, |about| about.len());
    let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 18).from_reader(source);
    let header = reader.byte_headers().cloned().map_err(|error| malformed(file, &error))?;
    if header.is_empty() {
        return Err(Faults::one(file, None, "the file is empty: must have a header line"));
    }
    let columns = wanted.find(file, &header)?;
    let mut reading = Reading::new(wanted, prices, sort);
    let mut faults = Faults::of(file);
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| malformed(file, &error))? {
        let line = record.position().map(csv::Position::line);
        if let Err(problem) = reading.row(&columns, &record) {
            let open = record.iter().next_back().is_some_and(|cell| cell.contains(&b'\n'));
            // A quote that is never closed takes everything to the end of the file into its cell.
            let what = if open && reader.position().byte() >= length {
                "a quote is opened and not closed: must be closed within its cell".into()
            } else {
                problem.told(&header)
            };
            faults.add(line, what);
            if faults.are_many() {
                break;
            }
        }
    }
    let mut rows = faults.unless_any(reading.rows)?;
    if rows.each.is_empty() {
        return Err(Faults::one(file, Some(1), "there is no row: must have at least one after the header"));
    }
    if sort {
        rows.each.sort_by_key(|row| row.at);
    }
    Ok(rows)
}

fn malformed(file: &Path, error: &csv::Error) -> Stopped {
    let line = error.position().map(csv::Position::line);
    Faults::one(file, line, format!("the line is no CSV: {error}"))
}

/// What is wrong with a row: the column, if it is one, and what would be right.
struct Problem {
    column: Option<usize>,
    what: String,
}

impl Problem {
    fn told(&self, header: &ByteRecord) -> String {
        match self.column.and_then(|column| header.get(column)) {
            Some(name) => format!("column {:?}: {}", String::from_utf8_lossy(name), self.what),
            None => self.what.clone(),
        }
    }
}

/// Names as they turn up, numbered.
#[derive(Default)]
struct Numbered {
    numbers: HashMap<Vec<u8>, u32>,
    last: Option<(Vec<u8>, u32)>,
}

impl Numbered {
    fn known(&mut self, name: &[u8]) -> Option<u32> {
        if let Some((last, number)) = &self.last
            && last == name
        {
            return Some(*number);
        }
        let number = *self.numbers.get(name)?;
        self.last = Some((name.to_vec(), number));
        Some(number)
    }
}

struct Reading<'a> {
    rows: Rows,
    wanted: &'a Wanted,
    prices: &'a Prices,
    sort: bool,
    instants: Instants,
    items: Numbered,
    /// What each item was asked the price of last, to be filled anew without allocation.
    usages: Vec<Usage>,
    keys: Numbered,
    /// The latest time so far: where the account's time stands when a row runs unsorted.
    latest: Timestamp,
    /// The time of the row before.
    previous: Timestamp,
}

impl<'a> Reading<'a> {
    fn new(wanted: &'a Wanted, prices: &'a Prices, sort: bool) -> Self {
        let rows = Rows {
            each: Vec::new(),
            counts: Vec::new(),
            quantities: wanted.quantities(),
            items: Vec::new(),
            keys: Vec::new(),
            out_of_order: 0,
            sorted: sort,
        };
        Self {
            rows,
            wanted,
            prices,
            sort,
            instants: Instants::default(),
            items: Numbered::default(),
            usages: Vec::new(),
            keys: Numbered::default(),
            latest: Timestamp::MIN,
            previous: Timestamp::MIN,
        }
    }

    fn row(&mut self, columns: &Columns, record: &ByteRecord) -> Result<(), Problem> {
        if record.len() != columns.width {
            let (has, width) = (record.len(), columns.width);
            let what = format!("the line has {has} cells: must have {width}, as the header");
            return Err(Problem { column: None, what });
        }
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let at = self.instants.read(cell(columns.time)).ok_or_else(|| Problem {
            column: Some(columns.time),
            what: format!("{} {RIGHT}", quoted(&String::from_utf8_lossy(cell(columns.time)))),
        })?;
        let item = match &columns.item {
            Ok(column) => self.item(*column, cell(*column))?,
            Err(item) if self.rows.items.is_empty() => self.add_item(item.clone()),
            Err(_) => 0,
        };
        let key = match columns.key {
            Some(column) => self.key(column, cell(column))?,
            None if self.rows.keys.is_empty() => self.add_key(b"log", "log", 0)?,
            None => 0,
        };
        let units = match columns.units.map(|column| (column, cell(column))) {
            Some((column, text)) if !text.is_empty() => units(column, text)?,
            Some(_) | None => 0,
        };
        let start = self.rows.counts.len();
        for column in &columns.quantities {
            let count = count(*column, cell(*column)).inspect_err(|_| self.rows.counts.truncate(start))?;
            self.rows.counts.push(count);
        }
        let late = at < self.previous;
        self.previous = at;
        self.latest = self.latest.max(at);
        let quote = self.quote(item, start, if self.sort { at } else { self.latest });
        let quote = quote.map_err(|what| Problem { column: None, what })?;
        self.rows.out_of_order = self.rows.out_of_order.saturating_add(u64::from(late));
        let number = u32::try_from(self.rows.each.len())
            .map_err(|_| Problem { column: None, what: "must be one of at most 4294967295 rows".into() })?;
        self.rows.each.push(Row { at, quote, number, item, key, units });
        Ok(())
    }

    /// The price of what stands at the end of the counts.
    fn quote(&mut self, item: u32, start: usize, at: Timestamp) -> Result<Quote, String> {
        let index = usize::try_from(item).unwrap_or(usize::MAX);
        let Some(usage) = self.usages.get_mut(index) else { return Err("no such item".into()) };
        let counts = self.rows.counts.get(start..).unwrap_or_default();
        for (name, count) in self.rows.quantities.iter().zip(counts) {
            match usage.quantities.get_mut(name) {
                Some(_) if *count == UNSTATED => drop(usage.quantities.remove(name)),
                Some(known) => *known = *count,
                None if *count == UNSTATED => {}
                None => drop(usage.quantities.insert(name.clone(), *count)),
            }
        }
        self.prices.list.quote(usage, at).map_err(|unpriced| self.told(&unpriced, at))
    }

    /// Why a row has no price: the option or column at fault, and what is in the list.
    fn told(&self, unpriced: &Unpriced, at: Timestamp) -> String {
        let versions = &self.prices.numbers.versions;
        let version = versions.iter().rev().find(|v| v.from <= at && v.until.is_none_or(|until| at < until));
        let known = |names: Vec<&str>, given: &str| one_of(given, &names);
        match unpriced {
            Unpriced::NoVersion { .. } => {
                let first = versions.first().map(|v| format!(", whose first is from {}", v.from));
                let first = first.unwrap_or_default();
                format!(
                    "{}: {unpriced}: must be within a version of the price list{first}",
                    self.wanted.time_words()
                )
            }
            Unpriced::UnknownItem { item, .. } => {
                let items = version.map(|v| v.items.keys().map(Text::as_str).collect()).unwrap_or_default();
                let place = self.wanted.item_words();
                let right = known(items, item.as_str());
                format!("{place}: item {} has no price at {at}: must be {right}", quoted(item.as_str()))
            }
            Unpriced::UnknownQuantity { item, quantity } => {
                let units = version.and_then(|v| v.items.get(item));
                let names = units.map(|units| units.keys().map(Text::as_str).collect()).unwrap_or_default();
                let right = known(names, quantity.as_str());
                let (place, item) = (self.wanted.quantity_words(quantity), cut(item.as_str()));
                format!("{place}: item {item} has no price for {}: must be {right}", cut(quantity.as_str()))
            }
            Unpriced::MissingQuantity { item, quantity } => {
                let (place, item) = (self.wanted.quantity_words(quantity), cut(item.as_str()));
                let quantity = cut(quantity.as_str());
                format!("{place}: item {item} needs a number of {quantity}: must be 0 if there were none")
            }
            Unpriced::OutOfRange { .. } => format!("{unpriced}: must be a smaller quantity"),
        }
    }

    fn item(&mut self, column: usize, text: &[u8]) -> Result<u32, Problem> {
        if let Some(number) = self.items.known(text) {
            return Ok(number);
        }
        let item: Text = name(column, text)?;
        let number = self.add_item(item);
        self.items.numbers.insert(text.to_vec(), number);
        Ok(number)
    }

    fn add_item(&mut self, item: Text) -> u32 {
        let number = u32::try_from(self.rows.items.len()).unwrap_or(u32::MAX);
        self.rows.items.push(item.clone());
        self.usages.push(Usage { item, quantities: std::collections::BTreeMap::new() });
        number
    }

    fn key(&mut self, column: usize, text: &[u8]) -> Result<u32, Problem> {
        if let Some(number) = self.keys.known(text) {
            return Ok(number);
        }
        let label: Label = name(column, text)?;
        self.add_key(text, label.as_str(), column)
    }

    fn add_key(&mut self, text: &[u8], label: &str, column: usize) -> Result<u32, Problem> {
        let number = u32::try_from(self.rows.keys.len()).unwrap_or(u32::MAX);
        self.rows.keys.push(name(column, label.as_bytes())?);
        self.keys.numbers.insert(text.to_vec(), number);
        Ok(number)
    }
}

fn name<const MAX: usize>(column: usize, text: &[u8]) -> Result<Text<MAX>, Problem> {
    let shown = || quoted(&String::from_utf8_lossy(text));
    let said = |what: String| Problem { column: Some(column), what };
    let utf8 = std::str::from_utf8(text).map_err(|_| said(format!("{} must be UTF-8 text", shown())))?;
    utf8.parse().map_err(|problem| said(format!("{} {problem}", shown())))
}

fn count(column: usize, text: &[u8]) -> Result<u64, Problem> {
    if text.is_empty() {
        return Ok(UNSTATED);
    }
    digits(text).filter(|count| *count < UNSTATED).ok_or_else(|| Problem {
        column: Some(column),
        what: format!(
            "{} must be a whole number that is not negative",
            quoted(&String::from_utf8_lossy(text))
        ),
    })
}

fn units(column: usize, text: &[u8]) -> Result<u16, Problem> {
    digits(text).and_then(|units| u16::try_from(units).ok()).ok_or_else(|| Problem {
        column: Some(column),
        what: format!("{} must be a whole number from 0 to 65535", quoted(&String::from_utf8_lossy(text))),
    })
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte.saturating_sub(b'0')))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}
