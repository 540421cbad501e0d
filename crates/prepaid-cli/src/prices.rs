//! Price lists as TOML: read, checked by the core, and every fault told with its line.

use std::path::Path;

use prepaid::{Policy, PriceFault, PriceList, PriceListNumbers};

use crate::alphabet::PRICE_LIST;
use crate::fault::{Faults, Stopped, cut};
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
    let numbers: PriceListNumbers = lines.read(PRICE_LIST)?;
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

/// Refuses a list in another currency than the policy's.
pub(crate) fn must_fit(file: &Path, list: &PriceList, policy: &Policy) -> Result<(), Stopped> {
    let (listed, needed) = (list.currency(), policy.numbers().currency);
    if listed == needed {
        return Ok(());
    }
    let file = file.display();
    Err(Stopped::Unfit(format!("{file}: field currency is {listed}: must be the policy's, {needed}")))
}

/// The line a fault stands in.
fn place_of(fault: &PriceFault, lines: &TomlLines<'_>) -> Option<u64> {
    match fault {
        PriceFault::NoVersion => lines.line_of(&["version"]).or(Some(1)),
        PriceFault::Overlap { version, .. } => lines.line_of(&["version", &version.to_string(), "from"]),
        PriceFault::Backwards { version, .. } => lines.line_of(&["version", &version.to_string(), "until"]),
        PriceFault::NoItem { version } => lines.line_of(&["version", &version.to_string(), "items"]),
        PriceFault::NoQuantity { version, item } => {
            lines.line_of(&["version", &version.to_string(), "items", item.as_str()])
        }
        PriceFault::NotExact { version, item, quantity, .. } => {
            lines.line_of(&["version", &version.to_string(), "items", item.as_str(), quantity.as_str()])
        }
    }
}

/// Which field of which version, counted from 1, and what would be right.
fn told(fault: &PriceFault) -> String {
    let nth = |version: &usize| format!("version {}", version.saturating_add(1));
    match fault {
        PriceFault::NoVersion => "field version: at least one is needed, such as [[version]]".into(),
        PriceFault::Overlap { version, from, earliest } => {
            let nth = nth(version);
            format!(
                "field from: {nth}: overlaps the version before it: from {from} must not be before {earliest}"
            )
        }
        PriceFault::Backwards { version, from, until } => {
            format!("field until: {}: {until} must be after from, {from}", nth(version))
        }
        PriceFault::NoItem { version } => {
            format!("field items: {}: must have at least one item", nth(version))
        }
        PriceFault::NoQuantity { version, item } => {
            let (nth, item) = (nth(version), cut(item.as_str()));
            format!("field items: {nth}, item {item}: must have at least one quantity with a price")
        }
        PriceFault::NotExact { version, item, quantity, price, per } => {
            let (nth, item, quantity) = (nth(version), cut(item.as_str()), cut(quantity.as_str()));
            format!(
                "field price: {nth}, item {item}, {quantity}: {price} per {per} is not exact in 12 fractional \
                 digits: must be a price whose share of one unit is"
            )
        }
    }
}
