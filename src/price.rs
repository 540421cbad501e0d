//! What a call costs: a price list, versioned by instant, and the quotes it makes (D1).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::money::Amount;
use crate::text::Text;
use crate::time::Timestamp;

/// A price list as people write it; [`PriceList::new`] checks it. Unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceListNumbers {
    /// The currency of every price (M2).
    pub currency: Currency,
    /// The versions, earliest first.
    #[serde(rename = "version")]
    pub versions: Vec<PriceVersion>,
}

/// The prices in force from one instant on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceVersion {
    /// The first instant at which these prices apply; it names the version.
    pub from: Timestamp,
    /// From when they no longer apply; until the next version where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What each item costs, by the quantities it is measured in.
    pub items: BTreeMap<Text, BTreeMap<Text, UnitPrice>>,
}

/// The price of so many units of one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitPrice {
    /// The price of `per` units; zero is allowed (M4).
    pub price: Amount,
    /// How many units that price buys; 1 where left out. The price of one unit must be exact (M1).
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub per: u64,
}

const fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
const fn is_one(per: &u64) -> bool {
    *per == 1
}

/// What was used: one item of the price list, and how much of each of its quantities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// The item.
    pub item: Text,
    /// Every quantity the item is measured in; a quantity that was not used is stated as 0.
    pub quantities: BTreeMap<Text, u64>,
}

/// A price and where it comes from. Only a [`PriceList`] makes one, or the operator by agreement (D1).
///
/// ```
/// use prepaid::{Currency, Quote};
/// let quote = Quote::agreed("0.06".parse()?, Currency::USD, "contract 17".parse()?);
/// assert_eq!(quote.amount(), "0.06".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quote {
    amount: Amount,
    currency: Currency,
    /// Until when the version of the list applies; an agreed price has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    origin: Arc<QuoteOrigin>,
}

/// Where a price comes from; recorded with the call (D1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum QuoteOrigin {
    /// A version of the price list.
    Listed {
        /// The item.
        item: Text,
        /// The version, by the instant from which it applies.
        version: Timestamp,
    },
    /// An agreement of the operator's.
    Agreed {
        /// Where the agreement is kept.
        reference: Text,
    },
}

impl Quote {
    /// A price agreed by the operator, with a reference to the agreement (D1).
    ///
    /// ```
    /// use prepaid::{Amount, Currency, Quote};
    /// let free = Quote::agreed(Amount::ZERO, Currency::USD, "trial".parse()?);
    /// assert!(free.amount().is_zero());
    /// # Ok::<(), prepaid::TextError>(())
    /// ```
    #[must_use]
    pub fn agreed(amount: Amount, currency: Currency, reference: Text) -> Self {
        Self { amount, currency, until: None, origin: Arc::new(QuoteOrigin::Agreed { reference }) }
    }

    /// The price.
    ///
    /// ```
    /// use prepaid::{Currency, Quote};
    /// let quote = Quote::agreed("0.06".parse()?, Currency::USD, "contract 17".parse()?);
    /// assert_eq!(quote.amount(), "0.06".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// The currency of the price.
    ///
    /// ```
    /// use prepaid::{Currency, Quote};
    /// let quote = Quote::agreed("0.06".parse()?, Currency::USD, "contract 17".parse()?);
    /// assert_eq!(quote.currency(), Currency::USD);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The version of the list that this price is of, if that version does not apply at `now` (D1).
    pub(crate) fn out_of_force(&self, now: Timestamp) -> Option<Timestamp> {
        match *self.origin {
            QuoteOrigin::Listed { version, .. } => {
                let applies = version <= now && self.until.is_none_or(|until| now < until);
                (!applies).then_some(version)
            }
            QuoteOrigin::Agreed { .. } => None,
        }
    }

    /// Where the price comes from; copies share it.
    ///
    /// ```
    /// use prepaid::{Currency, Quote, QuoteOrigin};
    /// let quote = Quote::agreed("0.06".parse()?, Currency::USD, "contract 17".parse()?);
    /// assert!(matches!(**quote.origin(), QuoteOrigin::Agreed { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn origin(&self) -> &Arc<QuoteOrigin> {
        &self.origin
    }
}

