//! Price lists as TOML: read, checked by the core, and every fault told with its line.

use std::path::Path;

use prepaid::{PriceFault, PriceList, PriceListNumbers};

use crate::fault::{Faults, Stopped};
use crate::files::read_text;
use crate::toml_lines::TomlLines;

/// A checked price list, and the numbers it was made from.
#[derive(Debug)]
pub(crate) struct Prices {
    /// The list that quotes.
    pub(crate) list: PriceList,
    /// The numbers as they were written, for a second way of adding up.
    pub(crate) numbers: PriceListNumbers,
}

/// Reads a price list.
pub(crate) fn read(file: &Path) -> Result<Prices, Stopped> {
    let text = read_text(file)?;
    let lines = TomlLines::of(file, &text)?;
    let numbers: PriceListNumbers = lines.read()?;
    match PriceList::new(numbers.clone()) {
        Ok(list) => Ok(Prices { list, numbers }),
        Err(found) => {
            let mut faults = Faults::of(file);
            for fault in &found.0 {
                faults.add(place_of(fault, &lines), told(fault));
            }
            Err(Stopped::Refused(faults))
        }
    }
}

/// The line a fault stands in.
fn place_of(fault: &PriceFault, lines: &TomlLines<'_>) -> Option<u64> {
    match fault {
        PriceFault::NoVersion => lines.line_of(&["version"]).or(Some(1)),
        PriceFault::Overlap { version, .. } => lines.line_of(&["version", &version.to_string(), "from"]),
        PriceFault::Backwards { version, .. } => lines.line_of(&["version", &version.to_string(), "until"]),
        PriceFault::NoQuantity { version, item } => {
            lines.line_of(&["version", &version.to_string(), "items", item.as_str()])
        }
        PriceFault::NotExact { version, item, quantity, .. } => {
            lines.line_of(&["version", &version.to_string(), "items", item.as_str(), quantity.as_str()])
        }
    }
}

/// The core says which version and item; here it is also said which field, and what would be right.
fn told(fault: &PriceFault) -> String {
    match fault {
        PriceFault::NoVersion => format!("field {fault}, such as [[version]]"),
        PriceFault::Overlap { .. } => format!("field from: {fault}"),
        PriceFault::Backwards { .. } => format!("field until: {fault}"),
        PriceFault::NoQuantity { .. } => format!("field items: {fault}"),
        PriceFault::NotExact { .. } => {
            format!("field price: {fault}: must be a price whose share of one unit is")
        }
    }
}
