//! Input that is wrong in itself, whatever the account.

use prepaid::{
    Action, Actor, Amount, PriceList, PriceListNumbers, PriceVersion, Quote, UnitPrice, Usage, UseKind,
};

use super::{HOUR, Moves, amount, call, grant_id, key, new_key, text};

impl Moves<'_> {
    pub(super) fn odd(&mut self) {
        self.add(Action::Tick {}, Actor::Owner);
        self.add(Action::Close {}, Actor::Provider);
        let foreign = Quote::agreed(amount("1"), "EUR".parse().unwrap(), text("agreed"));
        self.usual(Action::ChargeCall { call: call(9), key: key(1), quote: foreign });
        let stale = self.listed();
        self.usual(Action::ChargeCall { call: call(9), key: key(1), quote: stale });
        let quote = self.quote(amount("1"));
        self.usual(Action::AuthorizeCall { call: call(8), key: key(1), quote, units: 0 });
        let mut long = new_key(2, None);
        if let Action::CreateKey { shown, .. } = &mut long {
            *shown = "ppk_A1b2c".parse().unwrap();
        }
        self.usual(long);
        self.usual(new_key(2, Some(self.now)));
        self.usual(Action::ChooseUse {
            kind: UseKind::Personal,
            billing_ref: Some(text("billing/1")),
            billing_digest: Some(prepaid::Digest([9; 32])),
        });
        for (n, face) in
            [(5, Amount::ZERO), (5, amount("70000000000000000")), (6, amount("70000000000000000"))]
        {
            self.usual(Action::IssueGrant {
                grant: grant_id(n),
                amount: face,
                source: text("mistake"),
                priority: 5,
                effective_at: Some(self.in_micros(HOUR)),
                expires_at: None,
            });
        }
    }

    /// A price of a version that was in force for an hour, a day ago.
    fn listed(&self) -> Quote {
        let (from, until) = (self.in_micros(-24 * HOUR), Some(self.in_micros(-23 * HOUR)));
        let per = UnitPrice { price: amount("1"), per: 1 };
        let items = [(text_of("image"), [(text_of("images"), per)].into())].into();
        let currency = self.policy.numbers().currency;
        let list = PriceList::new(PriceListNumbers {
            currency,
            versions: vec![PriceVersion { from, until, items }],
        });
        let usage = Usage { item: text_of("image"), quantities: [(text_of("images"), 1)].into() };
        list.unwrap().quote(&usage, from).unwrap()
    }
}

fn text_of<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}