/// A checked price list.
///
/// ```
/// use prepaid::{PriceList, PriceListNumbers, Usage};
/// let numbers: PriceListNumbers = serde_json::from_str(r#"{
///     "currency": "USD",
///     "version": [{"from": "2025-01-01T00:00:00Z", "items": {"chat": {"tokens": {"price": "3.00", "per": 1000000}}}}]
/// }"#)?;
/// let list = PriceList::new(numbers)?;
/// let usage = Usage { item: "chat".parse()?, quantities: [("tokens".parse()?, 8)].into() };
/// assert_eq!(list.quote(&usage, "2025-06-01T00:00:00Z".parse()?)?.amount(), "0.000024".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    currency: Currency,
    versions: Vec<Version>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    from: Timestamp,
    until: Timestamp,
    items: BTreeMap<Text, Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// Shared by every quote of the item, so that quoting copies no text.
    origin: Arc<QuoteOrigin>,
    /// The exact price of one unit of each quantity, in the order of their names.
    units: Vec<(Text, Amount)>,
}

/// Everything that is wrong with a price list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceListFaults(pub Vec<PriceFault>);

/// One thing that is wrong with a price list; versions are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceFault {
    /// There is no version at all.
    #[error("version: at least one is needed")]
    NoVersion,
    /// A version starts before its predecessor has ended.
    #[error("version {version}: overlaps the version before it: from {from} must not be before {earliest}")]
    Overlap {
        /// Which version.
        version: usize,
        /// Its first instant.
        from: Timestamp,
        /// The earliest instant at which it could start.
        earliest: Timestamp,
    },
    /// A version ends before it starts.
    #[error("version {version}: until {until} must be after from {from}")]
    Backwards {
        /// Which version.
        version: usize,
        /// Its first instant.
        from: Timestamp,
        /// Its end.
        until: Timestamp,
    },
    /// A version that names nothing prices nothing.
    #[error("version {version}: needs at least one item")]
    NoItem {
        /// Which version.
        version: usize,
    },
    /// An item with nothing to measure it by would be free.
    #[error("version {version}, item {item}: needs at least one quantity with a price")]
    NoQuantity {
        /// Which version.
        version: usize,
        /// Which item.
        item: Text,
    },
    /// The price of one unit has more than 12 fractional digits.
    #[error(
        "version {version}, item {item}, {quantity}: {price} per {per} is not exact in 12 fractional digits"
    )]
    NotExact {
        /// Which version.
        version: usize,
        /// Which item.
        item: Text,
        /// Which quantity.
        quantity: Text,
        /// The price.
        price: Amount,
        /// What it buys.
        per: u64,
    },
}

impl core::fmt::Display for PriceListFaults {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl core::error::Error for PriceListFaults {}

/// Why a usage has no price. It is never free instead (D1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unpriced {
    /// No version applies at that instant.
    #[error("no prices apply at {at}")]
    NoVersion {
        /// The instant.
        at: Timestamp,
    },
    /// The list does not name the item.
    #[error("item {item} has no price at {at}")]
    UnknownItem {
        /// The item.
        item: Text,
        /// The instant.
        at: Timestamp,
    },
    /// The item is not measured in this quantity.
    #[error("item {item} has no price for {quantity}")]
    UnknownQuantity {
        /// The item.
        item: Text,
        /// The quantity.
        quantity: Text,
    },
    /// A quantity the item is measured in was not stated.
    #[error("item {item} needs a number of {quantity}; say 0 if there were none")]
    MissingQuantity {
        /// The item.
        item: Text,
        /// The quantity.
        quantity: Text,
    },
    /// The price would leave the range of amounts (M1).
    #[error("price of item {item} would leave the range of amounts")]
    OutOfRange {
        /// The item.
        item: Text,
    },
}

impl PriceList {
    /// Checks a price list.
    ///
    /// # Errors
    /// [`PriceListFaults`] lists every fault.
    ///
    /// ```
    /// use prepaid::{Currency, PriceFault, PriceList, PriceListNumbers};
    /// let faults = PriceList::new(PriceListNumbers { currency: Currency::USD, versions: vec![] }).unwrap_err();
    /// assert_eq!(faults.0, [PriceFault::NoVersion]);
    /// ```
    pub fn new(numbers: PriceListNumbers) -> Result<Self, PriceListFaults> {
        let mut faults = Vec::new();
        if numbers.versions.is_empty() {
            faults.push(PriceFault::NoVersion);
        }
        let starts: Vec<Timestamp> = numbers.versions.iter().skip(1).map(|version| version.from).collect();
        let mut next_starts = starts.into_iter();
        let mut earliest = None;
        let mut versions = Vec::new();
        for (n, version) in numbers.versions.into_iter().enumerate() {
            let PriceVersion { from, until, items } = version;
            if let Some(earliest) = earliest
                && from < earliest
            {
                faults.push(PriceFault::Overlap { version: n, from, earliest });
            }
            if let Some(until) = until
                && until <= from
            {
                faults.push(PriceFault::Backwards { version: n, from, until });
            }
            if items.is_empty() {
                faults.push(PriceFault::NoItem { version: n });
            }
            let next = next_starts.next();
            // Two versions from the same instant overlap too: the later one may start a microsecond later at best.
            earliest = Some(until.unwrap_or_else(|| from.next()));
            let items = items
                .into_iter()
                .map(|(name, quantities)| {
                    let item = Item::new(n, from, &name, quantities, &mut faults);
                    (name, item)
                })
                .collect();
            let until = until.or(next).unwrap_or(Timestamp::MAX);
            versions.push(Version { from, until, items });
        }
        if faults.is_empty() {
            Ok(Self { currency: numbers.currency, versions })
        } else {
            Err(PriceListFaults(faults))
        }
    }

