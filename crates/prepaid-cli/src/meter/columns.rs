//! Which columns of a log mean what: as asked, and as found in its header.

use std::path::Path;

use csv::ByteRecord;
use prepaid::Text;

use super::Options;
use crate::alphabet::one_of;
use crate::fault::{Faults, Stopped, quoted};

/// What was asked of the columns.
#[derive(Debug)]
pub(super) struct Wanted {
    time: String,
    item: Item,
    quantities: Vec<(String, Text)>,
    key: Option<String>,
    units: Option<String>,
}

#[derive(Debug)]
enum Item {
    Every(Text),
    Column(String),
}

/// Where the columns are.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) time: usize,
    /// The item's column, or the item of every row.
    pub(super) item: Result<usize, Text>,
    pub(super) quantities: Vec<usize>,
    pub(super) key: Option<usize>,
    pub(super) units: Option<usize>,
    /// The number of columns.
    pub(super) width: usize,
}

impl Wanted {
    /// What the options ask.
    pub(super) fn of(options: &Options) -> Result<Self, Stopped> {
        let item = match (&options.item, &options.item_column) {
            (Some(item), _) => Item::Every(name("--item", item)?),
            (None, Some(column)) => Item::Column(column.clone()),
            (None, None) => return Err(Stopped::Unfit("--item or --item-column must be given".into())),
        };
        let mut quantities: Vec<(String, Text)> = Vec::new();
        for pair in &options.quantity {
            let (column, quantity) = pair.rsplit_once('=').unwrap_or((pair, pair));
            let quantity = name("--quantity", quantity)?;
            if quantities.iter().any(|(_, other)| *other == quantity) {
                let said = format!("option --quantity names {quantity} twice: must be one column a quantity");
                return Err(Stopped::Unfit(said));
            }
            quantities.push((column.into(), quantity));
        }
        Ok(Self {
            time: options.time.clone(),
            item,
            quantities,
            key: options.key_column.clone(),
            units: options.units_column.clone(),
        })
    }

    /// The names of the quantities, in the order of their columns.
    pub(super) fn quantities(&self) -> Vec<Text> {
        self.quantities.iter().map(|(_, quantity)| quantity.clone()).collect()
    }

    /// Where a row's time comes from, for a message.
    pub(super) fn time_words(&self) -> String {
        format!("column {}", quoted(&self.time))
    }

    /// Where a row's item comes from, for a message.
    pub(super) fn item_words(&self) -> String {
        match &self.item {
            Item::Every(_) => "option --item".into(),
            Item::Column(column) => format!("column {}", quoted(column)),
        }
    }

    /// Where a quantity comes from, for a message.
    pub(super) fn quantity_words(&self, quantity: &Text) -> String {
        match self.quantities.iter().find(|(_, other)| other == quantity) {
            Some((column, _)) => format!("column {}", quoted(column)),
            None => "option --quantity".into(),
        }
    }

    /// Where they are in this header.
    pub(super) fn find(&self, file: &Path, header: &ByteRecord) -> Result<Columns, Stopped> {
        let names: Vec<String> =
            header.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut faults = Faults::of(file);
        let mut place = |option: &str, wanted: &str| {
            let found = known.iter().position(|name| *name == wanted);
            if found.is_none() {
                let right = one_of(wanted, &known);
                faults.add(
                    Some(1),
                    format!("column {} of option {option} is missing: must be {right}", quoted(wanted)),
                );
            } else if known.iter().filter(|name| **name == wanted).count() > 1 {
                faults.add(Some(1), format!("column {wanted:?} is there twice: must be there once"));
            }
            found.unwrap_or_default()
        };
        let columns = Columns {
            time: place("--time", &self.time),
            item: match &self.item {
                Item::Every(item) => Err(item.clone()),
                Item::Column(column) => Ok(place("--item-column", column)),
            },
            quantities: self.quantities.iter().map(|(column, _)| place("--quantity", column)).collect(),
            key: self.key.as_ref().map(|column| place("--key-column", column)),
            units: self.units.as_ref().map(|column| place("--units-column", column)),
            width: header.len(),
        };
        faults.unless_any(columns)
    }
}

fn name(option: &str, text: &str) -> Result<Text, Stopped> {
    text.parse().map_err(|problem| Stopped::Unfit(format!("option {option} is {}: {problem}", quoted(text))))
}