    /// The currency of every price.
    ///
    /// ```
    /// use prepaid::{Currency, PriceList, PriceListNumbers};
    /// let numbers: PriceListNumbers = serde_json::from_str(r#"{"currency": "USD", "version": [
    ///     {"from": "2025-01-01T00:00:00Z", "items": {"image": {"images": {"price": "0.025"}}}}]}"#)?;
    /// assert_eq!(PriceList::new(numbers)?.currency(), Currency::USD);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The price of `usage` by the version in force at `at`: exact, and at the moment of admission (D1).
    ///
    /// # Errors
    /// [`Unpriced`] says what the list does not name.
    ///
    /// ```
    /// # use prepaid::{PriceList, PriceListNumbers, Unpriced, Usage};
    /// # let numbers: PriceListNumbers = serde_json::from_str(r#"{"currency": "USD", "version": [
    /// #     {"from": "2025-01-01T00:00:00Z", "items": {"image": {"images": {"price": "0.025"}}}}]}"#)?;
    /// let list = PriceList::new(numbers)?;
    /// let unknown = Usage { item: "video".parse()?, quantities: Default::default() };
    /// let answer = list.quote(&unknown, "2025-06-01T00:00:00Z".parse()?);
    /// assert!(matches!(answer, Err(Unpriced::UnknownItem { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn quote(&self, usage: &Usage, at: Timestamp) -> Result<Quote, Unpriced> {
        let after = self.versions.partition_point(|version| version.from <= at);
        let version = after
            .checked_sub(1)
            .and_then(|n| self.versions.get(n))
            .filter(|version| at < version.until)
            .ok_or(Unpriced::NoVersion { at })?;
        let item = version
            .items
            .get(&usage.item)
            .ok_or_else(|| Unpriced::UnknownItem { item: usage.item.clone(), at })?;
        if let Some(quantity) =
            usage.quantities.keys().find(|name| !item.units.iter().any(|(unit, _)| unit == *name))
        {
            let (item, quantity) = (usage.item.clone(), quantity.clone());
            return Err(Unpriced::UnknownQuantity { item, quantity });
        }
        let mut amount = Amount::ZERO;
        for (quantity, price) in &item.units {
            let count = usage.quantities.get(quantity).ok_or_else(|| Unpriced::MissingQuantity {
                item: usage.item.clone(),
                quantity: quantity.clone(),
            })?;
            amount = price
                .checked_mul(*count)
                .and_then(|part| amount.checked_add(part))
                .map_err(|_| Unpriced::OutOfRange { item: usage.item.clone() })?;
        }
        let until = Some(version.until);
        Ok(Quote { amount, currency: self.currency, until, origin: Arc::clone(&item.origin) })
    }
}

impl Item {
    fn new(
        version: usize,
        from: Timestamp,
        name: &Text,
        quantities: BTreeMap<Text, UnitPrice>,
        faults: &mut Vec<PriceFault>,
    ) -> Self {
        if quantities.is_empty() {
            faults.push(PriceFault::NoQuantity { version, item: name.clone() });
        }
        let mut units = Vec::new();
        for (quantity, UnitPrice { price, per }) in quantities {
            match price.exactly_divided_by(per) {
                Some(unit) => units.push((quantity, unit)),
                None => {
                    faults.push(PriceFault::NotExact { version, item: name.clone(), quantity, price, per });
                }
            }
        }
        Self { origin: Arc::new(QuoteOrigin::Listed { item: name.clone(), version: from }), units }
    }
}
